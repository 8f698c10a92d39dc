"""Posteriors and likelihoods against torch.distributions, which someone else wrote."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch import distributions as oracle

from vae_core.config import ModelConfig
from vae_core.model.likelihoods import Bernoulli, ContinuousBernoulli, Gaussian, Laplace, Likelihood, LikelihoodHead
from vae_core.model.posteriors import DiagonalGaussian, FullGaussian, Posterior, standard_normal_log_prob
from vae_core.model.vae import VAE
from vae_core.projection.projection import Projection
from vae_core.projection.refining import refine

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
        ("laplace", Laplace(output, variance), oracle.Laplace(output, (variance / 2).sqrt())),
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
    if not isinstance(likelihood, Bernoulli | ContinuousBernoulli):
        torch.testing.assert_close(likelihood.variance.expand_as(reference.variance), reference.variance)


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


FAR = [-1e20, -1e4, -100.0, -89.0, -30.0, -0.31, -0.2, 0.2, 0.31, 30.0, 89.0, 100.0, 1e4, 1e20]


def moments(name: str, output: float) -> tuple[float, float]:
    """The mean of p(x|z) for one number from the decoder, and its derivative, in float64 and closed form."""
    half = min(abs(output) / 2, 300.0)
    if name == "continuous-bernoulli":
        mean = 0.5 + 0.5 / math.tanh(output / 2) - 1 / output
        return mean, 1 / output**2 - 1 / (4 * math.sinh(half) ** 2)
    at_zero = 1 / (1 + math.exp(2 * half)) if output < 0 else 1 / (1 + math.exp(-2 * half))
    return at_zero, 1 / (4 * math.cosh(half) ** 2)


@pytest.mark.parametrize("name", ["bernoulli", "continuous-bernoulli", "gaussian", "laplace"])
@pytest.mark.parametrize("x", [0.0, 0.25, 1.0])
def test_means_and_densities_have_right_gradients_however_sure_the_decoder_is(name: str, x: float) -> None:
    """d log p/d l = x − mean for both Bernoullis; σ-scaled residual times the squashing's slope for the Gaussian, and
    the residual's sign over b for the Laplace."""
    head = LikelihoodHead(ModelConfig.parse({"likelihood": name, "network": "mlp"}))
    output = torch.tensor(FAR).reshape(-1, 1, 1, 1).requires_grad_()
    (of_mean,) = torch.autograd.grad(head(output).mean.sum(), output)
    (of_density,) = torch.autograd.grad(head(output).log_prob(torch.full((1, 1, 1, 1), x)).sum(), output)
    means, slopes = torch.tensor([moments(name, value) for value in FAR], dtype=torch.float64).unbind(1)
    torch.testing.assert_close(head(output).mean.flatten().double(), means, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(of_mean.flatten().double(), slopes, atol=1e-6, rtol=1e-5)
    expected = (x - means) * (slopes / 0.1 if name == "gaussian" else 1.0)
    if name == "laplace":
        expected = (x - means).sign() * slopes / math.sqrt(0.1 / 2)
    torch.testing.assert_close(of_density.flatten().double(), expected, atol=2e-6, rtol=1e-4)


def test_a_laplace_is_most_likely_at_the_median_and_a_gaussian_at_the_mean() -> None:
    """Of a pixel that is black in two images of three, and white in one."""
    pixels = torch.tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1, 1)
    means = torch.linspace(0, 1, 301).reshape(-1, 1, 1, 1, 1).expand(-1, 3, 1, 1, 1)
    for family, best in ((Laplace, 0.0), (Gaussian, 1 / 3)):
        found = family(means, torch.tensor(0.1)).log_prob(pixels).sum(1)
        assert means[found.argmax(), 0].item() == pytest.approx(best, abs=1e-3)


def test_the_gradient_of_the_continuous_bernoullis_mean_is_that_of_torch_distributions() -> None:
    ours = torch.tensor([-8.0, -3.0, -0.5, 0.5, 3.0, 8.0], dtype=torch.float64).requires_grad_()
    theirs = ours.detach().clone().requires_grad_()
    ContinuousBernoulli(ours).mean.sum().backward()
    reference = oracle.ContinuousBernoulli(logits=theirs)
    torch.testing.assert_close(ContinuousBernoulli(ours).mean, reference.mean)
    torch.testing.assert_close(ours.grad, reference.variance, atol=1e-8, rtol=1e-6)


def test_a_map_of_a_continuous_bernoulli_model_that_is_sure_of_its_background_has_a_way_back() -> None:
    """Pixels that are always 0 drive their logits far below −88, where e^−l overflows float32."""
    model = VAE(ModelConfig(network="mlp", latent_dim=2, image_size=4, likelihood="continuous-bernoulli"))
    with torch.no_grad():
        model.decoder[0][-1].bias[:8] = -1e4  # type: ignore[index]
    latents = random(1000, 2).float()
    projection = Projection("umap", latents, random(1000, 2, seed=1).float(), None, None)
    fitted = refine(projection, model.decode).plane_latents
    assert fitted is not None
    assert fitted.isfinite().all()
    assert not torch.equal(fitted, latents)


@both
def test_sampling_under_autocast_is_as_exact_as_without(make: Make) -> None:
    wide, _ = make()
    noise = random(3, N, D, seed=3)
    if isinstance(wide, DiagonalGaussian):
        narrow: Posterior = DiagonalGaussian(wide.mean.float(), wide.log_variance.float())
    else:
        narrow = FullGaussian(wide.mean.float(), wide.cholesky.float())
    with torch.autocast("cpu", torch.bfloat16):
        z = narrow.reparameterise(noise.float())
    assert z.dtype == torch.float32
    torch.testing.assert_close(z.double(), wide.reparameterise(noise), atol=1e-5, rtol=1e-5)


def test_fixed_variance_is_not_trained_and_learned_variance_is() -> None:
    fixed = LikelihoodHead(ModelConfig(variance=0.5))
    learned = LikelihoodHead(ModelConfig(variance="learned"))
    assert not list(fixed.parameters())
    assert fixed.log_variance.exp().item() == pytest.approx(0.5)
    assert [name for name, _ in learned.named_parameters()] == ["log_variance"]
