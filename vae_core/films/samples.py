"""A small picture of what a model draws from its prior, kept with it, so that a page shows it without the model."""

import io

import torch
from PIL import Image

from vae_core.checkpoint.layout import SAMPLES_FILE
from vae_core.checkpoint.weights import Checkpoint, PriorName
from vae_core.errors import CheckpointError
from vae_core.files import write_bytes
from vae_core.films.pictures import picture
from vae_core.randomness import generator

COLUMNS, ROWS = 6, 2
LARGEST_TILE = 64  # pixels a side; smaller images are enlarged by whole multiples up to it
GAP = 2  # pixels between them, transparent
MOST_BYTES = 30_000
QUALITIES = (90, 80, 65, 45)  # where the picture takes more bytes without loss
SEED = 0


def keep_samples(checkpoint: Checkpoint) -> None:
    """Draw a model's samples and keep them in its folder, which must be there.

    Raises:
        CheckpointError: what it draws is not finite.
        FileNotFoundError: the folder has gone meanwhile.
    """
    write_bytes(checkpoint.summary.path / SAMPLES_FILE, samples_picture(checkpoint), make_folder=False)


def samples_picture(checkpoint: Checkpoint) -> bytes:
    """A WebP of draws of the prior that knows the data, of N(0, I) where none does; always the same draws."""
    prior: PriorName | None = "standard" if checkpoint.data_prior is None else None
    images = checkpoint.sample(COLUMNS * ROWS, generator(SEED, "samples"), prior)
    if not bool(torch.isfinite(images).all()):
        raise CheckpointError(f"{checkpoint.summary.path}: draws images that are not finite (NaN or infinity).")
    side = images.shape[-1]
    tile = side * max(1, LARGEST_TILE // side) if side <= LARGEST_TILE else LARGEST_TILE
    pitch = tile + GAP
    sheet = Image.new("RGBA", (COLUMNS * pitch - GAP, ROWS * pitch - GAP))
    for index, image in enumerate(images.numpy()):
        place = (index % COLUMNS * pitch, index // COLUMNS * pitch)
        sheet.paste(picture(image, tile).convert("RGB"), place)
    content = _webp(sheet, lossless=True, quality=100)
    for quality in QUALITIES:
        if len(content) <= MOST_BYTES:
            break
        content = _webp(sheet, lossless=False, quality=quality)
    return content


def _webp(sheet: Image.Image, *, lossless: bool, quality: int) -> bytes:
    buffer = io.BytesIO()
    sheet.save(buffer, "WEBP", lossless=lossless, quality=quality, method=6)
    return buffer.getvalue()
