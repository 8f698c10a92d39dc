"""What became of the files that were handed in, in sentences a person can act on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SkippedFile:
    """A file that is not in the data set; `reason` is one plain sentence."""

    name: str
    reason: str


@dataclass(frozen=True)
class FileNote:
    """A file that is in the data set, but not as it was; `note` is one plain sentence."""

    name: str
    note: str


@dataclass(frozen=True)
class ImportReport:
    """Files left out, and files changed, in the order they were met."""

    skipped: tuple[SkippedFile, ...] = ()
    notes: tuple[FileNote, ...] = ()


class UnusableFileError(Exception):
    """One file cannot be used; the message is the sentence for its SkippedFile."""
