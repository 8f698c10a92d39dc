"""The path along the data against line, great circle and shortest path in pixels: `python -m benchmarks.paths`.

On every shipped model, between PAIRS images of different classes of its map, all four are laid in FRAMES frames at
equal steps in latent space, as the page lays them. Figures are means over the pairs:

    log_density          of the frames under the fitted prior, in nats
    length_to_line       length in image space, in lines
    step_to_mean         the largest change from frame to frame, in mean changes
    read                 on MNIST, the share of frames that a LeNet, trained here, reads with a
                         confidence above CONFIDENT
    worst_…              of all pairs

and, through the server's own process and queue, whose model is open, `first_seconds` to the first answer of a path
along the data and `whole_seconds` to the last: medians, and `slowest_first_seconds`.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.lenet import accuracy, probabilities, say, trained_on
from serving.workshop import Workshop
from vae_core import load_checkpoint, load_dataset
from vae_core.checkpoint.layout import checkpoints_root
from vae_core.checkpoint.weights import Checkpoint
from vae_core.explorer_files.explorer_folder import read_manifest
from vae_core.interpolation.frames import frames_along
from vae_core.interpolation.model_paths import decoder, path_through
from vae_core.interpolation.paths import Floats, Mode

MODELS = ("digits-2d", "mnist-16d", "fashion-16d", "sprites-8d", "glyphs-24d", "emoji-faces-16d")
WAYS: tuple[Mode, ...] = ("line", "slerp", "geodesic", "data")
PAIRS, FRAMES = 20, 24
CONFIDENT = 0.9

Read = Callable[[Floats], float]


def reader(data_dir: str | None) -> tuple[Read, float]:
    """What share of images is read with confidence, by a LeNet trained on MNIST; and how many of its test images it
    reads rightly."""
    train, test = (load_dataset("mnist", split, data_dir=data_dir) for split in ("train", "test"))
    network = trained_on(train)

    def read(images: Floats) -> float:
        return (probabilities(network, torch.as_tensor(images)).amax(1) > CONFIDENT).float().mean().item()

    return read, accuracy(network, test)


def pairs_of(checkpoint: Checkpoint, count: int) -> list[Floats]:
    """Latents (2, D) of two images of the map each, of different classes."""
    folder = checkpoint.summary.path / "explorer"
    manifest = read_manifest(folder)
    files, shape = manifest.files, (manifest.map.count, manifest.model.latent_dim)
    latents = np.fromfile(folder / files.latents.path, "<f2").reshape(shape).astype(np.float32)
    labels = np.fromfile(folder / files.labels.path, files.labels.dtype)
    random = np.random.default_rng(0)
    pairs: list[Floats] = []
    while len(pairs) < count:
        pair = random.integers(len(latents), size=2)
        if labels[pair[0]] != labels[pair[1]]:
            pairs.append(latents[pair])
    return pairs


def figures(checkpoint: Checkpoint, pairs: list[Floats], read: Read | None) -> dict[str, dict[str, float]]:
    """For each way the mean figures of all pairs."""
    decode, prior = decoder(checkpoint.model), checkpoint.prior("fitted")
    found: dict[str, dict[str, float]] = {}
    lengths: list[float] = []
    for way in WAYS:
        rows = []
        for number, stops in enumerate(pairs):
            path = path_through(checkpoint.model, stops, way, prior=checkpoint.fitted_prior)
            frames = frames_along(path, decode, frames=FRAMES)
            length = float(frames.image_changes.sum())
            if way == "line":
                lengths.append(length)
            rows.append(
                {
                    "log_density": prior.log_prob(torch.from_numpy(frames.latents)).mean().item(),
                    "length_to_line": length / lengths[number],
                    "step_to_mean": float(frames.image_changes.max() / frames.image_changes.mean()),
                }
                | ({} if read is None else {"read": read(frames.images)})
            )
        found[way] = {name: statistics.mean(row[name] for row in rows) for name in rows[0]}
        for name in ("length_to_line", "step_to_mean"):
            found[way][f"worst_{name}"] = max(row[name] for row in rows)
        say(f"{checkpoint.summary.name}: {way} {rounded(found[way])}")
    return found


async def waits(folder: Path, pairs: list[Floats]) -> dict[str, float]:
    """Seconds until the server has an answer for the page."""
    first, whole = [], []
    workshop = Workshop()

    async def ask(stops: Floats) -> None:
        wish = json.dumps({"stops": stops.tolist(), "mode": "data"})
        began = time.perf_counter()
        async for line in workshop.ask("somebody", "geodesic", folder, "1", wish):
            if line.startswith(b'{"sketch"'):
                first.append(time.perf_counter() - began)
        whole.append(time.perf_counter() - began)

    async with workshop.open():
        for stops in pairs:
            await ask(stops)
    del first[0], whole[0]  # the process had to start, and to open the model
    return {
        "first_seconds": statistics.median(first),
        "slowest_first_seconds": max(first),
        "whole_seconds": statistics.median(whole),
    }


def rounded(values: dict[str, float]) -> dict[str, float]:
    """Four digits of each."""
    return {name: float(f"{value:.4g}") for name, value in values.items()}


def main() -> None:
    """Print one JSON object: for each model the figures of each way, and what one waits for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data-dir", help="where MNIST lies")
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"of images, for each model (default: {PAIRS})")
    parser.add_argument("--models", nargs="+", default=MODELS, choices=MODELS, help="default: all that are shipped")
    options = parser.parse_args()
    torch.set_num_threads(1)
    told: dict[str, object] = {"pairs": options.pairs, "frames": FRAMES}
    for name in options.models:
        read = None
        if name == "mnist-16d":
            read, told["lenet_accuracy"] = reader(options.data_dir)
        checkpoint = load_checkpoint(checkpoints_root() / name)
        pairs = pairs_of(checkpoint, options.pairs)
        ways = {way: rounded(of) for way, of in figures(checkpoint, pairs, read).items()}
        seconds = asyncio.run(waits(checkpoint.summary.path, pairs))
        told[name] = ways | rounded(seconds)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
