"""Where in the cache lies what was read: a folder for each source and version of it, in it one for each framing. Light.

stores/<digest>/source.json            what it is, and what its images suggest
stores/<digest>/64px-3ch-middle/       store.json, train.images, … and look.json, sheet.png
"""

import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import Any

from vae_core.data.files.folders import FolderSource
from vae_core.data.files.intake import DEFAULT_LIMITS, change_of
from vae_core.data.look import LOOK_FILE, Request
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.locations import cache_folder, files_of
from vae_core.errors import ConfigError
from vae_core.files import write_json
from vae_core.json_files import read_json
from vae_core.unfinished import sweep_unfinished

SOURCE_FILE = "source.json"
KEPT = 7 * 24 * 3600.0  # seconds that a store stays which nobody opens
_READING = 3  # changes when the same files become other pictures
_OF_OLD = "mapped"  # where versions before this one kept pictures


def stores_folder() -> Path:
    """What is in it can be made again."""
    return cache_folder() / "stores"


class Shelf:
    """What was read of one source as it is now. Raises DatasetError for a folder that cannot be opened."""

    def __init__(self, request: Request) -> None:
        self._request = request
        about = "\0".join([str(_READING), *_version(request)]).encode("utf-8", "backslashreplace")
        self.folder = stores_folder() / hashlib.sha256(about).hexdigest()[:32]

    def framed_as(self, request: Request) -> "Shelf":
        """The same version of the same source, of which another framing is asked for."""
        other = copy(self)
        other._request = request
        return other

    def is_of_now(self) -> bool:
        """Whether the source is still what it was when this was made."""
        return Shelf(self._request).folder == self.folder

    def suggestions(self) -> dict[str, Any]:
        """What its images suggest, as far as it is known: `sizes` by crop, `channels`, and whether any is `oblong`."""
        if self._request.is_named:
            entry = CATALOGUE[str(self._request.source)]
            return {"sizes": {"middle": entry.image_size, "padded": entry.image_size}, "channels": entry.channels}
        try:
            return read_json(self.folder / SOURCE_FILE)
        except (ConfigError, OSError):
            return {}

    def suggest(self, **known: Any) -> None:
        """Keep what was found out about it."""
        about = {**self.suggestions(), "path": _recorded(self._request.path), **known}
        write_json(self.folder / SOURCE_FILE, about)

    def framed(self) -> Path | None:
        """Where images framed as they are asked for lie or will lie; None while it is not known what suits them."""
        known = self.suggestions()
        size = self._request.image_size or known.get("sizes", {}).get(self._request.crop)
        channels = self._request.channels or known.get("channels")
        return self.folder / f"{size}px-{channels}ch-{self._request.crop}" if size and channels else None

    def ready(self) -> Path | None:
        """Where the images lie; None until they have been read."""
        folder = self.framed()
        return folder if folder and (folder / LOOK_FILE).is_file() else None

    def mark_used(self) -> None:
        """Somebody looks at it or trains on it."""
        with suppress(OSError):  # removed just now, or a cache that cannot be written any more
            os.utime(self.folder)


def _version(request: Request) -> Iterator[str]:
    """Texts that change when what is asked for does, whatever the framing."""
    if request.is_named:
        yield f"catalogue {request.source}"
        for path in files_of(str(request.source), request.data_dir):
            yield _stamp(path)
    elif request.path.is_dir():
        yield str(request.path.resolve())
        yield FolderSource(request.path, DEFAULT_LIMITS).version()
    else:
        yield _stamp(request.path)


def _stamp(path: Path) -> str:
    try:
        about = path.stat()
    except OSError:
        return f"{path} is not there"
    return f"{path.absolute()} {change_of(about)}"


def space(paths: Iterable[Path]) -> int:
    """Bytes on the disk of what was read of files that were handed in."""
    wanted, total = set(map(_recorded, paths)), 0
    for source, shelf in _shelves():
        with suppress(OSError):  # swept just now
            if source in wanted:
                total += sum(file.stat().st_size for file in shelf.rglob("*") if file.is_file())
    return total


def remove(path: Path) -> None:
    """Remove what was read of a file that was handed in."""
    for source, shelf in _shelves():
        if source == _recorded(path):
            shutil.rmtree(shelf, ignore_errors=True)


def sweep(now: float | None = None) -> None:
    """Remove what nobody has opened for a week, what was left half written, and what an earlier version kept."""
    now = time.time() if now is None else now
    shutil.rmtree(cache_folder() / _OF_OLD, ignore_errors=True)
    for shelf in _all():
        with suppress(FileNotFoundError):
            if now - shelf.stat().st_mtime > KEPT:
                shutil.rmtree(shelf, ignore_errors=True)
        sweep_unfinished(shelf)


def _all() -> list[Path]:
    try:
        return [path for path in stores_folder().iterdir() if path.is_dir()]
    except OSError:
        return []


def _shelves() -> Iterator[tuple[str, Path]]:
    """Sources by where they lie, as that is recorded, with a shelf of any version of them."""
    for shelf in _all():
        with suppress(ConfigError, OSError, KeyError, TypeError):
            yield read_json(shelf / SOURCE_FILE)["path"], shelf


def _recorded(path: Path) -> str:
    """Where something lies, as JSON can hold it: a disk's names need not be text."""
    return os.fsencode(path.absolute()).decode("utf-8", "backslashreplace")
