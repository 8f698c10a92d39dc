"""The catalogue's colour photographs, read whole by torchvision: CIFAR-10 and SVHN."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from vae_core.data.named.downloads import download
from vae_core.data.named.idx import Labelled
from vae_core.data.named.locations import candidate_folders, download_folder, not_found
from vae_core.progress import ProgressListener


def read_cifar10(roots: list[Path], split: str, progress: ProgressListener) -> Labelled:
    """CIFAR-10 from `cifar-10-batches-py`, whose checksums torchvision compares before it unpickles."""
    from torchvision.datasets import CIFAR10

    found = open_photographs("cifar10", roots, progress, lambda root: CIFAR10(root, train=split == "train"))
    images = np.ascontiguousarray(found.data.transpose(0, 3, 1, 2))
    return images, np.asarray(found.targets, dtype=np.int64), tuple(found.classes)


def read_svhn(roots: list[Path], split: str, progress: ProgressListener) -> Labelled:
    """SVHN from `train_32x32.mat` and `test_32x32.mat`."""
    from torchvision.datasets import SVHN

    found = open_photographs("svhn", roots, progress, lambda root: SVHN(root, split=split))
    labels = np.asarray(found.labels, dtype=np.int64)
    return np.ascontiguousarray(found.data), labels, tuple("0123456789")


def open_photographs(name: str, roots: list[Path], progress: ProgressListener, read: Callable[[Path], Any]) -> Any:
    """torchvision's data set from the first folder that holds it, or after a download."""
    if (found := _first_complete(name, roots, read)) is None:
        download(name, roots, progress)
        found = _first_complete(name, roots, read)
    if found is None:
        raise not_found(name, roots, "what was downloaded is incomplete", f"Remove {download_folder()} and try again")
    return found


def _first_complete(name: str, roots: list[Path], read: Callable[[Path], Any]) -> Any:
    for folder in candidate_folders(name, roots):
        try:
            return read(folder)
        except RuntimeError:
            # torchvision's word for files that are missing or whose checksums differ.
            continue
    return None
