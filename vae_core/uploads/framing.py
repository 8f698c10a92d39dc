"""From any picture to the square a model sees: the middle is kept, scaled, and made grey or coloured."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vae_core.errors import DatasetError

SMALLEST, LARGEST, STEP = 8, 128, 4
PHOTOGRAPH_SIZE = 64
CHANNELS = (1, 3)


def suggested_size(median_side: float) -> int:
    """The image size to use unless told: the nearest possible one, and 64 for photographs larger than 128
    pixels.

    A model of 128 pixels takes four times the work of one of 64, so it is for the person to choose.
    """
    if median_side > LARGEST:
        return PHOTOGRAPH_SIZE
    return int(min(max(round(median_side / STEP) * STEP, SMALLEST), LARGEST))


def check_frame(image_size: int | None, channels: int | None) -> None:
    """Raises DatasetError for a size or number of channels that no model can take."""
    if image_size is not None and (not SMALLEST <= image_size <= LARGEST or image_size % STEP):
        raise DatasetError(
            f"The image size is {image_size}; it must be a multiple of {STEP} from {SMALLEST} to {LARGEST}."
        )
    if channels is not None and channels not in CHANNELS:
        raise DatasetError(f"The number of channels is {channels}; it must be 1 for grey or 3 for colour.")


def frame_picture(picture: Image.Image, image_size: int, channels: int) -> NDArray[np.uint8]:
    """An L or RGB picture of any size as uint8 (channels, image_size, image_size).

    The largest centred square is kept. Grey is Pillow's luma, 0.299 R + 0.587 G + 0.114 B.
    """
    width, height = picture.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    if width != height:
        # Cropped first: resizing within a box would let pixels from outside it bleed in.
        picture = picture.crop((left, top, left + side, top + side))
    if side != image_size:
        picture = picture.resize((image_size, image_size), Image.Resampling.LANCZOS, reducing_gap=3.0)
    wanted = "L" if channels == 1 else "RGB"
    pixels = np.asarray(picture if picture.mode == wanted else picture.convert(wanted), dtype=np.uint8)
    return pixels[None] if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def frame_array(images: NDArray[np.uint8], image_size: int, channels: int) -> NDArray[np.uint8]:
    """The same for many pictures in an array: uint8 (N, C, H, W) → (N, channels, image_size, image_size)."""
    if images.shape[1:] == (channels, image_size, image_size):
        return images
    framed = np.empty((len(images), channels, image_size, image_size), dtype=np.uint8)
    for index, image in enumerate(images):
        pixels = image[0] if len(image) == 1 else np.ascontiguousarray(image.transpose(1, 2, 0))
        framed[index] = frame_picture(Image.fromarray(pixels), image_size, channels)
    return framed
