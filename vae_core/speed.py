"""What a model's work costs on this machine: typical until it is measured, measured before the first run, then kept."""

import json
import math
import os
import subprocess
import sys
import time
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from vae_core.checkpoint.layout import QUEUE_FOLDER, SPEED_FILE, checkpoints_root
from vae_core.files import write_json
from vae_core.machine import processor, usable_cores
from vae_core.sizes import Work


class Speed(NamedTuple):
    """What work costs on a machine: where it trains, and on its processor, where models are measured and mapped."""

    training: Work
    finishing: Work
    file: float  # seconds to write the smallest file so that it outlives a power cut
    byte: float  # seconds for each byte of a large one


TRIAL = 2  # changes when speeds are measured in another way
LATER = 75  # exit code of a trial that something disturbed, or that another one is ahead of
PAUSE = 60.0  # seconds before such a trial is repeated
# Measured on one core of an AMD EPYC of 2021; every core more divides what is computed in parallel.
CALL, CONVOLUTION, WEIGHT = 1.2e-3, 4.6e-4, 4e-9
DENSE, CONVOLVING, MOVED = 1 / 48e9, 1 / 35e9, 1 / 300e6


def typical_speed(cores: int | None = None) -> Speed:
    """What a machine of so many cores is taken for until it has been measured."""
    cores = cores or usable_cores()
    costs = Work(CALL, CONVOLUTION, DENSE / cores, CONVOLVING / cores, MOVED / cores, WEIGHT)
    return Speed(costs, costs, file=5e-3, byte=2e-9)


@cache
def _identity() -> dict[str, Any]:
    """What a measured speed belongs to."""
    try:
        torch = version("torch")
    except PackageNotFoundError:
        torch = ""
    return {"processor": processor(), "cores": usable_cores(), "torch": torch, "trial": TRIAL}


def speed_path() -> Path:
    """Where this machine's speed is kept, beside the checkpoints."""
    return checkpoints_root() / QUEUE_FOLDER / SPEED_FILE


def known_speed() -> Speed | None:
    """This machine's speed as it was measured; None where it has not been, or was of another machine or PyTorch."""
    try:
        content = json.loads(speed_path().read_text(encoding="utf-8"))
        if content["machine"] != _identity():
            return None
        speed = Speed(Work(**content["training"]), Work(**content["finishing"]), content["file"], content["byte"])
        numbers = [*speed.training, *speed.finishing, speed.file, speed.byte]
        return speed if all(math.isfinite(number) and number >= 0 for number in numbers) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # measured anew


def keep_speed(speed: Speed) -> None:
    """Keep this machine's speed as measured. Raises OSError where the folder can't be written."""
    content = {
        "training": speed.training._asdict(),
        "finishing": speed.finishing._asdict(),
        "file": speed.file,
        "byte": speed.byte,
    }
    write_json(speed_path(), {"machine": _identity(), **content})


PACKAGE_PARENT = Path(__file__).resolve().parents[1]
_trial: subprocess.Popen[bytes] | None = None  # the last of this process
_trial_began = 0.0


def measure_in_background() -> None:
    """Start measuring this machine in a process of its own; where that failed before it is not repeated.

    Where it was only disturbed it is, as soon as somebody asks after a while.
    """
    global _trial, _trial_began
    now = time.monotonic()
    if _trial is None or (_trial.poll() == LATER and now - _trial_began > PAUSE):
        _trial_began = now
        _trial = subprocess.Popen(
            [sys.executable, "-m", "vae_core.training.trial"],
            cwd=PACKAGE_PARENT,
            env={**os.environ, "LATENT_EXPLORER_CHECKPOINTS": str(checkpoints_root().resolve())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


def is_measuring() -> bool:
    """Whether the measuring that was started here is still going on."""
    return _trial is not None and _trial.poll() is None
