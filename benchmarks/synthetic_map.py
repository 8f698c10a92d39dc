"""A model with a made-up map of any size: no training, no layout, no data set, but the package's own exporter."""

import math
from pathlib import Path

import torch

from vae_core.checkpoint.weights import Checkpoint
from vae_core.data.dataset import Dataset
from vae_core.explorer_files.latent_map import Encoding, LatentMap
from vae_core.explorer_files.writer import write_explorer
from vae_core.projection.projection import Projection

CLASSES = 10
TILE = 8  # pixels a side of a thumbnail: a sheet of half a million then has 5,664 pixels a side
RING, SPREAD = 6.0, 1.2  # the classes' distance from the middle, and how wide each one lies


def write_synthetic_map(checkpoint: Checkpoint, points: int, output: Path) -> Path:
    """Explorer files of a checkpoint with `points` made-up images; returns their folder.

    Ten classes lie in clusters round a ring, in random order, and every latent follows its point's place.
    Trustworthiness and round trip error are made up too.
    """
    source = torch.Generator().manual_seed(0)
    labels = torch.randint(CLASSES, (points,), generator=source)
    angles = labels * (2 * math.pi / CLASSES)
    middles = RING * torch.stack([angles.cos(), angles.sin()], dim=1)
    positions = middles + SPREAD * torch.randn(points, 2, generator=source)
    latent_dim, channels = checkpoint.model.config.latent_dim, checkpoint.model.config.channels
    basis = torch.randn(2, latent_dim, generator=source) / RING
    latents = positions @ basis + 0.3 * torch.randn(points, latent_dim, generator=source)
    images = torch.randint(256, (points, channels, TILE, TILE), generator=source, dtype=torch.uint8)
    dataset = Dataset("synthetic", "train", images, labels, tuple("0123456789"), "0" * 64)
    encoding = Encoding(
        latents, torch.zeros_like(latents), torch.rand(points), torch.rand(latent_dim), torch.rand(points)
    )
    projection = Projection("umap", latents, positions, linear=None, axes=None)
    latent_map = LatentMap(dataset, torch.arange(points), encoding, projection, 1.0, 0.0, start=0)
    return write_explorer(checkpoint, latent_map, output)
