"""Frames along a path, at equal steps in latent space or in the image, and how images change along it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_core.errors import UserError
from vae_core.interpolation.paths import FRAMES, MOST_EXTRAPOLATION, Floats, Path, Spacing

Decode = Callable[[NDArray[Any]], NDArray[Any]]
"""Latents (N, D) → images (N, C, H, W) in [0, 1]."""

SAMPLES_A_FRAME = 4
LEAST_SAMPLES = 256
ROUNDS = 5  # of evening out: a chord is shorter than the arc it spans, and the fewer the frames the more so
DECODES_AT_ONCE = 128
PIECES = 24  # a segment's, for lengths: those of a geodesic, so that the two compare


@dataclass(frozen=True)
class Frames:
    """F frames of a path.

    `parameters` (F,) say where on it they lie, `latents` (F, D) and `images` (F, C, H, W) what they are, and
    `image_changes` (F − 1,) the Euclidean distance from each image to the next.
    """

    parameters: Floats
    latents: Floats
    images: Floats
    image_changes: Floats


def frames_along(
    path: Path, decode: Decode, *, frames: int, spacing: Spacing = "latent", extrapolation: float = 0.0
) -> Frames:
    """Frames at equal distances along a path, from its first stop to its last, both exactly.

    The distance is that from frame to frame, which comes out shorter where the path turns sharply at a stop.
    With an `extrapolation` the first and the last frame lie beyond the stops, by that share of the end segment's
    length. Where a path stands still (or its image does), the frames are spread evenly over the parameter.

    Raises:
        UserError: the number of frames or the extrapolation is outside its limits.
    """
    check_limits(frames, extrapolation)
    last = len(path.stops) - 1
    samples = np.linspace(-extrapolation, last + extrapolation, max(LEAST_SAMPLES, SAMPLES_A_FRAME * frames))
    samples = np.union1d(samples, np.arange(last + 1))  # corners count in full

    def steps(parameters: Floats) -> Floats:
        latents = path.at(parameters)
        return image_changes(decode, latents) if spacing == "image" else _distances(latents)

    parameters = _equal_steps(samples, steps(samples), frames)
    for _ in range(ROUNDS):
        parameters = _equal_steps(parameters, steps(parameters), frames)
    latents = path.at(parameters)
    images = decoded(decode, latents)
    return Frames(parameters, latents, images, changes_between(images))


def check_limits(frames: int, extrapolation: float) -> None:
    """Refuse a number of frames, or a share beyond the ends, that is outside its limits.

    Raises:
        UserError: it is.
    """
    least, most = FRAMES
    if not least <= frames <= most:
        raise UserError(f"frames must be {least} to {most} (got {frames}).")
    if not 0 <= extrapolation <= MOST_EXTRAPOLATION:
        raise UserError(f"extrapolation must be 0 to {MOST_EXTRAPOLATION:g} segments (got {extrapolation:g}).")


def _distances(latents: Floats) -> Floats:
    """Euclidean distance from each latent (N, D) to the next: (N − 1,)."""
    return np.linalg.norm(np.diff(latents.astype(np.float64), axis=0), axis=1)


def _equal_steps(samples: Floats, steps: Floats, count: int) -> Floats:
    """`count` parameters between which equally much is travelled, for the steps (N − 1,) between samples (N,)."""
    travelled = np.concatenate([[0.0], np.cumsum(steps)])
    if travelled[-1] == 0:
        travelled = samples - samples[0]
    parameters = np.interp(np.linspace(0, travelled[-1], count), travelled, samples)
    parameters[0], parameters[-1] = samples[0], samples[-1]  # also where the path stands still at an end
    return parameters


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


def _batches(decode: Decode, latents: Floats) -> Iterator[Floats]:
    for start in range(0, len(latents), DECODES_AT_ONCE):
        yield decode(latents[start : start + DECODES_AT_ONCE])
