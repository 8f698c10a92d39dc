"""A folder as a source of files: listed, and read one at a time.

What operating systems leave behind is passed over in silence; all else that is not read is listed with its reason.
Links are not followed, so nothing outside the folder is read.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from vae_core.data.files.intake import (
    SkippedFile,
    TableFile,
    UnusableFileError,
    UploadLimits,
    change_of,
    holds_rows,
    is_left_behind,
    own_name,
    shown,
)
from vae_core.errors import DatasetError
from vae_core.files import open_regular


class FolderSource:
    """The files of a folder and its sub-folders, in the order of their names. Raises DatasetError for a closed one."""

    def __init__(self, path: Path, limits: UploadLimits) -> None:
        self.path = path
        self.names: list[str] = []
        self.skipped: list[SkippedFile] = []
        self.tables: dict[str, TableFile] = {}
        self._paths: list[str] = []
        self._changes: dict[str, tuple[int, ...]] = {}
        found = [(shown(name), name, about) for name, about in _files(path)]
        for title, name, about in sorted(found, key=lambda file: file[0]):
            if isinstance(about, str):
                self.skipped.append(SkippedFile(title, about))
                continue
            reason = _problem(about)
            if reason is None and holds_rows(title):
                self.tables[title] = TableFile(about.st_size, partial(_opened, path / name))
                self._changes[name] = change_of(about)
            if reason := reason or limits.size_problem(about.st_size):
                self.skipped.append(SkippedFile(title, reason))
            else:
                self.names.append(title)
                self._paths.append(name)
                self._changes[name] = change_of(about)

    def open(self, index: int) -> BinaryIO:
        return _opened(self.path / self._paths[index])

    def version(self) -> str:
        """A digest that changes when any file does."""
        digest = hashlib.sha256()
        for path, change in self._changes.items():
            digest.update(os.fsencode(path) + f"\0{change}\0".encode())
        return digest.hexdigest()


class LoneTable:
    """A table that is a data set by itself. Raises DatasetError where it cannot be opened."""

    def __init__(self, path: Path, limits: UploadLimits) -> None:
        self.path = path
        name = own_name(path)
        try:
            size = path.stat().st_size
        except OSError as error:
            raise DatasetError(_closed(name, error)) from error
        self.tables = {name: TableFile(size, partial(_opened, path, follow_links=True))}
        reason = limits.size_problem(size)
        self.names = [] if reason else [name]
        self.skipped = [SkippedFile(name, reason)] if reason else []

    def open(self, _index: int) -> BinaryIO:
        return _opened(self.path, follow_links=True)


def _opened(path: Path, *, follow_links: bool = False) -> BinaryIO:
    try:
        return open_regular(path, follow_links=follow_links)
    except OSError as error:
        raise UnusableFileError(_closed("It", error)) from error


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result | str]]:
    """Names of files relative to the folder, with what the disk says of them, or a sentence where it says nothing."""
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(folder / prefix) as scan:
                entries = [entry for entry in scan if not is_left_behind(entry.name)]
        except OSError as error:
            if not prefix:
                raise DatasetError(_closed(own_name(folder), error)) from error
            yield prefix, _closed("The folder", error)
            continue
        for entry in entries:
            name = prefix + entry.name
            try:
                about = entry.stat(follow_symlinks=False)
            except OSError as error:
                yield name, _closed("It", error)
                continue
            if stat.S_ISDIR(about.st_mode):
                waiting.append(f"{name}/")
            else:
                yield name, about


def _closed(what: str, error: OSError) -> str:
    return f"{what} cannot be opened: {error.strerror}."


def _problem(about: os.stat_result) -> str | None:
    if stat.S_ISLNK(about.st_mode):
        return "It is a symbolic link; put the file itself here."
    if not stat.S_ISREG(about.st_mode):
        return "It is not a file but a device, a pipe or a socket."
    return None
