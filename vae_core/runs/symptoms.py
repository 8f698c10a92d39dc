"""What may be wrong with a run: a rule for each kind, from what is recorded to a sentence with its number. Pure.

The thresholds are those of the runs of benchmarks/doctor.py, which measures how often the rules are right.
"""

import math
import statistics
from collections.abc import Callable, Sequence

from vae_core.runs import image_symptoms
from vae_core.runs.evidence import Evidence, is_early
from vae_core.runs.mending import Kind
from vae_core.training.events import EpochMetrics

COLLAPSED = 0.01  # nats: a dimension that says less says nothing
RECENT = 3  # epochs over which KL may still rise, and over which figures that jitter are averaged

# By the runs of benchmarks/doctor.py: what is beyond was seen in none of the healthy ones.
SETBACK = 0.08  # of all that was learned: ELBO of the training images lost from its best to a later epoch
SPIKE = 0.25  # of all that was learned: the loss's rise from one batch to the next
ABOVE_NOISE = 3.0  # times the usual largest rise of an epoch: batches differ
BROKEN = 1.2  # times the square error of the images' average: a collapsed model still finds that
STANDSTILL = 0.01  # of all that was learned: what the last epochs add to it where nothing is learned any more
FEW_STEPS = 500  # of all training: with no more, a model that has learned nothing was not given the time
LEARNED_NOTHING = 0.9  # of the images' spread that a decode misses: their average misses all of it
TOO_FEW = 50  # images: with fewer, those held out are met no better than by their average
FORGOTTEN = 0.015  # of all that was learned: ELBO of the images held out lost since their best
TOO_LARGE = 10.0  # times the square error that is left: what σ, or β in its place, makes detail count less by
LEFT = 0.15  # of the images' spread that a decode misses: less is no blur that anybody would mind
LAG = 0.01  # of all that was learned: ELBO by which the averaged weights are behind those that move
TOO_FAR = 0.5  # of all steps: what a decay looks back over has to be much less, or it is never reached
LATE = 0.8  # of the steps, from which on averages ought to have caught up


def is_rising(history: Sequence[EpochMetrics]) -> bool:
    """Whether the encoder says more and more: by a tenth of what counts as silence, in all dimensions together."""
    recent = [sum(metrics.kl_per_dimension) for metrics in history[-RECENT:]]
    return recent[-1] - recent[0] > 0.1 * COLLAPSED * len(history[-1].kl_per_dimension)


def collapsed_dimensions(history: Sequence[EpochMetrics], steps: int) -> int:
    """How many latent dimensions say next to nothing, in a run of so many steps; none while it is early."""
    return 0 if is_early(history, steps) else sum(kl < COLLAPSED for kl in history[-1].kl_per_dimension)


def _collapsed(evidence: Evidence) -> str | None:
    """The posterior has become the prior: every dimension's KL is next to nothing, and stays so.

    Bowman et al., "Generating Sentences from a Continuous Space" (2016), section 3.1.
    """
    history = evidence.history
    collapsed = collapsed_dimensions(history, evidence.steps)
    if not collapsed or collapsed < len(history[-1].kl_per_dimension) or is_rising(history):
        return None
    dimensions = "the one latent dimension" if collapsed == 1 else f"all {collapsed} latent dimensions"
    return (
        f"The posterior has collapsed in {dimensions}: the encoder says {sum(history[-1].kl_per_dimension):.2f} nats "
        f"about an image, and every image is decoded to the same blur.{_cause(evidence)}"
    )


def _cause(evidence: Evidence) -> str:
    beta, variance = evidence.training.beta, evidence.model.variance
    if beta > 1:
        term = "KL term" if evidence.training.objective == "elbo" else "total correlation"
        return f" β is {beta:g}: the {term} outweighs what the image says."
    return f" σ is {variance:g}: no detail is worth its KL." if isinstance(variance, float) else ""


def _jumped(evidence: Evidence) -> str | None:
    """The learning rate is so large that steps undo what was learned."""
    if is_early(evidence.history, evidence.steps):
        return None
    return _spike(evidence) or _setback(evidence) or _broken(evidence)


def _noise(evidence: Evidence) -> float:
    """The rise of the loss, in nats, that an epoch has at most as a rule."""
    return statistics.median(metrics.largest_rise or 0.0 for metrics in evidence.history)


def _spike(evidence: Evidence) -> str | None:
    worst = max(evidence.history, key=lambda metrics: metrics.largest_rise or 0.0)
    rise, learned = worst.largest_rise or 0.0, evidence.learned
    if rise < max(SPIKE * learned, ABOVE_NOISE * _noise(evidence), COLLAPSED):
        return None
    return (
        f"The learning rate is too high: in epoch {worst.epoch:,} the loss jumped by {rise:,.0f} nats from one step to "
        f"the next, where the whole training has gained {learned:,.0f}."
    )


def _setback(evidence: Evidence) -> str | None:
    """What is maximised has come down from where it was; with free bits that is not recorded."""
    if evidence.training.free_bits:
        return None
    weight = evidence.training.kl_weight
    best = before = worst = evidence.history[0]
    lost = highest = -math.inf
    for metrics in evidence.history:
        value = metrics.training.log_likelihood - weight * metrics.training.kl
        if value > highest:
            best, highest = metrics, value
        elif highest - value > lost:
            before, worst, lost = best, metrics, highest - value
    if lost < max(SETBACK * evidence.learned, _noise(evidence), COLLAPSED):
        return None
    if lost > evidence.learned:
        return (
            f"The learning rate is too high: by epoch {worst.epoch:,} the model was {lost:,.0f} nats worse than in "
            f"epoch {before.epoch:,}."
        )
    return (
        f"The learning rate is too high: by epoch {worst.epoch:,} the model had lost {lost:,.0f} of the "
        f"{evidence.learned:,.0f} nats that it has learned."
    )


def _broken(evidence: Evidence) -> str | None:
    """A step so long that all units of a layer are shut for good: silent, and worse than the images' average is."""
    history, facts = evidence.history, evidence.facts
    if facts is None or len(history) <= RECENT or max(history[-1].kl_per_dimension) >= COLLAPSED:
        return None
    before, recent = ([metrics.training.bound for metrics in part] for part in (history[:-RECENT], history[-RECENT:]))
    times = history[-1].mean_square_error / facts.spread if facts.spread else 0.0
    if times < BROKEN or max(recent) - max(before) > STANDSTILL * evidence.learned:
        return None
    return (
        f"The learning rate is too high: it has broken the network, whose decodes are {times:.1f} times as far from "
        "the images as their average is, and which learns no more."
    )


def _too_few(evidence: Evidence) -> str | None:
    trained, history = evidence.trained, evidence.history
    if trained >= TOO_FEW or is_early(history, evidence.steps):
        return None
    last = history[-1]
    apart = last.training.bound - last.validation.bound if last.validation else 0.0
    met = f": it explains them by {apart:,.0f} nats more than those held out" if apart >= 1 else ""
    images = "the one image" if trained == 1 else f"{trained} images"
    return f"There is too little to learn from {images}{met}. Some hundred make a model of more than themselves."


def _by_heart(evidence: Evidence) -> str | None:
    """Training images gain what images held out lose; not where the best weights are kept in any case."""
    history = evidence.history
    if evidence.training.patience or is_early(history, evidence.steps) or len(history) < 2 * RECENT:
        return None
    held_out = [metrics.validation.bound for metrics in history if metrics.validation]
    if len(held_out) < len(history):
        return None
    # The mean of epochs in a row: one that is better by chance is none to compare with.
    smooth = [statistics.mean(held_out[end - RECENT : end]) for end in range(RECENT, len(held_out) + 1)]
    place = smooth.index(max(smooth))
    best, last = history[place + RECENT - 1], history[-1]
    now = last.training.bound - smooth[-1]
    grown = now - (best.training.bound - smooth[place])
    if smooth[place] - smooth[-1] < FORGOTTEN * evidence.learned or grown <= 0:
        return None
    return (
        f"It has learned its {evidence.trained:,} images by heart: it explains them by {now:,.0f} nats more than those "
        f"held out, {grown:,.0f} more than at its best in epoch {best.epoch:,}."
    )


def _blurred(evidence: Evidence) -> str | None:
    """Details cost more than they are worth: σ, or β in its place, is far above the error that is left.

    β weighs the KL as a σ that is β times as large does.
    """
    if evidence.facts is None or is_early(evidence.history, evidence.steps):
        return None
    error, spread = evidence.history[-1].mean_square_error, evidence.facts.spread
    beta, variance = evidence.training.kl_weight, evidence.model.variance
    too_large = variance / error if isinstance(variance, float) and error > 0 else 1.0
    if not spread or beta * too_large < TOO_LARGE or error < LEFT * spread:
        return None
    if too_large >= beta:
        why = f"σ is {variance:g}, {too_large:,.0f} times the square error of {error:.2g} a pixel that is left"
    else:
        why = f"β is {beta:g}, so that the KL counts {beta:,.0f} times"
    return (
        f"Images blur: {why}. A decode misses {100 * error / spread:.0f} % of what makes one image differ from another."
    )


def _lagging(evidence: Evidence) -> str | None:
    """The averaged weights are not yet where those that move are: they look back too far."""
    history = evidence.history
    if is_early(history, evidence.steps) or history[-1].step < LATE * evidence.steps:
        return None
    last, back = history[-1], 1 / (1 - evidence.training.ema_decay)
    if last.weights != "raw" or last.other_elbo is None or back < TOO_FAR * max(last.step, evidence.steps):
        return None
    behind = last.watched_elbo - last.other_elbo
    if behind < max(LAG * evidence.learned, COLLAPSED):
        return None
    return (
        f"The averaged weights lag behind: they explain images by {behind:,.1f} nats less than those that they are the "
        f"average of, which are kept in their place. Their decay looks back over some {back:,.0f} steps."
    )


def _stopped(evidence: Evidence) -> str | None:
    """Somebody ended it before it has learned anything: its settings may be the best."""
    if not evidence.was_stopped or not _learned_nothing(evidence):
        return None
    return (
        f"It was stopped after {len(evidence.history):,} of {evidence.training.epochs:,} epochs and has learned next "
        "to nothing: what it decodes is as far from the images as their average is. Train it again, to its end."
    )


def _too_short(evidence: Evidence) -> str | None:
    """Its end came before it has learned anything."""
    if not _learned_nothing(evidence):
        return None
    return (
        f"It was trained for {evidence.history[-1].step:,} steps only and has learned next to nothing: what it decodes "
        "is as far from the images as their average is. Train longer."
    )


def _learned_nothing(evidence: Evidence) -> bool:
    """Whether a run that is over had few steps, and decodes no better than the images' average is."""
    if not evidence.over or evidence.facts is None or not evidence.history:
        return False
    last = evidence.history[-1]
    return last.step <= FEW_STEPS and last.mean_square_error >= LEARNED_NOTHING * evidence.facts.spread


# The first that finds something speaks: what comes later may be its effect.
RULES: dict[Kind, Callable[[Evidence], str | None]] = {
    "alike": image_symptoms.alike,
    "stopped": _stopped,
    "too few images": _too_few,
    "learning rate": _jumped,
    "crop": image_symptoms.cropped,
    "polarity": image_symptoms.mixed,
    "collapsed": _collapsed,
    "too short": _too_short,
    "learned by heart": _by_heart,
    "blurred": _blurred,
    "averages": _lagging,
}
