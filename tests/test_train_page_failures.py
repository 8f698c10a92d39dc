"""What goes wrong in real runs, told on the page in words, with the way out of it."""

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.run_folders import discard_all, process_of, training, wait_for, wait_until
from tests.train_pages import PAGE, written
from ui.train import settings
from vae_core.checkpoint.layout import LOG_FILE, REQUEST_FILE
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import TrainingError
from vae_core.explorer_files.explorer_folder import check_contents
from vae_core.files import write_json
from vae_core.json_files import read_json
from vae_core.runs import control
from vae_core.runs.report import finding
from vae_core.runs.run import Run, RunRequest, RunStatus, list_runs, write_status
from vae_core.speed import keep_speed, typical_speed
from vae_core.training.events import read_history

GIB = 2**30
# Wide enough that a learning rate of 10 makes it overflow within a few steps, whatever the seed.
WIDE = ModelConfig(
    network="mlp", latent_dim=8, hidden_layers=2, hidden_units=256, image_size=8, variance=0.05, posterior="full"
)
QUICK = ModelConfig(network="mlp", latent_dim=8, hidden_layers=1, hidden_units=256, image_size=8, variance=0.05)
ROOM = 24 * 2**20  # bytes of the disk that fills up: enough for one run


# The app's navigation, opened on the Train page: a link to Explore needs both.
MAIN = """
import streamlit as st

train, explore = st.Page({train!r}, default=True), st.Page({explore!r})
st.session_state["explore page"] = explore
st.navigation([train, explore]).run()
"""


def open_page() -> AppTest:
    main = MAIN.format(train=str(PAGE), explore=str(PAGE.parent / "explore.py"))
    app = AppTest.from_string(main, default_timeout=60).run()
    assert not app.exception
    return app


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def click(app: AppTest, label: str) -> None:
    (button,) = [button for button in app.button if button.label == label]
    button.click().run()
    assert not app.exception


def asked(root: Path, model: ModelConfig, chosen: TrainConfig) -> Path:
    """The folder of a run that waits for somebody to start its process."""
    folder = root / "mine"
    (folder / "training").mkdir(parents=True)
    request = RunRequest(title="mine", preset="quick look", model=model, training=chosen, asked_at=1.0)
    write_json(folder / REQUEST_FILE, request.model_dump(mode="json"))
    write_status(folder, RunStatus(state="queued"))
    return folder


@pytest.mark.usefixtures("root")
def test_a_learning_rate_far_too_high_is_said_and_with_no_whole_epoch_nothing_can_be_kept() -> None:
    run = control.ask("wild", "quick look", WIDE, training(epochs=30, learning_rate=10.0, schedule="constant"))
    assert wait_for(run, "finished", "failed").status.state == "failed"
    app = open_page()
    text = written(app)
    assert "The training diverged" in text
    assert "last good state" not in text
    assert "Train again with a tenth of the learning rate" in text
    assert "there is nothing to keep" in text
    assert not {"Resume", "Stop and keep", "Keep the last good state"} & set(labels(app))
    wait_until(lambda: not Run.read(run.folder).alive)
    with pytest.raises(TrainingError, match="wild is failed: there is nothing to keep"):
        control.keep(Run.read(run.folder))


def turn_up_the_learning_rate(folder: Path) -> None:
    """As if the run had been asked for with a rate that is far too high only now that it has come so far."""
    for path in (folder / REQUEST_FILE, folder / "config.json"):
        content = read_json(path)
        content["training"]["learning_rate"] = 10.0
        write_json(path, content)


@pytest.mark.usefixtures("root")
def test_the_last_good_state_of_a_failed_run_becomes_a_model_to_explore() -> None:
    run = control.ask("wild", "quick look", WIDE, training(epochs=5000, learning_rate=1e-3, schedule="constant"))
    wait_until(lambda: Run.read(run.folder).status.epoch > 1)
    control.pause(Run.read(run.folder))
    wait_for(run, "paused")
    wait_until(lambda: not Run.read(run.folder).alive)
    turn_up_the_learning_rate(run.folder)
    control.resume(Run.read(run.folder))
    assert wait_for(run, "finished", "failed").status.state == "failed"
    wait_until(lambda: not Run.read(run.folder).alive)
    good = read_history(run.folder)[-1].step
    app = open_page()
    assert "Train again with a tenth of the learning rate" in written(app)
    assert "Its last whole epoch can be kept as a model" in written(app)
    assert "Resume" not in labels(app)
    click(app, "Keep the last good state")
    done = wait_for(run, "finished", "failed")
    assert done.status.state == "finished", (run.folder / LOG_FILE).read_text()
    assert check_contents(run.folder / "explorer")
    app = open_page()
    assert f"finished · kept after {good:,} of {done.status.steps:,} steps" in written(app)
    assert not app.error
    assert [link.proto.label for link in app.get("page_link")] == ["Open in Explore"]


@pytest.mark.usefixtures("root")
def test_a_beta_far_too_high_is_seen_as_collapse_with_its_cause() -> None:
    run = control.ask("silent", "quick look", QUICK, training(epochs=6, batch_size=100, beta=1000.0))
    assert wait_for(run, "finished", "failed").status.state == "finished"
    found = finding(Run.read(run.folder))
    assert found is not None
    assert found.mended is not None
    assert "The posterior has collapsed in all 8 latent dimensions" in found.sentence
    assert "β is 1000" in found.sentence
    assert found.mended.training.beta == 1


@pytest.fixture
def small_disk(root: Path) -> Iterator[Path]:
    """A checkpoints folder on a disk of its own that is quickly full."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(root)]
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a disk of a limited size cannot be mounted here: {mounted.stderr.strip()}")
    keep_speed(typical_speed())  # on this disk too: else the page measures the machine, which takes room
    try:
        yield root
        discard_all(root)
        wait_until(lambda: not any(run.alive for run in list_runs(root)))
    finally:
        subprocess.run(["umount", "--lazy", str(root)], check=True)


def fill(path: Path) -> None:
    """Write until nothing more fits."""
    with path.open("wb", buffering=0) as file:
        block = bytes(2**16)
        while block:
            try:
                file.write(block)
            except OSError:
                block = block[: len(block) // 2]


def test_a_full_disk_is_said_and_after_making_room_the_run_goes_on_to_its_end(small_disk: Path) -> None:
    run = control.ask("mine", "quick look", QUICK, training(epochs=100))
    wait_until(lambda: Run.read(run.folder).status.epoch > 0)
    process = process_of(run)
    os.kill(process, signal.SIGSTOP)  # what it gives up to say its last word is not for the filler
    fill(small_disk / "filler")
    os.kill(process, signal.SIGCONT)
    wait_until(lambda: not Run.read(run.folder).alive)
    stopped = Run.read(run.folder)
    assert stopped.status.state == "paused"
    assert "The disk is full" in (stopped.status.problem or "")
    app = open_page()
    assert "The disk is full: nothing more could be saved. What was saved before is whole. Make room" in written(app)
    fillers = [small_disk / "filler"]
    for label in ("Resume", "Start training"):
        fillers.append(small_disk / f"filler before {label}")
        fill(fillers[-1])
        click(app, label)
        assert "The disk is full" in " ".join(message.value for message in [*app.toast, *app.error])
        assert [(other.name, other.state) for other in list_runs(small_disk)] == [("mine", "paused")]
    for filler in fillers:
        filler.unlink()
    control.resume(stopped)
    done = wait_for(run, "finished", "failed", "paused")
    assert done.status.state == "finished", (run.folder / LOG_FILE).read_text()
    assert done.status.problem is None
    assert len(read_history(run.folder)) == 100
    assert check_contents(run.folder / "explorer")


def test_a_run_without_enough_memory_says_so_and_what_to_take_less_of(root: Path) -> None:
    # 1,366 images × 1,000 samples × 8,192 hidden units: one array of 45 GB.
    greedy = ModelConfig(network="mlp", latent_dim=2, hidden_layers=1, hidden_units=8192, image_size=8, variance=0.05)
    folder = asked(root, greedy, training(batch_size=2000, samples=1000))
    limit = 16 * GIB
    subprocess.run(
        [sys.executable, "-m", "vae_core.runs", str(folder)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        stderr=subprocess.DEVNULL,
        check=False,
    )
    run = Run.read(folder)
    assert (run.status.state, run.status.problem) == ("paused", "There was not enough memory.")
    text = written(open_page())
    assert "There was not enough memory. Resume when other programs need less, or train again with" in text
    assert "a smaller batch, smaller images or a smaller network" in text


@pytest.mark.usefixtures("root")
def test_a_process_that_was_killed_is_told_apart() -> None:
    run = control.ask("mine", "quick look", QUICK, training(epochs=5000))
    wait_until(lambda: Run.read(run.folder).status.step > 0)
    os.kill(process_of(run), signal.SIGKILL)
    wait_until(lambda: Run.read(run.folder).state == "interrupted")
    text = written(open_page())
    assert "Its process ended before it was done: it was killed, or the machine was switched off." in text
    assert "If memory was short, train again with a smaller batch" in text


@pytest.mark.usefixtures("checkpoints")
def test_settings_that_need_more_memory_than_is_left_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.train.settings.memory_left", lambda: GIB)
    app = open_page()
    (warning,) = app.warning
    assert "GB of memory, but only 1.1 GB are left on this machine" in warning.value
    assert "Start training" in labels(app)


def test_a_run_that_cannot_be_started_is_no_traceback(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The speed goes with the folder, and what would measure it anew outlives this test.
    monkeypatch.setattr(settings, "measure_in_background", lambda: None)
    app = open_page()
    shutil.rmtree(checkpoints)
    checkpoints.touch()
    click(app, "Start training")
    assert any("could not be read or written" in error.value for error in app.error)
