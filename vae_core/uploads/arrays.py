"""An .npz file, opened without trust: headers are checked first, images streamed, nothing unpickled."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from vae_core.errors import DatasetError
from vae_core.uploads.import_report import UnusableFileError
from vae_core.uploads.limits import UploadLimits
from vae_core.uploads.sources import Archive, check_archive, inflates_too_much, open_member

_IMAGE_NAMES = ("images", "x")
_LABEL_NAMES = ("labels", "y")
_CLASS_NAMES = "class_names"
_BLOCK_BYTES = 8 * 2**20
_BROKEN = (UnusableFileError, EOFError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True)
class ArrayHeader:
    """What an array says of itself: `shape`, `dtype`, and whether columns come first in the file."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran_order: bool


class ArrayFile:
    """Images, labels and class names of an open .npz; raises DatasetError for what it should not hold."""

    def __init__(self, path: Path, archive: Archive, limits: UploadLimits) -> None:
        check_archive(path, archive, limits)
        self._path, self._archive, self._limits = path, archive, limits
        self._members = {info.filename.removesuffix(".npy").lower(): info for info in archive.infolist()}
        self._image_name = self._first_of(_IMAGE_NAMES)
        if self._image_name is None:
            held = ", ".join(self._members) or "nothing"
            raise DatasetError(f"{path} holds {held}, but no array called images or x; save the images as images.")
        self._header = self._read_header(self._image_name)
        self._layout = self._image_layout()

    @property
    def image_shape(self) -> tuple[int, int, int, int]:
        """(N, C, H, W), whatever the order in the file."""
        shape = self._header.shape
        return (shape[0], *(shape[axis] if axis else 1 for axis in self._layout))  # type: ignore[return-value]

    def version(self) -> str:
        """Changes when any array does."""
        return ",".join(f"{info.filename}:{info.CRC}:{info.file_size}" for info in self._archive.infolist())

    def blocks(self) -> Iterator[NDArray[np.uint8]]:
        """All images in order, uint8 (B, C, H, W), some at a time; raises DatasetError at a bad pixel."""
        start = 0
        for raw in self._raw_blocks():
            pixels = self._to_bytes(raw, start)
            start += len(raw)
            if 0 in self._layout:
                yield pixels[:, None]
            else:
                yield np.ascontiguousarray(pixels.transpose(0, *self._layout))

    def labels_and_names(self) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        """Labels int64 (N,) of 0…K−1 and K class names; one class `all` where the file has no labels."""
        count = self._header.shape[0]
        name = self._first_of(_LABEL_NAMES)
        if name is None:
            return np.zeros(count, dtype=np.int64), ("all",)
        labels = self._read_array(name)
        if labels.shape not in ((count,), (count, 1)):
            raise DatasetError(f"{self._path}: {name} has shape {labels.shape}, but there are {count} images.")
        if labels.dtype.kind not in "biuUS":
            raise DatasetError(f"{self._path}: {name} are of type {labels.dtype}; use whole numbers or text.")
        given = self._given_class_names()
        if given is None:
            values, indices = np.unique(labels.reshape(-1), return_inverse=True)
            return indices.astype(np.int64), _as_text(values)
        if labels.dtype.kind not in "biu" or labels.min() < 0 or labels.max() >= len(given):
            raise DatasetError(
                f"{self._path}: {name} must be whole numbers from 0 to {len(given) - 1}, as class_names."
            )
        return labels.reshape(-1).astype(np.int64), given

    def _given_class_names(self) -> tuple[str, ...] | None:
        if _CLASS_NAMES not in self._members:
            return None
        names = self._read_array(_CLASS_NAMES)
        if names.ndim != 1 or names.dtype.kind not in "US" or len(names) == 0:
            raise DatasetError(f"{self._path}: class_names must be a list of texts, one a class.")
        return _as_text(names)

    def _first_of(self, names: tuple[str, ...]) -> str | None:
        return next((name for name in names if name in self._members), None)

    def _image_layout(self) -> tuple[int, int, int]:
        """The file's axes of channels, rows and columns; axis 0 stands for channels that are not there."""
        shape, dtype = self._header.shape, self._header.dtype
        if dtype.kind not in "f" and dtype not in (np.uint8, np.bool_):
            raise self._bad_images(f"are of type {dtype}; use uint8, or floats from 0 to 1")
        if 0 in shape:
            raise self._bad_images(f"have shape {shape}, so there are none")
        if len(shape) == 3:
            return (0, 1, 2)
        if len(shape) == 4 and shape[3] in (1, 3):
            return (3, 1, 2)
        if len(shape) == 4 and shape[1] in (1, 3):
            return (1, 2, 3)
        raise self._bad_images(f"have shape {shape}; use (N, H, W), (N, H, W, C) or (N, C, H, W) with C of 1 or 3")

    def _to_bytes(self, raw: NDArray[Any], start: int) -> NDArray[np.uint8]:
        if raw.dtype == np.uint8:
            return raw
        if raw.dtype == np.bool_:
            return raw.astype(np.uint8) * np.uint8(255)
        axes = tuple(range(1, raw.ndim))
        # NaN fails both comparisons, so it counts as outside.
        outside = ~((raw >= 0) & (raw <= 1)).all(axis=axes)
        if outside.any():
            index = int(np.argmax(outside))
            value = raw[index][~((raw[index] >= 0) & (raw[index] <= 1))][0]
            raise self._bad_images(
                f"must be floats from 0 to 1 or uint8, but image {start + index} holds {value:g}; scale them first"
            )
        return np.rint(raw.astype(np.float32) * 255).astype(np.uint8)

    def _raw_blocks(self) -> Iterator[NDArray[Any]]:
        assert self._image_name is not None
        header = self._header
        if header.fortran_order:
            # Columns first cannot be streamed image by image; the limits bound what this takes.
            yield self._read_array(self._image_name)
            return
        image_bytes = int(np.prod(header.shape[1:])) * header.dtype.itemsize
        step = max(1, _BLOCK_BYTES // image_bytes)
        try:
            with open_member(self._archive, self._members[self._image_name]) as file:
                _header_of(file)
                for start in range(0, header.shape[0], step):
                    count = min(step, header.shape[0] - start)
                    data = file.read(count * image_bytes)
                    yield np.frombuffer(data, dtype=header.dtype).reshape(count, *header.shape[1:])
        except _BROKEN as error:
            raise self._damaged(self._image_name) from error

    def _read_header(self, name: str) -> ArrayHeader:
        member = self._members[name]
        if inflates_too_much(member, self._limits):
            raise DatasetError(
                f"{self._path}: {name} would inflate to more than {self._limits.ratio:,.0f} times its size; "
                f"save it with numpy.savez, uncompressed."
            )
        try:
            with open_member(self._archive, member) as file:
                header, header_bytes = _header_of(file), file.tell()
        except _BROKEN as error:
            raise self._damaged(name) from error
        if header.dtype.hasobject:
            raise DatasetError(
                f"{self._path}: {name} holds Python objects, such as images of mixed sizes, which are "
                f"never loaded; bring all to one size and save them as one array of numbers."
            )
        if header_bytes + int(np.prod(header.shape, dtype=object)) * header.dtype.itemsize != member.file_size:
            raise self._damaged(name)
        return header

    def _read_array(self, name: str) -> NDArray[Any]:
        self._read_header(name)
        try:
            with open_member(self._archive, self._members[name]) as file:
                return np.asarray(npy.read_array(file, allow_pickle=False))
        except _BROKEN as error:
            raise self._damaged(name) from error

    def _bad_images(self, problem: str) -> DatasetError:
        return DatasetError(f"{self._path}: {self._image_name} {problem}.")

    def _damaged(self, name: str) -> DatasetError:
        return DatasetError(f"{self._path}: the array {name} is damaged or cut off; save the file anew.")


def _header_of(file: IO[bytes]) -> ArrayHeader:
    version = npy.read_magic(file)
    # Format 3 differs from 2 only in field names beyond Latin-1, which no array of plain numbers has.
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran_order, dtype = read(file)
    return ArrayHeader(shape, dtype, fortran_order and len(shape) > 1)


def _as_text(values: NDArray[Any]) -> tuple[str, ...]:
    if values.dtype.kind == "S":
        return tuple(value.decode("utf-8", "replace") for value in values.tolist())
    return tuple(str(value) for value in values.tolist())
