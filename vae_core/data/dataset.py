"""One split of a data set as a model takes it: uint8 images in memory or mapped from a store, and their labels."""

import hashlib
import warnings
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from vae_core.data.files.import_report import ImportReport
from vae_core.data.files.treatment import AS_USUAL, Treatment
from vae_core.data.store import Columns, Store, fingerprint


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
        return self.images[indices].to(torch.float32).div_(255)


def dataset_in_memory(
    name: str, split: str, images: NDArray[np.uint8], labels: NDArray[np.int64], class_names: tuple[str, ...]
) -> Dataset:
    """Images uint8 (N, C, H, W) with labels int64 (N,)."""
    images = np.ascontiguousarray(images)
    digest = hashlib.sha256(images.data).digest()
    return Dataset(
        name=name,
        split=split,
        images=torch.from_numpy(images),
        labels=torch.from_numpy(labels),
        class_names=class_names,
        fingerprint=fingerprint(images.shape, digest, labels, class_names),
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
