"""Handed-in pictures read first and again, against torchvision's ImageFolder: `python -m benchmarks.data`.

Both sides make the same images, 64 × 64 pixels in colour, of the same JPEG photographs: ours from a ZIP, both splits
into a store; the rival from the same files unpacked, through `Resize`, `CenterCrop` and `PILToTensor`, on one core as
ours. Each reading is a process of its own; its imports are not counted.

    first_images_a_second    decoded into the store, survey included
    first_ratio              our seconds for the first reading over the rival's
    second_seconds           ours when the store is there: both splits opened
    second_ratio             our seconds for the second reading over the rival's second
    peak_mb                  the most that our first reading held beyond what it began with, without files' own pages
"""

import argparse
import json
import os
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.reading import measured, watched
from vae_core.data.named.locations import CACHE_VARIABLE

SIZE, CLASSES = 64, 10
PICTURE = (128, 96)

OURS = watched(
    "from vae_core.data.dataset import load_dataset",
    "splits = ('train', 'test')\n"
    "images = sum(len(load_dataset(sys.argv[1], split, image_size=64, channels=3)) for split in splits)",
)
RIVAL = watched(
    "import torch\n"
    "from torchvision.datasets import ImageFolder\n"
    "from torchvision.transforms import CenterCrop, Compose, PILToTensor, Resize",
    "folder = ImageFolder(sys.argv[1], Compose([Resize(64), CenterCrop(64), PILToTensor()]))\n"
    "images = len(torch.stack([image for image, _ in folder]))",
)


def make_pictures(folder: Path, count: int) -> Path:
    """A ZIP of soft photographs, a folder a class, and the same unpacked beside it."""
    random = np.random.default_rng(0)
    path = folder / "photographs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(count):
            soft = Image.fromarray(random.integers(256, size=(6, 8, 3), dtype=np.uint8)).resize(PICTURE)
            content = BytesIO()
            soft.save(content, "JPEG", quality=90)
            archive.writestr(f"{number % CLASSES}/{number}.jpg", content.getvalue())
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / "unpacked")
    return path


def main() -> None:
    """Print the figures as one line of JSON."""
    parser = argparse.ArgumentParser(description="reading pictures, first and again")
    parser.add_argument("--images", type=int, default=20_000, help="pictures in the ZIP (default: 20,000)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = make_pictures(folder, options.images)
        environment = os.environ | {CACHE_VARIABLE: str(folder / "cache"), "OMP_NUM_THREADS": "1"}
        ours, theirs = [], []
        for _ in range(2):
            ours.append(measured(OURS, archive, environment))
            theirs.append(measured(RIVAL, folder / "unpacked", environment))
    assert ours[0]["images"] == theirs[0]["images"] == options.images
    figures = {
        "images": options.images,
        "first_images_a_second": round(options.images / ours[0]["seconds"], 1),
        "first_ratio": round(ours[0]["seconds"] / theirs[0]["seconds"], 3),
        "second_seconds": round(ours[1]["seconds"], 4),
        "second_ratio": round(ours[1]["seconds"] / theirs[1]["seconds"], 5),
        "peak_mb": round(ours[0]["peak"], 1),
        "rival_images_a_second": round(options.images / theirs[0]["seconds"], 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
