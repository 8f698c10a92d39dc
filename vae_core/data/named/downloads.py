"""Data sets of the catalogue, downloaded from where torchvision says into the layout that torchvision reads."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vae_core.data.cache import CACHE_VARIABLE
from vae_core.data.named.answers import PULSE
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.download_errors import DownloadError, writing
from vae_core.data.named.drive import fetch_from_drive
from vae_core.data.named.fetching import SILENCE, RemoteFile, fetch
from vae_core.data.named.locations import TORCHVISION_NAMES, download_folder, missing_package, not_found
from vae_core.data.named.part_files import PartFile, size_of
from vae_core.data.named.unpacking import unpack
from vae_core.files import take_lock
from vae_core.progress import Progress, ProgressListener

_DRIVE = "https://drive.google.com/uc?id="


def download(name: str, roots: list[Path], progress: ProgressListener, timeout: float = SILENCE) -> None:
    """Fetch a data set of the catalogue into `download_folder()` and unpack it there, checksums compared.

    `progress` hears of bytes, several times a second even when nothing comes, and stops the download by raising: what
    has come stays, and the next download asks for the rest only. Whoever asks for the same meanwhile waits for it.
    `timeout` is the longest silence of a server in seconds.

    Raises DatasetError, naming the searched `roots`, why it cannot be had and what to do.
    """
    folder = download_folder()
    try:
        if package := missing_package(name):
            raise DownloadError(f"that needs the package {package}", f"Install it (pip install {package})")
        files = _remote_files(name)
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        telling = _Telling(name, progress)
        with _alone(name, files, telling) as lock:
            for file in files:
                if name == "celeba":
                    fetch_from_drive(file, folder, telling.hear, lock, timeout)
                else:
                    fetch(file, folder, telling.hear, timeout)
                telling.file_done(size_of(folder / file.path))
            unpack(name, [file.path for file in files], folder, folder / f".{name}-unpacking", telling.unpacked)
    except DownloadError as error:
        raise not_found(name, roots, error.reason, error.advice) from error


def _remote_files(name: str) -> list[RemoteFile]:
    """What torchvision's class would fetch, and from where."""
    from torchvision import datasets

    source = getattr(datasets, TORCHVISION_NAMES[name])
    match name:
        case "cifar10":
            return [RemoteFile(Path(source.filename), (source.url,), source.tgz_md5)]
        case "svhn":
            listed = [source.split_list[split] for split in ("train", "test")]
            return [RemoteFile(Path(file), (url,), md5) for url, file, md5 in listed]
        case "celeba":
            folder = Path(source.base_folder)
            return [RemoteFile(folder / file, (f"{_DRIVE}{key}",), md5) for key, md5, file in source.file_list]
        case "emnist":
            return [RemoteFile(Path(source.__name__, "raw", source.url.rpartition("/")[2]), (source.url,), source.md5)]
    folder = Path(source.__name__, "raw")
    return [
        RemoteFile(folder / file, tuple(f"{mirror}{file}" for mirror in source.mirrors), md5)
        for file, md5 in source.resources
    ]


class _Telling:
    """Passes on how far a download is, no oftener than anybody looks."""

    def __init__(self, name: str, progress: ProgressListener) -> None:
        self._name, self._progress = name, progress
        self._total = CATALOGUE[name].download_bytes
        self._before = 0
        self._told = -PULSE

    def hear(self, size: int) -> None:
        """`size` bytes of the file that is being fetched have come."""
        self._tell(f"Downloading {self._name}", self._before + size)

    def file_done(self, size: int) -> None:
        """The next file's turn."""
        self._before += size
        self._told = -PULSE
        self.hear(0)

    def waiting(self, size: int) -> None:
        """Another process, or another thread of this one, has fetched `size` bytes."""
        self._tell(f"Waiting for another download of {self._name}", size)

    def unpacked(self, share: float) -> None:
        """This share, 0 to 1, has been unpacked."""
        self._progress(Progress(f"Unpacking {self._name}", share, 1.0))

    def _tell(self, stage: str, done: int) -> None:
        now = time.monotonic()
        if now - self._told >= PULSE:
            self._told = now
            self._progress(Progress(stage, done, max(self._total, done)))


@contextmanager
def _alone(name: str, files: list[RemoteFile], telling: _Telling) -> Iterator[int]:
    """Nobody else fetches this data set meanwhile; yields the descriptor that holds the lock."""
    folder = download_folder()
    while (lock := _try_lock(folder / f".{name}.lock")) is None:
        targets = [folder / file.path for file in files]
        telling.waiting(sum(max(size_of(target), PartFile(target).size) for target in targets))
    try:
        yield lock
    finally:
        os.close(lock)


def _try_lock(path: Path) -> int | None:
    with writing(path.parent):
        try:
            return take_lock(path, patience=PULSE)
        except OSError as error:
            if error.errno != errno.ENOLCK:
                raise
            reason = f"the disk of {path.parent} knows no file locks, without which two downloads could mix"
            raise DownloadError(reason, f"Point {CACHE_VARIABLE} at a folder on another disk") from error
