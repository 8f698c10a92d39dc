"""Lesson 5: β = 2σ to the last digits, the learned σ is the mean square error, large σ collapse, small ones explode."""

import base64
import io
from functools import cache

import pytest
import torch
from PIL import Image

from vae_core.checkpoint.weights import build_model
from vae_core.lessons.decoder_variance import STEPS, beta_check, fitting_variance, gradient, memorised, outcome
from vae_core.lessons.digit_models import Training, digits, small_config
from vae_core.lessons.orders import LEARNED, Trained


@cache
def trained(variance: float | str) -> Trained:
    training = Training(small_config(variance=variance), digits(), STEPS, seed=0)
    return outcome(training.go(STEPS), digits(), digits("test"), seed=0)


@pytest.mark.parametrize("variance", [0.003, 0.03, 0.5, 2.0])
def test_a_squared_error_with_beta_two_sigma_has_the_gradient_of_that_sigmas_elbo(variance: float) -> None:
    found = beta_check(variance, digits()[:64], seed=1)
    assert found.beta == 2 * variance
    assert found.largest_difference < 1e-13


def test_the_weighted_loss_is_the_squared_error_and_beta_times_the_kl() -> None:
    x, beta = digits()[:32], 0.06
    config = small_config(variance=0.5)
    model = build_model(config, 1).double()
    noise = torch.randn(1, 32, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    posterior, _, likelihood = model(x.double(), noise)
    error = (x - likelihood.mean).square().sum((-3, -2, -1)).mean()
    by_hand = torch.autograd.grad(error + beta * posterior.kl_divergence().mean(), list(model.parameters()))
    assert by_hand[0].dtype == torch.float64
    own = gradient(config, x, seed=1, beta=beta)
    assert own.dtype == torch.float64
    assert len(own) == sum(each.numel() for each in by_hand)


def test_another_beta_has_another_gradient() -> None:
    x = digits()[:64]
    right = 0.06 * gradient(small_config(variance=0.03), x, seed=1)
    wrong = gradient(small_config(variance=0.5), x, seed=1, beta=0.03)
    assert (wrong - right).abs().max() > 1e-4 * right.abs().max()


def test_the_learned_variance_lands_within_five_percent_of_the_mean_square_error() -> None:
    found = trained(LEARNED)
    assert found.learned
    assert found.variance == pytest.approx(found.fitting_variance, rel=0.05)


def test_the_mean_square_error_is_the_likeliest_variance() -> None:
    training = Training(small_config(variance=0.05), digits(), 100, seed=0)
    model = training.go(100)
    best = fitting_variance(model, digits(), seed=0)

    def log_likelihood(variance: float) -> float:
        model.head.set_variance(torch.tensor(variance))
        noise = torch.randn(8, len(digits()), 8, generator=torch.Generator().manual_seed(4))
        with torch.no_grad():
            return float(model(digits(), noise)[2].log_prob(digits()).mean())

    assert log_likelihood(best) > max(log_likelihood(best * 1.1), log_likelihood(best / 1.1))


def test_a_large_variance_collapses_and_a_small_one_pays_in_kl() -> None:
    large, middle, small = trained(1.0), trained(0.03), trained(0.003)
    assert large.active_units == 0
    assert large.kl < 0.1 < middle.kl < small.kl
    assert small.image_error < middle.image_error < large.image_error
    assert middle.elbo > max(large.elbo, small.elbo)
    assert trained(LEARNED).elbo > middle.elbo


def test_learned_by_heart_a_handful_of_images_has_no_upper_limit_to_its_likelihood() -> None:
    heard: list[int] = []
    found = memorised(digits()[:8], digits("test"), 0, heard.append)
    assert found.variances[-1] < 1e-3 < found.variances[0]
    assert found.elbos[-1] > found.elbos[-2] > found.elbos[0]
    assert found.held_out_elbos[-1] < found.held_out_elbos[0]
    assert heard == list(range(1, found.steps[-1] + 1))


def test_the_sheet_is_a_picture_of_three_rows() -> None:
    picture = Image.open(io.BytesIO(base64.b64decode(trained(0.03).sheet)))
    assert picture.width / picture.height == pytest.approx(8 / 3, rel=0.02)
