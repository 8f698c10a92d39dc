"""A table beside the pictures: one that names them, in whatever form spreadsheets and scripts save it."""

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO, TextIOWrapper
from pathlib import PurePosixPath
from typing import TextIO

from vae_core.data.files.encodings import SNIFFED, encoding_of_table
from vae_core.data.files.intake import MIB, FileSource, SkippedFile, UnusableFileError
from vae_core.data.files.unreadable import why_unreadable
from vae_core.progress import Pace, ProgressListener

SUFFIXES = (".csv", ".tsv", ".txt", ".tab")
MOST_BYTES = 64 * MIB  # of all tables of a source together
MOST_ROWS = 1_000_000
MOST_COLUMNS = 1000
_LONGEST_LINE = MIB  # characters
_SEPARATORS = "\t;|,"  # commas last: where there are others, commas may be decimal ones
_FIRST_ROWS = 50
_SURE_AFTER = 1000  # rows: a column that has named no picture by then will not
_NAME_COLUMNS = 50  # the column of file names is among the first ones
_SHARED_TEXTS = 100_000  # equal cells are kept once, as long as there are not more different ones
_PICTURE_SUFFIX = re.compile(r"\.(png|jpe?g|jpe|jfif|webp|gif|bmp|tiff?|p[pgbn]m|heic|dcm)")
_NOT_NAMED = "It is a table, but none of its columns names the pictures."


@dataclass(frozen=True)
class Tables:
    """What the tables of a source say of its pictures: columns aligned to them, empty texts where there is no word.

    `name_columns` are those that name the pictures; `without_row` counts the pictures that no table names.
    """

    files: tuple[str, ...] = ()
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    name_columns: frozenset[str] = frozenset()
    without_row: int = 0


@dataclass(frozen=True)
class _Table:
    header: list[str]
    name_column: int
    rows: dict[int, list[str]]


def is_table_name(name: str) -> bool:
    """Whether a file's suffix is one that tables have."""
    return PurePosixPath(name.lower()).suffix in SUFFIXES


def read_tables(
    source: FileSource, suspects: dict[int, str], pictures: Sequence[str], progress: ProgressListener
) -> tuple[Tables, list[SkippedFile]]:
    """Reads the files that may be tables, and joins those that name the pictures.

    `suspects` are places in the source, each with what is to be said of a file that is no table. Columns of one name
    are one column; where two tables have a word for the same picture, the first one's counts. The second result are
    the files that cannot be used, and why.
    """
    if not suspects:
        return Tables(), []
    names = PictureNames(pictures)
    tables: dict[str, _Table] = {}
    skipped: list[SkippedFile] = []
    left = MOST_BYTES
    pace = Pace(progress, "Looking for tables", len(suspects))
    for done, (index, otherwise) in enumerate(suspects.items(), 1):
        name = source.names[index]
        try:
            with source.open(index) as file:
                data = file.read(left + 1)
            if len(data) > left:
                raise UnusableFileError(f"The tables have more than {MOST_BYTES / MIB:,.0f} MiB; make them smaller.")
            left -= len(data)
            tables[name] = _TableReader(name, data, names, progress).read()
        except _NoTableError:
            skipped.append(SkippedFile(name, otherwise))
        except UnusableFileError as error:
            skipped.append(SkippedFile(name, str(error)))
        except OSError as error:
            skipped.append(SkippedFile(name, f"It cannot be read ({error.strerror or error})."))
        pace.at(done)
    return _joined(tables, len(pictures)) if tables else Tables(), skipped


def _joined(tables: dict[str, _Table], count: int) -> Tables:
    columns: dict[str, list[str]] = {}
    named: set[int] = set()
    for table in tables.values():
        named |= table.rows.keys()
        for place, title in enumerate(table.header):
            column = columns.setdefault(title, [""] * count)
            for picture, row in table.rows.items():
                column[picture] = column[picture] or row[place]
    return Tables(
        files=tuple(tables),
        columns={title: tuple(column) for title, column in columns.items()},
        name_columns=frozenset(table.header[table.name_column] for table in tables.values()),
        without_row=count - len(named),
    )


class PictureNames:
    """The pictures of a source, found by what tables call them."""

    def __init__(self, names: Sequence[str]) -> None:
        self._paths = [_plain_path(name) for name in names]
        self._by_stem: dict[str, list[int]] = {}
        for place, path in enumerate(self._paths):
            self._by_stem.setdefault(_stem(_last_part(path)), []).append(place)

    def __len__(self) -> int:
        return len(self._paths)

    def find(self, value: str, table: str = "") -> tuple[int, bool] | None:
        """The place of the picture that a cell of the file `table` names, and whether their folders agree.

        Among pictures of one name the folders that the cell writes decide, then the table's own folder, then its
        name. None where it names no picture, or no single one.
        """
        if not value or len(value) > 1000:
            return None
        path = _plain_path(value)
        own = _last_part(path)
        found = self._by_stem.get(own)
        if found is None:
            stem = _stem(own)
            found = self._by_stem.get(stem)
            if found is None:
                return None
            whole = [place for place in found if _last_part(self._paths[place]) == own]
            found = whole or [place for place in found if _may_be(own[len(stem) :], _last_part(self._paths[place]))]
        folder = path[: -len(own)]
        if len(found) > 1:
            found = self._nearest(found, folder, _plain_path(table))
        if len(found) != 1:
            return None
        own_folder = self._paths[found[0]].rpartition("/")[0]
        return found[0], not folder or not own_folder or _last_part(folder[:-1]) == _last_part(own_folder)

    def _nearest(self, found: list[int], folder: str, table: str) -> list[int]:
        own_folders = {place: f"/{self._paths[place].rpartition('/')[0]}/".replace("//", "/") for place in found}
        written = folder.strip("/").split("/") if folder else []
        for start in range(len(written)):
            tail = f"/{'/'.join(written[start:])}/"
            if agreeing := [place for place in found if own_folders[place].endswith(tail)]:
                return agreeing
        beside, _, table_name = table.rpartition("/")
        near = [place for place in found if beside and own_folders[place].startswith(f"/{beside}/")]
        called = [place for place in found if f"/{_stem(table_name)}/" in own_folders[place]]
        return next((chosen for chosen in (near, called) if len(chosen) == 1), found)


class _NoTableError(Exception):
    """A file with a table's suffix is something else."""


class _TableReader:
    """Reads one table twice: for the column that names the pictures, then for the rows that do."""

    def __init__(self, name: str, data: bytes, pictures: PictureNames, progress: ProgressListener) -> None:
        self._name, self._data, self._pictures, self._progress = name, data, pictures, progress
        self._encoding = encoding_of_table(data)
        self._separator = ","

    def read(self) -> _Table:
        """Raises _NoTableError for anything else, and UnusableFileError for a table that cannot be used."""
        if why_unreadable(BytesIO(self._data)):
            raise _NoTableError
        self._separator = self._find_separator()
        name_column = self._find_name_column()
        rows: dict[int, tuple[bool, list[str]]] = {}
        header: list[str] | None = None
        texts: dict[str, str] = {}
        for row in self._rows():
            cell = row[name_column] if name_column < len(row) else ""
            found = self._pictures.find(cell, self._name)
            if header is None:
                has_header = found is None and not is_picture_name(cell)
                header = _titles(row if has_header else [""] * len(row))
                if has_header:
                    continue
            if found is None:
                continue
            picture, agrees = found
            # Of several rows on a picture the first counts, but for one whose folder is another one's.
            if picture not in rows or (agrees and not rows[picture][0]):
                cells = [texts.get(text) or _clean(text, texts) for text in row[: len(header)]]
                rows[picture] = agrees, cells + [""] * (len(header) - len(cells))
        assert header is not None  # a name column was found in some row
        return _Table(header, name_column, {picture: row for picture, (_, row) in rows.items()})

    def _find_separator(self) -> str:
        """The one that cuts the first rows into the same number of cells."""
        lines = self._data[:SNIFFED].decode(self._encoding, "replace").splitlines()
        if len(self._data) > SNIFFED:
            lines.pop()
        best, best_share = "", 0.8
        for separator in _SEPARATORS:
            try:
                rows = [row for row in csv.reader(lines, delimiter=separator) if row][:_FIRST_ROWS]
            except csv.Error:
                continue
            if rows and len(rows[0]) > 1:
                share = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
                if share > best_share:
                    best, best_share = separator, share
        if not best and not self._name.lower().endswith(".csv"):
            raise _NoTableError
        return best or ","

    def _find_name_column(self) -> int:
        """The column whose cells name the most pictures: at least half of them, or half of the rows do."""
        found: dict[int, set[int]] = {}
        candidates: list[int] = []
        first: list[list[str]] = []
        count = 0
        for count, row in enumerate(self._rows(), 1):
            if count <= _FIRST_ROWS:
                first.append(row)
                candidates = _may_name(first)
            elif count == _SURE_AFTER and found:
                candidates = list(found)
            for column in candidates:
                if column < len(row) and (match := self._pictures.find(row[column], self._name)):
                    found.setdefault(column, set()).add(match[0])
        best = max(found, key=lambda column: (len(found[column]), -column), default=None)
        if best is None:
            raise UnusableFileError(_NOT_NAMED)
        named = len(found[best])
        if named < min(2, len(self._pictures)) or 2 * named < min(count - 1, len(self._pictures)):
            raise UnusableFileError(_NOT_NAMED)
        return best

    def _rows(self) -> Iterator[list[str]]:
        """Rows with something in them. Raises UnusableFileError past the limits, and for quotes that do not match."""
        pace = Pace(self._progress, "Reading the table", len(self._data))
        raw = BytesIO(self._data)
        with TextIOWrapper(raw, encoding=self._encoding, errors="replace", newline="") as text:
            reader = csv.reader(_lines(text), delimiter=self._separator, strict=True, skipinitialspace=True)
            count = 0
            try:
                for row in reader:
                    count += any(row)
                    if count > MOST_ROWS or len(row) > MOST_COLUMNS:
                        raise UnusableFileError(f"It has more than {MOST_ROWS:,} rows or {MOST_COLUMNS:,} columns.")
                    if any(row):
                        yield row
                    pace.at(min(raw.tell(), len(self._data) - 1))
                pace.at(len(self._data))
            except csv.Error as error:
                where = f"up to line {reader.line_num:,} a quote does not close or a cell is too long"
                raise UnusableFileError(f"It cannot be read as a table: {where}.") from error


def _may_name(first: list[list[str]]) -> list[int]:
    """The columns that may hold names of pictures, by the table's first rows: those of more than two words."""
    columns = range(min(_NAME_COLUMNS, max(map(len, first))))
    if len(first) < 5:
        return list(columns)
    return [column for column in columns if len({row[column] for row in first if column < len(row)}) > 2]


def _lines(text: TextIO) -> Iterator[str]:
    while line := text.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE and not line.endswith("\n"):
            raise UnusableFileError("It has a line of more than a million characters.")
        yield line


def _titles(row: list[str]) -> list[str]:
    """Names for columns, each only once."""
    titles: list[str] = []
    for place, text in enumerate(row, 1):
        title = plain = _clean(text, {})[:80] or f"column {place}"
        number = 1
        while title in titles:
            number += 1
            title = f"{plain} ({number})"
        titles.append(title)
    return titles


def _clean(text: str, texts: dict[str, str]) -> str:
    """A cell without control characters and the space around it; `texts` remembers what cells become."""
    plain = text.strip()
    if not plain.isprintable():
        plain = "".join(" " if ord(char) < 32 or 127 <= ord(char) < 160 else char for char in plain)
    if len(texts) < _SHARED_TEXTS:
        texts[text] = plain
    return plain


def is_picture_name(value: str) -> bool:
    """Whether a text ends as picture files do."""
    name = value.strip().lower()
    return _PICTURE_SUFFIX.fullmatch(name[len(_stem(name)) :]) is not None


def _plain_path(name: str) -> str:
    path = name.strip().replace("\\", "/").removeprefix("./")
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


def _last_part(path: str) -> str:
    return path.rpartition("/")[2]


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _may_be(suffix: str, name: str) -> bool:
    """Whether a file of this name may be meant by one with this suffix: it may have been converted since."""
    return name.endswith(suffix) or _PICTURE_SUFFIX.fullmatch(suffix) is not None
