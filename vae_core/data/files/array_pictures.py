"""How the pictures of an array lie in it, by its shape, or what it holds in their place."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_core.data.files.stored_array import ArrayHeader, StoredArray
from vae_core.errors import DatasetError

MOST_CHANNELS = 4  # red, green, blue, alpha
SHORTEST_FLAT = 8  # pixels a side, below which a row of numbers is no picture
WHITE = 255
WANTED = "pictures are (N, H, W), (N, H, W, C) or (N, C, H, W) with C from 1 to 4, or (N, H·W) where they are square"
TRANSPARENT = "Its last channel is taken for transparency: what is transparent becomes white."
PICKLED = (
    "holds Python objects, such as pictures of mixed sizes, which are never loaded; bring all to one size and save "
    "them as one array of numbers"
)


@dataclass(frozen=True)
class ImageLayout:
    """Pictures of `height` × `width` pixels with `stored` channels, which come last or, otherwise, first."""

    height: int
    width: int
    stored: int
    channels_last: bool = False
    flat: bool = False

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour: what is left when transparency is laid on white."""
        return 1 if self.stored <= 2 else 3

    @property
    def note(self) -> str | None:
        """A sentence on what becomes of them, where that is not plain."""
        return TRANSPARENT if self.stored in (2, 4) else None

    def arrange(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Pictures as they were stored, (B, …), in the order (B, channels, height, width)."""
        if self.channels_last:
            images = images.transpose(0, 3, 1, 2)
        images = images.reshape(len(images), self.stored, self.height, self.width)
        return np.ascontiguousarray(images) if self.stored in (1, 3) else _on_white(images)


def layout_of(array: StoredArray) -> ImageLayout:
    """How the pictures of an array lie. Raises DatasetError, which says what the array holds, where they are none."""
    header = array.header
    if header.dtype.hasobject:
        raise array.refused(PICKLED)
    if header.dtype.kind not in "buif":
        raise array.refused(f"holds {_kind_words(header.dtype)}, which are no pixels; save numbers")
    if 0 in header.shape:
        raise array.refused(f"has shape {header.shape}, so there are no pictures")
    layout = _find(header)
    if layout is None:
        raise array.refused(_what_it_is(array.variable, header.shape))
    return layout


def is_vector(array: StoredArray) -> bool:
    """Whether an array has too few axes to have been meant as pictures, although a name like `x` may say so."""
    try:
        return not array.header.dtype.hasobject and len(array.header.shape) < 3
    except DatasetError:
        return False


def _find(header: ArrayHeader) -> ImageLayout | None:
    shape = _without_idle_axis(header.shape)
    if len(shape) == 2 and shape[0] != shape[1]:
        side = math.isqrt(shape[1])
        return ImageLayout(side, side, 1, flat=True) if side >= SHORTEST_FLAT and side * side == shape[1] else None
    if len(shape) == 3:
        # As narrow as channels are: that is one picture.
        return None if shape[2] in (3, MOST_CHANNELS) else ImageLayout(shape[1], shape[2], 1)
    if len(shape) != 4:
        return None
    found = []
    if shape[3] <= MOST_CHANNELS:
        found.append(ImageLayout(shape[1], shape[2], shape[3], channels_last=True))
    if shape[1] <= MOST_CHANNELS:
        found.append(ImageLayout(shape[2], shape[3], shape[1]))
    # Where both could be, pictures have 1 or 3 channels and sides longer than that.
    return max(found, key=lambda layout: (min(layout.height, layout.width), layout.stored in (1, 3)), default=None)


def _without_idle_axis(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Rows of numbers that have an axis too many, without it."""
    return (shape[0], math.prod(shape[1:])) if len(shape) == 3 and 1 in shape[1:] else shape


def _what_it_is(name: str, shape: tuple[int, ...]) -> str:
    """What an array of a shape that pictures do not have is likely to be, and what to do."""
    text = f"has shape {shape}"
    shape = _without_idle_axis(shape)
    if len(shape) == 3:
        return f"{text}, which is one picture in colour; put many into one array, as with numpy.stack"
    if len(shape) == 2 and shape[1] % 3 == 0 and (side := math.isqrt(shape[1] // 3)) ** 2 * 3 == shape[1] and side > 3:
        return (
            f"{text}: colours of {side} × {side} pixels in an order that it does not say; save {name}.reshape(-1, 3, "
            f"{side}, {side}) where all red comes first, or .reshape(-1, {side}, {side}, 3) where colours alternate"
        )
    if len(shape) == 4 and shape[0] == shape[1] > shape[2] and shape[2] <= MOST_CHANNELS < shape[3]:
        return (
            f"{text}: {shape[3]:,} pictures of {shape[0]} × {shape[1]} pixels, counted by the last axis; save "
            f"{name}.transpose(3, 0, 1, 2)"
        )
    if len(shape) == 4:
        _, first, second, third = shape
        for channels, sides, part in ((third, (first, second), "[..., :3]"), (first, (second, third), "[:, :3]")):
            if channels < min(sides) and sides[0] == sides[1]:
                return (
                    f"{text}: {channels} channels (or slices) of {sides[0]} × {sides[1]} pixels, and pictures have 1 "
                    f"to {MOST_CHANNELS}; keep one or three of them, such as {name}{part}"
                )
    if len(shape) in (4, 5):
        inner = [side for side in shape[1:] if side > MOST_CHANNELS] if len(shape) == 5 else shape[1:]
        if len(inner) == 3:
            channel = ":, 0" if shape[1] != inner[0] else ":"
            return (
                f"{text}: volumes of {' × '.join(map(str, inner))}, not pictures (or films); save one slice of each, "
                f"such as {name}[{channel}, {inner[0] // 2}]"
            )
    return f"{text}, but {WANTED}"


def _kind_words(dtype: np.dtype[Any]) -> str:
    words = {"c": "complex numbers", "U": "text", "S": "text", "V": "records", "M": "dates", "m": "spans of time"}
    return words.get(dtype.kind, f"values of type {dtype}")


def _on_white(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures (B, C + 1, H, W), the last channel of which is their opacity, as (B, C, H, W)."""
    opacity = images[:, -1:].astype(np.uint16)
    # At most 255 · 255; half a step more makes the division round.
    mixed = images[:, :-1] * opacity + (WHITE - opacity) * np.uint16(WHITE)
    return ((mixed + np.uint16(WHITE // 2)) // np.uint16(WHITE)).astype(np.uint8)
