"""A shipped checkpoint with all of its data set on the map, for measurements at full size."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import torch

from vae_core import load_checkpoint, load_dataset
from vae_core.checkpoint.layout import checkpoints_root
from vae_core.data.dataset import Dataset
from vae_core.explorer_files.explorer_folder import read_manifest
from vae_core.explorer_files.latent_map import LatentMap, encode_images
from vae_core.explorer_files.writer import write_explorer
from vae_core.projection.inverse import LatentToPlane
from vae_core.projection.projection import Projection

PLACED_AT_ONCE = 100


def checkpoint_with_large_map(name: str, points: int, output: Path) -> int:
    """Copies the checkpoint `name` to `output` with up to `points` images, training and test split together.

    Every image is encoded; its place is where the shipped map's own `LatentToPlane` puts it, which is much
    quicker than a new layout and leaves the map as crowded as a full one. Returns the number of points.
    """
    source = checkpoints_root() / name
    shutil.copytree(source, output, ignore=shutil.ignore_patterns("explorer"))
    checkpoint = load_checkpoint(source)
    dataset = both_splits(checkpoint.summary.data.name)
    indices = torch.arange(min(points, len(dataset)))
    encoding = encode_images(checkpoint.model, dataset, indices)
    shipped = read_manifest(source / "explorer")
    placed = placed_on(source / "explorer", encoding.means)
    projection = Projection("umap", encoding.means, placed, linear=None, axes=None)
    figures = (shipped.map.trustworthiness, shipped.map.round_trip_error)
    write_explorer(
        checkpoint, LatentMap(dataset, indices, encoding, projection, *figures, start=0), output / "explorer"
    )
    return len(indices)


def both_splits(name: str) -> Dataset:
    """The training and the test images of a data set as one."""
    train, test = (load_dataset(name, split) for split in ("train", "test"))
    return Dataset(
        name=name,
        split="train",
        images=torch.cat([train.images, test.images]),
        labels=torch.cat([train.labels, test.labels]),
        class_names=train.class_names,
        fingerprint=hashlib.sha256((train.fingerprint + test.fingerprint).encode()).hexdigest(),
    )


@torch.inference_mode()
def placed_on(explorer: Path, latents: torch.Tensor) -> torch.Tensor:
    """Positions (N, 2) of latents (N, D) on the map of an explorer folder."""
    files = read_manifest(explorer).files
    positions = np.fromfile(explorer / files.points.path, "<f4").reshape(files.points.shape)
    mapped = np.fromfile(explorer / files.latents.path, "<f2").reshape(files.latents.shape)
    to_plane = LatentToPlane(torch.from_numpy(positions), torch.from_numpy(mapped).float())
    return torch.cat([to_plane(chunk) for chunk in torch.split(latents, PLACED_AT_ONCE)])
