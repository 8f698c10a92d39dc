"""What goes wrong in training, in words, and what to change. Free of torch."""

import errno
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vae_core.errors import UserError
from vae_core.runs.record import LOG_FILE, Run

if TYPE_CHECKING:
    from vae_core.training.events import EpochMetrics

COLLAPSED = 0.01  # nats: a dimension that says less says nothing
PATIENCE = 2  # epochs before silence counts as collapse
LEAST_ROOM = 1 << 20  # bytes: with less, a run can save nothing
MEMORY_WORDS = ("not enough memory", "out of memory", "can't allocate memory")
SMALLER = "a smaller batch, smaller images or a smaller network"
SLOWER = "Train again with a tenth of the learning rate, or with a gradient clip of 1."


@dataclass(frozen=True)
class Problem:
    """What went wrong as a sentence, the way out of it, and whether it may pass, so that the run can go on."""

    words: str
    advice: str
    passes: bool


def diagnose(error: BaseException) -> Problem:
    """What an error that ended a run means to the person who asked for it."""
    text = str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(
            "The disk is full: nothing more could be saved.",
            "What was saved before is whole. Make room (delete models that you no longer need), then go on.",
            passes=True,
        )
    # PyTorch says it with a RuntimeError, in words that differ by device and system.
    if isinstance(error, MemoryError) or any(words in text for words in MEMORY_WORDS):
        return Problem(
            "There was not enough memory.",
            f"Resume when other programs need less, or train again with {SMALLER}.",
            passes=True,
        )
    if isinstance(error, OSError):
        return Problem(
            f"A file could not be read or written ({error}).",
            "Check the folder's permissions, then resume.",
            passes=True,
        )
    if "not JSON compliant" in text:
        return Problem("The figures of an epoch became infinite or NaN.", SLOWER, passes=False)
    if isinstance(error, UserError):
        advice = SLOWER if "learning rate" in text else "Change what the sentence names, and train again."
        return Problem(text, advice, passes=False)
    return Problem(
        f"It stopped at something that was not foreseen ({type(error).__name__}: {text}).",
        f"Its {LOG_FILE} says where. Train again, with other settings if it happens twice.",
        passes=False,
    )


def interruption(run: Run) -> str:
    """Why an interrupted run may have ended, and what to do; nobody saw it end."""
    if shutil.disk_usage(run.folder.parent).free < LEAST_ROOM:
        return "Its process ended before it was done, and the disk is full. Make room, then resume it."
    return (
        "Its process ended before it was done: it was killed, or the machine was switched off. Resume it: it goes on "
        f"from where it was, to the same result. If memory was short, train again with {SMALLER} instead."
    )


def collapsed_dimensions(history: "Sequence[EpochMetrics]") -> int:
    """How many latent dimensions say next to nothing; none are counted in the first epochs."""
    if len(history) < PATIENCE:
        return 0
    return sum(kl < COLLAPSED for kl in history[-1].kl_per_dimension)


def collapse(history: "Sequence[EpochMetrics]", beta: float) -> str | None:
    """Says so if the posterior has collapsed to the prior: every dimension's KL is next to nothing.

    Bowman et al., "Generating Sentences from a Continuous Space" (2016), section 3.1.
    """
    collapsed = collapsed_dimensions(history)
    if not collapsed or collapsed < len(history[-1].kl_per_dimension):
        return None
    cause = (
        f"β is {beta:g}: the KL term outweighs what the image says. Train again with a smaller β (1 is the ELBO)."
        if beta > 1
        else "Train again with a smaller decoder variance, a KL warm-up of a few epochs, or free bits."
    )
    dimensions = "the one latent dimension" if collapsed == 1 else f"all {collapsed} latent dimensions"
    return (
        f"The posterior has collapsed in {dimensions}: the encoder says nothing about any image, and every image is "
        f"decoded to the same blur. {cause}"
    )
