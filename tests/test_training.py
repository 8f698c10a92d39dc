"""The loop: exact resume, workers, averages, early stopping, and what happens when it goes wrong."""

import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.killed_runs import run_with_kills
from vae_core import ModelConfig, TrainConfig, load_checkpoint, load_dataset, train
from vae_core.checkpoint.weights import build_model
from vae_core.datasets.dataset import Dataset
from vae_core.errors import CheckpointError, TrainingError
from vae_core.evaluation import evaluate_bound
from vae_core.training.events import Ended, EpochEnded, Event, Started, Stepped
from vae_core.training.schedule import learning_rate, warmed_up_beta

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


def model(**settings: Any) -> ModelConfig:
    return ModelConfig.parse({"network": "mlp", "latent_dim": 3, "image_size": 8, "hidden_units": 32} | settings)


def training(**settings: Any) -> TrainConfig:
    return TrainConfig.parse({"data": "digits", "epochs": 2} | settings)


def files(folder: Path) -> dict[str, bytes]:
    names = ["model.safetensors", "config.json", "training/metrics.jsonl"]
    return {name: (folder / name).read_bytes() for name in names}


def test_a_run_killed_at_random_moments_ends_with_the_same_bits(tmp_path: Path) -> None:
    began = time.monotonic()
    assert run_with_kills(tmp_path / "whole", kills=0, longest=0, seed=0) == 0
    longest = time.monotonic() - began
    died = run_with_kills(tmp_path / "killed", kills=6, longest=longest * 0.7, seed=time.time_ns() % 2**32)
    assert died >= 2, "the kills came too late to test anything"
    assert files(tmp_path / "killed") == files(tmp_path / "whole")


@pytest.mark.parametrize("stop_after", [1, 13, 50])
def test_a_run_stopped_and_resumed_ends_with_the_same_bits(digits: Dataset, tmp_path: Path, stop_after: int) -> None:
    settings = training(ema_decay=0.8, patience=2, batch_size=64)
    train(digits, model(variance="optimal"), settings, tmp_path / "whole")
    steps = iter(range(stop_after))
    stopped = train(
        digits,
        model(variance="optimal"),
        settings,
        tmp_path / "stopped",
        should_stop=lambda: next(steps, None) is None,
    )
    assert stopped.outcome == ("stopped" if stop_after < 44 else "finished")
    resumed = train(digits, model(variance="optimal"), settings, tmp_path / "stopped", resume=True)
    assert resumed.outcome == "finished"
    assert files(tmp_path / "stopped") == files(tmp_path / "whole")


def test_the_seed_fixes_everything_and_another_seed_changes_it(digits: Dataset, tmp_path: Path) -> None:
    torch.manual_seed(1)
    first = train(digits, model(), training(epochs=1), tmp_path / "a")
    torch.manual_seed(2)
    train(digits, model(), training(epochs=1), tmp_path / "b")
    other = train(digits, model(), training(epochs=1, seed=5), tmp_path / "c")
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert first.history[-1].validation != other.history[-1].validation


def test_two_processes_train_the_single_processs_model(tmp_path: Path) -> None:
    settings = {
        "data": "digits",
        "model": "mlp",
        "hidden-units": 16,
        "latent-dim": 2,
        "epochs": 1,
        "batch-size": 67,
        "variance": "optimal",
        "free-bits": 0.1,
        "gradient-clip": 1,
        "device": "cpu",
    }
    options = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    launchers = {
        "one": [sys.executable, "-m"],
        "two": [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"],
    }
    for name, launcher in launchers.items():
        command = [*launcher, "vae_core", "train", *options, "--json", "--output", str(tmp_path / name)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["outcome"] == "finished"
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in launchers)
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=2e-3, atol=2e-4)


def test_training_averages_are_exact_over_images(digits: Dataset, tmp_path: Path) -> None:
    """With no learning to speak of, the epoch's average is that of all images, the last small batch included."""
    settings = training(epochs=1, batch_size=100, learning_rate=1e-9, schedule="constant", validation_fraction=0)
    result = train(digits, model(variance=1.0), settings, tmp_path / "run")
    start = build_model(model(variance=1.0), settings.seed)
    exact = evaluate_bound(start, digits, torch.arange(len(digits)), seed=0)
    assert result.history[0].training.kl == pytest.approx(exact.kl, rel=1e-4)
    assert result.history[0].training.log_likelihood == pytest.approx(exact.log_likelihood, rel=1e-3)


def test_events_tell_the_whole_story(digits: Dataset, tmp_path: Path) -> None:
    events: list[Event] = []
    train(digits, model(), training(), tmp_path / "run", listener=events.append)
    started, *middle, ended = events
    assert isinstance(started, Started)
    assert isinstance(ended, Ended)
    steps = [event.step for event in middle if isinstance(event, Stepped)]
    assert steps == list(range(1, started.steps + 1))
    assert [event.metrics.epoch for event in middle if isinstance(event, EpochEnded)] == [1, 2]
    lines = (tmp_path / "run/training/metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2]


def test_kept_weights_are_the_average_when_there_is_one(digits: Dataset, tmp_path: Path) -> None:
    train(digits, model(), training(ema_decay=0.99), tmp_path / "averaged")
    train(digits, model(), training(), tmp_path / "plain")
    state = load_file(tmp_path / "averaged/training/state.safetensors")
    plain = load_file(tmp_path / "plain/model.safetensors")
    for name, kept in load_file(tmp_path / "averaged/model.safetensors").items():
        assert torch.equal(kept, state[f"averaged.{name}"])
        assert torch.equal(state[f"model.{name}"], plain[name])


def test_patience_ends_early_and_keeps_the_best_epoch(digits: Dataset, tmp_path: Path) -> None:
    few = dataclasses.replace(digits, images=digits.images[::16], labels=digits.labels[::16])
    settings = training(epochs=400, patience=2, learning_rate=0.02, schedule="constant", validation_fraction=0.2)
    result = train(few, model(variance=0.01), settings, tmp_path / "run")
    assert result.outcome == "early-stopped"
    elbos = [metrics.validation.bound for metrics in result.history if metrics.validation]
    best = max(elbos)
    assert len(elbos) == elbos.index(best) + 1 + 2
    order = torch.randperm(len(few), generator=_split_generator(settings.seed))
    held_out = order[: -(-len(few) // 5)].sort().values
    kept = load_checkpoint(tmp_path / "run").model
    assert evaluate_bound(kept, few, held_out, settings.seed).elbo == pytest.approx(best, rel=1e-6)


def _split_generator(seed: int) -> torch.Generator:
    from vae_core.randomness import generator

    return generator(seed, "split")


def test_a_rate_far_too_high_ends_with_a_report_and_the_last_good_state(digits: Dataset, tmp_path: Path) -> None:
    settings = training(epochs=30, learning_rate=10, schedule="constant", batch_size=8)
    with pytest.raises(TrainingError, match=r"(?s)at step \d+.*last good state is kept.*Lower the learning rate"):
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
    from vae_core.training.state import RunState

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


def test_warm_up_rises_linearly_and_stays() -> None:
    assert [warmed_up_beta(4.0, 2.0, done) for done in (0, 0.5, 1, 2, 9)] == [0, 1, 2, 4, 4]
    assert warmed_up_beta(4.0, 0.0, 0) == 4.0


def test_one_cycle_rises_to_the_peak_and_falls_to_nothing() -> None:
    rates = [learning_rate("one-cycle", 2.0, done / 100) for done in range(101)]
    assert max(rates) == rates[25] == 2.0
    assert rates[0] == pytest.approx(2.0 / 25)
    assert rates[-1] < 1e-4
    assert rates[:26] == sorted(rates[:26])
    assert rates[25:] == sorted(rates[25:], reverse=True)
    assert {learning_rate("constant", 2.0, done / 10) for done in range(11)} == {2.0}
