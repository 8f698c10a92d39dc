"""What a run is planned by: presets, and the time and memory that it will take on this machine."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from vae_core.config import ModelConfig, TrainConfig
from vae_core.runs.run import Run


@dataclass(frozen=True)
class Preset:
    """A named set of settings with a line that says when to take it."""

    name: str
    words: str
    model: dict[str, Any]
    training: dict[str, Any]
    passes: int  # over the images, for a data set of TYPICAL images
    fewest_steps: int


TYPICAL = 7_000

PRESETS = (
    Preset(
        "quick look",
        "A small fully connected network: a first map within a minute.",
        {"network": "mlp", "latent_dim": 8, "hidden_layers": 1, "hidden_units": 256, "variance": 0.05},
        {"batch_size": 100, "learning_rate": 4e-3},
        passes=40,
        fewest_steps=600,
    ),
    Preset(
        "balanced",
        "A convolutional network, trained long enough for good images.",
        {"network": "conv", "latent_dim": 16, "width": 16, "variance": 0.05},
        {"batch_size": 64, "learning_rate": 4e-3, "ema_decay": 0.98},
        passes=12,
        fewest_steps=1500,
    ),
    Preset(
        "best",
        "A larger network with averaged weights: the best images, at some four times the time.",
        {"network": "conv", "latent_dim": 16, "width": 24, "variance": 0.05},
        {"batch_size": 128, "learning_rate": 2e-3, "ema_decay": 0.99},
        passes=34,
        fewest_steps=1800,
    ),
)


def preset_named(name: str) -> Preset:
    """The preset of this name."""
    return next(preset for preset in PRESETS if preset.name == name)


def settings(preset: Preset, data: str, images: int, image_size: int, channels: int) -> tuple[ModelConfig, TrainConfig]:
    """A preset's settings for a data set: fewer images are passed over more often."""
    batch = preset.training["batch_size"]
    steps_an_epoch = max(1, -(-images // batch))
    epochs = max(preset.passes * TYPICAL // max(images, TYPICAL), -(-preset.fewest_steps // steps_an_epoch), 1)
    model = dict(preset.model)
    if model["network"] == "conv" and (image_size % 4 or image_size < 8):
        model["network"] = "mlp"
    return (
        ModelConfig.parse({**model, "image_size": image_size, "channels": channels}),
        TrainConfig.parse({**preset.training, "data": data, "epochs": epochs}),
    )


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


KIB = 1024
GROUPS = PurePosixPath("sys/fs/cgroup")


def memory_left(root: Path = Path("/")) -> int | None:
    """Bytes that new processes may still take: the least of what the machine and its control groups leave.

    None where the system does not say, as without Linux's /proc. `root` holds `proc` and `sys`.
    """
    machine = _numbers(root / "proc/meminfo").get("MemAvailable:")
    found = [] if machine is None else [machine * KIB]
    for limit, used in _groups(root):
        found.append(max(0, limit - used))
    return min(found, default=None)


def _groups(root: Path) -> Iterator[tuple[int, int]]:
    """Limit and use, in bytes, of every control group around this process that limits memory."""
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            yield from _around(root / GROUPS, path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            yield from _around(root / GROUPS / "memory", path, *names)


def _around(mount: Path, path: str, limit: str, used: str, cached: str) -> Iterator[tuple[int, int]]:
    """The group and those around it. In a container the mount is the group itself, whatever its path says."""
    inner = PurePosixPath(path.lstrip("/"))
    for group in [mount / inner, *(mount / parent for parent in inner.parents)]:
        word = "".join(_lines(group / limit))
        if word.isdecimal():  # "max" is no limit
            taken = int("".join(_lines(group / used)) or 0)
            # Cached files count as used, but give way.
            yield int(word), taken - _numbers(group / "memory.stat").get(cached, 0)


def _numbers(path: Path) -> dict[str, int]:
    """The first number of each line, by the word before it."""
    pairs = (line.split()[:2] for line in _lines(path))
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdecimal()}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []  # this system does not have it
