"""The catalogue's colour photographs, found by torchvision: CIFAR-10 and SVHN read whole, CelebA one face at a time."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_core.data.files.decoding import decode
from vae_core.data.files.framing import frame_picture
from vae_core.data.files.intake import DEFAULT_LIMITS, ImportReport, UnusableFileError
from vae_core.data.named.downloads import download
from vae_core.data.named.idx import Labelled
from vae_core.data.named.locations import candidate_folders, data_roots, download_folder, not_found
from vae_core.data.store import SPLITS, Contents, Rows, StoreWriter
from vae_core.errors import DatasetError
from vae_core.progress import Pace, ProgressListener

_SMILES = ("not smiling", "smiling")


def read_cifar10(roots: list[Path], split: str, progress: ProgressListener) -> Labelled:
    """CIFAR-10 from `cifar-10-batches-py`, whose checksums torchvision compares before it unpickles."""
    from torchvision.datasets import CIFAR10

    found = _open("cifar10", roots, progress, lambda root: CIFAR10(root, train=split == "train"))
    images = np.ascontiguousarray(found.data.transpose(0, 3, 1, 2))
    return images, np.asarray(found.targets, dtype=np.int64), tuple(found.classes)


def read_svhn(roots: list[Path], split: str, progress: ProgressListener) -> Labelled:
    """SVHN from `train_32x32.mat` and `test_32x32.mat`."""
    from torchvision.datasets import SVHN

    found = _open("svhn", roots, progress, lambda root: SVHN(root, split=split))
    labels = np.asarray(found.labels, dtype=np.int64)
    return np.ascontiguousarray(found.data), labels, tuple("0123456789")


def _open(name: str, roots: list[Path], progress: ProgressListener, read: Callable[[Path], Any]) -> Any:
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


def store_faces(data_dir: str | Path | None, writer: StoreWriter, progress: ProgressListener) -> None:
    """Write both splits. Raises DatasetError where CelebA is neither found nor downloadable, or a face is damaged."""
    from torchvision.datasets import CelebA  # seconds to load

    roots = data_roots(data_dir)
    channels, size, _ = writer.shape
    found = {split: _open("celeba", roots, progress, partial(CelebA, split=split)) for split in SPLITS}
    pace = Pace(progress, "Reading faces", sum(len(part.filename) for part in found.values()))
    rows, done = {}, 0
    for split, part in found.items():
        folder = Path(part.root) / part.base_folder / "img_align_celeba"
        for row, name in enumerate(part.filename):
            writer.put(split, row, _read_face(folder / name, size, channels))
            done += 1
            pace.at(done)
        labels = part.attr[:, part.attr_names.index("Smiling")].numpy().astype(np.int64)
        rows[split] = Rows(labels, np.arange(len(labels)), tuple(part.filename))
    counts = {split: len(rows[split].labels) for split in SPLITS}
    writer.finish(Contents("celeba", _SMILES, rows, ImportReport(counts=counts)))


def _read_face(path: Path, size: int, channels: int) -> NDArray[np.uint8]:
    try:
        with path.open("rb") as file:
            return frame_picture(decode(file, DEFAULT_LIMITS).picture, size, channels)
    except (OSError, UnusableFileError) as error:
        raise DatasetError(f"{path} cannot be read ({error}); fetch CelebA anew.") from error
