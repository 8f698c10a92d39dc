"""Training on few images, varied as by default against as they are: `python -m benchmarks.few`.

Preset `quick look` with its own number of steps, the same for both; what counts is the ELBO of images that neither has
seen, in nats per image, the mean over seeds. Each seed draws other images to train on.

    mnist_100, mnist_300, mnist_1000, mnist_7000      ELBO of 2,000 digits of the test split; `…_plain` without variants
    fashion_100, …                                    the same of Fashion-MNIST
    colour_210                                        of 32 × 32 px in colour: pieces of scikit-learn's two photographs
    share_mlp_28, share_conv_28, share_conv_64        of a step's time that the variants take: 28 px through `quick
                                                      look` and `balanced`, 64 px in colour through `balanced`

Real MNIST and Fashion-MNIST are read from LATENT_EXPLORER_DATA, or downloaded.
"""

import argparse
import dataclasses
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_sample_images

from vae_core import load_checkpoint, load_dataset, train
from vae_core.augmentation import AUGMENTATION
from vae_core.data.dataset import Dataset
from vae_core.evaluation import evaluate_bound
from vae_core.randomness import generator
from vae_core.runs.planning import Chosen, preset_named, settings
from vae_core.training.events import Event, Stepped

SIZES = (100, 300, 1_000, 7_000)
COLOUR, PIECE = 210, 32
JUDGED = 2_000
PLAIN = {name: "off" if name == "mirror" else 0.0 for name in AUGMENTATION}
ROUNDS, STEPS = 5, 30
Pair = tuple[Dataset, Dataset]  # to train on, to be judged by


def some(dataset: Dataset, count: int, seed: int) -> Dataset:
    """So many of its images, drawn."""
    chosen = torch.randperm(len(dataset), generator=generator(seed, "few"))[:count]
    return dataclasses.replace(dataset, images=dataset.images[chosen], labels=dataset.labels[chosen])


def named(source: str, count: int, seed: int) -> Pair:
    """Images of a data set of the catalogue."""
    return some(load_dataset(source), count, seed), some(load_dataset(source, "test"), JUDGED, 0)


def colour(count: int, seed: int) -> Pair:
    """Pieces of two photographs, none over another."""
    pieces = []
    for photograph in load_sample_images().images:
        rows, columns = (side // PIECE for side in photograph.shape[:2])
        cut = photograph[: rows * PIECE, : columns * PIECE].reshape(rows, PIECE, columns, PIECE, 3)
        pieces.append(cut.transpose(0, 2, 4, 1, 3).reshape(-1, 3, PIECE, PIECE))
    images = torch.from_numpy(np.concatenate(pieces))
    order = torch.randperm(len(images), generator=generator(seed, "few"))
    labels = torch.zeros(len(images), dtype=torch.int64)
    whole = Dataset("pieces", "train", images, labels, ("piece",), "0" * 64)
    parts = order[:count], order[count:]
    train_on, judge = (dataclasses.replace(whole, images=images[part], labels=labels[part]) for part in parts)
    return train_on, judge


def chosen_for(dataset: Dataset, preset: str, seed: int, *, plain: bool) -> Chosen:
    """A preset's settings for these images."""
    shape = len(dataset), dataset.image_size, dataset.channels
    off = PLAIN if plain else {}
    return settings(preset_named(preset), dataset.name, *shape, {}, {"seed": seed, **off}, dataset.class_names)


def held_out_elbo(pair: Pair, seed: int, *, plain: bool) -> float:
    """Train on the first, and judge by the second."""
    dataset, judged = pair
    chosen = chosen_for(dataset, "quick look", seed, plain=plain)
    with tempfile.TemporaryDirectory() as folder:
        result = train(dataset, chosen.model, chosen.training, Path(folder) / "run", device="cpu")
        model = load_checkpoint(result.path).model
    return evaluate_bound(model, judged, torch.arange(len(judged)), seed=0).elbo


def step_seconds(dataset: Dataset, chosen: Chosen) -> float:
    """The median time from one step's end to the next one's, within an epoch."""
    ends: list[tuple[int, float]] = []

    def listen(event: Event) -> None:
        if isinstance(event, Stepped):
            ends.append((event.epoch, time.perf_counter()))

    with tempfile.TemporaryDirectory() as folder:
        train(
            dataset,
            chosen.model,
            chosen.training,
            Path(folder) / "run",
            device="cpu",
            listener=listen,
            should_stop=lambda: len(ends) >= STEPS,
        )
    return statistics.median(after - before for (one, before), (other, after) in pairwise(ends) if one == other)


def share_of_a_step(preset: str, channels: int, side: int) -> float:
    """Of a step's time, what the variants take: steps with and without in turns."""
    images = torch.randint(256, (1_900, channels, side, side), dtype=torch.uint8, generator=generator(0, "noise"))
    dataset = Dataset("noise", "train", images, torch.zeros(len(images), dtype=torch.int64), (), "0" * 64)
    varied, plain = (chosen_for(dataset, preset, 0, plain=plain) for plain in (False, True))
    shares = [1 - step_seconds(dataset, plain) / step_seconds(dataset, varied) for _ in range(ROUNDS)]
    return statistics.median(shares)


def main() -> None:
    """Print the figures as one line of JSON."""
    cases: dict[str, Callable[[int], Pair]] = {}
    for name, source in (("mnist", "mnist"), ("fashion", "fashion-mnist")):
        for size in SIZES:
            cases[f"{name}_{size}"] = lambda seed, source=source, size=size: named(source, size, seed)  # type: ignore[misc]
    cases[f"colour_{COLOUR}"] = lambda seed: colour(COLOUR, seed)
    steps = {"share_mlp_28": ("quick look", 1, 28), "share_conv_28": ("balanced", 1, 28)}
    steps["share_conv_64"] = ("balanced", 3, 64)
    parser = argparse.ArgumentParser(description="training on few images, varied and as they are")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each kind (default: 3)")
    parser.add_argument("--only", nargs="*", choices=[*cases, *steps], help="what to measure (default: all)")
    options = parser.parse_args()
    found: dict[str, float] = {}
    for name in options.only or [*cases, *steps]:
        if name in steps:
            found[name] = round(share_of_a_step(*steps[name]), 3)
        else:
            for plain in (False, True):
                elbos = [held_out_elbo(cases[name](seed), seed, plain=plain) for seed in range(options.seeds)]
                found[f"{name}_plain" if plain else name] = round(statistics.mean(elbos), 1)
        print(json.dumps(found), file=sys.stderr, flush=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
