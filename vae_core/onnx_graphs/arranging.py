"""Operators that arrange numbers anew without computing any: shapes, slices, and the numbers that say where."""

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Maybe = Tensor | None

# Numbers of ONNX's element types.
DTYPES = {
    1: torch.float32,
    2: torch.uint8,
    3: torch.int8,
    5: torch.int16,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    10: torch.float32,  # halves and doubles are computed as floats
    11: torch.float32,
    16: torch.float32,
}


class UnsupportedError(Exception):
    """An operator, or a way of using one, that has no torch function here; the message names it."""


def ints(values: Tensor) -> list[int]:
    """A tensor of whole numbers as a list."""
    return [int(value) for value in values.flatten().tolist()]


def shape(x: Tensor, start: int = 0, end: int | None = None) -> Tensor:
    """The sizes of a part of its axes."""
    return torch.tensor(x.shape[start:end], dtype=torch.int64)


def reshape(x: Tensor, shape: Tensor, allowzero: int = 0) -> Tensor:
    """To the sizes given; 0 copies one, -1 takes what is left."""
    sizes = ints(shape)
    if not allowzero:
        sizes = [x.shape[place] if size == 0 else size for place, size in enumerate(sizes)]
    return x.reshape(sizes)


def flatten(x: Tensor, axis: int = 1) -> Tensor:
    """Two axes: those before `axis`, and the others."""
    axis = axis + x.dim() if axis < 0 else axis
    return x.reshape(math.prod(x.shape[:axis]), -1)


def transpose(x: Tensor, perm: Sequence[int] | None = None) -> Tensor:
    """Its axes in another order, by default the reverse one."""
    return x.permute(list(perm) if perm else list(range(x.dim()))[::-1])


def squeeze(x: Tensor, axes: Maybe = None) -> Tensor:
    """Without axes of size 1."""
    if axes is None:
        return x.squeeze()
    return x.squeeze(tuple(ints(axes)))


def unsqueeze(x: Tensor, axes: Tensor) -> Tensor:
    """With further axes of size 1."""
    rank = x.dim() + axes.numel()
    for axis in sorted(axis % rank for axis in ints(axes)):
        x = x.unsqueeze(axis)
    return x


def split(
    x: Tensor, split: Maybe = None, axis: int = 0, num_outputs: int | None = None, outputs: int = 1
) -> tuple[Tensor, ...]:
    """Parts along an axis, of given sizes or as equal as they can be."""
    if split is not None:
        return x.split(ints(split), axis)
    each = math.ceil(x.shape[axis] / (num_outputs or outputs))
    return x.split(each, axis)


def slice_(x: Tensor, starts: Tensor, ends: Tensor, axes: Maybe = None, steps: Maybe = None) -> Tensor:
    """As Python's own slices, axis by axis."""
    begins, finishes = ints(starts), ints(ends)
    places = ints(axes) if axes is not None else list(range(len(begins)))
    strides = ints(steps) if steps is not None else [1] * len(begins)
    for axis, begin, end, step in zip(places, begins, finishes, strides, strict=True):
        numbers = range(x.shape[axis])[slice(*_bounds(begin, end, step, x.shape[axis]), step)]
        x = x.index_select(axis, torch.tensor(list(numbers), dtype=torch.int64, device=x.device))
    return x


def _bounds(begin: int, end: int, step: int, size: int) -> tuple[int, int | None]:
    """As Python's slices have them: what lies before the first, going backwards, is None there."""
    if step < 0 and end <= -size - 1:
        return begin, None
    return begin, end


def gather(x: Tensor, indices: Tensor, axis: int = 0) -> Tensor:
    """Whole entries along an axis, by their places; negative ones count from the end."""
    axis = axis % x.dim()
    places = torch.where(indices < 0, indices + x.shape[axis], indices).to(x.device)
    picked = x.index_select(axis, places.flatten())
    return picked.reshape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


def expand(x: Tensor, shape: Tensor) -> Tensor:
    """Broadcast to the sizes given."""
    return x.expand(torch.broadcast_shapes(x.shape, ints(shape)))


def constant_of_shape(shape: Tensor, value: Maybe = None) -> Tensor:
    """One value everywhere, by default 0."""
    filled = torch.zeros(1) if value is None else value
    return filled.reshape(()).expand(ints(shape)).clone()


def cast(x: Tensor, to: int = 1, **_: Any) -> Tensor:
    """To another element type."""
    if to not in DTYPES:
        raise UnsupportedError(f"Cast to element type {to}")
    return x.to(DTYPES[to])


def depth_to_space(x: Tensor, blocksize: int, mode: str = "DCR") -> Tensor:
    """Channels laid out as blocks of pixels."""
    count, channels, height, width = x.shape
    inner = channels // blocksize**2
    if mode == "CRD":
        return F.pixel_shuffle(x, blocksize)
    parts = x.reshape(count, blocksize, blocksize, inner, height, width).permute(0, 3, 4, 1, 5, 2)
    return parts.reshape(count, inner, height * blocksize, width * blocksize)
