"""What the numbers of pixels mean: one rule for a whole set, so that no picture is black without a word."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vae_core.uploads.import_report import UnusableFileError

SLACK = 0.05  # a share of the usual range: as far outside it as filters and rounding leave numbers
DARK = 31  # bytes that end here or below are no bytes but few levels


@dataclass(frozen=True)
class ValueRange:
    """What is black and what is white; `note` says so in a sentence where it is not what the type itself says."""

    low: float
    high: float
    note: str | None = None

    def to_bytes(self, values: NDArray[np.generic]) -> NDArray[np.uint8]:
        """Values of any shape as 0 to 255; what is outside becomes black or white."""
        if values.dtype == np.uint8 and (self.low, self.high) == (0, 255):
            return values.view(np.uint8)
        if values.dtype == np.uint8:
            return self._table()[values.view(np.uint8)]
        scaled = (values.astype(np.float32) - np.float32(self.low)) * np.float32(255 / (self.high - self.low))
        return np.rint(scaled.clip(0, 255)).astype(np.uint8)

    def _table(self) -> NDArray[np.uint8]:
        levels = (np.arange(256) - self.low) * (255 / (self.high - self.low))
        return np.rint(levels.clip(0, 255)).astype(np.uint8)


BYTES = ValueRange(0, 255)


def range_of(low: float, high: float, dtype: np.dtype[np.generic]) -> ValueRange:
    """The range of a set whose values go from `low` to `high`.

    Whole numbers end at a power of two less one, as cameras and scanners count; floats are 0 to 1, −1 to 1 or 0 to
    255, with some slack, and otherwise go from their least to their greatest.

    Raises:
        UnusableFileError: they hold what is no number (NaN or infinity).
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UnusableFileError("It holds pixels that are no numbers (NaN or infinity).")
    if dtype.kind == "b":
        return ValueRange(0, 1)
    if dtype.kind in "ui":
        return _of_whole_numbers(int(low), int(high), dtype)
    return _of_floats(low, high)


def _of_whole_numbers(low: int, high: int, dtype: np.dtype[np.generic]) -> ValueRange:
    if low == high or (dtype == np.uint8 and high > DARK):
        return BYTES if high <= 255 and low >= 0 else _stretched(min(low, 0), max(high, low + 1, 1))
    if low < 0:
        return _stretched(low, high)
    top = 2 ** max(1, high.bit_length()) - 1
    return BYTES if top == 255 else _stretched(0, top)


def _of_floats(low: float, high: float) -> ValueRange:
    if low >= -SLACK and high <= 1 + SLACK:
        outside = low < -1e-3 or high > 1 + 1e-3
        return ValueRange(0, 1, _clipped(low, high) if outside else None)
    if low >= -1 - 2 * SLACK and high <= 1 + 2 * SLACK:
        return _stretched(-1, 1)
    if low >= -255 * SLACK and 2 < high <= 255 * (1 + SLACK):
        return ValueRange(0, 255, "Its numbers go up to 255: 0 is black and 255 white.")
    return _stretched(low, high)


def _stretched(low: float, high: float) -> ValueRange:
    return ValueRange(low, high, f"Its values are stretched: {low:g} is black and {high:g} white.")


def _clipped(low: float, high: float) -> str:
    return f"Some values are outside 0 to 1 ({low:.3g} to {high:.3g}): what is outside becomes black or white."
