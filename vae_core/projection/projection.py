"""Latents on a plane, with the way there and back."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from sklearn.manifold import trustworthiness
from torch import Tensor, nn

from vae_core.errors import UserError
from vae_core.progress import ProgressListener, silent
from vae_core.projection.inverse import (
    PLANE_NEIGHBOURS,
    LatentToPlane,
    LinearLatentToPlane,
    LinearPlaneToLatent,
    PlaneToLatent,
    local_linear_weights,
)
from vae_core.projection.linear import LinearMap, principal_components, raw_axes
from vae_core.projection.neighbours import nearest_neighbours, neighbours_without_self
from vae_core.projection.umap import umap_positions

Method = Literal["umap", "pca", "axes"]
TRUSTWORTHINESS_SAMPLE = 2000  # scikit-learn sorts a full distance matrix: 2,000 points take 100 MB
TRUSTWORTHINESS_NEIGHBOURS = 10
POINTS_AT_ONCE = 10_000  # their neighbours' latents take 40 MB at 16 dimensions


@dataclass(frozen=True)
class Projection:
    """Positions (N, 2) of latents (N, D). `linear` is None for umap, `axes` for all but the method axes.

    `plane_latents` (N, D) are what the way back is fitted to, where `refine` has found better than the latents.
    """

    method: Method
    latents: Tensor
    positions: Tensor
    linear: LinearMap | None
    axes: tuple[int, ...] | None
    plane_latents: Tensor | None = None

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

    def trustworthiness(self, *, seed: int = 0) -> float:
        """How far neighbours on the map are neighbours in latent space, 0 to 1, on at most 2,000 points.

        Venna and Kaski, "Neighborhood preservation in nonlinear projection methods", 2001; ten neighbours.
        """
        chosen = torch.randperm(len(self.latents), generator=torch.Generator().manual_seed(seed))
        chosen = chosen[:TRUSTWORTHINESS_SAMPLE]
        neighbours = max(1, min(TRUSTWORTHINESS_NEIGHBOURS, (len(chosen) - 1) // 2))
        if len(chosen) < 3:
            return 1.0  # two points are always each other's neighbours
        value = trustworthiness(self.latents[chosen].numpy(), self.positions[chosen].numpy(), n_neighbors=neighbours)
        return float(value)


def project(
    latents: Tensor,
    method: Method = "umap",
    *,
    axes: tuple[int, ...] | None = None,
    seed: int = 0,
    progress: ProgressListener = silent,
) -> Projection:
    """Lay latents (N, D) out on a plane.

    `axes` chooses the two dimensions of the method axes (the first two unless given; a one-dimensional latent
    space has the one, and its points lie on a line). `seed` matters to umap alone.

    Raises:
        UserError: there are no latents, one is not finite, or method and axes do not fit them.
    """
    if method not in get_args(Method):
        raise UserError(f"there is no map method {method!r}: choose one of {', '.join(get_args(Method))}.")
    if axes is not None and method != "axes":
        raise UserError(f"axes belong to the method axes, not to {method}: leave them out.")
    if latents.ndim != 2 or not latents.numel():
        raise UserError(f"latents must be shaped (points, dimensions), with at least one, not {tuple(latents.shape)}.")
    latents = latents.detach().float().cpu()
    broken = ~torch.isfinite(latents).all(dim=1)
    if broken.any():
        raise UserError(f"the latent of point {int(broken.nonzero()[0])} is not finite: the model is damaged.")
    if method == "umap":
        positions = umap_positions(latents, seed=seed, progress=progress)
        return Projection(method, latents, positions, linear=None, axes=None)
    if method == "pca":
        linear = principal_components(latents)
    else:
        axes = tuple(range(min(2, latents.shape[1]))) if axes is None else tuple(axes)
        linear = raw_axes(latents, axes)
    return Projection(method, latents, linear.to_plane(latents), linear, axes)
