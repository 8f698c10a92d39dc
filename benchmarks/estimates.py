"""What is promised before a run and what it takes: `python -m benchmarks.estimates`.

Ten settings, from 54 images of 8 px to 158 million weights. First this machine is measured by the trial that the page
makes; then each setting is estimated and run through the same door as the page's runs, in processes of their own:
started, trained, and after some seconds and at least one whole epoch kept, that is, evaluated, mapped and exported.
The rest of the epochs is extrapolated from those that were whole, the first left out where there are others; nothing is
learned from the runs before. Memory is the most that the run's process ever held.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from vae_core.checkpoint.layout import METRICS_LINES
from vae_core.data.files.classes import TEST_FRACTION
from vae_core.runs import control
from vae_core.runs.planning import estimate
from vae_core.runs.presets import Chosen, preset_named, settings
from vae_core.runs.run import Run
from vae_core.speed import known_speed

SECONDS = 4.0  # of training at least, in whole epochs
LIMIT = 900.0
GLANCE = 0.02
CLASSES = 10
HUGE = {"network": "conv", "width": 24, "latent_dim": 256, "posterior": "full", "variance": "learned"}
# Name, images, their side, channels, preset, and what is set otherwise of model and training.
CASES: tuple[tuple[str, int, int, int, str, dict[str, Any], dict[str, Any]], ...] = (
    ("54 images of 8 px, quick look", 54, 8, 1, "quick look", {}, {}),
    ("54 images of 8 px, balanced", 54, 8, 1, "balanced", {}, {}),
    ("54 images of 88 px, quick look", 54, 88, 1, "quick look", {}, {}),
    ("54 images of 88 px, balanced", 54, 88, 1, "balanced", {}, {}),
    ("3,000 images of 28 px, quick look", 3_000, 28, 1, "quick look", {}, {}),
    ("2,000 images of 28 px, balanced", 2_000, 28, 1, "balanced", {}, {}),
    ("900 images of 28 px, best", 900, 28, 1, "best", {}, {}),
    ("500 images of 64 px in colour, balanced", 500, 64, 3, "balanced", {}, {}),
    (
        "900 images of 32 px, five samples, wide and fully connected",
        900,
        32,
        1,
        "quick look",
        {"hidden_units": 2048, "hidden_layers": 2, "likelihood": "continuous-bernoulli", "latent_dim": 32},
        {"samples": 5, "gradient_clip": 1.0},
    ),
    ("200 images of 28 px, 158 million weights", 200, 28, 1, "best", HUGE, {"epochs": 10, "batch_size": 50}),
)


def write_images(path: Path, images: int, side: int, channels: int) -> None:
    """An .npz whose training split has so many images: blots, one place for each class, with noise."""
    count = next(total for total in range(images, 2 * images) if total - round(total * TEST_FRACTION) >= images)
    random = np.random.default_rng(0)
    labels = np.arange(count) % CLASSES
    angle = 2 * math.pi * labels / CLASSES
    place = 0.5 + 0.25 * np.stack([np.sin(angle), np.cos(angle)], 1) + random.normal(0, 0.05, (count, 2))
    grid = (np.arange(side) + 0.5) / side
    rows = np.exp(-(((grid - place[:, :1]) / 0.15) ** 2))
    columns = np.exp(-(((grid - place[:, 1:]) / 0.15) ** 2))
    blots = rows[:, :, None] * columns[:, None, :] + random.uniform(0, 0.05, (count, side, side))
    pixels = (blots.clip(0, 1) * 255).astype(np.uint8)[..., None].repeat(channels, -1)
    np.savez(path, images=pixels, labels=labels)


def whole_epochs(run: Run) -> tuple[int, float]:
    """How many epochs are whole, and when the last of them ended, in seconds since 1970."""
    path = run.folder / METRICS_LINES
    if not path.exists():
        return 0, 0.0
    return len(path.read_text().splitlines()), path.stat().st_mtime


def take(chosen: Chosen) -> tuple[float, float]:
    """Train for some epochs and finish: the seconds that the whole would take, and the peak in bytes.

    Raises RuntimeError where the run fails or takes too long.
    """
    asked_at = time.time()
    run = control.ask("measured", chosen.preset, chosen.model, chosen.training)
    begun_at, first, last, ended_at, kept = 0.0, (0, 0.0), (0, 0.0), 0.0, False
    while (run := Run.read(run.folder)).state != "finished":
        if run.state in ("failed", "paused", "interrupted") or time.time() > asked_at + LIMIT:
            raise RuntimeError(f"the run did not get through: {run.status}")
        now = time.time()
        if not begun_at and run.status.steps:
            begun_at = now
        if begun_at and not ended_at:
            last = whole_epochs(run)
            first = first if first[0] else last
        if run.state == "training" and last[0] and now > begun_at + SECONDS and not kept:
            control.keep(run)
            kept = True
        if run.state == "finishing" and not ended_at:
            ended_at, last = now, whole_epochs(run)
        time.sleep(GLANCE)
    finishing = time.time() - ended_at
    training = first[1] - begun_at
    an_epoch = (last[1] - first[1]) / (last[0] - first[0]) if last[0] > first[0] else training
    training += an_epoch * (chosen.training.epochs - first[0])
    while Run.read(run.folder).alive:
        time.sleep(GLANCE)
    while not (peak := resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss):
        time.sleep(GLANCE)  # until its process has been collected
    return begun_at - asked_at + training + finishing, peak * 1024.0


def measure(number: int) -> dict[str, Any]:
    """One setting, estimated and run, in a process whose only child is the run's."""
    name, images, side, channels, preset, model, training = CASES[number]
    folder = Path(os.environ["LATENT_EXPLORER_CHECKPOINTS"])
    data = folder / f"images {number}.npz"
    write_images(data, images, side, channels)
    chosen = settings(preset_named(preset), str(data), images, side, channels, model, training)
    speed = known_speed()
    if speed is None:
        raise RuntimeError("this machine's speed is not known")
    promised = estimate(chosen, images, [], speed)
    seconds, peak = take(chosen)
    return {"name": name, "seconds": _compared(promised.seconds, seconds), "memory": _compared(promised.memory, peak)}


def _compared(estimated: float, measured: float) -> dict[str, float]:
    return {"estimated": round(estimated, 1), "measured": round(measured, 1), "ratio": round(estimated / measured, 3)}


def off(figures: dict[str, float]) -> float:
    """By which factor an estimate is wrong, either way."""
    return max(figures["ratio"], 1 / figures["ratio"])


def _measured(number: int, environment: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_run(["benchmarks.estimates", "--one", str(number)], environment))
    print(json.dumps(found), file=sys.stderr, flush=True)
    return found


def _run(words: list[str], environment: dict[str, str]) -> str:
    """What a program of this repository prints in a process of its own."""
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    """Print one JSON object: settings, with seconds and bytes, and largest_ratio, by which the worst of them is off."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", type=int, nargs="*", help="numbers of the settings, from 0 (default: all)")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        print(json.dumps(measure(options.one)))
        return
    numbers = range(len(CASES)) if options.only is None else options.only
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "LATENT_EXPLORER_CHECKPOINTS": folder}
        _run(["vae_core.training.trial"], environment)
        found = [_measured(number, environment) for number in numbers]
    largest = max(off(one[kind]) for one in found for kind in ("seconds", "memory"))
    print(json.dumps({"settings": found, "largest_ratio": round(largest, 3)}))


if __name__ == "__main__":
    main()
