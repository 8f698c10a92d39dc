"""What a run has learned so far, as plain values: its curves, the map of a sample, and what is odd about them."""

import json
from typing import TYPE_CHECKING, Any

from vae_core.checkpoint.folder import read_checkpoint
from vae_core.errors import CheckpointError
from vae_core.runs.diagnosis import collapse, collapsed_dimensions
from vae_core.runs.history import read_history
from vae_core.runs.record import MAP_FILE, PICTURE_FILE, Run

if TYPE_CHECKING:
    from vae_core.training.events import EpochMetrics


def learned(run: Run) -> dict[str, Any]:
    """The run's figures in nats per image, a value an epoch; `validation` is None where no images are held out.

    The terms are those of the images held out, else of the training images. `map` is None before the first preview.
    """
    history = read_history(run.folder)
    held_out = [metrics.validation.bound for metrics in history if metrics.validation]
    terms = [metrics.validation or metrics.training for metrics in history]
    return {
        "epochs": [metrics.epoch for metrics in history],
        "training": [metrics.training.bound for metrics in history],
        "validation": held_out or None,
        "log_likelihood": [term.log_likelihood for term in terms],
        "kl": [term.kl for term in terms],
        "kl_per_dimension": history[-1].kl_per_dimension if history else [],
        "remark": remark(run, history),
        "map": _map(run),
        "class_names": _class_names(run),
        "pictured": (run.folder / PICTURE_FILE).exists(),
    }


def remark(run: Run, history: "list[EpochMetrics]") -> str | None:
    """What is odd about the latent dimensions, in words."""
    if sentence := collapse(history, run.request.training.beta):
        return sentence
    if collapsed := collapsed_dimensions(history):
        dimensions = run.request.model.latent_dim
        return f"{collapsed} of {dimensions} latent dimensions say nothing: the model does without them."
    return None


def _map(run: Run) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads((run.folder / MAP_FILE).read_text())
    except FileNotFoundError:
        return None
    return content


def _class_names(run: Run) -> list[str]:
    try:
        return list(read_checkpoint(run.folder).data.class_names)
    except CheckpointError:  # before its first epoch's end it is no checkpoint
        return []
