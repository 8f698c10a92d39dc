"""The catalogue's data sets, each read from where it lies or downloaded first."""

from pathlib import Path

import numpy as np

from vae_core.data.files.classes import split_indices
from vae_core.data.files.framing import frame_array
from vae_core.data.named.downloads import download
from vae_core.data.named.idx import IdxFiles, Labelled, find_split, read_idx_pair
from vae_core.data.named.locations import candidate_folders, data_roots
from vae_core.data.named.photographs import read_cifar10, read_svhn
from vae_core.data.named.sprites import IMAGE_SIZE, SHAPES, draw_sprites, sprite_factors
from vae_core.data.request import Request
from vae_core.progress import Progress, ProgressListener, silent

_DIGITS_TEST_FRACTION = 0.2
_BLOCK = 1024
_TEN_DIGITS = tuple("0123456789")
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


def read_named(request: Request, split: str, progress: ProgressListener = silent) -> Labelled:
    """One split of a catalogue entry, framed. Raises DatasetError when it is neither found nor downloadable."""
    name = str(request.source)
    images, labels, class_names = _read(name, split, request, progress)
    size, channels = request.image_size or min(images.shape[-2:]), request.channels or images.shape[1]
    framed = np.empty((len(images), channels, size, size), dtype=np.uint8)
    for start in range(0, len(images), _BLOCK):
        block = slice(start, min(start + _BLOCK, len(images)))
        framed[block] = frame_array(images[block], size, channels)
        progress(Progress("Preparing images", block.stop, len(images)))
    return framed, labels, class_names


def _read(name: str, split: str, request: Request, progress: ProgressListener) -> Labelled:
    if name == "digits":
        return _read_digits(split)
    if name == "sprites":
        factors = sprite_factors(split)
        return draw_sprites(factors, request.image_size or IMAGE_SIZE, progress), factors.shape, SHAPES
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
    return images[chosen], labels[chosen], _TEN_DIGITS


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
    return images, labels, class_names


def _find_idx(name: str, roots: list[Path], split: str) -> IdxFiles | None:
    found = (find_split(folder, name, split) for folder in candidate_folders(name, roots))
    return next((files for files in found if files), None)
