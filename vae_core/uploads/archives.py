"""A ZIP archive from anywhere as a source of files: opened warily, checked as a whole, then file by file."""

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from vae_core.errors import DatasetError, shortened
from vae_core.files import open_regular
from vae_core.uploads.file_names import called, is_left_behind, is_too_long, shown
from vae_core.uploads.import_report import SkippedFile
from vae_core.uploads.limits import DEFAULT_LIMITS, MIB, UploadLimits
from vae_core.uploads.zip_directory import Member, read_directory
from vae_core.uploads.zip_members import Archive, read_member, unreadable


@contextmanager
def open_archive(path: Path, limits: UploadLimits = DEFAULT_LIMITS) -> Iterator[Archive]:
    """The ZIP container of a .zip or .npz. Raises DatasetError when it is none or lists more than the limits allow."""
    name = called(path)
    try:
        file = open_regular(path, follow_links=True)
    except OSError as error:
        raise DatasetError(f"{name} cannot be opened: {error.strerror}.") from error
    with file:
        yield Archive(file, read_directory(file, name, path.suffix.lower() or ".zip", limits))


def check_archive(path: Path, archive: Archive, limits: UploadLimits) -> None:
    """Raises DatasetError for an archive that would inflate to too much."""
    total = sum(member.file_size for member in archive.infolist())
    if total > limits.total_bytes:
        raise DatasetError(
            f"{called(path)} would inflate to {total / MIB:,.0f} MiB, more than the limit of "
            f"{limits.total_bytes / MIB:,.0f} MiB; make it smaller."
        )


def inflates_too_much(member: Member, limits: UploadLimits) -> bool:
    """Whether a member is so well compressed that it can only be a bomb."""
    return member.file_size > max(limits.ratio_free_bytes, limits.ratio * member.compress_size)


class ArchiveSource:
    """The files of a ZIP archive. Members are read in memory; none is extracted, whatever its name says."""

    def __init__(self, path: Path, archive: Archive, limits: UploadLimits) -> None:
        self.path = path
        self.names: list[str] = []
        self.skipped: list[SkippedFile] = []
        self._archive = archive
        self._members: list[Member] = []
        check_archive(path, archive, limits)
        # Windows programs write backslashes where the format wants slashes.
        named = ((member.filename.replace("\\", "/"), member) for member in archive.infolist())
        kept = [
            (_title(name), name, member) for name, member in named if name[-1:] != "/" and not _is_passed_over(name)
        ]
        for title, name, member in sorted(kept, key=lambda item: item[0]):
            if reason := _problem(name, member, archive, limits):
                self.skipped.append(SkippedFile(title, reason))
            else:
                self.names.append(title)
                self._members.append(member)

    def open(self, index: int) -> BinaryIO:
        return BytesIO(read_member(self._archive, self._members[index]))

    def version(self) -> str:
        digest = hashlib.sha256()
        for name, member in zip(self.names, self._members, strict=True):
            digest.update(f"{name}\0{member.CRC}\0{member.file_size}\0".encode())
        return digest.hexdigest()


def _title(name: str) -> str:
    return shown(shortened(name) if is_too_long(name) else name)


def _is_passed_over(name: str) -> bool:
    return name.endswith("/") or (not is_too_long(name) and is_left_behind(name))


def _problem(name: str, member: Member, archive: Archive, limits: UploadLimits) -> str | None:
    if name.startswith("/") or name[1:2] == ":" or (".." in name and ".." in name.split("/")):
        return "Its name leads outside the archive."
    if is_too_long(name):
        return "Its name is longer than any disk takes; give it a shorter one."
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "It is a symbolic link; put the file itself into the archive."
    if kind not in (0, stat.S_IFREG):
        return "It is not a file but a device, a pipe or a socket."
    if reason := unreadable(member) or archive.directory.misplaced(member):
        return reason
    if inflates_too_much(member, limits):
        return f"It would inflate to more than {limits.ratio:,.0f} times its size in the archive."
    return limits.size_problem(member.file_size)
