"""Changing a model's folder by a command, beside the runs: the same lock keeps both from each other. Light."""

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vae_core.checkpoint.layout import CONFIG_FILE, LOCK_FILE, REQUEST_FILE, RUN_FOLDER
from vae_core.errors import TrainingError
from vae_core.files import take_lock
from vae_core.runs.run import Run

SHORTLY = 0.2  # seconds: longer than anybody takes to ask whether a lock is held


def refuse_folder_of_a_run(folder: Path) -> None:
    """Raises TrainingError where a run that is not done owns the folder: it is changed through its own door only."""
    if (folder / REQUEST_FILE).exists() and Run.read(folder).state != "finished":
        raise TrainingError(
            f"{folder} belongs to the run {folder.name}: go on with it by python -m vae_core run resume {folder.name}, "
            "or choose another folder."
        )


@contextmanager
def training_by_hand(folder: Path) -> Iterator[None]:
    """Hold the folder that a command trains into, through the same lock as a run's process.

    Raises:
        TrainingError: a run owns the folder, or another command is at work on it.
    """
    refuse_folder_of_a_run(folder)
    made = not folder.exists()
    (folder / RUN_FOLDER).mkdir(parents=True, exist_ok=True)
    try:
        descriptor = take_lock(folder / LOCK_FILE, SHORTLY)
    except OSError as error:
        if error.errno != errno.ENOLCK:
            raise
        print(f"{folder}: {error.strerror}. Make sure that nobody else trains into this folder.", file=sys.stderr)
        yield
        return
    if descriptor is None:
        raise TrainingError(f"{folder}: another process trains into this folder; wait for it, or choose another one.")
    try:
        yield
    finally:
        if made and not (folder / CONFIG_FILE).exists():  # a mistake leaves nothing behind
            shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)
