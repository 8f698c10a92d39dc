"""Letters in the fonts of this machine: white on black, each as large as its image, once a face.

Families are for testing or for training as a whole, with all that begin with the same word (Fira Sans, Fira Mono): a
face is close to the others of its family, so that a letter for testing would else have its like among those learned.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vae_core.data.files.classes import TEST_FRACTION
from vae_core.data.files.intake import FileNote, ImportReport, SkippedFile
from vae_core.data.named.font_faces import BROKEN, PIXELS, Face, faces
from vae_core.data.named.font_files import font_files
from vae_core.data.named.locations import data_roots, missing_fonts
from vae_core.data.store import SPLITS, Contents, Rows, StoreWriter
from vae_core.errors import DatasetError
from vae_core.progress import Pace, ProgressListener

NAME = "fonts"
# Two capitals and four small letters of many shapes; none is another one's enlargement, as S is of s.
LETTERS = ("A", "R", "a", "e", "g", "t")
MOST_IMAGES = 50_000
_LARGEST = 8 * PIXELS  # pixels a side of a drawn letter: swashes are shorter, mistakes are longer
_NOTHING = "\uffff"  # never a character, so that every font draws for it what it draws for those it lacks
_ALIKE = 0.03  # mean difference of two images, 0 to 1, below which a small letter is the capital again
_SEED = 20_261_129


@dataclass(frozen=True)
class _Letter:
    """One drawing, uint8 (S, S), and what is known of it."""

    image: NDArray[np.uint8]
    label: int
    family: str
    weight: int
    italic: bool
    style: str
    file: str


def store_letters(data_dir: str | Path | None, writer: StoreWriter, progress: ProgressListener) -> None:
    """Write both splits. Raises DatasetError where this machine has too few fonts."""
    channels, size, _ = writer.shape
    roots = data_roots(data_dir)
    letters, skipped, equal = _draw_all(font_files(roots), size, progress)
    testing = families_for_testing({letter.family for letter in letters})
    chosen = {
        split: [letter for letter in letters if (letter.family in testing) == (split == "test")] for split in SPLITS
    }
    if not all(chosen.values()):
        raise DatasetError(missing_fonts(NAME, roots))
    rows = {}
    for number, (split, some) in enumerate(chosen.items()):
        order = np.random.default_rng([_SEED, number]).permutation(len(some))
        some = [some[place] for place in order]
        for row, letter in enumerate(some):
            writer.put(split, row, np.broadcast_to(letter.image, (channels, size, size)))
        rows[split] = _rows(some, order)
    counts = {split: len(some) for split, some in chosen.items()}
    families = len({letter.family for letter in letters})
    note = f"{families:,} families; {equal:,} drawings that other faces have as well are left out."
    report = ImportReport(tuple(skipped), (FileNote(NAME, note),), counts)
    writer.finish(Contents(NAME, LETTERS, rows, report))


def families_for_testing(families: set[str]) -> set[str]:
    """About a tenth of the families, by their names alone; one at least, and not all where there are two."""
    heads = {family: (family.lower().split() or [""])[0] for family in families}
    digests = {hashlib.sha256(head.encode("utf-8", "replace")).hexdigest(): head for head in heads.values()}
    by_digest = sorted(digests.items())
    of_share = [head for digest, head in by_digest if int(digest[:8], 16) < TEST_FRACTION * 2**32]
    testing = set(of_share or [head for _, head in by_digest[:1]])
    if len(by_digest) < 2:
        return set()
    if len(testing) == len(by_digest):
        testing.remove(by_digest[-1][1])
    return {family for family, head in heads.items() if head in testing}


def _draw_all(paths: list[Path], size: int, progress: ProgressListener) -> tuple[list[_Letter], list[SkippedFile], int]:
    """All letters, files that are broken, and how many drawings were there already."""
    pace = Pace(progress, "Drawing letters", len(paths))
    found: list[_Letter] = []
    skipped: list[SkippedFile] = []
    seen: set[bytes] = set()
    equal = 0
    for done, path in enumerate(paths, 1):
        try:
            for face in faces(path):
                for letter in _draw_face(face, path.name, size):
                    kind = hashlib.sha256(letter.image.tobytes()).digest()
                    equal += kind in seen
                    if kind not in seen and len(found) < MOST_IMAGES:
                        seen.add(kind)
                        found.append(letter)
        except BROKEN as error:
            skipped.append(SkippedFile(path.name, f"It cannot be read as a font ({error or type(error).__name__})."))
        pace.at(done)
    return found, skipped, equal


def _draw_face(face: Face, file: str, size: int) -> list[_Letter]:
    """What a face draws for each letter; nothing where two are alike that no alphabet writes alike."""
    missing = face.font.getmask(_NOTHING).getbbox() and _ink(face.font, _NOTHING)
    images: dict[str, NDArray[np.uint8]] = {}
    for letter in LETTERS:
        ink = _ink(face.font, letter)
        if ink is not None and (not missing or ink.tobytes() != missing.tobytes()):
            images[letter] = _framed(ink, size)
    if _alike(images, "A", "R") or _alike(images, "R", "e"):
        return []  # no letters: bars, boxes or blanks
    small_capitals = _alike(images, "A", "a")
    return [
        _Letter(image, LETTERS.index(letter), face.family, face.weight, face.italic, face.style, file)
        for letter, image in images.items()
        if letter.isupper() or not small_capitals
    ]


def _alike(images: dict[str, NDArray[np.uint8]], one: str, other: str) -> bool:
    if one not in images or other not in images:
        return False
    difference = np.abs(images[one].astype(np.int16) - images[other])
    return float(difference.mean()) / 255 < _ALIKE


def _ink(font: ImageFont.FreeTypeFont, letter: str) -> Image.Image | None:
    """A letter as large as it is drawn, without the black around it; None where there is nothing, or far too much."""
    left, top, right, bottom = font.getbbox(letter)
    width, height = int(right - left), int(bottom - top)
    if not (0 < width <= _LARGEST and 0 < height <= _LARGEST):
        return None
    picture = Image.new("L", (width, height))
    ImageDraw.Draw(picture).text((-left, -top), letter, fill=255, font=font)
    box = picture.getbbox()
    return picture.crop(box) if box else None


def _framed(ink: Image.Image, size: int) -> NDArray[np.uint8]:
    """In the middle of a black square, which its longer side fills."""
    share = size / max(ink.size)
    width, height = (max(1, round(side * share)) for side in ink.size)
    picture = Image.new("L", (size, size))
    scaled = ink.resize((width, height), Image.Resampling.LANCZOS)
    picture.paste(scaled, ((size - width) // 2, (size - height) // 2))
    return np.asarray(picture, dtype=np.uint8)


def _rows(letters: list[_Letter], order: NDArray[np.intp]) -> Rows:
    return Rows(
        labels=np.array([letter.label for letter in letters], dtype=np.int64),
        places=order.astype(np.int64),
        names=tuple(letter.file for letter in letters),
        columns={
            "family": tuple(letter.family for letter in letters),
            "weight": tuple(str(letter.weight) for letter in letters),
            "italic": tuple("yes" if letter.italic else "no" for letter in letters),
            "style": tuple(letter.style for letter in letters),
        },
    )
