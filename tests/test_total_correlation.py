"""β on the total correlation alone: disent's estimate of it, densities of torch's own, and several workers."""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import torch
from disent.frameworks.vae import BetaTcVae
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from vae_core.checkpoint.weights import build_model
from vae_core.config import ModelConfig, Objective
from vae_core.model.posteriors import DiagonalGaussian, FullGaussian, Posterior
from vae_core.model.total_correlation import total_correlation
from vae_core.model.vae import VAE, Loss, training_loss

DIMENSIONS, BATCH = 3, 7


def drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def posterior_of(kind: str) -> tuple[Posterior, list[Tensor]]:
    """A posterior of each kind for a batch, and what it is made of."""
    mean = drawn(BATCH, DIMENSIONS, seed=1).requires_grad_()
    log_scale = (0.4 * drawn(BATCH, DIMENSIONS, seed=2) - 0.5).requires_grad_()
    if kind == "diagonal":
        return DiagonalGaussian(mean, log_scale), [mean, log_scale]
    below = drawn(BATCH, DIMENSIONS * (DIMENSIONS - 1) // 2, seed=3).requires_grad_()
    return FullGaussian.from_parameters(mean, log_scale, below), [mean, log_scale, below]


def alone(posterior: Posterior, z: Tensor) -> Tensor:
    return total_correlation(posterior, z, len(z), None, lambda tensor: tensor)


def test_it_is_disents_but_for_a_constant() -> None:
    posterior, parts = posterior_of("diagonal")
    z = posterior.reparameterise(drawn(BATCH, DIMENSIONS, seed=4))
    ours = alone(posterior, z)
    theirs = BetaTcVae._betatc_compute_total_correlation(z, posterior.mean, posterior.log_variance)
    torch.testing.assert_close(ours, theirs + (DIMENSIONS - 1) * math.log(BATCH))  # they sum densities, not average
    gradients = [torch.autograd.grad(value, parts, retain_graph=True) for value in (ours, theirs)]
    torch.testing.assert_close(*gradients)


def test_of_full_covariances_it_is_by_torchs_own_densities() -> None:
    posterior, _ = posterior_of("full")
    assert isinstance(posterior, FullGaussian)
    z = posterior.reparameterise(drawn(BATCH, DIMENSIONS, seed=4))
    covariance = posterior.cholesky @ posterior.cholesky.mT
    expected = torch.zeros((), dtype=torch.float64)
    for draw in z:
        joint = MultivariateNormal(posterior.mean, covariance).log_prob(draw).exp().mean().log()
        deviations = covariance.diagonal(dim1=-2, dim2=-1).sqrt()
        apart = Normal(posterior.mean, deviations).log_prob(draw).exp().mean(0).log().sum()
        expected = expected + (joint - apart) / BATCH
    torch.testing.assert_close(alone(posterior, z), expected)


def test_independent_dimensions_have_none_and_copies_of_one_have_much() -> None:
    """Of two copies of one standard normal that is told with variance v, it is −½ log(1 − (1 − v)²)."""
    count, variance = 1500, 0.2
    told = math.sqrt(1 - variance) * drawn(count, 2, seed=5)
    log_variance = torch.full((count, 2), math.log(variance), dtype=torch.float64)
    found = []
    for mean in (told, told[:, :1].expand(-1, 2)):
        posterior = DiagonalGaussian(mean, log_variance)
        found.append(alone(posterior, posterior.reparameterise(drawn(count, 2, seed=6))).item())
    assert found[0] == pytest.approx(0, abs=0.03)
    assert found[1] == pytest.approx(-0.5 * math.log(1 - (1 - variance) ** 2), abs=0.05)


def test_of_a_single_image_it_is_none() -> None:
    posterior = DiagonalGaussian(drawn(1, 4, seed=1), drawn(1, 4, seed=2))
    assert alone(posterior, drawn(1, 4, seed=3)).item() == pytest.approx(0, abs=1e-12)


def small_model(**settings: object) -> VAE:
    shape = {"network": "mlp", "latent_dim": DIMENSIONS, "image_size": 8, "hidden_units": 16, "hidden_layers": 1}
    return build_model(ModelConfig.parse(shape | settings), seed=0).double()


def loss_of(model: VAE, x: Tensor, noise: Tensor, objective: Objective = "beta-tcvae", **asked: Any) -> Loss:
    return training_loss(model, x, noise, objective=objective, **{"images": len(x), **asked})


@pytest.mark.parametrize("posterior", ["diagonal", "full"])
def test_beta_stands_on_it_alone_and_the_bound_stays_the_elbo(posterior: str) -> None:
    model, x, noise = (
        small_model(posterior=posterior),
        drawn(BATCH, 1, 8, 8, seed=1).sigmoid(),
        drawn(1, BATCH, 3, seed=2),
    )
    plain = loss_of(model, x, noise, "elbo")
    torch.testing.assert_close(loss_of(model, x, noise, beta=1.0).value, plain.value)
    told, z, _ = model(x, noise)
    weighted = loss_of(model, x, noise, beta=6.0)
    torch.testing.assert_close(weighted.value, plain.value + 5 * alone(told, z[0]))
    torch.testing.assert_close(weighted.sums, plain.sums)


@pytest.mark.parametrize("settings", [{}, {"posterior": "full"}, {"variance": "optimal"}])
@pytest.mark.parametrize("ends", [(0, 4, 7), (0, 3, 5, 7), (0, 7, 7)])
def test_workers_shares_add_up_to_the_whole_batch(settings: dict[str, object], ends: tuple[int, ...]) -> None:
    """Workers one after the other: first to hear what each would exchange, then with the sums of all of them.

    The last may have no image at all.
    """
    model, x, noise = small_model(**settings), drawn(BATCH, 1, 8, 8, seed=1).sigmoid(), drawn(1, BATCH, 3, seed=2)
    parts = [slice(*pair) for pair in pairwise(ends)]
    weights = list(model.parameters())

    def share(part: slice, total: Any) -> Loss:
        places = torch.arange(BATCH)[part]
        return loss_of(model, x[part], noise[:, part], images=BATCH, beta=6.0, places=places, total=total)

    heard: list[list[Tensor]] = []
    for part in parts:
        said: list[Tensor] = []
        share(part, lambda tensor, said=said: said.append(tensor.clone()) or tensor)
        heard.append(said)
    value, gradients = torch.zeros((), dtype=torch.float64), [torch.zeros_like(weight) for weight in weights]
    for part in parts:
        sums: Iterator[Tensor] = iter([torch.stack(spoken).sum(0) for spoken in zip(*heard, strict=True)])
        loss = share(part, lambda _, sums=sums: next(sums))
        value = value + loss.value
        own = torch.autograd.grad(loss.value, weights)
        gradients = [before + more for before, more in zip(gradients, own, strict=True)]
    whole = loss_of(model, x, noise, beta=6.0).value
    torch.testing.assert_close(value, whole)
    torch.testing.assert_close(gradients, list(torch.autograd.grad(whole, weights)))
