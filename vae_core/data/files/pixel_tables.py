"""Tables whose rows are pictures, a pixel in each column, as those of competitions are: told from other tables."""

import math
import re
from typing import BinaryIO

_LOOKED_AT = 1 << 18  # bytes; the first two lines of a colour picture of 128 × 128 have fewer
_LEAST_SIDE = 8  # pixels
_NUMBER = re.compile(r"\s*-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?\s*")
_PIXEL = re.compile(r"(?:pixel|pix|px|p)?[ _.-]?\d+(?:[ _x×.-]\d+){0,2}", re.IGNORECASE)


def pixel_table(file: BinaryIO) -> str | None:
    """A sentence on such a table and what to do with it; None for any other file."""
    file.seek(0)
    start = file.read(_LOOKED_AT)
    if b"\0" in start:
        return None
    lines = start.decode("utf-8-sig", "replace").splitlines()[:2]
    for separator in (",", "\t", ";"):
        rows = [[cell.strip(" \"'") for cell in line.split(separator)] for line in lines]
        if len(rows) == 2 and len(rows[0]) == len(rows[1]) and all(map(_NUMBER.fullmatch, rows[1])):
            return _words(rows[0])
    return None


def _words(first: list[str]) -> str | None:
    headless = all(map(_NUMBER.fullmatch, first)) and not _counts_up(first)
    labels = [] if headless else [place for place, title in enumerate(first) if not _PIXEL.fullmatch(title)]
    if headless and _shape(len(first)) is None:
        labels = [0]
    found = _shape(len(first) - len(labels))
    if found is None or labels not in ([], [0], [len(first) - 1]):
        return None
    pixels, label = {(): (":", None), (0,): ("1:", 0)}.get(tuple(labels), (":-1", -1))
    words, shape = found
    return (
        f"It is a table of pixels, a picture of {words} in each row, and such tables are not read here. Write it as "
        f"arrays, in Python: `import numpy, pandas; t = pandas.read_csv('NAME.csv'{', header=None' * headless}); "
        f"numpy.savez('NAME.npz', images=t.iloc[:, {pixels}].to_numpy('uint8').reshape({shape})"
        f"{'' if label is None else f', labels=t.iloc[:, {label}]'})`, and hand in NAME.npz."
    )


def _counts_up(titles: list[str]) -> bool:
    """Whether they are the numbers of the columns."""
    return titles[1:_LEAST_SIDE] in ([str(start + place) for place in range(_LEAST_SIDE - 1)] for start in (0, 1))


def _shape(count: int) -> tuple[str, str] | None:
    """In words and as numpy takes it, where so many pixels are a square picture, grey or coloured."""
    for channels, words in ((1, "px"), (3, "px in colour")):
        side = math.isqrt(max(0, count) // channels)
        if side >= _LEAST_SIDE and side * side * channels == count:
            return f"{side} × {side} {words}", f"-1, {side}, {side}{', 3' * (channels == 3)}"
    return None
