"""One door to files that were handed in, in a folder or a ZIP: listed, and read one at a time without writing anything.

What operating systems leave behind is passed over in silence; all else that is not read is listed with its reason.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from vae_core.uploads.archives import ArchiveSource, check_archive, inflates_too_much, open_archive
from vae_core.uploads.folders import FolderSource
from vae_core.uploads.import_report import SkippedFile
from vae_core.uploads.limits import UploadLimits
from vae_core.uploads.zip_members import Archive, open_member, read_member

__all__ = [
    "Archive",
    "FileSource",
    "check_archive",
    "inflates_too_much",
    "open_archive",
    "open_member",
    "open_source",
    "read_member",
]


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
    with open_archive(path, limits) as archive:
        yield ArchiveSource(path, archive, limits)
