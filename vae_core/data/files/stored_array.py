"""One array in NumPy's format, in a file of its own or within an .npz: its header is checked, its items streamed.

Nothing is unpickled, and some blocks at most are in memory, in whatever order the items lie.
"""

import math
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from vae_core.data.files.archives import DEFLATED, STORED, Archive, open_member
from vae_core.data.files.intake import MIB, UnusableFileError, UploadLimits, own_name
from vae_core.data.files.zip_directory import Member
from vae_core.errors import DatasetError, shortened

BLOCK_BYTES = 8 * MIB
HEADER_BYTES = 2**16  # NumPy itself takes no header of more than 10,000 characters
STREAM_BYTES = MIB // 4  # small enough for a processor's cache, and to tell quickly that bytes are not dark
HELD_BYTES = 256 * MIB  # of an array in Fortran order, all of which has to be read once for each
SHORT_BYTES = 2**16  # pieces that are not worth a read each
FORTRAN_BYTES = 2048 * MIB
ALONE = "the array"  # what an .npy holds, which has no name

# 3.0 differs from 2.0 only in field names beyond Latin-1, which no array of plain numbers has.
_VERSIONS = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
    (3, 0): npy.read_array_header_2_0,
}
_BROKEN = (UnusableFileError, EOFError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True)
class ArrayHeader:
    """What an array says of itself: `shape`, `dtype`, and whether the first axis varies fastest in the file."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran_order: bool

    @property
    def count(self) -> int:
        """How many items there are; exact, however absurd the shape is."""
        return math.prod(self.shape)

    def is_column(self, count: int) -> bool:
        """Whether it is so many items along one axis, whatever other axes of one item there are."""
        return count == self.count == max(self.shape, default=1)


class StoredArray:
    """An array called `name`: `size` bytes that `opened` yields, for which `packed` bytes lie on the disk.

    Raises DatasetError from whatever reads it, in a sentence that names file and array.
    """

    def __init__(
        self, file_name: str, name: str, size: int, packed: int, opened: Callable[[], IO[bytes]], limits: UploadLimits
    ) -> None:
        self.file_name = file_name
        self.name = name
        self._size, self._packed, self._opened, self._limits = size, packed, opened, limits

    @property
    def title(self) -> str:
        """Its name, fit for a message."""
        return shortened("".join(char if char.isprintable() else "\ufffd" for char in self.name))

    @property
    def variable(self) -> str:
        """What it may be called in a line of Python."""
        return self.title if self.title.isidentifier() else "x"

    @cached_property
    def header(self) -> ArrayHeader:
        """Its header, which the bytes that are there agree with, unless they are Python objects."""
        header, start = self._start
        if header.dtype.hasobject:
            return header
        if min(header.shape, default=0) < 0:
            raise self._damaged()
        if header.dtype.itemsize == 0:
            raise self.refused("holds empty texts alone")
        if start + header.count * header.dtype.itemsize != self._size:
            raise self._damaged()
        if self._size > max(self._limits.ratio_free_bytes, self._limits.ratio * header.dtype.itemsize * self._packed):
            raise self.refused(
                f"would inflate to more than {self._limits.ratio:,.0f} times its size; save the file with numpy.savez, "
                "uncompressed"
            )
        return header

    def rows(self, stop: int | None = None) -> Iterator[NDArray[Any]]:
        """What is along the first axis, in order: all of it or the first `stop`, some at a time, (B, …)."""
        header = self.header
        count = header.shape[0] if stop is None else min(stop, header.shape[0])
        row_bytes = max(1, self._row_items) * header.dtype.itemsize
        if row_bytes > self._limits.file_bytes:
            raise self.refused(
                f"takes {row_bytes / MIB:,.0f} MiB for each of its {header.shape[0]:,} entries, more than the limit of "
                f"{self._limits.file_bytes / MIB:,.0f} MiB; make them smaller"
            )
        step = max(1, BLOCK_BYTES // row_bytes)
        try:
            if self._first_axis_fastest:
                yield from self._rows_across(count, step)
            else:
                with self._items() as file:
                    for start in range(0, count, step):
                        rows = min(step, count - start)
                        yield self._read(file, rows * self._row_items).reshape(rows, *header.shape[1:])
        except DatasetError:
            raise
        except _BROKEN as error:
            raise self._damaged() from error

    def stream(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """All items in the order of the file, flat and some at a time, each time after how many there were before."""
        header = self.header
        step = max(1, STREAM_BYTES // header.dtype.itemsize)
        try:
            with self._items() as file:
                for start in range(0, header.count, step):
                    yield start, self._read(file, min(step, header.count - start))
        except DatasetError:
            raise
        except _BROKEN as error:
            raise self._damaged() from error

    def rows_of(self, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where along the first axis items are, of which the places in the order of the file are given."""
        return items % self.header.shape[0] if self._first_axis_fastest else items // self._row_items

    def refused(self, problem: str) -> DatasetError:
        """The error for an array that cannot be used: `problem` follows its name, without a full stop."""
        return DatasetError(f"{self.file_name}: {self.title} {problem}.")

    def _damaged(self) -> DatasetError:
        return self.refused("is damaged or cut off; save the file anew")

    @property
    def _row_items(self) -> int:
        return math.prod(self.header.shape[1:])

    @property
    def _first_axis_fastest(self) -> bool:
        return self.header.fortran_order and sum(side > 1 for side in self.header.shape) > 1

    @cached_property
    def _start(self) -> tuple[ArrayHeader, int]:
        """The header as it stands there, and how many bytes it takes."""
        try:
            with self._opened() as file:
                # NumPy would read as much as a header claims to have.
                start = BytesIO(file.read(HEADER_BYTES))
            with warnings.catch_warnings():
                # Of headers by Python 2, which are read all the same, and of abbreviations that are none any more.
                warnings.simplefilter("ignore")
                shape, fortran_order, dtype = _VERSIONS[npy.read_magic(start)](start)
            return ArrayHeader(tuple(map(int, shape)), dtype, fortran_order), start.tell()
        except DatasetError:
            raise
        except Exception as error:
            # A hostile header may raise nearly anything.
            raise self._damaged() from error

    def _items(self) -> IO[bytes]:
        """The file, behind the header."""
        start = self._start[1]
        file = self._opened()
        _skip(file, start)
        return file

    def _read(self, file: IO[bytes], items: int) -> NDArray[Any]:
        dtype = self.header.dtype
        data = file.read(items * dtype.itemsize)
        if len(data) != items * dtype.itemsize:
            raise self._damaged()
        return np.frombuffer(data, dtype)

    def _rows_across(self, count: int, step: int) -> Iterator[NDArray[Any]]:
        """Rows of an array in Fortran order: their items lie far apart, so all is read for as many as can be held."""
        total = self.header.count * self.header.dtype.itemsize
        if total > FORTRAN_BYTES:
            raise self.refused(
                f"lies in Fortran order, in which its {total / MIB:,.0f} MiB take too long to read; save it as "
                f"numpy.ascontiguousarray({self.variable})"
            )
        held = max(1, HELD_BYTES // (self._row_items * self.header.dtype.itemsize))
        for start in range(0, count, held):
            yield from self._held_rows(start, min(start + held, count), step)

    def _held_rows(self, start: int, stop: int, step: int) -> Iterator[NDArray[Any]]:
        shape, dtype = self.header.shape, self.header.dtype
        columns = np.empty((self._row_items, stop - start), dtype)
        with self._items() as file:
            if (stop - start) * dtype.itemsize < SHORT_BYTES and shape[0] * dtype.itemsize <= BLOCK_BYTES:
                at_once = max(1, BLOCK_BYTES // (shape[0] * dtype.itemsize))
                for first in range(0, len(columns), at_once):
                    read = min(at_once, len(columns) - first)
                    columns[first : first + read] = self._read(file, read * shape[0]).reshape(read, -1)[:, start:stop]
            else:
                for column in columns:
                    _skip(file, start * dtype.itemsize)
                    column[:] = self._read(file, stop - start)
                    _skip(file, (shape[0] - stop) * dtype.itemsize)
        rows = columns.reshape(*shape[:0:-1], -1).transpose()
        for first in range(0, len(rows), step):
            yield rows[first : first + step].copy()


def _skip(file: IO[bytes], count: int) -> None:
    """Leaves out so many bytes; where they are inflated for that, only some at a time."""
    if file.seekable():
        file.seek(count, os.SEEK_CUR)
        return
    while count:
        skipped = len(file.read(min(count, STREAM_BYTES)))
        if not skipped:
            raise EOFError
        count -= skipped


def array_of_file(path: Path, files: ExitStack, limits: UploadLimits) -> StoredArray:
    """The one array of an .npy file; what is opened closes with `files`. Raises DatasetError where it is missing."""
    name = own_name(path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise DatasetError(f"{name} cannot be read ({error.strerror}); look whether it is still there.") from error
    return StoredArray(name, ALONE, size, size, lambda: files.enter_context(path.open("rb")), limits)


def array_of_member(
    file_name: str, archive: Archive, member: Member, files: ExitStack, limits: UploadLimits
) -> StoredArray:
    """An array of an open .npz file called `file_name`; what is opened closes with `files`."""

    def opened() -> IO[bytes]:
        if member.compress_type not in (STORED, DEFLATED):
            # NumPy never writes them, and their decompressors cannot be told where to stop.
            raise array.refused("is compressed in a way that arrays are not; save the file with numpy.savez")
        return files.enter_context(open_member(archive, member))

    name = member.filename.removesuffix(".npy")
    array = StoredArray(file_name, name, member.file_size, member.compress_size, opened, limits)
    return array
