"""How long work tells of itself, whoever listens: a page, the command line or nobody."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """`done` of `total` units of the named stage; time left is for the listener to estimate."""

    stage: str
    done: float
    total: float


ProgressListener = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """The listener for work that nobody watches."""
