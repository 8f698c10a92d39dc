"""What a run has measured so far, epoch by epoch; free of torch until there is something to read."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from vae_core.runs.record import METRICS_LINES

if TYPE_CHECKING:
    from vae_core.training.events import EpochMetrics


def read_history(folder: Path) -> "list[EpochMetrics]":
    """The metrics of every whole epoch; none where the run has not come so far, or is being removed."""
    try:
        lines = (folder / METRICS_LINES).read_text().splitlines()
    except FileNotFoundError:
        return []
    from vae_core.training.events import EpochMetrics  # its package brings torch

    return [EpochMetrics.from_json(json.loads(line)) for line in lines]
