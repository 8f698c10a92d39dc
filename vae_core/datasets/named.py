"""The catalogue's data sets, each read from where it lies or downloaded first."""

from pathlib import Path

import numpy as np

from vae_core.datasets.dataset import Dataset
from vae_core.datasets.downloads import download
from vae_core.datasets.idx import IdxFiles, find_split, read_idx_pair
from vae_core.datasets.locations import candidate_folders, data_roots
from vae_core.datasets.photographs import load_celeba, load_cifar10, load_svhn
from vae_core.datasets.request import Request, array_dataset
from vae_core.datasets.splits import split_indices
from vae_core.datasets.sprites import IMAGE_SIZE, SHAPES, draw_sprites, sprite_factors
from vae_core.errors import DatasetError

_DIGITS_TEST_FRACTION = 0.2
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


def load_named(name: str, data_dir: str | Path | None, request: Request) -> Dataset:
    """One split of a catalogue entry. Raises DatasetError when it is neither found nor downloadable."""
    if name == "digits":
        return _load_digits(request)
    if name == "sprites":
        return _load_sprites(request)
    if name == "celeba" and request.crop != "middle":
        raise DatasetError("celeba is always cropped to the middle, where its faces are; leave the crop out.")
    roots = data_roots(data_dir)
    if name in _IDX_CLASSES:
        return _load_idx(name, roots, request)
    load = {"cifar10": load_cifar10, "svhn": load_svhn, "celeba": load_celeba}[name]
    return load(roots, request)


def _load_digits(request: Request) -> Dataset:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    labels = bunch.target.astype(np.int64)
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[:, None]
    chosen = split_indices(labels, request.split, _DIGITS_TEST_FRACTION)
    return array_dataset("digits", images[chosen], labels[chosen], _TEN_DIGITS, request)


def _load_sprites(request: Request) -> Dataset:
    factors = sprite_factors(request.split)
    images = draw_sprites(factors, request.image_size or IMAGE_SIZE, request.progress)
    return array_dataset("sprites", images, factors.shape, SHAPES, request)


def _load_idx(name: str, roots: list[Path], request: Request) -> Dataset:
    class_names = _IDX_CLASSES[name]
    files = _find_idx(name, roots, request.split)
    if files is None:
        download(name, roots, request.progress)
        files = _find_idx(name, roots, request.split)
    assert files is not None  # download raises unless every file is there
    images, labels = read_idx_pair(files, len(class_names))
    if name == "emnist":
        # EMNIST's files hold each image mirrored along its diagonal.
        images = images.transpose(0, 1, 3, 2)
    return array_dataset(name, images, labels, class_names, request)


def _find_idx(name: str, roots: list[Path], split: str) -> IdxFiles | None:
    found = (find_split(folder, name, split) for folder in candidate_folders(name, roots))
    return next((files for files in found if files), None)
