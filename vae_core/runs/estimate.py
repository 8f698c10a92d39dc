"""Time and memory that a run will take on this machine, before it starts. Free of torch."""

import os
from dataclasses import dataclass

from vae_core.config import ModelConfig, TrainConfig
from vae_core.runs.record import Run

# Multiply-adds a second and core that training reached, by network; corrected by this machine's own runs.
SPEED = {"linear": 2e10, "mlp": 4e10, "conv": 5e10}
A_STEP = 2e-3  # seconds that even the smallest step takes
STARTING = 6.0  # seconds until the first step
MAPPING = 20.0  # seconds for figures, map and files
PASSES = 3  # a backward pass costs two forward passes

# Measured peaks of whole runs, in bytes.
BASE_MEMORY = 1.1e9  # a process that has trained, mapped and exported a model of next to nothing
A_WEIGHT = 28  # weight, gradient, two moments, and the copies that are saved
IN_MEMORY = 2**30  # of the images; more stay in a mapped file
A_NUMBER = 4


@dataclass(frozen=True)
class Estimate:
    """Seconds and bytes, to be read as a size and not as a promise."""

    seconds: float
    memory: float


def multiply_adds(model: ModelConfig) -> float:
    """Multiply-adds of encoding and decoding one image, by the layers' sizes."""
    if model.network == "linear":
        return 2.0 * model.pixels * model.latent_dim
    if model.network == "mlp":
        inner = (model.hidden_layers - 1) * model.hidden_units**2
        return 2.0 * (model.pixels * model.hidden_units + inner + model.hidden_units * model.latent_dim)
    area, width = model.image_size**2, model.width
    at_full = area * 9 * width * (model.channels + 2 * width)
    at_half = area / 4 * 9 * (2 * width) * (width + 4 * width)
    return 2.0 * (at_full + 2 * at_half)


def estimate(model: ModelConfig, training: TrainConfig, images: int, runs: list[Run]) -> Estimate:
    """What training on so many images will take, learned from the runs made here where there are some."""
    trained = max(1, round(images * (1 - training.validation_fraction)))
    steps = -(-trained // training.batch_size) * training.epochs
    seconds = steps * _step_seconds(model, training, trained, runs)
    return Estimate(STARTING + seconds + MAPPING, _memory(model, training, images))


def shortage(model: ModelConfig, training: TrainConfig, images: int, memory_left: int | None) -> str | None:
    """Says so if a run would need more memory than is left, with a batch that would fit where there is one."""
    needed = _memory(model, training, images)
    if memory_left is None or needed <= memory_left:
        return None
    halves = [training.batch_size >> halvings for halvings in range(1, training.batch_size.bit_length())]
    smaller = [training.model_copy(update={"batch_size": batch}) for batch in halves]
    fitting = next((other.batch_size for other in smaller if _memory(model, other, images) <= memory_left), None)
    way_out = f"a batch of {fitting} would fit" if fitting else "take smaller images or a smaller network"
    return (
        f"This needs about {needed / 1e9:.1f} GB of memory, but only {memory_left / 1e9:.1f} GB are left on this "
        f"machine; the system may end it: {way_out}."
    )


def _memory(model: ModelConfig, training: TrainConfig, images: int) -> float:
    """Bytes at the peak: the images, the weights, and what each image of a batch leaves behind for its gradient."""
    if model.network == "conv":
        weights = 1500.0 * model.width**2
        left_behind = model.image_size**2 * (90.0 + 20 * model.width)
    else:
        weights = multiply_adds(model)
        hidden = model.hidden_layers * model.hidden_units if model.network == "mlp" else 0
        left_behind = 8.0 * model.pixels + 4 * hidden
    batch = min(training.batch_size, images) * training.samples
    stored = min(images * model.pixels, IN_MEMORY)
    return BASE_MEMORY + stored + weights * A_WEIGHT + batch * left_behind * A_NUMBER


def _step_seconds(model: ModelConfig, training: TrainConfig, images: int, runs: list[Run]) -> float:
    """Seconds of a step, by the newest run of the same network here where there is one."""
    typical = _typical_step(model, training, images)
    for run in reversed(runs):
        measured, other = run.status.images_per_second, run.request.training
        if measured and run.request.model.network == model.network:
            batch = other.batch_size
            return typical * (batch / measured) / _typical_step(run.request.model, other, batch)
    return typical


def _typical_step(model: ModelConfig, training: TrainConfig, images: int) -> float:
    work = multiply_adds(model) * training.samples * min(training.batch_size, images) * PASSES
    return A_STEP + work / (SPEED[model.network] * (os.cpu_count() or 1))
