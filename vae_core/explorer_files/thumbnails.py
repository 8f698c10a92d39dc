"""One WebP sheet with a small picture of every point."""

import io
import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from vae_core.data.dataset import Dataset
from vae_core.progress import Progress, ProgressListener, silent

LARGEST_TILE = 32
LARGEST_SIDE = 16_383  # of a WebP image
QUALITY = 75  # 180 bytes for a 28 × 28 grey picture of clothing
LOSSLESS_PIXELS = 1 << 18  # below this, the exact sheet is small anyway
IMAGES_AT_ONCE = 1024


@dataclass(frozen=True)
class Thumbnails:
    """Image of point i at column i % columns, row i // columns; `content` is a WebP file."""

    content: bytes
    tile: int
    columns: int
    rows: int


def make_thumbnails(dataset: Dataset, indices: torch.Tensor, *, progress: ProgressListener = silent) -> Thumbnails:
    """Tiles as large as the images, at most 32 pixels, or fewer where the sheet would outgrow the format."""
    columns = math.ceil(math.sqrt(len(indices)))
    rows = math.ceil(len(indices) / columns)
    tile = max(1, min(LARGEST_TILE, dataset.image_size, LARGEST_SIDE // columns))
    sheet = np.zeros((rows * columns, tile, tile, dataset.channels), np.uint8)
    for first in range(0, len(indices), IMAGES_AT_ONCE):
        images = dataset.batch(indices[first : first + IMAGES_AT_ONCE])
        if tile != dataset.image_size:
            images = F.interpolate(images, size=(tile, tile), mode="bilinear", antialias=True, align_corners=False)
        pixels = (images.clamp(0, 1) * 255).round().to(torch.uint8)
        sheet[first : first + len(pixels)] = pixels.permute(0, 2, 3, 1).numpy()
        progress(Progress("Making thumbnails", first + len(pixels), len(indices)))
    whole = sheet.reshape(rows, columns, tile, tile, -1).swapaxes(1, 2).reshape(rows * tile, columns * tile, -1)
    picture = Image.fromarray(whole.squeeze(2) if dataset.channels == 1 else whole)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=whole.size <= LOSSLESS_PIXELS, quality=QUALITY, method=4)
    return Thumbnails(buffer.getvalue(), tile, columns, rows)
