"""A ZIP archive from anywhere as a source of files: checked as a whole, then file by file, inflated a block at a time.

No file ever takes more than its entry declares.
"""

import stat
import struct
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader, BytesIO, RawIOBase
from itertools import accumulate
from pathlib import Path
from shutil import copyfileobj
from typing import Any, BinaryIO

from vae_core.data.files.folders import FolderSource, LoneTable
from vae_core.data.files.intake import (
    DEFAULT_LIMITS,
    MIB,
    FileSource,
    SkippedFile,
    TableFile,
    UnusableFileError,
    UploadLimits,
    holds_rows,
    is_left_behind,
    is_too_long,
    own_name,
    shown,
)
from vae_core.data.files.zip_directory import DAMAGED, HEADER_BYTES, Directory, Member, read_directory
from vae_core.errors import DatasetError, shortened
from vae_core.files import open_regular

BLOCK = 64 * 1024  # bytes inflated at once
STORED, DEFLATED = 0, 8
_PACKED_BLOCK = 16 * 1024  # bytes, of which what is not yet inflated is copied for every block
_LONGER = "It is damaged within the archive: there is more of it than its entry declares."
_REPLACED = "The archive has another file of this name behind it: the last one counts."
_ENCRYPTED, _PATCH = 0x1, 0x20
_METHODS = {
    9: "Deflate64",
    12: "bzip2",
    14: "LZMA",
    20: "Zstandard",
    93: "Zstandard",
    95: "XZ",
    97: "WavPack",
    98: "PPMd",
}
_HEADER = struct.Struct("<4s22x2H")


class Archive:
    """An open ZIP archive, of which nothing but the list of its files has been read."""

    def __init__(self, file: BinaryIO, directory: Directory) -> None:
        self.directory = directory
        self._file = file
        self._turn = threading.Lock()

    def infolist(self) -> list[Member]:
        """Its files and folders in the order of its list."""
        return self.directory.members

    def read_at(self, place: int, count: int) -> bytes:
        """Bytes of the archive as they are. Raises UnusableFileError where it ends before."""
        try:
            with self._turn:
                self._file.seek(place)
                content = self._file.read(count)
        except OSError as error:
            raise UnusableFileError(f"It cannot be read: {error.strerror}.") from error
        if len(content) < count:
            raise UnusableFileError(DAMAGED)
        return content


def unreadable(member: Member) -> str | None:
    """A sentence on a member that is encrypted or compressed in a way that is not read here."""
    if member.flag_bits & _ENCRYPTED:
        return "It is encrypted; zip it without a password."
    if member.compress_type not in (STORED, DEFLATED) or member.flag_bits & _PATCH:
        way = f"with {_METHODS[member.compress_type]}" if member.compress_type in _METHODS else "in an unusual way"
        return f"It is compressed {way}, which is not read here; zip it anew with Deflate."
    return None


def open_member(archive: Archive, member: Member) -> BinaryIO:
    """A member to be read from its start, as `file_size` bytes and not one more; there is no going back in it.

    What is read inflates little more than was asked for. Raises UnusableFileError, here and while reading, when it
    cannot be read, is damaged, or holds more or less than its entry declares.
    """
    if reason := unreadable(member) or archive.directory.misplaced(member):
        raise UnusableFileError(reason)
    return BufferedReader(_MemberBytes(archive, member))


def read_member(archive: Archive, member: Member) -> bytes:
    """A member's bytes, never more than its entry declares. Raises UnusableFileError as `open_member`."""
    content = BytesIO()
    with open_member(archive, member) as file:
        copyfileobj(file, content, BLOCK)
    return content.getvalue()


class _MemberBytes(RawIOBase):
    """A member's bytes in order, checked against its entry before the last of them are handed out."""

    def __init__(self, archive: Archive, member: Member) -> None:
        super().__init__()
        self._archive = archive
        self._checksum = member.CRC
        self._size = self._left = member.file_size
        self._found = 0  # the checksum of what was read so far
        mark, name_bytes, extra_bytes = _HEADER.unpack(archive.read_at(member.header_offset, HEADER_BYTES))
        self._place = member.header_offset + HEADER_BYTES + name_bytes + extra_bytes
        self._packed_left = member.compress_size
        if mark != b"PK\3\4" or self._place + self._packed_left > archive.directory.end_of(member):
            raise UnusableFileError(DAMAGED)
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS) if member.compress_type == DEFLATED else None
        if not self._left:
            self._check_end()

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size - self._left

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            return 0
        block = self._next(min(len(buffer), self._left, BLOCK))
        if not block:
            raise UnusableFileError(DAMAGED)
        self._found = zlib.crc32(block, self._found)
        self._left -= len(block)
        if not self._left:
            self._check_end()
        buffer[: len(block)] = block
        return len(block)

    def _check_end(self) -> None:
        if self._next(1):
            raise UnusableFileError(_LONGER)
        if self._found != self._checksum:
            raise UnusableFileError(DAMAGED)

    def _next(self, count: int) -> bytes:
        """One to `count` of the bytes that follow, whatever the entry declares; none at the end."""
        if self._inflater is None:
            return self._read_packed(count)
        try:
            while not self._inflater.eof:
                packed = self._inflater.unconsumed_tail or self._read_packed(_PACKED_BLOCK)
                block = self._inflater.decompress(packed, count)
                if block or not packed:
                    return block
        except zlib.error as error:
            raise UnusableFileError(DAMAGED) from error
        return b""

    def _read_packed(self, count: int) -> bytes:
        count = min(count, self._packed_left)
        content = self._archive.read_at(self._place, count) if count else b""
        self._place += count
        self._packed_left -= count
        return content


@contextmanager
def open_archive(path: Path, limits: UploadLimits = DEFAULT_LIMITS) -> Iterator[Archive]:
    """The ZIP container of a .zip or .npz. Raises DatasetError when it is none or lists more than the limits allow."""
    name = own_name(path)
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
            f"{own_name(path)} would inflate to {total / MIB:,.0f} MiB, more than the limit of "
            f"{limits.total_bytes / MIB:,.0f} MiB; make it smaller."
        )


def likely_bombs(members: Iterable[Member], limits: UploadLimits) -> set[Member]:
    """Members that are compressed too well for pictures, but for the smallest, which inflate to little altogether."""
    dense = (member for member in members if member.file_size > limits.ratio * member.compress_size)
    ascending = sorted(dense, key=lambda member: member.file_size)
    inflated = accumulate(member.file_size for member in ascending)
    return {member for member, size in zip(ascending, inflated, strict=True) if size > limits.ratio_free_bytes}


class ArchiveSource:
    """The files of a ZIP archive. Members are read in memory; none is extracted, whatever its name says."""

    def __init__(self, path: Path, archive: Archive, limits: UploadLimits) -> None:
        self.path = path
        self.names: list[str] = []
        self.skipped: list[SkippedFile] = []
        self.tables: dict[str, TableFile] = {}
        self._archive = archive
        self._members: list[Member] = []
        check_archive(path, archive, limits)
        kept = _files(archive.infolist())
        self.skipped += [SkippedFile(title, _REPLACED) for title, _, _ in _files(archive.directory.replaced)]
        bombs = likely_bombs((member for _, _, member in kept), limits)
        too_dense = f"It would inflate to more than {limits.ratio:,.0f} times its size in the archive."
        for title, name, member in sorted(kept, key=lambda item: item[0]):
            dense = too_dense if member in bombs else None
            reason = _problem(name, member, archive) or dense
            if reason is None and holds_rows(title):
                self.tables[title] = TableFile(member.file_size, partial(open_member, archive, member))
            if reason := reason or limits.size_problem(member.file_size):
                self.skipped.append(SkippedFile(title, reason))
            else:
                self.names.append(title)
                self._members.append(member)

    def open(self, index: int) -> BinaryIO:
        return BytesIO(read_member(self._archive, self._members[index]))


@contextmanager
def open_source(path: Path, limits: UploadLimits) -> Iterator[FileSource]:
    """Files of a folder or a ZIP, or a table alone; raises DatasetError for all else and archives past the limits."""
    if path.is_dir():
        yield FolderSource(path, limits)
        return
    if holds_rows(path.name):
        yield LoneTable(path, limits)
        return
    with open_archive(path, limits) as archive:
        yield ArchiveSource(path, archive, limits)


def _files(members: Iterable[Member]) -> list[tuple[str, str, Member]]:
    """Those that people put there, each with its name as it is shown and as it is written."""
    # Windows programs write backslashes where the format wants slashes.
    named = ((member.filename.replace("\\", "/"), member) for member in members)
    return [(_title(name), name, member) for name, member in named if name[-1:] != "/" and not _is_passed_over(name)]


def _title(name: str) -> str:
    return shown(shortened(name) if is_too_long(name) else name)


def _is_passed_over(name: str) -> bool:
    return name.endswith("/") or (not is_too_long(name) and is_left_behind(name))


def _problem(name: str, member: Member, archive: Archive) -> str | None:
    if name.startswith("/") or name[1:2] == ":" or (".." in name and ".." in name.split("/")):
        return "Its name leads outside the archive."
    if is_too_long(name):
        return "Its name is longer than any disk takes; give it a shorter one."
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "It is a symbolic link; put the file itself into the archive."
    if kind not in (0, stat.S_IFREG):
        return "It is not a file but a device, a pipe or a socket."
    return unreadable(member) or archive.directory.misplaced(member)
