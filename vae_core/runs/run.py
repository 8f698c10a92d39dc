"""What a run's folder says of it: what was asked for, how far it is, what it has been told. Free of torch."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vae_core.checkpoint.layout import (
    EXPLORER_MANIFEST,
    LOCK_FILE,
    METRICS_LINES,
    ORDER_FILE,
    REQUEST_FILE,
    STATUS_FILE,
    checkpoints_root,
)
from vae_core.config import ModelConfig, TrainConfig, read_json
from vae_core.errors import ConfigError, TrainingError
from vae_core.files import is_locked, write_json

STARTING = 15.0  # seconds that a process may take from being asked for to holding its lock

Stage = Literal["queued", "training", "finishing", "paused", "finished", "failed"]
Order = Literal["pause", "keep", "discard"]
ACTIVE: tuple[Stage, ...] = ("queued", "training", "finishing")


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RunRequest(_Record):
    """What a run is to do. Image size and channels are those of `model`."""

    title: str
    preset: str
    model: ModelConfig
    training: TrainConfig
    data_dir: str | None = None
    asked_at: float = Field(description="seconds since 1970: the place in the queue")


class RunStatus(_Record):
    """How far a run is, as its own process last said."""

    stage: Stage
    step: int = 0
    steps: int = 0
    epoch: int = 0
    images_per_second: float | None = None
    seconds_left: float | None = None
    detail: str = ""
    problem: str | None = None
    advice: str | None = None
    updated_at: float = 0.0


@dataclass(frozen=True)
class Run:
    """A run as its folder describes it; `alive` whether a process is at work on it, or about to be."""

    name: str
    folder: Path
    request: RunRequest
    status: RunStatus
    alive: bool

    @property
    def interrupted(self) -> bool:
        """Its process has gone without saying goodbye: killed, or the machine was switched off."""
        return not self.alive and self.status.stage in ACTIVE

    @property
    def state(self) -> str:
        """Its stage, or `interrupted`."""
        return "interrupted" if self.interrupted else self.status.stage

    @property
    def resumable(self) -> bool:
        """Whether it can go on from where it was."""
        return self.interrupted or (not self.alive and self.status.stage == "paused")

    @property
    def pausable(self) -> bool:
        """Whether it can be told to stop and to go on later."""
        return self.alive and self.status.stage in ("queued", "training")

    @property
    def keepable(self) -> bool:
        """Whether a model can be made of what it has learned so far.

        What a run at work or paused in good order has learned counts to the last step; otherwise whole epochs do.
        """
        status = self.status
        if self.alive or status.stage == "finished":
            return status.stage == "training" and status.step > 0
        if status.stage == "paused" and status.problem is None:
            return status.step > 0
        return (self.folder / METRICS_LINES).exists()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises TrainingError where the folder is not a run's or its files are damaged."""
        locked_now = is_locked(folder / LOCK_FILE)
        try:
            request = RunRequest.model_validate(read_json(folder / REQUEST_FILE))
            status = RunStatus.model_validate(read_json(folder / STATUS_FILE))
        except (ConfigError, ValidationError) as error:
            raise TrainingError(f"{folder}: not a readable run ({error}).") from None
        starting = status.stage == "queued" and time.time() - status.updated_at < STARTING
        return cls(folder.name, folder, request, status, locked_now or starting)


def list_runs(root: Path | None = None) -> list[Run]:
    """Every readable run below `root`, the oldest request first."""
    root = root or checkpoints_root()
    runs = []
    for path in root.glob(f"*/{REQUEST_FILE}"):
        try:
            runs.append(Run.read(path.parents[1]))
        except TrainingError:
            continue  # a folder in the middle of being made or removed
    return sorted(runs, key=lambda run: (run.request.asked_at, run.name))


def is_unfinished_run(folder: Path) -> bool:
    """Whether the folder is that of a run which has not made its map yet."""
    return os.path.exists(folder / REQUEST_FILE) and not os.path.exists(folder / EXPLORER_MANIFEST)


def write_status(folder: Path, status: RunStatus) -> None:
    """Replace a run's status, dated now."""
    write_json(folder / STATUS_FILE, status.model_copy(update={"updated_at": time.time()}).model_dump(mode="json"))


def give_order(folder: Path, order: Order) -> None:
    """Tell a run's process what to do as soon as it looks."""
    write_json(folder / ORDER_FILE, {"order": order})


def read_order(folder: Path) -> Order | None:
    """What a run has been told and has not yet done."""
    path = folder / ORDER_FILE
    if not path.exists():
        return None
    content: Any = read_json(path)
    order: Order = content["order"]
    return order


def clear_order(folder: Path) -> None:
    """The order has been carried out."""
    (folder / ORDER_FILE).unlink(missing_ok=True)
