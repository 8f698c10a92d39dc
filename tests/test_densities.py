"""Posteriors and likelihoods against torch.distributions, which someone else wrote."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch import distributions as oracle

from vae_core.config import ModelConfig
from vae_core.model.likelihoods import Bernoulli, ContinuousBernoulli, Gaussian, Likelihood, LikelihoodHead
from vae_core.model.posteriors import DiagonalGaussian, FullGaussian, Posterior, standard_normal_log_prob

N, D = 7, 5


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def diagonal() -> tuple[Posterior, oracle.Distribution]:
    mean, log_variance = random(N, D), random(N, D, seed=1)
    reference = oracle.Independent(oracle.Normal(mean, torch.exp(log_variance / 2)), 1)
    return DiagonalGaussian(mean, log_variance), reference


def full() -> tuple[Posterior, oracle.Distribution]:
    mean, log_diagonal, below = random(N, D), random(N, D, seed=1) / 2, random(N, D * (D - 1) // 2, seed=2)
    posterior = FullGaussian.from_parameters(mean, log_diagonal, below)
    return posterior, oracle.MultivariateNormal(mean, scale_tril=posterior.cholesky)


Make = Callable[[], tuple[Posterior, Any]]
both = pytest.mark.parametrize("make", [diagonal, full])


@both
def test_posterior_log_prob_matches_torch_distributions(make: Make) -> None:
    posterior, reference = make()
    z = random(3, N, D, seed=3)
    torch.testing.assert_close(posterior.log_prob(z), reference.log_prob(z))


@both
def test_kl_divergence_matches_torch_distributions(make: Make) -> None:
    posterior, reference = make()
    prior: oracle.Distribution = oracle.MultivariateNormal(
        torch.zeros(D, dtype=torch.float64), torch.eye(D, dtype=torch.float64)
    )
    if isinstance(posterior, DiagonalGaussian):
        prior = oracle.Independent(oracle.Normal(torch.zeros(D, dtype=torch.float64), 1.0), 1)
    torch.testing.assert_close(posterior.kl_divergence(), oracle.kl_divergence(reference, prior))


@both
def test_kl_per_dimension_is_that_of_the_marginals(make: Make) -> None:
    posterior, reference = make()
    marginals = oracle.Normal(reference.mean, reference.variance.sqrt())
    unit = oracle.Normal(torch.zeros((), dtype=torch.float64), 1.0)
    torch.testing.assert_close(posterior.kl_per_dimension(), oracle.kl_divergence(marginals, unit))


@both
def test_samples_have_the_posterior_mean_and_covariance(make: Make) -> None:
    posterior, reference = make()
    z = posterior.sample(torch.Generator().manual_seed(0), samples=40_000)
    torch.testing.assert_close(z.mean(0), reference.mean, atol=0.08, rtol=0)
    centred = z - reference.mean
    covariance = torch.einsum("kni,knj->nij", centred, centred) / len(z)
    variances = reference.variance
    expected = torch.diag_embed(variances) if isinstance(posterior, DiagonalGaussian) else reference.covariance_matrix
    torch.testing.assert_close(covariance, expected, atol=0.05, rtol=0.05)


@both
def test_sampling_is_differentiable_and_repeatable(make: Make) -> None:
    posterior, _ = make()
    first = posterior.sample(torch.Generator().manual_seed(4))
    assert torch.equal(first, posterior.sample(torch.Generator().manual_seed(4)))
    posterior.mean.requires_grad_()
    posterior.sample(torch.Generator().manual_seed(4)).sum().backward()
    torch.testing.assert_close(posterior.mean.grad, torch.ones(N, D, dtype=torch.float64))


def test_standard_normal_log_prob_matches_torch_distributions() -> None:
    z = random(4, D)
    torch.testing.assert_close(standard_normal_log_prob(z), oracle.Normal(0.0, 1.0).log_prob(z).sum(-1))


def likelihoods() -> list[tuple[str, Likelihood, oracle.Distribution]]:
    output = 4 * random(2, N, 1, 3, 3, seed=5)
    variance = torch.tensor(0.3, dtype=torch.float64)
    return [
        ("bernoulli", Bernoulli(output), oracle.Bernoulli(logits=output)),
        ("continuous", ContinuousBernoulli(output), oracle.ContinuousBernoulli(logits=output)),
        ("gaussian", Gaussian(output, variance), oracle.Normal(output, variance.sqrt())),
    ]


@pytest.mark.parametrize(("name", "likelihood", "reference"), likelihoods(), ids=lambda value: str(value)[:12])
def test_likelihood_matches_torch_distributions(
    name: str, likelihood: Likelihood, reference: oracle.Distribution
) -> None:
    x = torch.rand(N, 1, 3, 3, generator=torch.Generator().manual_seed(6), dtype=torch.float64)
    if name == "bernoulli":
        x = x.round()
    expected = reference.log_prob(x.expand(2, -1, -1, -1, -1)).flatten(-3).sum(-1)
    torch.testing.assert_close(likelihood.log_prob(x), expected)
    torch.testing.assert_close(likelihood.mean, reference.mean)


@pytest.mark.parametrize("logit", [0.0, 1e-9, 1e-4, -1e-3, -0.05, 0.2999, 0.3001, 5.0, -40.0, 90.0])
def test_continuous_bernoulli_is_exact_near_zero_and_far_from_it(logit: float) -> None:
    """Against numerical integration of exp(l·x) on [0, 1], where the textbook formula loses its digits."""
    grid = (torch.arange(200_000, dtype=torch.float64) + 0.5) / 200_000
    energies = logit * grid
    log_partition = torch.logsumexp(energies, 0) - torch.log(torch.tensor(200_000.0, dtype=torch.float64))
    mean = (grid * torch.softmax(energies, 0)).sum()
    density = ContinuousBernoulli(torch.full((1, 1, 1, 1), logit, dtype=torch.float64))
    at_zero = density.log_prob(torch.zeros(1, 1, 1, 1, dtype=torch.float64))
    torch.testing.assert_close(-at_zero[0], log_partition, atol=1e-8, rtol=1e-7)
    torch.testing.assert_close(density.mean.squeeze(), mean, atol=1e-7, rtol=1e-6)


def test_gradient_of_the_continuous_bernoulli_is_finite_at_zero() -> None:
    logits = torch.zeros(1, 1, 2, 2, requires_grad=True)
    ContinuousBernoulli(logits).log_prob(torch.full((1, 1, 2, 2), 0.75)).sum().backward()
    torch.testing.assert_close(logits.grad, torch.full((1, 1, 2, 2), 0.25))


def test_fixed_variance_is_not_trained_and_learned_variance_is() -> None:
    fixed = LikelihoodHead(ModelConfig(variance=0.5))
    learned = LikelihoodHead(ModelConfig(variance="learned"))
    assert not list(fixed.parameters())
    assert fixed.log_variance.exp().item() == pytest.approx(0.5)
    assert [name for name, _ in learned.named_parameters()] == ["log_variance"]
