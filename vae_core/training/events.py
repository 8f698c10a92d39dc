"""What a training run tells its listeners: plain records, free of torch."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Outcome = Literal["finished", "early-stopped", "stopped"]


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
    """One line of metrics.jsonl. `training` is averaged while the weights moved, with β = 1."""

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
