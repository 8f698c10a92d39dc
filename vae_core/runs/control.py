"""The door of a run: the only place that changes one from outside.

Whoever changes a run reads it again under the lock of all runs first, so that nobody acts on what he saw some time ago.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

from vae_core.checkpoint.about import About, numbered_title, write_about
from vae_core.checkpoint.layout import (
    LOCK_FILE,
    LOG_FILE,
    QUEUE_FOLDER,
    REQUEST_FILE,
    RUN_FOLDER,
    checkpoints_root,
    written_folders,
)
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import TrainingError
from vae_core.files import is_locked, take_lock, write_json
from vae_core.runs.queue import DISCARDED, PATIENCE, all_runs, set_aside
from vae_core.runs.run import Order, Run, RunRequest, RunStatus, clear_order, give_order, list_runs, write_status
from vae_core.unfinished import remove_unfinished_files, sweep_unfinished

LONGEST_NAME = 150  # bytes: every common file system takes 255
PACKAGE_PARENT = Path(__file__).resolve().parents[2]

_started: set[subprocess.Popen[bytes]] = set()  # by this process, and not yet ended


def ask(title: str, preset: str, model: ModelConfig, training: TrainConfig, *, data_dir: str | None = None) -> Run:
    """Make a run's folder, named after its title, and start its process, which waits for its turn.

    Raises ConfigError where the title is too long or unprintable, OSError where the folder can't be written, or where
    its disk knows no locks.
    """
    title = About.parse({"title": title}).title
    root = checkpoints_root()
    root.mkdir(parents=True, exist_ok=True)
    request = RunRequest(
        title=title, preset=preset, model=model, training=training, data_dir=data_dir, asked_at=time.time()
    )
    with all_runs(root):
        folder = _new_folder(root, folder_name(title))
        try:
            write_status(folder, RunStatus(state="queued"))
            write_json(folder / REQUEST_FILE, request.model_dump(mode="json"))
            _keep_title(folder, title)
            _start_process(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Run.read(folder)


def resume(run: Run) -> None:
    """Let a paused or interrupted run go on with what it was doing; it keeps its place in the queue.

    Raises TrainingError where there is nothing to resume.
    """
    with _as_it_is(run) as now:
        if not now.resumable:
            raise TrainingError(f"{now.title} is {now.state}: there is nothing to resume.")
        # What was to be kept is kept; that it was to pause it has done.
        _queue_again(now, None if now.order == "pause" else now.order)


def keep(run: Run) -> None:
    """Stop a run and finish its model with what it has learned; of a failed one, with its last good state.

    Raises TrainingError where it has learned nothing yet.
    """
    with _as_it_is(run) as now:
        if not now.keepable:
            raise TrainingError(f"{now.title} is {now.state}: there is nothing to keep.")
        if now.alive:
            give_order(now.folder, "keep")
        else:
            # After a problem the weights of the moment are not to be trusted: only whole epochs are kept.
            _queue_again(now, "keep last epoch" if now.status.problem else "keep")


def pause(run: Run) -> None:
    """Stop a run after the step it is in, with all that it needs to go on.

    Raises TrainingError where it is not waiting or training.
    """
    with _as_it_is(run) as now:
        if not now.pausable:
            raise TrainingError(f"{now.title} is {now.state}: there is nothing to pause.")
        give_order(now.folder, "pause")


def discard(run: Run) -> None:
    """Remove a run and all that it made; a living process does it itself as soon as it looks.

    Nothing is wrong with a run that somebody else has discarded already. Raises TrainingError where it has finished
    meanwhile: a model is deleted, which can be undone.
    """
    with all_runs(run.folder.parent):
        if not run.folder.exists():
            return
        if _has_finished(run.folder):
            raise TrainingError(
                f"{run.title} has finished: it is a model now. Delete it on the Models page, or by python -m vae_core "
                "delete."
            )
        if _is_at_work(run.folder):
            give_order(run.folder, "discard")
            return
        aside = set_aside(run.folder)
    shutil.rmtree(aside, ignore_errors=True)


def go_on(root: Path | None = None) -> list[str]:
    """Start a process for each run that waits for its turn and has none: the machine was switched off meanwhile.

    What was discarded and is not yet gone goes now, and what was left half written long ago. Returns the names of the
    runs that go on.
    """
    root = root or checkpoints_root()
    for aside in root.glob(f".*{DISCARDED}"):
        shutil.rmtree(aside, ignore_errors=True)
    for folder in (root, root / QUEUE_FOLDER, *chain.from_iterable(map(written_folders, root.glob("[!.]*")))):
        sweep_unfinished(folder)
    if not any(_is_left_over(run) for run in list_runs(root)):
        return []
    names: list[str] = []
    with all_runs(root):
        for run in filter(_is_left_over, list_runs(root)):
            try:
                if run.order == "discard":
                    shutil.rmtree(set_aside(run.folder), ignore_errors=True)
                else:
                    _start_process(run.folder)
                    names.append(run.name)
            except (OSError, TrainingError) as error:
                print(f"{run.name} does not go on: {error}", file=sys.stderr)
    return names


def end_with_container(patience: float) -> None:
    """Tell the runs that were started here to save what they have and end, as the system does when it goes down.

    For a server that is a container's first process: the container's end is told to that one alone, and `patience`
    seconds later nothing of it is left.
    """
    processes = list(_started)
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + patience
    for process in processes:
        with suppress(subprocess.TimeoutExpired):  # what it has saved before is kept
            process.wait(max(0.0, deadline - time.monotonic()))


def _is_left_over(run: Run) -> bool:
    """Whether a run waits for its turn, or to be removed, and has no process that would do it."""
    return not run.alive and (run.order == "discard" or (run.status.state == "queued" and run.order != "pause"))


def folder_name(title: str) -> str:
    """A title as the name of a folder: its letters and digits, of any script, with dashes between."""
    plain = unicodedata.normalize("NFKC", title).lower()
    name = "".join(character if unicodedata.category(character)[0] in "LNM" else "-" for character in plain)
    while len(name.encode()) > LONGEST_NAME:
        name = name[:-1]
    return re.sub("-+", "-", name).strip("-") or "model"


def _new_folder(root: Path, name: str) -> Path:
    """A folder that nobody else has, even if two ask for the same name at once."""
    for number in range(1, 10_000):
        folder = root / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        (folder / RUN_FOLDER).mkdir()
        return folder
    raise TrainingError(f"There are too many models called {name}; choose another name.")


def _keep_title(folder: Path, title: str) -> None:
    """For its model, as it was typed; what the folder's name says already is not said again."""
    if title not in ("", name := folder_name(title)):
        write_about(folder, About(title=numbered_title(title, folder.name.removeprefix(name).strip("-"))))


@contextmanager
def _as_it_is(run: Run) -> Iterator[Run]:
    """The run read again under the lock."""
    with all_runs(run.folder.parent):
        if not (run.folder / REQUEST_FILE).exists():
            raise TrainingError(f"{run.title} is no more: it was discarded.")
        now = Run.read(run.folder)
        if now.order == "discard":
            raise TrainingError(f"{run.title} is being discarded.")
        yield now


def _has_finished(folder: Path) -> bool:
    """Whether it has become a model; a run whose files are damaged has not."""
    try:
        return Run.read(folder).state == "finished"
    except TrainingError:
        return False


def _is_at_work(folder: Path) -> bool:
    """Whether a process hears what the run is told; also of a run whose files are damaged."""
    try:
        return Run.read(folder).alive
    except TrainingError:
        return is_locked(folder / LOCK_FILE)


def _queue_again(run: Run, order: Order | None) -> None:
    """Let a run that has no process have one, which finds the order; where it cannot be started all is as before."""
    _write_order(run.folder, order)
    try:
        write_status(
            run.folder,
            run.status.model_copy(update={"state": "queued", "detail": "", "problem": None, "advice": None}),
        )
        _start_process(run.folder)
    except BaseException:
        _write_order(run.folder, run.order)
        write_status(run.folder, run.status)
        raise


def _write_order(folder: Path, order: Order | None) -> None:
    if order is None:
        clear_order(folder)
    else:
        give_order(folder, order)


def _start_process(folder: Path) -> None:
    """Start the run's own process, detached from this one's session, with its words going to its log.

    It inherits the open lock: from this moment on, and as long as it lives, the run has a process. What a killed one
    has left is removed first.
    """
    if sys.platform == "win32":
        raise TrainingError("Training in a process of its own needs Linux or macOS.")
    descriptor = take_lock(folder / LOCK_FILE, PATIENCE)
    if descriptor is None:
        raise TrainingError(f"{folder.name}: another process is at work on this run.")
    try:
        for part in written_folders(folder):
            remove_unfinished_files(part)
        with (folder / LOG_FILE).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "vae_core.runs", str(folder.resolve()), str(descriptor)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(descriptor,),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(_search_path())},
            )
    finally:
        os.close(descriptor)
    _started.add(process)
    threading.Thread(target=_collect, args=(process,), daemon=True).start()


def _collect(process: subprocess.Popen[bytes]) -> None:
    """So that no dead entry stays behind while this process lives."""
    process.wait()
    _started.discard(process)


def _search_path() -> list[str]:
    """This package's folder before whatever was searched already."""
    return [str(PACKAGE_PARENT), *filter(None, [os.environ.get("PYTHONPATH")])]
