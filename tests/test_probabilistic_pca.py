"""A linear VAE with a learned variance is probabilistic PCA (Tipping & Bishop, 1999), whose log p(x) is known."""

import statistics
from pathlib import Path

import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from vae_core import VAE, ModelConfig, TrainConfig, load_checkpoint, load_dataset, train
from vae_core.data.dataset import Dataset
from vae_core.evaluation import evaluate_bound, importance_sampled
from vae_core.fitting import fit_prior
from vae_core.model.vae import iwae_bound

COMPONENTS = 6


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


@pytest.fixture(scope="module")
def trained(digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> VAE:
    model = ModelConfig(network="linear", posterior="full", latent_dim=COMPONENTS, image_size=8, variance="learned")
    settings = TrainConfig(data="digits", epochs=220, batch_size=96, learning_rate=0.02, validation_fraction=0)
    folder: Path = tmp_path_factory.mktemp("linear")
    torch.set_num_threads(1)
    train(digits, model, settings, folder / "run", save_interval=1e9)
    return load_checkpoint(folder / "run").model


def exact_log_likelihood(model: VAE, x: Tensor) -> Tensor:
    """log N(x; b, W Wᵀ + σI) of the linear decoder, by torch's own multivariate Gaussian."""
    weight, bias = (model.get_parameter(f"decoder.0.{name}").double() for name in ("weight", "bias"))
    covariance = weight @ weight.T + model.head.log_variance.double().exp() * torch.eye(len(bias))
    return torch.distributions.MultivariateNormal(bias, covariance).log_prob(x.flatten(1).double())


@torch.no_grad()
def test_the_trained_elbo_reaches_probabilistic_pca(digits: Dataset, trained: VAE) -> None:
    pixels = digits.batch(torch.arange(len(digits))).flatten(1).double().numpy()
    best = PCA(COMPONENTS).fit(pixels).score(pixels)
    every = torch.arange(len(digits))
    elbo = statistics.mean(evaluate_bound(trained, digits, every, seed).elbo for seed in range(8))
    assert elbo == pytest.approx(best, rel=0.005)


@torch.no_grad()
def test_bounds_are_ordered_below_the_exact_log_likelihood(digits: Dataset, trained: VAE) -> None:
    x = digits.batch(torch.arange(300))
    widened = trained.get_parameter("encoder.covariance")  # a posterior twice too wide keeps the bounds apart
    widened[:COMPONENTS] += 0.4
    try:
        weights = trained.log_weights(x, 4000, torch.Generator().manual_seed(0))[0].double()
    finally:
        widened[:COMPONENTS] -= 0.4
    elbo = weights.mean()
    five = torch.stack([iwae_bound(part).mean() for part in weights.split(5)]).mean()
    fifty = torch.stack([iwae_bound(part).mean() for part in weights.split(50)]).mean()
    exact = exact_log_likelihood(trained, x).mean()
    assert elbo < five < fifty < exact + 0.01
    assert exact - elbo > 0.3


@torch.no_grad()
def test_importance_sampling_finds_the_exact_likelihood(digits: Dataset, trained: VAE) -> None:
    indices = torch.arange(100)
    (found,), (elbo,) = importance_sampled(trained, digits, indices, samples=700, seed=1)
    exact = exact_log_likelihood(trained, digits.batch(indices))
    torch.testing.assert_close(found, exact, atol=0.15, rtol=0.005)
    assert found.mean().item() == pytest.approx(exact.mean().item(), abs=0.02)
    assert (elbo < found).all()
    assert elbo.mean().item() == pytest.approx(evaluate_bound(trained, digits, indices, 3).elbo, abs=0.6)


@torch.no_grad()
def test_importance_sampling_finds_the_exact_likelihood_under_a_fitted_prior(digits: Dataset, trained: VAE) -> None:
    """Of a linear decoder and a mixture it is a mixture again: Σ_k w_k N(x; W m_k + b, W S_k Wᵀ + σI)."""
    prior = fit_prior(trained, digits)
    indices = torch.arange(100)
    (found,), _ = importance_sampled(trained, digits, indices, samples=700, seed=1, log_priors=[prior.log_prob])
    weight, bias = (trained.get_parameter(f"decoder.0.{name}").double() for name in ("weight", "bias"))
    factors = weight @ prior.cholesky.double()
    noise = trained.head.log_variance.double().exp() * torch.eye(len(bias))
    parts = torch.distributions.MultivariateNormal(prior.means.double() @ weight.T + bias, factors @ factors.mT + noise)
    x = digits.batch(indices).flatten(1).double()
    exact = (parts.log_prob(x[:, None]) + prior.log_weights.double()).logsumexp(1)
    assert found.mean().item() == pytest.approx(exact.mean().item(), abs=0.05)
    assert exact.mean() > exact_log_likelihood(trained, digits.batch(indices)).mean()
