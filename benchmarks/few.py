"""Training on few images, varied as by default against as they are: `python -m benchmarks.few`.

Preset `quick look` with its own number of steps, the same for both; what counts is the ELBO of images that neither has
seen, in nats per image, the mean over seeds. Each seed draws other images to train on.

    mnist_100, mnist_300, mnist_1000, mnist_7000      ELBO of 2,000 digits of the test split; `…_plain` without variants
    fashion_100, …                                    the same of Fashion-MNIST
    colour_210, colour_210_plain                      of 700 colour pictures of 48 px, drawn (`benchmarks.scenes`)
    colour_210_seconds, …_promised, …_processor       one of these runs as the Train page starts it, until the model can
                                                      be opened: as it was, as estimated, and of all processors together
    colour_210_mse, …_mse_pca, …_mse_mean             what it makes of the 700, against as many principal components and
                                                      the mean picture; colour_210_seen_…: of those it was trained on
    share_mlp_28, share_conv_28, share_conv_64        of a step's time that the variants take: 28 px through `quick
                                                      look` and `balanced`, 64 px in colour through `balanced`; both in
                                                      one run, on one thread, in time that it has a processor

MNIST and Fashion-MNIST are left out where they are not on this machine.
"""

import argparse
import dataclasses
import functools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

import torch

from benchmarks.few_pictures import COUNT, as_the_page, pictures, withheld
from vae_core import load_checkpoint, load_dataset, train
from vae_core.augmentation import AUGMENTATION, draw
from vae_core.data.dataset import Dataset
from vae_core.data.named.locations import present
from vae_core.evaluation import evaluate_bound
from vae_core.randomness import generator
from vae_core.runs.presets import Chosen, preset_named, settings
from vae_core.training import loop
from vae_core.training.events import Event, Stepped
from vae_core.training.variants import Variants

SIZES = (100, 300, 1_000, 7_000)
JUDGED = 2_000
PLAIN = {name: "off" if name == "mirror" else 0.0 for name in AUGMENTATION}
STEPS_TAKEN = 40
COLOUR = f"colour_{COUNT}"
PAGE = f"{COLOUR}_page"
STEPS = {  # preset, channels, side
    "share_mlp_28": ("quick look", 1, 28),
    "share_conv_28": ("balanced", 1, 28),
    "share_conv_64": ("balanced", 3, 64),
}
Pair = tuple[Dataset, Dataset]  # to train on, to be judged by
Result = TypeVar("Result")


def some(dataset: Dataset, count: int, seed: int) -> Dataset:
    """So many of its images, drawn."""
    chosen = torch.randperm(len(dataset), generator=generator(seed, "few"))[:count]
    return dataclasses.replace(dataset, images=dataset.images[chosen], labels=dataset.labels[chosen])


def named(source: str, count: int, seed: int) -> Pair:
    """Images of a data set of the catalogue."""
    return some(load_dataset(source), count, seed), some(load_dataset(source, "test"), JUDGED, 0)


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


def timed(function: Callable[..., Result], seconds: list[float]) -> Callable[..., Result]:
    """The function, and the time that this thread had a processor for each of its calls."""

    def call(*arguments: Any) -> Result:
        began = time.thread_time()
        result = function(*arguments)
        seconds.append(time.thread_time() - began)
        return result

    return call


def share_of_a_step(preset: str, channels: int, side: int) -> float:
    """Of a step's time, what the variants of its batch take, and drawing them: medians over the steps of one run."""
    images = torch.randint(256, (1_900, channels, side, side), dtype=torch.uint8, generator=generator(0, "noise"))
    dataset = Dataset("noise", "train", images, torch.zeros(len(images), dtype=torch.int64), (), "0" * 64)
    chosen = chosen_for(dataset, preset, 0, plain=False)
    drawing: list[float] = []  # an epoch's variants, for all of the data set
    varying: list[float] = []
    ends: list[tuple[int, float]] = []

    def listen(event: Event) -> None:
        if isinstance(event, Stepped):
            ends.append((event.epoch, time.thread_time()))

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # all of a step's work is this thread's
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(Variants, "of", timed(Variants.of, varying)),
        mock.patch.object(loop, "draw", timed(draw, drawing)),
    ):
        place = Path(folder) / "run"
        how: dict[str, Any] = {"listener": listen, "should_stop": lambda: len(ends) >= STEPS_TAKEN}
        train(dataset, chosen.model, chosen.training, place, device="cpu", **how)
    torch.set_num_threads(threads)
    steps = [after - before for (one, before), (other, after) in pairwise(ends) if one == other]
    drawn = statistics.median(drawing) * chosen.training.batch_size / len(dataset)
    return (statistics.median(varying) + drawn) / statistics.median(steps)


def cases() -> dict[str, Callable[[int], Pair]]:
    """What can be trained on and judged by here, for a seed."""
    found: dict[str, Callable[[int], Pair]] = {}
    for name, source in (("mnist", "mnist"), ("fashion", "fashion-mnist")):
        if not present(source):
            print(f"{source} is not on this machine: left out", file=sys.stderr)
            continue
        for size in SIZES:
            found[f"{name}_{size}"] = functools.partial(named, source, size)
    found[COLOUR] = lambda seed: (pictures(COUNT, seed), withheld())
    return found


def elbos(name: str, pair: Callable[[int], Pair], seeds: int) -> dict[str, float]:
    """The mean over seeds, varied and as they are."""
    found = {}
    for plain in (False, True):
        each = [held_out_elbo(pair(seed), seed, plain=plain) for seed in range(seeds)]
        found[f"{name}_plain" if plain else name] = round(statistics.mean(each), 1)
    return found


def main() -> None:
    """Print the figures as one line of JSON."""
    pairs = cases()
    parser = argparse.ArgumentParser(description="training on few images, varied and as they are")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each kind (default: 3)")
    parser.add_argument("--only", nargs="*", choices=[*pairs, PAGE, *STEPS], help="what to measure (default: all)")
    parser.add_argument("--sheet", type=Path, help="where to draw pictures over what the page's run makes of them")
    options = parser.parse_args()
    found: dict[str, float] = {}
    for name in options.only or [*pairs, PAGE, *STEPS]:
        if name in STEPS:
            found[name] = round(share_of_a_step(*STEPS[name]), 3)
        elif name == PAGE:
            found |= {f"{COLOUR}_{key}": value for key, value in as_the_page(options.sheet).items()}
        else:
            found |= elbos(name, pairs[name], options.seeds)
        print(json.dumps(found), file=sys.stderr, flush=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
