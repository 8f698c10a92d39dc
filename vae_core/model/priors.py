"""Densities over latent space: the standard normal, and others that know the data.

Three names are kept apart. `standard` is N(0, I), whatever the model. `fitted` is a mixture that was fitted to the
encodings of a finished model, whose training had assumed N(0, I). `learned` is a model's own prior that was trained
along with it, a mixture or a flow, and that all of its figures are under; such a model has no fitted one.

Wherever the KL says that encodings lie as N(0, I) does, they do so on average only: between their clusters the standard
normal has mass where the decoder has seen nothing. The aggregate posterior, q(z) averaged over the data, is the prior
that makes the ELBO largest (Hoffman & Johnson, "ELBO surgery", 2016; Tomczak & Welling, "VAE with a VampPrior", 2018).
"""

from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_core.config import ModelConfig
from vae_core.model.flow import RealNVP
from vae_core.model.posteriors import LOG_TWO_PI, standard_normal, standard_normal_log_prob


class Prior(Protocol):
    """p(z) over D latent dimensions."""

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats: (…, D) → (…)."""

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Independent draws, (count, D)."""


@dataclass(frozen=True)
class StandardNormal:
    """N(0, I)."""

    latent_dim: int

    def log_prob(self, z: Tensor) -> Tensor:
        """log N(z; 0, I) in nats: (…, D) → (…)."""
        return standard_normal_log_prob(z)

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Independent draws, (count, D)."""
        return standard_normal((count, self.latent_dim), torch.empty(0), generator)


@dataclass(frozen=True)
class GaussianMixture:
    """Σ_k w_k N(m_k, L_k L_kᵀ): log weights (K,), means (K, D), lower-triangular Cholesky factors (K, D, D)."""

    log_weights: Tensor
    means: Tensor
    cholesky: Tensor

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats: (…, D) → (…)."""
        flat = z.reshape(-1, z.shape[-1])
        # One component at a time: (K, N, D) at once is much memory for many z.
        terms = [self._weighted_log_prob(flat, component) for component in range(len(self.log_weights))]
        return torch.stack(terms).logsumexp(0).reshape(z.shape[:-1])

    def _weighted_log_prob(self, z: Tensor, component: int) -> Tensor:
        factor = self.cholesky[component].to(z)
        offsets = (z - self.means[component].to(z)).T
        standardised = torch.linalg.solve_triangular(factor, offsets, upper=False).T
        log_determinant = factor.diagonal().log().sum()
        return self.log_weights[component].to(z) + standard_normal_log_prob(standardised) - log_determinant

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Independent draws, (count, D)."""
        chosen = torch.multinomial(self.log_weights.exp(), count, replacement=True, generator=generator)
        noise = standard_normal((count, self.means.shape[-1]), self.means, generator)
        return self.means[chosen] + (self.cholesky[chosen] @ noise.unsqueeze(-1)).squeeze(-1)


class LearnedMixture(nn.Module):
    """Σ_k w_k N(m_k, diag(s_k²)), to be trained along with a model: logits of w (K,), means and log s (K, D).

    A mixture, where Tomczak & Welling's VampPrior (2018) is the mixture of the posteriors of K learned images: that
    has K more images to encode in every step, and draws as this does.
    """

    def __init__(self, components: int, dimension: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(components))
        # Apart from each other, since components that are alike have the same gradient and stay alike.
        self.means = nn.Parameter(torch.randn(components, dimension))
        self.log_scales = nn.Parameter(torch.zeros(components, dimension))

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats: (…, D) → (…)."""
        # Multiplied out to one matrix product: with offsets (…, K, D) 500 components took ten times as long. That takes
        # near from near, hence the double precision where there is one.
        exact = torch.float32 if z.device.type == "mps" else torch.float64
        wide, means, log_scales = z.to(exact), self.means.to(exact), self.log_scales.to(exact)
        precisions = torch.exp(-2 * log_scales)  # (K, D)
        slopes = means * precisions
        constants = self.logits.to(exact).log_softmax(0) - z.shape[-1] * LOG_TWO_PI / 2
        constants = constants - (log_scales + means * slopes / 2).sum(-1)  # (K,)
        powers, factors = torch.cat([wide, wide.square()], -1), torch.cat([slopes, -precisions / 2], -1)
        return F.linear(powers, factors, constants).logsumexp(-1).to(z)

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Independent draws, (count, D)."""
        return self.as_mixture().sample(count, generator)

    def as_mixture(self) -> GaussianMixture:
        """The same density, apart from the model that it was trained with."""
        logits, means, log_scales = (tensor.detach().cpu() for tensor in (self.logits, self.means, self.log_scales))
        return GaussianMixture(logits.log_softmax(0), means, torch.diag_embed(log_scales.exp()))


LearnedPrior = LearnedMixture | RealNVP


def learned_prior(config: ModelConfig) -> LearnedPrior | None:
    """The prior that is trained along with a model of these settings; None where that is N(0, I)."""
    if config.prior == "standard":
        return None
    if config.prior == "mixture":
        return LearnedMixture(config.components, config.latent_dim)
    return RealNVP(config.latent_dim, config.couplings, config.coupling_units)
