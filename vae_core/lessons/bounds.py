"""Lesson 4: the bound of K samples rises with K from the ELBO to log p(x): Burda, Grosse & Salakhutdinov (2016).

A linear decoder with a Gaussian of variance σ is probabilistic PCA, whatever its weights are, and so its log p(x) is
known: N(x; b, WWᵀ + σI). Tipping & Bishop, "Probabilistic Principal Component Analysis" (1999), eq. 5.
"""

import torch
from torch import Tensor, nn
from torch.distributions import LowRankMultivariateNormal

from vae_core.lessons.orders import Bounds
from vae_core.model.vae import VAE, iwae_bound
from vae_core.progress import Pace
from vae_core.randomness import generator

SAMPLES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
DRAWS = 2048  # an image: as many independent bounds of K as go into it
ROUNDS = 16  # in which they are made


@torch.no_grad()
def exact_log_likelihood(model: VAE, x: Tensor) -> Tensor:
    """log p(x) of a model with a linear decoder, in nats, (N,)."""
    layer = next(model.decoder.children())
    assert isinstance(layer, nn.Linear)
    variance = model.head.log_variance.exp().expand(layer.out_features)
    density = LowRankMultivariateNormal(layer.bias, layer.weight, variance)
    return density.log_prob(x.flatten(1))


@torch.no_grad()
def measure_bounds(model: VAE, x: Tensor, seed: int, pace: Pace | None = None) -> tuple[list[float], list[float]]:
    """The bound of each K of `SAMPLES`, averaged over images x (N, C, H, W), and the standard error of its draws.

    All from the same log weights of `DRAWS` samples an image: DRAWS / K independent bounds of K each.
    """
    rounds = []
    for number in range(ROUNDS):
        rounds.append(model.log_weights(x, DRAWS // ROUNDS, generator(seed, "bounds", number))[0])
        if pace is not None:
            pace.at(number + 1)
    weights = torch.cat(rounds).double()  # (DRAWS, N)
    means, errors = [], []
    for samples in SAMPLES:
        bounds = iwae_bound(weights.unflatten(0, (-1, samples)).movedim(1, 0))  # (DRAWS / K, N)
        means.append(bounds.mean().item())
        errors.append((bounds.var(0) / len(bounds)).sum().sqrt().item() / len(x))
    return means, errors


def bounds_of(model: VAE, x: Tensor, seed: int, pace: Pace | None = None) -> Bounds:
    """Both, and log p(x) where the decoder is linear."""
    linear = model.config.network == "linear"
    means, errors = measure_bounds(model, x, seed, pace)
    return Bounds(
        model="linear" if linear else "digits",
        images=len(x),
        samples=SAMPLES,
        bounds=tuple(means),
        errors=tuple(errors),
        log_likelihood=exact_log_likelihood(model, x).double().mean().item() if linear else None,
    )
