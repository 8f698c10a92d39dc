"""The shortest way between latents as the decoder sees it: a chain of points of least energy in image space.

Arvanitidis et al., "Latent Space Oddity" (2018); Shao et al., "The Riemannian Geometry of Deep Generative
Models" (2018). The latter's discrete energy of a chain is Σ_i ‖g(z_{i+1}) − g(z_i)‖², g being the decoder.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from vae_core.interpolation.measures import PIECES, Decode
from vae_core.interpolation.paths import Floats, Mode, Path, checked_stops, line, line_path, polyline, slerp_path
from vae_core.model.vae import VAE
from vae_core.progress import Progress, ProgressListener, silent

MOST_EVALUATIONS = 200
HISTORY = 10
TOLERANCE = 1e-5  # of the line's energy; 1e-7 took half as long again and shortened no path by another 0.2%
ROUNDING = 1e-6  # an improvement by less than this share is none: measured again, it might be a loss


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
    """Leaves the optimiser since a step led to where the decoder has no value."""


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
    `should_stop` says so, the best chain so far is returned. Weights collect no gradients, modes stay as they are.

    Raises:
        UserError: there are not 2 to 6 finite stops.
    """
    checked = checked_stops(stops)
    segments = len(checked) - 1
    weight = next(model.parameters())
    chain = line(checked, np.arange(segments * pieces + 1) / pieces)
    straight = torch.as_tensor(chain, device=weight.device, dtype=weight.dtype)
    end = straight[-1:]
    base = straight[:-1].unflatten(0, (segments, pieces))
    smoothing = _smoothing(pieces).to(base)

    def squared_steps(points: Tensor) -> Tensor:
        images = model.decode(torch.cat([points.flatten(0, 1), end])).flatten(1)
        return images.diff(dim=0).square().sum(1).unflatten(0, (segments, pieces))

    with torch.no_grad():
        squared = squared_steps(base)
        line_energies, line_lengths = squared.sum(1), squared.sqrt().sum(1)
    best = _Best(base, line_energies, line_lengths)
    line_energy = line_energies.sum().item()
    offsets = base.new_zeros(segments, pieces - 1, base.shape[2]).requires_grad_()
    evaluations = count(1)

    def relative_energy() -> Tensor:
        if should_stop():
            raise _CancelledError
        points = base + F.pad(smoothing @ offsets, (0, 0, 1, 0))  # the stops stay where they are
        squared = squared_steps(points)
        energies = squared.sum(1)
        loss = energies.sum() / line_energy
        if not loss.isfinite():
            raise _OverflowError
        (offsets.grad,) = torch.autograd.grad(loss, offsets)
        best.improve(points.detach(), energies.detach(), squared.detach().sqrt().sum(1), line_lengths)
        progress(Progress("geodesic", min(next(evaluations), MOST_EVALUATIONS), MOST_EVALUATIONS))
        return loss

    cancelled = False
    if line_energy > 0:
        try:
            with suppress(_OverflowError):  # the best until then stays
                _minimiser(offsets).step(relative_energy)
        except _CancelledError:
            cancelled = True
    progress(Progress("geodesic", MOST_EVALUATIONS, MOST_EVALUATIONS))
    chain[:-1] = best.points.flatten(0, 1).cpu().numpy()
    chain[::pieces] = checked  # in the stops' own precision
    return Geodesic(
        chain,
        pieces,
        best.lengths.sum().item(),
        line_lengths.sum().item(),
        best.energies.sum().item(),
        line_energy,
        cancelled,
    )


def _minimiser(offsets: Tensor) -> torch.optim.LBFGS:
    return torch.optim.LBFGS(
        [offsets],
        max_iter=MOST_EVALUATIONS,
        max_eval=MOST_EVALUATIONS,
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
