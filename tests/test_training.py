"""The loop: exact resume, workers, averages, early stopping, and what happens when it goes wrong."""

import dataclasses
import itertools
import json
import os
import socket
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
from vae_core.checkpoint.layout import METRICS_LINES, STATE_FILE
from vae_core.checkpoint.weights import build_model, read_tensors, write_tensors
from vae_core.datasets.dataset import Dataset
from vae_core.errors import CheckpointError, DivergedError, TrainingError
from vae_core.evaluation import diverged, evaluate_bound
from vae_core.model.vae import VAE
from vae_core.training.epoch import Images, fit_variance, keep_saved_state
from vae_core.training.events import Ended, EpochEnded, Event, Started, Stepped, read_history
from vae_core.training.loop import _Run
from vae_core.training.schedule import averaging_decay, learning_rate, warmed_up_beta
from vae_core.training.state import RunState

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


@pytest.mark.parametrize(("network", "stop_after"), [("mlp", 1), ("mlp", 13), ("mlp", 50), ("conv", 1), ("conv", 13)])
def test_a_run_stopped_and_resumed_ends_with_the_same_bits(
    digits: Dataset, tmp_path: Path, network: str, stop_after: int
) -> None:
    config, settings = (
        model(variance="optimal", network=network, width=4),
        training(ema_decay=0.8, patience=2, batch_size=64),
    )
    train(digits, config, settings, tmp_path / "whole")
    steps = iter(range(stop_after))
    stopped = train(
        digits,
        config,
        settings,
        tmp_path / "stopped",
        should_stop=lambda: next(steps, None) is None,
    )
    assert stopped.outcome == ("stopped" if stop_after < 44 else "finished")
    resumed = train(digits, config, settings, tmp_path / "stopped", resume=True)
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


def few(digits: Dataset, count: int) -> Dataset:
    return dataclasses.replace(digits, images=digits.images[:count], labels=digits.labels[:count])


def validation_elbo(dataset: Dataset, settings: TrainConfig, vae: VAE) -> float:
    return evaluate_bound(vae.eval(), dataset, Images(dataset, settings).validation, settings.seed).elbo


def saved_state(folder: Path, config: ModelConfig, settings: TrainConfig) -> RunState:
    state = RunState(config, settings, torch.device("cpu"))
    state.load(folder)
    return state


@pytest.mark.parametrize("variance", [0.02, "optimal"])
def test_averaged_weights_never_validate_worse_than_those_that_move(
    digits: Dataset, tmp_path: Path, variance: Any
) -> None:
    """Three steps an epoch with a decay of 0.98: an average that begins at the random weights lags for 40 epochs."""
    data, config = few(digits, 200), model(variance=variance)
    settings = training(epochs=6, batch_size=64, ema_decay=0.98, validation_fraction=0.1, learning_rate=0.01)
    shown: list[float] = []
    raw: list[float] = []

    def look(vae: VAE) -> None:
        shown.append(validation_elbo(data, settings, vae))
        state = saved_state(tmp_path / "run", config, settings)
        raw.append(validation_elbo(data, settings, state.model))

    result = train(data, config, settings, tmp_path / "run", watch=look)
    assert len(shown) == 6
    assert all(one >= other for one, other in zip(shown, raw, strict=True))
    assert [metrics.watched_elbo for metrics in result.history] == pytest.approx(shown)
    kept = load_checkpoint(tmp_path / "run").model
    assert validation_elbo(data, settings, kept) == pytest.approx(shown[-1], rel=1e-3)
    state = saved_state(tmp_path / "run", config, settings)
    for metrics in result.history:
        assert metrics.weights in ("raw", "averaged")
    name = result.history[-1].weights
    assert name is not None
    expected = state.candidates[name].state_dict()
    assert all(torch.equal(t, expected[n]) for n, t in kept.state_dict().items() if n != "head.log_variance")


def test_the_average_wins_once_the_weights_only_jitter(digits: Dataset, tmp_path: Path) -> None:
    settings = training(
        epochs=5, batch_size=16, ema_decay=0.98, validation_fraction=0.2, learning_rate=0.03, schedule="constant"
    )
    result = train(digits, model(variance=0.02), settings, tmp_path / "run")
    assert [metrics.weights for metrics in result.history] == ["averaged"] * 5


def test_without_validation_a_fixed_sample_of_the_training_images_decides(digits: Dataset, tmp_path: Path) -> None:
    data, settings = few(digits, 200), training(epochs=2, batch_size=64, ema_decay=0.98, validation_fraction=0)
    result = train(data, model(variance=0.02), settings, tmp_path / "run")
    watched = Images(data, settings).watched
    state = saved_state(tmp_path / "run", model(variance=0.02), settings)
    elbos = {name: evaluate_bound(vae, data, watched, settings.seed).elbo for name, vae in state.candidates.items()}
    assert result.history[-1].watched_elbo == max(elbos.values())
    assert elbos[result.history[-1].weights or "raw"] == max(elbos.values())


def test_the_average_begins_at_the_first_weights_it_sees() -> None:
    settings = training(ema_decay=0.999)
    state = RunState(model(), settings, torch.device("cpu"))
    seen = []
    for step in range(30):
        with torch.no_grad():
            for parameter in state.model.parameters():
                parameter.fill_(float(step + 1))
        state.average()
        state.position.step += 1
        assert state.averaged is not None
        seen.append(next(state.averaged.parameters()).flatten()[0].item())
    assert seen[0] == 1.0
    expected = 1.0
    for step in range(1, 30):  # the textbook average with its warmed-up decay
        decay = min(0.999, step / (step + 9))
        expected = decay * expected + (1 - decay) * (step + 1)
    assert seen[-1] == pytest.approx(expected, rel=1e-5)
    assert averaging_decay(0.98, 10_000) == 0.98


def stop_at_once(digits: Dataset, config: ModelConfig, settings: TrainConfig, folder: Path, steps: int) -> None:
    left = iter(range(steps - 1))
    result = train(digits, config, settings, folder, should_stop=lambda: next(left, None) is None)
    assert result.outcome == "stopped"


@pytest.mark.parametrize("ema_decay", [0.0, 0.9])
def test_sigma_is_fitted_when_a_run_is_kept_within_an_epoch(digits: Dataset, tmp_path: Path, ema_decay: float) -> None:
    config, settings = model(variance="optimal"), training(ema_decay=ema_decay)
    stop_at_once(digits, config, settings, tmp_path / "run", steps=3)
    assert keep_saved_state(tmp_path / "run", digits, config, settings) == 3
    kept = load_checkpoint(tmp_path / "run").model
    images = Images(digits, settings)
    error = evaluate_bound(kept, digits, images.training, seed=1).mean_square_error
    assert kept.head.variance == pytest.approx(error, rel=0.02)
    assert kept.head.variance != pytest.approx(0.1, rel=0.05)
    state = saved_state(tmp_path / "run", config, settings)
    for vae in state.candidates.values():
        fit_variance(vae, digits, images.training, settings.seed)
        assert validation_elbo(digits, settings, kept) >= validation_elbo(digits, settings, vae) - 1e-3


@pytest.mark.parametrize("patience", [0, 1])
def test_sigma_is_fitted_to_all_training_images_when_a_run_ends(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: int
) -> None:
    """Early stopped or not, the best epoch restored or not."""
    monkeypatch.setattr("vae_core.training.epoch.SAMPLED_IMAGES", 60)
    config = model(variance="optimal")
    settings = training(epochs=8, patience=patience, validation_fraction=0.2, learning_rate=0.05, schedule="constant")
    result = train(digits, config, settings, tmp_path / "run")
    assert result.outcome == ("early-stopped" if patience else "finished")
    kept = load_checkpoint(tmp_path / "run").model
    images = Images(digits, settings)
    assert (len(images.sampled), len(images.training)) == (60, int(len(digits) * 0.8))
    fitted = kept.head.variance
    fit_variance(kept, digits, images.training, settings.seed)
    assert kept.head.variance == fitted
    fit_variance(kept, digits, images.sampled, settings.seed)
    assert kept.head.variance != fitted


def test_a_better_epoch_before_is_kept_rather_than_a_worse_state_after_it(digits: Dataset, tmp_path: Path) -> None:
    data, config = few(digits, 200), model(variance=0.01)
    settings = training(epochs=50, patience=50, validation_fraction=0.2, learning_rate=0.03, schedule="constant")
    ended: list[Event] = []
    train(
        data,
        config,
        settings,
        tmp_path / "run",
        listener=lambda event: ended.append(event) if isinstance(event, EpochEnded) else None,
        should_stop=lambda: len(ended) >= 40,
    )
    best = max(event.metrics.watched_elbo for event in ended if isinstance(event, EpochEnded))
    keep_saved_state(tmp_path / "run", data, config, settings)
    kept = validation_elbo(data, settings, load_checkpoint(tmp_path / "run").model)
    assert kept >= best - 1e-6 * abs(best)


def test_images_that_lie_class_by_class_are_sampled_from_every_class(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vae_core.training.epoch.SAMPLED_IMAGES", 100)
    order = digits.labels.argsort(stable=True)
    sorted_digits = dataclasses.replace(digits, images=digits.images[order], labels=digits.labels[order])
    images = Images(sorted_digits, training())
    counts = torch.bincount(sorted_digits.labels[images.sampled], minlength=10)
    assert counts.sum() == 100
    assert counts.min() >= 8
    assert not set(images.sampled.tolist()) & set(images.validation.tolist())
    assert torch.equal(images.sampled, Images(sorted_digits, training()).sampled)


def test_patience_ends_early_and_keeps_the_best_epoch(digits: Dataset, tmp_path: Path) -> None:
    sparse = dataclasses.replace(digits, images=digits.images[::16], labels=digits.labels[::16])
    settings = training(epochs=400, patience=2, learning_rate=0.02, schedule="constant", validation_fraction=0.2)
    result = train(sparse, model(variance=0.01), settings, tmp_path / "run")
    assert result.outcome == "early-stopped"
    elbos = [metrics.validation.bound for metrics in result.history if metrics.validation]
    best = max(elbos)
    assert len(elbos) == elbos.index(best) + 1 + 2
    kept = load_checkpoint(tmp_path / "run").model
    assert validation_elbo(sparse, settings, kept) == pytest.approx(best, rel=1e-6)


def test_metrics_are_appended_and_the_state_holds_the_last_alone(digits: Dataset, tmp_path: Path) -> None:
    files_seen, texts, positions = [], [], []

    def listen(event: Event) -> None:
        if isinstance(event, EpochEnded):
            path = tmp_path / "run" / METRICS_LINES
            files_seen.append(path.stat().st_ino)
            texts.append(path.read_text())
            positions.append(len(read_tensors(tmp_path / "run" / STATE_FILE)[1]["position"]))

    train(few(digits, 100), model(), training(epochs=12), tmp_path / "run", listener=listen)
    assert len(set(files_seen)) == 1
    assert all(after.startswith(before) for before, after in itertools.pairwise(texts))
    assert positions[-1] < 1.2 * positions[0]


@pytest.mark.parametrize("damage", ["none", "torn", "repeated", "ahead", "missing the last"])
def test_metrics_are_brought_to_where_the_state_is(digits: Dataset, tmp_path: Path, damage: str) -> None:
    """A kill may fall between the state and the line of its epoch, or within the line."""
    settings = training(epochs=4)
    train(digits, model(), settings, tmp_path / "whole")
    ended: list[Event] = []
    train(
        digits,
        model(),
        settings,
        tmp_path / "killed",
        listener=lambda event: ended.append(event) if isinstance(event, EpochEnded) else None,
        should_stop=lambda: len(ended) >= 2,
    )
    path = tmp_path / "killed" / METRICS_LINES
    lines = path.read_text().splitlines(keepends=True)
    assert len(lines) == 2
    after = (tmp_path / "whole" / METRICS_LINES).read_text().splitlines(keepends=True)[2]
    damaged = {
        "none": lines,
        "torn": [*lines, after[: len(after) // 2]],
        "repeated": [*lines, lines[-1]],
        "ahead": [*lines, after],
        "missing the last": lines[:-1],
    }
    path.write_text("".join(damaged[damage]))
    assert [metrics.epoch for metrics in read_history(tmp_path / "killed")][:1] == [1]
    result = train(digits, model(), settings, tmp_path / "killed", resume=True)
    assert [metrics.epoch for metrics in result.history] == [1, 2, 3, 4]
    assert files(tmp_path / "killed") == files(tmp_path / "whole")


@pytest.mark.parametrize("ema_decay", [0.0, 0.9])
def test_a_state_of_the_first_version_goes_on(digits: Dataset, tmp_path: Path, ema_decay: float) -> None:
    """Its position held the metrics of every epoch, and knew nothing of a choice of weights."""
    settings = training(epochs=4, ema_decay=ema_decay)
    whole = train(digits, model(), settings, tmp_path / "whole")
    ended: list[Event] = []
    train(
        digits,
        model(),
        settings,
        tmp_path / "old",
        listener=lambda event: ended.append(event) if isinstance(event, EpochEnded) else None,
        should_stop=lambda: len(ended) >= 2,
    )
    path = tmp_path / "old" / STATE_FILE
    tensors, metadata = read_tensors(path)
    position = json.loads(metadata["position"])
    del position["weights"], position["last"]
    history = [metrics.to_json() for metrics in read_history(tmp_path / "old")]
    for metrics in history:
        del metrics["weights"]
    write_tensors(path, tensors, {"version": "1", "position": json.dumps(position | {"history": history})})
    (tmp_path / "old" / METRICS_LINES).write_text("".join(json.dumps(metrics) + "\n" for metrics in history))
    result = train(digits, model(), settings, tmp_path / "old", resume=True)
    assert [metrics.weights for metrics in result.history[:2]] == [None, None]
    assert result.history[2:] == whole.history[2:]
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("old", "whole")]
    assert weights[0] == weights[1]


DISAGREEING = """
import dataclasses, json, math, sys
from itertools import count
from pathlib import Path
import torch.distributed as dist
from tests.test_training import few, model, training
from vae_core import load_dataset, train
from vae_core.training import epoch

measured, calls = epoch.evaluate_bound, count(1)

def disagreeing(*arguments):
    # The first worker sees the bound rise; the second sees it fall, which would end its run, and then vanish.
    call = next(calls)
    elbo = float(call) if dist.get_rank() == 0 else (-float(call) if call < 3 else math.nan)
    return dataclasses.replace(measured(*arguments), elbo=elbo)

epoch.evaluate_bound = disagreeing
settings = training(epochs=4, patience=1, batch_size=64, validation_fraction=0.2)
result = train(few(load_dataset("digits"), 150), model(), settings, sys.argv[1], device="cpu")
print(json.dumps([result.outcome, [metrics.watched_elbo for metrics in result.history]]))
"""


def test_workers_whose_figures_differ_end_together(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", DISAGREEING, str(tmp_path / "run")],
            cwd=ROOT,
            env=os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        said = [worker.communicate(timeout=240) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    for worker, (_, complaints) in zip(workers, said, strict=True):
        assert worker.returncode == 0, complaints
    first, second = (json.loads(output) for output, _ in said)
    assert first == second == ["finished", [1.0, 2.0, 3.0, 4.0]]


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
    assert "gradient clip" in str(diverged("The loss became nan", training()))
    assert "gradient clip" not in str(diverged("The loss became nan", training(gradient_clip=1.0)))
    assert "(now 0.5)" in str(diverged("The loss became nan", training(learning_rate=0.5)))


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
