"""A small data set of images that are told apart at a glance."""

import torch

from vae_core.data.dataset import Dataset


def blocks(count: int = 90, size: int = 8, channels: int = 1) -> Dataset:
    """Images of three classes, each with a bright band at its own height."""
    source = torch.Generator().manual_seed(0)
    labels = torch.arange(count) % 3
    images = torch.randint(0, 60, (count, channels, size, size), generator=source, dtype=torch.uint8)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[:, label * 2 : label * 2 + 2] += 180
    return Dataset("blocks", "train", images, labels, ("low", "middle", "high"), "ab" * 32)
