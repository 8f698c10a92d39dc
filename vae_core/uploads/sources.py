"""The files of an image folder or a ZIP archive, listed and read one at a time without writing anything.

Files that operating systems leave behind (dot files, __MACOSX, Thumbs.db, desktop.ini) are passed over in
silence; everything else that is not read is listed with its reason.
"""

import hashlib
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol

from vae_core.errors import DatasetError
from vae_core.uploads.import_report import SkippedFile, UnusableFileError
from vae_core.uploads.limits import MIB, UploadLimits

_LEFT_BEHIND = {"__macosx", "thumbs.db", "desktop.ini"}
_ENCRYPTED = 0x1


class FileSource(Protocol):
    """Files with names relative to their root, `/` between parts, in a fixed order."""

    @property
    def path(self) -> Path:
        """What was handed in."""

    @property
    def names(self) -> list[str]:
        """The readable files' names."""

    @property
    def skipped(self) -> list[SkippedFile]:
        """The files that are not among them, and why."""

    def open(self, index: int) -> BinaryIO:
        """The file `names[index]`. Raises UnusableFileError when it cannot be read."""

    def version(self) -> str:
        """A digest that changes when any file does."""


@contextmanager
def open_source(path: Path, limits: UploadLimits) -> Iterator[FileSource]:
    """The files of a folder or a ZIP; raises DatasetError for anything else and archives past the limits."""
    if path.is_dir():
        yield FolderSource(path, limits)
        return
    with open_archive(path) as archive:
        yield ArchiveSource(path, archive, limits)


def open_archive(path: Path) -> zipfile.ZipFile:
    """The ZIP container of a .zip or .npz; raises DatasetError when it is none."""
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DatasetError(f"{path} is not a readable {path.suffix or '.zip'} file ({error}); make it anew.") from error


class FolderSource:
    """A folder of the user's own disk. Symbolic links are not followed, so nothing outside it is read."""

    def __init__(self, path: Path, limits: UploadLimits) -> None:
        self.path = path
        self.names: list[str] = []
        self.skipped: list[SkippedFile] = []
        self._limits = limits
        self._paths: list[str] = []
        self._stamps: list[tuple[int, int]] = []
        waiting = [""]
        while waiting:
            waiting += reversed(self._list_folder(waiting.pop()))

    def _list_folder(self, prefix: str) -> list[str]:
        """Lists the files of one folder and returns its sub-folders."""
        folders: list[str] = []
        try:
            with os.scandir(self.path / prefix) as scan:
                found = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            self._skip(prefix or ".", f"The folder cannot be opened: {error.strerror}.")
            return folders
        for entry in found:
            name = prefix + entry.name
            if _is_left_behind(name):
                continue
            if entry.is_symlink():
                self._skip(name, "It is a symbolic link; put the file itself here.")
            elif entry.is_dir():
                folders.append(name + "/")
            else:
                self._list_file(name)
        return folders

    def _list_file(self, name: str) -> None:
        try:
            about = (self.path / name).lstat()
        except OSError as error:
            self._skip(name, f"It cannot be opened: {error.strerror}.")
            return
        if not stat.S_ISREG(about.st_mode):
            self._skip(name, "It is not a file but a device, a pipe or a socket.")
        elif reason := _size_problem(about.st_size, self._limits):
            self._skip(name, reason)
        else:
            self._paths.append(name)
            self.names.append(_printable(name))
            self._stamps.append((about.st_size, about.st_mtime_ns))

    def _skip(self, name: str, reason: str) -> None:
        self.skipped.append(SkippedFile(_printable(name), reason))

    def open(self, index: int) -> BinaryIO:
        try:
            return (self.path / self._paths[index]).open("rb")
        except OSError as error:
            raise UnusableFileError(f"It cannot be opened: {error.strerror}.") from error

    def version(self) -> str:
        digest = hashlib.sha256()
        for path, stamp in zip(self._paths, self._stamps, strict=True):
            digest.update(os.fsencode(path) + f"\0{stamp}\0".encode())
        return digest.hexdigest()


class ArchiveSource:
    """A ZIP archive from anywhere. Members are read in memory; none is extracted, whatever its name says."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, limits: UploadLimits) -> None:
        self.path = path
        self.names: list[str] = []
        self.skipped: list[SkippedFile] = []
        self._archive = archive
        self._members: list[zipfile.ZipInfo] = []
        check_archive(path, archive, limits)
        for member in sorted(archive.infolist(), key=lambda info: info.filename):
            # Some Windows programs write backslashes where the format wants slashes.
            name = member.filename.replace("\\", "/")
            if member.is_dir() or name.endswith("/") or _is_left_behind(name):
                continue
            if reason := _member_problem(name, member, limits):
                self.skipped.append(SkippedFile(_printable(name), reason))
            else:
                self.names.append(_printable(name))
                self._members.append(member)

    def open(self, index: int) -> BinaryIO:
        return BytesIO(read_member(self._archive, self._members[index]))

    def version(self) -> str:
        digest = hashlib.sha256()
        for member in self._members:
            digest.update(f"{member.filename}\0{member.CRC}\0{member.file_size}\0".encode(errors="replace"))
        return digest.hexdigest()


def check_archive(path: Path, archive: zipfile.ZipFile, limits: UploadLimits) -> None:
    """Raises DatasetError for an archive with too many members, or that would inflate to too much."""
    members = archive.infolist()
    if len(members) > limits.members:
        raise DatasetError(
            f"{path} has {len(members):,} members, more than the limit of {limits.members:,}; make it smaller."
        )
    total = sum(member.file_size for member in members)
    if total > limits.total_bytes:
        raise DatasetError(
            f"{path} would inflate to {total / MIB:,.0f} MiB, more than the limit of "
            f"{limits.total_bytes / MIB:,.0f} MiB; make it smaller."
        )


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """A member's bytes, never more than its entry declares. Raises UnusableFileError when it is damaged."""
    try:
        with archive.open(member) as file:
            return file.read()
    except NotImplementedError as error:
        raise UnusableFileError("It is compressed in a way that cannot be read here; zip it anew.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise UnusableFileError("It is damaged within the archive.") from error


def inflates_too_much(member: zipfile.ZipInfo, limits: UploadLimits) -> bool:
    """Whether a member is so well compressed that it can only be a bomb."""
    return member.file_size > max(limits.ratio_free_bytes, limits.ratio * member.compress_size)


def _member_problem(name: str, member: zipfile.ZipInfo, limits: UploadLimits) -> str | None:
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or (len(name) > 1 and name[1] == ":"):
        return "Its name leads outside the archive."
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "It is a symbolic link; put the file itself into the archive."
    if kind not in (0, stat.S_IFREG):
        return "It is not a file but a device, a pipe or a socket."
    if member.flag_bits & _ENCRYPTED:
        return "It is encrypted; zip it without a password."
    if inflates_too_much(member, limits):
        return f"It would inflate to more than {limits.ratio:,.0f} times its size in the archive."
    return _size_problem(member.file_size, limits)


def _size_problem(size: int, limits: UploadLimits) -> str | None:
    if size == 0:
        return "The file is empty."
    if size > limits.file_bytes:
        return f"It has {size / MIB:,.1f} MiB, more than the limit of {limits.file_bytes / MIB:,.1f} MiB."
    return None


def _is_left_behind(name: str) -> bool:
    # Only for plain names: "../x" is to be reported, not passed over as a dot file.
    parts = [part.lower() for part in name.split("/")]
    return any(part in _LEFT_BEHIND or (part.startswith(".") and part.strip(".")) for part in parts)


def _printable(name: str) -> str:
    """A file name of undecodable bytes or control characters, made fit for messages and class names."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in name)
