"""What a step of training costs on this machine, found in some two seconds: `python -m vae_core.training.trial`.

A few small models take real steps; their times are the counted work (`vae_core.sizes`) times a cost of each kind,
which are solved for. The program keeps them for whoever plans a run, and prints them as JSON.

Whatever else the machine does meanwhile can only make steps longer. So each model's steps are taken in short slices, by
turns with the others', and its fastest slice counts. Without one that nothing disturbed, and a second one that says the
same, nothing is kept: the machine is measured when somebody asks again.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from vae_core.checkpoint.tensor_files import write_tensors
from vae_core.config import ModelConfig, TrainConfig
from vae_core.files import locked
from vae_core.model.vae import training_loss
from vae_core.sizes import Work, step_work
from vae_core.speed import LATER, Speed, keep_speed, speed_path, typical_speed
from vae_core.training.state import RunState
from vae_core.training.workers import autocast_dtype, choose_device
from vae_core.unfinished import sibling

TINY = {"latent_dim": 2, "image_size": 8}
# Each is ruled by a cost of its own: a call, a convolution's call, dense and convolving arithmetic, moving, weights.
TRIALS: tuple[tuple[dict[str, object], int], ...] = (
    ({"network": "mlp", "hidden_layers": 1, "hidden_units": 8, **TINY}, 1),
    ({"network": "conv", "width": 4, **TINY}, 1),
    ({"network": "mlp", "hidden_layers": 2, "hidden_units": 512}, 256),
    ({"network": "conv", "width": 32}, 16),
    ({"network": "conv", "width": 4, "image_size": 32}, 64),
    ({"network": "mlp", "hidden_layers": 2, "hidden_units": 3072, **TINY}, 1),
)
SLICES = 5  # of each
SECONDS = 0.05  # a slice
FEWEST, MOST = 3, 12  # steps in it
CALM = 0.8  # share of a slice, at least, in which the thread that takes the steps has a processor
ALIKE = 1.3  # times the fastest slice: another that nothing disturbed takes no longer
HOPELESS = 5.0  # seconds without a single calm slice: steps that wait for a processor may take minutes
TOWARDS_TYPICAL = 0.05  # how much the proportions of a typical machine weigh beside the times measured
WITHIN = 20.0  # a cost is at least one of so many parts of what these proportions say
BLOCK = 12 << 20  # numbers of the large file: as large as memory that is asked for anew each time
FILES, LARGE_FILES = 5, 2


class Slice(NamedTuple):
    """Some steps in a row: seconds of a quick one, and in which share of the time they had a processor."""

    seconds: float
    share: float


def measure_speed() -> Speed | None:
    """Train for a moment where and how runs train, and in float32 on the processor, and write files where runs do.

    None where something else was at work on this machine. Raises OSError where the checkpoints folder can't be written.
    """
    device = choose_device("auto")
    autocast = autocast_dtype("auto", device)
    training = _costs(device, autocast)
    finishing = training if device.type == "cpu" and autocast is None else _costs(torch.device("cpu"), None)
    return Speed(training, finishing, *_writing()) if training and finishing else None


def _costs(device: torch.device, autocast: torch.dtype | None) -> Work | None:
    seconds = undisturbed([steps_of(*trial, device, autocast) for trial in _trials()])
    return None if seconds is None else solve_costs(seconds)


def undisturbed(
    takes: Sequence[Callable[[], Slice]], clock: Callable[[], float] = time.monotonic
) -> list[float] | None:
    """Seconds a step of each trial, which takes a slice whenever it is called; None where they were disturbed."""
    calm: list[list[float]] = [[] for _ in takes]
    began = clock()
    for _ in range(SLICES):
        for found, take in zip(calm, takes, strict=True):
            seconds, share = take()
            if share >= CALM:
                found.append(seconds)
            elif not any(calm) and clock() - began > HOPELESS:
                return None
    for found in calm:
        fastest, *others = sorted(found) or [0.0]
        if not others or others[0] > ALIKE * fastest:
            return None
    return [min(found) for found in calm]


def _trials() -> list[tuple[ModelConfig, int]]:
    return [(ModelConfig.parse(settings), images) for settings, images in TRIALS]


def steps_of(
    model: ModelConfig, images: int, device: torch.device, autocast: torch.dtype | None = None
) -> Callable[[], Slice]:
    """A model whose steps of training are taken a slice at a time."""
    state = RunState(model, TrainConfig(data="trial"), device)
    state.model.train()
    pixels = torch.zeros(images, model.channels, model.image_size, model.image_size, dtype=torch.uint8)
    noise = torch.zeros(1, images, model.latent_dim, device=device)

    def step() -> None:
        x = pixels.to(torch.float32).div_(255).to(device)
        with torch.autocast(device.type, autocast, enabled=autocast is not None):
            loss = training_loss(state.model, x, noise, images=images).value
        state.optimizer.zero_grad()
        loss.backward()
        loss.item()  # waits for the device, as the training loop does
        state.optimizer.step()

    def take() -> Slice:
        times: list[float] = []
        began, worked = time.perf_counter(), time.thread_time()
        while len(times) < FEWEST or (len(times) < MOST and time.perf_counter() < began + SECONDS):
            before = time.perf_counter()
            step()
            times.append(time.perf_counter() - before)
        share = (time.thread_time() - worked) / (time.perf_counter() - began)
        # The first also allocates. Whether a thread that waits for a device computes meanwhile says nothing.
        return Slice(sorted(times[1:])[(len(times) - 1) // 4], share if device.type == "cpu" else 1.0)

    return take


def solve_costs(seconds: list[float]) -> Work:
    """The costs that explain the trials' times best, in relative terms; held to the proportions of a typical machine.

    Six times hardly tell six costs: without that hold a disturbed trial would make one of them negative.
    """
    work = np.array([step_work(*trial) for trial in _trials()])
    typical = np.array(typical_speed().training)
    shares = work * typical / np.array(seconds)[:, None]  # of a trial's time, were this machine typical
    slowness = 1 / float(np.median(shares.sum(1)))
    hold = np.sqrt(TOWARDS_TYPICAL) * np.eye(len(typical))
    rows = np.concatenate([shares * slowness, hold])
    factors, *_ = np.linalg.lstsq(rows, np.concatenate([np.ones(len(shares)), hold.sum(1)]), rcond=None)
    return Work(*(typical * slowness * np.maximum(factors, 1 / WITHIN)).tolist())


def _writing() -> tuple[float, float]:
    """Seconds for the smallest file, and for each byte of a large one."""
    folder = sibling(speed_path(), "tmp")
    folder.mkdir(parents=True)
    try:
        small = [_seconds_to_write(folder, 1) for _ in range(FILES)]
        large = [_seconds_to_write(folder, BLOCK) for _ in range(LARGE_FILES)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return min(small), max(0.0, min(large) - min(small)) / (BLOCK * torch.float32.itemsize)


def _seconds_to_write(folder: Path, numbers: int) -> float:
    tensor = torch.zeros(numbers)
    began = time.perf_counter()
    write_tensors(folder / "trial", {"trial": tensor})
    return time.perf_counter() - began


def main() -> int:
    """Measure and keep this machine's speed, unless another process is at it; 0 where it is known then.

    LATER where it is to be tried again.
    """
    place = speed_path()
    place.parent.mkdir(parents=True, exist_ok=True)
    with locked(place.with_suffix(".lock")) as mine:
        if not mine:
            print("another process is measuring this machine.", file=sys.stderr)
            return LATER
        speed = measure_speed()
        if speed is None:
            print("something else was at work on this machine; nothing was kept.", file=sys.stderr)
            return LATER
        keep_speed(speed)
    print(json.dumps({"training": speed.training._asdict(), "file": speed.file, "byte": speed.byte}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
