"""What a checkpoints folder holds: the checkpoints that can be opened, and what is wrong with the others.

A folder is read again only when one of its files has changed, so that thousands of them cost a look at each. Whatever
lies there, one folder never hurts another.
"""

import math
import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from vae_core.checkpoint.about import ABOUT_FILE
from vae_core.checkpoint.layout import (
    CONFIG_FILE,
    DECODER_FILE,
    EXPLORER_FOLDER,
    EXPLORER_MANIFEST,
    METRICS_FILE,
    REQUEST_FILE,
    WEIGHTS_FILE,
    CheckpointSummary,
    checkpoints_root,
    is_plain_name,
    read_checkpoint,
)
from vae_core.errors import CheckpointError, ConfigError
from vae_core.files import MISSING, Stamp, read_start, stamp
from vae_core.json_files import parse_json

# What an entry is made of. Another one of these is another checkpoint.
WATCHED = (
    CONFIG_FILE,
    WEIGHTS_FILE,
    DECODER_FILE,
    METRICS_FILE,
    EXPLORER_FOLDER,
    str(EXPLORER_MANIFEST),
    ABOUT_FILE,
)
# Made by mkfs at the top of a volume, closed to everybody but root.
NEVER_A_CHECKPOINT = "lost+found"
# Bytes of a safetensors file up to its weights: of a model of ours, and of the largest that is looked into here.
USUAL_HEADER = 1 << 14
LARGEST_HEADER = 1 << 20
ERRORS_KEPT = 10.0  # seconds
LFS_POINTER = b"version https://git-lfs"

Stamps = tuple[Stamp, ...]
Entry = CheckpointSummary | CheckpointError | None  # None for what is no checkpoint and need not be one

T = TypeVar("T")


class Kept(Generic[T]):
    """What was found out of each folder, for as long as its stamps stay the same.

    An error is found out anew after a while all the same: what it came from, like too many open files, may have passed.
    Threads may share it: each step is a single one, and what two of them find out at once is the same.
    """

    def __init__(self) -> None:
        self._found: dict[str, tuple[Stamps, float, T]] = {}

    def get(self, folder: str, stamps: Stamps, find_out: Callable[[], T]) -> T:
        """What is known of a folder, else what `find_out` says."""
        known = self._found.get(folder)
        if known is not None and known[0] == stamps and time.monotonic() < known[1]:
            return known[2]
        found = find_out()
        kept_for = ERRORS_KEPT if isinstance(found, Exception) else math.inf
        self._found[folder] = stamps, time.monotonic() + kept_for, found
        return found

    def forget_others(self, folders: Collection[str]) -> None:
        """Drop what is known of all but these folders."""
        self._found = {folder: known for folder, known in self._found.copy().items() if folder in folders}


_entries: Kept[Entry] = Kept()


@dataclass(frozen=True)
class Checkpoints:
    """Every folder that is a checkpoint or looks like one, by name. `stamps` change with what they hold."""

    readable: dict[str, CheckpointSummary]
    problems: dict[str, CheckpointError]
    stamps: dict[str, Stamps]


def find_checkpoints(root: Path | None = None) -> Checkpoints:
    """Look through a checkpoints folder, the configured one by default."""
    root = root or checkpoints_root()
    found = Checkpoints({}, {}, {})
    try:
        names = folder_names(root)
    except CheckpointError as error:
        return Checkpoints({}, {root.name: error}, {})
    folders = [f"{root}{os.sep}{name}" for name in names]
    for name, folder in zip(names, folders, strict=True):
        stamps, entry = _entry(folder)
        if isinstance(entry, CheckpointSummary):
            found.readable[name] = entry
            found.stamps[name] = stamps
        elif entry is not None:
            found.problems[name] = entry
    _entries.forget_others(set(folders))
    return found


def find_checkpoint(name: str, root: Path | None = None) -> CheckpointSummary:
    """The checkpoint called `name`, without a look at any other.

    Raises:
        CheckpointError: there is none, or it is damaged.
    """
    root = root or checkpoints_root()
    entry = _entry(f"{root}{os.sep}{name}")[1] if is_plain_name(name) else None
    if entry is None:
        raise CheckpointError(f"{root}: holds no checkpoint {name!r}.")
    if isinstance(entry, CheckpointError):
        raise CheckpointError(str(entry))
    return entry


def list_checkpoints(root: Path | None = None) -> list[CheckpointSummary]:
    """Every checkpoint below `root` that can be opened, by name; see `broken_checkpoints` for the others."""
    return list(find_checkpoints(root).readable.values())


def broken_checkpoints(root: Path | None = None) -> list[CheckpointError]:
    """What is wrong with each folder below `root` that is a checkpoint or looks like one but can't be opened."""
    return list(find_checkpoints(root).problems.values())


def folder_names(root: Path) -> list[str]:
    """The names of the visible folders in `root`, sorted; none where it does not exist.

    Raises:
        CheckpointError: it can't be read.
    """
    try:
        with os.scandir(root) as found:
            return sorted(entry.name for entry in found if not entry.name.startswith(".") and _is_folder(entry))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise CheckpointError(f"{root}: cannot be read ({error.strerror}).") from None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir() and entry.name != NEVER_A_CHECKPOINT
    except OSError:  # a link that leads in a circle, or to where we may not look
        return False


def _entry(folder: str) -> tuple[Stamps, Entry]:
    stamps = tuple(stamp(f"{folder}{os.sep}{name}") for name in WATCHED)
    return stamps, _entries.get(folder, stamps, partial(_read, folder, stamps))


def _read(path: str, stamps: Stamps) -> Entry:
    folder = Path(path)
    config, weights = stamps[:2]
    if config == MISSING:
        return _without_config(folder)
    if not is_plain_name(folder.name):
        shown = os.fsencode(folder).decode("utf-8", "backslashreplace")
        return CheckpointError(f"{shown}: no address can carry this name; give the folder a plain one.")
    if len(config) == 1:
        return CheckpointError(f"{folder}: cannot be read ({os.strerror(config[0])}).")
    try:
        summary = read_checkpoint(folder)
        if weights != MISSING:  # which a browser decodes without
            check_size_of_weights(folder / WEIGHTS_FILE)
    except CheckpointError as error:
        return error.with_traceback(None)  # which would keep alive what was read
    return summary


def _without_config(folder: Path) -> CheckpointError | None:
    """What is to be said of a folder that has no settings: nothing, unless it has what only a checkpoint has."""
    if os.path.lexists(folder / REQUEST_FILE):  # a run that has not come so far
        return None
    for name in (WEIGHTS_FILE, EXPLORER_MANIFEST):
        if os.path.lexists(folder / name):
            return CheckpointError(f"{folder}: holds {name} but no {CONFIG_FILE}; copy the folder again, whole.")
    return None


def check_size_of_weights(path: Path) -> None:
    """Hold a safetensors file's header against its size, as https://huggingface.co/docs/safetensors describes it.

    Raises:
        CheckpointError: the file is a Git LFS pointer, cut off, unreadable or no safetensors file.
    """
    try:
        start, size = read_start(path, USUAL_HEADER)
        header_size = int.from_bytes(start[:8], "little")
        if USUAL_HEADER < 8 + header_size <= min(size, LARGEST_HEADER):
            start, size = read_start(path, 8 + header_size)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror}).") from None
    if start.startswith(LFS_POINTER):
        raise CheckpointError(
            f"{path}: is a Git LFS pointer, not the weights themselves; fetch them with `git lfs pull` where the "
            "folder was cloned, and copy it again."
        )
    if LARGEST_HEADER < 8 + header_size <= size:
        return  # a model of very many parts: reading it whole will tell
    try:
        header = parse_json(start[8 : 8 + header_size])
        ends = [int(part["data_offsets"][1]) for name, part in header.items() if name != "__metadata__"]
    except (ConfigError, AttributeError, KeyError, IndexError, TypeError, ValueError):
        raise CheckpointError(f"{path}: cut off or not a safetensors file ({size:,} bytes); copy it again.") from None
    expected = 8 + header_size + max(ends, default=0)
    if size != expected:
        raise CheckpointError(f"{path}: has {size:,} bytes of {expected:,}; copy it again.")
