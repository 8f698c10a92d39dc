"""The catalogue's data sets, each read from where it lies or downloaded first.

The MNIST family is in the idx format of yann.lecun.com/exdb/mnist, gzipped or not. The colour photographs are found by
torchvision: CIFAR-10 and SVHN are read whole, CelebA goes into a store one face at a time.
"""

import gzip
import struct
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vae_core.data.files.classes import split_indices
from vae_core.data.files.decoding import decode
from vae_core.data.files.framing import frame_array, frame_picture
from vae_core.data.files.intake import DEFAULT_LIMITS, ImportReport, UnusableFileError
from vae_core.data.look import Request
from vae_core.data.named.downloads import download
from vae_core.data.named.locations import (
    IdxFiles,
    candidate_folders,
    data_roots,
    download_folder,
    find_split,
    not_found,
)
from vae_core.data.named.sprites import IMAGE_SIZE, SHAPES, draw_sprites, sprite_factors
from vae_core.data.store import SPLITS, Columns, Contents, Rows, StoreWriter
from vae_core.errors import DatasetError
from vae_core.progress import Pace, Progress, ProgressListener, silent

_UNSIGNED_BYTE = 0x08  # in idx
_DIGITS_TEST_FRACTION = 0.2
_BLOCK = 1024
_TEN_DIGITS = tuple("0123456789")
_SMILES = ("not smiling", "smiling")
_IDX_CLASSES = {
    "mnist": _TEN_DIGITS,
    "fashion-mnist": (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    "kmnist": ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    # The balanced split merges the capitals and small letters that are written alike.
    "emnist": tuple("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"),
}


class Labelled(NamedTuple):
    """One split: its images, and what is known of them."""

    images: NDArray[np.uint8]  # (N, C, H, W)
    labels: NDArray[np.int64]  # (N,)
    class_names: tuple[str, ...]
    columns: Columns | None = None  # of none but drawn images


def read_named(request: Request, split: str, progress: ProgressListener = silent) -> Labelled:
    """One split of a catalogue entry, framed. Raises DatasetError when it is neither found nor downloadable."""
    name = str(request.source)
    read = _read(name, split, request, progress)
    images = read.images
    size, channels = request.image_size or min(images.shape[-2:]), request.channels or images.shape[1]
    framed = np.empty((len(images), channels, size, size), dtype=np.uint8)
    for start in range(0, len(images), _BLOCK):
        block = slice(start, min(start + _BLOCK, len(images)))
        framed[block] = frame_array(images[block], size, channels)
        progress(Progress("Preparing images", block.stop, len(images)))
    return read._replace(images=framed)


def _read(name: str, split: str, request: Request, progress: ProgressListener) -> Labelled:
    if name == "digits":
        return _read_digits(split)
    if name == "sprites":
        factors = sprite_factors(split)
        images = draw_sprites(factors, request.image_size or IMAGE_SIZE, progress)
        return Labelled(images, factors.shape, SHAPES, factors.columns())
    roots = data_roots(request.data_dir)
    if name in _IDX_CLASSES:
        return _read_idx(name, roots, split, progress)
    return {"cifar10": read_cifar10, "svhn": read_svhn}[name](roots, split, progress)


def _read_digits(split: str) -> Labelled:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    labels = bunch.target.astype(np.int64)
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[:, None]
    chosen = split_indices(labels, split, _DIGITS_TEST_FRACTION)
    return Labelled(images[chosen], labels[chosen], _TEN_DIGITS)


def _read_idx(name: str, roots: list[Path], split: str, progress: ProgressListener) -> Labelled:
    class_names = _IDX_CLASSES[name]
    files = _find_idx(name, roots, split)
    if files is None:
        download(name, roots, progress)
        files = _find_idx(name, roots, split)
    assert files is not None  # download raises unless every file is there
    images, labels = read_idx_pair(files, len(class_names))
    if name == "emnist":
        # EMNIST's files hold each image mirrored along its diagonal.
        images = images.transpose(0, 1, 3, 2)
    return Labelled(images, labels, class_names)


def _find_idx(name: str, roots: list[Path], split: str) -> IdxFiles | None:
    found = (find_split(folder, name, split) for folder in candidate_folders(name, roots))
    return next((files for files in found if files), None)


def read_idx_pair(files: IdxFiles, class_count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images uint8 (N, 1, H, W) and labels int64 (N,).

    Raises DatasetError for a file that is not idx, is cut off, or does not fit the other or the number of
    classes.
    """
    images = read_idx(files.images, dimensions=3)
    labels = read_idx(files.labels, dimensions=1).astype(np.int64)
    if len(images) != len(labels):
        raise DatasetError(
            f"{files.images} holds {len(images)} images but {files.labels} {len(labels)} labels; remove both, and they "
            "are fetched anew."
        )
    if len(images) == 0:
        raise DatasetError(f"{files.images} holds no image; remove it, and it is fetched anew.")
    if labels.max() >= class_count:
        raise DatasetError(f"{files.labels} holds the label {labels.max()}, but there are {class_count} classes.")
    return images[:, None], labels


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """An idx file of bytes with this many dimensions; raises DatasetError when it is anything else."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            data = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path} cannot be read ({error}); remove it, and it is fetched anew.") from error
    header = 4 + 4 * dimensions
    if len(data) < header or data[:4] != bytes([0, 0, _UNSIGNED_BYTE, dimensions]):
        raise DatasetError(
            f"{path} is not an idx file of bytes in {dimensions} dimensions; remove it, and it is fetched anew."
        )
    shape = struct.unpack(f">{dimensions}I", data[4:header])
    expected = header + int(np.prod(shape, dtype=object))
    if len(data) != expected:
        raise DatasetError(
            f"{path} has {len(data):,} bytes where its header says {expected:,}; remove it, and it is fetched anew."
        )
    return np.frombuffer(data, dtype=np.uint8, offset=header).reshape(shape)


def read_cifar10(roots: list[Path], split: str, progress: ProgressListener) -> Labelled:
    """CIFAR-10 from `cifar-10-batches-py`, whose checksums torchvision compares before it unpickles."""
    from torchvision.datasets import CIFAR10

    found = _open("cifar10", roots, progress, lambda root: CIFAR10(root, train=split == "train"))
    images = np.ascontiguousarray(found.data.transpose(0, 3, 1, 2))
    return Labelled(images, np.asarray(found.targets, dtype=np.int64), tuple(found.classes))


def read_svhn(roots: list[Path], split: str, progress: ProgressListener) -> Labelled:
    """SVHN from `train_32x32.mat` and `test_32x32.mat`."""
    from torchvision.datasets import SVHN

    found = _open("svhn", roots, progress, lambda root: SVHN(root, split=split))
    labels = np.asarray(found.labels, dtype=np.int64)
    return Labelled(np.ascontiguousarray(found.data), labels, _TEN_DIGITS)


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
