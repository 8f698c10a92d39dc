"""How sharp models are, and how like the data their draws: `python -m benchmarks.sharpness`.

Of each checkpoint of grey pictures, 28 px a side (by default the shipped ones of MNIST and Fashion-MNIST):

    mean_square_error    a pixel, between test images and their reconstructions from the posterior's mean
    sharpness            gradient energy of those reconstructions, in shares of the images' own
    recognised_…         the share of pictures that a LeNet, trained here on the data's classes, reads with a confidence
                         above CONFIDENT: of test images, of reconstructions, of draws
    distance_…           Fréchet distance to the test images in the LeNet's 84 features, as Heusel et al. (2017) take
                         it in Inception's: of
        images           as many training images: what is left of chance
        reconstructions  of the test images
        aggregate        decoded draws of training images' posteriors, which no prior can better
        fitted           draws of the prior that was fitted to the data's encodings
        standard         draws of N(0, I)
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.lenet import accuracy, features, probabilities, say, trained_on
from vae_core import load_checkpoint, load_dataset
from vae_core.checkpoint.layout import checkpoints_root
from vae_core.checkpoint.weights import Checkpoint
from vae_core.data.dataset import Dataset
from vae_core.evaluation import batches
from vae_core.model.posteriors import standard_normal
from vae_core.randomness import generator

MODELS = ("mnist-16d", "fashion-16d")
IMAGES = 10_000  # of each kind, at most
AT_ONCE = 200
CONFIDENT = 0.9


def frechet_distance(some: NDArray[np.floating], others: NDArray[np.floating]) -> float:
    """‖m − n‖² + tr(C + D − 2(CD)^½) of two sets of features (N, F) and (M, F), taken as normal: Dowson & Landau
    (1982).

    The eigenvalues of CD are those of C^½DC^½, which is symmetric.
    """
    means = [features.mean(0) for features in (some, others)]
    first, second = (np.atleast_2d(np.cov(features, rowvar=False)) for features in (some, others))
    values, vectors = np.linalg.eigh(first)
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    common = np.sqrt(np.linalg.eigvalsh(root @ second @ root).clip(0)).sum()
    return float(np.square(means[0] - means[1]).sum() + np.trace(first) + np.trace(second) - 2 * common)


def gradient_energy(images: Tensor) -> float:
    """The mean square of differences between neighbouring pixels, down and across, of images (N, C, H, W)."""
    return images.diff(dim=-2).square().mean().item() + images.diff(dim=-1).square().mean().item()


@torch.inference_mode()
def decoded(checkpoint: Checkpoint, latents: Tensor) -> Tensor:
    """Images (N, C, H, W) of latents (N, D)."""
    return torch.cat([checkpoint.model.decode(chunk) for chunk in latents.split(AT_ONCE)])


@torch.inference_mode()
def encoded(checkpoint: Checkpoint, dataset: Dataset, indices: Tensor) -> tuple[Tensor, Tensor]:
    """Means and draws of the images' posteriors, (N, D) each."""

    def of_batches() -> Iterator[tuple[Tensor, Tensor]]:
        for number, (_, x) in enumerate(batches(dataset, indices, AT_ONCE, torch.device("cpu"))):
            posterior = checkpoint.model.posterior(x)
            noise = standard_normal(posterior.mean.shape, x, generator(0, "sharpness", number))
            yield posterior.mean, posterior.reparameterise(noise[None])[0]

    means, draws = zip(*of_batches(), strict=True)
    return torch.cat(means), torch.cat(draws)


def figures(checkpoint: Checkpoint, judge: nn.Sequential, train: Dataset, test: Dataset) -> dict[str, float]:
    """What the module's first lines list."""
    count = min(IMAGES, len(train), len(test))
    learned, unseen = (torch.randperm(len(data), generator=generator(0, "judged"))[:count] for data in (train, test))
    images = test.batch(unseen)
    reconstructions = decoded(checkpoint, encoded(checkpoint, test, unseen)[0])
    kinds = {
        "images": train.batch(learned),
        "reconstructions": reconstructions,
        "aggregate": decoded(checkpoint, encoded(checkpoint, train, learned)[1]),
        "fitted": checkpoint.sample(count, generator(0, "fitted")),
        "standard": checkpoint.sample(count, generator(0, "standard"), "standard"),
    }
    true = features(judge, images).double().numpy()
    found = {
        "mean_square_error": (reconstructions - images).square().mean().item(),
        "sharpness": gradient_energy(reconstructions) / gradient_energy(images),
    }
    for kind, pictures in kinds.items():
        read = probabilities(judge, pictures).amax(1) > CONFIDENT
        found[f"recognised_{kind}"] = read.float().mean().item()
        found[f"distance_{kind}"] = frechet_distance(features(judge, pictures).double().numpy(), true)
    return found


def main() -> None:
    """Print one JSON object: for each checkpoint its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folders", nargs="*", type=Path, help="checkpoints (default: the shipped ones)")
    parser.add_argument("--data-dir", help="where the data sets lie")
    options = parser.parse_args()
    torch.set_num_threads(1)
    told: dict[str, dict[str, float]] = {}
    judges: dict[str, tuple[nn.Sequential, Dataset, Dataset]] = {}
    for folder in options.folders or [checkpoints_root() / name for name in MODELS]:
        checkpoint = load_checkpoint(folder)
        source = checkpoint.summary.training.data
        if source not in judges:
            train, test = (load_dataset(source, split, data_dir=options.data_dir) for split in ("train", "test"))
            judges[source] = trained_on(train), train, test
        judge, train, test = judges[source]
        found = {"accuracy": accuracy(judge, test)} | figures(checkpoint, judge, train, test)
        told[checkpoint.summary.name] = {name: float(f"{value:.4g}") for name, value in found.items()}
        say(f"{checkpoint.summary.name}: {told[checkpoint.summary.name]}")
    print(json.dumps(told))


if __name__ == "__main__":
    main()
