"""What the numbers of pixels mean: one rule for a whole set, so that no picture is black without a word."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vae_core.data.files.import_report import UnusableFileError

SLACK = 0.05  # a share of the usual range: as far outside it as filters and rounding leave numbers
SIGNED = -0.7  # floats of -1 to 1 come at least this near to -1; those centred on 0 in another way do not
DARK = 31  # bytes that end here or below are no bytes but few levels
LARGEST = 1e30  # beyond it numbers stand for pixels that are missing
SMALLEST = 1e-30  # closer together numbers are equal


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
