"""What a run's folder says of it: what was asked for, how far it is, what it has been told. Free of torch."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from vae_core.checkpoint.about import read_about
from vae_core.checkpoint.layout import (
    EXPLORER_MANIFEST,
    LOCK_FILE,
    METRICS_LINES,
    ORDER_FILE,
    REQUEST_FILE,
    STATUS_FILE,
    checkpoints_root,
)
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import ConfigError, TrainingError
from vae_core.files import is_locked, write_json
from vae_core.json_files import read_json

State = Literal["queued", "training", "finishing", "paused", "finished", "failed", "interrupted"]
Order = Literal["pause", "keep", "keep last epoch", "discard"]
Action = Literal["pause", "resume", "keep", "discard"]
ACTIVE: tuple[State, ...] = ("queued", "training", "finishing")
REPORT = 0.5  # seconds between two reports of progress


class RunRequest(BaseModel):
    """What a run is to do. Image size and channels are those of `model`."""

    model_config = ConfigDict(frozen=True)

    title: str
    preset: str
    model: ModelConfig
    training: TrainConfig
    data_dir: str | None = None
    asked_at: float = Field(description="seconds since 1970: the place in the queue")


class RunStatus(BaseModel):
    """How far a run is, as its own process last said; what a newer version says besides is passed over."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    state: State = Field(validation_alias=AliasChoices("state", "stage"))  # the first version's word for it
    step: int = 0
    steps: int = 0
    epoch: int = 0
    images_per_second: float | None = None
    seconds_left: float | None = None
    finished_share: float = Field(default=0.0, description="of what is to be made of the weights")
    detail: str = ""
    problem: str | None = None
    advice: str | None = None
    updated_at: float = 0.0


@dataclass(frozen=True)
class Run:
    """A run as its folder describes it; `alive` whether a process is at work on it and hears what it is told."""

    name: str
    folder: Path
    request: RunRequest
    status: RunStatus
    alive: bool
    order: Order | None = None

    @property
    def title(self) -> str:
        """What people call it, and its model."""
        return read_about(self.folder)[0].title or self.name

    @property
    def state(self) -> State:
        """What it said last, or `interrupted`: killed, or the machine was switched off."""
        return "interrupted" if self.status.state in ACTIVE and not self.alive else self.status.state

    @property
    def resumable(self) -> bool:
        """Whether it can go on from where it was."""
        return self.state in ("interrupted", "paused")

    @property
    def pausable(self) -> bool:
        """Whether it can be told to stop and to go on later."""
        return self.state in ("queued", "training") and self.order != "pause"

    @property
    def keepable(self) -> bool:
        """Whether a model can be made of what it has learned so far.

        What a run at work or paused in good order has learned counts to the last step; otherwise whole epochs do.
        """
        status = self.status
        if self.alive or status.state == "finished":
            return self.state == "training" and status.step > 0 and self.order not in ("keep", "keep last epoch")
        if status.state == "paused" and status.problem is None:
            return status.step > 0
        return (self.folder / METRICS_LINES).exists()

    @property
    def actions(self) -> tuple[Action, ...]:
        """What it can be told now."""
        if self.alive and self.order == "discard":
            return ()
        offered: dict[Action, bool] = {
            "pause": self.pausable,
            "resume": self.resumable,
            "keep": self.keepable,
            "discard": self.state != "finished",
        }
        return tuple(action for action, possible in offered.items() if possible)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises TrainingError where the folder is not a run's or its files are damaged."""
        try:
            # The lock first: a process that ends in between has said so before.
            locked_now = is_locked(folder / LOCK_FILE)
            request = RunRequest.model_validate(read_json(folder / REQUEST_FILE))
            status = RunStatus.model_validate(read_json(folder / STATUS_FILE))
            order = read_order(folder)
        except (ConfigError, ValidationError, OSError) as error:
            raise TrainingError(f"{folder.name}: this run cannot be read ({_reason(error, folder)}).") from None
        return cls(folder.name, folder, request, status, locked_now and status.state in ACTIVE, order)


def _reason(error: Exception, folder: Path) -> str:
    """An error in one line, without the place of the folder."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(error).replace(f"{folder}{os.sep}", "").rstrip(".")


def scan_runs(root: Path | None = None) -> tuple[list[Run], list[TrainingError]]:
    """Every readable run below `root`, the oldest request first, and what is wrong with each other one."""
    root = root or checkpoints_root()
    try:
        names = sorted(entry.name for entry in os.scandir(root) if not entry.name.startswith("."))
    except OSError:
        return [], []
    found = [_read(root / name) for name in names]
    runs = [run for run in found if isinstance(run, Run)]
    problems = [problem for problem in found if isinstance(problem, TrainingError)]
    return sorted(runs, key=lambda run: (run.request.asked_at, run.name)), problems


def _read(folder: Path) -> Run | TrainingError | None:
    """The run of a folder, what is wrong with it, or None where it is no run's."""
    try:
        if not (folder / REQUEST_FILE).exists():
            return None
        try:
            return Run.read(folder)
        except TrainingError as error:
            # Where its request has gone meanwhile, it is being removed.
            return error if (folder / REQUEST_FILE).exists() else None
    except OSError as error:
        return TrainingError(f"{folder.name}: this folder cannot be read ({error.strerror}).")


def list_runs(root: Path | None = None) -> list[Run]:
    """Every readable run below `root`, the oldest request first."""
    return scan_runs(root)[0]


def data_dir_of(folder: Path) -> str | None:
    """Where the run that trained a model looked for data sets; None where no run did."""
    try:
        return Run.read(folder).request.data_dir
    except TrainingError:
        return None


def is_unfinished_run(folder: Path) -> bool:
    """Whether the folder is that of a run which has not made its map yet."""
    return os.path.exists(folder / REQUEST_FILE) and not os.path.exists(folder / EXPLORER_MANIFEST)


def write_status(folder: Path, status: RunStatus) -> None:
    """Replace a run's status, dated now. Raises FileNotFoundError where the run has been removed."""
    told = status.model_copy(update={"updated_at": time.time()}).model_dump(mode="json")
    write_json(folder / STATUS_FILE, told, make_folder=False)


def give_order(folder: Path, order: Order) -> None:
    """Tell a run's process what to do as soon as it looks. Raises FileNotFoundError where the run has been removed."""
    write_json(folder / ORDER_FILE, {"order": order}, make_folder=False)


def read_order(folder: Path) -> Order | None:
    """What a run has been told and has not yet done."""
    try:
        order = read_json(folder / ORDER_FILE).get("order")
    except (ConfigError, AttributeError):  # none, or not one of ours
        return None
    return order if order in get_args(Order) else None


def clear_order(folder: Path) -> None:
    """The order has been carried out."""
    (folder / ORDER_FILE).unlink(missing_ok=True)


class Reporter:
    """Keeps the run's status file up to date."""

    def __init__(self, run: Run) -> None:
        self.folder, self.status = run.folder, run.status
        self.reported_at = 0.0
        self.began_at = time.monotonic()
        self.began_step = 0
        self.images = 0
        self.place: dict[str, int] = {}  # where the last step was, which is not said at each step

    @property
    def so_far(self) -> RunStatus:
        """The status with the last step that was taken."""
        return self.status.model_copy(update=self.place)

    def say(self, **changes: object) -> None:
        """Replace the status now."""
        self.status = self.status.model_copy(update=changes)
        write_status(self.folder, self.status)
        self.reported_at = time.monotonic()

    def say_seldom(self, **changes: object) -> None:
        """Replace the status, unless it was replaced a moment ago."""
        if time.monotonic() - self.reported_at > REPORT:
            self.say(**changes)

    def begin(self, step: int, steps: int) -> None:
        """Training starts, or goes on."""
        self.began_at, self.began_step, self.images = time.monotonic(), step, 0
        self.say(state="training", detail="", step=step, steps=steps, problem=None, advice=None)

    def stepped(self, step: int, steps: int, epoch: int, images: int) -> None:
        """One more step."""
        self.images += images
        self.place = {"step": step, "epoch": epoch}
        if step < steps and time.monotonic() - self.reported_at < REPORT:
            return
        seconds = time.monotonic() - self.began_at
        left = seconds / max(1, step - self.began_step) * (steps - step)
        self.say(step=step, epoch=epoch, images_per_second=self.images / max(seconds, 1e-6), seconds_left=left)
