"""A run that goes wrong says so, and leaves its last good state whole."""

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.small_training import files, model, saved_state, training
from vae_core import load_checkpoint, load_dataset, train
from vae_core.data.dataset import Dataset
from vae_core.errors import CheckpointError, DivergedError, TrainingError, not_finite
from vae_core.evaluation import evaluate_bound
from vae_core.training.events import read_history
from vae_core.training.loop import _Run
from vae_core.training.state import RunState


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


def test_a_bound_that_is_not_finite_is_a_divergence(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any) -> Any:
        return dataclasses.replace(evaluate_bound(*arguments), elbo=float("nan"))

    monkeypatch.setattr("vae_core.training.epoch.evaluate_bound", broken)
    with pytest.raises(DivergedError, match=r"ELBO became nan in epoch 1; the last good state is kept\. Lower the"):
        train(digits, model(), training(gradient_clip=1.0), tmp_path / "run")
    assert not read_history(tmp_path / "run")


@pytest.mark.parametrize("when", ["asked to stop", "at an epoch's end"])
def test_weights_that_are_not_finite_are_a_divergence_and_never_saved(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Infinite where it does not show in the loss: in Adam's moments."""
    step = _Run._step

    def spoil(run: _Run, batch: torch.Tensor, stop: bool) -> tuple[float, bool]:
        done = step(run, batch, stop)
        if run.state.position.step == 22:
            for moments in run.state.optimizer.state.values():
                moments["exp_avg_sq"].fill_(torch.inf)
        return done

    monkeypatch.setattr(_Run, "_step", spoil)
    calls = itertools.count(1)
    with pytest.raises(DivergedError, match="weights became infinite or NaN by step 22"):
        train(
            digits,
            model(),
            training(batch_size=64),
            tmp_path / "run",
            save_interval=0,
            should_stop=lambda: when == "asked to stop" and next(calls) == 22,
        )
    assert saved_state(tmp_path / "run", model(), training(batch_size=64)).position.step == 21


def test_advice_names_only_what_is_not_set_yet() -> None:
    assert "gradient clip" in str(not_finite("The loss became nan", 0.1))
    assert "gradient clip" not in str(not_finite("The loss became nan", 0.1, clips=True))
    assert "(now 0.5)" in str(not_finite("The loss became nan", 0.5))


def test_a_rate_far_too_high_ends_with_a_report_and_the_last_good_state(digits: Dataset, tmp_path: Path) -> None:
    settings = training(epochs=30, learning_rate=10, schedule="constant", batch_size=8)
    with pytest.raises(DivergedError, match=r"(?s)at step \d+.*last good state is kept.*Lower the learning rate"):
        train(
            digits,
            model(network="conv", width=4, likelihood="gaussian", variance=1e-6),
            settings,
            tmp_path / "run",
        )
    kept = load_checkpoint(tmp_path / "run").model
    assert all(torch.isfinite(tensor).all() for tensor in kept.state_dict().values())


def test_a_full_disk_leaves_the_last_state_whole(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(digits, model(), training(epochs=1), tmp_path / "run")
    before = files(tmp_path / "run") | {"state": (tmp_path / "run/training/state.safetensors").read_bytes()}

    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as stream:
            stream.write(content[: len(content) // 2])
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        train(digits, model(), training(epochs=1), tmp_path / "other")
    with pytest.raises(OSError, match="No space left"):
        load_and_save_state(tmp_path / "run")
    monkeypatch.undo()
    after = files(tmp_path / "run") | {"state": (tmp_path / "run/training/state.safetensors").read_bytes()}
    assert after == before
    assert not list(tmp_path.rglob("*.tmp"))


def load_and_save_state(folder: Path) -> None:
    state = RunState(model(), training(epochs=1), torch.device("cpu"))
    state.load(folder)
    state.save(folder)


def test_resuming_with_other_settings_or_data_is_refused(digits: Dataset, tmp_path: Path) -> None:
    train(digits, model(), training(epochs=1), tmp_path / "run")
    with pytest.raises(TrainingError, match=r"trained with beta 1\.0, not 4\.0"):
        train(digits, model(), training(epochs=1, beta=4), tmp_path / "run", resume=True)
    other = dataclasses.replace(digits, fingerprint="0" * 64)
    with pytest.raises(TrainingError, match="fingerprint"):
        train(other, model(), training(epochs=1), tmp_path / "run", resume=True)
    with pytest.raises(TrainingError, match="already holds a checkpoint"):
        train(digits, model(), training(epochs=1), tmp_path / "run")


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        (["README.md", "metrics.json"], r"holds README\.md and 1 more"),
        (["training/cat/1.png"], "holds training/cat: "),
        (["model.safetensors"], r"holds model\.safetensors: "),
    ],
)
def test_a_run_takes_no_folder_in_which_somebody_has_files(
    digits: Dataset, tmp_path: Path, theirs: list[str], told: str
) -> None:
    for name in theirs:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    for resume in (False, True):
        with pytest.raises(TrainingError, match=told):
            train(digits, model(), training(epochs=1), tmp_path, resume=resume)
    assert sorted(tmp_path.rglob("*")) == before
    assert all((tmp_path / name).read_text() == "mine" for name in theirs)


def test_a_run_begins_where_one_was_killed_before_its_settings_were_written(digits: Dataset, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".DS_Store").write_text("")
    train(digits, model(), training(epochs=1), tmp_path / "run")
    (tmp_path / "run" / "config.json").unlink()
    assert train(digits, model(), training(epochs=2), tmp_path / "run", resume=True).outcome == "finished"


def test_weights_that_cannot_be_written_are_those_of_the_last_epoch_that_is_told_of(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever keeps a run whose end failed gets the weights of its figures."""

    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vae_core.training.loop.write_final_weights", full)
    with pytest.raises(OSError, match="No space left"):
        train(digits, model(), training(epochs=1), tmp_path / "run")
    assert [metrics.epoch for metrics in read_history(tmp_path / "run")] == [1]
    state = saved_state(tmp_path / "run", model(), training(epochs=1))
    kept = load_checkpoint(tmp_path / "run").model.state_dict()
    assert all(torch.equal(tensor, kept[name]) for name, tensor in state.kept_weights.items())


def test_a_damaged_state_is_named(digits: Dataset, tmp_path: Path) -> None:
    train(digits, model(), training(epochs=1), tmp_path / "run")
    state = tmp_path / "run/training/state.safetensors"
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"state\.safetensors: truncated"):
        train(digits, model(), training(epochs=1), tmp_path / "run", resume=True)


def test_images_that_do_not_fit_the_model_are_refused(digits: Dataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"1 channel\(s\) of 8 px.*1 of 28 px"):
        train(digits, model(image_size=28), training(), tmp_path / "run")
    assert not (tmp_path / "run").exists()
