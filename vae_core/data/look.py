"""A look at data before anybody trains on them: what was made of them, counted, measured and seen. Free of torch."""

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae_core.data.files.intake import FileNote, ImportReport
from vae_core.films.sheets import contact_sheet

LOOK_FILE, SHEET_FILE = "look.json", "sheet.png"
SHOWN, COLUMNS = 24, 12  # images


@dataclass(frozen=True)
class Example:
    """A picture as it was handed in beside what a model sees of it: a PNG, and words on both sizes."""

    png: bytes
    words: str


@dataclass(frozen=True)
class Look:
    """What a model would be trained on; `mean` and `spread` are those of all its pixels, 0 (black) to 1."""

    title: str
    train: int
    test: int
    classes: dict[str, int]  # images of both splits
    image_size: int
    channels: int
    mean: float
    spread: float  # the standard deviation
    notes: tuple[str, ...] = ()  # what was done to the images, and what is odd about them
    skipped: tuple[str, ...] = ()  # "name: reason"
    oblong: bool = False  # whether some pictures are not square, so that the crop matters
    sheet: bytes = field(default=b"", repr=False)  # a PNG of images of all classes
    examples: tuple[Example, ...] = field(default=(), repr=False)

    def to_json(self) -> dict[str, object]:
        """What a program is told of it: all but its pictures."""
        return {name: value for name, value in asdict(self).items() if name not in ("sheet", "examples", "oblong")}


def write_look(look: Look, folder: Path) -> None:
    """Beside the images that it tells of."""
    examples = [{"png": base64.b64encode(example.png).decode(), "words": example.words} for example in look.examples]
    about = look.to_json() | {"oblong": look.oblong, "examples": examples}
    (folder / SHEET_FILE).write_bytes(look.sheet)
    (folder / LOOK_FILE).write_text(json.dumps(about), encoding="utf-8")


def read_look(folder: Path) -> Look | None:
    """What was written there; None where nothing was, or something else."""
    try:
        about = json.loads((folder / LOOK_FILE).read_text(encoding="utf-8"))
        examples = tuple(
            Example(base64.b64decode(example["png"]), example["words"]) for example in about.pop("examples")
        )
        notes, skipped = tuple(about.pop("notes")), tuple(about.pop("skipped"))
        return Look(**about, notes=notes, skipped=skipped, sheet=(folder / SHEET_FILE).read_bytes(), examples=examples)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def class_counts(class_names: Sequence[str], labels: Sequence[NDArray[np.int64]]) -> dict[str, int]:
    """Images of each class, over all splits."""
    counts = sum(np.bincount(of_split, minlength=len(class_names)) for of_split in labels)
    return dict(zip(class_names, np.asarray(counts).tolist(), strict=True))


def sheet_of(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> bytes:
    """A PNG of some of the images (N, C, H, W), spread over the classes."""
    order = np.argsort(labels, kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, min(SHOWN, len(order))).astype(int)]
    return contact_sheet(images[chosen].astype(np.float32) / 255, columns=COLUMNS)


def sentences(report: ImportReport, source: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A report's notes and left-out files in words."""
    skipped = tuple(dict.fromkeys(f"{file.name}: {file.reason}" for file in report.skipped))
    return _notes(report.notes, source), skipped


def _notes(notes: Sequence[FileNote], source: str) -> tuple[str, ...]:
    """Each sentence once, with the file it speaks of, or of how many; those of the whole set as they are."""
    files: dict[str, set[str]] = {}
    for note in notes:
        files.setdefault(note.note, set()).add(note.name)
    return tuple(_of_files(sentence, names - {source}) for sentence, names in files.items())


def _of_files(sentence: str, names: set[str]) -> str:
    if not names:
        return sentence
    return f"{next(iter(names))}: {sentence}" if len(names) == 1 else f"{len(names):,} files: {sentence}"
