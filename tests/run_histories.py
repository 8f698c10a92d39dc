"""Histories of runs made by hand, healthy unless they are changed, and what the doctor finds of them."""

from typing import Any

from vae_core.config import ModelConfig, TrainConfig
from vae_core.runs.doctor import Finding, examine
from vae_core.runs.evidence import Evidence
from vae_core.training.events import EpochMetrics, Terms
from vae_core.training.image_facts import ImageFacts

STEPS = 20  # an epoch: 2,000 images, of which 1,900 are trained on, in batches of 95
FACTS = ImageFacts(spread=0.06, dark_ground=1.0, light_ground=0.0, across=0.0, down=0.0)
MODEL = ModelConfig(network="mlp", image_size=28, variance=0.05)
SILENT = 0.0005  # nats


def training(**changes: Any) -> TrainConfig:
    return TrainConfig(**{"data": "mnist", "epochs": 75, "batch_size": 95, **changes})


def epoch(number: int, bound: float, held_out: float | None, **changes: Any) -> EpochMetrics:
    """An epoch's metrics, of bounds in nats."""
    values: dict[str, Any] = {
        "epoch": number,
        "step": number * STEPS,
        "beta": 1.0,
        "learning_rate": 1e-3,
        "training": Terms(bound, bound + 10, 10.0),
        "validation": None if held_out is None else Terms(held_out, held_out + 10, 10.0),
        "watched_elbo": held_out or bound,
        "kl_per_dimension": [1.0] * 10,
        "mean_square_error": 0.02,
        "variance": 0.05,
        "weights": "raw",
        "largest_rise": 5.0,
    }
    return EpochMetrics(**{**values, **changes})


def history(epochs: int = 75, **changes: Any) -> list[EpochMetrics]:
    """A run that learns 1,000 nats, the faster the earlier, 20 of them of its own images alone."""
    gained = [1000 * (1 - 0.9**number) for number in range(epochs)]
    return [epoch(number, gain, 0.98 * gain, **changes) for number, gain in enumerate(gained, 1)]


def evidence(epochs: list[EpochMetrics] | None = None, **changes: Any) -> Evidence:
    values: dict[str, Any] = {
        "model": MODEL,
        "training": training(),
        "images": 2000,
        "class_names": ("0", "1"),
        "history": history() if epochs is None else epochs,
        "facts": FACTS,
        "cropped": False,
        "over": True,
    }
    return Evidence(**{**values, **changes})


def found(*args: Any, **changes: Any) -> Finding:
    result = examine(evidence(*args, **changes))
    assert result is not None
    return result


def changed(finding: Finding, before: Evidence) -> dict[str, Any]:
    """The settings that a mended run has otherwise."""
    assert finding.mended is not None
    pairs = ((before.model, finding.mended.model), (before.training, finding.mended.training))
    return {
        name: value for old, new in pairs for name, value in new.model_dump().items() if value != old.model_dump()[name]
    }


def silent(step: int) -> EpochMetrics:
    return epoch(step // STEPS or 1, -100.0, -100.0, step=step, kl_per_dimension=[SILENT] * 10)
