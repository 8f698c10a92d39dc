"""Pictures that lie in the rows of tables: written to the disk as arrays, some rows at a time, and read as such."""

import re
import warnings
from array import array
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from vae_core.data.files.arrays import ArrayFile
from vae_core.data.files.encodings import encoding_of_table
from vae_core.data.files.intake import (
    MIB,
    FileNote,
    FileSource,
    TableFile,
    UnusableFileError,
    UploadLimits,
    own_name,
    telling_of_room,
)
from vae_core.data.files.picture_names import is_picture_name
from vae_core.data.files.pixel_tables import LOOKED_AT, PixelTable, pixel_table
from vae_core.data.files.split_words import purposes
from vae_core.data.files.stored_array import StoredArray
from vae_core.errors import DatasetError
from vae_core.progress import Pace, ProgressListener
from vae_core.scratch import Scratch

BLOCK = MIB  # bytes of a table that are read at once
LONGEST_ROW = 4 * MIB  # bytes
LISTED = 6  # tables
WHITE = 255
BESIDE = "It is left out beside the tables of pixels."
_WHOLE_NUMBER = re.compile(rb"-?\d{1,15}(?:\.0*)?")


class _NoBytesError(Exception):
    """Pixels are no whole numbers from 0 to 255."""


def tables_of_pixels(source: FileSource) -> dict[str, PixelTable]:
    """The tables of pixels among files none of which is called a picture: beside pictures they are no data."""
    if any(map(is_picture_name, source.names)):
        return {}
    found = ((name, _looked_at(file)) for name, file in source.tables.items())
    return {name: table for name, table in found if table is not None}


def _looked_at(file: TableFile) -> PixelTable | None:
    try:
        with file.open() as content:
            return pixel_table(content.read(LOOKED_AT))
    except (UnusableFileError, OSError):
        return None  # whoever reads the source says so


@contextmanager
def open_tables(
    source: FileSource, tables: Mapping[str, PixelTable], limits: UploadLimits, progress: ProgressListener
) -> Iterator[ArrayFile]:
    """The pictures of such tables. Two that are called train and test are these parts.

    Raises DatasetError, naming the table and the row, where they cannot be read or do not say which is which.
    """
    name = own_name(source.path)
    parts = _parts(name, tables)
    for title, table in tables.items():
        limits.check_whole(title, source.tables[title].size)
        _check_colour(title, table)
    pace = Pace(progress, "Reading the table", sum(source.tables[title].size for title in parts))
    arrays: list[StoredArray] = []
    with ExitStack() as files:
        with telling_of_room(name):
            folder = files.enter_context(Scratch()).folder
            done = 0
            for number, (title, part) in enumerate(parts.items()):
                rows = _Rows(title, tables[title], source.tables[title], pace, done)
                for word, path in rows.write(folder / str(number)).items():
                    arrays.append(_array(name, f"{part}_{word}".strip("_"), path, files, limits))
                done += source.tables[title].size
        others = [other for other in (*source.names, *(file.name for file in source.skipped)) if other not in tables]
        yield ArrayFile(name, arrays, beside=[FileNote(other, BESIDE) for other in others])


def _parts(name: str, tables: Mapping[str, PixelTable]) -> dict[str, str]:
    """What each table is for, an empty word where it is the only one. Raises DatasetError where that is not clear."""
    if len(tables) == 1:
        return dict.fromkeys(tables, "")
    stems = {PurePosixPath(title).with_suffix("").as_posix(): title for title in tables}
    said = purposes(stems)
    if len(said) < len(tables) or len(set(said.values())) < len(said):
        listed = ", ".join(list(tables)[:LISTED]) + (", …" if len(tables) > LISTED else "")
        raise DatasetError(
            f"{name} holds several tables of pixels ({listed}); hand in one, or two that are called train.csv and "
            "test.csv."
        )
    return {stems[stem]: part for stem, part in said.items()}


def _check_colour(title: str, table: PixelTable) -> None:
    """Raises DatasetError, with the lines that mend it, for colours in an order that nobody tells."""
    if table.channels == 1:
        return
    side, stop = table.side, table.before + table.pixels
    head = "" if table.head else ", header=None"
    label = "" if table.label is None else f", labels=t.iloc[:, {_column(table)}]"
    lines = (
        f"import numpy, pandas; t = pandas.read_csv('NAME.csv', sep={table.separator!r}{head}); "
        f"x = t.iloc[:, {table.before}:{stop}].to_numpy('uint8').reshape(-1, {side}, {side}, 3); "
        f"numpy.savez('NAME.npz', images=x{label})"
    )
    raise DatasetError(
        f"{title}: {table.words}, in an order that it does not say. Write it as arrays, in Python: `{lines}` where "
        f"colours alternate, with .reshape(-1, 3, {side}, {side}) where all red comes first; and hand in NAME.npz."
    )


def _column(table: PixelTable) -> int:
    """The place of the label in a row."""
    assert table.label is not None
    return table.label if table.label < table.before else table.label + table.pixels


def _array(file_name: str, name: str, path: Path, files: ExitStack, limits: UploadLimits) -> StoredArray:
    size = path.stat().st_size
    return StoredArray(file_name, name, size, size, lambda: files.enter_context(path.open("rb")), limits)


class _Rows:
    """The rows of one table on their way to arrays."""

    def __init__(self, title: str, table: PixelTable, file: TableFile, pace: Pace, done: int) -> None:
        self._title, self._table, self._file, self._pace, self._done = title, table, file, pace, done
        self._separator = table.separator.encode()

    def write(self, folder: Path) -> dict[str, Path]:
        """Write `images`, bytes where pixels are such, and `labels` where there are some.

        Raises DatasetError for rows that are no pictures, OSError where there is no room.
        """
        folder.mkdir()
        images = folder / "images.npy"
        try:
            labels = self._write(images, np.dtype(np.uint8))
        except _NoBytesError:
            labels = self._write(images, np.dtype(np.float32))
        if self._table.label is None:
            return {"images": images}
        np.save(folder / "labels.npy", labels)
        return {"images": images, "labels": folder / "labels.npy"}

    def _write(self, path: Path, dtype: np.dtype[Any]) -> NDArray[Any]:
        codes = array("q")
        seen: dict[bytes, int] = {}
        shape = (self._table.side, self._table.side)
        header = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False}
        with path.open("wb") as out:
            npy.write_array_header_1_0(out, header | {"shape": (0, *shape)})
            for lines in self._lines():
                rows = [self._cut(number, line) for number, line in lines]
                pixels = self._numbers([(number, pixels) for (number, _), (_, pixels) in zip(lines, rows, strict=True)])
                if dtype == np.uint8 and not ((pixels >= 0) & (pixels <= WHITE) & (pixels == np.floor(pixels))).all():
                    raise _NoBytesError
                out.write(pixels.astype(dtype).tobytes())
                codes.extend(seen.setdefault(label, len(seen)) for label, _ in rows)
            out.seek(0)
            # As long as before: NumPy leaves room for the number of rows.
            npy.write_array_header_1_0(out, header | {"shape": (len(codes), *shape)})
        return _values(list(seen))[np.frombuffer(codes, np.int64)]

    def _lines(self) -> Iterator[list[tuple[int, bytes]]]:
        """Rows with their numbers in the file, from 1, some at a time; without the head and what is empty."""
        number, rest, read = 0, b"", 0
        try:
            with self._file.open() as file:
                while True:
                    block = file.read(BLOCK)
                    *whole, rest = (rest + block).replace(b'"', b"").split(b"\n")
                    if not block:
                        whole, rest = [rest], b""
                    if len(rest) > LONGEST_ROW:
                        raise self._refused(number + 1, "is too long for a picture")
                    found = [(number + place, line.strip(b" \r")) for place, line in enumerate(whole, 1)]
                    number += len(whole)
                    if lines := [(at, line) for at, line in found if line and not (at == 1 and self._table.head)]:
                        yield lines
                    read += len(block)
                    self._pace.at(self._done + read)
                    if not block:
                        return
        except UnusableFileError as error:
            raise DatasetError(f"{self._title}: {error}") from error

    def _cut(self, number: int, line: bytes) -> tuple[bytes, bytes]:
        """A row's label, empty where there is none, and its pixels."""
        table, cells = self._table, line.count(self._separator) + 1
        if cells != table.columns:
            raise self._refused(number, f"has {cells:,} cells, and the first one {table.columns:,}")
        *before, line = line.split(self._separator, table.before)
        line, *after = line.rsplit(self._separator, table.after)
        return b"" if table.label is None else (before + after)[table.label].strip(b" '"), line

    def _numbers(self, rows: list[tuple[int, bytes]]) -> NDArray[Any]:
        """The pixels of rows (B, P), whole numbers where all are."""
        count = self._table.pixels
        within = self._table.within
        text = within.encode().join(pixels for _, pixels in rows)
        for dtype in (np.int32, np.float64):
            if (numbers := _parsed(text, dtype, within, len(rows) * count)) is not None:
                return numbers.reshape(-1, count)
        for number, pixels in rows:
            if _parsed(pixels, np.float64, within, count) is None:
                raise self._refused(number, f"is no picture of {self._table.side} × {self._table.side} numbers")
        raise self._refused(rows[0][0], "and those behind it can't be told apart")

    def _refused(self, number: int, problem: str) -> DatasetError:
        return DatasetError(f"{self._title}: row {number:,} {problem}; mend it, or leave it out.")


def _parsed(text: bytes, dtype: type[np.generic], separator: str, count: int) -> NDArray[Any] | None:
    """So many numbers, or None where a text holds something else."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # of what is behind the last number that can be read
        try:
            numbers = np.fromstring(text, dtype, sep=separator)
        except (DeprecationWarning, ValueError):
            return None
    return numbers if len(numbers) == count else None


def _values(labels: list[bytes]) -> NDArray[Any]:
    """Labels as numbers where all are whole ones, else as words."""
    if all(map(_WHOLE_NUMBER.fullmatch, labels)):
        return np.array([int(label.partition(b".")[0]) for label in labels])
    encoding = encoding_of_table(b"\n".join(labels))
    return np.array([label.decode(encoding, "replace") for label in labels])
