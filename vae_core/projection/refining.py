"""The way back from a map, made to show what its neighbourhood looks like.

A mean of latents decodes to something else than the mean of their images, for a decoder is not linear. At places
spread over the map the latent is moved until its image is as close as it gets, in mean square error, to the local fit
of the images around; in between, the move is interpolated.
"""

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor

from vae_core.progress import Progress, ProgressListener, silent
from vae_core.projection.inverse import PlaneToLatent, local_linear_weights
from vae_core.projection.neighbours import leaf_order
from vae_core.projection.projection import Projection
from vae_core.workload import REFINED_PLACES, REFINING_STEPS

PLACE_NEIGHBOURS = 16
STEP = 0.1  # in the prior's standard deviations
IMAGES_AT_ONCE = 250

Decode = Callable[[Tensor], Tensor]  # latents (B, D) → images (B, C, H, W), differentiable


def refine(projection: Projection, decode: Decode, *, progress: ProgressListener = silent) -> Projection:
    """The same map with `plane_latents` that decode to the images around each place; a linear map stays as it is."""
    positions, latents = projection.positions, projection.latents
    if projection.linear or len(positions) < REFINED_PLACES:
        return projection
    spread = torch.arange(REFINED_PLACES) * len(positions) // REFINED_PLACES
    chosen = torch.from_numpy(leaf_order(positions.numpy()))[spread]
    places = positions[chosen]  # as dense as the points are
    plane = PlaneToLatent(positions, latents)
    images = mean_images(plane, places, latents, decode, progress)
    begin = plane(places)[0]
    moves = approach(begin, images, decode, progress) - begin
    between = PlaneToLatent(places, moves, neighbours=PLACE_NEIGHBOURS)
    everywhere = torch.cat([between(part)[0] for part in positions.split(IMAGES_AT_ONCE)])
    return dataclasses.replace(projection, plane_latents=latents + everywhere)


@torch.no_grad()
def mean_images(
    plane: PlaneToLatent, places: Tensor, latents: Tensor, decode: Decode, progress: ProgressListener = silent
) -> Tensor:
    """What the plane would say at places (P, 2), were it fitted to the decoded images, (P, C, H, W)."""
    found = plane.leaves.nearest(places, plane.neighbours)
    points = plane.leaves.order[found.places].flatten()  # (P · K,)
    weights = local_linear_weights(found.x, found.y).flatten()
    rows = torch.arange(len(places)).repeat_interleave(plane.neighbours)
    by_point = points.argsort(stable=True)
    needed, counts = points.unique(return_counts=True)  # ascending, as by_point goes
    images: Tensor | None = None
    done = 0
    for part, share in zip(needed.split(IMAGES_AT_ONCE), counts.split(IMAGES_AT_ONCE), strict=True):
        decoded = decode(latents[part])
        if images is None:
            images = decoded.new_zeros(len(places), *decoded.shape[1:])
        uses = by_point[done : done + int(share.sum())]
        done += len(uses)
        of = torch.arange(len(part)).repeat_interleave(share)
        images.index_add_(0, rows[uses], weights[uses, None, None, None] * decoded[of])
        progress(Progress("Refining the map", done / plane.neighbours, 2 * len(places)))
    assert images is not None
    return images.clamp(0, 1)


def approach(
    latents: Tensor,
    images: Tensor,
    decode: Decode,
    progress: ProgressListener = silent,
    *,
    steps: int = REFINING_STEPS,
    step: float = STEP,
) -> Tensor:
    """Latents (P, D) moved by so many steps of Adam towards those that decode to images (P, C, H, W)."""
    moved = []
    for start, target in zip(latents.split(IMAGES_AT_ONCE), images.split(IMAGES_AT_ONCE), strict=True):
        latent = start.clone().requires_grad_()
        optimizer = torch.optim.Adam([latent], lr=step)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda taken: 1 - taken / steps)
        for _ in range(steps):
            (latent.grad,) = torch.autograd.grad((decode(latent) - target).square().sum(), [latent])
            optimizer.step()
            schedule.step()
        moved.append(latent.detach())
        progress(Progress("Refining the map", len(latents) + sum(map(len, moved)), 2 * len(latents)))
    return torch.cat(moved)
