"""Training runs as processes of their own: queue, pause, kill, resume, keep, discard, and what goes wrong."""

import errno
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.run_folders import MODEL, add_run, process_of, training, wait_for, wait_until
from vae_core import load_checkpoint, load_dataset, train
from vae_core.checkpoint.layout import LOCK_FILE, MAP_FILE, PICTURE_FILE, REQUEST_FILE, STATE_FILE, read_checkpoint
from vae_core.checkpoint.tensor_files import read_tensors
from vae_core.data.dataset import model_images
from vae_core.errors import ConfigError, DatasetError, DivergedError, SplitError, TrainingError
from vae_core.explorer_files.explorer_folder import check_contents
from vae_core.files import is_locked, write_json
from vae_core.runs import control, worker
from vae_core.runs.queue import Orders
from vae_core.runs.report import diagnose
from vae_core.runs.run import Reporter, Run, RunStatus, is_unfinished_run, list_runs


def test_a_run_ends_as_a_model_that_can_be_explored(root: Path) -> None:
    run = control.ask("My digits!", "quick look", MODEL, training())
    assert (run.name, run.title) == ("my-digits", "My digits!")
    done = wait_for(run, "finished", "failed")
    assert done.status.state == "finished", (run.folder / "training" / "log.txt").read_text()
    checkpoint = load_checkpoint(run.folder)
    assert checkpoint.summary.title == "My digits!", "as it was typed"
    assert checkpoint.summary.metrics is not None
    assert checkpoint.summary.metrics["split"] == "test"
    assert check_contents(run.folder / "explorer").map.count == len(load_dataset("digits"))
    card = (run.folder / "README.md").read_text()
    assert card.startswith("# My digits\\!\n")
    assert "ELBO" in card
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
    wait_until(lambda: Run.read(run.folder).state == "interrupted")
    assert Run.read(run.folder).resumable
    control.resume(Run.read(run.folder))
    assert wait_for(run, "finished", "failed").status.state == "finished"
    whole = train(load_dataset("digits", image_size=8, channels=1), MODEL, asked, tmp_path / "whole").path
    weights = "model.safetensors"
    assert (run.folder / weights).read_bytes() == (whole / weights).read_bytes()


@pytest.mark.usefixtures("root")
def test_runs_wait_for_each_other_in_the_order_they_were_asked_for() -> None:
    runs = [control.ask(f"run {number}", "quick look", MODEL, training(epochs=5)) for number in range(2)]
    seen: list[str] = []

    def all_done() -> bool:
        now = [Run.read(run.folder) for run in runs]
        at_work = [run.name for run in now if run.status.state in ("training", "finishing")]
        assert len(at_work) <= 1
        seen.extend(name for name in at_work if name not in seen)
        return all(run.status.state == "finished" for run in now)

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
    assert done.status.state == "finished"
    assert done.status.detail.startswith("kept after ")
    assert check_contents(kept.folder / "explorer")
    wait_until(lambda: not Run.read(kept.folder).alive)
    for act, word in ((control.pause, "pause"), (control.keep, "keep"), (control.resume, "resume")):
        with pytest.raises(TrainingError, match=f"kept is finished: there is nothing to {word}"):
            act(Run.read(kept.folder))


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
    assert wait_for(run, "finished", "failed").status.state == "finished"
    kept, _ = read_tensors(run.folder / "model.safetensors")
    assert kept
    assert all(torch.equal(weights, paused[f"model.{name}"]) for name, weights in kept.items())


@pytest.mark.parametrize("error", [DatasetError("t10k is damaged."), SplitError("too few images.")])
def test_test_images_that_cannot_be_read_are_told_of_where_there_are_some(
    error: DatasetError, checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(model: Any, asked: Any, split: str = "train", **options: Any) -> Any:
        if split == "test":
            raise error
        return model_images(model, asked, split, **options)

    monkeypatch.setattr(worker, "model_images", read)
    folder = add_run(checkpoints, "mine", "queued")
    request = Run.read(folder).request.model_copy(update={"model": MODEL, "training": training(epochs=1)})
    write_json(folder / REQUEST_FILE, request.model_dump(mode="json"))
    worker.work(folder, Orders(folder), Reporter(Run.read(folder)))
    detail = "measured on its training images, since those for testing cannot be read: t10k is damaged."
    assert Run.read(folder).status.detail == ("" if isinstance(error, SplitError) else detail)
    assert (read_checkpoint(folder).metrics or {})["split"] == "train"


def test_equal_names_asked_for_at_once_get_folders_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: control._new_folder(tmp_path, "digits"), range(16)))
    assert len(set(folders)) == 16


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("My digits!", "my-digits"),
        ("Café №1", "café-no1"),
        ("../../etc", "etc"),
        ("  ", "model"),
        ("数字", "数字"),
        ("Котики 2", "котики-2"),
        ("กบ", "กบ"),
        ("猫\u3000写真", "猫-写真"),
        ("👩\u200d🚀", "model"),
        ("a" * 200, "a" * 150),
        ("é" * 200, "é" * 75),
    ],
)
def test_titles_become_folder_names_in_any_script(title: str, name: str) -> None:
    assert control.folder_name(title) == name


@pytest.mark.parametrize(
    ("typed", "titles"),
    [
        ("Café №1", ["Café №1", "Café №1 2"]),
        ("Мои котики 🐈", ["Мои котики 🐈", "Мои котики 🐈 2"]),
        ("digits", ["digits", "digits-2"]),
        (" ", ["model", "model-2"]),
        ("长" * 80, ["长" * 80, f"{'长' * 78} 2"]),
    ],
)
def test_a_run_is_called_as_it_was_typed(
    root: Path, monkeypatch: pytest.MonkeyPatch, typed: str, titles: list[str]
) -> None:
    monkeypatch.setattr(control, "_start_process", lambda _folder: None)
    assert [control.ask(typed, "quick look", MODEL, training()).title for _ in range(2)] == titles
    assert sorted(run.title for run in list_runs(root)) == sorted(titles)


def test_a_title_that_cannot_be_kept_is_refused_before_there_is_a_run(root: Path) -> None:
    with pytest.raises(ConfigError, match="at most 80"):
        control.ask("x" * 81, "quick look", MODEL, training())
    assert not list_runs(root)


def test_every_problem_gets_a_way_out_by_its_type_and_not_by_its_words() -> None:
    full = diagnose(OSError(errno.ENOSPC, "words that nobody has heard"))
    assert full.passes
    assert "disk is full" in full.words
    assert "smaller batch" in diagnose(MemoryError("whatever")).advice
    assert diagnose(MemoryError()).passes
    assert "permissions" in diagnose(PermissionError(errno.EACCES, "denied")).advice
    assert "Too many files" in diagnose(OSError(errno.EMFILE, "x")).words
    status = RunStatus(state="training", step=12, epoch=0)
    for words in ("The loss became nan.", "x"):
        diverged = diagnose(DivergedError(words), status)
        assert not diverged.passes
        assert "diverged after step 12, in epoch 1" in diverged.words
        assert "tenth" in diverged.advice
    other = diagnose(TrainingError("Its learning rate is out of memory and not JSON compliant."))
    assert (other.words, other.passes) == ("Its learning rate is out of memory and not JSON compliant.", False)
    assert "tenth" not in other.advice
    unforeseen = diagnose(RuntimeError("the roof fell in: out of memory"))
    assert "RuntimeError: the roof fell in" in unforeseen.words
    assert "log.txt" in unforeseen.advice


def test_what_an_allocator_says_becomes_one_type_where_it_is_caught(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = add_run(checkpoints, "mine", "queued")
    faults: list[Exception] = [
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried"),
        torch.OutOfMemoryError("CUDA is full"),
    ]

    def fail(*_arguments: Any, **_options: Any) -> None:
        raise faults[0]

    monkeypatch.setattr(worker, "model_images", fail)
    while faults:
        with pytest.raises(MemoryError):
            worker.work(folder, Orders(folder), Reporter(Run.read(folder)))
        del faults[0]
