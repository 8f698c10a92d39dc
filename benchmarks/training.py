"""Seconds to pythae's ten-epoch test loss on Fashion-MNIST, and the training loop's own cost per step.

Both sides train the same network (784–512–16–512–784, ReLU) on the same loss (Bernoulli cross-entropy plus KL)
and the same images in memory, each with its own trainer's schedule and batch size; each is judged by its own loss,
averaged over all test images. A step's overhead is measured at the rival's batch size, where it weighs more.
Keys: see `main`.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.pythae_trainer import BATCH, train_pythae
from vae_core import ModelConfig, TrainConfig, load_checkpoint, load_dataset, train
from vae_core.checkpoint.weights import build_model
from vae_core.data.dataset import Dataset
from vae_core.evaluation import evaluate_bound
from vae_core.training.events import Event, Stepped

RIVAL_EPOCHS = 10
OUR_BATCH, OUR_EPOCHS, OUR_LEARNING_RATE = 200, 5, 1.5e-2
MODEL = ModelConfig(network="mlp", latent_dim=16, hidden_layers=1, hidden_units=512, likelihood="bernoulli")
ROUNDS, STEPS_A_ROUND = 5, 200


def settings(epochs: int, batch_size: int) -> TrainConfig:
    """Our side's settings."""
    return TrainConfig(
        data="fashion-mnist",
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=OUR_LEARNING_RATE,
        validation_fraction=0,
    )


def say(text: str) -> None:
    """Tell how far the benchmark is, beside its result."""
    print(text, file=sys.stderr, flush=True)


def rival(dataset: Dataset, test: Dataset) -> tuple[float, float]:
    """Train pythae's default VAE with its own trainer: seconds, and the test loss in nats per image."""
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig

    images = dataset.batch(torch.arange(len(dataset)))
    model = VAE(VAEConfig(input_dim=(1, 28, 28), latent_dim=16, reconstruction_loss="bce"))
    began = time.perf_counter()
    train_pythae(model, BaseDataset(images, dataset.labels), RIVAL_EPOCHS)
    seconds = time.perf_counter() - began
    return seconds, rival_loss(model.eval(), test)


@torch.no_grad()
def rival_loss(model: Any, test: Dataset) -> float:
    """pythae's own loss, averaged over the test images."""
    total = 0.0
    for indices in torch.arange(len(test)).split(500):
        batch = {"data": test.batch(indices)}
        total += model(type("Batch", (dict,), {"__getattr__": dict.__getitem__})(batch)).loss.item() * len(indices)
    return total / len(test)


def ours(dataset: Dataset, test: Dataset) -> tuple[float, float]:
    """Train our VAE: seconds, and the test loss in nats per image."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        result = train(dataset, MODEL, settings(OUR_EPOCHS, OUR_BATCH), Path(folder) / "run", device="cpu")
        seconds = time.perf_counter() - began
        model = load_checkpoint(result.path).model
    return seconds, -evaluate_bound(model, test, torch.arange(len(test)), seed=0).elbo


def bare_steps(dataset: Dataset) -> Iterator[float]:
    """Seconds of each forward + backward + optimiser step on a ready batch, with nothing around it."""
    model = build_model(MODEL, seed=0)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    x = dataset.batch(torch.arange(BATCH))
    while True:
        began = time.perf_counter()
        posterior, _, likelihood = model(x, torch.randn(1, BATCH, MODEL.latent_dim))
        loss: Tensor = (posterior.kl_divergence() - likelihood.log_prob(x)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield time.perf_counter() - began


def loop_steps(dataset: Dataset, count: int) -> list[float]:
    """Seconds from each step's end to the next one's inside `train`."""
    ends: list[float] = []

    def listen(event: Event) -> None:
        if isinstance(event, Stepped):
            ends.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        train(
            dataset,
            MODEL,
            settings(1, BATCH),
            Path(folder) / "run",
            device="cpu",
            listener=listen,
            should_stop=lambda: len(ends) >= count,
        )
    return [after - before for before, after in pairwise(ends)]


def step_overhead(dataset: Dataset) -> float:
    """The loop's median step over the bare one's, in alternating rounds."""
    bare = bare_steps(dataset)
    ratios = []
    for _ in range(ROUNDS):
        alone = statistics.median(next(bare) for _ in range(STEPS_A_ROUND))
        ratios.append(statistics.median(loop_steps(dataset, STEPS_A_ROUND)) / alone)
    return statistics.median(ratios)


def main() -> None:
    """Print one JSON object: pythae_seconds, pythae_loss, ours_seconds, ours_loss, seconds_ratio, step_overhead."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data-dir", help="where Fashion-MNIST lies")
    options = parser.parse_args()
    dataset, test = (load_dataset("fashion-mnist", split, data_dir=options.data_dir) for split in ("train", "test"))
    say("measuring a step …")  # first, so that neither side pays for torch's late imports
    found: dict[str, float] = {"step_overhead": step_overhead(dataset)}
    sides: dict[str, Callable[[Dataset, Dataset], tuple[float, float]]] = {"ours": ours, "pythae": rival}
    for name, run in sides.items():
        say(f"training {name} …")
        found[f"{name}_seconds"], found[f"{name}_loss"] = run(dataset, test)
        say(f"{name}: {found[f'{name}_seconds']:.1f} s to {found[f'{name}_loss']:.2f} nats")
    found["seconds_ratio"] = found["ours_seconds"] / found["pythae_seconds"]
    print(json.dumps({key: round(value, 4) for key, value in found.items()}))


if __name__ == "__main__":
    main()
