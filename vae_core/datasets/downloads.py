"""Downloads by torchvision into the user's cache, told of as they go, whole or not at all."""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vae_core.datasets.locations import TORCHVISION_NAMES, download_folder, not_found
from vae_core.progress import Progress, ProgressListener

# torchvision reports through a module-wide class, so one download at a time may listen.
_listening = threading.Lock()


def download(name: str, roots: list[Path], progress: ProgressListener) -> None:
    """Fetches a data set of the catalogue into `download_folder()` in torchvision's layout, checksums
    compared.

    Raises DatasetError, naming the searched `roots`, when it cannot be had.
    """
    from torchvision import datasets

    dataset_class = getattr(datasets, TORCHVISION_NAMES[name])
    target = download_folder()
    try:
        target.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=target))
        try:
            with _reporting(name, progress):
                _fetch(name, dataset_class, partial)
            _adopt(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except (OSError, RuntimeError, HTTPException) as error:
        raise not_found(name, roots, _one_line(error)) from error


def _fetch(name: str, dataset_class: Any, folder: Path) -> None:
    if name == "emnist":
        dataset_class(folder, split="balanced", download=True)
    elif name == "svhn":
        for split in ("train", "test"):
            dataset_class(folder, split=split, download=True)
    else:
        dataset_class(folder, download=True)


def _adopt(partial: Path, target: Path) -> None:
    """Moves each file to its place in one step: another process may read or do the same meanwhile."""
    for file in partial.rglob("*"):
        if file.is_file():
            place = target / file.relative_to(partial)
            place.parent.mkdir(parents=True, exist_ok=True)
            file.replace(place)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


@contextmanager
def _reporting(name: str, progress: ProgressListener) -> Iterator[None]:
    """While inside, torchvision's progress bar calls `progress` instead of drawing."""
    from torchvision.datasets import utils

    class Bar:
        """Stands in for tqdm, of which torchvision uses the total, `update` and the context manager."""

        def __init__(self, total: int | None = None, **_options: object) -> None:
            self._done, self._total = 0, total or 0

        def __enter__(self) -> Self:
            return self

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            """Nothing was drawn, so nothing is to be closed."""

        def update(self, count: int) -> None:
            self._done += count
            progress(Progress(f"Downloading {name}", self._done, max(self._total, self._done)))

    with _listening:
        drawn = utils.tqdm
        utils.tqdm = Bar
        try:
            yield
        finally:
            utils.tqdm = drawn
