"""The way down from the straight line between latents: a chain of points whose energy in image space grows less.

The energy is Σ_i w_i ‖g(z_{i+1}) − g(z_i)‖², g being the decoder (Shao et al., "The Riemannian Geometry of Deep
Generative Models", 2018) and w_i what a step there counts, the mean of its two ends. The chain that has least of it
goes evenly by the length that w weighs, and is the shortest by it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vae_core.errors import UserError
from vae_core.interpolation.paths import Floats, Path, line, polyline
from vae_core.model.vae import VAE

HISTORY = 10
TOLERANCE = 1e-5  # of the line's energy; 1e-7 took half as long again and shortened no path by another 0.2%
SHORTEST_STEP = 1e-4  # of the optimiser's own; a search that overflows even so has found what it can
TINY = 1e-12  # of a squared change of the image, which is nothing to see
ROUNDING = 1e-6  # an improvement by less than this share is none: measured again, it might be a loss
NO_GEODESIC = (
    "The model's decoder has no finite image or slope on the straight line between these points, so that no shorter "
    "way can be found: bring the points closer to the data, or take the line or the great circle."
)

Weights = Callable[[Tensor], Tensor]
"""Latents (N, D) → what a step counts there, (N,)."""


@dataclass(frozen=True)
class Terms:
    """What the energy is made of besides the images, and how long a path may be.

    `latent_share` adds to each ‖Δg‖² that share of ‖Δz‖², in units that make both as large on the whole line: so the
    path is smooth too where the image does not change. No segment is longer in image space than `stretch` lines; it
    meets a wall, WALL · (excess in lines)² of the line's energy, from WALL_FROM of what is allowed beyond the line on.
    """

    weights: Weights = lambda latents: torch.ones_like(latents[:, 0])
    latent_share: float = 0.0
    stretch: float = 1.0


IN_PIXELS = Terms()
WALL, WALL_FROM = 200.0, 0.8


@dataclass(frozen=True)
class Geodesic:
    """A chain of `points` (S·pieces + 1, D) through S + 1 stops, and what it gains on the straight line.

    Lengths are Σ‖Δ‖ over the steps Δ between the images of successive points, pixels in [0, 1], and energies Σ w ‖Δ‖²;
    the line's are those of equally many points. `cancelled` says that the search was cut short.
    """

    points: Floats
    pieces: int
    length: float
    line_length: float
    energy: float
    line_energy: float
    cancelled: bool

    @property
    def path(self) -> Path:
        """The chain as a path, straight between its points."""
        return Path(self.points[:: self.pieces], lambda t: polyline(self.points, self.pieces, t))


class _CancelledError(Exception):
    """Leaves the optimiser since somebody wishes it."""


class _OverflowError(Exception):
    """Leaves the optimiser since a step led to where the decoder has no finite value or slope."""


@dataclass
class _Best:
    """The best points (S, pieces, D) of each segment so far, without its end, with energies and lengths (S,)."""

    points: Tensor
    energies: Tensor
    lengths: Tensor

    def improve(self, points: Tensor, energies: Tensor, lengths: Tensor, longest: Tensor) -> None:
        """Take over the segments that need less energy and are no longer than `longest` (S,)."""
        better = (energies < self.energies * (1 - ROUNDING)) & (lengths < longest * (1 - ROUNDING))
        self.points = torch.where(better[:, None, None], points, self.points)
        self.energies = torch.where(better, energies, self.energies)
        self.lengths = torch.where(better, lengths, self.lengths)


class Descent:
    """One search: from the straight chain, or from `start` (S·pieces + 1, D), to the best chain that it meets.

    No segment of what it finds ever has more energy than its straight line has, nor is it longer in image space than
    the terms allow: one that would be stays straight. The model's parameters collect no gradients. `on_evaluation` is
    told how often the chain has been measured before, and may end the search by answering True.
    """

    def __init__(
        self,
        model: VAE,
        stops: Floats,
        pieces: int,
        on_evaluation: Callable[[int], bool],
        *,
        terms: Terms = IN_PIXELS,
        start: Floats | None = None,
    ) -> None:
        """Raises UserError where the decoder has no finite image on the line."""
        segments, parameter = len(stops) - 1, next(model.parameters())
        self._stops, self._pieces = stops, pieces
        self._model, self._terms, self._on_evaluation = model, terms, on_evaluation
        self._chain = line(stops, np.arange(segments * pieces + 1) / pieces)
        straight = torch.as_tensor(self._chain, device=parameter.device, dtype=parameter.dtype)
        self._end = straight[-1:]
        self._base = straight[:-1].unflatten(0, (segments, pieces))
        self._smoothing = _smoothing(pieces).to(self._base)
        self._latent_scale = self._wall = 0.0
        self._wall_at = straight.new_zeros(segments)
        energies, self._line_lengths = self._of_the_line()
        self._best = _Best(self._base, energies, self._line_lengths)
        self._line_energy = energies.sum().item()
        if not math.isfinite(self._line_energy):
            raise UserError(NO_GEODESIC)
        self._offsets = self._begun(start).requires_grad_()
        self._lowest, self._reached = math.inf, self._offsets.detach().clone()
        self._evaluated = 0

    @torch.no_grad()
    def _of_the_line(self) -> tuple[Tensor, Tensor]:
        """Its energies and image lengths (S,), by which the terms find their units."""
        _, lengths = self._measured(self._base)
        length, way = lengths.sum().item(), torch.cat([self._base.flatten(0, 1), self._end]).diff(dim=0)
        latent_length = way.norm(dim=1).sum().item()
        if latent_length > 0:
            self._latent_scale = self._terms.latent_share * (length / latent_length) ** 2
        energies, _ = self._measured(self._base)
        if length > 0 and self._terms.stretch > 1:
            self._wall = WALL * energies.sum().item() / length**2
            self._wall_at = lengths * (1 + WALL_FROM * (self._terms.stretch - 1))
        self._longest = lengths * self._terms.stretch
        return energies, lengths

    @torch.no_grad()
    def _begun(self, start: Floats | None) -> Tensor:
        """Coordinates (S, pieces − 1, D) of the chain that is begun with."""
        if start is None:
            return torch.zeros_like(self._base[:, 1:])
        points = torch.as_tensor(start[:-1]).to(self._base).unflatten(0, self._base.shape[:2])
        self._best.improve(points, *self._measured(points), self._longest)
        return torch.linalg.solve(self._smoothing, (points - self._base)[:, 1:])

    @torch.enable_grad()
    def run(self, evaluations: int) -> Geodesic:
        """Minimise the energy by so many evaluations at most, with ever smaller steps where one overflows.

        Raises UserError where the decoder has no finite slope where the search begins.
        """
        step = 1.0
        while self._line_energy > 0 and step > SHORTEST_STEP and self._evaluated < evaluations:
            try:
                _minimiser(self._offsets, step, evaluations - self._evaluated).step(self._relative_energy)
            except _OverflowError:
                if self._lowest == math.inf:
                    raise UserError(NO_GEODESIC) from None
                with torch.no_grad():
                    self._offsets.copy_(self._reached)
                step /= 4
            except _CancelledError:
                return self._found(cancelled=True)
            else:
                break
        return self._found(cancelled=False)

    def _found(self, *, cancelled: bool) -> Geodesic:
        best, chain = self._best, self._chain
        chain[:-1] = best.points.flatten(0, 1).cpu().numpy()
        chain[:: self._pieces] = self._stops  # in the stops' own precision
        return Geodesic(
            chain,
            self._pieces,
            best.lengths.sum().item(),
            self._line_lengths.sum().item(),
            best.energies.sum().item(),
            self._line_energy,
            cancelled,
        )

    def _relative_energy(self) -> Tensor:
        """The energy of the chain that the offsets make, in units of the line's, with its slope."""
        if self._on_evaluation(self._evaluated):
            raise _CancelledError
        self._evaluated += 1
        points = self._base + F.pad(self._smoothing @ self._offsets, (0, 0, 1, 0))  # the stops stay where they are
        energies, lengths = self._measured(points)
        loss = energies.sum() / self._line_energy
        (slope,) = torch.autograd.grad(loss, self._offsets)
        if not (loss.isfinite() and slope.isfinite().all()):
            raise _OverflowError
        if loss.item() < self._lowest:
            self._lowest = loss.item()
            self._reached.copy_(self._offsets.detach())
        self._offsets.grad = slope
        self._best.improve(points.detach(), energies.detach(), lengths, self._longest)
        return loss

    def _measured(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Energies and image lengths (S,) of the segments of a chain without its end, (S, pieces, D)."""
        latents = torch.cat([points.flatten(0, 1), self._end])
        squared = self._model.decode(latents).flatten(1).diff(dim=0).square().sum(1)
        weights = self._terms.weights(latents)
        steps = squared + self._latent_scale * latents.diff(dim=0).square().sum(1)
        energies = 0.5 * (weights[1:] + weights[:-1]) * steps
        lengths = (squared + TINY).sqrt().unflatten(0, points.shape[:2]).sum(1)  # with a slope where nothing changes
        excess = (lengths - self._wall_at).clamp(min=0)
        return energies.unflatten(0, points.shape[:2]).sum(1) + self._wall * excess.square(), lengths.detach()


def _minimiser(offsets: Tensor, step: float, evaluations: int) -> torch.optim.LBFGS:
    return torch.optim.LBFGS(
        [offsets],
        lr=step,
        max_iter=evaluations,
        max_eval=evaluations,
        history_size=HISTORY,
        line_search_fn="strong_wolfe",
        tolerance_grad=0,
        tolerance_change=TOLERANCE,
    )


def _smoothing(pieces: int) -> Tensor:
    """C (P − 1, P − 1) with C Cᵀ = L⁻¹, L being the second differences of a chain between fixed ends.

    Under a constant metric G the energy's Hessian is 2 L ⊗ G, so that in coordinates y, with offsets C y, bends of
    every wavelength straighten alike. On the shipped models ten steps in y gain more than sixty without.
    """
    inner = pieces - 1
    beside = torch.ones(inner - 1, dtype=torch.float64)
    second_differences = 2 * torch.eye(inner, dtype=torch.float64) - beside.diag(1) - beside.diag(-1)
    return torch.linalg.inv(torch.linalg.cholesky(second_differences)).mT
