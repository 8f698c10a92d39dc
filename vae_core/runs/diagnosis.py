"""What goes wrong in training, in words, and what to change. Free of torch."""

import errno
from collections.abc import Sequence

from vae_core.training.events import EpochMetrics

COLLAPSED = 0.01  # nats: a dimension that says less says nothing
PATIENCE = 2  # epochs before silence counts as collapse


def advice_for(error: BaseException) -> tuple[str, str]:
    """The problem as a sentence, and the way out of it."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            "The disk is full: nothing more could be saved.",
            "The last saved state is whole. Make room (delete models that you no longer need), then resume.",
        )
    if isinstance(error, MemoryError) or "not enough memory" in str(error) or "out of memory" in str(error):
        return (
            "There was not enough memory.",
            "Choose a smaller batch, smaller images or a smaller network, then train again.",
        )
    if isinstance(error, OSError):
        return f"A file could not be read or written ({error}).", "Check the folder's permissions, then resume."
    text = str(error)
    if "learning rate" in text:
        return text, "Train again with a tenth of the learning rate, or with a gradient clip of 1."
    return text, "Change what the sentence names, and train again."


def collapse(history: Sequence[EpochMetrics], beta: float) -> str | None:
    """Says so if the posterior has collapsed to the prior: every dimension's KL is next to nothing.

    Bowman et al., "Generating Sentences from a Continuous Space" (2016), section 3.1.
    """
    if len(history) < PATIENCE or max(history[-1].kl_per_dimension) >= COLLAPSED:
        return None
    cause = (
        f"β is {beta:g}: the KL term outweighs what the image says. Train again with a smaller β (1 is the ELBO)."
        if beta > 1
        else "Train again with a smaller decoder variance, a KL warm-up of a few epochs, or free bits."
    )
    return (
        "The posterior has collapsed: the encoder says nothing about any image, and every image is decoded to the "
        f"same blur. {cause}"
    )
