"""A look at data before anybody trains on them: what is asked for, and what was made of it. Free of torch."""

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from vae_core.config import Crop
from vae_core.data.files.arrays import is_array_file, open_arrays
from vae_core.data.files.decoding import decode, read_header
from vae_core.data.files.framing import check_frame, frame_picture, kept_box
from vae_core.data.files.intake import (
    DEFAULT_LIMITS,
    FileNote,
    FileSource,
    ImportReport,
    UnusableFileError,
    UploadLimits,
)
from vae_core.data.files.masks import masks_among
from vae_core.data.files.picture_sources import open_pictures
from vae_core.data.files.survey import spread
from vae_core.data.files.treatment import AS_USUAL, Treatment
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.films.pictures import contact_sheet

LOOK_FILE, SHEET_FILE = "look.json", "sheet.png"
SHOWN, COLUMNS = 24, 12  # images on a sheet
LOOKED_AT = 500  # headers, spread over all files
HEIGHT = 160  # pixels of a picture shown beside what a model sees of it
WIDEST = 2  # times its height
GAP = 8


@dataclass(frozen=True)
class Request:
    """A name of the catalogue, or a path; None for size and channels means what the images suggest.

    Raises DatasetError for a size, a number of channels or a crop that cannot be.
    """

    source: str | Path
    image_size: int | None = None
    channels: int | None = None
    crop: Crop = "middle"
    data_dir: str | Path | None = None  # where catalogue entries are looked for first

    def __post_init__(self) -> None:
        check_frame(self.image_size, self.channels, self.crop)

    @property
    def is_named(self) -> bool:
        """Whether it is a data set of the catalogue: a Path never is, whatever it is called."""
        return isinstance(self.source, str) and self.source in CATALOGUE

    @property
    def path(self) -> Path:
        """Where the images lie, unless they are the catalogue's."""
        return Path(self.source)


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


@dataclass(frozen=True)
class Pair:
    """One picture of width × height pixels: a PNG of it, what is kept outlined, beside what a model sees."""

    width: int
    height: int
    sheet: bytes


def examples(
    path: Path,
    image_size: int,
    channels: int,
    crop: Crop,
    count: int,
    treatment: Treatment = AS_USUAL,
    limits: UploadLimits = DEFAULT_LIMITS,
) -> list[Pair]:
    """At most `count` pictures of a folder, .zip or file of arrays that framing changes, spread over those not square.

    `treatment` is the data set's own, so that the pictures are seen here as they are learned. None where every picture
    that was looked at has the wanted size. Raises DatasetError where `path` cannot be opened.
    """
    pictures: Iterable[tuple[Image.Image, tuple[int, int]]]
    if is_array_file(path):
        pictures = ((picture, picture.size) for picture in _from_arrays(path, image_size, count, limits))
    else:
        pictures = _from_files(path, image_size, count, limits, treatment)
    return [Pair(*size, _side_by_side(picture, image_size, channels, crop)) for picture, size in pictures]


def _from_files(
    path: Path, image_size: int, count: int, limits: UploadLimits, treatment: Treatment
) -> Iterator[tuple[Image.Image, tuple[int, int]]]:
    """Pictures as large as they are shown, and the sizes they have in their files."""
    with open_pictures(path, limits) as source:
        changed = [(index, size) for index, size in _sizes(source, limits) if size != (image_size, image_size)]
        oblong = [(index, size) for index, size in changed if size[0] != size[1]]
        for index, _ in spread(oblong or changed, count):
            try:
                with source.open(index) as file:
                    decoded = decode(file, limits, max(image_size, HEIGHT), treatment)
            except UnusableFileError:
                continue  # the import report names it
            yield decoded.picture, (decoded.width, decoded.height)


def _sizes(source: FileSource, limits: UploadLimits) -> Iterator[tuple[int, tuple[int, int]]]:
    """Index, width and height of readable pictures, spread over the source."""
    masks = masks_among(source.names)
    for index in spread([index for index in range(len(source.names)) if index not in masks], LOOKED_AT):
        try:
            with source.open(index) as file:
                header = read_header(file, limits)
        except UnusableFileError:
            continue  # the import report names it
        yield index, (header.width, header.height)


def _from_arrays(path: Path, image_size: int, count: int, limits: UploadLimits) -> Iterator[Image.Image]:
    with open_arrays(path, limits) as arrays:
        if arrays.image_shape[2:] == (image_size, image_size):
            return
        for block in arrays.blocks(arrays.parts[0], count):
            for image in block:
                yield Image.fromarray(image[0] if len(image) == 1 else np.ascontiguousarray(image.transpose(1, 2, 0)))


def _side_by_side(picture: Image.Image, image_size: int, channels: int, crop: Crop) -> bytes:
    """The picture with what is kept of it outlined, and the framed image enlarged to the same height."""
    scale = min(HEIGHT / picture.height, WIDEST * HEIGHT / picture.width)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    shown = picture.convert("RGBA").resize((width, height))
    left, top, right, bottom = (round(edge * scale) for edge in kept_box(*picture.size, crop))
    draw = ImageDraw.Draw(shown)
    # A white line on a black one: it is seen on any picture.
    for colour, breadth in (("black", 3), ("white", 1)):
        draw.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), outline=colour, width=breadth)
    framed = frame_picture(picture, image_size, channels, crop)
    seen = Image.fromarray(framed[0] if channels == 1 else np.ascontiguousarray(framed.transpose(1, 2, 0)))
    sheet = Image.new("RGBA", (width + GAP + HEIGHT, HEIGHT))
    sheet.paste(shown, (0, (HEIGHT - height) // 2))
    sheet.paste(seen.convert("RGBA").resize((HEIGHT, HEIGHT), Image.Resampling.NEAREST), (width + GAP, 0))
    buffer = BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()
