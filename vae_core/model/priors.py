"""Densities over latent space: the standard normal that training assumes, and a mixture that knows the data.

Wherever the KL says that encodings lie as N(0, I) does, they do so on average only: between their clusters the standard
normal has mass where the decoder has seen nothing. The aggregate posterior, q(z) averaged over the data, is the prior
that makes the ELBO largest (Hoffman & Johnson, "ELBO surgery", 2016; Tomczak & Welling, "VAE with a VampPrior", 2018).
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from vae_core.model.posteriors import standard_normal, standard_normal_log_prob


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
