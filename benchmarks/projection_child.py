"""One process of `benchmarks.projection`: lays latents out by one side and tells what that took.

    python -m benchmarks.projection_child {ours,umap-learn} LATENTS.npy POSITIONS.npy FITS

Each side imports nothing but its own. Prints one JSON object with a list entry a fit: `seconds`, `cpu_seconds`,
and for ours `progress_deviation`, the largest distance between the share of a stage's time that has passed and
the share that was reported.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Heard = list[tuple[str, float, float]]  # stage, share of it that is done, when it was said; first the call itself


def ours(latents: Array, heard: Heard) -> Array:
    """Positions by this software, deterministic: the same seed gives the same map."""
    import torch

    from vae_core.projection.projection import project

    heard.append(("", 0.0, time.perf_counter()))
    projection = project(
        torch.from_numpy(latents),
        "umap",
        progress=lambda told: heard.append((told.stage, told.done / told.total, time.perf_counter())),
    )
    return projection.positions.numpy()


def umap_learn(latents: Array, _: Heard) -> Array:
    """Positions by umap-learn, without a seed: with one it would leave all but one of the processors idle."""
    import umap

    positions: Array = umap.UMAP(n_neighbors=15, min_dist=0.1).fit(latents).embedding_
    return positions


SIDES: dict[str, Callable[[Array, Heard], Array]] = {"ours": ours, "umap-learn": umap_learn}


def deviation(heard: Heard) -> float:
    """The largest |share of a stage's time − share reported|, right before and right after each report."""
    largest = 0.0
    if not heard:
        return largest
    (_, _, begun), *reports = heard
    for stage in dict.fromkeys(stage for stage, _, _ in reports):
        told = [(share, when) for name, share, when in reports if name == stage]
        ended, before = told[-1][1], 0.0
        for share, when in told:
            passed = (when - begun) / (ended - begun)
            largest = max(largest, abs(passed - before), abs(passed - share))
            before = share
        begun = ended
    return largest


def main() -> None:
    """Fit as often as asked, keep the last positions, print the figures."""
    side, source, target, fits = sys.argv[1:]
    latents = np.load(source)
    found: dict[str, list[Any]] = {"seconds": [], "cpu_seconds": [], "progress_deviation": []}
    for _ in range(int(fits)):
        heard: Heard = []
        begun, begun_cpu = time.perf_counter(), time.process_time()
        positions = SIDES[side](latents, heard)
        found["seconds"].append(time.perf_counter() - begun)
        found["cpu_seconds"].append(time.process_time() - begun_cpu)
        found["progress_deviation"].append(deviation(heard))
    np.save(target, positions)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
