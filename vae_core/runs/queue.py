"""Whose turn it is: one run at a time, or as many as LATENT_EXPLORER_RUNS says, in the order they were asked for."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from vae_core.checkpoint.layout import QUEUE_FOLDER
from vae_core.files import locked
from vae_core.runs.run import Run, list_runs

GLANCE = 0.5  # seconds between two looks at the queue


def places() -> int:
    """How many runs may train at once."""
    configured = os.environ.get("LATENT_EXPLORER_RUNS", "1")
    return max(1, int(configured)) if configured.isdecimal() else 1


def waiting_before(run: Run, runs: list[Run]) -> int:
    """How many living runs were asked for earlier and still wait."""
    earlier = (run.request.asked_at, run.name)
    return sum(
        other.alive and other.status.stage == "queued" and (other.request.asked_at, other.name) < earlier
        for other in runs
    )


@contextmanager
def turn(folder: Path, should_leave: Callable[[], bool]) -> Iterator[bool]:
    """Wait for a place and hold it while the block runs; yields False if the run is told to leave before.

    Every waiting process watches the queue for itself, so that it lives on without any server. A place is a
    lock: whoever holds it and dies gives it back.
    """
    root = folder.parent
    with ExitStack() as stack:
        while not should_leave():
            runs = list_runs(root)
            me = next((run for run in runs if run.folder == folder), None)
            if me is None:
                break
            if waiting_before(me, runs) == 0:
                for place in range(places()):
                    if stack.enter_context(locked(root / QUEUE_FOLDER / f"place-{place}.lock")):
                        yield True
                        return
            time.sleep(GLANCE)
        yield False
