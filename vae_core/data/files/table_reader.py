"""One table, in whatever form spreadsheets and scripts save it, and which of its rows name pictures."""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from itertools import islice, zip_longest
from typing import TextIO

from vae_core.data.files.encodings import SNIFFED, encoding_of_table, title_of_page
from vae_core.data.files.intake import MIB, UnusableFileError
from vae_core.data.files.picture_names import PictureNames, is_picture_name
from vae_core.data.files.pixel_tables import LOOKED_AT, pixel_table
from vae_core.data.files.unreadable import why_unreadable
from vae_core.progress import Pace, ProgressListener

MOST_ROWS = 1_000_000
MOST_COLUMNS = 1000
MOST_KEPT = 256 * MIB  # bytes of memory that the rows of pictures take, texts that are equal counted once
_CELL, _TEXT = 16, 56  # bytes of a cell, and of a text besides its characters
_LONGEST_LINE = MIB  # characters
_SEPARATORS = "\t;|, "  # commas behind others, where they may be decimal ones; spaces last, where words may be parted
_SAYS_SEPARATOR = re.compile(r'"?sep=([\t;|, ])"?\s*')  # a first line of Excel's own
_INVENTED = re.compile(r"column \d+\b")
_FIRST_ROWS = 50
_SURE_AFTER = 1000  # rows: a column that has named no picture by then will not
_NAME_COLUMNS = 50  # the column of file names is among the first ones
_SHARED_TEXTS = 100_000  # equal cells are kept once, as long as there are not more different ones
_NOT_NAMED = "It is a table, but none of its columns names the pictures."
_NAME_SEVERAL = "It is a table, but its names are those of several pictures each; write their folders into it as well."


@dataclass(frozen=True)
class Table:
    """The titles of a table's columns, which of them names pictures, and each named picture's row, by its place.

    `unlike` are the pictures that have further rows, which say something else; `guessed` is the code page that the
    table's words beyond ASCII seem to be in, None where that is sure.
    """

    header: list[str]
    name_column: int
    rows: dict[int, list[str]]
    unlike: frozenset[int]
    guessed: str | None


class _LooseQuoteError(Exception):
    """A quote closes within a cell, as in `"big" cat`."""


class NoTableError(Exception):
    """A file with a table's suffix is something else."""


class TableReader:
    """Reads one table twice: for the column that names the pictures, then for the rows that do."""

    def __init__(self, name: str, data: bytes, pictures: PictureNames, progress: ProgressListener) -> None:
        self._name, self._data, self._pictures, self._progress = name, data, pictures, progress
        self._encoding = encoding_of_table(data)
        self._separator = ","
        self._strict = True  # whether quotes are around whole cells
        self._by_number = False  # whether pictures are named by their numbers alone

    def read(self) -> Table:
        """Raises NoTableError for anything else, and UnusableFileError for a table that cannot be used."""
        if why_unreadable(BytesIO(self._data)) or pixel_table(self._data[:LOOKED_AT]):
            raise NoTableError
        try:
            return self._read()
        except _LooseQuoteError:
            self._strict = False
            return self._read()

    def _read(self) -> Table:
        self._separator = self._find_separator()
        first = list(islice(self._rows(), _FIRST_ROWS))
        name_column = self._find_name_column(first)
        place, header = self._find_header(first, name_column)
        rows: dict[int, tuple[bool, list[str]]] = {}
        unlike: set[int] = set()
        texts: dict[str, str] = {}
        kept = 0
        for row in islice(self._rows(), place, None):
            found = self._find(row[name_column] if name_column < len(row) else "")
            if found is None:
                continue
            picture, agrees = found
            cells = [texts.get(text) or _clean(text, texts) for text in row[: len(header)]]
            cells += [""] * (len(header) - len(cells))
            kept += _CELL * len(cells) + sum(_TEXT + len(cell) for cell in cells if cell not in texts)
            if kept > MOST_KEPT:
                raise UnusableFileError(
                    f"Its rows take more than {MOST_KEPT / MIB:,.0f} MiB of memory; leave out columns of numbers that "
                    "are no factors."
                )
            first_agrees, first_cells = rows.setdefault(picture, (agrees, cells))
            # Of several rows on a picture the first counts, but for one whose folder is another one's.
            if agrees and not first_agrees:
                rows[picture] = agrees, cells
            elif agrees == first_agrees and cells != first_cells:
                unlike.add(picture)
        return Table(
            header,
            name_column,
            {picture: row for picture, (_, row) in rows.items()},
            frozenset(unlike),
            self._guessed(),
        )

    def _find_separator(self) -> str:
        """The one that the table names, else the one that cuts most of the first rows into the same number of cells."""
        lines = self._data[:SNIFFED].decode(self._encoding, "replace").splitlines()
        if len(self._data) > SNIFFED:
            lines.pop()
        if lines and (said := _SAYS_SEPARATOR.fullmatch(lines[0])):
            return said[1]
        best, best_rank = "", (False, 0.8)
        for separator in _SEPARATORS:
            try:
                cut = csv.reader(_trimmed(lines, separator), delimiter=separator, skipinitialspace=True)
                rows = list(islice(filter(any, cut), _FIRST_ROWS))
            except csv.Error:
                continue
            width = _usual_width(rows)
            share = sum(len(row) == width for row in rows) / max(len(rows), 1)
            rank = any(self._pictures.find(cell, self._name) for row in rows for cell in row[:_NAME_COLUMNS]), share
            if width > 1 and share > 0.8 and rank > best_rank:
                best, best_rank = separator, rank
        if not best and not self._name.lower().endswith(".csv"):
            raise NoTableError
        return best or ","

    def _find_name_column(self, first: list[list[str]]) -> int:
        """The column whose cells name the most pictures: at least half of them, or half of the rows do.

        Names with a picture's suffix count twice: where pictures are called by numbers, those of rows name them, too.
        """
        found: dict[int, set[int]] = {}
        written_out: Counter[int] = Counter()
        candidates = _may_name(first)
        count = 0
        for count, row in enumerate(self._rows(), 1):
            if count == _SURE_AFTER and found:
                candidates = list(found)
            for column in candidates:
                if column < len(row) and (match := self._pictures.find(row[column], self._name)):
                    found.setdefault(column, set()).add(match[0])
                    written_out[column] += is_picture_name(row[column])
        weights = {column: len(named) + min(len(named), written_out[column]) for column, named in found.items()}
        best = max(weights, key=lambda column: (weights[column], -column), default=None)
        named = len(found[best]) if best is not None else 0
        most = len(self._pictures)
        if best is not None and named >= min(2, most) and 2 * named >= min(count - 1, most):
            return best
        if self._has_numbers():
            self._by_number = True
            return 0
        if self._separator == " ":  # prose, or numbers beside a picture
            raise NoTableError
        several = [sum(map(self._pictures.are_several, cells)) for cells in zip_longest(*first, fillvalue="")]
        raise UnusableFileError(_NAME_SEVERAL if 2 * max(several, default=0) > len(first) else _NOT_NAMED)

    def _has_numbers(self) -> bool:
        """Whether the first column holds the numbers of nearly all pictures, as spreadsheets leave `0007`."""
        found = {self._pictures.numbered(row[0]) for row in self._rows()}
        return len(found - {None}) > max(1, 0.9 * len(self._pictures))

    def _find(self, cell: str) -> tuple[int, bool] | None:
        """The picture that a cell of the names' column means, and whether their folders agree."""
        if not self._by_number:
            return self._pictures.find(cell, self._name)
        place = self._pictures.numbered(cell)
        return None if place is None else (place, True)

    def _find_header(self, first: list[list[str]], name_column: int) -> tuple[int, list[str]]:
        """How many rows come before those of pictures, and names for all columns."""
        before: list[list[str]] = []
        for row in first:
            cell = row[name_column] if name_column < len(row) else ""
            if self._find(cell) or is_picture_name(cell):
                break
            before.append(_without_hash(row))
        width = _usual_width(first)
        wide = [(place, row) for place, row in enumerate(before, 1) if len(row) >= width]
        if wide:
            place, row = min(wide, key=lambda entry: not all(entry[1][1:width]))  # a title has cells with nothing
            return place, _titles(row)
        after = first[len(before) :]
        for row in before:
            # R leaves out the title of its column of row names.
            if len(row) == width - 1 and after and all(len(other) == width for other in after):
                return len(before), _titles(["", *row])
        return len(before), _titles(max(before, key=len, default=[""] * width))

    def _guessed(self) -> str | None:
        return None if self._data.isascii() else title_of_page(self._encoding)

    def _rows(self) -> Iterator[list[str]]:
        """Rows with something in them. Raises UnusableFileError past the limits, and for quotes that do not match."""
        pace = Pace(self._progress, "Reading the table", len(self._data))
        raw = BytesIO(self._data)
        with TextIOWrapper(raw, encoding=self._encoding, errors="replace", newline="") as text:
            lines = _trimmed(_lines(text), self._separator)
            reader = csv.reader(lines, delimiter=self._separator, strict=self._strict, skipinitialspace=True)
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
                if self._strict and "expected after" in str(error):
                    raise _LooseQuoteError from error
                where = f"up to line {reader.line_num:,} a quote does not close or a cell is too long"
                raise UnusableFileError(f"It cannot be read as a table: {where}.") from error


def _trimmed(lines: Iterable[str], separator: str) -> Iterable[str]:
    """Lines without the spaces at both ends, where spaces part cells."""
    return (line.strip(" \r\n") + "\n" for line in lines) if separator == " " else lines


def _usual_width(rows: Sequence[Sequence[str]]) -> int:
    """How many cells most rows have."""
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 0


def _without_hash(row: list[str]) -> list[str]:
    """Titles without the sign of a comment before them."""
    return row[1:] if row[0] == "#" else [row[0].removeprefix("#").lstrip(), *row[1:]]


def _may_name(first: Sequence[Sequence[str]]) -> list[int]:
    """The columns that may hold names of pictures, by the table's first rows: those of more than two words."""
    columns = range(min(_NAME_COLUMNS, max(map(len, first), default=0)))
    if len(first) < 5:
        return list(columns)
    return [column for column in columns if len({row[column] for row in first if column < len(row)}) > 2]


def _lines(text: TextIO) -> Iterator[str]:
    """Lines, but for a first one that only says what separates cells."""
    first = True
    while line := text.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE and not line.endswith("\n"):
            raise UnusableFileError("It has a line of more than a million characters.")
        if not (first and _SAYS_SEPARATOR.fullmatch(line)):
            yield line
        first = False


def is_invented(title: str) -> bool:
    """Whether a column's title is none of its own."""
    return _INVENTED.match(title) is not None


def invented_title(place: int) -> str:
    """What a column without a title is called, by its place from 1."""
    return f"column {place}"


def _titles(row: Sequence[str]) -> list[str]:
    """Names for columns, each only once."""
    titles: list[str] = []
    for place, text in enumerate(row, 1):
        title = plain = _clean(text, {})[:80] or invented_title(place)
        number = 1
        while title in titles:
            number += 1
            title = f"{plain} ({number})"
        titles.append(title)
    return titles


def _clean(text: str, texts: dict[str, str]) -> str:
    """A cell composed, without control characters and the space around it; `texts` remembers what cells become."""
    plain = unicodedata.normalize("NFC", text.strip())
    if not plain.isprintable():
        plain = "".join(" " if ord(char) < 32 or 127 <= ord(char) < 160 else char for char in plain)
    if len(texts) < _SHARED_TEXTS:
        texts[text] = plain
    return plain
