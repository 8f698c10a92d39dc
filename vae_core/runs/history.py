"""What a run has measured so far, epoch by epoch; free of torch until there is something to read."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from vae_core.runs.record import MAP_FILE, METRICS_LINES, PICTURE_FILE

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


def last_change(folder: Path) -> str:
    """Another one whenever there is more to see of a run than before."""
    return "-".join(str(_changed(folder / name)) for name in (METRICS_LINES, PICTURE_FILE, MAP_FILE))


def _changed(path: Path) -> int:
    """When a file was last written, in nanoseconds since 1970; 0 while it is not there."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
