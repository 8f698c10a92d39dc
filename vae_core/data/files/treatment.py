"""From the numbers in a picture to grey or RGB bytes: what is black and what is white is one rule for a whole set."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from vae_core.data.files.intake import UnusableFileError
from vae_core.data.files.tiff_numbers import has_short_floats, has_signed_bytes, is_white_zero, numbers_of

Kind = Literal["bytes", "whole numbers", "floats"]
Ground = Literal["white", "black"]

SLACK = 0.05  # a share of the usual range: as far outside it as filters and rounding leave numbers
SIGNED = -0.7  # floats of -1 to 1 come at least this near to -1; those centred on 0 in another way do not
DARK = 31  # bytes that end here or below are no bytes but few levels
LARGEST = 1e30  # beyond it numbers stand for pixels that are missing
SMALLEST = 1e-30  # closer together numbers are equal

_GREY_MODES = {"1", "L", "LA", "La", "I", "F"}
_WITH_ALPHA = {"LA", "RGBA"}
_UNREAD_MODES = {"LAB", "HSV"}
_STRIP = 4_000_000  # pixels: what lies beside the picture in memory while it is made visible
_LOOKED_AT = 256  # pixels, at least, of each side: a drawing's brightness is seen from some of them
_VISIBLE = 32  # of 255: drawings closer to their ground than this are swallowed by it


@dataclass(frozen=True)
class ValueRange:
    """What is black and what is white; `note` says so in a sentence where it is not what the type itself says."""

    low: float
    high: float
    note: str | None = None

    def to_bytes(self, values: NDArray[np.generic]) -> NDArray[np.uint8]:
        """Values of any shape as 0 to 255; what is outside becomes black or white."""
        if values.dtype.itemsize == 1 and values.dtype.kind in "bu":
            held = values.view(np.uint8)
            return held if (self.low, self.high) == (0, 255) else self._table()[held]
        scaled = values.astype(np.float32)
        scaled -= np.float32(self.low)
        scaled *= np.float32(255 / (self.high - self.low))
        return np.rint(scaled.clip(0, 255, out=scaled), out=scaled).astype(np.uint8)

    def _table(self) -> NDArray[np.uint8]:
        levels = (np.arange(256) - self.low) * (255 / (self.high - self.low))
        return np.rint(levels.clip(0, 255)).astype(np.uint8)


BYTES = ValueRange(0, 255)
_SIXTEEN_BITS = ValueRange(0, 65535)
_TO_ONE = ValueRange(0, 1)


def range_of(low: float, high: float, dtype: np.dtype[np.generic]) -> ValueRange:
    """The range of a set whose values go from `low` to `high`.

    Whole numbers of few levels are white at the greatest of them, others at 255 or at a power of two less one, as
    cameras and scanners count. Floats are 0 to 1, −1 to 1 or 0 to 255, with some slack; otherwise they go from their
    least to their greatest.

    Raises:
        UnusableFileError: they hold what is no number (NaN or infinity), or numbers that no pixel has.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UnusableFileError("It holds pixels that are no numbers (NaN or infinity).")
    if max(-low, high) > LARGEST:
        raise UnusableFileError(
            f"Its values go from {low:g} to {high:g}: such numbers stand for missing pixels; replace them first."
        )
    if dtype.kind == "b":
        return ValueRange(0, 1)
    if dtype.kind in "ui":
        return _of_whole_numbers(int(low), int(high), dtype)
    return _of_floats(float(low), float(high))


def _of_whole_numbers(low: int, high: int, dtype: np.dtype[np.generic]) -> ValueRange:
    if low < 0:
        return _stretched(low, max(high, low + 1))
    if low == high and high <= 255:
        return BYTES
    if high <= DARK:
        return _stretched(0, high)
    largest = 2 ** (8 * dtype.itemsize - (dtype.kind == "i")) - 1
    top = min(255 if high <= 255 else 2 ** high.bit_length() - 1, largest)
    if top == 255:
        return BYTES
    return ValueRange(0, top) if top == largest and dtype.kind == "u" else _stretched(0, top)


def _of_floats(low: float, high: float) -> ValueRange:
    if high - low < SMALLEST:
        return _of_equal_floats(low)
    if low >= -SLACK and high <= 1 + SLACK:
        if high <= DARK / 255:
            return _stretched(min(low, 0.0), high) if high > SMALLEST else _stretched(low, high)
        outside = low < -1e-3 or high > 1 + 1e-3
        return ValueRange(0, 1, _clipped(low, high) if outside else None)
    if -1 - 2 * SLACK <= low <= SIGNED and high <= 1 + 2 * SLACK:
        return _stretched(-1, 1)
    if low >= -255 * SLACK and DARK < high <= 255 * (1 + SLACK):
        return ValueRange(0, 255, f"Its numbers go up to {high:g}: 0 is black and 255 white.")
    return _stretched(low, high)


def _of_equal_floats(level: float) -> ValueRange:
    if -SMALLEST <= level <= 255:
        return ValueRange(0, 1 if level <= 1 else 255)
    return _stretched(min(level, 0.0), max(level, 0.0))


def _stretched(low: float, high: float) -> ValueRange:
    return ValueRange(low, high, f"Its values are stretched: {low:g} is black and {high:g} white.")


def _clipped(low: float, high: float) -> str:
    return f"Some values are outside 0 to 1 ({low:.3g} to {high:.3g}): what is outside becomes black or white."


@dataclass(frozen=True)
class Treatment:
    """What transparency is laid on, and what is black and white among numbers of each kind."""

    ground: Ground = "white"
    of_bytes: ValueRange = BYTES
    of_whole: ValueRange = _SIXTEEN_BITS
    of_floats: ValueRange = _TO_ONE


AS_USUAL = Treatment()


def kind_of(image: Image.Image) -> Kind:
    """The kind of numbers that a picture holds, loaded or not."""
    if image.mode == "F" or has_short_floats(image):
        return "floats"
    whole = image.mode == "I" or image.mode.startswith("I;") or has_signed_bytes(image)
    return "whole numbers" if whole else "bytes"


def type_of(kind: Kind, low: float, high: float) -> np.dtype[np.generic]:
    """The type that numbers from `low` to `high` had in their file: Pillow hands 16 bits over as 32, some of them."""
    if kind == "whole numbers":
        fitting = (held for held in (np.uint16, np.int32, np.uint32) if high <= np.iinfo(held).max)
        return np.dtype(np.int32 if low < 0 else next(fitting))
    return np.dtype(np.uint8 if kind == "bytes" else np.float32)


def surely_grey(image: Image.Image) -> bool:
    """Whether no picture of its Pillow mode can show a colour."""
    return image.mode in _GREY_MODES or kind_of(image) != "bytes"


def made_visible(
    image: Image.Image, treatment: Treatment, factor: int = 1, box: tuple[int, int, int, int] | None = None
) -> Image.Image:
    """A loaded picture, or what is in `box`, as mode L or RGB, each `factor` × `factor` of its pixels averaged to one.

    The box is left, top, right, bottom, and its sides are multiples of `factor`. Worked off in strips, so that beside
    the picture only the result takes memory. Raises UnusableFileError for pixels that are no numbers.
    """
    if image.mode in _UNREAD_MODES:
        raise UnusableFileError(f"Its colours are stored as {image.mode}; save it as grey or RGB.")
    left, top, right, bottom = box or (0, 0, *image.size)
    size = (right - left) // factor, (bottom - top) // factor
    whole: Image.Image | None = None
    for start, strip in _strips(image, factor, box):
        part = _to_bytes(strip, treatment)
        if factor > 1:
            part = part.reduce(factor)
        if part.size == size:
            return part
        whole = whole or Image.new(part.mode, size)
        whole.paste(part, (0, (start - top) // factor))
    assert whole is not None  # no picture is without rows
    return whole


def extremes(image: Image.Image) -> tuple[float, float]:
    """The least and the greatest number of a loaded picture.

    Of bytes that are not all opaque: 0 and 255, since their ground is as bright or dark as can be. Raises
    UnusableFileError for pixels that are no numbers, or such as stand for missing ones.
    """
    lows, highs = zip(*(_ends(strip) for _, strip in _strips(image)), strict=True)
    return min(lows), max(highs)


def contrasts(image: Image.Image) -> tuple[float, float] | None:
    """How far, from 0 to 255, the drawing on a partly transparent picture is from white and from black.

    None where all of it is opaque, or nothing.
    """
    total = bright = 0.0
    opaque = True
    step = max(1, min(image.size) // _LOOKED_AT)
    for _, strip in _strips(image):
        coloured = strip.convert("RGBA")
        opaque = opaque and coloured.getchannel("A").getextrema()[0] == 255
        pixels = np.asarray(coloured)[::step, ::step].astype(np.float32)
        total += float(pixels[..., 3].sum())
        bright += float((pixels[..., :3].mean(axis=-1) * pixels[..., 3]).sum())
    if opaque or total == 0:
        return None
    return 255 - bright / total, bright / total


def ground_for(found: list[tuple[float, float]]) -> Ground:
    """The ground that swallows fewer drawings, given their contrasts to white and black; white where it is equal."""
    on_white, on_black = (sum(contrast < _VISIBLE for contrast in side) for side in zip(*found, strict=True))
    return "black" if on_white > on_black else "white"


def _strips(
    image: Image.Image, factor: int = 1, box: tuple[int, int, int, int] | None = None
) -> Iterator[tuple[int, Image.Image]]:
    """What is in the box, in pieces whose heights are multiples of `factor`, each with the row that it begins at."""
    left, top, right, bottom = box or (0, 0, *image.size)
    rows = max(1, _STRIP // ((right - left) * factor)) * factor
    if box is None and rows >= image.height:
        yield 0, image
        return
    for start in range(top, bottom, rows):
        yield start, image.crop((left, start, right, min(start + rows, bottom)))


def _to_bytes(image: Image.Image, treatment: Treatment) -> Image.Image:
    picture = _in_range(image, treatment)
    if is_white_zero(image):
        picture = ImageOps.invert(picture)
    if not image.has_transparency_data:
        return picture
    ground = Image.new(picture.mode, picture.size, treatment.ground)
    ground.paste(picture, mask=_alpha(image))
    return ground


def _in_range(image: Image.Image, treatment: Treatment) -> Image.Image:
    """As bytes of mode L or RGB, as if 0 were black; what is transparent in the colour that the file gives it."""
    kind = kind_of(image)
    if kind == "whole numbers":
        return Image.fromarray(treatment.of_whole.to_bytes(numbers_of(image)))
    if kind == "floats":
        values = numbers_of(image)
        _checked_ends(values)
        return Image.fromarray(treatment.of_floats.to_bytes(values))
    return _stretched_picture(_grey_or_colour(image), treatment.of_bytes)


def _ends(image: Image.Image) -> tuple[float, float]:
    if kind_of(image) != "bytes":
        return _checked_ends(numbers_of(image))
    if image.has_transparency_data and _alpha(image).getextrema()[0] != 255:
        return 0, 255
    pixels = np.asarray(_grey_or_colour(image))
    return float(pixels.min()), float(pixels.max())


def _checked_ends(values: NDArray[np.generic]) -> tuple[float, float]:
    """Least and greatest of a picture's numbers, which has to be ones that a range can be of."""
    low, high = float(values.min()), float(values.max())
    range_of(low, high, values.dtype)
    return low, high


def _grey_or_colour(image: Image.Image) -> Image.Image:
    """Its bytes as L or RGB, with what is transparent in the colour that the file gives it."""
    wanted = "L" if image.mode in _GREY_MODES else "RGB"
    # A palette's transparency and colours that count as transparent have to become an alpha channel first.
    if image.has_transparency_data and image.mode not in _WITH_ALPHA:
        image = image.convert("LA" if wanted == "L" else "RGBA")
    return image if image.mode == wanted else image.convert(wanted)


def _alpha(image: Image.Image) -> Image.Image:
    return (image if image.mode in _WITH_ALPHA else image.convert("RGBA")).getchannel("A")


def _stretched_picture(picture: Image.Image, values: ValueRange) -> Image.Image:
    if (values.low, values.high) == (0, 255):
        return picture
    table: NDArray[np.uint8] = values.to_bytes(np.arange(256, dtype=np.uint8))
    return picture.point(table.tolist() * len(picture.getbands()))
