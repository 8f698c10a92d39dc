"""`look`: what will be made of somebody's images, before anything is trained on them."""

import argparse

from vae_core.cli.named_data import tell_of_namesake
from vae_core.cli.reporting import ProgressLine, Result
from vae_core.data.look import Request
from vae_core.data.reader import look_at

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
