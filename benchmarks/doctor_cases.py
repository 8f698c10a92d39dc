"""Runs made wrong on purpose and healthy ones, as settings: what the doctor is tried on."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from vae_core import load_dataset
from vae_core.data.dataset import Dataset
from vae_core.randomness import generator
from vae_core.runs.mending import Kind

SIDE = 32  # pixels of what is made up
Source = Callable[[Path, int], str | Dataset]  # a folder to draw pictures into, and a seed


def named(name: str, count: int) -> Source:
    """So many images of the catalogue, drawn."""

    def read(_folder: Path, seed: int) -> Dataset:
        dataset = load_dataset(name)
        chosen = torch.randperm(len(dataset), generator=generator(seed, "doctor"))[:count]
        return dataclasses.replace(dataset, images=dataset.images[chosen], labels=dataset.labels[chosen])

    return read


def mixed(name: str, count: int) -> Source:
    """The same, every second one inverted, as scans of paper among negatives are."""

    def read(folder: Path, seed: int) -> Dataset:
        dataset = named(name, count)(folder, seed)
        assert isinstance(dataset, Dataset)
        images = dataset.images.clone()
        images[::2] = 255 - images[::2]
        return dataclasses.replace(dataset, images=images)

    return read


def inverted(name: str, count: int) -> Source:
    """The same, all dark on light."""

    def read(folder: Path, seed: int) -> Dataset:
        dataset = named(name, count)(folder, seed)
        assert isinstance(dataset, Dataset)
        return dataclasses.replace(dataset, images=255 - dataset.images)

    return read


def ovals(count: int) -> Source:
    """Colour pictures, made up: two ovals before a slope of colours."""

    def draw(_folder: Path, seed: int) -> Dataset:
        random = np.random.default_rng(seed)
        y, x = np.mgrid[:SIDE, :SIDE] / SIDE
        images = np.empty((count, 3, SIDE, SIDE), dtype=np.uint8)
        for image in images:
            first, second = random.uniform(0, 1, (2, 3, 1, 1))
            picture = first + (second - first) * (x if random.integers(2) else y)
            for _ in range(2):
                centre, radius = random.uniform(0.25, 0.75, 2), random.uniform(0.1, 0.25, 2)
                inside = ((x - centre[0]) / radius[0]) ** 2 + ((y - centre[1]) / radius[1]) ** 2 < 1
                picture = np.where(inside, random.uniform(0, 1, (3, 1, 1)), picture)
            image[:] = (255 * picture).round()
        return Dataset("ovals", "train", torch.from_numpy(images), torch.zeros(count, dtype=torch.int64), (), "0" * 64)

    return draw


def pictures(count: int, width: int, height: int, *, centred: bool) -> Source:
    """Files of pictures that are no squares: dark signs on paper, all over it or in the middle square alone."""

    def draw(folder: Path, seed: int) -> str:
        if folder.exists():
            return str(folder)
        random = np.random.default_rng(seed)
        folder.mkdir(parents=True)
        y, x = np.mgrid[:height, :width]
        short = min(width, height)
        reach = (0.3 * short,) * 2 if centred else tuple(0.48 * side - 0.18 * short for side in (width, height))
        for number in range(count):
            page = np.full((height, width), 235.0) + random.normal(0, 4, (height, width))
            for _ in range(2 if centred else 9):
                across, down = random.uniform(-1, 1, 2) * reach
                size = random.uniform(0.08, 0.16, 2) * short
                where = ((x - width / 2 - across) / size[0]) ** 2 + ((y - height / 2 - down) / size[1]) ** 2 < 1
                page[where] = random.uniform(10, 60)
            Image.fromarray(page.clip(0, 255).astype(np.uint8)).save(folder / f"{number:04}.png")
        return str(folder)

    return draw


@dataclass(frozen=True)
class Case:
    """A run: its images, its settings, and what is wrong with it. A preset fills what is not said."""

    name: str
    source: Source
    model: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    preset: str = "quick look"
    wrong: Kind | None = None


PLAIN = {"shift": 0.0, "rotation": 0.0, "scale": 0.0, "mirror": "off"}
LEARNED = {"variance": "learned"}
CONV = {"network": "conv", "width": 8}
WIDE = {"hidden_units": 512, "hidden_layers": 2}
BERNOULLI = {"likelihood": "bernoulli", "variance": None}
CONTINUOUS = {"likelihood": "continuous-bernoulli", "variance": None}
FLAT = {"schedule": "constant"}
FAST = {"learning_rate": 0.05}
HEART: Kind = "learned by heart"
FEW: Kind = "too few images"
RATE: Kind = "learning rate"
SHORT: Kind = "too short"

WRONG = (
    Case(
        "heart-mlp", named("mnist", 400), {**WIDE, **LEARNED}, {**PLAIN, "epochs": 150, "batch_size": 50}, wrong=HEART
    ),
    Case(
        "heart-conv",
        named("mnist", 200),
        {**CONV, "variance": 0.005},
        {**PLAIN, "epochs": 80, "batch_size": 25},
        wrong=HEART,
    ),
    Case("heart-digits", named("digits", 120), {**WIDE, **LEARNED}, {"epochs": 150, "batch_size": 12}, wrong=HEART),
    Case(
        "heart-sprites",
        named("sprites", 150),
        {**WIDE, **LEARNED},
        {**PLAIN, "epochs": 120, "batch_size": 15},
        wrong=HEART,
    ),
    Case("blurred-mnist", named("mnist", 2000), {"variance": 1.0}, {"epochs": 40}, wrong="blurred"),
    Case("blurred-sprites", named("sprites", 1500), {**CONV, "variance": 0.5}, {"epochs": 20}, wrong="blurred"),
    Case("blurred-beta", named("mnist", 2000), CONTINUOUS, {"epochs": 40, "beta": 12.0}, wrong="blurred"),
    Case("collapsed-beta", named("mnist", 2000), {}, {"epochs": 30, "beta": 500.0}, wrong="collapsed"),
    Case("collapsed-variance", named("digits", 1400), {"variance": 20.0}, {"epochs": 40}, wrong="collapsed"),
    Case("collapsed-conv", ovals(1000), {**CONV, "variance": 40.0}, {"epochs": 25}, "balanced", "collapsed"),
    Case("few-mnist", named("mnist", 20), {}, {"epochs": 120, "batch_size": 5}, wrong=FEW),
    Case("few-sprites", named("sprites", 30), CONV, {"epochs": 100, "batch_size": 8}, "balanced", FEW),
    Case("few-ovals", ovals(12), CONV, {"epochs": 120, "batch_size": 4}, "balanced", FEW),
    Case("crop-wide", pictures(500, 96, 32, centred=False), {}, {"epochs": 60}, wrong="crop"),
    Case("crop-tall", pictures(500, 32, 96, centred=False), {}, {"epochs": 60}, wrong="crop"),
    Case("mixed-polarity", mixed("mnist", 2000), {}, {"epochs": 40}, wrong="polarity"),
    Case("rate-mlp", named("mnist", 2000), {}, {"epochs": 30, "learning_rate": 0.1, **FLAT}, wrong=RATE),
    Case("rate-conv", named("mnist", 800), CONV, {"epochs": 14, "learning_rate": 0.015, **FLAT}, "balanced", RATE),
    Case("rate-digits", named("digits", 1438), {**WIDE, **LEARNED}, {"epochs": 30, **FLAT, **FAST}, wrong=RATE),
    Case(
        "averages",
        named("mnist", 2000),
        {},
        {"epochs": 10, "ema_decay": 0.9999, "learning_rate": 4e-4, **FLAT},
        wrong="averages",
    ),
    Case("short-mnist", named("mnist", 2000), training={"epochs": 4}, wrong=SHORT),
    Case("short-digits", named("digits", 1000), training={"epochs": 3}, wrong=SHORT),
    Case("short-sprites", named("sprites", 600), CONV, {"epochs": 3, "batch_size": 40}, "balanced", SHORT),
    Case("short-ovals", ovals(500), CONV, {"epochs": 1}, "balanced", SHORT),
)

HEALTHY = (
    Case("digits", named("digits", 1438), training={"epochs": 60}),
    Case("digits-linear", named("digits", 1438), {"network": "linear", **LEARNED}, {"epochs": 60}),
    Case("digits-full", named("digits", 1438), {"posterior": "full"}, {"epochs": 40}),
    Case("mnist-1000", named("mnist", 1000)),
    Case("mnist-3000", named("mnist", 3000), training={"epochs": 30}),
    Case("mnist-7000", named("mnist", 7000), training={"epochs": 15}),
    Case("mnist-few", named("mnist", 200), training={"epochs": 100, "batch_size": 20}),
    Case("mnist-learned", named("mnist", 3000), LEARNED, {"epochs": 25}),
    Case("mnist-optimal", named("mnist", 3000), {"variance": "optimal"}, {"epochs": 25}),
    Case("mnist-bernoulli", named("mnist", 3000), BERNOULLI, {"epochs": 20}),
    Case("mnist-continuous", named("mnist", 3000), CONTINUOUS, {"epochs": 20}),
    Case("mnist-iwae", named("mnist", 1500), training={"epochs": 15, "samples": 5}),
    Case("mnist-warm", named("mnist", 2000), {**WIDE}, {"epochs": 25, "warm_up": 8.0, "free_bits": 0.1}),
    Case("mnist-balanced", named("mnist", 1200), CONV, {"epochs": 25}, "balanced"),
    Case(
        "mnist-inverted",
        inverted("mnist", 3000),
        training={"epochs": 25, "schedule": "constant", "learning_rate": 1e-3},
    ),
    Case(
        "mnist-patience",
        named("mnist", 500),
        {**WIDE, **LEARNED},
        {**PLAIN, "epochs": 150, "batch_size": 50, "patience": 15},
    ),
    Case("sprites", named("sprites", 2000), training={"epochs": 30}),
    Case("sprites-balanced", named("sprites", 800), CONV, {"epochs": 16, "batch_size": 40}, "balanced"),
    Case("ovals-balanced", ovals(800), CONV, {"epochs": 16, "batch_size": 40}, "balanced"),
    Case("pictures-centred", pictures(400, 72, 48, centred=True), training={"epochs": 80}),
    Case("mnist-brief", named("mnist", 2000), training={"epochs": 8}),
    Case("digits-brief", named("digits", 1000), training={"epochs": 10}),
    Case("sprites-brief", named("sprites", 1000), training={"epochs": 10}),
    Case("ovals-brief", ovals(500), CONV, {"epochs": 4}, "balanced"),
)
