"""RealNVP: a density that is learned, as a map that can be walked both ways between N(0, I) and the data.

Dinh, Sohl-Dickstein & Bengio, "Density estimation using Real NVP" (2017), section 3: affine coupling layers (3.2), the
alternating split of the coordinates (3.4, 3.5), and log p(z) = log N(u; 0, I) + log |det ∂u/∂z| (2.1, eq. 3).

The state's layout. Layer i of `couplings`, 0 being the first after the base, keeps the coordinates d with
d mod 2 = i mod 2 (K of them) and moves the others (M = D − K), each kind in rising order. Its tensors, each weight
(outputs, inputs) as `torch.nn.Linear` holds it, H hidden units:

    couplings.<i>.first.weight   (H, K)     couplings.<i>.first.bias   (H,)
    couplings.<i>.second.weight  (H, H)     couplings.<i>.second.bias  (H,)
    couplings.<i>.last.weight    (2M, H)    couplings.<i>.last.bias    (2M,)

One layer is
    out = last(tanh(second(tanh(first(kept)))))
    log_scale = 2 tanh(out[:M] / 2)
    moved ← moved · exp(log_scale) + out[M:]     base → data
    moved ← (moved − out[M:]) · exp(−log_scale)  data → base, the layers in reverse order
Its networks are bounded, so that far from all data the map is affine, and the density falls as a Gaussian's does.
"""

from typing import cast

import torch
from torch import Tensor, nn

from vae_core.model.posteriors import standard_normal, standard_normal_log_prob

COUPLINGS = 8
HIDDEN_UNITS = 64
GREATEST_LOG_SCALE = 2.0  # of one layer: no step of training may make a density that overflows


class Coupling(nn.Module):
    """One affine coupling layer over D ≥ 2 coordinates: those it keeps say how the others are scaled and shifted."""

    kept: Tensor
    moved: Tensor

    def __init__(self, dimension: int, parity: int, hidden_units: int) -> None:
        super().__init__()
        self.register_buffer("kept", torch.arange(parity, dimension, 2), persistent=False)
        self.register_buffer("moved", torch.arange(1 - parity, dimension, 2), persistent=False)
        self.first = nn.Linear(len(self.kept), hidden_units)
        self.second = nn.Linear(hidden_units, hidden_units)
        self.last = nn.Linear(hidden_units, 2 * len(self.moved))
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def scale_and_shift(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """What the kept coordinates of z (…, D) ask for: log scale and shift of the moved ones, (…, M) each."""
        kept = z[..., self.kept].to(self.first.weight.dtype)
        hidden = torch.tanh(self.second(torch.tanh(self.first(kept))))
        raw, shift = self.last(hidden).to(z.dtype).chunk(2, dim=-1)
        return GREATEST_LOG_SCALE * torch.tanh(raw / GREATEST_LOG_SCALE), shift

    def forward(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """Towards the data: u (…, D) → z (…, D) and log |det ∂z/∂u| (…)."""
        log_scale, shift = self.scale_and_shift(u)
        return u.index_copy(-1, self.moved, u[..., self.moved] * log_scale.exp() + shift), log_scale.sum(-1)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Towards the base: z (…, D) → u (…, D) and log |det ∂u/∂z| (…)."""
        log_scale, shift = self.scale_and_shift(z)
        return z.index_copy(-1, self.moved, (z[..., self.moved] - shift) * (-log_scale).exp()), -log_scale.sum(-1)


class RealNVP(nn.Module):
    """p(z) over D ≥ 2 dimensions: N(0, I) carried through coupling layers that are the identity before training."""

    def __init__(self, dimension: int, couplings: int = COUPLINGS, hidden_units: int = HIDDEN_UNITS) -> None:
        """Raises ValueError for fewer than two dimensions, of which none could say how another is moved."""
        super().__init__()
        if dimension < 2:
            raise ValueError(f"a coupling layer needs at least 2 dimensions (got {dimension})")
        self.dimension = dimension
        layers = [Coupling(dimension, number % 2, hidden_units) for number in range(couplings)]
        self.couplings = nn.ModuleList(layers)

    def forward(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """Base → data: u (…, D) → z (…, D) and log |det ∂z/∂u| (…), in nats."""
        log_determinant = torch.zeros_like(u[..., 0])
        with torch.autocast(u.device.type, enabled=False):  # bfloat16 would make the way back another one
            for layer in self.couplings:
                u, change = layer(u)
                log_determinant = log_determinant + change
        return u, log_determinant

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Data → base: z (…, D) → u (…, D) and log |det ∂u/∂z| (…), in nats."""
        log_determinant = torch.zeros_like(z[..., 0])
        with torch.autocast(z.device.type, enabled=False):
            for layer in reversed(self.couplings):
                z, change = cast(Coupling, layer).inverse(z)
                log_determinant = log_determinant + change
        return z, log_determinant

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats: (…, D) → (…)."""
        u, log_determinant = self.inverse(z)
        return standard_normal_log_prob(u) + log_determinant

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Independent draws, (count, D), on the flow's device, of noise drawn on the generator's."""
        noise = standard_normal((count, self.dimension), next(self.parameters()), generator)
        return self.forward(noise)[0]
