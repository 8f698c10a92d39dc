"""How long work tells of itself, whoever listens: a page, the command line or nobody."""

import time
from collections.abc import Callable
from dataclasses import dataclass

_BETWEEN = 0.2  # seconds: often enough that a listener who raises stops the work at once


@dataclass(frozen=True)
class Progress:
    """`done` of `total` units of the named stage; time left is for the listener to estimate."""

    stage: str
    done: float
    total: float


ProgressListener = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """The listener for work that nobody watches."""


class Pace:
    """Tells a listener of one stage, however many units it has: some times a second, and at its end."""

    def __init__(self, listener: ProgressListener, stage: str, total: float) -> None:
        self._listener, self._stage, self._total = listener, stage, total
        self._told = time.monotonic()
        self._ended = False

    def at(self, done: float) -> None:
        """To be called after every unit; whatever the listener raises goes through."""
        now = time.monotonic()
        ends = done >= self._total and not self._ended
        if ends or now - self._told >= _BETWEEN:
            self._told, self._ended = now, self._ended or ends
            self._listener(Progress(self._stage, min(done, self._total), self._total))
