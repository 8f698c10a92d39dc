"""Runs for tests: folders as processes have left them, small settings, and waiting for what a process does."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vae_core.checkpoint.layout import MAP_FILE, METRICS_LINES, PICTURE_FILE, REQUEST_FILE
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import TrainingError
from vae_core.files import write_json
from vae_core.runs import control
from vae_core.runs.run import Run, RunRequest, RunStatus, State, list_runs, write_status

MODEL = ModelConfig(network="mlp", latent_dim=2, hidden_layers=1, hidden_units=32, image_size=8, variance=0.05)
LIMIT = 120.0  # seconds; a busy machine takes many times what a quiet one does
EPOCH = {
    "step": 40,
    "beta": 1.0,
    "learning_rate": 1e-3,
    "watched_elbo": -7.0,
    "mean_square_error": 0.1,
    "variance": 0.1,
}


def training(**changes: Any) -> TrainConfig:
    return TrainConfig(**{"data": "digits", "epochs": 3, "batch_size": 64, **changes})


def add_run(root: Path, name: str, state: State, **status: Any) -> Path:
    """A run's folder as a process that is no more has left it."""
    folder = root / name
    (folder / "training").mkdir(parents=True, exist_ok=True)
    request = RunRequest(
        title=name,
        preset="quick look",
        model=ModelConfig(network="mlp", latent_dim=2, image_size=8),
        training=TrainConfig(data="digits"),
        asked_at=1.0,
    )
    write_json(folder / REQUEST_FILE, request.model_dump(mode="json"))
    write_status(folder, RunStatus(state=state, **status))
    return folder


def add_learned(root: Path) -> Path:
    """A run of two epochs, paused, with what it drew; one of its two latent dimensions says nothing."""
    folder = add_run(root, "mine", "paused", step=10, steps=40)
    for epoch, bound in ((1, -9.0), (2, -7.0)):
        terms = {"bound": bound, "log_likelihood": bound + 2, "kl": 2.0}
        line = {**EPOCH, "epoch": epoch, "training": terms, "validation": None, "kl_per_dimension": [2.0, 0.0]}
        with (folder / METRICS_LINES).open("a") as lines:
            lines.write(json.dumps(line) + "\n")
    (folder / MAP_FILE).parent.mkdir()
    (folder / MAP_FILE).write_text(json.dumps({"positions": [[0.5, -1.0]], "labels": [3]}))
    (folder / PICTURE_FILE).write_bytes(b"a picture")
    return folder


def discard_all(root: Path) -> None:
    """Every run that is not done; one that comes to its end meanwhile stays as a model."""
    for run in list_runs(root):
        try:
            control.discard(run)
        except TrainingError:
            assert Run.read(run.folder).state == "finished"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def wait_for(run: Run, *stages: str) -> Run:
    """The run once its process has ended in, or reached, one of the stages."""
    wait_until(lambda: Run.read(run.folder).status.state in stages)
    return Run.read(run.folder)


def processes_of(run: Run) -> list[int]:
    """The run's processes, found among all by the folder they were started with."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if str(run.folder.resolve()).encode() in words:
            found.append(int(path.parent.name))
    return found


def process_of(run: Run) -> int:
    """The run's process, once it is there for all to see."""
    wait_until(lambda: bool(processes_of(run)))
    return processes_of(run)[-1]
