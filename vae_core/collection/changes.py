"""A model is given a title and notes, moved to the trash, brought back, or removed for good.

Whoever changes the collection does so under the lock of all runs, so that no run begins in a folder that goes.
Deleting renames the folder to `.trash/STAMP/NAME` beside the checkpoints: one step, and one step back.
"""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vae_core.checkpoint.about import About, read_about, write_about
from vae_core.checkpoint.layout import (
    CONFIG_FILE,
    DECODER_FILE,
    EXPLORER_MANIFEST,
    LOCK_FILE,
    TRASH_FOLDER,
    WEIGHTS_FILE,
    checkpoints_root,
    is_plain_name,
)
from vae_core.collection.records import size_on_disk
from vae_core.errors import CheckpointError, TrainingError
from vae_core.files import Stamp, is_locked, stamp
from vae_core.runs.queue import DISCARDED, all_runs
from vae_core.runs.run import Run

STAMP = "%Y%m%d-%H%M%S"


@dataclass(frozen=True)
class Deleted:
    """A model in the trash. `place` is its folder's name there, `deleted_at` in seconds since 1970, `size` in bytes."""

    place: str
    name: str
    title: str
    deleted_at: float
    size: int


def describe(folder: Path, *, title: str | None = None, notes: str | None = None) -> About:
    """Give a model another title (empty: its folder's name) or other notes; what is not given stays.

    Raises:
        ConfigError: one is too long, or unprintable.
        CheckpointError: there is no such model.
    """
    given = {name: value for name, value in (("title", title), ("notes", notes)) if value is not None}
    with _changing(folder):
        about = About.parse(read_about(folder)[0].model_dump() | given)
        write_about(folder, about)
    return about


def delete(folder: Path) -> Deleted:
    """Move a model to the trash beside it.

    Raises:
        CheckpointError: there is no such model.
        TrainingError: a run or another process is at work on it.
    """
    trash = folder.parent / TRASH_FOLDER
    with _changing(folder):
        _refuse_if_in_use(folder)
        place = trash / f"{time.strftime(STAMP, time.gmtime())}-{secrets.token_hex(4)}"
        place.mkdir(parents=True)
        try:
            folder.rename(place / folder.name)
        except BaseException:
            place.rmdir()
            raise
    return _look(place / folder.name, stamp(place))


def trash(root: Path | None = None) -> list[Deleted]:
    """What lies in the trash of a checkpoints folder, the configured one by default; the last deleted first."""
    found = [_look(folder, stamp(folder.parent)) for folder in _folders((root or checkpoints_root()) / TRASH_FOLDER)]
    return sorted(found, key=lambda deleted: (deleted.deleted_at, deleted.place), reverse=True)


def restore(name: str, place: str | None = None, root: Path | None = None) -> Path:
    """Bring a deleted model back to where it was; of several with its name the last deleted, unless a place is given.

    Raises:
        CheckpointError: it is not in the trash, or another model has its folder now.
    """
    root = root or checkpoints_root()
    with all_runs(root):
        there = [deleted for deleted in trash(root) if deleted.name == name and place in (None, deleted.place)]
        if not there:
            raise CheckpointError(f"There is no deleted model called {name}; perhaps somebody else has restored it.")
        folder, source = root / name, root / TRASH_FOLDER / there[0].place
        if os.path.lexists(folder):
            raise CheckpointError(f"A model called {name} is there again; delete that one first, then restore this.")
        (source / name).rename(folder)
        with suppress(OSError):  # whatever else somebody has put there stays
            source.rmdir()
    return folder


def empty_trash(places: list[str], root: Path | None = None) -> int:
    """Remove deleted models for good: those that one has seen, by their places. Returns how many have gone."""
    root = root or checkpoints_root()
    gone: list[Path] = []
    with all_runs(root):
        for deleted in trash(root):
            if deleted.place in places:
                # Where the next start of the server finds what is left of it, and removes that.
                aside = root / f".{deleted.place}{DISCARDED}"
                gone.append((root / TRASH_FOLDER / deleted.place).rename(aside))
    for aside in gone:
        shutil.rmtree(aside, ignore_errors=True)
    return len(gone)


@contextmanager
def _changing(folder: Path) -> Iterator[None]:
    """Nobody else changes the models meanwhile. Raises CheckpointError where the folder is no model."""
    if not folder.parent.is_dir():
        raise CheckpointError(f"{folder}: there is no such checkpoint folder.")
    with all_runs(folder.parent):
        parts = (CONFIG_FILE, WEIGHTS_FILE, DECODER_FILE, EXPLORER_MANIFEST)
        if not is_plain_name(folder.name) or not any(os.path.lexists(folder / part) for part in parts):
            raise CheckpointError(f"There is no model called {folder.name}; perhaps somebody else has deleted it.")
        yield


def _refuse_if_in_use(folder: Path) -> None:
    """Raises TrainingError for the folder of a run that is not done, and while a process is at work in it."""
    if is_locked(folder / LOCK_FILE):
        raise TrainingError(f"{folder.name} is in use: it is being trained or mapped. Stop that first.")
    try:
        run = Run.read(folder)
    except TrainingError:  # it is no run's, or its run's files are damaged, and it will never go on
        return
    if run.state != "finished":
        raise TrainingError(
            f"{folder.name} belongs to a run that is {run.state}: discard it on the Train page, or by "
            f"`python -m vae_core run discard {folder.name}`."
        )


def _folders(trash_folder: Path) -> Iterator[Path]:
    """The models in a trash folder: each alone in a folder of its own."""
    with suppress(OSError):
        for place in sorted(trash_folder.iterdir()):
            with suppress(OSError):
                yield from (folder for folder in place.iterdir() if is_plain_name(folder.name))


@lru_cache(maxsize=1024)
def _look(folder: Path, place: Stamp) -> Deleted:
    """What never changes as long as the model lies in the trash, whose folder for it is stamped as it was moved."""
    deleted_at = place[2] / 1e9 if len(place) > 1 else 0.0
    title = read_about(folder)[0].title or folder.name
    return Deleted(folder.parent.name, folder.name, title, deleted_at, size_on_disk(folder))
