"""What happens along a path: how much the image changes, and how likely its latents are under the prior."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_core.interpolation.paths import Floats, Path

Decode = Callable[[NDArray[Any]], NDArray[Any]]
"""Latents (N, D) → images (N, C, H, W) in [0, 1]."""

DECODES_AT_ONCE = 128
PIECES = 24  # a segment's, for lengths: those of a geodesic, so that the two compare


def decoded(decode: Decode, latents: Floats) -> Floats:
    """The images (N, C, H, W) of latents (N, D), a batch at a time."""
    return np.concatenate(list(_batches(decode, latents)))


def image_changes(decode: Decode, latents: Floats) -> Floats:
    """Euclidean distance between the images of successive latents (N, D): (N − 1,), of pixels in [0, 1].

    Only one batch of images is held, so that a path may be sampled densely.
    """
    changes: list[Floats] = []
    before: Floats | None = None
    for images in _batches(decode, latents):
        joined = images if before is None else np.concatenate([before, images])
        changes.append(changes_between(joined))
        before = images[-1:]
    return np.concatenate(changes)


def changes_between(images: Floats) -> Floats:
    """Euclidean distance between successive images (N, C, H, W): (N − 1,)."""
    return np.linalg.norm(np.diff(images.reshape(len(images), -1), axis=0).astype(np.float64), axis=1)


def image_length(path: Path, decode: Decode, pieces: int = PIECES) -> float:
    """A path's length in image space from its first stop to its last: the sum of `pieces` chords a segment."""
    parameters = np.arange((len(path.stops) - 1) * pieces + 1) / pieces
    return float(image_changes(decode, path.at(parameters)).sum())


def log_prior(latents: Floats) -> Floats:
    """log N(z; 0, I) in nats of latents (N, D): (N,)."""
    values = latents.astype(np.float64)
    return -0.5 * (np.square(values).sum(1) + values.shape[1] * np.log(2 * np.pi))


def _batches(decode: Decode, latents: Floats) -> Iterator[Floats]:
    for start in range(0, len(latents), DECODES_AT_ONCE):
        yield decode(latents[start : start + DECODES_AT_ONCE])
