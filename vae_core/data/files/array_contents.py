"""What an array holds, by its shape and its numbers: how pictures lie in it, or which labels and names of classes."""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_core.data.files.classes import counting_order
from vae_core.data.files.intake import MIB
from vae_core.data.files.stored_array import ArrayHeader, StoredArray
from vae_core.errors import DatasetError, shortened

Value = int | str  # of numbers also True and False, which are called so

MOST_CHANNELS = 4  # red, green, blue, alpha
SHORTEST_FLAT = 8  # pixels a side, below which a row of numbers is no picture
WHITE = 255
WANTED = "pictures are (N, H, W), (N, H, W, C) or (N, C, H, W) with C from 1 to 4, or (N, H·W) where they are square"
TRANSPARENT = "Its last channel is taken for transparency: what is transparent becomes white."
PICKLED = (
    "holds Python objects, such as pictures of mixed sizes, which are never loaded; bring all to one size and save "
    "them as one array of numbers"
)
UNLABELLED = "unlabelled"
LONGEST_WORD = 4096  # bytes
MOST_NAME_BYTES = 16 * MIB
_SURROGATES = (0xD800, 0xDFFF)
_LAST_CHARACTER = 0x10FFFF
ONE_EACH = "one label for each picture is wanted"


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


@dataclass(frozen=True)
class Labels:
    """Which of `values` each picture of a part has: `codes` int64 (N,)."""

    array: StoredArray
    codes: NDArray[np.int64]
    values: tuple[Value, ...]


def read_labels(array: StoredArray, count: int) -> Labels:
    """One label for each of `count` pictures. Raises DatasetError, with what to do, for anything else."""
    header = array.header
    if header.dtype.hasobject:
        raise array.refused(
            f"holds Python objects, which are never loaded; save {array.variable}.astype(str) where they are words"
        )
    if header.dtype.kind not in "biufUS":
        raise array.refused(f"is of type {header.dtype}; labels are whole numbers or words")
    if header.is_column(count):
        return _column(array)
    if len(header.shape) == 2 and header.shape[0] == count:
        return _one_hot(array)
    raise array.refused(f"has shape {header.shape}, but there are {count:,} pictures; {ONE_EACH}")


def read_class_names(array: StoredArray) -> tuple[str, ...]:
    """The names of classes, in the order of their numbers. Raises DatasetError where they are no list of some."""
    header = array.header
    if header.dtype.hasobject:
        raise array.refused(f"holds Python objects, which are never loaded; save {array.variable}.astype(str)")
    if header.dtype.kind not in "biuUS" or not header.count or not header.is_column(header.count):
        raise array.refused("is no list of words, one for each class; save one, or leave it out")
    if header.count * header.dtype.itemsize > MOST_NAME_BYTES:
        raise array.refused("is too long for names of classes; save one word for each class")
    return tuple(str(value) for _, block in array.stream() for value in _values(array, block))


def number_classes(
    parts: Sequence[Labels | None], counts: Sequence[int], names: StoredArray | None, alone: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels 0…K−1 of all pictures, int64 (N,), part after part, and K names in the order that people count.

    Of parts some of which have labels, the others are a class of their own; where none has, all are the class `alone`.

    Raises DatasetError where labels and names do not fit.
    """
    labelled = [part for part in parts if part]
    if not labelled:
        return np.zeros(sum(counts), dtype=np.int64), (alone,)
    class_names, tables = _tables(labelled, names)
    missing = len(class_names)
    found = []
    for part, count in zip(parts, counts, strict=True):
        found.append(tables.pop(0)[part.codes] if part else np.full(count, missing, dtype=np.int64))
    return np.concatenate(found), class_names if len(labelled) == len(parts) else (*class_names, UNLABELLED)


def _tables(parts: Sequence[Labels], names: StoredArray | None) -> tuple[tuple[str, ...], list[NDArray[np.int64]]]:
    """Names of all classes, and for each part the class of each of its values."""
    seen = {value for part in parts for value in _seen(part)}
    words = any(isinstance(value, str) for value in seen)
    if names is not None:
        class_names = read_class_names(names)
        in_words = words or not all(0 <= int(value) < len(class_names) for value in seen)
        ordered: Sequence[Value] = class_names if in_words else range(len(class_names))
    else:
        in_words = words
        ordered = sorted({str(value) if words else value for value in seen}, key=_order)
        class_names = tuple(map(str, ordered))
    index = {value: place for place, value in enumerate(ordered)}
    tables = []
    for part in parts:
        if names is not None and in_words:
            _check_names(part, names, class_names)
        keys = [str(value) if in_words else value for value in part.values]
        # Values that are never met may have no class.
        tables.append(np.array([index.get(key, 0) for key in keys], dtype=np.int64))
    return class_names, tables


def _check_names(part: Labels, names: StoredArray, class_names: Sequence[str]) -> None:
    """Raises DatasetError for a label that is none of the names."""
    known = set(class_names)
    strange = [value for value in _seen(part) if str(value) not in known]
    if strange:
        # Of numbers, one that is no place in the list either.
        told = min(strange, key=lambda value: isinstance(value, int) and 0 <= value < len(class_names))
        raise part.array.refused(
            f"holds {shortened(str(told))}, but {names.title} has names for 0 to {len(class_names) - 1:,} alone; make "
            "them fit, or leave the names out"
        )


def _order(value: Value) -> Any:
    return counting_order(value) if isinstance(value, str) else value


def _seen(part: Labels) -> list[Value]:
    used = np.bincount(part.codes, minlength=len(part.values)) > 0
    return [value for value, is_used in zip(part.values, used, strict=True) if is_used]


def _column(array: StoredArray) -> Labels:
    if array.header.dtype.kind in "US" and array.header.dtype.itemsize > LONGEST_WORD:
        raise array.refused("holds texts too long for labels; save one word for each picture")
    codes = np.empty(array.header.count, dtype=np.int64)
    index: dict[Value, int] = {}
    for start, block in array.stream():
        _check(array, block)
        values, inverse = np.unique(block, return_inverse=True)
        places = [index.setdefault(value, len(index)) for value in _values(array, values)]
        codes[start : start + len(block)] = np.array(places, dtype=np.int64)[inverse]
    return Labels(array, codes, tuple(index))


def _one_hot(array: StoredArray) -> Labels:
    shape, dtype = array.header.shape, array.header.dtype
    several = array.refused(
        f"has {shape[1]:,} labels for each picture, and one is wanted; keep one column, such as {array.variable}[:, 0]"
        + (f", or the place of the largest, {array.variable}.argmax(axis=1)" if dtype.kind == "f" else "")
    )
    if dtype.kind in "US":
        raise several
    codes = [np.empty(0, dtype=np.int64)]
    for rows in array.rows():
        ones = rows == 1
        if not (ones | (rows == 0)).all() or (ones.sum(axis=1) != 1).any():
            raise several
        codes.append(ones.argmax(axis=1).astype(np.int64))
    return Labels(array, np.concatenate(codes), tuple(range(shape[1])))


def _check(array: StoredArray, block: NDArray[Any]) -> None:
    """Raises DatasetError for numbers that can be no labels."""
    if block.dtype.kind != "f":
        return
    whole = np.isfinite(block)
    whole[whole] = block[whole] == np.rint(block[whole])
    if not whole.all():
        raise array.refused(
            f"holds {block[~whole][0]:g}, and labels are whole numbers or words; round them, or leave them out"
        )


def _values(array: StoredArray, block: NDArray[Any]) -> list[Value]:
    """Numbers or words as Python's own; words are composed in one way, however they were typed."""
    if block.dtype.kind == "U":
        characters = np.ascontiguousarray(block).view(np.dtype(np.uint32).newbyteorder(block.dtype.byteorder))
        surrogate = (characters >= _SURROGATES[0]) & (characters <= _SURROGATES[1])
        if (surrogate | (characters > _LAST_CHARACTER)).any():
            raise array.refused("holds characters that there are not; save the file anew")
    if block.dtype.kind in "US":
        words = [word.decode("utf-8", "replace") if isinstance(word, bytes) else word for word in block.tolist()]
        return [unicodedata.normalize("NFC", word) for word in words]
    if block.dtype.kind == "b":
        return [bool(value) for value in block.view(np.uint8).tolist()]
    return [int(value) for value in block.tolist()]
