"""Sprites: shapes on black, drawn from five factors that are known exactly.

In the spirit of dSprites (Matthey et al., 2017), with continuous factors and its own design. Shapes of
one scale cover one area, so scale means the same for all, and each is centred on its centroid, so x and y
are where its mass is. Orientation stays within ±45°, where it is unique for each shape (a square repeats
after 90°).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_core.progress import Progress, ProgressListener, silent

SHAPES = ("square", "ellipse", "heart")
IMAGE_SIZE = 32
COUNTS = {"train": 20_000, "test": 2_000}
SCALES = (0.2, 0.375)  # side of the square of equal area, in image widths
ORIENTATIONS = (-np.pi / 4, np.pi / 4)  # radians, anticlockwise
POSITIONS = (0.3, 0.7)  # of the centroid, in image widths, from the left and from the bottom

_SEEDS = {"train": 1, "test": 2}
_ELLIPSE_ASPECT = 1.6
_BLOCK = 500  # sprites drawn at once: keeps the working arrays within the processor's cache

Floats = NDArray[np.floating[Any]]  # float32 throughout: every machine rounds it alike


@dataclass(frozen=True)
class SpriteFactors:
    """The five factors of N sprites, each (N,): `shape` indexes SHAPES, the others keep the ranges above."""

    shape: NDArray[np.int64]
    scale: NDArray[np.float64]
    orientation: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.shape)

    def __getitem__(self, chosen: slice) -> "SpriteFactors":
        return SpriteFactors(
            self.shape[chosen], self.scale[chosen], self.orientation[chosen], self.x[chosen], self.y[chosen]
        )

    def columns(self) -> dict[str, tuple[str, ...]]:
        """The factors as a table beside the images would tell them, N texts each: lengths in image widths to three
        places, the orientation in degrees."""
        return {
            "shape": tuple(SHAPES[shape] for shape in self.shape),
            "scale": _texts(self.scale, 3),
            "orientation": _texts(np.degrees(self.orientation), 1),
            "x": _texts(self.x, 3),
            "y": _texts(self.y, 3),
        }


def _texts(values: NDArray[np.float64], places: int) -> tuple[str, ...]:
    return tuple(f"{value:.{places}f}" for value in values)


def sprite_factors(split: str = "train") -> SpriteFactors:
    """The factors of every image of the data set `sprites`, in its order; always the same."""
    generator = np.random.default_rng(_SEEDS[split])
    count = COUNTS[split]
    return SpriteFactors(
        shape=generator.integers(len(SHAPES), size=count),
        scale=generator.uniform(*SCALES, size=count),
        orientation=generator.uniform(*ORIENTATIONS, size=count),
        x=generator.uniform(*POSITIONS, size=count),
        y=generator.uniform(*POSITIONS, size=count),
    )


def draw_sprites(
    factors: SpriteFactors, image_size: int = IMAGE_SIZE, progress: ProgressListener = silent
) -> NDArray[np.uint8]:
    """The sprites as uint8 (N, 1, image_size, image_size), white on black, edges smoothed over one pixel."""
    images = np.empty((len(factors), 1, image_size, image_size), dtype=np.uint8)
    for start in range(0, len(factors), _BLOCK):
        block = slice(start, start + _BLOCK)
        images[block, 0] = _draw_block(factors[block], image_size)
        progress(Progress("Drawing sprites", min(start + _BLOCK, len(factors)), len(factors)))
    return images


def _draw_block(factors: SpriteFactors, image_size: int) -> NDArray[np.uint8]:
    """uint8 (B, H, W); a pixel is as bright as its share inside the shape, by its distance to the edge."""
    distance = np.empty((len(factors), image_size, image_size), dtype=np.float32)
    for index, signed_distance in enumerate((_square, _ellipse, _heart)):
        members = np.flatnonzero(factors.shape == index)
        right, up = _own_coordinates(factors, members, image_size)
        distance[members] = signed_distance(right, up)
    # Distances are in units of the scale; coverage falls from 1 to 0 over one pixel across the edge.
    pixels = (factors.scale * image_size).astype(np.float32)[:, None, None]
    coverage = np.clip(0.5 - distance * pixels, 0, 1)
    brightness: NDArray[np.uint8] = np.rint(coverage * 255).astype(np.uint8)
    return brightness


def _own_coordinates(factors: SpriteFactors, members: NDArray[np.intp], image_size: int) -> tuple[Floats, Floats]:
    """Pixel centres as each sprite sees them, both (B, H, W): centred, turned back, in units of its scale."""
    centres = (np.arange(image_size, dtype=np.float32) + 0.5) / image_size

    def column(values: NDArray[np.float64]) -> Floats:
        return values[members].astype(np.float32)[:, None, None]

    across = (centres[None, None, :] - column(factors.x)) / column(factors.scale)
    upward = (1 - centres[None, :, None] - column(factors.y)) / column(factors.scale)
    cosine, sine = column(np.cos(factors.orientation)), column(np.sin(factors.orientation))
    return cosine * across + sine * upward, cosine * upward - sine * across


def _square(right: Floats, up: Floats) -> Floats:
    """Signed distance to the square of area 1."""
    return _box(right, up, np.float32(0.5))


def _box(right: Floats, up: Floats, half_side: np.float32) -> Floats:
    beyond_right, beyond_up = np.abs(right) - half_side, np.abs(up) - half_side
    outside = np.hypot(np.maximum(beyond_right, 0), np.maximum(beyond_up, 0))
    inside = np.minimum(np.maximum(beyond_right, beyond_up), 0)
    return np.asarray(outside + inside, dtype=np.float32)


def _ellipse(right: Floats, up: Floats) -> Floats:
    """Distance to the ellipse of area 1, exact to first order at its edge: (‖p/r‖ − 1)·‖p/r‖ / ‖p/r²‖."""
    short = np.float32(1 / np.sqrt(np.pi * _ELLIPSE_ASPECT))
    long = np.float32(short * _ELLIPSE_ASPECT)
    radius = np.hypot(right / long, up / short)
    slope = np.hypot(right / long**2, up / short**2)
    # At the centre both vanish; there the shape is deep inside, whatever the ratio.
    return np.asarray((radius - 1) * radius / np.maximum(slope, np.float32(1e-6)) - (radius == 0), dtype=np.float32)


def _heart(right: Floats, up: Floats) -> Floats:
    """Signed distance to the heart of area 1: a square on its corner, with a half disc on each upper side."""
    side = np.float32(1 / np.sqrt(1 + np.pi / 4))
    half_diagonal = side / np.sqrt(np.float32(2))
    # Centroid of square and half discs: a half disc of radius r has its own at 4r/3π from its straight side.
    centroid = half_diagonal * np.float32((0.5 + 2 / (3 * np.pi)) * (np.pi / 4) / (1 + np.pi / 4))
    up = up + centroid
    root = np.float32(np.sqrt(0.5))
    square = _box((right + up) * root, (up - right) * root, side / 2)
    lobe = np.hypot(np.abs(right) - half_diagonal / 2, up - half_diagonal / 2) - side / 2
    heart: Floats = np.minimum(square, lobe)
    return heart
