"""What became of the files that were handed in, in sentences a person can act on."""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
