"""The shortest way between latents as the decoder sees it: a chain of points of least energy in image space.

Arvanitidis et al., "Latent Space Oddity" (2018); Shao et al., "The Riemannian Geometry of Deep Generative
Models" (2018). The latter's discrete energy of a chain is Σ_i ‖g(z_{i+1}) − g(z_i)‖², g being the decoder.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from vae_core.errors import UserError
from vae_core.interpolation.frames import PIECES, Decode
from vae_core.interpolation.paths import Floats, Mode, Path, checked_stops, line, line_path, polyline, slerp_path
from vae_core.model.vae import VAE
from vae_core.progress import Progress, ProgressListener, silent

MOST_EVALUATIONS = 200
HISTORY = 10
TOLERANCE = 1e-5  # of the line's energy; 1e-7 took half as long again and shortened no path by another 0.2%
SHORTEST_STEP = 1e-4  # of the optimiser's own; a search that overflows even so has found what it can
ROUNDING = 1e-6  # an improvement by less than this share is none: measured again, it might be a loss
NO_GEODESIC = (
    "The model's decoder has no finite image or slope on the straight line between these points, so that no shorter "
    "way can be found: bring the points closer to the data, or take the line or the great circle."
)


@dataclass(frozen=True)
class Geodesic:
    """A chain of `points` (S·pieces + 1, D) through S + 1 stops, and what it gains on the straight line.

    Lengths and energies are Σ‖Δ‖ and Σ‖Δ‖² over the steps Δ between the images of successive points, pixels in
    [0, 1]; the line's are those of equally many points. `cancelled` says that the search was cut short.
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


@torch.enable_grad()
def geodesic(
    model: VAE,
    stops: ArrayLike,
    *,
    pieces: int = PIECES,
    progress: ProgressListener = silent,
    should_stop: Callable[[], bool] = lambda: False,
) -> Geodesic:
    """The decoder geodesic through stops (K, D), `pieces` ≥ 2 steps a segment, found by descent from the line.

    No segment is ever longer in image space than its straight line: one that would be stays straight. When
    `should_stop` says so, the best chain so far is returned. A step to where the decoder has no finite value or slope
    is taken back, and smaller ones follow. Weights collect no gradients, modes stay as they are.

    Raises:
        UserError: there are not 2 to 6 finite stops, or the decoder has no finite value or slope on the line itself.
    """
    checked = checked_stops(stops)
    search = _Search(model, checked, pieces, progress, should_stop)
    cancelled = search.descend()
    progress(Progress("geodesic", MOST_EVALUATIONS, MOST_EVALUATIONS))
    best, chain = search.best, search.chain
    chain[:-1] = best.points.flatten(0, 1).cpu().numpy()
    chain[::pieces] = checked  # in the stops' own precision
    return Geodesic(
        chain,
        pieces,
        best.lengths.sum().item(),
        search.line_lengths.sum().item(),
        best.energies.sum().item(),
        search.line_energy,
        cancelled,
    )


class _Search:
    """The way down from the straight chain: what chains around it cost, and the best one so far."""

    def __init__(
        self,
        model: VAE,
        stops: Floats,
        pieces: int,
        progress: ProgressListener,
        should_stop: Callable[[], bool],
    ) -> None:
        """Raises UserError where the decoder has no finite image on the line."""
        segments, weight = len(stops) - 1, next(model.parameters())
        self.chain = line(stops, np.arange(segments * pieces + 1) / pieces)
        straight = torch.as_tensor(self.chain, device=weight.device, dtype=weight.dtype)
        self._model, self._progress, self._should_stop = model, progress, should_stop
        self._end = straight[-1:]
        self._base = straight[:-1].unflatten(0, (segments, pieces))
        self._smoothing = _smoothing(pieces).to(self._base.dtype).to(self._base.device)
        with torch.no_grad():
            squared = self._squared_steps(self._base)
            energies, self.line_lengths = squared.sum(1), squared.sqrt().sum(1)
        self.best = _Best(self._base, energies, self.line_lengths)
        self.line_energy = energies.sum().item()
        if not math.isfinite(self.line_energy):
            raise UserError(NO_GEODESIC)
        self._offsets = self._base.new_zeros(segments, pieces - 1, self._base.shape[2]).requires_grad_()
        self._lowest, self._reached = math.inf, self._offsets.detach().clone()
        self._evaluations = 0

    def descend(self) -> bool:
        """Minimise the energy, with ever smaller steps where one overflows; whether `should_stop` cut that short.

        Raises UserError where the decoder has no finite slope on the line.
        """
        step = 1.0
        while self.line_energy > 0 and step > SHORTEST_STEP and self._evaluations < MOST_EVALUATIONS:
            try:
                _minimiser(self._offsets, step, MOST_EVALUATIONS - self._evaluations).step(self._relative_energy)
            except _OverflowError:
                if self._lowest == math.inf:
                    raise UserError(NO_GEODESIC) from None
                with torch.no_grad():
                    self._offsets.copy_(self._reached)
                step /= 4
            except _CancelledError:
                return True
            else:
                break
        return False

    def _relative_energy(self) -> Tensor:
        """The energy of the chain that the offsets make, in units of the line's, with its slope."""
        if self._should_stop():
            raise _CancelledError
        self._evaluations += 1
        self._progress(Progress("geodesic", min(self._evaluations, MOST_EVALUATIONS), MOST_EVALUATIONS))
        points = self._base + F.pad(self._smoothing @ self._offsets, (0, 0, 1, 0))  # the stops stay where they are
        squared = self._squared_steps(points)
        energies = squared.sum(1)
        loss = energies.sum() / self.line_energy
        (slope,) = torch.autograd.grad(loss, self._offsets)
        if not (loss.isfinite() and slope.isfinite().all()):
            raise _OverflowError
        if loss.item() < self._lowest:
            self._lowest = loss.item()
            self._reached.copy_(self._offsets.detach())
        self._offsets.grad = slope
        self.best.improve(points.detach(), energies.detach(), squared.detach().sqrt().sum(1), self.line_lengths)
        return loss

    def _squared_steps(self, points: Tensor) -> Tensor:
        """‖g(z_{i+1}) − g(z_i)‖² of the chain's points (S, pieces, D), in the same order: (S, pieces)."""
        images = self._model.decode(torch.cat([points.flatten(0, 1), self._end])).flatten(1)
        return images.diff(dim=0).square().sum(1).unflatten(0, points.shape[:2])


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


def decoder(model: VAE) -> Decode:
    """The model's decoder on arrays: latents (N, D) → images (N, C, H, W) in [0, 1]."""
    weight = next(model.parameters())

    def decode(latents: NDArray[Any]) -> NDArray[Any]:
        with torch.no_grad():
            return model.decode(torch.as_tensor(latents, device=weight.device, dtype=weight.dtype)).cpu().numpy()

    return decode


def path_through(
    model: VAE,
    stops: ArrayLike,
    mode: Mode,
    *,
    progress: ProgressListener = silent,
    should_stop: Callable[[], bool] = lambda: False,
) -> Path:
    """The path of the given mode through stops (K, D); only a geodesic asks the model and takes a while.

    Raises:
        UserError: there are not 2 to 6 finite stops.
    """
    if mode == "geodesic":
        return geodesic(model, stops, progress=progress, should_stop=should_stop).path
    return line_path(stops) if mode == "line" else slerp_path(stops)
