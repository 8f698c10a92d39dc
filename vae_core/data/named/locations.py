"""Where data sets that are not part of the software are looked for, before anything is downloaded.

In this order: the folder that was asked for, the folders of LATENT_EXPLORER_DATA, those where Linux
distributions put data sets, and what was downloaded before.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from vae_core.data.cache import cache_folder
from vae_core.errors import DatasetError

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
