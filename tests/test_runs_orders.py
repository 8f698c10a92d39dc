"""What a run is told is never lost, whatever it is doing; a run that was discarded is gone and stays so."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.run_folders import MODEL, add_run, process_of, training, wait_until
from vae_core.checkpoint.layout import LOCK_FILE, QUEUE_FOLDER, STATE_FILE, WEIGHTS_FILE
from vae_core.checkpoint.tensor_files import read_tensors
from vae_core.config import TrainConfig
from vae_core.errors import TrainingError
from vae_core.explorer_files.explorer_folder import check_contents
from vae_core.files import is_locked, locked, write_json
from vae_core.runs import control, queue, worker
from vae_core.runs.run import Run, RunRequest, RunStatus, State, give_order, list_runs, read_order, write_status
from vae_core.training.epoch import Previews
from vae_core.training.state import RunState

PROCESS = import_module("vae_core.runs.__main__")
TOO_LONG = 60.0  # seconds that nothing here may take
Act = Callable[[Run], None]


@pytest.fixture(autouse=True)
def _signals_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process of a run is this one here: it keeps its own handlers, and is no nicer than before."""
    monkeypatch.setattr(os, "nice", lambda _step: 0)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGALRM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def add(root: Path, state: State = "queued", *, asked: TrainConfig | None = None, **status: Any) -> Path:
    """A run that waits for somebody to be its process."""
    folder = add_run(root, "mine", state, **status)
    request = RunRequest(
        title="mine", preset="quick look", model=MODEL, training=asked or training(epochs=3), asked_at=1.0
    )
    write_json(folder / "training" / "request.json", request.model_dump(mode="json"))
    return folder


def wait_long(*_arguments: Any, **_options: Any) -> None:
    """A stage that takes its time; the orders end it."""
    deadline = time.monotonic() + TOO_LONG
    while time.monotonic() < deadline:
        time.sleep(0.01)
    raise AssertionError("nobody has heard the order")


def whenever(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, act: Callable[[], object], *, then: Any = None
) -> None:
    """Something happens just before `owner.name` does what it does, or `then` in its place."""
    original = getattr(owner, name)

    def instead(*arguments: Any, **options: Any) -> Any:
        act()
        return (then or original)(*arguments, **options)

    monkeypatch.setattr(owner, name, instead)


def as_seen(folder: Path) -> Run:
    """The run as another tab has drawn it: at work, though it may not be any more."""
    return Run.read(folder)


def once_learned(act: Act, folder: Path) -> None:
    """As soon as it says that it has learned something."""
    run = as_seen(folder)
    if "keep" in run.actions and run.order is None:
        act(run)


def gone(folder: Path) -> bool:
    """Whether nothing is left of a run, under whatever name."""
    return [path.name for path in folder.parent.iterdir()] == [QUEUE_FOLDER]


STAGES: dict[str, tuple[Any, str, Any]] = {
    "reading the images": (worker, "model_images", wait_long),
    "training": (Previews, "draw", None),
    "measuring": (worker, "evaluate", wait_long),
    "drawing its map": (worker, "project_checkpoint", wait_long),
}


@pytest.mark.parametrize("stage", STAGES)
def test_discard_is_heard_in_every_stage_and_nothing_comes_back(
    stage: str, checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = add(checkpoints)
    owner, name, then = STAGES[stage]
    whenever(monkeypatch, owner, name, lambda: control.discard(as_seen(folder)), then=then)
    assert PROCESS.main(folder) == 0
    assert gone(folder)


@pytest.mark.parametrize("stage", STAGES)
def test_a_signal_to_end_is_a_pause_in_every_stage_and_the_run_goes_on_to_its_end(
    stage: str, checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = add(checkpoints)
    owner, name, then = STAGES[stage]
    with monkeypatch.context() as patch:
        whenever(patch, owner, name, lambda: os.kill(os.getpid(), signal.SIGTERM), then=then)
        assert PROCESS.main(folder) == 0
    paused = Run.read(folder)
    assert (paused.state, paused.status.problem) == ("paused", None)
    assert "goes on when asked" in paused.status.detail
    if (folder / STATE_FILE).exists():
        _, position = read_tensors(folder / STATE_FILE)
        assert f'"step": {paused.status.step},' in position["position"], "it was saved to its last step"
    assert PROCESS.main(folder) == 0
    done = Run.read(folder)
    assert (done.state, done.status.step, done.status.detail) == ("finished", done.status.steps, "")
    assert check_contents(folder / "explorer")
    assert not (folder / STATE_FILE).exists(), "nothing can resume it"


def test_pause_then_discard_before_the_save_ends_discards(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = add(checkpoints, asked=training(epochs=5000))
    save = RunState.save

    def discard_meanwhile(state: RunState, to: Path) -> bool:
        if read_order(folder) == "pause":
            control.discard(as_seen(folder))
        return save(state, to)

    def pause_once() -> None:
        if read_order(folder) is None:
            control.pause(as_seen(folder))

    monkeypatch.setattr(RunState, "save", discard_meanwhile)
    whenever(monkeypatch, Previews, "draw", pause_once)
    assert PROCESS.main(folder) == 0
    assert gone(folder)


def test_pause_then_keep_before_the_save_ends_keeps(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = add(checkpoints, asked=training(epochs=5000))
    leave = queue.leave

    def keep_meanwhile(*arguments: Any, **options: Any) -> bool:
        if read_order(folder) == "pause":
            control.keep(as_seen(folder))
        return leave(*arguments, **options)

    monkeypatch.setattr(PROCESS, "leave", keep_meanwhile)
    whenever(monkeypatch, Previews, "draw", lambda: once_learned(control.pause, folder))
    assert PROCESS.main(folder) == 0
    done = Run.read(folder)
    assert done.state == "finished"
    assert done.status.detail.startswith("kept after ")


def test_a_model_that_was_being_kept_when_the_machine_went_off_is_kept_and_not_trained_on(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = add(checkpoints, asked=training(epochs=5000))
    with monkeypatch.context() as patch:
        whenever(patch, Previews, "draw", lambda: once_learned(control.keep, folder))
        whenever(patch, worker, "evaluate", lambda: os.kill(os.getpid(), signal.SIGTERM), then=wait_long)
        assert PROCESS.main(folder) == 0
    paused = Run.read(folder)
    assert (paused.state, paused.order) == ("paused", "keep")
    assert PROCESS.main(folder) == 0
    done = Run.read(folder)
    assert done.state == "finished"
    assert done.status.detail == f"kept after {paused.status.step:,} of {paused.status.steps:,} steps"


def test_a_run_that_was_removed_by_hand_is_not_made_anew(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = add(checkpoints, asked=training(epochs=5000))
    whenever(monkeypatch, Previews, "draw", lambda: shutil.rmtree(folder))
    assert PROCESS.main(folder) == 1
    assert gone(folder)


def test_two_tabs_may_discard_the_same_run_and_neither_brings_it_back(checkpoints: Path) -> None:
    folder = add(checkpoints, "paused", step=10, steps=100)
    tabs = [as_seen(folder) for _ in range(6)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(control.discard, tabs[:4]))
    control.discard(tabs[4])
    for act in (control.pause, control.resume, control.keep):
        with pytest.raises(TrainingError, match="mine is no more: it was discarded"):
            act(tabs[5])
    assert gone(folder)


def test_what_a_tab_shows_does_not_count_but_what_is(checkpoints: Path) -> None:
    folder = add(checkpoints, "training", step=10, steps=100)
    with locked(folder / LOCK_FILE):
        seen = as_seen(folder)
        assert seen.actions == ("pause", "keep", "discard")
        write_status(folder, RunStatus(state="finished", step=100, steps=100))
        for act in (control.pause, control.keep, control.resume):
            with pytest.raises(TrainingError, match="mine is finished: there is nothing to"):
                act(seen)
        with pytest.raises(TrainingError, match="mine has finished: it is a model now"):
            control.discard(seen)
        assert folder.exists()
        assert read_order(folder) is None
        write_status(folder, RunStatus(state="training", step=11, steps=100))
        control.discard(seen)
        for act in (control.pause, control.keep, control.resume):
            with pytest.raises(TrainingError, match="mine is being discarded"):
                act(seen)
        assert read_order(folder) == "discard", "the strongest order stays"
        assert as_seen(folder).actions == ()


@pytest.fixture
def no_place(root: Path) -> Iterator[Path]:
    """The only place in the queue is taken: processes start and wait, and load nothing heavy for it."""
    (root / QUEUE_FOLDER).mkdir(exist_ok=True)
    with locked(root / QUEUE_FOLDER / "place-0.lock") as mine:
        assert mine
        yield root


def test_discard_during_another_tabs_resume_leaves_nothing(no_place: Path) -> None:
    for _ in range(3):
        folder = add(no_place, "paused", step=10, steps=100)
        seen = as_seen(folder)
        with ThreadPoolExecutor(3) as pool:
            answers = [pool.submit(act, seen) for act in (control.resume, control.discard, control.resume)]
        refusals = [str(answer.exception()) for answer in answers if answer.exception()]
        assert answers[1].exception() is None
        assert all(re.search("no more|being discarded|is queued", refusal) for refusal in refusals), refusals
        wait_until(partial(gone, folder))


@pytest.mark.usefixtures("no_place")
def test_a_process_that_dies_in_the_queue_counts_as_dead_at_once_and_goes_on_when_the_server_starts() -> None:
    run = control.ask("mine", "quick look", MODEL, training())
    assert Run.read(run.folder).state == "queued"
    os.kill(process_of(run), signal.SIGKILL)
    wait_until(lambda: not is_locked(run.folder / LOCK_FILE))
    assert Run.read(run.folder).state == "interrupted"
    control.resume(run)  # at once, although it was asked for a moment ago
    assert Run.read(run.folder).state == "queued"
    os.kill(process_of(run), signal.SIGKILL)
    wait_until(lambda: not is_locked(run.folder / LOCK_FILE))
    assert control.go_on() == ["mine"]
    assert control.go_on() == [], "it has a process"
    assert Run.read(run.folder).state == "queued"


def test_a_signal_in_the_queue_leaves_the_run_its_place_and_a_pause_keeps_it_from_going_on(no_place: Path) -> None:
    run = control.ask("mine", "quick look", MODEL, training())
    # It listens from the first line on; before, a signal ends Python itself, to the same effect.
    os.kill(process_of(run), signal.SIGTERM)
    wait_until(lambda: not is_locked(run.folder / LOCK_FILE))
    assert Run.read(run.folder).status.state == "queued"
    assert control.go_on() == ["mine"]
    control.pause(run)
    wait_until(lambda: Run.read(run.folder).state == "paused")
    wait_until(lambda: not is_locked(run.folder / LOCK_FILE))
    assert control.go_on() == []
    assert list_runs(no_place)[0].state == "paused"


def test_the_end_of_a_container_is_a_signal_to_every_run_that_was_started_in_it(no_place: Path) -> None:
    runs = [control.ask("mine", "quick look", MODEL, training()) for _ in range(2)]
    for run in runs:
        wait_until((run.folder / "training" / "reserve").exists)  # it has come as far as the queue, and listens
    control.end_with_container(TOO_LONG)
    assert [(run.status.state, run.alive) for run in list_runs(no_place)] == [("queued", False)] * 2
    control.end_with_container(TOO_LONG)  # nobody is left


def test_what_was_discarded_when_its_process_was_killed_is_removed_when_the_server_starts(checkpoints: Path) -> None:
    folder = add(checkpoints, "training", step=10, steps=100)
    give_order(folder, "discard")
    (checkpoints / ".other.0123.discarded").mkdir()
    assert control.go_on() == []
    assert gone(folder)


WAIT = """
import resource, sys
from pathlib import Path
from vae_core.runs import queue
resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
queue.GLANCE = 0.0
glances = 0
def leave():
    global glances
    glances += 1
    return glances > 150
with queue.turn(Path(sys.argv[1]), leave) as mine:
    print(glances, mine)
"""


def test_waiting_at_the_head_of_the_queue_takes_no_descriptors(checkpoints: Path) -> None:
    folder = add(checkpoints)
    (checkpoints / QUEUE_FOLDER).mkdir(exist_ok=True)
    with locked(folder / LOCK_FILE), locked(checkpoints / QUEUE_FOLDER / "place-0.lock"):
        done = subprocess.run(
            [sys.executable, "-c", WAIT, str(folder)], capture_output=True, text=True, timeout=TOO_LONG, check=False
        )
    assert (done.stdout.strip(), done.stderr) == ("151 False", "")


@pytest.mark.usefixtures("no_place")
def test_a_run_that_waits_has_loaded_nothing_that_only_training_needs() -> None:
    run = control.ask("mine", "quick look", MODEL, training())
    log = run.folder / "training" / "log.txt"
    wait_until(lambda: (run.folder / "training" / "reserve").exists())  # it has come as far as the queue
    assert log.read_text() == ""
    maps = Path(f"/proc/{process_of(run)}/maps").read_text()
    assert "pydantic" in maps
    assert "libtorch" not in maps


def test_what_a_killed_run_has_left_half_written_goes_when_it_goes_on(no_place: Path) -> None:
    folder = add(no_place, "training", step=10, steps=100)
    left = [
        folder / ".model.safetensors.x1y2.tmp",
        folder / "training" / ".state.safetensors.abc.tmp",
        folder / "training" / "previews" / ".images.png.abc.tmp",
        folder / "explorer" / ".manifest.json.abc.tmp",
    ]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"half")
    (folder / WEIGHTS_FILE).write_bytes(b"whole")
    control.resume(as_seen(folder))
    assert not any(path.exists() for path in left)
    assert (folder / WEIGHTS_FILE).exists()


def test_a_run_that_cannot_be_started_again_is_as_it_was(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = add(checkpoints, "paused", step=10, steps=100, problem="The disk is full.", advice="Make room.")
    (folder / "training" / "metrics.jsonl").write_text("")
    before = as_seen(folder)

    def fail(*_arguments: Any, **_options: Any) -> None:
        raise OSError("no process")

    monkeypatch.setattr(subprocess, "Popen", fail)
    for act in (control.resume, control.keep):
        with pytest.raises(OSError, match="no process"):
            act(before)
        after = as_seen(folder)
        assert (after.state, after.order, after.status.problem) == ("paused", None, "The disk is full.")
