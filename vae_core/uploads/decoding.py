"""One image file, from a camera, a scanner or a stranger, as 8-bit grey or RGB, or the reason why not.

What is done with the unusual: EXIF rotation is applied; transparency is laid on white, as a page would show
it; of an animation or several pages the first is used, with a note; 16 bits become the upper 8, without
stretching; floating-point pixels are read as 0…1, or as 0…255 when some exceed 1; CMYK and palettes become
RGB.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from vae_core.uploads.import_report import UnusableFileError
from vae_core.uploads.limits import UploadLimits

# Only what Pillow decodes by itself: an EPS, for one, would be run by Ghostscript.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
_GREY_MODES = {"1", "L", "LA", "La", "I", "F"}
_PHONE_PHOTOGRAPH = "MPO"  # a JPEG with a second picture in it, such as a depth map
_FIRST_FRAME = "It has several frames; only the first is used."
_DAMAGED = "It is damaged or cut off."
# Grey pictures saved in colour by a lossy encoder differ by a step or two between channels.
_COLOUR_TOLERANCE = 8


@dataclass(frozen=True)
class Header:
    """What a file says of itself before its pixels are decoded."""

    width: int
    height: int
    surely_grey: bool


@dataclass(frozen=True)
class Decoded:
    """An upright picture of mode L or RGB, and a sentence on what was left out of it, if anything."""

    picture: Image.Image
    note: str | None


def read_header(file: BinaryIO, limits: UploadLimits) -> Header:
    """Reads no pixels. Raises UnusableFileError for what is no image, or one with too many pixels."""
    with _quiet_pillow(), _open(file, limits) as image:
        grey = image.mode in _GREY_MODES or image.mode.startswith("I;16")
        return Header(image.width, image.height, grey)


def decode(file: BinaryIO, limits: UploadLimits, smallest_side: int | None = None) -> Decoded:
    """Decodes the first frame; with `smallest_side`, a JPEG much larger than that may be decoded at reduced
    size.

    Raises UnusableFileError for what cannot be decoded in full.
    """
    with _quiet_pillow(), _open(file, limits) as image:
        try:
            if smallest_side:
                image.draft(None, (2 * smallest_side, 2 * smallest_side))
            several = image.format != _PHONE_PHOTOGRAPH and bool(getattr(image, "is_animated", False))
            image.load()
            return Decoded(_to_eight_bits(_upright(image)), _FIRST_FRAME if several else None)
        except UnusableFileError:
            raise
        except Exception as error:
            # Decoders meet hostile bytes with nearly any exception; each costs one file, never the data set.
            raise UnusableFileError(_DAMAGED) from error


def has_colour(picture: Image.Image) -> bool:
    """Whether any pixel's channels differ by more than a lossy encoder makes grey ones differ."""
    if picture.mode != "RGB":
        return False
    pixels = np.asarray(picture)
    return bool((pixels.max(axis=-1) - pixels.min(axis=-1) > _COLOUR_TOLERANCE).any())


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Without Pillow's warnings: what matters of them becomes a reason; damaged metadata is passed over."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield


def _open(file: BinaryIO, limits: UploadLimits) -> Image.Image:
    too_large = UnusableFileError(f"It has more than {limits.pixels / 1e6:,g} million pixels, the limit.")
    try:
        image = Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise too_large from error
    except UnidentifiedImageError as error:
        raise UnusableFileError(f"It is not an image that can be read here ({', '.join(FORMATS)}).") from error
    except Exception as error:
        # As in decode: a hostile header may raise nearly anything.
        raise UnusableFileError(_DAMAGED) from error
    if image.width * image.height > limits.pixels:
        image.close()
        raise too_large
    return image


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        # Damaged EXIF data is no reason to lose the picture; it stays as it was stored.
        return image


def _to_eight_bits(image: Image.Image) -> Image.Image:
    if image.mode == "I" or image.mode.startswith("I;16"):
        values = np.asarray(image, dtype=np.int64)
        return Image.fromarray((values.clip(0, 65535) // 257).astype(np.uint8))
    if image.mode == "F":
        return _from_floats(np.asarray(image, dtype=np.float32))
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        return Image.alpha_composite(white, coloured).convert("RGB")
    if image.mode in ("L", "RGB"):
        return image.copy()
    return image.convert("L" if image.mode in _GREY_MODES else "RGB")


def _from_floats(values: np.ndarray) -> Image.Image:
    if not np.isfinite(values).all():
        raise UnusableFileError("It has pixels that are not numbers.")
    scale = 255 if values.max() <= 1 else 1
    return Image.fromarray(np.rint((values * scale).clip(0, 255)).astype(np.uint8))
