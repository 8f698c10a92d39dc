"""A run's process among the others: whose turn it is, what it is told, and its last word.

One run trains at a time, or as many as LATENT_EXPLORER_RUNS says, in the order they were asked for. A process that
ends looks once more under the lock of all runs: an order that came meanwhile is carried out, never dropped.
"""

import os
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from vae_core.checkpoint.layout import QUEUE_FOLDER
from vae_core.errors import TrainingError
from vae_core.files import is_locked, locked, take_lock
from vae_core.runs.run import Order, Run, RunStatus, clear_order, list_runs, read_order, write_status

GLANCE = 0.5  # seconds between two looks at the queue
ORDERS_GLANCE = 0.2  # seconds between two looks at the orders
PATIENCE = 10.0  # seconds for a lock that is held only for moments
CONTROL_LOCK = "control.lock"
DISCARDED = ".discarded"


def places() -> int:
    """How many runs may train at once."""
    configured = os.environ.get("LATENT_EXPLORER_RUNS", "1")
    return max(1, int(configured)) if configured.isdecimal() else 1


def waiting_before(run: Run, runs: list[Run]) -> int:
    """How many living runs were asked for earlier and still wait."""
    earlier = (run.request.asked_at, run.name)
    return sum(
        other.alive and other.state == "queued" and (other.request.asked_at, other.name) < earlier for other in runs
    )


def free_places(root: Path) -> int:
    """How many more runs might train now."""
    return sum(not is_locked(lock) for lock in _locks(root))


def _locks(root: Path) -> list[Path]:
    return [root / QUEUE_FOLDER / f"place-{place}.lock" for place in range(places())]


@contextmanager
def turn(folder: Path, should_leave: Callable[[], bool]) -> Iterator[bool]:
    """Wait for a place and hold it while the block runs; yields False if the run is told to leave before.

    Every waiting process watches the queue for itself, so that it lives on without any server. A place is a
    lock: whoever holds it and dies gives it back.
    """
    descriptor = _wait(folder, should_leave)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _wait(folder: Path, should_leave: Callable[[], bool]) -> int | None:
    """The lock of a place, as soon as there is one for this run."""
    root = folder.parent
    (root / QUEUE_FOLDER).mkdir(exist_ok=True)
    while not should_leave():
        runs = list_runs(root)
        me = next((run for run in runs if run.folder == folder), None)
        if me is None:
            return None
        if waiting_before(me, runs) == 0:
            for lock in _locks(root):
                if (descriptor := take_lock(lock)) is not None:
                    return descriptor
        time.sleep(GLANCE)
    return None


class Told(BaseException):
    """A stage ends here, since the run was told so; no Exception, so that nothing on the way takes it for a fault."""


class Orders:
    """What a run is told: by its order file, or by the system that wants its process to end (SIGTERM)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.looked_at = float("-inf")
        self.order: Order | None = None
        self.terminated = False

    def listen(self) -> None:
        """From now on SIGTERM is an order to pause."""

        def hear(_number: int, _frame: FrameType | None) -> None:
            self.terminated = True

        signal.signal(signal.SIGTERM, hear)

    def now(self) -> Order | None:
        """The newest order; a look at the disk is seldom, so that this can be asked at each step."""
        if time.monotonic() - self.looked_at > ORDERS_GLANCE:
            self.looked_at = time.monotonic()
            self.order = read_order(self.folder)
        return "pause" if self.terminated and self.order != "discard" else self.order

    def any(self) -> bool:
        """Whether there is an order."""
        return self.now() is not None

    @contextmanager
    def end_this(self) -> Iterator[None]:
        """Let an order to pause or to discard end the block at once, whatever it is doing: raises Told."""

        listening = True

        def look(_number: int, _frame: FrameType | None) -> None:
            nonlocal listening
            if listening and self.now() in ("pause", "discard"):
                listening = False  # once: what the block does on its way out is left alone
                raise Told

        signal.signal(signal.SIGALRM, look)
        signal.siginterrupt(signal.SIGALRM, False)
        signal.setitimer(signal.ITIMER_REAL, ORDERS_GLANCE / 10, ORDERS_GLANCE)
        try:
            yield
        finally:
            listening = False
            signal.setitimer(signal.ITIMER_REAL, 0)


def leave(folder: Path, status: RunStatus, *, by_order: bool = False) -> bool:
    """A process says its last word on its run, unless it pauses `by_order` and was told something else.

    A run that was discarded meanwhile is removed. False: there is another order to carry out first.
    """
    with all_runs(folder.parent):
        if not folder.exists():
            return True
        order = read_order(folder)
        if order != "discard":
            if status.state == "paused" and order not in (None, "pause") and by_order:
                return False
            write_status(folder, status)
            if order == "pause" or status.state in ("finished", "failed"):
                clear_order(folder)
            return True
        aside = set_aside(folder)
    shutil.rmtree(aside, ignore_errors=True)
    return True


@contextmanager
def all_runs(root: Path) -> Iterator[None]:
    """Nobody else changes a run meanwhile."""
    (root / QUEUE_FOLDER).mkdir(exist_ok=True)
    with locked(root / QUEUE_FOLDER / CONTROL_LOCK, PATIENCE) as mine:
        if not mine:
            raise TrainingError("Somebody else has been changing the runs for some time; try again.")
        yield


def set_aside(folder: Path) -> Path:
    """Take a run's folder away in one step: whoever still writes into it finds none."""
    return folder.rename(folder.with_name(f".{folder.name}.{secrets.token_hex(6)}{DISCARDED}"))
