"""The approximate posterior q(z|x) = N(μ(x), Σ(x)), with Σ diagonal or full.

Closed forms after Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), appendix B:
KL[N(μ,Σ) ‖ N(0,I)] = ½ (tr Σ + μᵀμ − D − log det Σ).
"""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

LOG_TWO_PI = math.log(2 * math.pi)
UNKNOWN_LOG_VARIANCE = math.log(1e-4)  # where nobody tells a variance: next to none


def standard_normal_log_prob(z: Tensor) -> Tensor:
    """log N(z; 0, I) in nats, summed over the last axis: (…, D) → (…)."""
    return -0.5 * (z.square().sum(-1) + z.shape[-1] * LOG_TWO_PI)


def standard_normal(shape: tuple[int, ...], like: Tensor, generator: torch.Generator) -> Tensor:
    """ε ~ N(0, I) drawn on the generator's device, then moved beside `like`."""
    noise = torch.randn(shape, generator=generator, device=generator.device, dtype=like.dtype)
    return noise.to(like.device)


class _Gaussian:
    """What both posteriors share: a batch of N Gaussians over D latent dimensions."""

    mean: Tensor

    def reparameterise(self, noise: Tensor) -> Tensor:
        """z = μ + Σ^½ ε: noise (…, N, D) → samples (…, N, D), differentiable in μ and Σ."""
        raise NotImplementedError

    def sample(self, generator: torch.Generator, samples: int | None = None) -> Tensor:
        """Draw z: (N, D), or (samples, N, D) if a number of samples is given."""
        shape = self.mean.shape if samples is None else (samples, *self.mean.shape)
        return self.reparameterise(standard_normal(tuple(shape), self.mean, generator))

    @property
    def log_variance(self) -> Tensor:
        """Log variance of each dimension's marginal, (N, D)."""
        raise NotImplementedError

    def kl_per_dimension(self) -> Tensor:
        """KL of each marginal q(z_d|x) to N(0, 1), in nats, (N, D)."""
        variance = self.log_variance.exp()
        return 0.5 * (variance + self.mean.square() - 1.0 - self.log_variance)


@dataclass
class DiagonalGaussian(_Gaussian):
    """Σ = diag(exp(log_variance)): mean (N, D), marginal_log_variance (N, D)."""

    mean: Tensor
    marginal_log_variance: Tensor

    @property
    def log_variance(self) -> Tensor:
        return self.marginal_log_variance

    def reparameterise(self, noise: Tensor) -> Tensor:
        return torch.addcmul(self.mean, torch.exp(0.5 * self.log_variance), noise)

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z|x) in nats: (…, N, D) → (…, N)."""
        standardised = (z - self.mean) * torch.exp(-0.5 * self.log_variance)
        return standard_normal_log_prob(standardised) - 0.5 * self.log_variance.sum(-1)

    def kl_divergence(self) -> Tensor:
        """KL[q(z|x) ‖ N(0, I)] in nats, (N,)."""
        return self.kl_per_dimension().sum(-1)


def narrow_posterior(means: Tensor) -> DiagonalGaussian:
    """q(z|x) of images whose latents (N, D) are known and nothing else: next to no variance."""
    return DiagonalGaussian(means, torch.full_like(means, UNKNOWN_LOG_VARIANCE))


@dataclass
class FullGaussian(_Gaussian):
    """Σ = L Lᵀ: mean (N, D) and the lower-triangular Cholesky factor L (N, D, D)."""

    mean: Tensor
    cholesky: Tensor

    @classmethod
    def from_parameters(cls, mean: Tensor, log_diagonal: Tensor, below: Tensor) -> "FullGaussian":
        """Build L from its log diagonal (N, D) and the D(D−1)/2 entries below it, row by row."""
        dimension = mean.shape[-1]
        if dimension == 1:  # nothing is below, and the ONNX exporter has no empty indices
            return cls(mean, log_diagonal.exp().unsqueeze(-1))
        rows, columns = torch.tril_indices(dimension, dimension, offset=-1, device=mean.device)
        cholesky = torch.diag_embed(log_diagonal.exp())
        batch = torch.arange(mean.shape[0], device=mean.device)[:, None]
        return cls(mean, cholesky.index_put((batch, rows, columns), below))

    @cached_property
    def _log_diagonal(self) -> Tensor:
        return torch.diagonal(self.cholesky, dim1=-2, dim2=-1).log()

    @property
    def log_variance(self) -> Tensor:
        return self.cholesky.square().sum(-1).log()

    def reparameterise(self, noise: Tensor) -> Tensor:
        with torch.autocast(self.mean.device.type, enabled=False):  # bfloat16 would shift the noise by 3e-3
            return self.mean + (self.cholesky @ noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z|x) in nats: (…, N, D) → (…, N)."""
        offset = (z - self.mean).unsqueeze(-1)
        standardised = torch.linalg.solve_triangular(self.cholesky, offset, upper=False).squeeze(-1)
        return standard_normal_log_prob(standardised) - self._log_diagonal.sum(-1)

    def kl_divergence(self) -> Tensor:
        """KL[q(z|x) ‖ N(0, I)] in nats, (N,)."""
        trace = self.cholesky.square().sum((-2, -1))
        square = self.mean.square().sum(-1)
        return 0.5 * (trace + square - self.mean.shape[-1]) - self._log_diagonal.sum(-1)


Posterior = DiagonalGaussian | FullGaussian


class SaidPerDimension:
    """What posteriors say in each dimension, in nats (D,), averaged over images that come batch by batch.

    Under N(0, I) that is the KL of the marginals to N(0, 1). A learned prior has no parts by dimension: then it is
    their KL to the Gaussian with the mean and the variance v of all of them, which is ½ (log v − E log σ²): 0 where
    every image leaves a dimension as it is, and never less than what the dimension tells of the image.
    """

    def __init__(self, latent_dim: int, *, under_standard_normal: bool) -> None:
        self.under_standard_normal = under_standard_normal
        self.images = 0
        self.sums = torch.zeros(1 if under_standard_normal else 4, latent_dim, dtype=torch.float64)

    def hear(self, posterior: Posterior) -> None:
        """Another batch."""
        self.images += len(posterior.mean)
        if self.under_standard_normal:
            terms = [posterior.kl_per_dimension()]
        else:
            log_variance = posterior.log_variance
            terms = [posterior.mean, posterior.mean.square(), log_variance.exp(), log_variance]
        self.sums += torch.stack([term.cpu().double().sum(0) for term in terms])

    @property
    def nats(self) -> Tensor:
        """The average over the images heard so far."""
        means = self.sums / self.images
        if self.under_standard_normal:
            return means[0]
        mean, square, variance, log_variance = means
        return 0.5 * ((variance + square - mean.square()).log() - log_variance)
