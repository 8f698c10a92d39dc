"""Which data sets of the catalogue lie on this machine and which can be had; told by names alone, and light."""

from importlib.util import find_spec
from pathlib import Path

from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.idx import IDX_NAMES, find_split
from vae_core.data.named.locations import DATA_VARIABLE, candidate_folders, data_roots

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


def present(name: str, data_dir: str | Path | None = None) -> bool:
    """Whether both splits of a data set of the catalogue can be read without a download.

    Raises DatasetError when `data_dir` does not exist.
    """
    if not CATALOGUE[name].needs_download:
        return True
    found = files_of(name, data_dir)
    return len(found) == 2 * len(SPLITS) if name in IDX_NAMES else bool(found)


def files_of(name: str, data_dir: str | Path | None = None) -> list[Path]:
    """The files of a data set of the catalogue that would be read; none of what comes with the software.

    Raises DatasetError when `data_dir` does not exist.
    """
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


def unavailable(name: str, data_dir: str | Path | None = None) -> str | None:
    """Why a data set of the catalogue can neither be read here nor downloaded, as a sentence; None where it can.

    Raises DatasetError when `data_dir` does not exist.
    """
    package = missing_package(name)
    if package is None or present(name, data_dir):
        return None
    return (
        f"{CATALOGUE[name].title} is not on this machine, and to download it the package {package} is needed: "
        f"install it (pip install {package}), or put its files into a folder and name that in {DATA_VARIABLE}."
    )
