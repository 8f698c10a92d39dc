"""What is black and what is white in a set of pixels, whatever type of number they are."""

from typing import Any

import numpy as np
import pytest

from vae_core.data.files.intake import UnusableFileError
from vae_core.data.files.treatment import BYTES, ValueRange, range_of

STRETCHED = "Its values are stretched: {:g} is black and {:g} white."
WHOLE = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"]
WIDE = WHOLE[2:]
FLOATS = ["f2", "f4", "f8"]


def stretched(low: float, high: float) -> ValueRange:
    return ValueRange(low, high, STRETCHED.format(low, high))


def found(low: float, high: float, kind: str) -> ValueRange:
    return range_of(low, high, np.dtype(kind))


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("high", [1, 2, 9, 15, 16, 30])
def test_few_levels_are_stretched_to_the_greatest_of_them(kind: str, high: int) -> None:
    assert found(0, high, kind) == stretched(0, high)
    assert found(1, high + 1, kind) == stretched(0, high + 1)


@pytest.mark.parametrize("kind", ["u1", *WIDE])
@pytest.mark.parametrize("high", [32, 100, 127, 128, 254, 255])
def test_bytes_are_bytes_in_any_type(kind: str, high: int) -> None:
    assert found(0, high, kind) == BYTES
    assert BYTES.note is None


@pytest.mark.parametrize(("high", "top"), [(256, 511), (1000, 1023), (1023, 1023), (3000, 4095), (4095, 4095)])
@pytest.mark.parametrize("kind", WIDE)
def test_more_than_bytes_end_as_scanners_count(kind: str, high: int, top: int) -> None:
    assert found(0, high, kind) == stretched(0, top)
    assert found(high - 200, high, kind) == stretched(0, top)


def test_what_a_type_itself_ends_at_needs_no_word() -> None:
    assert found(0, 65535, "u2") == found(0, 40000, "u2") == ValueRange(0, 65535)
    assert found(0, 65535, "i4") == stretched(0, 65535)
    assert found(0, 100, "i1") == stretched(0, 127)
    assert found(0, 20_000, "i2") == stretched(0, 32767)
    assert found(0, 2**64 - 1, "u8") == ValueRange(0, 2**64 - 1)


@pytest.mark.parametrize(("low", "high"), [(-128, 127), (-1, 1), (-1, 0), (-1, 255), (-1000, 3000)])
@pytest.mark.parametrize("kind", ["i2", "i4", "i8"])
def test_signed_numbers_go_from_their_least_to_their_greatest(kind: str, low: int, high: int) -> None:
    assert found(low, high, kind) == stretched(low, high)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, ValueRange(0, 1)),
        (0.2, 0.6, ValueRange(0, 1)),
        (0, float(np.nextafter(np.float32(1), np.float32(2))), ValueRange(0, 1)),
        (0, 0.5, ValueRange(0, 1)),
        (-1, 1, stretched(-1, 1)),
        (-1, 0.4, stretched(-1, 1)),
        (-1.05, 1.04, stretched(-1, 1)),
        (-0.5, 0.5, stretched(-0.5, 0.5)),
        (-0.1, 1, stretched(-0.1, 1)),
        (-2.1, 2.6, stretched(-2.1, 2.6)),
        (0, 1 / 255, stretched(0, 1 / 255)),
        (-0.01, 0.1, stretched(-0.01, 0.1)),
        (-0.02, -0.01, stretched(-0.02, -0.01)),
        (0, 15, stretched(0, 15)),
        (0, 16, stretched(0, 16)),
        (0, 255, ValueRange(0, 255, "Its numbers go up to 255: 0 is black and 255 white.")),
        (-3, 200, ValueRange(0, 255, "Its numbers go up to 200: 0 is black and 255 white.")),
        (0, 4095, stretched(0, 4095)),
        (-20, 255, stretched(-20, 255)),
        (1.1, 1.3, stretched(1.1, 1.3)),
    ],
)
@pytest.mark.parametrize("kind", FLOATS)
def test_floats(kind: str, low: float, high: float, expected: ValueRange) -> None:
    assert found(low, high, kind) == expected


@pytest.mark.parametrize(("low", "high"), [(-0.04, 1), (0, 1.03), (-0.02, 1.02)])
def test_floats_slightly_outside_are_clipped_and_said(low: float, high: float) -> None:
    clipped = found(low, high, "f4")
    assert (clipped.low, clipped.high) == (0, 1)
    assert (
        clipped.note
        == f"Some values are outside 0 to 1 ({low:.3g} to {high:.3g}): what is outside becomes black or white."
    )


@pytest.mark.parametrize("kind", [*WHOLE, *FLOATS])
@pytest.mark.parametrize("level", [0, 1, 7, 100, 120])
def test_equal_pixels_have_a_range(kind: str, level: int) -> None:
    known = found(level, level, kind)
    assert known.high > known.low
    assert known.to_bytes(np.full((2, 2), level, kind)).shape == (2, 2)
    assert known.note is None


@pytest.mark.parametrize("level", [-1000.0, -1e-40, -0.01, 1e-40, 1000.0, -7.0])
def test_equal_pixels_of_unusual_levels_too(level: float) -> None:
    known = found(level, level, "f8")
    assert set(known.to_bytes(np.full(3, level)).tolist()) <= {0, 255}


def test_truth_is_black_and_white_whatever_its_bytes_are() -> None:
    raw = np.array([0, 1, 2, 255], np.uint8).view(bool)
    assert found(0, 1, "?").to_bytes(raw).tolist() == [0, 255, 255, 255]


@pytest.mark.parametrize(("low", "high"), [(np.nan, np.nan), (0, np.inf), (-np.inf, 1), (np.nan, 1)])
def test_what_is_no_number_has_no_range(low: float, high: float) -> None:
    with pytest.raises(UnusableFileError, match=r"^It holds pixels that are no numbers \(NaN or infinity\)\.$"):
        found(low, high, "f4")


@pytest.mark.parametrize(("low", "high"), [(-3.4e38, 1), (0, 1e300), (-1.7e308, 1.7e308)])
def test_numbers_that_stand_for_missing_pixels_have_no_range(low: float, high: float) -> None:
    with pytest.raises(UnusableFileError, match="such numbers stand for missing pixels; replace"):
        found(low, high, "f8")


def can_be(kind: str, low: float, high: float) -> bool:
    """Whether a type has such numbers."""
    dtype = np.dtype(kind)
    if dtype.kind == "f":
        return True
    limits = np.iinfo(kind)
    return low == int(low) and bool(limits.min <= low) and bool(high <= limits.max)


SPANS = [(0, 1), (0, 16), (0, 100), (-1, 1), (-100, 127), (-0.5, 0.5), (0, 1000)]
TYPES = [*WHOLE, *FLOATS, "g", ">i2", ">u4", ">f4", ">f8"]


@pytest.mark.parametrize(
    ("kind", "low", "high"), [(kind, *span) for kind in TYPES for span in SPANS if can_be(kind, *span)]
)
def test_every_value_becomes_its_share_of_the_range(kind: str, low: float, high: float) -> None:
    values: Any = np.linspace(low, high, 60).astype(kind).reshape(3, 4, 5)
    known = found(low, high, kind)
    shares = (values.astype(np.longdouble) - known.low) / (known.high - known.low)
    exact = np.clip(255 * shares, 0, 255)
    given = known.to_bytes(values)
    assert given.dtype == np.uint8
    assert np.abs(given - exact).max() <= 0.5001  # a step is rounded, in single precision
    swapped = known.to_bytes(values.transpose(2, 0, 1))
    np.testing.assert_array_equal(swapped.transpose(1, 2, 0), given)


def test_what_is_outside_becomes_black_or_white() -> None:
    values = np.array([-0.04, 0, 0.5, 1, 1.03], np.float32)
    assert found(-0.04, 1.03, "f4").to_bytes(values).tolist() == [0, 0, 128, 255, 255]
    assert stretched(0, 15).to_bytes(np.array([0, 5, 15, 200], np.uint8)).tolist() == [0, 85, 255, 255]


def test_bytes_are_not_copied() -> None:
    values = np.arange(256, dtype=np.uint8)
    assert BYTES.to_bytes(values).base is values


@pytest.mark.parametrize("kind", ["u1", "f4", "f8", "i8"])
def test_nothing_is_changed_in_place(kind: str) -> None:
    values = np.arange(10).astype(kind)
    found(0, 9, kind).to_bytes(values)
    np.testing.assert_array_equal(values, np.arange(10))
