"""One picture file, from a camera, a scanner or a stranger, as 8-bit grey or RGB, or the reason why not.

What is done with the unusual: EXIF rotation is applied; of an animation or several pages the first is used, with a
note; CMYK and palettes become RGB. What transparency is laid on, and which of more or fewer than 256 levels are black
and white, is one `Treatment` for the whole set.
"""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TiffImageFile

from vae_core.config import Crop
from vae_core.data.files.framing import kept_box
from vae_core.data.files.intake import MIB, UnusableFileError, UploadLimits
from vae_core.data.files.pixel_tables import LOOKED_AT, pixel_table
from vae_core.data.files.tiff_numbers import OPENER, is_white_zero
from vae_core.data.files.treatment import AS_USUAL, Kind, Treatment, kind_of, made_visible, surely_grey
from vae_core.data.files.unreadable import raw_file, why_unreadable

# Only what Pillow decodes by itself: an EPS, for one, would be run by Ghostscript.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
_OPENERS = tuple(OPENER if form == "TIFF" else form for form in FORMATS)
LONGEST_SIDE = 65_535  # pixels, as long as a JPEG's can be; rows cost memory however short they are
LARGE = 4_000_000  # pixels: from here on what the frame does not need is averaged away at once
FINE = 3  # times the frame's side: as many pixels are left for its fine filter
_MOST_MEMORY = 440 * MIB  # for one picture's pixels while they are decoded
_SLOW_CODECS = {"ppm", "ppm_plain", "bmp_rle"}  # written in Python: seconds for a million pixels
_MOST_SLOW_PIXELS = 4_000_000
_START_OF_PASS, _MOST_PASSES = b"\xff\xda", 100  # each costs time, however few bytes it has
_PHONE_PHOTOGRAPH = "MPO"  # a JPEG with a second picture in it, such as a depth map
_JPEGS = ("JPEG", _PHONE_PHOTOGRAPH)
_ORIENTATION, _ROWS_A_STRIP, _BITS = 274, 278, 258
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_THE_SIDE = {_TURNS[value] for value in (5, 6, 7, 8)}
_FIRST_FRAME = "It has several frames; only the first is used."
_DAMAGED = "It is damaged or cut off."
# Grey pictures saved in colour by a lossy encoder differ by a step or two between channels.
_COLOUR_TOLERANCE = 8


@dataclass(frozen=True)
class Header:
    """What a file says of itself before its pixels are decoded; `work` is how many plain pixels take as long."""

    width: int
    height: int
    surely_grey: bool
    kind: Kind
    white_is_zero: bool
    transparent: bool
    work: float


@dataclass(frozen=True)
class Decoded:
    """An upright picture of mode L or RGB, and a sentence on what was left out of it, if anything."""

    picture: Image.Image
    width: int  # upright, before pixels were averaged away
    height: int
    note: str | None


def read_header(file: BinaryIO, limits: UploadLimits) -> Header:
    """Reads no pixels. Raises UnusableFileError for what is no image, or one with too many pixels."""
    with opened(file, limits) as image:
        work = float(image.width * image.height)
        if image.format in _JPEGS and not image.info.get("progressive"):
            work /= 8  # a large one is decoded at an eighth of its size
        elif _is_slow(image):
            work *= 100
        return Header(
            width=image.width,
            height=image.height,
            surely_grey=surely_grey(image),
            kind=kind_of(image),
            white_is_zero=is_white_zero(image),
            transparent=image.has_transparency_data,
            work=work,
        )


def decode(
    file: BinaryIO,
    limits: UploadLimits,
    smallest_side: int | None = None,
    treatment: Treatment = AS_USUAL,
    crop: Crop = "padded",
) -> Decoded:
    """Decodes the first frame; with `smallest_side`, a picture much larger than that may come at reduced size.

    Of a large picture only what `crop` keeps may be there. Raises UnusableFileError for what cannot be decoded in
    full.
    """
    with opened(file, limits) as image:
        width, height = image.size
        if smallest_side:
            image.draft(None, (2 * smallest_side, 2 * smallest_side))
        several = image.format != _PHONE_PHOTOGRAPH and bool(getattr(image, "is_animated", False))
        image.load()
        turn = _turn(image)
        if smallest_side and image.width * image.height > LARGE:
            factor = max(1, min(image.size) // (FINE * smallest_side))
            picture = made_visible(image, treatment, factor, _whole_blocks(kept_box(*image.size, crop), factor))
        else:
            picture = made_visible(image, treatment)
        if turn is not None:
            picture = picture.transpose(turn)
        if turn in _ON_THE_SIDE:
            width, height = height, width
        return Decoded(picture, width, height, _FIRST_FRAME if several else None)


@contextmanager
def opened(file: BinaryIO, limits: UploadLimits) -> Iterator[Image.Image]:
    """The first frame, with as many pixels as can be decoded in memory; none of them is decoded yet.

    Raises UnusableFileError for what is no image, or too large, and when the body meets damaged pixels.
    """
    with warnings.catch_warnings():
        # What matters of Pillow's warnings becomes a reason; damaged metadata is passed over.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        with _open(file, limits) as image:
            try:
                _check_size(image, limits)
                yield image
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


def _table_of_pixels(file: BinaryIO) -> str | None:
    file.seek(0)
    table = pixel_table(file.read(LOOKED_AT))
    return None if table is None else f"{table.words}; hand it in by itself, without the pictures."


def _open(file: BinaryIO, limits: UploadLimits) -> Image.Image:
    try:
        image = Image.open(file, formats=_OPENERS)
    except Image.DecompressionBombError as error:
        raise UnusableFileError(_too_many(limits.pixels)) from error
    except UnidentifiedImageError as error:
        general = f"It is not an image that can be read here ({', '.join(FORMATS)})."
        raise UnusableFileError(why_unreadable(file) or _table_of_pixels(file) or general) from error
    except Exception as error:
        # As in opened: a hostile header may raise nearly anything.
        raise UnusableFileError(why_unreadable(file) or _DAMAGED) from error
    place = file.tell()
    reason = None
    if image.format == "TIFF" and (name := raw_file(file)):
        reason = f"It is {name}; convert it to JPEG or PNG."
    elif image.info.get("progressive"):
        file.seek(0)
        passes = file.read().count(_START_OF_PASS)
        if passes > _MOST_PASSES:
            reason = f"It is drawn in {passes:,} passes, more than any picture needs; save it anew."
    if reason:
        image.close()
        raise UnusableFileError(reason)
    file.seek(place)
    return image


def _check_size(image: Image.Image, limits: UploadLimits) -> None:
    pixels = image.width * image.height
    if pixels <= min(limits.pixels, LONGEST_SIDE):
        return  # neither a side nor the whole can be too much
    if max(image.size) > LONGEST_SIDE:
        raise UnusableFileError(
            f"It has {image.width:,} × {image.height:,} pixels; no side may be longer than {LONGEST_SIDE:,}."
        )
    most = min(limits.pixels, _MOST_MEMORY // _bytes_a_pixel(image), _MOST_SLOW_PIXELS if _is_slow(image) else pixels)
    if pixels > most:
        raise UnusableFileError(_too_many(most, "" if most == limits.pixels else f" for a {image.format} of this kind"))


def _too_many(limit: int, kind: str = "") -> str:
    return f"It has more than {limit / 1e6:,.3g} million pixels, the limit{kind}."


def _bytes_a_pixel(image: Image.Image) -> int:
    """What decoding a picture takes in memory, for each of its pixels."""
    held = 1 if image.mode in ("1", "L", "P") else 2 if image.mode.startswith("I;16") else 4
    if image.format == "WEBP":
        return 16  # its decoder keeps two canvases, and hands over copies
    if isinstance(image, JpegImageFile) and image.info.get("progressive"):
        # The coefficients of all passes, two bytes each; colours have often fewer of them.
        widest, highest = (max(component[axis] for component in image.layer) for axis in (1, 2))
        return held + 2 * math.ceil(sum(across * down for _, across, down, _ in image.layer) / (widest * highest))
    if isinstance(image, TiffImageFile):
        tags = image.tag_v2
        strip = min(tags.get(_ROWS_A_STRIP, image.height), image.height) / image.height
        turned = held if tags.get(_ORIENTATION, 1) != 1 else 0
        return held + turned + math.ceil(strip * sum(tags.get(_BITS, (1,))) / 8)
    return held


def _is_slow(image: Image.Image) -> bool:
    return any(tile[0] in _SLOW_CODECS for tile in image.tile) if isinstance(image, ImageFile) else False


def _whole_blocks(box: tuple[int, int, int, int], factor: int) -> tuple[int, int, int, int]:
    """The middle of the box, with sides that are multiples of `factor`."""
    left, top, right, bottom = box
    across, down = (right - left) % factor, (bottom - top) % factor
    return left + across // 2, top + down // 2, right - (across + 1) // 2, bottom - (down + 1) // 2


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What brings a loaded picture upright, where the camera was held otherwise."""
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        # Damaged EXIF data is no reason to lose the picture; it stays as it was stored.
        return None
