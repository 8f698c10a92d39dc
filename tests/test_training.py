"""The loop: exact resume, several workers, events, metrics and schedules."""

import itertools
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.killed_runs import run_with_kills
from tests.small_training import few, files, model, training
from vae_core import load_dataset, train
from vae_core.checkpoint.layout import METRICS_LINES, STATE_FILE
from vae_core.checkpoint.tensor_files import read_tensors, write_tensors
from vae_core.checkpoint.weights import build_model
from vae_core.data.dataset import Dataset
from vae_core.evaluation import evaluate_bound
from vae_core.training.events import Ended, EpochEnded, Event, Started, Stepped, read_history
from vae_core.training.schedules import learning_rate, warmed_up_beta

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


def test_a_run_killed_at_random_moments_ends_with_the_same_bits(tmp_path: Path) -> None:
    assert run_with_kills(tmp_path / "whole", kills=0, seed=0) == 0
    died = run_with_kills(tmp_path / "killed", kills=6, seed=time.time_ns() % 2**32)
    assert died == 6
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


def test_a_run_stopped_between_two_epochs_tells_their_learning_rates(digits: Dataset, tmp_path: Path) -> None:
    images, settings = few(digits, 80), training(epochs=3, batch_size=40, validation_fraction=0.0)
    whole = train(images, model(), settings, tmp_path / "whole")
    steps = iter(range(2))
    train(images, model(), settings, tmp_path / "cut", should_stop=lambda: next(steps, None) is None)
    resumed = train(images, model(), settings, tmp_path / "cut", resume=True)
    rates = [metrics.learning_rate for metrics in whole.history]
    assert [metrics.learning_rate for metrics in resumed.history] == rates
    assert len(set(rates)) == 3


def test_the_seed_fixes_everything_and_another_seed_changes_it(digits: Dataset, tmp_path: Path) -> None:
    torch.manual_seed(1)
    first = train(digits, model(), training(epochs=1), tmp_path / "a")
    torch.manual_seed(2)
    train(digits, model(), training(epochs=1), tmp_path / "b")
    other = train(digits, model(), training(epochs=1, seed=5), tmp_path / "c")
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert first.history[-1].validation != other.history[-1].validation


# The command, and what is still running when it is done.
WATCHED = """
import atexit, pathlib, runpy, sys
tasks = pathlib.Path("/proc/self/task").glob("*/comm")
atexit.register(lambda: print("left behind:", *(task.read_text().strip() for task in tasks), file=sys.stderr))
runpy.run_module("vae_core", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    "particular",
    [{"variance": "optimal"}, {"likelihood": "bernoulli", "binarise": "dynamic"}],
    ids=["optimal variance", "binarised"],
)
def test_two_processes_train_the_single_processs_model(tmp_path: Path, particular: dict[str, str]) -> None:
    settings = {
        "data": "digits",
        "model": "mlp",
        "hidden-units": 16,
        "latent-dim": 2,
        "epochs": 1,
        "batch-size": 67,
        **particular,
        "free-bits": 0.1,
        "gradient-clip": 1,
        "device": "cpu",
        "precision": "float32",  # in bfloat16, which some processors take by themselves, the order of sums shows
    }
    options = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    watched = tmp_path / "watched.py"
    watched.write_text(WATCHED)
    launchers = {
        "one": [sys.executable, "-m", "vae_core"],
        "two": [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(watched)],
    }
    for name, launcher in launchers.items():
        command = [*launcher, "train", *options, "--json", "--output", str(tmp_path / name)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["outcome"] == "finished"
        assert "gloo" not in done.stderr  # a thread of the group that would meet the interpreter's end
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in launchers)
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=2e-3, atol=2e-4)


def test_training_averages_are_exact_over_images(digits: Dataset, tmp_path: Path) -> None:
    """With no learning to speak of, the epoch's average is that of all images, the last small batch included."""
    settings = training(
        epochs=1,
        batch_size=100,
        learning_rate=1e-9,
        schedule="constant",
        validation_fraction=0,
        precision="float32",  # as the evaluation, whatever the processor
    )
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
from tests.small_training import few, model, training
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
