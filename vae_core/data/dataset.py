"""One split of a data set as a model takes it, and the one door to all of them: a name, a folder, a ZIP or arrays."""

import hashlib
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from vae_core.binarisation import binarised, thresholds_of_images
from vae_core.config import Crop, ModelConfig, TrainConfig
from vae_core.data.files.intake import ImportReport, own_name
from vae_core.data.files.treatment import AS_USUAL, Treatment
from vae_core.data.look import Request
from vae_core.data.named.catalogue_sets import Labelled, read_named
from vae_core.data.reader import is_stored, read
from vae_core.data.store import SPLITS, Columns, Store, fingerprint
from vae_core.errors import DatasetError, SplitError
from vae_core.progress import ProgressListener, silent


@dataclass(frozen=True)
class Dataset:
    """One split of a data set. Images stay bytes; `batch` makes the floats that a model sees."""

    name: str
    split: str  # "train" or "test"
    images: torch.Tensor  # uint8 (N, C, H, W)
    labels: torch.Tensor  # int64 (N,)
    class_names: tuple[str, ...]
    fingerprint: str  # sha256, hexadecimal
    report: ImportReport = field(default_factory=ImportReport)
    places: torch.Tensor | None = None  # int64 (N,), among what was handed in, counted from 0; None in its own order
    names: tuple[str, ...] = ()  # N files' names, none of images in arrays
    columns: Columns = field(default_factory=dict)
    treatment: Treatment = AS_USUAL  # how the numbers of files became these bytes
    is_binarised: bool = False  # a model sees 0 and 1 alone, drawn once

    def __len__(self) -> int:
        return int(self.images.shape[0])

    @property
    def image_size(self) -> int:
        """Pixels a side; images are square."""
        return int(self.images.shape[-1])

    @property
    def channels(self) -> int:
        """1 for grey, 3 for red, green and blue."""
        return int(self.images.shape[1])

    def batch(self, indices: torch.Tensor) -> torch.Tensor:
        """The chosen images as float32 in [0, 1], (B, C, H, W); reads only those from a mapped file."""
        grey = self.grey(indices)
        return binarised(grey, self.thresholds(indices)) if self.is_binarised else grey

    def grey(self, indices: torch.Tensor) -> torch.Tensor:
        """As `batch`, and never binarised."""
        return self.images[indices].to(torch.float32).div_(255)

    def thresholds(self, indices: torch.Tensor) -> torch.Tensor:
        """What the chosen images' numbers are above where they are 1, drawn once: (B, C, H, W)."""
        return thresholds_of_images(indices, tuple(self.images.shape[1:]), self.split)

    def as_seen(self, training: TrainConfig) -> "Dataset":
        """These images as a model that is trained so sees them."""
        return replace(self, is_binarised=training.binarise != "off")

    def columns_of(self, indices: torch.Tensor) -> Columns:
        """What the table beside the images says of the chosen ones."""
        chosen = indices.tolist()
        return {title: tuple(texts[index] for index in chosen) for title, texts in self.columns.items()}


def load_dataset(
    source: str | Path,
    split: str = "train",
    *,
    data_dir: str | Path | None = None,
    image_size: int | None = None,
    channels: int | None = None,
    crop: Crop = "middle",
    progress: ProgressListener = silent,
) -> Dataset:
    """Reads one split of a data set, downloading it when it belongs to the catalogue and is not on this
    machine.

    `source` is a name of the catalogue, or the path of an image folder, a .zip, an .npz or an .npy. Folders called
    train, val and test are the splits; the classes are the other folders, else a column of a table beside the pictures.
    Images are cropped to their middle square and scaled to `image_size` (a multiple of 4 from 8 to 128) with
    `channels` 1 or 3, by default those of the data set itself. With `crop="padded"` the pictures of a folder
    or a .zip are kept whole, on a square ground of their own edge's colour.

    What lies at a path is decoded once, into mapped files of the cache folder, in a random order that is always the
    same; `places` and `names` tell which image is which. The catalogue's sets keep their order and are in memory.

    Raises DatasetError, with what was wrong and what to do, for an unknown source, a bad option, a data set
    that is neither found nor downloadable, and files of which nothing can be read.
    """
    if split not in SPLITS:
        raise DatasetError(f"There is no split {split!r}; choose train or test.")
    request = Request(source, image_size, channels, crop, data_dir)
    if not is_stored(request):
        return in_memory(str(source), split, read_named(request, split, progress))
    dataset = stored_dataset(read(request, progress), split)
    if not len(dataset):
        raise _too_few(dataset, own_name(request.path))
    return dataset


def model_images(
    model: ModelConfig,
    training: TrainConfig,
    split: str = "train",
    *,
    data: str | Path | None = None,
    data_dir: str | Path | None = None,
    progress: ProgressListener = silent,
) -> Dataset:
    """A split of the images that a model is trained on, or of other `data`, as the model sees them.

    Raises DatasetError as `load_dataset`.
    """
    dataset = load_dataset(
        training.data if data is None else data,
        split,
        data_dir=data_dir,
        image_size=model.image_size,
        channels=model.channels,
        crop=training.crop,
        progress=progress,
    )
    return dataset.as_seen(training)


def in_memory(name: str, split: str, read: Labelled) -> Dataset:
    """A split of images that lie nowhere else."""
    images = np.ascontiguousarray(read.images)
    digest = hashlib.sha256(images.data).digest()
    return Dataset(
        name=name,
        split=split,
        images=torch.from_numpy(images),
        labels=torch.from_numpy(read.labels),
        class_names=read.class_names,
        fingerprint=fingerprint(images.shape, digest, read.labels, read.class_names),
        columns=read.columns or {},
    )


def stored_dataset(store: Store, split: str) -> Dataset:
    """One split of a store."""
    stored, contents = store.split(split), store.contents
    return Dataset(
        name=contents.title,
        split=split,
        images=_shared(stored.images),
        labels=torch.from_numpy(stored.rows.labels),
        class_names=contents.class_names,
        fingerprint=stored.fingerprint,
        report=contents.report,
        places=torch.from_numpy(stored.rows.places),
        names=stored.rows.names,
        columns=stored.rows.columns,
        treatment=contents.treatment,
    )


def _shared(images: NDArray[np.uint8]) -> torch.Tensor:
    with warnings.catch_warnings():
        # Torch warns that it cannot mark a tensor read-only; that a stray write fails is what is wanted.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(images)


def _too_few(dataset: Dataset, name: str) -> SplitError:
    first = next(iter(dataset.report.skipped), None)
    because = f" ({first.name}: {first.reason})" if first else ""
    return SplitError(
        f"{name} has too few readable images for a {dataset.split} split{because}; at least two are needed."
    )
