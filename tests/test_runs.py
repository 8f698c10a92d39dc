"""Training runs as processes of their own: queue, pause, kill, resume, keep, discard, and what goes wrong."""

import errno
import io
import os
import signal
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from vae_core import ModelConfig, TrainConfig, load_checkpoint, load_dataset, train
from vae_core.checkpoint.layout import LOCK_FILE, MAP_FILE, PICTURE_FILE, STATE_FILE
from vae_core.checkpoint.weights import read_tensors
from vae_core.errors import DatasetError, TrainingError
from vae_core.explorer_files.manifest import check_contents
from vae_core.files import is_locked, locked
from vae_core.runs import control
from vae_core.runs.report import COLLAPSED, collapse, collapsed_dimensions, diagnose
from vae_core.runs.run import Run, is_unfinished_run, list_runs
from vae_core.training.events import EpochMetrics, Terms
from vae_core.uploads.own_data import keep_files

MODEL = ModelConfig(network="mlp", latent_dim=2, hidden_layers=1, hidden_units=32, image_size=8, variance=0.05)
LIMIT = 120.0  # seconds; a busy machine takes many times what a quiet one does


def training(**changes: Any) -> TrainConfig:
    return TrainConfig(**{"data": "digits", "epochs": 3, "batch_size": 64, **changes})


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def wait_for(run: Run, *stages: str) -> Run:
    """The run once its process has ended in, or reached, one of the stages."""
    wait_until(lambda: Run.read(run.folder).status.stage in stages)
    return Run.read(run.folder)


def process_of(run: Run) -> int:
    """The run's process, found among all by the folder it was started with."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if str(run.folder.resolve()).encode() in words:
            return int(path.parent.name)
    raise AssertionError("the run has no process")


def test_a_run_ends_as_a_model_that_can_be_explored(root: Path) -> None:
    run = control.ask("My digits!", "quick look", MODEL, training())
    assert run.name == "my-digits"
    done = wait_for(run, "finished", "failed")
    assert done.status.stage == "finished", (run.folder / "training" / "log.txt").read_text()
    checkpoint = load_checkpoint(run.folder)
    assert checkpoint.summary.metrics is not None
    assert checkpoint.summary.metrics["split"] == "test"
    assert check_contents(run.folder / "explorer").map.count == len(load_dataset("digits"))
    assert "ELBO" in (run.folder / "README.md").read_text()
    assert (run.folder / PICTURE_FILE).read_bytes().startswith(b"\x89PNG")
    assert (run.folder / MAP_FILE).exists()
    assert done.status.images_per_second
    assert not is_unfinished_run(run.folder)
    assert [other.name for other in list_runs(root)] == ["my-digits"]
    wait_until(lambda: not Run.read(run.folder).alive)
    with pytest.raises(TrainingError, match="nothing to resume"):
        control.resume(Run.read(run.folder))


@pytest.mark.usefixtures("root")
def test_paused_killed_and_resumed_ends_with_the_weights_of_an_uninterrupted_run(tmp_path: Path) -> None:
    asked = training(epochs=120)  # long enough to be caught at work twice
    run = control.ask("digits", "quick look", MODEL, asked)
    wait_until(lambda: Run.read(run.folder).status.step > 0)
    control.pause(run)
    paused = wait_for(run, "paused")
    wait_until(lambda: not is_locked(run.folder / LOCK_FILE))
    assert 0 < paused.status.step < paused.status.steps
    control.resume(Run.read(run.folder))
    wait_until(lambda: Run.read(run.folder).status.step > paused.status.step)
    os.kill(process_of(run), signal.SIGKILL)
    wait_until(lambda: Run.read(run.folder).interrupted)
    assert Run.read(run.folder).resumable
    control.resume(Run.read(run.folder))
    assert wait_for(run, "finished", "failed").status.stage == "finished"
    whole = train(load_dataset("digits", image_size=8, channels=1), MODEL, asked, tmp_path / "whole").path
    weights = "model.safetensors"
    assert (run.folder / weights).read_bytes() == (whole / weights).read_bytes()


@pytest.mark.usefixtures("root")
def test_runs_wait_for_each_other_in_the_order_they_were_asked_for() -> None:
    runs = [control.ask(f"run {number}", "quick look", MODEL, training(epochs=5)) for number in range(2)]
    seen: list[str] = []

    def all_done() -> bool:
        now = [Run.read(run.folder) for run in runs]
        at_work = [run.name for run in now if run.status.stage in ("training", "finishing")]
        assert len(at_work) <= 1
        seen.extend(name for name in at_work if name not in seen)
        return all(run.status.stage == "finished" for run in now)

    wait_until(all_done)
    assert seen == ["run-0", "run-1"]


@pytest.mark.usefixtures("root")
def test_keep_finishes_early_and_discard_leaves_nothing() -> None:
    kept = control.ask("kept", "quick look", MODEL, training(epochs=5000))
    waiting = control.ask("waiting", "quick look", MODEL, training(epochs=5000))
    wait_until(lambda: Run.read(kept.folder).status.epoch > 0)
    control.discard(Run.read(waiting.folder))
    wait_until(lambda: not waiting.folder.exists())
    control.keep(Run.read(kept.folder))
    done = wait_for(kept, "finished", "failed")
    assert done.status.stage == "finished"
    assert done.status.detail.startswith("kept after ")
    assert check_contents(kept.folder / "explorer")
    wait_until(lambda: not Run.read(kept.folder).alive)
    for act, word in ((control.pause, "pause"), (control.keep, "keep"), (control.resume, "resume")):
        with pytest.raises(TrainingError, match=f"kept is finished: there is nothing to {word}"):
            act(Run.read(kept.folder))
    control.discard(Run.read(kept.folder))
    assert not kept.folder.exists()


@pytest.mark.usefixtures("root")
def test_what_is_kept_of_a_paused_run_are_the_weights_it_was_paused_with() -> None:
    run = control.ask("digits", "quick look", MODEL, training(epochs=5000))
    wait_until(lambda: Run.read(run.folder).status.epoch > 0)
    control.pause(Run.read(run.folder))
    wait_for(run, "paused")
    wait_until(lambda: not Run.read(run.folder).alive)
    paused, _ = read_tensors(run.folder / STATE_FILE)
    control.keep(Run.read(run.folder))
    assert Run.read(run.folder).alive  # nobody is offered to start it a second time
    assert wait_for(run, "finished", "failed").status.stage == "finished"
    kept, _ = read_tensors(run.folder / "model.safetensors")
    assert kept
    assert all(torch.equal(weights, paused[f"model.{name}"]) for name, weights in kept.items())


def test_a_lock_is_held_by_one_and_seen_by_all(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    with locked(path) as mine:
        assert mine
        assert is_locked(path)
        with locked(path) as second:
            assert not second
    assert not is_locked(path)


def test_equal_names_asked_for_at_once_get_folders_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: control._new_folder(tmp_path, "digits"), range(16)))
    assert len(set(folders)) == 16


@pytest.mark.parametrize(
    ("title", "name"),
    [("Café №1", "cafe-no1"), ("../../etc", "etc"), ("  ", "model"), ("数字", "model"), ("a" * 200, "a" * 48)],
)
def test_titles_become_plain_folder_names(title: str, name: str) -> None:
    assert control.folder_name(title) == name


def test_every_problem_gets_a_way_out() -> None:
    full = diagnose(OSError(errno.ENOSPC, "No space left on device"))
    assert full.passes
    assert "disk is full" in full.words
    assert "smaller batch" in diagnose(MemoryError()).advice
    assert "smaller batch" in diagnose(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")).advice
    assert "permissions" in diagnose(PermissionError(errno.EACCES, "denied")).advice
    nan = diagnose(TrainingError("The loss became nan. Lower the learning rate (now 1)."))
    assert not nan.passes
    assert "tenth" in nan.advice
    assert "tenth" in diagnose(ValueError("Out of range float values are not JSON compliant")).advice
    unforeseen = diagnose(RuntimeError("the roof fell in"))
    assert "RuntimeError: the roof fell in" in unforeseen.words
    assert "log.txt" in unforeseen.advice


def metrics(kl: list[float]) -> EpochMetrics:
    return EpochMetrics(1, 1, 1.0, 1e-3, Terms(-1, -1, sum(kl)), None, -1.0, kl, 0.1, None)


def test_a_collapsed_posterior_is_said_in_words() -> None:
    silent, speaking = metrics([COLLAPSED / 2, 0.0]), metrics([COLLAPSED / 2, 1.0])
    assert "all 2 latent dimensions" in (collapse([silent, silent], beta=50.0) or "")
    assert "the one latent dimension" in (collapse([metrics([0.0])] * 2, beta=50.0) or "")
    assert collapsed_dimensions([silent, speaking]) == 1
    assert collapsed_dimensions([silent]) == 0
    assert "β is 50" in (collapse([silent, silent], beta=50.0) or "")
    assert "warm-up" in (collapse([silent, silent], beta=1.0) or "")
    assert collapse([silent, speaking], beta=50.0) is None
    assert collapse([silent], beta=50.0) is None


def test_handed_in_files_are_kept_once_under_their_content(root: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a/one.png", b"1")
    first = keep_files([("mine.zip", archive)])
    again = keep_files([("other name.ZIP", archive)])
    assert first == again
    assert first.is_relative_to(root)
    pictures = keep_files([("../../one.png", io.BytesIO(b"1")), ("one.png", io.BytesIO(b"2"))])
    with zipfile.ZipFile(pictures) as packed:
        assert packed.namelist() == ["000000 one.png", "000001 one.png"]
    with pytest.raises(DatasetError, match="several archives"):
        keep_files([("a.zip", archive), ("b.png", io.BytesIO(b"1"))])
    with pytest.raises(DatasetError, match="No file"):
        keep_files([])
