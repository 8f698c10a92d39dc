"""A table of pixels read first and again, against pandas: `python -m benchmarks.tables`.

Both sides read the same CSV, a label and 28 × 28 pixels a row: ours into a store, both splits, every row checked; the
rival by `pandas.read_csv` into one array of bytes. Each reading is a process of its own; its imports are not counted.

    first_ratio              our seconds for the first reading over the rival's
    second_ratio             our seconds for the second reading over the rival's second
    peak_mb, rival_peak_mb   the most that the first readings held beyond what they began with
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.reading import measured, watched
from vae_core.data.named.locations import CACHE_VARIABLE

SIDE, CLASSES = 28, 10
DARK = 150  # of a picture's random numbers, so many of 256 are black: strokes leave most of a page empty

OURS = watched(
    "from vae_core.data.dataset import load_dataset",
    "images = sum(len(load_dataset(sys.argv[1], split)) for split in ('train', 'test'))",
)
RIVAL = watched(
    "import pandas",
    "table = pandas.read_csv(sys.argv[1])\n"
    "pictures = table.iloc[:, 1:].to_numpy('uint8').reshape(-1, 28, 28)\n"
    "labels = table['label'].to_numpy()\n"
    "images = len(pictures)",
)


def make_table(path: Path, count: int) -> None:
    """Random strokes, a row a picture."""
    random = np.random.default_rng(0)
    pixels = random.integers(256, size=(count, SIDE * SIDE))
    rows = np.column_stack([np.arange(count) % CLASSES, np.where(pixels < DARK, 0, pixels)])
    titles = ["label", *(f"pixel{place}" for place in range(SIDE * SIDE))]
    np.savetxt(path, rows, fmt="%d", delimiter=",", header=",".join(titles), comments="")


def main() -> None:
    """Print the figures as one line of JSON."""
    parser = argparse.ArgumentParser(description="reading a table of pixels, first and again")
    parser.add_argument("--images", type=int, default=42_000, help="rows (default: 42,000, as Kaggle's digits have)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        table = Path(name) / "digits.csv"
        make_table(table, options.images)
        environment = os.environ | {CACHE_VARIABLE: f"{name}/cache", "OMP_NUM_THREADS": "1"}
        ours, theirs = [], []
        for _ in range(2):
            ours.append(measured(OURS, table, environment))
            theirs.append(measured(RIVAL, table, environment))
    assert ours[0]["images"] == theirs[0]["images"] == options.images
    figures = {
        "images": options.images,
        "first_ratio": round(ours[0]["seconds"] / theirs[0]["seconds"], 3),
        "second_ratio": round(ours[1]["seconds"] / theirs[1]["seconds"], 5),
        "first_seconds": round(ours[0]["seconds"], 2),
        "rival_seconds": round(theirs[0]["seconds"], 2),
        "peak_mb": round(ours[0]["peak"], 1),
        "rival_peak_mb": round(theirs[0]["peak"], 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
