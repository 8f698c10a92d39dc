"""Pictures decoded once: both splits in mapped files, in a random order, shared by whoever shows, learns or maps them.

A store costs address space, not memory: its pages belong to the files and the system may drop them at any time. It is
written under a temporary name and renamed when whole. Free of torch.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_core.data.files.intake import FileNote, ImportReport, SkippedFile
from vae_core.data.files.treatment import AS_USUAL, Treatment, ValueRange
from vae_core.errors import DatasetError
from vae_core.files import replacing_folder

SPLITS = ("train", "test")
FORMAT = 1
ABOUT_FILE, ROWS_FILE = "store.json", "rows.json"
_BLOCK = 1 << 22  # bytes of images looked at together

Columns = dict[str, tuple[str, ...]]  # what tables beside the images say, N texts each
Shape = tuple[int, int, int]  # channels, height, width


@dataclass(frozen=True)
class Rows:
    """What is known of the N images of one split, in their order; labels and places are int64 (N,)."""

    labels: NDArray[np.int64]
    places: NDArray[np.int64]  # among the images that were handed in, counted from 0
    names: tuple[str, ...] = ()  # of their files; none in arrays
    columns: Columns = field(default_factory=dict)


@dataclass(frozen=True)
class Contents:
    """What a store is about, beside its images."""

    title: str
    class_names: tuple[str, ...]
    rows: Mapping[str, Rows]  # by split
    report: ImportReport = field(default_factory=ImportReport)
    treatment: Treatment = AS_USUAL  # how the numbers of files became these bytes


@dataclass(frozen=True)
class StoredSplit:
    """One split as it lies there; `images` (N, C, H, W) are mapped and cannot be written."""

    images: NDArray[np.uint8]
    rows: Rows
    fingerprint: str  # sha256, hexadecimal


@dataclass(frozen=True)
class Store:
    """Both splits; what is shown before anybody trains needs no more than this."""

    folder: Path
    shape: Shape
    counts: dict[str, int]
    contents: Contents
    fingerprints: dict[str, str]
    levels: NDArray[np.int64]  # how many of all pixels have each of the 256 levels

    def split(self, name: str) -> StoredSplit:
        """The images of "train" or "test". Raises OSError when they have been removed meanwhile."""
        shape = self.counts[name], *self.shape
        images = _mapped(_images(self.folder, name), shape)
        return StoredSplit(images, self.contents.rows[name], self.fingerprints[name])


def open_store(folder: Path) -> Store | None:
    """The store in a folder; None where there is none, one of another format, or a damaged one."""
    try:
        about = json.loads((folder / ABOUT_FILE).read_text(encoding="utf-8"))
        if about["format"] != FORMAT:
            return None
        rows = json.loads((folder / ROWS_FILE).read_text(encoding="utf-8"))
        store = Store(
            folder=folder,
            shape=tuple(about["shape"]),
            counts=about["counts"],
            fingerprints=about["fingerprints"],
            levels=np.array(about["levels"], dtype=np.int64),
            contents=Contents(
                title=about["title"],
                class_names=tuple(about["class_names"]),
                rows={split: _read_rows(folder, split, rows[split]) for split in SPLITS},
                report=_read_report(about["report"]),
                treatment=_read_treatment(about["treatment"]),
            ),
        )
        whole = all(
            _images(folder, split).stat().st_size == count * int(np.prod(store.shape))
            and len(store.contents.rows[split].labels) == count
            for split, count in store.counts.items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return store if whole else None


def _mapped(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    # An empty file cannot be mapped.
    return np.memmap(path, np.uint8, "r", shape=shape) if shape[0] else np.empty(shape, np.uint8)


def _images(folder: Path, split: str) -> Path:
    return folder / f"{split}.images"


class StoreWriter:
    """Images on their way to the disk, in any order."""

    def __init__(self, folder: Path, shape: Shape, files: ExitStack) -> None:
        self.folder, self.shape = folder, shape
        self._bytes = int(np.prod(shape))
        # Written, not mapped: on a full disk a write fails with an error where a mapping ends the process.
        self._files = {split: files.enter_context(_images(folder, split).open("w+b")) for split in SPLITS}

    def put(self, split: str, row: int, image: NDArray[np.uint8]) -> None:
        """An image (C, H, W) becomes the one with this number."""
        file = self._files[split]
        if file.tell() != row * self._bytes:
            file.seek(row * self._bytes)
        file.write(np.ascontiguousarray(image).data)

    def finish(self, contents: Contents) -> None:
        """All images are there; write what they are."""
        digests, levels = {}, np.zeros(256, dtype=np.int64)
        for split, file in self._files.items():
            file.flush()
            digests[split], of_split = _measured(_images(self.folder, split))
            levels += of_split
            np.save(self.folder / f"{split}.labels.npy", contents.rows[split].labels)
            np.save(self.folder / f"{split}.places.npy", contents.rows[split].places)
        counts = {split: len(contents.rows[split].labels) for split in SPLITS}
        prints = {
            split: fingerprint((counts[split], *self.shape), digest, contents.rows[split].labels, contents.class_names)
            for split, digest in digests.items()
        }
        about = {
            "format": FORMAT,
            "title": contents.title,
            "shape": self.shape,
            "counts": counts,
            "class_names": contents.class_names,
            "fingerprints": prints,
            "levels": levels.tolist(),
            "report": asdict(contents.report),
            "treatment": asdict(contents.treatment),
        }
        rows = {split: {"names": rows.names, "columns": rows.columns} for split, rows in contents.rows.items()}
        for name, value in ((ROWS_FILE, rows), (ABOUT_FILE, about)):
            (self.folder / name).write_text(json.dumps(value), encoding="utf-8")


@contextmanager
def writing_store(folder: Path, shape: Shape, count: int, title: str) -> Iterator[StoreWriter]:
    """Yields what takes at most `count` images; the folder is there when all went well, unless it was there before.

    Raises DatasetError when there is no room on the disk.
    """
    try:
        with replacing_folder(folder, first_stays=True) as temporary, ExitStack() as files:
            yield StoreWriter(temporary, shape, files)
    except OSError as error:
        needed = count * int(np.prod(shape)) / 2**20
        raise DatasetError(
            f"{title} needs {needed:,.0f} MiB in {folder.parent}, which could not be written: "
            f"{error.strerror or error}. Free some space, or point LATENT_EXPLORER_CACHE at a folder with room."
        ) from error


def fingerprint(shape: Sequence[int], images_digest: bytes, labels: np.ndarray, class_names: Sequence[str]) -> str:
    """Identifies content whatever its name: sha256 over shape, dtype, class names, labels and the images'
    own sha256.

    `images_digest` is the sha256 of the images' bytes in (N, C, H, W) order.
    """
    digest = hashlib.sha256()
    about = {"shape": [int(side) for side in shape], "dtype": "uint8", "class_names": list(class_names)}
    digest.update(json.dumps(about, sort_keys=True).encode())
    digest.update(np.ascontiguousarray(labels, dtype="<i8").tobytes())
    digest.update(images_digest)
    return digest.hexdigest()


def levels_of(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How many of all pixels have each of the 256 levels."""
    flat, levels = images.reshape(-1), np.zeros(256, dtype=np.int64)
    for start in range(0, len(flat), _BLOCK):
        levels += np.bincount(flat[start : start + _BLOCK], minlength=256)
    return levels


def brightness(levels: NDArray[np.int64]) -> tuple[float, float]:
    """Mean and standard deviation of pixels, 0 (black) to 1, from how many have each level."""
    values, shares = np.linspace(0, 1, 256), levels / max(1, levels.sum())
    mean = float(values @ shares)
    return mean, float(np.sqrt(max(0.0, float(values**2 @ shares) - mean**2)))


def _measured(path: Path) -> tuple[bytes, NDArray[np.int64]]:
    """The sha256 of a file of images, and its levels; read, since what is mapped counts as memory."""
    digest, levels = hashlib.sha256(), np.zeros(256, dtype=np.int64)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            levels += levels_of(np.frombuffer(block, np.uint8))
    return digest.digest(), levels


def _read_rows(folder: Path, split: str, about: Mapping[str, Any]) -> Rows:
    labels, places = (np.load(folder / f"{split}.{kind}.npy", allow_pickle=False) for kind in ("labels", "places"))
    columns = {title: tuple(cells) for title, cells in about["columns"].items()}
    return Rows(labels, places, tuple(about["names"]), columns)


def _read_report(about: Mapping[str, Any]) -> ImportReport:
    return ImportReport(
        skipped=tuple(SkippedFile(**entry) for entry in about["skipped"]),
        notes=tuple(FileNote(**entry) for entry in about["notes"]),
        counts=about["counts"],
    )


def _read_treatment(about: Mapping[str, Any]) -> Treatment:
    ranges = {name: ValueRange(**value) for name, value in about.items() if name != "ground"}
    return replace(AS_USUAL, **{**about, **ranges})
