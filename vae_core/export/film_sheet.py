"""Frames side by side in one picture: a strip, or a grid."""

import io

from PIL import Image

from vae_core.errors import UserError
from vae_core.export.film_pictures import picture
from vae_core.export.film_settings import check_side
from vae_core.interpolation.paths import Floats

LARGEST_SHEET = 1 << 26  # pixels; viewers refuse more


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
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()
