"""Lesson 4: the gradient's spread falls as 1/K and 1/B, equal cost is compared as stated, the bound rises to log p."""

import math
from functools import cache

import pytest
import torch
from scipy.stats import linregress, multivariate_normal
from torch import Tensor, nn

from vae_core.checked_settings import Settings
from vae_core.lessons import noise as noise_module
from vae_core.lessons.bounds import SAMPLES, bounds_of, exact_log_likelihood
from vae_core.lessons.digit_models import SLOW, Training, digits, small_config
from vae_core.lessons.gradient_noise import Gradients, elbo_loss, iwae_loss, measure_spread, signal
from vae_core.lessons.noise import noise_lesson
from vae_core.lessons.orders import NoiseOrder, Spread, Stage
from vae_core.model.vae import VAE, training_loss
from vae_core.progress import Progress

WITHIN = 4  # standard errors
REPEATS = 400


@cache
def trained() -> VAE:
    return Training(small_config(variance="learned"), digits(), 300, seed=0).go(300)


@cache
def spread(samples: int, images: int, repeats: int = REPEATS) -> Spread:
    return measure_spread(
        Gradients(trained()), digits(), samples=samples, batch=images, repeats=repeats, seed=samples * 1000 + images
    )


def batch(count: int, samples: int) -> tuple[Tensor, Tensor]:
    source = torch.Generator().manual_seed(3)
    return digits()[:count], torch.randn(samples, count, 8, generator=source)


def test_gradients_of_many_batches_at_once_are_those_of_the_training_loss() -> None:
    model = trained()
    x, noise = batch(12, 1)
    found = Gradients(model).of(x.unflatten(0, (3, 4)), noise.unflatten(1, (3, 4)).movedim(1, 0))
    for number, row in enumerate(found):
        part = slice(4 * number, 4 * number + 4)
        loss = training_loss(model, x[part], noise[:, part], images=4).value
        expected = torch.autograd.grad(loss, list(model.parameters()))
        torch.testing.assert_close(row, torch.cat([each.flatten() for each in expected]), rtol=1e-4, atol=1e-4)


def test_the_losses_are_the_projects_own() -> None:
    model = trained()
    x, one = batch(16, 1)
    torch.testing.assert_close(elbo_loss(model, x, one), training_loss(model, x, one, images=16).value)
    x, many = batch(16, 5)
    torch.testing.assert_close(iwae_loss(model, x, many), training_loss(model, x, many, images=16).value)
    each = torch.stack([elbo_loss(model, x, noise[None]) for noise in many])
    torch.testing.assert_close(elbo_loss(model, x, many), each.mean())


def test_the_spread_falls_as_one_over_the_number_of_images() -> None:
    batches = [1, 2, 4, 8, 16, 32]
    line = linregress([math.log(count) for count in batches], [math.log(spread(1, count).spread) for count in batches])
    assert line.slope == pytest.approx(-1, abs=WITHIN * line.stderr + 0.02)
    assert line.stderr < 0.03


def test_the_noises_share_falls_as_one_over_the_number_of_samples_and_the_images_share_stays() -> None:
    samples = [1, 2, 4, 8, 16, 32]
    found = [spread(count, 4) for count in samples]
    line = linregress([math.log(count) for count in samples], [math.log(each.noise) for each in found])
    assert line.slope == pytest.approx(-1, abs=WITHIN * line.stderr + 0.02)
    assert line.stderr < 0.03
    for each in found[1:]:
        error = math.hypot(each.spread_error, each.noise_error, found[0].spread_error, found[0].noise_error)
        assert each.between == pytest.approx(found[0].between, abs=WITHIN * error)


def test_at_equal_cost_one_sample_and_more_images_wins_by_what_the_formula_says() -> None:
    single = spread(1, 1, 1438)
    stage = Stage(name="late", steps=300, single=single, equal_cost=(), more_samples=(), more_images=())
    divisions = [spread(samples, 32 // samples) for samples in (1, 2, 4, 8, 16, 32)]
    for one in divisions:
        predicted = stage.predicted(one.samples, one.images)
        error = math.hypot(one.spread_error, single.spread_error * predicted / single.spread)
        assert one.spread == pytest.approx(predicted, abs=WITHIN * error)
    spreads = [one.spread for one in divisions]
    assert spreads == sorted(spreads), "the fewer samples of each, the less spread"


def test_a_spread_without_chance_is_that_of_the_images_alone() -> None:
    """Of two images, drawn singly, the trace of the gradient's covariance is a quarter of their square distance."""
    model = trained()
    x, noise = digits()[:2], torch.zeros(2, 1, 1, 8)
    with torch.no_grad():
        first, second = Gradients(model).of(x[:, None], noise)
    quarter = 0.25 * (first - second).square().sum().item()

    class Still(Gradients):
        def of(self, x: Tensor, noise: Tensor) -> Tensor:
            return super().of(x, torch.zeros_like(noise))

    found = measure_spread(Still(model), x, samples=1, batch=1, repeats=2000, seed=0)
    assert found.noise == 0
    assert found.spread == pytest.approx(quarter, rel=0.01)


def test_more_samples_sharpen_the_elbos_signal_and_blur_the_iwae_bounds() -> None:
    x = digits()[:8]

    def signals(iwae: bool) -> list[float]:
        gradients = Gradients(trained(), of="encoder", iwae=iwae)
        return [signal(gradients, x, samples=samples, repeats=200, seed=1) for samples in (1, 16)]

    one, many = signals(iwae=False)
    assert many / one == pytest.approx(4, rel=0.15), "as the root of K"
    one, many = signals(iwae=True)
    assert many < one


@cache
def linear() -> VAE:
    return Training(small_config(variance="learned", network="linear"), digits(), 200, 0, SLOW).go(200)


def test_the_linear_models_likelihood_is_scipys() -> None:
    model, x = linear(), digits("test")[:20]
    layer = next(model.decoder.children())
    assert isinstance(layer, nn.Linear)
    weight, bias = (value.detach().double().numpy() for value in (layer.weight, layer.bias))
    covariance = weight @ weight.T + model.head.log_variance.exp().item() * torch.eye(64).numpy()
    expected = multivariate_normal(bias, covariance).logpdf(x.flatten(1).double().numpy())
    torch.testing.assert_close(
        exact_log_likelihood(model, x).double(), torch.from_numpy(expected), rtol=1e-4, atol=1e-3
    )


def test_the_bound_rises_with_the_samples_to_log_p() -> None:
    found = bounds_of(linear(), digits("test")[:60], seed=0)
    assert found.log_likelihood is not None
    assert found.samples == SAMPLES
    steps = zip(found.bounds, found.bounds[1:], found.errors, strict=False)
    assert all(after > before - WITHIN * error for before, after, error in steps)
    gaps = [found.log_likelihood - bound for bound in found.bounds]
    assert all(gap > -WITHIN * error for gap, error in zip(gaps, found.errors, strict=True))
    assert gaps[-1] < 0.05 * gaps[0], "the last has closed nearly all of the gap"
    assert gaps[0] > 1


def test_the_bound_of_one_sample_is_the_elbo() -> None:
    model, x = linear(), digits("test")[:60]
    found = bounds_of(model, x, seed=0)
    with torch.no_grad():
        elbo = -elbo_loss(model, x, torch.randn(2000, 60, 8, generator=torch.Generator().manual_seed(5))).item()
    assert found.bounds[0] == pytest.approx(elbo, abs=2 * WITHIN * found.errors[0])


def test_nobody_says_how_likely_images_are_to_a_model_that_is_not_linear() -> None:
    assert bounds_of(trained(), digits("test")[:4], seed=0).log_likelihood is None


def test_the_largest_cost_is_divided_in_every_way_and_what_is_left_is_told_in_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, few in {
        "STEPS": {"early": 2, "late": 4},
        "LINEAR_STEPS": 2,
        "SINGLES": 4,
        "REPEATS": 2,
        "BOUND_IMAGES": 4,
        "SIGNAL_REPEATS": 2,
    }.items():
        monkeypatch.setattr(noise_module, name, few)
    parts: list[Settings] = []
    heard: list[Progress] = []
    noise_lesson(NoiseOrder(cost=512), heard.append, parts.append)
    assert [part.model_dump()["part"] for part in parts] == ["stage", "stage", "bounds", "bounds", "signals"]
    stage = parts[0]
    assert isinstance(stage, Stage)
    divisions = [(one.samples, one.images) for one in stage.equal_cost]
    assert sorted(divisions) == [(2**power, 2 ** (9 - power)) for power in range(10)]
    measuring = [each for each in heard if each.stage == "Measuring gradients at step 2"]
    assert measuring[-1].done == measuring[-1].total == 4 + 2 * (10 * 512 + 2 * 8 * (2**6 - 1))
