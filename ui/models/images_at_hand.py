"""Whether the images that a model was trained on are at hand, to train or to map with once more."""

from vae_core.checkpoint.card import own_file
from vae_core.checkpoint.layout import CheckpointSummary
from vae_core.data.library import source_of
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.locations import is_at_hand, present, unavailable


def hinders_training(summary: CheckpointSummary) -> str | None:
    """Why the Train page cannot be filled in with this model's images; None where it can."""
    data = summary.training.data
    if summary.origin is not None:
        return "This model was trained elsewhere: nobody here knows with which settings, or on which images."
    if data in CATALOGUE:
        return unavailable(data)
    if source_of(data) is not None:
        return None
    if is_at_hand(data):
        return (
            f"{own_file(summary)} was not handed in on the Train page but read from a folder of this machine. The "
            "command line trains it again; or hand it in on the Train page."
        )
    return f"The images, {own_file(summary)}, are no longer on this machine. Hand them in again on the Train page."


def hinders_mapping(summary: CheckpointSummary) -> str | None:
    """Why no map can be drawn with this model's images; None where one can."""
    data = summary.training.data
    if summary.origin is not None and (summary.origin.encoder == "none" or data == summary.origin.source):
        return "This model was brought with what its map shows: bring it again, with other images, for another map."
    if data in CATALOGUE:
        if present(data):
            return None
        return f"{CATALOGUE[data].title} is not on this machine: choose it on the Train page, which downloads it."
    if is_at_hand(data):
        return None
    return f"The images, {own_file(summary)}, are no longer on this machine, and a map is drawn of images."
