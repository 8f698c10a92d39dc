"""What is wrong with a run, read from its folder, and what would mend it. Light.

A run is judged by what its process records: the metrics of each epoch, and what its images are like. At most one thing
is said, the one that the others may come of.
"""

from dataclasses import dataclass
from pathlib import Path

from vae_core.checkpoint.card import kept_sentence
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.config import TrainConfig
from vae_core.data.look import Request
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.shelves import Shelf
from vae_core.errors import DatasetError, UserError
from vae_core.runs.evidence import Evidence
from vae_core.runs.image_symptoms import CUT, cut_off
from vae_core.runs.mending import Kind, Mended, mend
from vae_core.runs.symptoms import RULES
from vae_core.training.events import read_history
from vae_core.training.image_facts import read_facts


@dataclass(frozen=True)
class Finding:
    """What is wrong, and what to train with instead, where settings can mend it."""

    kind: Kind
    sentence: str
    mended: Mended | None


def evidence_of(folder: Path, *, over: bool) -> Evidence | None:
    """What a run's folder says; None before its first step, and where it is damaged, which others tell."""
    try:
        summary, history = read_checkpoint(folder), read_history(folder)
    except (UserError, OSError, KeyError, TypeError):
        return None
    facts = read_facts(folder)
    return Evidence(
        model=summary.model,
        training=summary.training,
        images=summary.data.images,
        class_names=summary.data.class_names,
        history=history,
        facts=facts,
        cropped=facts is not None and cut_off(facts) >= CUT and _is_cropped(summary.training),
        over=over,
    )


def _is_cropped(training: TrainConfig) -> bool:
    """Whether pictures that are no squares lost what was outside their middle, as far as it is known."""
    if training.crop != "middle" or training.data in CATALOGUE:
        return False
    try:
        return bool(Shelf(Request(Path(training.data))).suggestions().get("oblong"))
    except DatasetError:  # it has been moved since
        return False


def examine(evidence: Evidence) -> Finding | None:
    """The one thing that is wrong with a run, or None."""
    for kind, find in RULES.items():
        if (sentence := find(evidence)) is not None:
            of_images = evidence.images, evidence.class_names
            return Finding(kind, sentence, mend(kind, evidence.model, evidence.training, *of_images))
    return None


def diverged(folder: Path, words: str) -> Finding | None:
    """What to train with instead of what made figures infinite or NaN; `words` say that it did."""
    evidence = evidence_of(folder, over=True)
    if evidence is None:
        return None
    of_images = evidence.images, evidence.class_names
    return Finding("learning rate", words, mend("learning rate", evidence.model, evidence.training, *of_images))


def sentence_on(folder: Path) -> str | None:
    """What is wrong with a run that is over; where its history is not at hand, as of a copy, what its card says."""
    evidence = evidence_of(folder, over=True)
    if evidence is None or not evidence.history:
        return kept_sentence(folder)
    found = examine(evidence)
    return found.sentence if found else None
