"""Points in the plane whose density is known: lesson 7's data, each a curve (or a few places) with noise about it."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.lessons.orders import Shape

FINE = 4000  # points of the curve in the density's sum
AT_ONCE = 2000


@dataclass(frozen=True)
class Plane:
    """p(x) = ∫₀¹ N(x; c(t), s²I) dt: a curve c that is walked evenly in t, and noise of standard deviation s."""

    curve: Callable[[Tensor], Tensor]  # (N,) in [0, 1] → (N, 2)
    noise: float

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Independent draws, (count, 2)."""
        along = torch.rand(count, generator=generator)
        return self.curve(along) + self.noise * torch.randn(count, 2, generator=generator)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (N, 2) → (N,), by the middles of `FINE` equal parts of the curve."""
        middles = self.curve((torch.arange(FINE, dtype=torch.float64) + 0.5) / FINE)
        parts = [self._log_prob(part.double(), middles) for part in x.split(AT_ONCE)]
        return torch.cat(parts)

    def _log_prob(self, x: Tensor, middles: Tensor) -> Tensor:
        squares = torch.cdist(x, middles, compute_mode="donot_use_mm_for_euclid_dist").square()
        constant = math.log(2 * math.pi * self.noise**2) + math.log(FINE)
        return torch.logsumexp(-squares / (2 * self.noise**2), 1) - constant


def _circle(angle: Tensor, radius: Tensor | float = 1.0) -> Tensor:
    return torch.stack([radius * angle.cos(), radius * angle.sin()], -1)


def _two_moons(along: Tensor) -> Tensor:
    """The upper half circle, then the lower one, moved to where it holds the first one's end."""
    second = (along >= 0.5)[:, None]
    upper = _circle(2 * math.pi * along)
    middle = torch.tensor([1.0, 0.5], dtype=along.dtype)
    lower = middle - _circle(2 * math.pi * (along - 0.5))
    return 1.5 * (torch.where(second, lower, upper) - middle / 2)


def _spiral(along: Tensor) -> Tensor:
    """One and a half turns of Archimedes, walked as fast everywhere as the root makes it."""
    turned = along.sqrt()
    return _circle(3 * math.pi * turned, 0.3 + 2 * turned)


def _ring(along: Tensor) -> Tensor:
    return _circle(2 * math.pi * along, 1.6)


def _eight_places(along: Tensor) -> Tensor:
    return _circle(math.pi / 4 * (8 * along).floor(), 1.8)


PLANES: dict[Shape, Plane] = {
    "two moons": Plane(_two_moons, 0.12),
    "spiral": Plane(_spiral, 0.1),
    "ring": Plane(_ring, 0.12),
    "eight Gaussians": Plane(_eight_places, 0.2),
}
