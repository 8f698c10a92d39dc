"""A look at data before anybody trains on them: what will be made of them, counted and measured."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from vae_core.config import Crop
from vae_core.datasets.catalogue import CATALOGUE
from vae_core.datasets.dataset import Dataset
from vae_core.datasets.loading import SPLITS, load_dataset
from vae_core.progress import ProgressListener
from vae_core.uploads.import_report import FileNote

IMAGES_AT_ONCE = 1024


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
    notes: tuple[str, ...]  # what was done to the images, and what is odd about them
    skipped: tuple[str, ...]  # "name: reason"


def look_at(
    source: str | Path,
    *,
    data_dir: str | Path | None = None,
    image_size: int | None = None,
    channels: int | None = None,
    crop: Crop = "middle",
    progress: ProgressListener | None = None,
) -> Look:
    """Reads a data set, both of its splits, as `load_dataset` would. Raises DatasetError as that does."""
    splits = [
        load_dataset(
            source,
            split,
            data_dir=data_dir,
            image_size=image_size,
            channels=channels,
            crop=crop,
            progress=progress,
        )
        for split in SPLITS
    ]
    train, test = splits
    mean, spread = _brightness(splits)
    reports = [dataset.report for dataset in splits]
    return Look(
        title=CATALOGUE[source].title if isinstance(source, str) and source in CATALOGUE else Path(source).stem,
        train=len(train),
        test=len(test),
        classes=dict(zip(train.class_names, _counts(splits), strict=True)),
        image_size=train.image_size,
        channels=train.channels,
        mean=mean,
        spread=spread,
        notes=_notes([note for report in reports for note in report.notes], Path(source).name),
        skipped=tuple(dict.fromkeys(f"{file.name}: {file.reason}" for report in reports for file in report.skipped)),
    )


def _counts(splits: Sequence[Dataset]) -> list[int]:
    """Images of each class, over all splits."""
    classes = len(splits[0].class_names)
    counts: list[int] = sum(dataset.labels.bincount(minlength=classes) for dataset in splits).tolist()  # type: ignore[union-attr]
    return counts


def _brightness(splits: Sequence[Dataset]) -> tuple[float, float]:
    """Mean and standard deviation of all pixels, from how often each byte occurs."""
    histogram = torch.zeros(256, dtype=torch.float64)
    for dataset in splits:
        for images in dataset.images.split(IMAGES_AT_ONCE):
            histogram += torch.bincount(images.reshape(-1), minlength=256)
    levels, shares = torch.linspace(0, 1, 256, dtype=torch.float64), histogram / histogram.sum()
    mean = float((levels * shares).sum())
    return mean, math.sqrt(max(0.0, float((levels.square() * shares).sum()) - mean**2))


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
