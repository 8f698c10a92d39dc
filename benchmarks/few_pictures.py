"""210 drawn colour pictures of 48 px through the Train page's own door: a part of `benchmarks.few`.

A folder of PNG files, a folder for each kind, becomes a run of preset `quick look`, started as the page starts it. What
it makes of pictures that it has not seen is compared with their mean, and with principal components as many as it has
latent dimensions, fitted to the same pictures (Tipping & Bishop, 1999: a linear VAE's optimum).
"""

import dataclasses
import os
import tempfile
import time
from pathlib import Path
from unittest import mock

import torch
from PIL import Image
from sklearn.decomposition import PCA
from torch import Tensor

from benchmarks.scenes import NAMES, scenes
from vae_core import load_checkpoint, load_dataset
from vae_core.data.dataset import Dataset
from vae_core.films.pictures import contact_sheet
from vae_core.model.vae import VAE
from vae_core.runs import control
from vae_core.runs.planning import estimate
from vae_core.runs.presets import preset_named, settings
from vae_core.runs.run import Run

SIDE, COUNT, JUDGED = 48, 210, 700
JUDGES = 1_000_000  # a seed that no picture to train on is drawn with
GLANCE = 0.1
LIMIT = 900.0
SHOWN = 21


def pictures(count: int, seed: int) -> Dataset:
    """So many of them, as many of each kind as of another."""
    images, labels = (torch.from_numpy(numbers) for numbers in scenes(count, SIDE, seed))
    return Dataset("scenes", "train", images.permute(0, 3, 1, 2).contiguous(), labels, NAMES, "0" * 64)


def withheld() -> Dataset:
    """The pictures that judge."""
    return pictures(JUDGED, JUDGES)


def hand_in(folder: Path, dataset: Dataset, split: str) -> None:
    """Write pictures as PNG files, those of a kind in a folder of its name."""
    for number, (image, label) in enumerate(zip(dataset.images, dataset.labels.tolist(), strict=True)):
        place = folder / split / dataset.class_names[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(place / f"{number:04}.png")


def take(data: Path) -> tuple[Run, float, float]:
    """The finished run on a folder of pictures, the seconds that it has taken, and those that were promised.

    Raises RuntimeError where the run fails or takes too long.
    """
    handed_in = load_dataset(data)  # the page has read them before anybody can start
    shape = len(handed_in), handed_in.image_size, handed_in.channels
    chosen = settings(preset_named("quick look"), str(data), *shape, class_names=handed_in.class_names)
    promised = estimate(chosen, len(handed_in), []).seconds
    began = time.monotonic()
    run = control.ask("scenes", chosen.preset, chosen.model, chosen.training)
    while (run := Run.read(run.folder)).state != "finished":
        if run.state in ("failed", "paused", "interrupted") or time.monotonic() > began + LIMIT:
            raise RuntimeError(f"the run did not get through: {run.status}")
        time.sleep(GLANCE)
    return run, time.monotonic() - began, promised


def of_children() -> float:
    """Seconds that processors have worked for processes of this one that have ended."""
    times = os.times()
    return times.children_user + times.children_system


@torch.no_grad()
def reconstructions(model: VAE, dataset: Dataset) -> Tensor:
    """As the page shows them (N, C, S, S): decoded from the posterior's mean."""
    batches = torch.arange(len(dataset)).split(100)
    return torch.cat([model.decode(model.posterior(dataset.batch(batch)).mean) for batch in batches])


def error(dataset: Dataset, made: Tensor) -> float:
    """The mean square error a number."""
    return (dataset.batch(torch.arange(len(dataset))) - made).square().mean().item()


def from_components(fitted_to: Dataset, count: int, dataset: Dataset) -> Tensor:
    """What so many principal components of some pictures make of others; of none, the mean picture."""
    seen, x = (some.batch(torch.arange(len(some))).flatten(1).numpy() for some in (fitted_to, dataset))
    if not count:
        made = torch.from_numpy(seen.mean(0)).expand(len(dataset), -1)
    else:
        components = PCA(count, svd_solver="full").fit(seen)
        made = torch.from_numpy(components.inverse_transform(components.transform(x)))
    return made.view(-1, *dataset.images.shape[1:])


def sheet(model: VAE, datasets: tuple[Dataset, ...]) -> bytes:
    """A PNG: the first pictures of each, over what becomes of them."""
    rows = []
    for dataset in datasets:
        first = dataclasses.replace(dataset, images=dataset.images[:SHOWN], labels=dataset.labels[:SHOWN])
        rows += [first.batch(torch.arange(SHOWN)), reconstructions(model, first)]
    return contact_sheet(torch.cat(rows).clamp(0, 1).numpy(), columns=SHOWN)


def as_the_page(shown: Path | None) -> dict[str, float]:
    """Seconds until the run is finished, and errors of pictures that it has and has not seen; a sheet to look at."""
    seen, unseen = pictures(COUNT, 0), withheld()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hand_in(folder / "scenes", seen, "train")
        hand_in(folder / "scenes", unseen, "test")
        places = {"CHECKPOINTS": "checkpoints", "CACHE": "cache"}
        elsewhere = {f"LATENT_EXPLORER_{key}": str(folder / place) for key, place in places.items()}
        before = of_children()
        with mock.patch.dict(os.environ, elsewhere):
            run, seconds, promised = take(folder / "scenes")
            while of_children() == before:
                time.sleep(GLANCE)  # until its process has been collected
            model = load_checkpoint(run.folder).model
        processor = of_children() - before
    if shown:
        shown.write_bytes(sheet(model, (seen, unseen)))
    dimension = model.config.latent_dim
    return {
        "seconds": round(seconds, 1),
        "promised": round(promised, 1),
        "processor": round(processor, 1),
        "mse": round(error(unseen, reconstructions(model, unseen)), 5),
        "mse_pca": round(error(unseen, from_components(seen, dimension, unseen)), 5),
        "mse_mean": round(error(unseen, from_components(seen, 0, unseen)), 5),
        "seen_mse": round(error(seen, reconstructions(model, seen)), 5),
        "seen_mse_pca": round(error(seen, from_components(seen, dimension, seen)), 5),
    }
