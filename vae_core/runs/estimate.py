"""Time and memory that a run will take on this machine, before it starts. Free of torch."""

import os
from dataclasses import dataclass

from vae_core.config import ModelConfig, TrainConfig
from vae_core.runs.record import Run

# Multiply-adds a second and core that training reached, by network; corrected by this machine's own runs.
SPEED = {"linear": 6e9, "mlp": 9e9, "conv": 6e9}
STARTING = 6.0  # seconds until the first step
MAPPING = 20.0  # seconds for figures, map and files
BASE_MEMORY = 700e6  # bytes of a process with torch and no data
PASSES = 3  # a backward pass costs two forward passes


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
    seen = images * (1 - training.validation_fraction) * training.epochs
    rate = _rate(model, training, runs)
    memory = BASE_MEMORY + images * model.pixels + 60 * training.batch_size * training.samples * model.pixels * 4
    return Estimate(STARTING + seen / rate + MAPPING, memory)


def _rate(model: ModelConfig, training: TrainConfig, runs: list[Run]) -> float:
    """Images a second."""
    work = multiply_adds(model) * training.samples
    for run in reversed(runs):
        measured, other = run.status.images_per_second, run.request.model
        if measured and other.network == model.network:
            return measured * multiply_adds(other) * run.request.training.samples / work
    return SPEED[model.network] * (os.cpu_count() or 1) / (work * PASSES)
