"""Where data sets that are not part of the software are looked for, which of them are there, and which can be had.

Looked for in this order: the folder that was asked for, the folders of LATENT_EXPLORER_DATA, those where Linux
distributions put data sets, and what was downloaded before. Told by names alone, and light.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from platformdirs import user_cache_path

from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.font_files import EMOJI_FILE, emoji_font, font_files, has_fonts
from vae_core.errors import DatasetError

CACHE_VARIABLE = "LATENT_EXPLORER_CACHE"
DATA_VARIABLE = "LATENT_EXPLORER_DATA"
SYSTEM_FOLDER = Path("/usr/share/datasets")

# Our names and torchvision's, which are also its folders' names.
TORCHVISION_NAMES = {
    "mnist": "MNIST",
    "fashion-mnist": "FashionMNIST",
    "kmnist": "KMNIST",
    "emnist": "EMNIST",
    "cifar10": "CIFAR10",
    "svhn": "SVHN",
    "celeba": "CelebA",
}
IDX_NAMES = ("mnist", "fashion-mnist", "kmnist", "emnist")  # the catalogue's data sets in the format of MNIST
SPLITS = ("train", "test")

# What torchvision looks for in a root; it compares the checksums too, which takes seconds.
_FILES = {
    "cifar10": tuple(
        f"cifar-10-batches-py/{name}"
        for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta")
    ),
    "svhn": ("train_32x32.mat", "test_32x32.mat"),
    "celeba": tuple(
        f"celeba/{name}"
        for name in (
            "img_align_celeba",
            "list_attr_celeba.txt",
            "identity_CelebA.txt",
            "list_bbox_celeba.txt",
            "list_landmarks_align_celeba.txt",
            "list_eval_partition.txt",
        )
    ),
}


def lasting(source: str) -> str:
    """A name of the catalogue as it is, a path as it is from wherever one works."""
    return source if source in CATALOGUE else str(Path(source).resolve())


def is_at_hand(source: str) -> bool:
    """Whether what lies at a path, outside the catalogue, is there still."""
    return Path(source).is_absolute() and Path(source).exists()


def cache_folder() -> Path:
    """Where downloads and mapped images go; LATENT_EXPLORER_CACHE names another place."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen)
    return user_cache_path("latent-explorer")


def download_folder() -> Path:
    """Where downloads go: a folder of the user's cache."""
    return cache_folder() / "downloads"


def data_roots(data_dir: str | Path | None) -> list[Path]:
    """The folders to search, in order. Raises DatasetError when the asked-for one does not exist."""
    roots = []
    if data_dir is not None:
        if not Path(data_dir).is_dir():
            raise DatasetError(f"The data folder {data_dir} does not exist; create it or name another one.")
        roots.append(Path(data_dir))
    roots += [Path(part) for part in os.environ.get(DATA_VARIABLE, "").split(os.pathsep) if part]
    return [*roots, SYSTEM_FOLDER, download_folder()]


def candidate_folders(name: str, roots: list[Path]) -> Iterator[Path]:
    """Existing folders that may hold the named data set's files, most likely first.

    Beside torchvision's layout, the files may lie in a folder of the data set's name or directly in a root,
    unless that folder, or the one it is the `raw` of, has the name of another data set with files of the
    same names.
    """
    for root in roots:
        for owner in (root / TORCHVISION_NAMES[name], root / name, root):
            if owner == root and _belongs_to_another(root, name):
                continue
            for folder in (owner / "raw", owner):
                if folder.is_dir():
                    yield folder


def _belongs_to_another(folder: Path, name: str) -> bool:
    resolved = folder.resolve()
    owner = resolved.parent if resolved.name == "raw" else resolved
    plain = {_plain(other): other for other in TORCHVISION_NAMES}
    return plain.get(_plain(owner.name), name) != name


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def not_found(name: str, roots: list[Path], reason: str, advice: str) -> DatasetError:
    """The error for a data set neither on this machine nor to be had: where it was looked for, what to do.

    `reason` and `advice` have no full stop.
    """
    looked = ", ".join(str(root) for root in roots)
    return DatasetError(
        f"{name} is not on this machine (looked in {looked}) and could not be downloaded: {reason}. "
        f"{advice}, or put its files into a folder and name that with --data-dir or {DATA_VARIABLE}."
    )


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


def present(name: str, data_dir: str | Path | None = None) -> bool:
    """Whether both splits of a data set of the catalogue can be read without a download.

    Raises DatasetError when `data_dir` does not exist.
    """
    if name == "fonts":
        return has_fonts(data_roots(data_dir))
    if CATALOGUE[name].of_machine:
        return bool(files_of(name, data_dir))
    if not CATALOGUE[name].needs_download:
        return True
    found = files_of(name, data_dir)
    return len(found) == 2 * len(SPLITS) if name in IDX_NAMES else bool(found)


def files_of(name: str, data_dir: str | Path | None = None) -> list[Path]:
    """The files of a data set of the catalogue that would be read; none of what comes with the software.

    Raises DatasetError when `data_dir` does not exist.
    """
    if name == "fonts":
        return font_files(data_roots(data_dir))
    if CATALOGUE[name].of_machine:
        font = emoji_font(data_roots(data_dir))
        return [font] if font else []
    if not CATALOGUE[name].needs_download:
        return []
    folders = list(candidate_folders(name, data_roots(data_dir)))
    if name in IDX_NAMES:
        splits = [next(filter(None, (find_split(folder, name, split) for folder in folders)), None) for split in SPLITS]
        return [path for files in splits if files for path in (files.images, files.labels)]
    complete = (folder for folder in folders if all((folder / file).exists() for file in _FILES[name]))
    return [folder / file for folder in complete for file in _FILES[name]]


def missing_package(name: str) -> str | None:
    """The package that downloading a data set needs and that is not installed."""
    package = CATALOGUE[name].download_package
    return package if package and find_spec(package) is None else None


def missing_fonts(name: str, roots: list[Path]) -> str:
    """What is said where the fonts that a data set of the catalogue is made of are not on this machine."""
    folders = ", ".join(map(str, roots))
    if name != "fonts":
        return (
            f"Noto's colour emoji, {EMOJI_FILE}, is not on this machine: install it (on Debian and Ubuntu "
            f"apt install fonts-noto-color-emoji), or put that file into one of these folders: {folders}."
        )
    return (
        "This machine has too few fonts: letters of at least two families are needed. Install some, or put font files "
        f"(.ttf, .otf, .woff2) into a folder called fonts in one of these: {folders}."
    )


def unavailable(name: str, data_dir: str | Path | None = None) -> str | None:
    """Why a data set of the catalogue can neither be read here nor downloaded, as a sentence; None where it can.

    Raises DatasetError when `data_dir` does not exist.
    """
    package = missing_package(name)
    if CATALOGUE[name].of_machine:
        return None if present(name, data_dir) else missing_fonts(name, data_roots(data_dir))
    if package is None or present(name, data_dir):
        return None
    return (
        f"{CATALOGUE[name].title} is not on this machine, and to download it the package {package} is needed: "
        f"install it (pip install {package}), or put its files into a folder and name that in {DATA_VARIABLE}."
    )
