"""Does the doctor name what is wrong, and leave healthy runs in peace: `python -m benchmarks.doctor`.

Twenty runs made wrong on purpose and twenty healthy ones, each of some seconds on one core.

    named_rightly       wrong runs whose one finding is of the kind that they were made with
    healthy_accused     healthy runs of which anything is said
    while_training      healthy runs of which anything is said at the end of any earlier epoch
    still_accused       with `--mend`: mended runs of which anything is said

Finished runs stay in the folder that `--runs` names and are judged again without being trained again. MNIST is read
from LATENT_EXPLORER_DATA, or downloaded.
"""

import argparse
import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from vae_core import load_dataset, train
from vae_core.checkpoint.layout import CONFIG_FILE
from vae_core.config import Crop, ModelConfig, TrainConfig
from vae_core.data.dataset import Dataset
from vae_core.errors import DivergedError
from vae_core.randomness import generator
from vae_core.runs.doctor import Finding, diverged, evidence_of, examine
from vae_core.runs.mending import Kind, Mended
from vae_core.runs.presets import preset_named, settings

DONE_FILE = "done.json"
DIVERGED = "diverged"  # in it: what a run that diverged ended with
SIDE = 32  # pixels of what is made up
Bytes = NDArray[np.uint8]
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
)


def trained(case: Case, seed: int, runs: Path, mended: Mended | None = None) -> Path:
    """The folder of a case's run, or of its mended one, trained unless it is there."""
    folder = runs / f"{case.name}-{seed}{'-mended' if mended else ''}"
    if (folder / DONE_FILE).exists():
        return folder
    source = case.source(runs / "pictures" / f"{case.name}-{seed}", seed)
    crop: Crop = mended.training.crop if mended else "middle"
    dataset = load_dataset(source, crop=crop) if isinstance(source, str) else source
    model, training = (mended.model, mended.training) if mended else asked(case, seed, dataset, source)
    diverging = ""
    try:
        train(dataset, model, training, folder, device="cpu", resume=(folder / CONFIG_FILE).exists())
    except DivergedError as error:
        diverging = str(error)
    (folder / DONE_FILE).write_text(json.dumps({DIVERGED: diverging}))
    return folder


def asked(case: Case, seed: int, dataset: Dataset, source: str | Dataset) -> tuple[ModelConfig, TrainConfig]:
    """A case's settings."""
    data = source if isinstance(source, str) else dataset.name
    shape = len(dataset), dataset.image_size, dataset.channels
    training = {"seed": seed, **case.training}
    chosen = settings(preset_named(case.preset), data, *shape, case.model, training, dataset.class_names)
    return chosen.model, chosen.training


def found_in(folder: Path) -> Finding | None:
    """What is said of a run that is over."""
    if words := json.loads((folder / DONE_FILE).read_text()).get(DIVERGED):
        return diverged(folder, words)
    evidence = evidence_of(folder, over=True)
    assert evidence is not None
    return examine(evidence)


def accused_early(folder: Path) -> str | None:
    """What is said first of a run while it trains, by its epochs so far."""
    evidence = evidence_of(folder, over=False)
    assert evidence is not None
    for epochs in range(1, len(evidence.history)):
        if finding := examine(dataclasses.replace(evidence, history=evidence.history[:epochs])):
            return f"epoch {epochs}: {finding.sentence}"
    return None


@dataclass(frozen=True)
class Row:
    """A case and what was found in it, at its end, before, and once mended."""

    case: Case
    found: Finding | None
    early: str | None
    again: Finding | None

    @property
    def right(self) -> bool:
        """Whether what is wrong was named, and nothing else."""
        return self.case.wrong == (self.found.kind if self.found else None)

    def lines(self) -> list[str]:
        """For a person."""
        kind, sentence = (self.found.kind, self.found.sentence) if self.found else ("-", "")
        first = f"{'right' if self.right else 'WRONG'}  {self.case.name:20} {self.case.wrong or 'healthy':17} {kind:17}"
        more = [self.found.mended.words] if self.found and self.found.mended else []
        more += [f"while it trains, {self.early}"] if self.early else []
        more += [f"once mended: {self.again.sentence}"] if self.again else []
        return [f"{first} {sentence}", *(f"{'':27} {line}" for line in more)]


def judge(case: Case, seed: int, runs: Path, *, mends: bool) -> Row:
    """Train a case unless it is there, and its mended run where that is asked for."""
    folder = trained(case, seed, runs)
    found = found_in(folder)
    again = found_in(trained(case, seed, runs, found.mended)) if mends and found and found.mended else None
    return Row(case, found, accused_early(folder) if case.wrong is None else None, again)


def main() -> None:
    """Print the table, and the figures as one line of JSON."""
    cases = {case.name: case for case in (*WRONG, *HEALTHY)}
    parser = argparse.ArgumentParser(description="runs made wrong on purpose, and healthy ones, before the doctor")
    parser.add_argument("--runs", type=Path, required=True, help="folder in which finished runs are kept")
    parser.add_argument("--seed", type=int, default=0, help="another one draws other images and weights (default: 0)")
    parser.add_argument("--only", nargs="*", choices=list(cases), help="what to run (default: all)")
    parser.add_argument("--mend", action="store_true", help="train what mends the wrong ones too, and judge it")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[Row] = []
    for name in options.only or cases:
        rows.append(judge(cases[name], options.seed, options.runs, mends=options.mend))
        print(*rows[-1].lines(), sep="\n", flush=True)
    wrong, healthy = ([row for row in rows if (row.case.wrong is None) is is_healthy] for is_healthy in (False, True))
    figures = {
        "wrong": len(wrong),
        "named_rightly": sum(row.right for row in wrong),
        "healthy": len(healthy),
        "healthy_accused": sum(not row.right for row in healthy),
        "while_training": sum(row.early is not None for row in healthy),
    }
    if options.mend:
        mended = [row for row in wrong if row.found and row.found.mended]
        figures |= {"mended": len(mended), "still_accused": sum(row.again is not None for row in mended)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
