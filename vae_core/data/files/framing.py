"""From any picture to the square a model sees: cropped or padded, scaled, and made grey or coloured."""

from typing import get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vae_core.config import Crop
from vae_core.errors import DatasetError

SMALLEST, LARGEST, STEP = 8, 128, 4
PHOTOGRAPH_SIZE = 64
CHANNELS = (1, 3)
_SMOOTH = Image.Resampling.LANCZOS
_GAP = 3.0  # Pillow reduces coarsely as long as this factor is left for the fine filter


def suggested_size(median_side: float) -> int:
    """The image size to use unless told: the nearest possible one, and 64 for photographs larger than 128
    pixels.

    A model of 128 pixels takes four times the work of one of 64, so it is for the person to choose.
    """
    if median_side > LARGEST:
        return PHOTOGRAPH_SIZE
    return int(min(max(round(median_side / STEP) * STEP, SMALLEST), LARGEST))


def check_frame(image_size: int | None, channels: int | None, crop: str) -> None:
    """Raises DatasetError for a size or number of channels that no model can take, and for an unknown crop."""
    if image_size is not None and (not SMALLEST <= image_size <= LARGEST or image_size % STEP):
        raise DatasetError(
            f"The image size is {image_size}; it must be a multiple of {STEP} from {SMALLEST} to {LARGEST}."
        )
    if channels is not None and channels not in CHANNELS:
        raise DatasetError(f"The number of channels is {channels}; it must be 1 for grey or 3 for colour.")
    if crop not in get_args(Crop):
        raise DatasetError(f"The crop is {crop}; it must be one of {', '.join(get_args(Crop))}.")


def kept_box(width: int, height: int, crop: Crop) -> tuple[int, int, int, int]:
    """What is kept of a picture, as left, top, right, bottom: its largest centred square, or all of it."""
    if crop == "padded":
        return 0, 0, width, height
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side


def frame_picture(picture: Image.Image, image_size: int, channels: int, crop: Crop = "middle") -> NDArray[np.uint8]:
    """An L or RGB picture of any size as uint8 (channels, image_size, image_size).

    The largest centred square is kept; `padded`, the whole picture, in the middle of a ground of the colour that
    its outline has. Grey is Pillow's luma, 0.299 R + 0.587 G + 0.114 B.
    """
    if picture.width != picture.height:
        # Cropped first: resizing within a box would let pixels from outside it bleed in.
        picture = _padded(picture, image_size) if crop == "padded" else picture.crop(kept_box(*picture.size, crop))
    if picture.width != image_size:
        picture = picture.resize((image_size, image_size), _SMOOTH, reducing_gap=_GAP)
    wanted = "L" if channels == 1 else "RGB"
    pixels = np.asarray(picture if picture.mode == wanted else picture.convert(wanted), dtype=np.uint8)
    return pixels[None] if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def _padded(picture: Image.Image, image_size: int) -> Image.Image:
    """The whole picture scaled into a square, the rest of which has the median colour of its outline."""
    share = image_size / max(picture.size)
    width, height = (max(1, round(side * share)) for side in picture.size)
    scaled = picture.resize((width, height), _SMOOTH, reducing_gap=_GAP)
    pixels = np.asarray(scaled)
    outline = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    # The median, unlike the mean, is a colour that is there: a few dark spots leave white paper white.
    colour = np.median(outline, axis=0).astype(np.uint8).tolist()
    ground = Image.new(picture.mode, (image_size, image_size), colour if picture.mode == "L" else tuple(colour))
    ground.paste(scaled, ((image_size - width) // 2, (image_size - height) // 2))
    return ground


def frame_array(images: NDArray[np.uint8], image_size: int, channels: int) -> NDArray[np.uint8]:
    """The same for many pictures in an array: uint8 (N, C, H, W) → (N, channels, image_size, image_size)."""
    if images.shape[1:] == (channels, image_size, image_size):
        return images
    framed = np.empty((len(images), channels, image_size, image_size), dtype=np.uint8)
    for index, image in enumerate(images):
        pixels = image[0] if len(image) == 1 else np.ascontiguousarray(image.transpose(1, 2, 0))
        framed[index] = frame_picture(Image.fromarray(pixels), image_size, channels)
    return framed
