"""What a training run tells: its listeners by plain records, and metrics.jsonl by a line an epoch; free of torch."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from vae_core.checkpoint.layout import METRICS_LINES
from vae_core.files import read_small, write_text
from vae_core.json_files import parse_json

LARGEST_HISTORY = 256 << 20  # bytes, of many thousand epochs

Outcome = Literal["finished", "early-stopped", "stopped"]
Weights = Literal["raw", "averaged"]  # those that the optimiser moves, or their running average


@dataclass(frozen=True)
class Started:
    """The run is about to take its first step, or its next one after a resume."""

    device: str
    precision: str
    parameters: int
    training_images: int
    validation_images: int
    steps: int
    resumed_at_step: int


@dataclass(frozen=True)
class Stepped:
    """One optimiser step is done; `loss` is the batch's mean loss, in nats per image."""

    step: int
    steps: int
    epoch: int
    images: int
    loss: float


@dataclass(frozen=True)
class Terms:
    """A bound and its two terms, in nats per image, averaged over images."""

    bound: float
    log_likelihood: float
    kl: float


@dataclass(frozen=True)
class EpochMetrics:
    """One line of metrics.jsonl. `training` is averaged while the weights moved, with β = 1, over variants if any.

    All but `training` is measured with the `weights` that are shown and kept, the better ones of the two.
    """

    epoch: int
    step: int
    beta: float
    learning_rate: float
    training: Terms
    validation: Terms | None
    watched_elbo: float  # of the validation images, or of a sample of the training images where there are none
    kl_per_dimension: list[float]
    mean_square_error: float
    variance: float | None
    weights: Weights | None = None  # None in lines from before this was told, as the two below
    other_elbo: float | None = None  # of the same images with the weights that are not shown, where there are any
    largest_rise: float | None = None  # of the loss from one whole batch to the next, in nats an image, 0 for none

    def to_json(self) -> dict[str, Any]:
        """Plain values; finite floats survive JSON to the last bit."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "EpochMetrics":
        """The inverse of `to_json`."""
        validation = values["validation"]
        terms = {
            "training": Terms(**values["training"]),
            "validation": Terms(**validation) if validation else None,
        }
        return cls(**{**values, **terms})


def read_history(folder: Path) -> list[EpochMetrics]:
    """The metrics of every whole epoch; none where the run has not come so far, or is being removed.

    A line that is only being written, or was when the process died, is not there yet.
    """
    try:
        *lines, _unfinished = read_small(folder / METRICS_LINES, LARGEST_HISTORY).split(b"\n")
    except FileNotFoundError:
        return []
    return [EpochMetrics.from_json(parse_json(line)) for line in lines]


def append_metrics(folder: Path, metrics: EpochMetrics) -> None:
    """Add an epoch's line, on the disk when this returns.

    Raises:
        OSError: the disk is full; what was there before is whole, and `restore_history` cuts off the rest.
    """
    with (folder / METRICS_LINES).open("a", encoding="utf-8") as lines:
        lines.write(_line(metrics))
        lines.flush()
        os.fsync(lines.fileno())


def restore_history(folder: Path, last: EpochMetrics | None) -> list[EpochMetrics]:
    """Bring metrics.jsonl to where the saved state is, whose newest metrics are `last`; returns them all."""
    epoch = last.epoch if last else 0
    history = [metrics for metrics in read_history(folder) if metrics.epoch < epoch] + ([last] if last else [])
    write_history(folder, history)
    return history


def write_history(folder: Path, history: list[EpochMetrics]) -> None:
    """Make metrics.jsonl hold these epochs, unless it does; without any there is no file."""
    path, text = folder / METRICS_LINES, "".join(map(_line, history))
    if not history:
        path.unlink(missing_ok=True)
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text, make_folder=False)


def _line(metrics: EpochMetrics) -> str:
    return json.dumps(metrics.to_json(), allow_nan=False) + "\n"


@dataclass(frozen=True)
class EpochEnded:
    """An epoch is done, evaluated, and saved."""

    metrics: EpochMetrics


@dataclass(frozen=True)
class Ended:
    """The run is over, or stopped in a state from which it can be resumed."""

    outcome: Outcome
    path: Path
    history: list[EpochMetrics]


Event = Started | Stepped | EpochEnded | Ended
Listener = Callable[[Event], None]


def nobody(event: Event) -> None:
    """The listener for a run that nobody watches."""
