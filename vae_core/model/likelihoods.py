"""The decoder's distribution p(x|z), built from what the decoder network puts out, one number a pixel.

Every `log_prob` is in nats, summed over an image's pixels, with its constants kept.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_core.config import WITH_VARIANCE, ModelConfig

SERIES_BELOW = 0.3  # below this |logit| the closed forms lose digits to cancellation: their series are exact


@dataclass
class Bernoulli:
    """p(x|z) = ∏ Bernoulli(x; sigmoid(logits)): logits (…, N, C, H, W). A density only on x ∈ {0, 1}."""

    logits: Tensor

    @property
    def mean(self) -> Tensor:
        return torch.sigmoid(self.logits)

    def log_prob(self, x: Tensor) -> Tensor:
        """x (N, C, H, W) → (…, N)."""
        target = x.expand_as(self.logits)
        return -F.binary_cross_entropy_with_logits(self.logits, target, reduction="none").flatten(-3).sum(-1)


@dataclass
class ContinuousBernoulli:
    """A density on [0, 1]: p(x) ∝ exp(x·logit), Loaiza-Ganem & Cunningham (2019), as an exponential family."""

    logits: Tensor

    def _split(self) -> tuple[Tensor, Tensor, Tensor]:
        """Where the series holds, the logits for the series, and |logits| for the closed forms.

        Each is kept in its own range: what overflows in the branch not taken would make the gradient 0·∞.
        """
        magnitude = self.logits.abs()
        near = self.logits.clamp(-SERIES_BELOW, SERIES_BELOW)
        return magnitude < SERIES_BELOW, near, magnitude.clamp(min=SERIES_BELOW)

    @property
    def mean(self) -> Tensor:
        """E[x] = 1/(1 − e^−l) − 1/l, with its series ½ + l/12 − l³/720 + l⁵/30240 near 0.

        Below 0 it is 1/|l| − e^−|l|/(1 − e^−|l|), and above 0 what that leaves of 1.
        """
        small, near, magnitude = self._split()
        below = 1.0 / magnitude + torch.exp(-magnitude) / torch.expm1(-magnitude)
        closed = torch.where(self.logits < 0, below, 1.0 - below)
        square = near.square()
        series = 0.5 + near * (1 / 12 + square * (-1 / 720 + square / 30240))
        return torch.where(small, series, closed)

    @property
    def _log_partition(self) -> Tensor:
        """log ∫₀¹ e^{l·x} dx = max(l, 0) + log((1 − e^−|l|) / |l|)."""
        small, near, magnitude = self._split()
        closed = self.logits.clamp(min=0) + torch.log(-torch.expm1(-magnitude) / magnitude)
        square = near.square()
        series = near / 2 + square * (1 / 24 + square * (-1 / 2880 + square / 181440))
        return torch.where(small, series, closed)

    def log_prob(self, x: Tensor) -> Tensor:
        """x (N, C, H, W) → (…, N)."""
        return (self.logits * x - self._log_partition).flatten(-3).sum(-1)


@dataclass
class Gaussian:
    """p(x|z) = N(x; mean, σI), σ a variance: log p = −½·P·log(2πσ) − ‖x − mean‖²/(2σ), P pixels."""

    mean: Tensor
    variance: Tensor

    def log_prob(self, x: Tensor) -> Tensor:
        """x (N, C, H, W) → (…, N)."""
        square_error = (self.mean - x).square().flatten(-3).sum(-1)
        pixels = math.prod(self.mean.shape[-3:])
        return -0.5 * (pixels * torch.log(2 * math.pi * self.variance) + square_error / self.variance)


@dataclass
class Laplace:
    """Each pixel of its own about its mean: p(x) = exp(−|x − mean|/b)/2b, of variance σ = 2b².

    Its mean is also its median, which the training therefore seeks: of a pixel that may be either of two, the likelier
    one, where a Gaussian's mean lies between them and blurs. Where nearly every pixel is black, as in MNIST, a black
    image is the median of all, and the posterior may collapse before the latents have said anything.
    """

    mean: Tensor
    variance: Tensor

    def log_prob(self, x: Tensor) -> Tensor:
        """x (N, C, H, W) → (…, N)."""
        scale = (self.variance / 2).sqrt()
        error = (self.mean - x).abs().flatten(-3).sum(-1)
        return -math.prod(self.mean.shape[-3:]) * torch.log(2 * scale) - error / scale


Likelihood = Bernoulli | ContinuousBernoulli | Gaussian | Laplace


class LikelihoodHead(nn.Module):
    """From the decoder network's output (…, N, C, H, W) to p(x|z); holds σ where σ is part of the model."""

    log_variance: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.name = config.likelihood
        self.squash = config.network != "linear"
        self.variance_is_optimal = config.variance == "optimal"
        if config.variance is None:
            return
        start = 0.1 if isinstance(config.variance, str) else config.variance
        log_variance = torch.tensor(math.log(start))
        if config.variance == "learned":
            self.log_variance = nn.Parameter(log_variance)
        else:
            self.register_buffer("log_variance", log_variance)

    def forward(self, output: Tensor) -> Likelihood:
        if self.name == "bernoulli":
            return Bernoulli(output)
        if self.name == "continuous-bernoulli":
            return ContinuousBernoulli(output)
        family = Laplace if self.name == "laplace" else Gaussian
        return family(torch.sigmoid(output) if self.squash else output, self.log_variance.exp())

    @property
    def variance(self) -> float | None:
        """σ of a Gaussian or Laplace likelihood; None for the others."""
        return self.log_variance.exp().item() if self.name in WITH_VARIANCE else None

    @torch.no_grad()
    def set_variance(self, mean_square_error: Tensor) -> None:
        """The variance of greatest likelihood is the mean square error: Rybkin et al., σ-VAE (2021), eq. 5."""
        self.log_variance.copy_(mean_square_error.clamp(min=1e-8).log())
