"""The ELBO, its knobs and the IWAE bound; every posterior × likelihood × network runs."""

import itertools
import math
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from vae_core.checkpoint.weights import build_model
from vae_core.config import ModelConfig
from vae_core.model.vae import VAE, iwae_bound, training_loss

KINDS = list(
    itertools.product(
        ["linear", "mlp", "conv"], ["diagonal", "full"], ["bernoulli", "continuous-bernoulli", "gaussian", "laplace"]
    )
)


def images(count: int = 6, size: int = 8, channels: int = 1) -> Tensor:
    return torch.rand(count, channels, size, size, generator=torch.Generator().manual_seed(1))


def small_model(**settings: object) -> VAE:
    defaults = {"network": "mlp", "latent_dim": 3, "image_size": 8, "hidden_units": 16, "hidden_layers": 1, "width": 4}
    return build_model(ModelConfig.parse(defaults | settings), seed=0)


def noise(samples: int, count: int, dimension: int = 3) -> Tensor:
    return torch.randn(samples, count, dimension, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize(("network", "posterior", "likelihood"), KINDS)
def test_every_kind_of_model_trains_and_decodes(network: str, posterior: str, likelihood: str) -> None:
    model = small_model(network=network, posterior=posterior, likelihood=likelihood)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    x = images()
    losses = []
    for _ in range(30):
        loss = training_loss(model, x, noise(1, len(x)), images=len(x))
        optimizer.zero_grad()
        loss.value.backward()
        assert all(parameter.grad is not None for parameter in model.parameters())
        optimizer.step()
        losses.append(loss.value.item())
    assert losses[-1] < losses[0]
    decoded = model.decode(torch.randn(4, 3))
    assert decoded.shape == (4, 1, 8, 8)
    assert 0 <= decoded.min() <= decoded.max() <= 1
    assert model.log_weights(x, 5, torch.Generator().manual_seed(0)).shape == (1, 5, 6)


@pytest.mark.parametrize("size", range(8, 129, 4))
def test_conv_networks_fit_every_allowed_size(size: int) -> None:
    model = small_model(network="conv", image_size=size, channels=3)
    posterior, _, likelihood = model(images(2, size, 3), noise(1, 2))
    assert posterior.mean.shape == (2, 3)
    assert likelihood.mean.shape == (1, 2, 3, size, size)


def test_loss_is_minus_log_likelihood_plus_beta_kl() -> None:
    model, x = small_model(), images()
    draws = noise(1, len(x))
    posterior, _, likelihood = model(x, draws)
    expected = -(likelihood.log_prob(x)[0] - 2.5 * posterior.kl_divergence()).mean()
    loss = training_loss(model, x, draws, images=len(x), beta=2.5)
    torch.testing.assert_close(loss.value, expected)
    elbo = (likelihood.log_prob(x)[0] - posterior.kl_divergence()).sum()
    torch.testing.assert_close(loss.sums[0], elbo.detach())


def test_fixed_variance_is_the_square_error_with_beta_twice_the_variance() -> None:
    """−2σ × ELBO = ‖x−μ‖² + 2σ·KL + a constant: the classic loss, whose gradient is the same."""
    variance, x = 0.35, images()
    model = small_model(variance=variance)
    draws = noise(1, len(x))
    loss = training_loss(model, x, draws, images=len(x)).value * 2 * variance
    posterior, _, likelihood = model(x, draws)
    classic = ((likelihood.mean - x).square().sum((0, 2, 3, 4)) + 2 * variance * posterior.kl_divergence()).mean()
    parameters = list(model.parameters())
    ours, theirs = torch.autograd.grad(loss, parameters), torch.autograd.grad(classic, parameters)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_optimal_variance_has_the_gradient_of_the_profiled_likelihood() -> None:
    """d/dθ of −½·P·log(mean square error): the variance written as a function of the weights."""
    x = images()
    model = small_model(variance="optimal")
    draws = noise(1, len(x))
    loss = training_loss(model, x, draws, images=len(x)).value
    posterior, _, likelihood = model(x, draws)
    error = (likelihood.mean - x).square().mean()
    profiled = 0.5 * 64 * (torch.log(2 * math.pi * error) + 1) + posterior.kl_divergence().mean()
    torch.testing.assert_close(loss, profiled)
    parameters = list(model.parameters())
    ours, theirs = torch.autograd.grad(loss, parameters), torch.autograd.grad(profiled, parameters)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_free_bits_take_the_larger_of_kl_and_allowance_in_each_dimension() -> None:
    model, x, allowance = small_model(), images(), 0.4
    with torch.no_grad():
        model.get_parameter("encoder.1.2.weight").mul_(6)  # spread the dimensions on both sides of the allowance
    draws = noise(1, len(x))
    posterior, _, likelihood = model(x, draws)
    held = posterior.kl_per_dimension().mean(0).clamp(min=allowance)
    assert (posterior.kl_per_dimension().mean(0) < allowance).any()
    assert (posterior.kl_per_dimension().mean(0) > allowance).any()
    expected = -likelihood.log_prob(x).mean() + 1.5 * held.sum()
    loss = training_loss(model, x, draws, images=len(x), beta=1.5, free_bits=allowance)
    torch.testing.assert_close(loss.value, expected)


@pytest.mark.parametrize("settings", [{}, {"variance": "optimal"}, {"posterior": "full"}])
def test_workers_shares_add_up_to_the_whole_batch(settings: dict[str, object]) -> None:
    """Two workers, one after the other: first to hear what each would exchange, then with the sums of both."""
    x = images(7)
    model = small_model(**settings)
    draws = noise(1, len(x))
    parts = [slice(0, 4), slice(4, 7)]
    heard: list[list[Tensor]] = [[], []]

    def hear(part: slice, said: list[Tensor]) -> None:
        def total(tensor: Tensor) -> Tensor:
            said.append(tensor.clone())
            return tensor

        training_loss(model, x[part], draws[:, part], images=7, free_bits=0.2, total=total)

    for part, said in zip(parts, heard, strict=True):
        hear(part, said)
    value = torch.zeros(())
    for part in parts:
        sums = iter([one + other for one, other in zip(*heard, strict=True)])

        def total(_: Tensor, sums: Iterator[Tensor] = sums) -> Tensor:
            return next(sums)

        loss = training_loss(model, x[part], draws[:, part], images=7, free_bits=0.2, total=total)
        value = value + loss.value
    whole = training_loss(model, x, draws, images=7, free_bits=0.2)
    torch.testing.assert_close(value, whole.value)


def test_iwae_bound_tightens_with_samples() -> None:
    model, x = small_model(), images(2)
    (weights,) = model.log_weights(x, 6000, torch.Generator().manual_seed(0))  # (6000, 2)
    bounds = [torch.stack([iwae_bound(part) for part in weights.split(k)]).mean().item() for k in (1, 5, 50, 6000)]
    assert bounds == sorted(bounds)
    torch.testing.assert_close(iwae_bound(weights[:1]), weights[0])


def test_more_samples_train_the_iwae_bound() -> None:
    model, x = small_model(), images()
    draws = noise(5, len(x))
    posterior, z, likelihood = model(x, draws)
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(-1)
    log_w = likelihood.log_prob(x) + prior - posterior.log_prob(z)
    expected = -(torch.logsumexp(log_w, 0) - math.log(5)).mean()
    loss = training_loss(model, x, draws, images=len(x))
    torch.testing.assert_close(loss.value, expected)
    bound, log_likelihood, kl = loss.sums  # the ELBO is told all the same: as of images held out
    torch.testing.assert_close(bound, log_likelihood - kl)
    torch.testing.assert_close(log_likelihood, likelihood.log_prob(x).mean(0).sum())
