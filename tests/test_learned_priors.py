"""Priors that are trained along with a model: their density, the KL by one sample, and what training maximises."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from vae_core import ModelConfig
from vae_core.checkpoint.weights import build_model
from vae_core.model.flow import RealNVP
from vae_core.model.posteriors import (
    DiagonalGaussian,
    FullGaussian,
    Posterior,
    SaidPerDimension,
    standard_normal_log_prob,
)
from vae_core.model.priors import LearnedMixture
from vae_core.model.vae import VAE, iwae_bound, training_loss

SMALL: dict[str, Any] = {"network": "mlp", "latent_dim": 3, "image_size": 8, "hidden_units": 16, "hidden_layers": 1}
LEARNED = [{"prior": "mixture", "components": 5}, {"prior": "flow", "couplings": 4, "coupling_units": 8}]
both = pytest.mark.parametrize("settings", LEARNED, ids=["mixture", "flow"])


def small_model(**settings: object) -> VAE:
    return build_model(ModelConfig.parse(SMALL | settings), seed=0)


def moved(model: VAE) -> VAE:
    """Its prior's numbers as after some training."""
    assert model.learned_prior is not None
    source = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for parameter in model.learned_prior.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=source))
    return model


def unit_mixture(dimension: int = 3) -> LearnedMixture:
    prior = LearnedMixture(1, dimension)
    torch.nn.init.zeros_(prior.means)
    return prior


def images(count: int = 6) -> Tensor:
    return torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def noise(samples: int, count: int) -> Tensor:
    return torch.randn(samples, count, 3, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("shape", [(5,), (2, 5), (3, 2, 5)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_mixtures_density_is_that_of_torch_distributions(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    prior = moved(small_model(prior="mixture")).learned_prior
    assert isinstance(prior, LearnedMixture)
    parts = Independent(Normal(prior.means.to(dtype), prior.log_scales.to(dtype).exp()), 1)
    oracle = MixtureSameFamily(Categorical(logits=prior.logits.to(dtype)), parts)
    z = 3 * torch.randn(*shape, 3, generator=torch.Generator().manual_seed(1), dtype=dtype)
    torch.testing.assert_close(prior.log_prob(z), oracle.log_prob(z))
    torch.testing.assert_close(prior.as_mixture().log_prob(z), oracle.log_prob(z))


def test_a_narrow_component_far_from_the_origin_keeps_its_digits() -> None:
    prior = LearnedMixture(2, 3)
    with torch.no_grad():
        prior.means.copy_(torch.tensor([[9.0, -7.0, 5.0], [0.0, 0.0, 0.0]]))
        prior.log_scales.fill_(math.log(1e-3))
    z = prior.means[:1] + 1e-3 * torch.randn(50, 3, generator=torch.Generator().manual_seed(1))
    parts = Independent(Normal(prior.means.double(), prior.log_scales.double().exp()), 1)
    oracle = MixtureSameFamily(Categorical(logits=prior.logits.double()), parts).log_prob(z.double())
    torch.testing.assert_close(prior.log_prob(z), oracle.float(), rtol=1e-6, atol=1e-5)


def test_one_component_at_the_origin_is_the_standard_normal() -> None:
    z = 3 * torch.randn(50, 3, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(unit_mixture().log_prob(z), standard_normal_log_prob(z))


@pytest.mark.parametrize("posterior", ["diagonal", "full"])
@pytest.mark.parametrize("prior", [unit_mixture(), RealNVP(3)], ids=["mixture", "flow"])
def test_the_kl_by_samples_is_the_closed_form_in_expectation(posterior: str, prior: LearnedMixture | RealNVP) -> None:
    model = small_model(posterior=posterior)
    with torch.no_grad():
        posteriors = model.posterior(3 * images())
        closed = posteriors.kl_divergence()
        draws = posteriors.sample(torch.Generator().manual_seed(1), 4000)
        terms = posteriors.log_prob(draws) - prior.log_prob(draws)
        model.learned_prior = prior
        found = model.kl_divergence(posteriors, draws)
    difference = terms - closed
    assert abs((found - closed).mean()) < 3 * difference.std() / math.sqrt(difference.numel())


@both
def test_the_loss_is_the_elbo_of_its_one_draw(settings: dict[str, Any]) -> None:
    model, x = moved(small_model(**settings)), images()
    posterior, z, likelihood = model(x, noise(1, len(x)))
    kl = posterior.log_prob(z) - model.prior.log_prob(z)
    loss = training_loss(model, x, noise(1, len(x)), images=len(x), beta=0.3)
    torch.testing.assert_close(loss.value, -(likelihood.log_prob(x) - 0.3 * kl).mean())
    torch.testing.assert_close(loss.sums[2], kl.sum())


@both
def test_more_samples_train_the_iwae_bound_under_the_models_own_prior(settings: dict[str, Any]) -> None:
    model, x = moved(small_model(**settings)), images()
    posterior, z, likelihood = model(x, noise(5, len(x)))
    weights = likelihood.log_prob(x) + model.prior.log_prob(z) - posterior.log_prob(z)
    loss = training_loss(model, x, noise(5, len(x)), images=len(x))
    torch.testing.assert_close(loss.value, -iwae_bound(weights).mean())


@both
def test_free_bits_are_given_to_all_dimensions_together(settings: dict[str, Any]) -> None:
    model, x = moved(small_model(**settings)), images()
    plain, given = (training_loss(model, x, noise(1, 6), images=6, free_bits=bits) for bits in (0.0, 50.0))
    kl = plain.sums[2] / 6
    torch.testing.assert_close(given.value, plain.value + (3 * 50.0 - kl))
    assert training_loss(model, x, noise(1, 6), images=6, free_bits=1e-6).value == plain.value


@both
def test_every_part_learns(settings: dict[str, Any]) -> None:
    model, x = small_model(**settings), images()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(40):
        loss = training_loss(model, x, noise(1, len(x)), images=len(x))
        optimizer.zero_grad()
        loss.value.backward()
        assert all(parameter.grad is not None for parameter in model.parameters())
        optimizer.step()
        losses.append(loss.value.item())
    assert losses[-1] < losses[0]


def test_a_learned_prior_changes_nothing_that_begins_beside_it() -> None:
    standard = small_model().state_dict()
    for settings in LEARNED:
        state = small_model(**settings).state_dict()
        assert all(torch.equal(state[name], tensor) for name, tensor in standard.items())
        assert {name.split(".")[0] for name in state.keys() - standard.keys()} == {"learned_prior"}


def test_what_posteriors_say_under_a_learned_prior_is_their_kl_to_what_they_are_together() -> None:
    source = torch.Generator().manual_seed(0)
    mean, log_variance = torch.randn(40, 2, generator=source), torch.randn(40, 2, generator=source) - 1
    mean[:, 1], log_variance[:, 1] = 7.0, 0.6  # says nothing
    said = SaidPerDimension(2, under_standard_normal=False)
    for part in torch.arange(40).split(15):
        said.hear(DiagonalGaussian(mean[part], log_variance[part]))
    variance = log_variance.exp().mean(0) + mean.var(0, unbiased=False)
    together = Normal(mean.mean(0), variance.sqrt())
    apart = Normal(mean, (log_variance / 2).exp())
    expected = torch.distributions.kl_divergence(apart, together).mean(0)
    torch.testing.assert_close(said.nats.float(), expected, atol=1e-5, rtol=1e-5)
    assert said.nats[1] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("kind", [DiagonalGaussian, FullGaussian])
def test_what_posteriors_say_under_the_standard_normal_is_their_kl_to_it(kind: type) -> None:
    mean, covariance = torch.randn(9, 2, generator=torch.Generator().manual_seed(0)), 0.3 * torch.ones(9, 2)
    posterior: Posterior = (
        DiagonalGaussian(mean, covariance)
        if kind is DiagonalGaussian
        else FullGaussian.from_parameters(mean, covariance, covariance[:, :1])
    )
    said = SaidPerDimension(2, under_standard_normal=True)
    said.hear(posterior)
    torch.testing.assert_close(said.nats.float(), posterior.kl_per_dimension().mean(0))
