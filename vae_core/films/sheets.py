"""Images of a model as pictures, and many of them side by side: a strip, a grid, a contact sheet."""

import io

import numpy as np
from PIL import Image

from vae_core.errors import UserError
from vae_core.films.film_settings import check_side
from vae_core.interpolation.paths import Floats

LARGEST_SHEET = 1 << 26  # pixels; viewers refuse more
LEAST_TILE = 64  # pixels a side of a contact sheet's images, by whole multiples of their own
GAP = 4


def sheet_bytes(images: Floats, *, side: int = 256, columns: int | None = None) -> bytes:
    """A PNG of images (N, 1 or 3, H, W) in [0, 1], row by row without gaps; by default all in one row.

    Places that are left over in the last row are black.

    Raises:
        UserError: the side or the number of columns is outside its limits, or the sheet would be too large.
    """
    check_side(side)
    count = len(images)
    columns = count if columns is None else columns
    if not 1 <= columns <= count:
        raise UserError(f"columns must be 1 to {count}, the number of images (got {columns}).")
    rows = -(-count // columns)
    if columns * rows * side * side > LARGEST_SHEET:
        raise UserError(f"{count} images of {side} pixels a side make too large a picture; take fewer or smaller ones.")
    first = picture(images[0], side)
    sheet = Image.new(first.mode, (columns * first.width, rows * first.height))
    for index, image in enumerate(images):
        sheet.paste(picture(image, side), (index % columns * first.width, index // columns * first.height))
    return _png(sheet)


def picture(image: Floats, side: int) -> Image.Image:
    """An image (1 or 3, H, W) in [0, 1] as a grey or colour picture, its longer side `side` pixels.

    Enlarged by repeating pixels, so that they stay crisp; reduced by averaging them.
    """
    pixels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    whole = Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0))
    longer = max(whole.size)
    size = (max(1, round(whole.width * side / longer)), max(1, round(whole.height * side / longer)))
    return whole.resize(size, Image.Resampling.NEAREST if side >= longer else Image.Resampling.BOX)


def contact_sheet(images: Floats, columns: int) -> bytes:
    """A PNG of images (N, 1 or 3, H, W) in [0, 1], row by row; the gaps between them are transparent."""
    size = images.shape[-1]
    tile = size * -(-LEAST_TILE // size)
    pitch, rows = tile + GAP, -(-len(images) // columns)
    sheet = Image.new("RGBA", (columns * pitch - GAP, rows * pitch - GAP))
    for index, image in enumerate(images):
        sheet.paste(picture(image, tile).convert("RGB"), (index % columns * pitch, index // columns * pitch))
    return _png(sheet)


def _png(sheet: Image.Image) -> bytes:
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()
