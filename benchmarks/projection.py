"""A map of 10,000 latents, from a fresh process and from a warm one, against umap-learn's.

Run by `python -m benchmarks.projection`. Both sides lay out the same means, 10,000 test images of Fashion-MNIST
under `fashion-16d`, with 15 neighbours, minimum distance 0.1 and 500 epochs. Ours is deterministic; umap-learn gets
no seed, since with one it would be single-threaded. Fresh seconds are a whole process's, from its start to its end,
imports included; warm seconds are those of a second fit in a process. Both sides may keep compiled code on disk from
one process to the next, and a fresh process finds it there; what a machine meets that has none is told by the keys
of "first ever".

    fresh_ratio                  our fresh seconds over umap-learn's, medians
    warm_ratio                   our warm seconds over umap-learn's fresh
    first_ever_ratio             our fresh seconds with an empty cache of compiled code over umap-learn's fresh
    trustworthiness_difference   ours less umap-learn's (mean over the rounds), 15 neighbours, all points
    progress_deviation           largest |share of a stage's time − share reported| of our fresh fits
    *_seconds, *_cpu_seconds     medians behind the ratios
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.manifold import trustworthiness

from harness.server import ROOT
from vae_core import load_checkpoint, load_dataset
from vae_core.checkpoint.layout import checkpoints_root
from vae_core.explorer_files.latent_map import encode_images

MODEL = "fashion-16d"
POINTS = 10_000
NEIGHBOURS = 15  # of the trustworthiness
OURS, RIVAL = "ours", "umap-learn"


@dataclass(frozen=True)
class Run:
    """One child process: its seconds and CPU seconds, those of each fit inside it, and the positions it found."""

    seconds: float
    cpu_seconds: float
    fits: dict[str, list[float]]
    positions: np.ndarray


def run(side: str, latents: Path, fits: int = 1, environment: Mapping[str, str] | None = None) -> Run:
    """Run one child to its end."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "positions.npy"
        command = [sys.executable, "-m", "benchmarks.projection_child", side, str(latents), str(target), str(fits)]
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        ended = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, check=True
        )
        seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Run(seconds, cpu_seconds, json.loads(ended.stdout), np.load(target))


def first_ever(side: str, latents: Path) -> Run:
    """A fresh process on a machine that holds no compiled code."""
    with tempfile.TemporaryDirectory() as cache:
        return run(side, latents, environment={"NUMBA_CACHE_DIR": cache})


def measure(latents: Path, rounds: int) -> dict[str, float]:
    """All figures; the sides take turns, and their order is turned round every time."""
    for side in (OURS, RIVAL):
        run(side, latents)  # now the files are in memory and the compiled code on disk
    fresh: dict[str, list[Run]] = {OURS: [], RIVAL: []}
    warm: list[Run] = []
    for number in range(rounds):
        for side in (OURS, RIVAL) if number % 2 else (RIVAL, OURS):
            fresh[side].append(run(side, latents))
        warm.append(run(OURS, latents, fits=2))
        told = ", ".join(f"{side} {runs[-1].seconds:.2f} s" for side, runs in fresh.items())
        print(f"round {number + 1}: {told}, warm {warm[-1].fits['seconds'][1]:.2f} s", file=sys.stderr)
    assert all(np.array_equal(found.positions, fresh[OURS][0].positions) for found in fresh[OURS] + warm)
    first = {side: first_ever(side, latents) for side in (OURS, RIVAL)}
    print("measuring trustworthiness ...", file=sys.stderr)
    means = np.load(latents)
    trust = {
        side: statistics.mean(trustworthiness(means, found.positions, n_neighbors=NEIGHBOURS) for found in runs)
        for side, runs in {OURS: fresh[OURS][:1], RIVAL: fresh[RIVAL]}.items()
    }
    seconds = {side: statistics.median(found.seconds for found in runs) for side, runs in fresh.items()}
    cpu_seconds = {side: statistics.median(found.cpu_seconds for found in runs) for side, runs in fresh.items()}
    warm_seconds = statistics.median(found.fits["seconds"][1] for found in warm)
    return {
        "fresh_ratio": seconds[OURS] / seconds[RIVAL],
        "warm_ratio": warm_seconds / seconds[RIVAL],
        "first_ever_ratio": first[OURS].seconds / seconds[RIVAL],
        "trustworthiness_difference": trust[OURS] - trust[RIVAL],
        "progress_deviation": max(found.fits["progress_deviation"][0] for found in fresh[OURS]),
        "warm_progress_deviation": max(found.fits["progress_deviation"][1] for found in warm),
        "ours_fresh_seconds": seconds[OURS],
        "rival_fresh_seconds": seconds[RIVAL],
        "ours_warm_seconds": warm_seconds,
        "ours_first_ever_seconds": first[OURS].seconds,
        "rival_first_ever_seconds": first[RIVAL].seconds,
        "ours_fresh_cpu_seconds": cpu_seconds[OURS],
        "rival_fresh_cpu_seconds": cpu_seconds[RIVAL],
        "ours_warm_cpu_seconds": statistics.median(found.fits["cpu_seconds"][1] for found in warm),
        "ours_trustworthiness": trust[OURS],
        "rival_trustworthiness": trust[RIVAL],
    }


def main() -> None:
    """Measures and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description="A map of 10,000 latents against umap-learn's.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of all sides (default: 3)")
    arguments = parser.parse_args()
    model = load_checkpoint(checkpoints_root() / MODEL).model
    means = encode_images(model, load_dataset("fashion-mnist", "test"), torch.arange(POINTS)).means
    with tempfile.TemporaryDirectory() as folder:
        latents = Path(folder) / "latents.npy"
        np.save(latents, means.numpy())
        figures = measure(latents, arguments.rounds)
    rounded = {key: round(value, 4) for key, value in figures.items()}
    print(json.dumps({"points": POINTS, "rounds": arguments.rounds, **rounded}))


if __name__ == "__main__":
    main()
