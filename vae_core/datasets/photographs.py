"""The catalogue's colour photographs, read by torchvision: CIFAR-10, SVHN and CelebA."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vae_core.datasets.catalogue import CATALOGUE
from vae_core.datasets.dataset import Dataset
from vae_core.datasets.downloads import download
from vae_core.datasets.locations import candidate_folders, download_folder, not_found
from vae_core.datasets.request import Request, array_dataset
from vae_core.datasets.storage import Batch, Plan, build_dataset
from vae_core.errors import DatasetError
from vae_core.progress import Progress
from vae_core.uploads.decoding import decode
from vae_core.uploads.framing import frame_picture
from vae_core.uploads.import_report import UnusableFileError
from vae_core.uploads.limits import DEFAULT_LIMITS

_BLOCK = 256
_SMILES = ("not smiling", "smiling")


def load_cifar10(roots: list[Path], request: Request) -> Dataset:
    """CIFAR-10 from `cifar-10-batches-py`, whose checksums torchvision compares before it unpickles."""
    from torchvision.datasets import CIFAR10

    found = _open("cifar10", roots, request, lambda root: CIFAR10(root, train=request.split == "train"))
    images = np.ascontiguousarray(found.data.transpose(0, 3, 1, 2))
    labels = np.asarray(found.targets, dtype=np.int64)
    return array_dataset("cifar10", images, labels, tuple(found.classes), request)


def load_svhn(roots: list[Path], request: Request) -> Dataset:
    """SVHN from `train_32x32.mat` and `test_32x32.mat`."""
    from torchvision.datasets import SVHN

    found = _open("svhn", roots, request, lambda root: SVHN(root, split=request.split))
    labels = np.asarray(found.labels, dtype=np.int64)
    return array_dataset("svhn", np.ascontiguousarray(found.data), labels, tuple("0123456789"), request)


def load_celeba(roots: list[Path], request: Request) -> Dataset:
    """CelebA from its folder `celeba`, decoded one face at a time; the label is the attribute Smiling."""
    from torchvision.datasets import CelebA

    found = _open("celeba", roots, request, lambda root: CelebA(root, split=request.split))
    folder = Path(found.root) / found.base_folder / "img_align_celeba"
    labels = found.attr[:, found.attr_names.index("Smiling")].numpy().astype(np.int64)
    size = request.image_size or CATALOGUE["celeba"].image_size
    channels = request.channels or CATALOGUE["celeba"].channels

    def batches() -> Iterator[Batch]:
        for start in range(0, len(labels), _BLOCK):
            names = found.filename[start : start + _BLOCK]
            faces = [_read_face(folder / name, size, channels) for name in names]
            yield np.stack(faces), labels[start : start + _BLOCK]
            request.progress(Progress("Reading faces", start + len(names), len(labels)))

    plan = Plan(
        name="celeba",
        split=request.split,
        class_names=_SMILES,
        capacity=len(labels),
        shape=(channels, size, size),
        key=request.key("celeba", str(folder.resolve()), len(labels)),
        memory_budget=request.memory_budget,
    )
    return build_dataset(plan, batches())


def _read_face(path: Path, size: int, channels: int) -> np.ndarray:
    try:
        with path.open("rb") as file:
            return frame_picture(decode(file, DEFAULT_LIMITS).picture, size, channels)
    except (OSError, UnusableFileError) as error:
        raise DatasetError(f"{path} cannot be read ({error}); fetch CelebA anew.") from error


def _open(name: str, roots: list[Path], request: Request, read: Callable[[Path], Any]) -> Any:
    """torchvision's data set from the first folder that holds it, or after a download."""
    if (found := _first_complete(name, roots, read)) is None:
        download(name, roots, request.progress)
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
