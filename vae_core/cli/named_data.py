"""What several commands ask for: the images that the options name."""

import argparse
import os
import sys
from pathlib import Path

from vae_core.checkpoint.layout import CheckpointSummary
from vae_core.cli.reporting import ProgressLine
from vae_core.data.dataset import Dataset, load_dataset
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.errors import UserError


def dataset_of(options: argparse.Namespace, summary: CheckpointSummary, split: str) -> Dataset:
    """The images that a command names, framed as the checkpoint's model takes them."""
    tell_of_namesake(options.data)
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


def tell_of_namesake(source: str) -> None:
    """Says so where something of one's own has the name of a data set of the catalogue, which is what is taken."""
    if source in CATALOGUE and Path(source).exists():
        print(
            f"{source} is {CATALOGUE[source].title}, a data set of the catalogue. To take what lies here under this "
            f"name, write .{os.sep}{source}.",
            file=sys.stderr,
        )


def check_at_least_one(name: str, value: int | None) -> None:
    """Raises UserError where a number that was given is below 1."""
    if value is not None and value < 1:
        raise UserError(f"--{name} must be at least 1 (got {value}).")
