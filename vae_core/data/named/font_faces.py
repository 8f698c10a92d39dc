"""The faces of a font file: each with what its own tables say of weight, slant and style, ready to be drawn.

FreeType draws, through Pillow; the tables are read by fontTools (OpenType specification 1.9: OS/2, fvar, and the
WOFF2 packing). Of tables only those of a fixed or bounded size are read: files may be broken, or made to do harm.
"""

import json
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli
from fontTools.ttLib import TTFont, TTLibError
from PIL import ImageFont

PIXELS = 240  # height of the type that letters are drawn in: far more than an image has, so hinting leaves no trace
MOST_FACES = 64  # in a collection, and in a variable font
_MOST_PACKED = 8 * 2**20  # bytes of a woff2 file; FreeType refuses one that would unpack to a hundred times that
_WEIGHTS = range(100, 1000, 100)  # of a variable font that names none
# What Pillow, fontTools and its decompressors raise for files that are broken.
BROKEN = (
    OSError,
    TTLibError,
    brotli.error,
    zlib.error,
    struct.error,
    ValueError,
    LookupError,
    AssertionError,
    AttributeError,
    TypeError,
    EOFError,
    OverflowError,
)
_NOT_LETTERS = re.compile(
    r"barcode|braille|dingbat|emoji|fleuron|\bicons?\b|ornament|redacted|symbol|wingding", re.IGNORECASE
)
_ITALIC = re.compile(r"italic|oblique|slanted|kursiv", re.IGNORECASE)
_BOLD = re.compile(r"\bbold|bold\b", re.IGNORECASE)


@dataclass(frozen=True)
class Face:
    """One face: `weight` as in CSS, 100 (thin) to 900 (black), `style` one of STYLES."""

    family: str
    weight: int
    italic: bool
    style: str
    font: ImageFont.FreeTypeFont


STYLES = ("serif", "sans", "monospace", "script", "decorative", "unknown")
# By name, where the tables are silent. The first that fits counts.
_STYLE_WORDS = (
    ("monospace", re.compile(r"\b(mono|code|typewriter)\b", re.IGNORECASE)),
    ("sans", re.compile(r"\b(sans|gothic|grotesk|grotesque)\b", re.IGNORECASE)),
    ("serif", re.compile(r"\b(serif|slab|roman|antiqua|bodoni|garamond|didot|caslon)\b", re.IGNORECASE)),
    ("script", re.compile(r"\b(script|hand|brush|handwriting)\b", re.IGNORECASE)),
)
_CATEGORIES = {
    "serif": "serif",
    "sans-serif": "sans",
    "monospace": "monospace",
    "handwriting": "script",
    "display": "decorative",
}
_MOST_TOLD = 1 << 16  # bytes


@dataclass(frozen=True)
class _Os2:
    """What the table OS/2 says; all zero where there is none."""

    weight: int = 0
    family_class: int = 0
    panose: bytes = bytes(10)
    selection: int = 0
    symbols: bool = False


def faces(path: Path) -> Iterator[Face]:
    """The faces of a file, variable ones at their named weights; none of fonts of symbols.

    The same font object may be yielded again at another weight: draw a face before the next one is asked for. Raises
    one of BROKEN where the file is no font.
    """
    if path.suffix.lower() == ".woff2" and path.stat().st_size > _MOST_PACKED:
        raise ValueError(f"it has more than {_MOST_PACKED >> 20} MiB")
    told = _told_beside(path)
    for index in range(_count(path)):
        # FreeType opens it first: it refuses a woff2 that unpacks to far more than its size.
        font = ImageFont.truetype(path, PIXELS, index=index, layout_engine=ImageFont.Layout.BASIC)
        number = index if path.suffix.lower() in (".ttc", ".otc") else -1
        # Opened here: fontTools leaves a file open that it refuses.
        with path.open("rb") as file, TTFont(file, fontNumber=number, lazy=True) as tables:
            yield from _faces(font, tables, told)


def _count(path: Path) -> int:
    """Faces in a file: one, or as many as the header of a collection says."""
    with path.open("rb") as file:
        header = file.read(12)
    if header[:4] != b"ttcf" or len(header) < 12:
        return 1
    return min(int(struct.unpack(">I", header[8:])[0]), MOST_FACES)


def _told_beside(path: Path) -> str:
    """The style that a package of web fonts (Fontsource) gives in `metadata.json`, a folder above; else unknown."""
    about = path.parent.parent / "metadata.json"
    try:
        if about.stat().st_size > _MOST_TOLD:
            return "unknown"
        return _CATEGORIES.get(json.loads(about.read_bytes())["category"], "unknown")
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return "unknown"


def _faces(font: ImageFont.FreeTypeFont, tables: TTFont, told: str) -> Iterator[Face]:
    family, name = (text or "" for text in font.getname())
    about = _os2(tables)
    if about.symbols or _NOT_LETTERS.search(family) or not family:
        return
    style = _style(family, font, about, told)
    italic = bool(about.selection & 0x201) or _ITALIC.search(name) is not None
    if "fvar" not in tables:
        yield Face(family, _weight(name, about), italic, style, font)
        return
    axes = tables["fvar"].axes[:MOST_FACES]
    for place in _places(tables["fvar"]):
        font.set_variation_by_axes([place[axis.axisTag] for axis in axes])
        slanted = place.get("ital", 0) >= 1 or place.get("slnt", 0) != 0
        weight = round(place["wght"]) if "wght" in place else _weight(name, about)
        yield Face(family, weight, italic or slanted, style, font)


def _places(variations: Any) -> Iterator[dict[str, float]]:
    """Where on its axes a variable font is drawn: at its named instances, else at the hundreds of its weight.

    Of instances that differ in nothing but optical size or width one a weight and slant is drawn, the first.
    """
    usual = {axis.axisTag: axis.defaultValue for axis in variations.axes}
    named = [usual | instance.coordinates for instance in variations.instances[: MOST_FACES * 4]]
    if not named:
        weights = [axis for axis in variations.axes if axis.axisTag == "wght"]
        named = [
            usual | {"wght": weight}
            for axis in weights
            for weight in _WEIGHTS
            if axis.minValue <= weight <= axis.maxValue
        ] or [usual]
    seen = set()
    for place in named:
        kind = tuple(place.get(tag) for tag in ("wght", "ital", "slnt"))
        if kind not in seen:
            seen.add(kind)
            yield place


def _os2(tables: TTFont) -> _Os2:
    if "OS/2" not in tables:
        return _Os2()
    data = tables.reader["OS/2"]
    if len(data) < 68:
        return _Os2()
    weight, family_class = struct.unpack_from(">4xH24xh", data)
    (selection,) = struct.unpack_from(">62xH", data)
    code_pages = struct.unpack_from(">78xI", data)[0] if len(data) >= 82 else 0
    panose = data[32:42]
    # Bit 31 of the code pages, class 12 and family kind 5 all mean pictures instead of letters.
    symbols = bool(code_pages >> 31) and code_pages & 0x7FFFFFFF == 0
    return _Os2(weight, family_class >> 8, panose, selection, symbols or panose[0] == 5 or family_class >> 8 == 12)


def _weight(name: str, about: _Os2) -> int:
    weight = about.weight
    if 0 < weight < 10:  # as the first version of the table had it
        weight *= 100
    bold = about.selection & 0x20 or _BOLD.search(name)
    # Many bold faces were left at the weight that their editor sets.
    if bold and weight in (0, 400, 500):
        return 700
    return min(max(weight or 400, 1), 1000)


def _style(family: str, font: ImageFont.FreeTypeFont, about: _Os2, told: str) -> str:
    """By what is drawn, then PANOSE, the class of the family, its package and its name; no guess beyond these."""
    kind, serifs = about.panose[0], about.panose[1]
    if font.getlength("i") == font.getlength("M") > 0:
        return "monospace"
    if kind in (3, 4):
        return "script" if kind == 3 else "decorative"
    if kind == 2 and 2 <= serifs <= 15:
        return "serif" if serifs <= 10 else "sans"
    classes = dict.fromkeys((1, 2, 3, 4, 5, 7), "serif") | {8: "sans", 9: "decorative", 10: "script"}
    if about.family_class in classes:
        return classes[about.family_class]
    if told != "unknown":
        return told
    return next((style for style, words in _STYLE_WORDS if words.search(family)), "unknown")
