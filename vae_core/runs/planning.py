"""What a run is planned by: the time and memory that it will take on this machine."""

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vae_core.augmentation import is_varied
from vae_core.checked_settings import applies, limits
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.config import ModelConfig, TrainConfig, title_of
from vae_core.errors import CheckpointError
from vae_core.runs.presets import Chosen, preset_named
from vae_core.runs.run import Run
from vae_core.sizes import (
    correlation_leaves,
    count_weights,
    decoder_side,
    encoder_side,
    forward_work,
    prior_side,
    step_work,
)
from vae_core.speed import Speed, known_speed, typical_speed
from vae_core.workload import (
    AT_ONCE,
    LIKELIHOOD_IMAGES,
    LIKELIHOOD_SAMPLES,
    PLANE_NEIGHBOURS,
    PREVIEW_PAUSE,
    PREVIEW_POINTS,
    PREVIEWED,
    REFINED_PLACES,
    REFINING_STEPS,
    SAMPLED_IMAGES,
    SAVE_PAUSE,
)

# Seconds that one core of the typical machine takes; another is as much quicker or slower as in calling small steps.
STARTING = 6.0  # until the first step
EXPORTING = 10.0  # to write the graphs and all that does not depend on the images
PREVIEW = 0.05
A_TENSOR = 1.5e-4  # saved, however small
A_WEIGHT = 6e-8  # drawn at the start
WRITTEN_OUT = 24  # times that a weight is copied, checked, hashed and written for the graphs
LAYING_OUT = 7e-4  # a point of the map
TEST_SHARE = 1 / 9  # images to be tested on, for each to train on
A_REFINEMENT = 2.5  # forward passes for a step of one
FILES_AN_EPOCH = 3

# Learning from runs.
LATEST = 5
LONG_ENOUGH = 5.0  # seconds of training, so that its first steps do not count for all
APART = 1.5  # how far a network may differ from the others: one that was disturbed must not turn presets round

# Measured peaks of whole runs, in bytes.
BASE_MEMORY = 1.1e9  # a process that has trained, mapped and exported a model of next to nothing
A_NUMBER = 4
IN_MEMORY = 2**30  # of the images; more stay in a mapped file
GOING_BACK = 1.3  # the largest gradients beside what was left behind
MAPPING_A_WEIGHT = 6  # numbers: the model, its file, and its graph three times over
HELD = 3  # layers' outputs at once where no gradient is asked for


@dataclass(frozen=True)
class Estimate:
    """Seconds and bytes, to be read as a size and not as a promise."""

    seconds: float
    memory: float


def estimate(asked: Chosen, images: int, runs: Sequence[Run], speed: Speed | None = None) -> Estimate:
    """What a run on so many images will take: by this machine's speed, corrected by what runs here have taken."""
    speed = speed or known_speed() or typical_speed()
    seconds = (STARTING + count_weights(asked.model) * A_WEIGHT) * _slowness(speed)
    seconds += _training_seconds(asked, images, speed) + _finishing_seconds(asked, images, speed)
    return Estimate(seconds * correction(asked.model, runs, speed), memory(asked, images))


def _slowness(speed: Speed) -> float:
    """How much longer than on the typical machine everything takes that is not arithmetic."""
    return min(4.0, max(0.4, speed.finishing.calls / typical_speed().finishing.calls))


def _split(training: TrainConfig, images: int) -> tuple[int, int]:
    """How many images are trained on, and by how many a run is judged at each epoch's end."""
    held_out = math.ceil(images * training.validation_fraction)
    trained = max(1, images - held_out)
    return trained, held_out or min(trained, SAMPLED_IMAGES)


def _training_seconds(asked: Chosen, images: int, speed: Speed) -> float:
    """All steps, and at the end of each epoch its evaluation, its files and its preview."""
    model, training = asked.model, asked.training
    trained, watched = _split(training, images)
    steps = math.ceil(trained / training.batch_size)
    step = step_work(
        model,
        trained / steps,
        training.samples,
        averages=training.ema_decay > 0,
        clips=training.gradient_clip > 0,
        varies=is_varied(training) or training.binarise != "off",
        correlates=training.objective == "beta-tcvae",
    )
    candidates = 2 if training.ema_decay else 1
    measured = watched + (min(trained, SAMPLED_IMAGES) if model.variance == "optimal" else 0)
    judging = forward_work(model, measured, measured, calls=2 * math.ceil(measured / AT_ONCE)).times(candidates)
    state = _state_numbers(training) * count_weights(model) * A_NUMBER
    sides = (encoder_side(model), decoder_side(model), prior_side(model))
    tensors = (_state_numbers(training) + 2) * sum(side.tensors for side in sides)
    saving = FILES_AN_EPOCH * speed.file + tensors * A_TENSOR * _slowness(speed)
    saving += (state + count_weights(model) * A_NUMBER) * speed.byte
    epoch = step.times(steps).plus(judging).seconds(speed.training) + saving
    epoch += state * speed.byte * (epoch // SAVE_PAUSE)
    preview = PREVIEW * _slowness(speed)
    preview += forward_work(model, min(images, PREVIEW_POINTS), 2 * PREVIEWED, calls=4).seconds(speed.training)
    return training.epochs * (epoch + preview * min(1.0, epoch / PREVIEW_PAUSE))


def _state_numbers(training: TrainConfig) -> int:
    """Numbers that are saved for each weight: itself, two moments, its average, its best."""
    return 3 + bool(training.ema_decay) + bool(training.patience)


def _finishing_seconds(asked: Chosen, images: int, speed: Speed) -> float:
    """Figures on the test images, the map and the graphs."""
    model = asked.model
    tested = max(1.0, images * TEST_SHARE)
    points = min(images, preset_named(asked.preset).mapped)
    decodes = tested + min(tested, LIKELIHOOD_IMAGES) * LIKELIHOOD_SAMPLES + 2 * points
    if model.latent_dim > 2 and points >= REFINED_PLACES:
        decodes += REFINED_PLACES * REFINING_STEPS * A_REFINEMENT + min(points, REFINED_PLACES * PLANE_NEIGHBOURS)
    work = forward_work(model, tested + points, decodes, calls=2 * math.ceil((tested + decodes) / AT_ONCE))
    laying_out = points * LAYING_OUT if model.latent_dim > 2 else 0.0
    graphs = count_weights(model) * A_NUMBER * WRITTEN_OUT * speed.byte
    return work.seconds(speed.finishing) + graphs + (EXPORTING + laying_out) * _slowness(speed)


def correction(model: ModelConfig, runs: Sequence[Run], speed: Speed) -> float:
    """What runs here have taken for each second estimated: the median of the latest, those of this network apart."""
    found: list[tuple[str, float]] = []
    for run in reversed(runs):
        if len(found) < LATEST and (ratio := _measured_ratio(run, speed)):
            found.append((run.request.model.network, ratio))
    if not found:
        return 1.0
    overall = statistics.median(ratio for _, ratio in found)
    own = [ratio for network, ratio in found if network == model.network]
    return min(overall * APART, max(overall / APART, statistics.median(own or [overall])))


def _measured_ratio(run: Run, speed: Speed) -> float | None:
    """Seconds that a run's training has taken for each second estimated; None where it does not tell yet."""
    try:
        images = read_checkpoint(run.folder).data.images
    except CheckpointError:  # not begun
        return None
    request, status = run.request, run.status
    if not status.images_per_second:
        return None
    asked = Chosen(request.preset, request.model, request.training)
    trained, _ = _split(request.training, images)
    seconds = _training_seconds(asked, images, speed) / request.training.epochs
    taken = trained / status.images_per_second  # an epoch
    share = status.step / max(1, status.steps)
    return taken / seconds if taken * request.training.epochs * share > LONG_ENOUGH else None


def memory(asked: Chosen, images: int) -> float:
    """Bytes at the peak: a process, the images, and the most that training, saving or mapping hold at once."""
    model, training = asked.model, asked.training
    encoder, decoder = encoder_side(model), decoder_side(model)
    weights, state = count_weights(model), _state_numbers(training)
    factor = 2 * model.latent_dim**2 if model.posterior == "full" else 0  # of the covariance, and its square
    several = training.samples if training.samples > 1 else 0  # each takes a factor of its own
    together = min(training.batch_size, images)
    left = encoder.leaves + training.samples * (decoder.leaves + prior_side(model).leaves) + (1 + several) * factor
    if training.objective == "beta-tcvae":
        left += correlation_leaves(model, together)
    # Its gradients beside the state, and then what the batch left, or the state twice more while it is saved.
    learning = weights * (state + 1) + max(GOING_BACK * left * together, 2 * weights * state)
    mapping = weights * MAPPING_A_WEIGHT + min(AT_ONCE, images) * HELD * max(encoder.widest + factor, decoder.widest)
    return BASE_MEMORY + min(images * model.pixels, IN_MEMORY) + A_NUMBER * max(learning, mapping)


def shortage(asked: Chosen, images: int, memory_left: int | None) -> str | None:
    """Says so if a run would need more memory than is left, with what would make it fit."""
    needed = memory(asked, images)
    if memory_left is None or needed <= memory_left:
        return None
    return (
        f"This needs about {needed / 1e9:.1f} GB of memory, but only {memory_left / 1e9:.1f} GB are left on this "
        f"machine; the system may end it: {_way_out(asked, images, memory_left)}."
    )


# What can be made smaller on its own, in the order in which a model suffers least from it.
SMALLER = ("batch_size", "posterior", "width", "hidden_units", "latent_dim")


def _way_out(asked: Chosen, images: int, memory_left: int) -> str:
    """The one setting that would make a run fit, by the name that the page gives it, and its value."""
    for field in SMALLER:
        for other in _smaller(asked, field):
            if memory(other, images) <= memory_left:
                record = other.training if field in TrainConfig.model_fields else other.model
                return f"set “{title_of(field)}” to {getattr(record, field)}, and it fits"
    return f"take smaller images, and make “{title_of('batch_size')}” and the network smaller"


def _smaller(asked: Chosen, field: str) -> Iterator[Chosen]:
    """The settings with ever smaller values of one field, as far as its record allows."""
    record = asked.training if field in TrainConfig.model_fields else asked.model
    if not applies(type(record), field, record.model_dump()):
        return
    if field == "posterior":
        values: list[Any] = ["diagonal"] if asked.model.posterior == "full" else []
    else:
        value, least = getattr(record, field), limits(type(record), field)[0]
        values = [value >> halvings for halvings in range(1, value.bit_length()) if value >> halvings >= least]
    for other in values:
        changed = record.model_copy(update={field: other})
        if isinstance(changed, ModelConfig):
            yield replace(asked, model=changed)
        else:
            yield replace(asked, training=changed)
