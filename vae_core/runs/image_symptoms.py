"""What may be wrong with the images that a run is given, whatever it learns of them. Pure.

The thresholds are those of the runs of benchmarks/doctor.py.
"""

from vae_core.runs.evidence import Evidence
from vae_core.training.image_facts import ImageFacts

CUT = 0.15  # of the images whose drawing reaches both edges of the cut, and not both of the others
MIXED = 0.15  # of the images on the rarer of a dark and a light ground
GROUNDED = 0.8  # of the images on one or the other: drawings and scans, no photographs


def cut_off(facts: ImageFacts) -> float:
    """The share of images whose drawing reaches both edges along one axis, beyond those that do along the other."""
    return abs(facts.across - facts.down)


def cropped(evidence: Evidence) -> str | None:
    """Drawings end at the edges of the square that is cut out of pictures which are wider or higher."""
    facts = evidence.facts
    if facts is None or not evidence.cropped or cut_off(facts) < CUT:
        return None
    edges = "the left and the right" if facts.across > facts.down else "the upper and the lower"
    share = 100 * max(facts.across, facts.down)
    return (
        f"The crop cuts pictures off: in {share:.0f} % of them the drawing reaches both {edges} edge of the middle "
        "square that is kept."
    )


def mixed(evidence: Evidence) -> str | None:
    """No setting mends it: the pictures have to be made alike. In colour, other grounds are other pictures."""
    facts = evidence.facts
    if facts is None or evidence.model.channels != 1:
        return None
    dark, light = facts.dark_ground, facts.light_ground
    if min(dark, light) < MIXED or dark + light < GROUNDED:
        return None
    return (
        f"{100 * dark:.0f} % of the images are light on dark and {100 * light:.0f} % dark on light: the model spends "
        "its dimensions on which it is. Invert one kind, and train again."
    )


def alike(evidence: Evidence) -> str | None:
    """No setting mends it. One image by itself is too few, which others tell."""
    if evidence.facts is None or evidence.facts.spread > 0 or evidence.trained == 1:
        return None
    return "The images are all alike: there is nothing to learn from them. Hand in images that differ."
