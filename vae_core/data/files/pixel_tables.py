"""Tables whose rows are pictures, a pixel in each column, as those of competitions are: told from other tables."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from vae_core.data.files.picture_names import is_picture_name

LOOKED_AT = 1 << 18  # bytes; the first two lines of a picture of 128 × 128 have fewer
MOST_BESIDE = 4  # columns that are no pixels
_LEAST_SIDE = 8  # pixels
_NUMBER = re.compile(r"\s*-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?\s*")
_PIXEL = re.compile(r"(?:pixel|pix|px|p)?[ _.-]?\d+(?:[ _x×.-]\d+){0,2}", re.IGNORECASE)
_INDEX = re.compile(r"(?:unnamed: ?0|(?:image|picture|row)?[ _-]?(?:id|index|no|nr|number)\.?)?", re.IGNORECASE)
_LABEL = re.compile(r"labels?|class(?:es)?|targets?|y|categor(?:y|ies)", re.IGNORECASE)


@dataclass(frozen=True)
class PixelTable:
    """How pictures of `side` × `side` pixels lie in the rows of a table, which has a `head` above them or none.

    `before` and `after` are how many cells come before and after the pixels; `label` is the place among those of the
    one that is the picture's class. `within` stands between pixels: a space where they share a cell.
    """

    separator: str
    within: str
    head: bool
    before: int
    after: int
    label: int | None
    side: int
    channels: int

    @property
    def pixels(self) -> int:
        """Numbers in a picture."""
        return self.side**2 * self.channels

    @property
    def columns(self) -> int:
        """Cells in a row."""
        return self.before + (self.pixels if self.within == self.separator else 1) + self.after

    @property
    def words(self) -> str:
        """What it is, in a sentence without its end."""
        size = f"{self.side} × {self.side} px{' in colour' if self.channels > 1 else ''}"
        return f"It is a table of pixels, a picture of {size} in each row"


def pixel_table(start: bytes) -> PixelTable | None:
    """How pictures lie in a table of which these are the first bytes; None for any other file."""
    if b"\0" in start:
        return None
    lines = start.decode("utf-8-sig", "replace").splitlines()[:2]
    for separator in (",", "\t", ";"):
        rows = [[cell.strip(" \"'") for cell in line.split(separator)] for line in lines]
        if len(rows) == 2 and len(rows[0]) == len(rows[1]) > 1:
            return _in_cells(separator, *rows) or _in_a_cell(separator, *rows)
    return None


def _in_cells(separator: str, first: list[str], second: list[str]) -> PixelTable | None:
    count = len(second)
    numeric = [bool(_NUMBER.fullmatch(cell)) for cell in second]
    head = not all(map(_NUMBER.fullmatch, first[1:-1])) or _counts_up(first)
    if head:
        beside = [place for place, title in enumerate(first) if not _PIXEL.fullmatch(title)]
    elif _shape(count):
        beside = []
    else:  # one cell more than a square has
        beside = [count - 1 if numeric[0] and not numeric[-1] else 0]
    before = next((number for number in range(len(beside)) if beside[number] != number), len(beside))
    after = len(beside) - before
    shape = _shape(count - len(beside))
    if shape is None or len(beside) > MOST_BESIDE or beside[before:] != list(range(count - after, count)):
        return None
    if not all(numeric[before : count - after]) or any(is_picture_name(second[place]) for place in beside):
        return None  # or numbers on the pictures that it names
    titles = [first[place] for place in beside] if head else ["label"] * len(beside)
    return PixelTable(separator, separator, head, before, after, _label(titles), *shape)


def _in_a_cell(separator: str, first: list[str], second: list[str]) -> PixelTable | None:
    for place, cell in enumerate(second):
        numbers = cell.split()
        shape = _shape(len(numbers))
        if shape is None or len(second) > MOST_BESIDE + 1 or not all(map(_NUMBER.fullmatch, numbers)):
            continue
        head = len(first[place].split()) == 1
        titles = [*first[:place], *first[place + 1 :]] if head else ["label"] * (len(second) - 1)
        return PixelTable(separator, " ", head, place, len(second) - place - 1, _label(titles), *shape)
    return None


def _label(titles: Sequence[str]) -> int | None:
    """Which of the columns beside the pixels tells the class: one that says so, else the first that doesn't count."""
    said = [place for place, title in enumerate(titles) if _LABEL.fullmatch(title)]
    others = [place for place, title in enumerate(titles) if not _INDEX.fullmatch(title)]
    return next(iter([*said, *others]), None)


def _counts_up(titles: list[str]) -> bool:
    """Whether they are the numbers of the columns."""
    return titles[1:_LEAST_SIDE] in ([str(start + place) for place in range(_LEAST_SIDE - 1)] for start in (0, 1))


def _shape(count: int) -> tuple[int, int] | None:
    """Side and channels where so many numbers are a square picture, grey or coloured."""
    for channels in (1, 3):
        side = math.isqrt(max(0, count) // channels)
        if side >= _LEAST_SIDE and side * side * channels == count:
            return side, channels
    return None
