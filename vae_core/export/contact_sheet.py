"""Images side by side in one picture, each pixel crisp."""

import io

import torch
from torch import Tensor

LEAST_TILE = 64  # pixels a side, by whole multiples of the images' own
GAP = 4


def contact_sheet(images: Tensor, columns: int) -> bytes:
    """A PNG of images (N, 1 or 3, H, W) in [0, 1], row by row; the gaps between them are transparent."""
    from PIL import Image

    count, _, size, _ = images.shape
    factor = max(1, -(-LEAST_TILE // size))
    tile, rows = size * factor, -(-count // columns)
    sheet = torch.zeros(rows * (tile + GAP) - GAP, columns * (tile + GAP) - GAP, 4, dtype=torch.uint8)
    pixels = (images.clamp(0, 1) * 255).round().to(torch.uint8).cpu().expand(-1, 3, -1, -1)
    pixels = pixels.repeat_interleave(factor, 2).repeat_interleave(factor, 3).permute(0, 2, 3, 1)
    for index, picture in enumerate(pixels):
        top, left = index // columns * (tile + GAP), index % columns * (tile + GAP)
        sheet[top : top + tile, left : left + tile, :3] = picture
        sheet[top : top + tile, left : left + tile, 3] = 255
    buffer = io.BytesIO()
    Image.fromarray(sheet.numpy()).save(buffer, "PNG")
    return buffer.getvalue()
