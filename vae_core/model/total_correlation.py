"""The total correlation of the latent dimensions, KL[q(z) ‖ Π_d q(z_d)], estimated from the posteriors of a batch.

Chen, Li, Grosse & Duvenaud, "Isolating Sources of Disentanglement in Variational Autoencoders" (2018). Under a prior
whose dimensions are independent, the KL averaged over images is the mutual information of image and latent, plus this,
plus the KL of each dimension's q(z_d) (eq. 2). A weight β on this part alone (section 3.2, eq. 4 with α = γ = 1) makes
of the objective the ELBO less (β − 1) times it, where the KL may keep its closed form.

q(z) and q(z_d) are taken at the batch's own draws, as sums of its posteriors' densities: minibatch-weighted sampling
(appendix C.1). Its weights 1/(NM), of M images out of N, are 1/M here: that is (D − 1) log N less, a constant that has
no gradient, and makes the estimate 0 of a single image.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from vae_core.model.posteriors import (
    LOG_TWO_PI,
    DiagonalGaussian,
    FullGaussian,
    Posterior,
    standard_normal_log_prob,
)

SumOverWorkers = Callable[[Tensor], Tensor]


def total_correlation(
    posterior: Posterior, z: Tensor, images: int, places: Tensor | None, total: SumOverWorkers
) -> Tensor:
    """This worker's share of the batch's estimate, in nats, with a gradient that is summed over workers as well.

    `posterior` and its draws z (n, D) are of the worker's images, whose `places` (n,) in the batch of `images` are all
    of them by default. Every worker computes the whole estimate, of which its own rows alone are differentiable: the
    gradients of all add up to the estimate's, and the values, weighted by the rows, to the estimate.
    """
    spread = posterior.cholesky if isinstance(posterior, FullGaussian) else posterior.marginal_log_variance
    own = torch.cat([z, posterior.mean, spread.flatten(1)], dim=1)  # one exchange
    places = torch.arange(images) if places is None else places
    rows = _whole_batch(own, places.to(own.device), images, total)
    draws, mean, spread = rows.split([z.shape[1], z.shape[1], own.shape[1] - 2 * z.shape[1]], dim=1)
    if isinstance(posterior, FullGaussian):
        everybodys: Posterior = FullGaussian(mean, spread.unflatten(1, posterior.cholesky.shape[1:]))
    else:
        everybodys = DiagonalGaussian(mean, spread)
    whole = _estimate(everybodys, draws)
    return whole - whole.detach() * (1 - len(own) / images)


def _whole_batch(own: Tensor, places: Tensor, images: int, total: SumOverWorkers) -> Tensor:
    """The rows of all workers (images, …): each adds its own at their places, and has a gradient at these alone."""
    rows = total(own.new_zeros(images, *own.shape[1:]).index_copy(0, places, own.detach()))
    return rows.index_copy(0, places, own)


def _estimate(posterior: Posterior, z: Tensor) -> Tensor:
    """Mean over draws z (M, D), one of each posterior, of log q(z) − Σ_d log q(z_d); densities are means over j."""
    of_dimensions = _marginal_log_prob(posterior, z)  # (M, M, D)
    joint = _joint_log_prob(posterior, z) if isinstance(posterior, FullGaussian) else of_dimensions.sum(-1)
    return (_log_mean(joint) - _log_mean(of_dimensions).sum(-1)).mean()


def _log_mean(log_densities: Tensor) -> Tensor:
    """log of the mean density over posteriors: (M, M, …) → (M, …)."""
    return log_densities.logsumexp(1) - math.log(log_densities.shape[1])


def _marginal_log_prob(posterior: Posterior, z: Tensor) -> Tensor:
    """log q(z_d|x_j) of every draw, image and dimension: (M, M, D)."""
    standardised = (z.unsqueeze(1) - posterior.mean) * torch.exp(-0.5 * posterior.log_variance)
    return -0.5 * (standardised.square() + posterior.log_variance + LOG_TWO_PI)


def _joint_log_prob(posterior: FullGaussian, z: Tensor) -> Tensor:
    """log q(z|x_j) of every draw and image: (M, M). One factor at a time meets all draws, or each would be copied."""
    offsets = (z - posterior.mean.unsqueeze(1)).mT  # (images, D, draws)
    standardised = torch.linalg.solve_triangular(posterior.cholesky, offsets, upper=False).mT
    log_determinants = posterior.cholesky.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    return (standard_normal_log_prob(standardised) - log_determinants.unsqueeze(1)).T
