"""Starting runs: a folder of its own, and a process that outlives whoever asked for it."""

import os
import re
import shutil
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

from vae_core.checkpoint.layout import LOG_FILE, REQUEST_FILE, checkpoints_root
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import TrainingError
from vae_core.files import write_json
from vae_core.runs.run import Run, RunRequest, RunStatus, clear_order, give_order, write_status

LONGEST_NAME = 48
PACKAGE_PARENT = Path(__file__).resolve().parents[2]


def ask(title: str, preset: str, model: ModelConfig, training: TrainConfig, *, data_dir: str | None = None) -> Run:
    """Make a run's folder, named after its title, and start its process, which waits for its turn.

    Raises OSError where the folder can't be written.
    """
    folder = _new_folder(checkpoints_root(), folder_name(title))
    request = RunRequest(
        title=title, preset=preset, model=model, training=training, data_dir=data_dir, asked_at=time.time()
    )
    try:
        write_status(folder, RunStatus(stage="queued"))
        write_json(folder / REQUEST_FILE, request.model_dump(mode="json"))
        _start_process(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Run.read(folder)


def resume(run: Run) -> None:
    """Let a paused or interrupted run go on from where it was; it keeps its place in the queue.

    Raises TrainingError where there is nothing to resume.
    """
    if not run.resumable:
        raise TrainingError(f"{run.name} is {run.state}: there is nothing to resume.")
    clear_order(run.folder)
    write_status(run.folder, run.status.model_copy(update={"stage": "queued", "problem": None, "advice": None}))
    _start_process(run.folder)


def keep(run: Run) -> None:
    """Stop a run and finish its model with what it has learned; of a failed one, with its last good state.

    Raises TrainingError where it has learned nothing yet.
    """
    if not run.keepable:
        raise TrainingError(f"{run.name} is {run.state}: there is nothing to keep.")
    give_order(run.folder, "keep")
    if not run.alive:
        # The problem stays until the process has seen it: after one, only whole epochs are kept.
        write_status(run.folder, run.status.model_copy(update={"stage": "queued"}))
        _start_process(run.folder)


def discard(run: Run) -> None:
    """Remove a run and all that it made; a living process does it itself as soon as it looks."""
    give_order(run.folder, "discard")
    if not run.alive:
        shutil.rmtree(run.folder)


def pause(run: Run) -> None:
    """Stop a run after the step it is in, with all that it needs to go on.

    Raises TrainingError where it is not waiting or training.
    """
    if not run.pausable:
        raise TrainingError(f"{run.name} is {run.state}: there is nothing to pause.")
    give_order(run.folder, "pause")


def folder_name(title: str) -> str:
    """A title as the name of a folder: plain letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:LONGEST_NAME].strip("-") or "model"


def _new_folder(root: Path, name: str) -> Path:
    """A folder that nobody else has, even if two ask for the same name at once."""
    for number in range(1, 10_000):
        folder = root / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        (folder / REQUEST_FILE.parent).mkdir()
        return folder
    raise TrainingError(f"{root}: there are too many models called {name}; choose another name.")


def _start_process(folder: Path) -> None:
    """Start the run's own process, detached from this one's session, with its words going to its log."""
    with (folder / LOG_FILE).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "vae_core.runs", str(folder.resolve())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(_search_path())},
        )
    _reap(process)


def _search_path() -> list[str]:
    """This package's folder before whatever was searched already."""
    return [str(PACKAGE_PARENT), *filter(None, [os.environ.get("PYTHONPATH")])]


def _reap(process: subprocess.Popen[bytes]) -> None:
    """Collect the process when it ends, so that no dead entry stays behind while this one lives."""
    import threading

    threading.Thread(target=process.wait, daemon=True).start()
