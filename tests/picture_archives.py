"""Archives of pictures as people hand them in."""

import zipfile
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from vae_core.data.dataset import Dataset, stored_dataset
from vae_core.data.files.intake import DEFAULT_LIMITS, UploadLimits
from vae_core.data.look import Request
from vae_core.data.reader import read


def spot(seed: int, size: int = 16) -> np.ndarray:
    """A white spot somewhere on black, uint8 (size, size): each picture another one."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    middle = generator.uniform(size * 0.3, size * 0.7, 2)
    return (((rows - middle[0]) ** 2 + (columns - middle[1]) ** 2 < size * generator.uniform(0.6, 1.2)) * 255).astype(
        np.uint8
    )


def encoded(picture: np.ndarray | Image.Image, form: str = "PNG", **options: object) -> bytes:
    """The bytes of a picture file."""
    data = BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(data, form, **options)
    return data.getvalue()


def packed(path: Path, members: Mapping[str, bytes]) -> Path:
    """A ZIP of these files."""
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def spots(names: Iterable[str]) -> dict[str, bytes]:
    """For each name a picture of its own."""
    return {name: encoded(spot(number)) for number, name in enumerate(names)}


def set_notes(dataset: Dataset) -> list[str]:
    """What is said of the set as a whole."""
    own = {dataset.name, f"{dataset.name}.zip"}
    return [note.note for note in dataset.report.notes if note.name in own]


def png(value: int = 100, size: tuple[int, int] = (16, 16)) -> bytes:
    data = BytesIO()
    Image.new("L", size, value).save(data, "PNG")
    return data.getvalue()


def archive(path: Path, members: list[tuple[zipfile.ZipInfo | str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for member, data in [*members, ("good/1.png", png()), ("good/2.png", png())]:
            file.writestr(member, data)
    return path


def training_split(path: Path, limits: UploadLimits = DEFAULT_LIMITS, image_size: int | None = None) -> Dataset:
    """What is trained on of files that somebody has handed in."""
    return stored_dataset(read(Request(path, image_size), limits=limits), "train")


def reasons(path: Path, limits: UploadLimits = DEFAULT_LIMITS) -> dict[str, str]:
    """What was skipped; the two good images must have survived."""
    dataset = training_split(path, limits)
    assert len(dataset) == 1
    assert dataset.class_names == ("good",)
    return {entry.name: entry.reason for entry in dataset.report.skipped}
