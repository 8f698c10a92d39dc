"""Variants of training images: moved, turned, scaled, mirrored, in another light. Free of torch: a page shows them.

What an image becomes in an epoch follows from the seed, the epoch and its own place in the data set alone, whatever
else was drawn before: a resumed run, or one of several workers, sees the very variants of an uninterrupted single one.
`vae_core.training.variants` does the same to batches as `varied` here does to a few images.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_core.config import TrainConfig

Floats = NDArray[np.float32]

AUGMENTATION = ("shift", "rotation", "scale", "mirror", "brightness", "contrast")  # settings of TrainConfig
LUMINANCE = (0.2989, 0.587, 0.114)  # of red, green and blue, ITU-R BT.601; as torchvision rounds them
# How far fewer images than so many are varied: about where the ELBO of digits that a model has not seen is greatest.
RANGES = {
    200: {"shift": 0.05, "rotation": 12.0, "scale": 0.15},
    600: {"shift": 0.035, "rotation": 8.0, "scale": 0.1},
    2_000: {"shift": 0.02, "rotation": 6.0, "scale": 0.06},
}
FEW = max(RANGES)  # where there are as many, variants take more than they give
SMALL = 16  # pixels a side below which it is so always: moving blurs what is a pixel wide


def suggested(images: int, image_size: int, channels: int, class_names: Sequence[str]) -> dict[str, Any]:
    """How far so many training images are best varied; many, and tiny ones, not at all.

    A mirrored letter, digit or scan is none: images are mirrored only where they are pictures in colour, and not of
    classes called by single characters.
    """
    if images >= FEW or image_size < SMALL:
        return {}
    ranges = next(ranges for count, ranges in RANGES.items() if images < count)
    of_characters = bool(class_names) and all(len(name) == 1 for name in class_names)
    mirror = "on" if channels == 3 and not of_characters else "off"
    return {**ranges, "mirror": mirror}


def is_varied(training: TrainConfig) -> bool:
    """Whether training images are varied at all."""
    return _moves(training) or _changes_light(training)


def _moves(training: TrainConfig) -> bool:
    return bool(training.shift or training.rotation or training.scale) or training.mirror == "on"


def _changes_light(training: TrainConfig) -> bool:
    return bool(training.brightness or training.contrast)


def in_words(training: TrainConfig) -> str:
    """What is done to training images: "moved by up to 7 %, turned by up to 10°"; "" where they stay as they are."""
    ranges = (
        ("moved", f"{100 * training.shift:g} %", training.shift),
        ("turned", f"{training.rotation:g}°", training.rotation),
        ("scaled", f"{100 * training.scale:g} %", training.scale),
        ("made brighter or darker", f"{100 * training.brightness:g} %", training.brightness),
        ("changed in contrast", f"{100 * training.contrast:g} %", training.contrast),
    )
    words = [f"{what} by up to {amount}" for what, amount, value in ranges if value]
    if training.mirror == "on":
        words.append("mirrored half the time")
    return ", ".join(words)


@dataclass(frozen=True)
class Drawn:
    """What N images become in one epoch: None for what is left as it is.

    `places` (N, 2, 3) leads from a pixel of the variant to where it is taken from in the image, (x, y, 1) to (x, y) in
    units of half a side from the middle; `brightness` and `contrast` (N,) are factors.
    """

    places: Floats | None
    brightness: Floats | None
    contrast: Floats | None


def draw(training: TrainConfig, epoch: int, count: int) -> Drawn:
    """What each of `count` images of a data set becomes in an epoch, counted from 0; each within its ranges, evenly.

    Sizes are drawn evenly in their logarithm, so that images shrink as often as they grow.
    """
    digest = hashlib.blake2b(f"{training.seed}/augmentation/{epoch}".encode(), digest_size=16).digest()
    random = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))
    # Always as many numbers an image: another setting changes nothing else about it.
    turn, across, down, size, mirror, bright, contrast = random.uniform(-1, 1, (count, 7)).T
    places = None
    if _moves(training):
        angle, scale = np.deg2rad(training.rotation) * turn, (1 + training.scale) ** size
        flip = np.where(mirror < 0, -1.0, 1.0) if training.mirror == "on" else np.ones(count)
        places = _inverse(angle, scale, 2 * training.shift * across, 2 * training.shift * down, flip)
    return Drawn(
        places=places,
        brightness=(1 + training.brightness * bright).astype(np.float32) if training.brightness else None,
        contrast=(1 + training.contrast * contrast).astype(np.float32) if training.contrast else None,
    )


def _inverse(angle: Any, scale: Any, across: Any, down: Any, flip: Any) -> Floats:
    """Back from an image that was mirrored (`flip` −1), scaled, turned clockwise about its middle, and then moved."""
    cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale
    rows = [
        [flip * cosine, flip * sine, -flip * (cosine * across + sine * down)],
        [-sine, cosine, sine * across - cosine * down],
    ]
    return np.ascontiguousarray(np.moveaxis(np.array(rows, dtype=np.float32), 2, 0))


def varied(images: Floats, drawn: Drawn) -> Floats:
    """Images (N, C, S, S) in [0, 1] as `drawn` says; what comes in from outside is the image, reflected at its edge.

    Between pixels it is interpolated linearly, and the light is changed as torchvision's `adjust_brightness` and
    `adjust_contrast` do, the latter towards or away from the image's mean grey.
    """
    if drawn.places is not None:
        images = _moved(images, drawn.places)
    if drawn.brightness is not None:
        images = images * drawn.brightness[:, None, None, None]
    if drawn.contrast is not None:
        factor = drawn.contrast[:, None, None, None]
        images = images * factor + (1 - factor) * _mean_grey(images)[:, None, None, None]
    return np.clip(images, 0, 1)


def _mean_grey(images: Floats) -> Floats:
    weights = np.array(LUMINANCE if images.shape[1] == 3 else (1.0,), dtype=np.float32)
    return images.mean((2, 3)) @ weights


def _moved(images: Floats, places: Floats) -> Floats:
    side = images.shape[-1]
    middles = ((2 * np.arange(side) + 1) / side - 1).astype(np.float32)
    columns, rows = np.meshgrid(middles, middles)
    where = np.einsum("nij,jyx->niyx", places, np.stack([columns, rows, np.ones_like(rows)]))
    x, y = (_reflected((axis + 1) * side / 2, side) for axis in (where[:, 0], where[:, 1]))
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, bottom = np.minimum(left + 1, side - 1), np.minimum(top + 1, side - 1)
    x, y = (x - left)[:, None], (y - top)[:, None]
    one = np.arange(len(images))[:, None, None]
    pixels = images.transpose(0, 2, 3, 1)

    def at(row: NDArray[np.int_], column: NDArray[np.int_]) -> Floats:
        return pixels[one, row, column].transpose(0, 3, 1, 2)

    above = at(top, left) * (1 - x) + at(top, right) * x
    below = at(bottom, left) * (1 - x) + at(bottom, right) * x
    return (above * (1 - y) + below * y).astype(np.float32)


def _reflected(position: Floats, side: int) -> Floats:
    """From pixels counted at their edges to pixels counted at their middles, folded back into the image."""
    position = np.mod(position, 2 * side)
    return np.clip(np.minimum(position, 2 * side - position) - 0.5, 0, side - 1).astype(np.float32)
