"""Images that a command names: `look`, what will be made of them; and those that the other commands work with."""

import argparse
import os
import sys
from pathlib import Path

from vae_core.checkpoint.layout import CheckpointSummary
from vae_core.cli.reporting import ProgressLine, Result
from vae_core.data.dataset import Dataset, model_images
from vae_core.data.look import Request
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.reader import look_at
from vae_core.errors import UserError

SHOWN = 20  # classes and files left out


def look(options: argparse.Namespace) -> Result:
    """Read images and count what was found."""
    tell_of_namesake(options.source)
    line = ProgressLine()
    request = Request(options.source, options.image_size, options.channels, options.crop, options.data_dir)
    seen = look_at(request, line)
    line.finish()
    colour = "grey" if seen.channels == 1 else "colour"
    lines = [
        f"{seen.title}: {seen.train + seen.test:,} images of {seen.image_size} × {seen.image_size} px, {colour}; "
        f"{seen.test:,} of them for testing.",
        *_some([f"  {name}: {count:,}" for name, count in seen.classes.items()], "classes"),
        *seen.notes,
    ]
    if seen.skipped:
        lines += [f"Left out: {len(seen.skipped):,} files.", *_some([f"  {file}" for file in seen.skipped], "files")]
    return Result(seen.to_json(), "\n".join(lines))


def _some(lines: list[str], what: str) -> list[str]:
    more = len(lines) - SHOWN
    return lines if more <= 0 else [*lines[:SHOWN], f"  … and {more:,} more {what}"]


def dataset_of(options: argparse.Namespace, summary: CheckpointSummary, split: str) -> Dataset:
    """The images that a command names, framed as the checkpoint's model takes them."""
    tell_of_namesake(options.data)
    line = ProgressLine()
    model, training = summary.model, summary.training
    dataset = model_images(model, training, split, data=options.data, data_dir=options.data_dir, progress=line)
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
