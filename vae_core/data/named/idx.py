"""The MNIST family: arrays in the idx format of yann.lecun.com/exdb/mnist, gzipped or not."""

import gzip
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae_core.errors import DatasetError

IDX_NAMES = ("mnist", "fashion-mnist", "kmnist", "emnist")  # the catalogue's data sets in this format
_UNSIGNED_BYTE = 0x08

Labelled = tuple[NDArray[np.uint8], NDArray[np.int64], tuple[str, ...]]  # images (N, C, H, W), labels (N,), classes


@dataclass(frozen=True)
class IdxFiles:
    """Where one split lies: `images` (N, H, W) and `labels` (N,), as idx files or the same with .gz."""

    images: Path
    labels: Path


def find_split(folder: Path, name: str, split: str) -> IdxFiles | None:
    """A folder's files of the split "train" or "test" of one of IDX_NAMES, or None without both."""
    prefix = f"emnist-balanced-{split}" if name == "emnist" else {"train": "train", "test": "t10k"}[split]
    return find_idx(folder, prefix)


def find_idx(folder: Path, prefix: str) -> IdxFiles | None:
    """A folder's `<prefix>-images-idx3-ubyte` and `<prefix>-labels-idx1-ubyte`, or None without both."""
    images = _existing(folder / f"{prefix}-images-idx3-ubyte")
    labels = _existing(folder / f"{prefix}-labels-idx1-ubyte")
    return IdxFiles(images, labels) if images and labels else None


def _existing(path: Path) -> Path | None:
    zipped = path.with_name(path.name + ".gz")
    return next((candidate for candidate in (path, zipped) if candidate.is_file()), None)


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
