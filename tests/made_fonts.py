"""Tiny fonts, made on the spot: letters of a few strokes, and emoji that are squares of one colour."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import newTable
from fontTools.ttLib.tables.BitmapGlyphMetrics import SmallGlyphMetrics
from fontTools.ttLib.tables.C_B_D_T_ import cbdt_bitmap_format_17
from fontTools.ttLib.tables.E_B_L_C_ import BitmapSizeTable, SbitLineMetrics, Strike, eblc_index_sub_table_1
from PIL import Image

Box = tuple[int, int, int, int]  # left, bottom, right, top; an em is 1000

# Every letter is two bars, no two letters alike.
LETTERS: dict[str, list[Box]] = {
    "A": [(0, 0, 200, 800), (0, 300, 500, 500)],
    "R": [(300, 0, 500, 800), (0, 0, 500, 200)],
    "a": [(0, 0, 100, 400), (0, 300, 300, 400)],
    "e": [(0, 0, 400, 100), (300, 0, 400, 300)],
    "g": [(0, 0, 300, 100), (0, -200, 100, 300)],
    "t": [(100, 0, 200, 600), (0, 400, 300, 500)],
}
_NOTDEF: list[Box] = [(0, 0, 400, 700)]
_USUAL = 2  # PANOSE: Latin text
_LINE_FIELDS = (
    "ascender",
    "descender",
    "widthMax",
    "caretSlopeNumerator",
    "caretSlopeDenominator",
    "caretOffset",
    "minOriginSB",
    "minAdvanceSB",
    "maxBeforeBL",
    "minAfterBL",
    "pad1",
    "pad2",
)


def make_font(
    path: Path,
    family: str,
    *,
    letters: Mapping[str, list[Box]] = LETTERS,
    weight: int = 400,
    style: str = "Regular",
    panose: tuple[int, int] = (_USUAL, 11),
    thicker: int = 0,
    instances: Sequence[int] = (),
    variable: bool = False,
    mono: bool = False,
) -> Path:
    """A face of boxes, each grown to the right by `thicker`; a variable one grows by its weight over 100.

    `panose` is the kind of family and the kind of serifs; a path that ends in .woff2 is packed.
    """
    names = {letter: f"letter{number}" for number, letter in enumerate([*letters, "i", "M"])}
    boxes = {".notdef": _NOTDEF, names["i"]: [(0, 0, 100, 500)], names["M"]: [(0, 0, 700, 700)]}
    boxes |= {names[letter]: some for letter, some in letters.items()}
    grown = {name: [(a, b, c + thicker, d) for a, b, c, d in some] for name, some in boxes.items()}
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(list(grown))
    builder.setupCharacterMap({ord(letter): name for letter, name in names.items()})
    builder.setupGlyf({name: _outline(some) for name, some in grown.items()})
    wide = {name: 600 if mono else 100 + max(box[2] for box in some) for name, some in grown.items()}
    builder.setupHorizontalMetrics({name: (width, 0) for name, width in wide.items()})
    builder.setupHorizontalHeader(ascent=900, descent=-300)
    builder.setupNameTable({"familyName": family, "styleName": style})
    builder.setupOS2(sTypoAscender=900, usWinAscent=900, usWinDescent=300, usWeightClass=weight)
    builder.setupPost()
    builder.font["OS/2"].panose.bFamilyType, builder.font["OS/2"].panose.bSerifStyle = panose
    if variable:
        named = [{"stylename": f"W{value}", "location": {"wght": value}} for value in instances]
        builder.setupFvar([("wght", 100, 100, 900, "Weight")], named)
        builder.setupGvar({name: [_growth(some)] for name, some in grown.items()})
    if path.suffix == ".woff2":
        builder.font.flavor = "woff2"
    path.parent.mkdir(parents=True, exist_ok=True)
    builder.font.save(path)
    return path


def _outline(boxes: Sequence[Box]) -> Any:
    pen = TTGlyphPen(None)
    for left, bottom, right, top in boxes:
        pen.moveTo((left, bottom))
        for point in ((left, top), (right, top), (right, bottom)):
            pen.lineTo(point)
        pen.closePath()
    return pen.glyph()


def _growth(boxes: Sequence[Box]) -> Any:
    """The right edges move by 80 units from the lightest to the heaviest; four more points are the metrics'."""
    from fontTools.ttLib.tables.TupleVariation import TupleVariation

    return TupleVariation({"wght": (0, 1, 1)}, [(0, 0), (0, 0), (80, 0), (80, 0)] * len(boxes) + [(0, 0)] * 4)


def make_emoji_font(path: Path, colours: Mapping[str, tuple[int, int, int]]) -> Path:
    """Squares of these colours on nothing, one a text: of one character, or of several that become one glyph."""
    single = sorted({character for text in colours for character in text if ord(character) != 0xFE0F})
    names = {character: f"c{ord(character):x}" for character in single}
    joined = {text: f"s{number}" for number, text in enumerate(colours) if len(_plain(text)) > 1}
    glyphs = [".notdef", *names.values(), *joined.values()]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap({ord(character): name for character, name in names.items()})
    builder.setupGlyf({name: _outline([]) for name in glyphs})
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 0)))
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": "Tiny Emoji", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    rules = "".join(
        f"sub {' '.join(names[character] for character in _plain(text))} by {name};\n" for text, name in joined.items()
    )
    builder.addOpenTypeFeatures(f"languagesystem DFLT dflt;\nfeature ccmp {{\n{rules}}} ccmp;" if rules else "")
    shown = {joined.get(text) or names[_plain(text)]: _png(colour) for text, colour in colours.items()}
    _add_pictures(builder, {name: shown[name] for name in glyphs if name in shown})
    path.parent.mkdir(parents=True, exist_ok=True)
    builder.font.save(path)
    return path


def _plain(text: str) -> str:
    return text.replace("\N{VARIATION SELECTOR-16}", "")


def _png(colour: tuple[int, int, int]) -> bytes:
    """24 pixels wide and 20 high, with a clear edge of 4 pixels."""
    picture = Image.new("RGBA", (24, 20))
    picture.paste((*colour, 255), (4, 4, 20, 16))
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _add_pictures(builder: FontBuilder, pictures: Mapping[str, bytes]) -> None:
    font = builder.font
    data, index = newTable("CBDT"), newTable("CBLC")
    data.version = index.version = 3.0
    glyphs = {}
    for name, png in pictures.items():
        glyph = cbdt_bitmap_format_17(b"", font)
        glyph.metrics = SmallGlyphMetrics()
        glyph.metrics.height, glyph.metrics.width = 20, 24
        glyph.metrics.BearingX, glyph.metrics.BearingY, glyph.metrics.Advance = 0, 18, 24
        glyph.imageData = png
        glyphs[name] = glyph
    data.strikeData = [glyphs]
    index.strikes = [_strike(font, list(pictures))]
    font["CBDT"], font["CBLC"] = data, index


def _strike(font: Any, names: list[str]) -> Any:
    strike = Strike()
    strike.bitmapSizeTable = table = BitmapSizeTable()
    ends = [font.getGlyphID(name) for name in names]
    table.startGlyphIndex, table.endGlyphIndex = min(ends), max(ends)
    table.colorRef, table.ppemX, table.ppemY, table.bitDepth, table.flags = 0, 20, 20, 32, 1
    for side in ("hori", "vert"):
        line = SbitLineMetrics()
        for field in _LINE_FIELDS:
            setattr(line, field, 0)
        setattr(table, side, line)
    part = eblc_index_sub_table_1(b"", font)
    part.names, part.indexFormat, part.imageFormat, part.imageSize = names, 1, 17, None
    part.firstGlyphIndex, part.lastGlyphIndex = min(ends), max(ends)
    strike.indexSubTables = [part]
    return strike
