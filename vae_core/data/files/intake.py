"""On what terms strangers' files are taken: what a place of files is, how large they may be, what is said of others."""

import os
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple, Protocol

from vae_core.errors import DatasetError

MIB = 2**20
# No disk takes longer ones, and what is done with names takes more time than their length.
LONGEST_PART, LONGEST_NAME = 255, 4096  # characters
PACKED = ".packed-here.zip"  # behind the name of pictures that were handed in without an archive
PARQUET_SUFFIX = ".parquet"
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".tab")
_CONTROL = [*range(0x20), *range(0x7F, 0xA0)]
_REORDERING = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]  # a name could end in another suffix than is seen
_HALVES = range(0xD800, 0xE000)
_BYTES = range(0xDC80, 0xDD00)  # of these halves, stand for bytes that mean nothing in the disk's encoding
_ESCAPES = {code: chr(code).encode("unicode_escape").decode() for code in (*_CONTROL, *_REORDERING, *_HALVES)}
_ESCAPES |= {code: f"\\x{code - 0xDC00:02x}" for code in _BYTES}
_SYSTEMS = frozenset(
    name.casefold()
    for name in (
        "__MACOSX",
        "Icon\r",
        "Thumbs.db",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "desktop.ini",
        "$RECYCLE.BIN",
        "System Volume Information",
        "lost+found",
        # Network storage by Synology and QNAP. Other names with an @ or a # in front may well be somebody's classes.
        "@eaDir",
        "@tmp",
        "@sharebin",
        "@SynoResource",
        "@SynoEAStream",
        "@Recycle",
        "@Recently-Snapshot",
        "@__thumb",
        "#recycle",
        "#snapshot",
    )
)


@dataclass(frozen=True)
class UploadLimits:
    """Sizes are bytes after decompression, but for the list of an archive's files.

    `members`, `directory_bytes` and `total_bytes` refuse an archive as a whole; the others leave out one file.
    """

    members: int = 300_000
    directory_bytes: int = 64 * MIB
    total_bytes: int = 16 * 1024 * MIB
    file_bytes: int = 64 * MIB
    pixels: int = 50_000_000
    # Compressed to less than 1/ratio, files are bombs or nearly empty pictures, such as masks: so much of them is read.
    ratio: float = 200
    ratio_free_bytes: int = 2 * 1024 * MIB

    def size_problem(self, size: int) -> str | None:
        """A sentence on one file of so many bytes that is left out."""
        if size == 0:
            return "The file is empty."
        if size > self.file_bytes:
            return f"It has {size / MIB:,.1f} MiB, more than the limit of {self.file_bytes / MIB:,.1f} MiB."
        return None

    def check_whole(self, name: str, size: int) -> None:
        """Raises DatasetError for a file that is a data set by itself, and too large for one."""
        if size > self.total_bytes:
            most = f"{self.total_bytes / MIB:,.0f} MiB"
            raise DatasetError(f"{name} has {size / MIB:,.0f} MiB, more than the limit of {most}; make it smaller.")


DEFAULT_LIMITS = UploadLimits()


@dataclass(frozen=True)
class SkippedFile:
    """A file that is not in the data set; `reason` is one plain sentence."""

    name: str
    reason: str


@dataclass(frozen=True)
class FileNote:
    """A file that is in the data set, but not as it was; `note` is one plain sentence.

    What concerns a set as a whole bears the name of its folder or archive.
    """

    name: str
    note: str


@dataclass(frozen=True)
class ImportReport:
    """Files left out, and files changed, in the order they were met; what concerns the whole set comes first.

    `counts` says how many images each split has; those of the other split are counted before they are decoded.
    """

    skipped: tuple[SkippedFile, ...] = ()
    notes: tuple[FileNote, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


class UnusableFileError(Exception):
    """One file cannot be used; the message is the sentence for its SkippedFile."""


class TableFile(NamedTuple):
    """A file whose rows may be pictures: its bytes, and how it is opened, to be read once from its start."""

    size: int
    open: Callable[[], BinaryIO]  # raises UnusableFileError, as reading does


class FileSource(Protocol):
    """Files with names relative to their root, `/` between parts, in a fixed order."""

    @property
    def path(self) -> Path:
        """What was handed in."""

    @property
    def names(self) -> list[str]:
        """The readable files' names, as people wrote them."""

    @property
    def skipped(self) -> list[SkippedFile]:
        """The files that are not among them, and why."""

    @property
    def tables(self) -> dict[str, TableFile]:
        """Files whose rows may be pictures, also such as are too large to be one and so among `skipped`."""

    def open(self, index: int) -> BinaryIO:
        """The file `names[index]`. Raises UnusableFileError when it cannot be read."""


@contextmanager
def telling_of_room(name: str) -> Iterator[None]:
    """Raises DatasetError where what is taken out of a file called `name` finds no room."""
    try:
        yield
    except OSError as error:
        needs = "Its pictures need room among the temporary files."
        raise DatasetError(f"{name} cannot be read: {error.strerror or error}. {needs}") from error


def change_of(about: os.stat_result) -> tuple[int, ...]:
    """Another one whenever a file has been written or replaced, even by one as large that keeps the other's date.

    Its number on the disk is left out: some network disks give the same file another one at any time.
    """
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns


def shown(name: str) -> str:
    """A name as it was written, composed (NFC); only what has no sight or turns the order of others is escaped."""
    composed = unicodedata.normalize("NFC", name)
    return composed if composed.isprintable() else composed.translate(_ESCAPES)


def is_table_name(name: str) -> bool:
    """Whether a file's suffix is one that tables have."""
    return PurePosixPath(name.lower()).suffix in TABLE_SUFFIXES


def holds_rows(name: str) -> bool:
    """Whether a file's suffix is one of files whose rows may be pictures."""
    return is_table_name(name) or name.lower().endswith(PARQUET_SUFFIX)


def is_too_long(name: str) -> bool:
    """Whether a name, `/` between its parts, is longer than any disk takes."""
    return len(name) > LONGEST_PART and (len(name) > LONGEST_NAME or max(map(len, name.split("/"))) > LONGEST_PART)


def own_name(path: Path) -> str:
    """The name of a folder or a file as the person who handed it in knows it, without the folders above."""
    # Links are not followed: what they lead to may have any name.
    return shown(os.path.basename(os.path.abspath(path)).removesuffix(PACKED) or str(path))


def title_of(path: Path) -> str:
    """What a set is called after its folder or its file: the name, a file's without the suffix."""
    name = own_name(path)
    return name if path.is_dir() else Path(name).stem


def is_left_behind(name: str) -> bool:
    """Whether systems, not people, put a file there: any part of its name, `/` between them, is hidden or theirs."""
    folder, _, file = name.rpartition("/")
    return _is_of_a_system(file) or (folder != "" and _lies_in_a_systems(folder))


@lru_cache(maxsize=256)
def _lies_in_a_systems(folder: str) -> bool:
    return any(map(_is_of_a_system, folder.split("/")))


def _is_of_a_system(part: str) -> bool:
    # "." and ".." are no hidden files: what leads elsewhere is to be reported.
    return (part.startswith(".") and part.strip(".") != "") or part.casefold() in _SYSTEMS
