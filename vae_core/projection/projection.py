"""Latents on a plane, with the way there and back."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn

from vae_core.errors import UserError
from vae_core.progress import Progress, ProgressListener, silent
from vae_core.projection.inverse import (
    LatentToPlane,
    LinearLatentToPlane,
    LinearPlaneToLatent,
    PlaneToLatent,
    local_linear_weights,
)
from vae_core.projection.linear import LinearMap, principal_components, raw_axes
from vae_core.projection.neighbours import nearest_neighbours, neighbours_without_self
from vae_core.projection.umap_settings import FEWEST_IMAGES, UmapSettings
from vae_core.workload import PLANE_NEIGHBOURS

Method = Literal["umap", "pca", "axes"]
FAST, REFERENCE = "vae_core.projection.fast_umap", "vae_core.projection.reference_umap"
START_SIDE = 10.0
START_NOISE = 1e-4
POINTS_AT_ONCE = 10_000  # their neighbours' latents take 40 MB at 16 dimensions


@dataclass(frozen=True)
class Projection:
    """Positions (N, 2) of latents (N, D). `linear` is None for umap, `axes` for all but the method axes.

    `settings` are those that UMAP was given, with the neighbours it took.

    `plane_latents` (N, D) are what the way back is fitted to, where `refine` has found better than the latents.
    """

    method: Method
    latents: Tensor
    positions: Tensor
    linear: LinearMap | None
    axes: tuple[int, ...] | None
    plane_latents: Tensor | None = None
    settings: UmapSettings | None = None

    @property
    def _fitted(self) -> Tensor:
        return self.latents if self.plane_latents is None else self.plane_latents

    def plane_to_latent(self) -> nn.Module:
        """A module: position (M, 2) → latent (M, D), and distance (M,) to the 16th-nearest point or 0."""
        return LinearPlaneToLatent(self.linear) if self.linear else PlaneToLatent(self.positions, self._fitted)

    def latent_to_plane(self) -> nn.Module:
        """A module: latent (M, D) → position (M, 2)."""
        return LinearLatentToPlane(self.linear) if self.linear else LatentToPlane(self.positions, self.latents)

    def latents_from_others(self) -> Tensor:
        """What the plane says of each point's latent, (N, D), when the point itself is left out of the fit.

        It is not left out of what `refine` learned: of points held out of that as well, the error is 1 % larger.
        """
        if self.linear:
            return self.linear.to_latent(self.positions)
        if len(self.positions) < 2:
            return self.latents.clone()
        count = min(PLANE_NEIGHBOURS + 1, len(self.positions))
        indices, _ = nearest_neighbours(self.positions, count)
        others = indices.gather(1, neighbours_without_self(indices))
        latents = []
        for near, own in zip(others.split(POINTS_AT_ONCE), self.positions.split(POINTS_AT_ONCE), strict=True):
            x, y = (self.positions[near] - own[:, None]).unbind(-1)
            latents.append((local_linear_weights(x, y)[:, None] @ self._fitted[near]).squeeze(1))
        return torch.cat(latents)


def project(
    latents: Tensor,
    method: Method = "umap",
    *,
    settings: UmapSettings | None = None,
    labels: Tensor | None = None,
    axes: tuple[int, ...] | None = None,
    seed: int = 0,
    progress: ProgressListener = silent,
) -> Projection:
    """Lay latents (N, D) out on a plane.

    `settings` are UMAP's; labels (N,) are asked for by their target "class" alone. `axes` chooses the two dimensions
    of the method axes (the first two unless given; a one-dimensional latent space has the one, and its points lie on
    a line). `seed` matters to umap alone: the same gives the same map. What `progress` raises ends the work there.

    Raises:
        UserError: there are no latents, one is not finite, or method, settings, labels or axes do not fit them.
    """
    if method not in get_args(Method):
        raise UserError(f"there is no map method {method!r}: choose one of {', '.join(get_args(Method))}.")
    if axes is not None and method != "axes":
        raise UserError(f"axes belong to the method axes, not to {method}: leave them out.")
    if settings is not None and method != "umap":
        raise UserError(f"neighbours, distances and target belong to the method umap, not to {method}: leave them out.")
    if latents.ndim != 2 or not latents.numel():
        raise UserError(f"latents must be shaped (points, dimensions), with at least one, not {tuple(latents.shape)}.")
    latents = latents.detach().float().cpu()
    broken = ~torch.isfinite(latents).all(dim=1)
    if broken.any():
        raise UserError(f"the latent of point {int(broken.nonzero()[0])} is not finite: the model is damaged.")
    if method == "umap":
        settings = _fitting(settings or UmapSettings(), latents, labels)
        positions = _umap_positions(latents, settings, labels, seed, progress)
        return Projection(method, latents, positions, linear=None, axes=None, settings=settings)
    if method == "pca":
        linear = principal_components(latents)
    else:
        axes = tuple(range(min(2, latents.shape[1]))) if axes is None else tuple(axes)
        linear = raw_axes(latents, axes)
    return Projection(method, latents, linear.to_plane(latents), linear, axes)


def _fitting(settings: UmapSettings, latents: Tensor, labels: Tensor | None) -> UmapSettings:
    """The settings for these latents (N, D), unless UMAP can draw no map of them."""
    count, dimensions = latents.shape
    if count < FEWEST_IMAGES:
        raise UserError(
            f"UMAP needs at least {FEWEST_IMAGES} images, not {count}: choose the method pca or axes instead."
        )
    if settings.metric == "correlation" and dimensions < 3:
        raise UserError(
            f"the metric correlation needs at least 3 latent dimensions, the model has {dimensions}: choose another."
        )
    if settings.metric == "cosine" and dimensions < 2:
        raise UserError("the metric cosine needs at least 2 latent dimensions, the model has 1: choose another.")
    if settings.target is not None and (labels is None or len(labels.unique()) < 2):
        raise UserError("the target class needs images of at least two classes: leave it out.")
    return settings.fitted_to(count)


def _umap_positions(
    latents: Tensor, settings: UmapSettings, labels: Tensor | None, seed: int, progress: ProgressListener
) -> Tensor:
    """Positions (N, 2) by the engine for these settings, which is loaded while the neighbours are found."""
    with ThreadPoolExecutor(1) as aside:
        loading = aside.submit(import_module, REFERENCE if settings.needs_reference else FAST)
        neighbours = nearest_neighbours(latents, settings.neighbours, settings.metric, progress=progress)
        if not loading.done():
            progress(Progress("Loading UMAP", 0, 1))
            loading.result()
            progress(Progress("Loading UMAP", 1, 1))
    engine, start = loading.result(), _start(latents, seed)
    if settings.needs_reference:
        target = labels if settings.target else None
        return engine.lay_out(start, neighbours, settings, labels=target, seed=seed, progress=progress)
    return engine.lay_out(start, neighbours, settings, seed=seed, progress=progress)


def _start(latents: Tensor, seed: int) -> Tensor:
    """The first two principal components (N, 2), scaled to a square, with noise that parts duplicates."""
    positions = principal_components(latents).to_plane(latents)
    low, high = positions.amin(0), positions.amax(0)
    square = START_SIDE * (positions - low) / (high - low).clamp_min(torch.finfo(torch.float32).tiny)
    noise = np.random.default_rng(seed).normal(scale=START_NOISE, size=square.shape)
    return torch.from_numpy((square.numpy() + noise).astype(np.float32))
