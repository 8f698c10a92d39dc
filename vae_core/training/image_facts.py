"""What a run's images are like, measured once before its first step: what its errors are to be compared with. Light."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_core.checkpoint.layout import FACTS_FILE
from vae_core.errors import ConfigError
from vae_core.files import read_small, write_text
from vae_core.json_files import LARGEST_JSON, parse_json

Shares = NDArray[np.bool_]

LOOKED_AT = 2_000  # training images, at most
PLAIN = 0.6  # share of an image's outline that is of one level, from which that level is its ground
NEAR = 24  # of 255: levels closer to each other than this are one ground; scans are not cleaner
DARK, LIGHT = 80, 175  # of 255: a ground up to here, or from here on
MARK = 64  # of 255: what differs from the ground by more is drawn on it


@dataclass(frozen=True)
class ImageFacts:
    """Of N training images: shares from 0 to 1, and `spread`, the mean square difference a pixel from their mean image.

    A ground is the one level that most of an image's outline has; `across` and `down` are the shares of images whose
    drawing reaches both the left and the right edge, or both the upper and the lower one.
    """

    spread: float
    dark_ground: float
    light_ground: float
    across: float
    down: float


def measure_images(images: NDArray[np.uint8], seen: NDArray[np.float32] | None = None) -> ImageFacts:
    """Of bytes (N, C, S, S); `seen` is what the model sees them as, in [0, 1], where that is something else."""
    floats = images.astype(np.float32) / 255 if seen is None else seen
    equal = bool((images == images[:1]).all())  # whose mean is theirs to rounding alone
    spread = 0.0 if equal else float(np.square(floats - floats.mean(0)).mean())
    grey = images.mean(1)  # (N, S, S)
    edges = grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]  # upper, lower, left, right; (N, S) each
    outline = np.concatenate(edges, axis=1)
    ground = np.median(outline, axis=1)
    has_ground = (np.abs(outline - ground[:, None]) < NEAR).mean(1) >= PLAIN
    upper, lower, left, right = ((np.abs(edge - ground[:, None]) > MARK).any(1) & has_ground for edge in edges)
    return ImageFacts(
        spread=spread,
        dark_ground=_share(has_ground & (ground <= DARK)),
        light_ground=_share(has_ground & (ground >= LIGHT)),
        across=_share(left & right),
        down=_share(upper & lower),
    )


def _share(images: Shares) -> float:
    return float(images.mean())


def write_facts(folder: Path, facts: ImageFacts) -> None:
    """Beside what the run records of its epochs."""
    write_text(folder / FACTS_FILE, json.dumps(asdict(facts)), make_folder=False)


def read_facts(folder: Path) -> ImageFacts | None:
    """What was measured; None in runs from before it was, and where the file is damaged."""
    try:
        values: Any = parse_json(read_small(folder / FACTS_FILE, LARGEST_JSON))
    except (OSError, ConfigError):
        return None
    names = [field.name for field in fields(ImageFacts)]
    if not isinstance(values, Mapping) or not all(isinstance(values.get(name), int | float) for name in names):
        return None
    return ImageFacts(**{name: float(values[name]) for name in names})
