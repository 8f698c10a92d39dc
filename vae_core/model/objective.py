"""What training maximises: the ELBO with its two knobs, or the IWAE bound. Everything in nats per image.

ELBO: Kingma & Welling (2014). β: Higgins et al. (2017). Free bits: Kingma et al. (2016), appendix C.
IWAE: Burda, Grosse & Salakhutdinov (2016).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.model.likelihoods import Gaussian, Likelihood
from vae_core.model.posteriors import Posterior
from vae_core.model.vae import VAE, log_weights

SumOverWorkers = Callable[[Tensor], Tensor]


def iwae_bound(weights: Tensor) -> Tensor:
    """log (1/K Σ_k w_k) from log w_k: (K, N) → (N,)."""
    return torch.logsumexp(weights, dim=0) - math.log(len(weights))


@dataclass(frozen=True)
class Loss:
    """`value` is what to minimise: this worker's share of the batch's mean. The sums are over its images."""

    value: Tensor
    sums: Tensor  # (3,): bound, log-likelihood, KL, in nats

    NAMES = ("bound", "log_likelihood", "kl")


def with_optimal_variance(x: Tensor, likelihood: Likelihood, total: SumOverWorkers) -> Likelihood:
    """Replace σ by the batch's mean square error: Rybkin et al., σ-VAE (2021).

    The gradient of −½·P·log σ*, σ* the error itself, equals that of a Gaussian whose σ is held at that error, so
    the error is detached, and a batch spread over workers needs only its sum.
    """
    if not isinstance(likelihood, Gaussian):
        return likelihood
    square_error = (likelihood.mean.detach() - x).square().sum()
    count = torch.tensor(float(likelihood.mean.numel()), device=x.device)
    error, count = total(torch.stack([square_error, count]))
    return Gaussian(likelihood.mean, (error / count).clamp(min=1e-8))


def _free_bits_penalty(posterior: Posterior, free_bits: float, images: int, total: SumOverWorkers) -> Tensor:
    """Σ_d max(0, free_bits − KL_d), KL_d averaged over the whole batch; its gradient stays on this worker."""
    own = posterior.kl_per_dimension().sum(0) / images  # (D,): this worker's share of the mean
    below = total(own.detach().clone()) < free_bits
    share = len(posterior.mean) / images
    return torch.where(below, free_bits * share - own, 0.0).sum()


def training_loss(
    model: VAE,
    x: Tensor,
    noise: Tensor,
    *,
    images: int,
    beta: float = 1.0,
    free_bits: float = 0.0,
    total: SumOverWorkers = lambda tensor: tensor,
) -> Loss:
    """The loss of one worker's images x (n, C, H, W) with noise (K, n, D), out of a batch of `images`.

    One sample (K = 1) trains the ELBO with the closed-form KL; more train the IWAE bound. `total` sums a tensor
    over all workers; summing the gradients of `value` over them gives the whole batch's gradient.
    """
    posterior, z, likelihood = model(x, noise)
    if model.head.variance_is_optimal:
        likelihood = with_optimal_variance(x, likelihood, total)
    kl = posterior.kl_divergence()  # (n,)
    if len(noise) == 1:
        log_likelihood = likelihood.log_prob(x).squeeze(0)  # (n,)
        bound = log_likelihood - kl
        objective = (log_likelihood - beta * kl).sum() / images
        if free_bits:
            objective = objective - beta * _free_bits_penalty(posterior, free_bits, images, total)
    else:
        bound = iwae_bound(log_weights(x, posterior, z, likelihood))
        log_likelihood = likelihood.log_prob(x).detach().mean(0)
        objective = bound.sum() / images
    with torch.no_grad():
        sums = torch.stack([bound.sum(), log_likelihood.sum(), kl.sum()])
    return Loss(-objective, sums)
