"""What several commands ask for: the images that the options name."""

import argparse

from vae_core.checkpoint.layout import CheckpointSummary
from vae_core.cli.reporting import ProgressLine
from vae_core.data.dataset import Dataset
from vae_core.data.loading import load_dataset
from vae_core.errors import UserError


def dataset_of(options: argparse.Namespace, summary: CheckpointSummary, split: str) -> Dataset:
    """The images that a command names, framed as the checkpoint's model takes them."""
    line = ProgressLine()
    dataset = load_dataset(
        options.data,
        split,
        data_dir=options.data_dir,
        image_size=summary.model.image_size,
        channels=summary.model.channels,
        crop=summary.training.crop,
        progress=line,
    )
    line.finish()
    return dataset


def check_at_least_one(name: str, value: int | None) -> None:
    """Raises UserError where a number that was given is below 1."""
    if value is not None and value < 1:
        raise UserError(f"--{name} must be at least 1 (got {value}).")
