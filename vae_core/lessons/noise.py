"""Lesson 4 as it goes: a model of digits early and late in its training, the spread of its gradient, the bounds."""

from collections.abc import Callable
from itertools import accumulate

from torch import Tensor

from vae_core.checked_settings import Settings
from vae_core.lessons.bounds import ROUNDS, bounds_of
from vae_core.lessons.digit_models import SLOW, Training, digits, small_config
from vae_core.lessons.gradient_noise import Gradients, measure_spread, signal
from vae_core.lessons.orders import NoiseOrder, Signals, Stage, StageName
from vae_core.model.vae import VAE
from vae_core.progress import Pace, ProgressListener

STEPS: dict[StageName, int] = {"early": 40, "late": 1000}
LINEAR_STEPS = 200  # too few for the encoder to have become the true posterior: the bounds have a way to go
SINGLES = 1438  # single images whose gradients tell the two shares: as many as there are
REPEATS = 192
FEW = 8  # images, to which samples are added
MOST = 32  # times as many samples or images
BOUND_IMAGES = 120
SIGNAL_SAMPLES = (1, 4, 16, 64)
SIGNAL_IMAGES = 16
SIGNAL_REPEATS = 128


def noise_lesson(order: NoiseOrder, progress: ProgressListener, told: Callable[[Settings], None]) -> None:
    """Trains, measures, and tells each part as soon as it is there: two stages, two bounds, the signals."""
    images, held_out = digits(), digits("test")
    training = Training(small_config(variance="learned"), images, max(STEPS.values()), order.seed)
    for name, until in STEPS.items():
        pace = Pace(progress, f"Training a small model of digits to step {until:,}", until)
        model = training.go(until - training.taken, pace.at)
        told(_measured_stage(name, until, model, images, order, progress))
    linear_pace = Pace(progress, "Training a linear model, whose log p(x) is known", LINEAR_STEPS)
    linear = Training(small_config(variance="learned", network="linear"), images, LINEAR_STEPS, order.seed, SLOW)
    linear.go(LINEAR_STEPS, linear_pace.at)
    for model in (linear.model, training.model):
        pace = Pace(progress, f"Drawing for the bounds of a {model.config.network} model", ROUNDS)
        told(bounds_of(model, held_out[:BOUND_IMAGES], order.seed, pace))
    told(_measured_signals(training.model, images[:SIGNAL_IMAGES], order.seed, progress))


def _measured_stage(
    name: StageName, steps: int, model: VAE, images: Tensor, order: NoiseOrder, progress: ProgressListener
) -> Stage:
    gradients = Gradients(model)
    powers = [2**power for power in range(MOST.bit_length())]
    divisions = [(order.cost // count, count) for count in (2**power for power in range(order.cost.bit_length()))]
    samples, more = [(count, FEW) for count in powers], [(1, FEW * count) for count in powers]
    cells = [(1, 1), *divisions, *samples, *more]
    batches = [SINGLES if each == batch == 1 else REPEATS for each, batch in cells]
    passes = list(accumulate(each * batch * count for (each, batch), count in zip(cells, batches, strict=True)))
    pace = Pace(progress, f"Measuring gradients at step {steps:,}", passes[-1])
    spreads = []
    for (each, batch), repeats, done in zip(cells, batches, passes, strict=True):
        spreads.append(measure_spread(gradients, images, samples=each, batch=batch, repeats=repeats, seed=order.seed))
        pace.at(done)
    single, *others = spreads
    ends = len(divisions), len(divisions) + len(samples)
    return Stage(
        name=name,
        steps=steps,
        single=single,
        equal_cost=tuple(others[: ends[0]]),
        more_samples=tuple(others[ends[0] : ends[1]]),
        more_images=tuple(others[ends[1] :]),
    )


def _measured_signals(model: VAE, images: Tensor, seed: int, progress: ProgressListener) -> Signals:
    pace = Pace(progress, "Measuring the encoder's signal", 2 * len(SIGNAL_SAMPLES))
    found: dict[bool, list[float]] = {False: [], True: []}
    for iwae, signals in found.items():
        gradients = Gradients(model, of="encoder", iwae=iwae)
        for samples in SIGNAL_SAMPLES:
            value = signal(gradients, images, samples=samples, repeats=SIGNAL_REPEATS, seed=seed)
            signals.append(value)
            pace.at(len(found[False]) + len(found[True]))
    return Signals(samples=SIGNAL_SAMPLES, elbo=tuple(found[False]), iwae=tuple(found[True]))
