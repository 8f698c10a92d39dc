"""Data sets of the catalogue, downloaded from where torchvision says into the layout that torchvision reads.

Files of Google Drive are fetched by the package gdown in a process of its own, which can be ended at any time. Archives
are unpacked beside their places and moved there when whole.
"""

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from zipfile import ZipFile

from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.fetching import PULSE, SILENCE, Hear, RemoteFile, fetch
from vae_core.data.named.locations import CACHE_VARIABLE, TORCHVISION_NAMES, download_folder, missing_package, not_found
from vae_core.data.named.part_files import (
    CHECK_ONLINE,
    LATER,
    DownloadError,
    NetworkError,
    PartFile,
    has_md5,
    size_of,
    writing,
)
from vae_core.errors import shortened
from vae_core.files import take_lock
from vae_core.progress import Progress, ProgressListener

_TOLD = 500  # members of a ZIP between two words about it
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


def fetch_from_drive(file: RemoteFile, folder: Path, hear: Hear, lock: int, timeout: float = SILENCE) -> None:
    """As `fetch`; gdown keeps the part under a name of its own beside the file, and goes on with it.

    The process holds the descriptor `lock` too: should it outlive this one, nobody writes beside it.
    """
    target = folder / file.path
    if has_md5(target, file.md5, hear):
        return
    part = PartFile(target)
    with writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    if not part.path.exists():
        _run_gdown(file.urls[0], part.path, hear, lock, timeout)
    if not part.become_whole(file.md5, hear):
        words = f"{target.name} from Google Drive has not the checksum that it should have, and was removed"
        raise NetworkError(words, LATER)


def _run_gdown(url: str, output: Path, hear: Hear, lock: int, timeout: float) -> None:
    command = [sys.executable, "-m", "gdown", url, "--output", str(output), "--continue", "--quiet"]
    kept_open = () if sys.platform == "win32" else (lock,)
    with TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, pass_fds=kept_open
        )
        try:
            _watch(process, output, hear, timeout)
        finally:
            process.kill()
            process.wait()
        if process.returncode or not output.is_file():
            words = f"Google Drive does not hand out {output.stem} ({_last_words(said)})"
            raise NetworkError(words, f"{LATER}, since it limits how often a file is asked for")


def _watch(process: subprocess.Popen[bytes], output: Path, hear: Hear, timeout: float) -> None:
    """Until the process has ended. What gdown has of a file begins with the file's name and goes on at random."""
    size, grown = 0, time.monotonic()
    while True:
        try:
            process.wait(PULSE)
            return
        except subprocess.TimeoutExpired:
            # A file that is being renamed is nowhere for a moment.
            now = max(size, sum(size_of(path) for path in output.parent.glob(f"{output.name}*")))
        hear(now)
        if now != size:
            size, grown = now, time.monotonic()
        elif time.monotonic() - grown > timeout:
            raise NetworkError(f"Google Drive was silent for {timeout:g} seconds", CHECK_ONLINE)


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    return shortened(" ".join(said.read().decode(errors="replace").split())) or "it gives no reason"


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


def unpack(name: str, archives: list[Path], folder: Path, scratch: Path, hear: Callable[[float], None]) -> None:
    """Unpack what is to be unpacked of a data set's `archives`, paths below `folder`, each beside its archive.

    `scratch` is a folder of nobody else's on the same disk, gone afterwards. `hear(share)`, 0 to 1, may raise. Raises
    DownloadError where the disk does not take it.
    """
    try:
        with writing(folder):
            shutil.rmtree(scratch, ignore_errors=True)
        for done, path in enumerate(archives):
            place = scratch / path.parent
            with writing(folder):
                place.mkdir(parents=True, exist_ok=True)

            def tell(share: float, done: int = done) -> None:
                hear((done + share) / len(archives))

            tell(0.0)
            _unpack_one(name, folder / path, place, tell)
        with writing(folder):
            _move_into(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _unpack_one(name: str, archive: Path, place: Path, hear: Callable[[float], None]) -> None:
    from torchvision.datasets.utils import extract_archive

    if archive.suffix == ".gz":
        with writing(place):
            extract_archive(str(archive), str(place))
    elif name == "emnist":
        _unpack_balanced(archive, place, hear)
    elif archive.suffix == ".zip":
        with ZipFile(archive) as file:
            _unpack_members(file, file.namelist(), place, hear)


def _unpack_balanced(archive: Path, place: Path, hear: Callable[[float], None]) -> None:
    """Of EMNIST's six ways to split it the one of the catalogue; the others would take ten times its room."""
    from torchvision.datasets.utils import extract_archive

    with ZipFile(archive) as file:
        names = [name for name in file.namelist() if "-balanced-" in name and name.endswith(".gz")]
        _unpack_members(file, names, place, hear)
    with writing(place):
        for name in names:
            extract_archive(str(place / name), str(place), remove_finished=True)
        for folder in {(place / name).parent for name in names} - {place}:
            folder.rmdir()


def _unpack_members(file: ZipFile, names: list[str], place: Path, hear: Callable[[float], None]) -> None:
    for index, name in enumerate(names):
        with writing(place):
            file.extract(name, place)
        if index % _TOLD == 0:
            hear(index / len(names))


def _move_into(source: Path, place: Path) -> None:
    """Each entry in one step, a folder that is not there yet as well: another process may read meanwhile."""
    for entry in source.iterdir():
        target = place / entry.name
        if entry.is_dir() and target.is_dir():
            _move_into(entry, target)
        else:
            entry.replace(target)
