"""Numbers of scientific TIFFs: what their files say of white, of signs and of the order of bytes holds."""

from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image

from tests.picture_archives import packed, set_notes, spot, tiff
from vae_core.data.dataset import load_dataset
from vae_core.data.files.decoding import decode, opened
from vae_core.data.files.intake import DEFAULT_LIMITS, UnusableFileError
from vae_core.data.files.tiff_numbers import numbers_of

COUNT = 12
INVERTED = "Black and white change places in 12 of its 12 pictures: their files say that 0 is white."
ENDS = {
    "uint8": (0, 7, 255),
    "int8": (-128, -1, 127),
    "uint16": (0, 40_000, 65_535),
    "int16": (-32_768, -1, 32_767),
    "uint32": (0, 2**31 + 5, 2**32 - 1),
    "int32": (-(2**31), -5, 2**31 - 1),
    "float16": (-1.5, 0, 65_504),
    "float32": (-1.5, 0, 3e9),
    "float64": (-1.5, 0, 3e9),
}


@pytest.mark.parametrize("photometric", [0, 1, None])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ENDS)
def test_numbers_are_those_of_the_file(
    kind: str, order: Literal["<", ">"], compressed: bool, photometric: int | None
) -> None:
    numbers = np.array([ENDS[kind]] * 2, dtype=kind)
    data = tiff(numbers[..., None], order, photometric=photometric, compressed=compressed)
    with opened(BytesIO(data), DEFAULT_LIMITS) as image:
        image.load()
        np.testing.assert_array_equal(numbers_of(image), numbers)


@pytest.mark.parametrize(("kind", "top"), [("uint8", 1), ("uint16", 4095), ("uint16", 65_535), ("float32", 1)])
def test_where_zero_is_white_the_greatest_number_of_the_set_is_black(tmp_path: Path, kind: str, top: int) -> None:
    """Of twelve bits in sixteen too, whose range is the set's own."""
    masks = [(spot(number) // 255).astype(kind) for number in range(COUNT)]
    members = {f"{n}.tif": tiff((mask * top)[..., None], ">", photometric=0) for n, mask in enumerate(masks)}
    path = packed(tmp_path / "set.zip", members)
    sets = [load_dataset(path, split) for split in ("train", "test")]
    shown = sorted(image.tobytes() for dataset in sets for image in dataset.images.numpy())
    assert shown == sorted((255 - spot(number)).tobytes() for number in range(COUNT))
    assert INVERTED in set_notes(sets[0])


def test_one_bit_where_zero_is_white_is_as_it_looks() -> None:
    paper = Image.fromarray(255 - spot(0)).convert("1")
    data = BytesIO()
    paper.save(data, "TIFF", compression="group4", tiffinfo={262: 0})
    np.testing.assert_array_equal(np.asarray(decode(data, DEFAULT_LIMITS).picture), 255 - spot(0))


def test_numbers_beyond_two_thousand_million_are_the_brightest(tmp_path: Path) -> None:
    members = {
        f"{n}.tif": tiff((spot(n) // 255).astype(np.uint32)[..., None] * np.uint32(2**32 - 1)) for n in range(COUNT)
    }
    path = packed(tmp_path / "set.zip", members)
    shown = sorted(image.tobytes() for split in ("train", "test") for image in load_dataset(path, split).images.numpy())
    assert shown == sorted(spot(number).tobytes() for number in range(COUNT))


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("low", "high", "note"),
    [(0, 1, None), (-3, 5, "Its values are stretched: -3 is black and 5 white.")],
)
def test_floats_of_any_length_have_the_range_of_their_set(
    tmp_path: Path, kind: str, order: Literal["<", ">"], low: int, high: int, note: str | None
) -> None:
    pictures = [(low + spot(n).astype(float) / 255 * (high - low)).astype(kind) for n in range(COUNT)]
    members = {f"{n}.tif": tiff(picture[..., None], order) for n, picture in enumerate(pictures)}
    sets = [load_dataset(packed(tmp_path / "set.zip", members), split) for split in ("train", "test")]
    shown = sorted(image.tobytes() for dataset in sets for image in dataset.images.numpy())
    assert shown == sorted(spot(number).tobytes() for number in range(COUNT))
    assert [said for said in set_notes(sets[0]) if "values" in said] == ([note] if note else [])


@pytest.mark.parametrize("kind", ["float16", "float64"])
def test_missing_pixels_of_floats_of_any_length_cost_their_picture(kind: str) -> None:
    numbers = spot(0).astype(kind)
    numbers[0, 0] = np.nan
    with pytest.raises(UnusableFileError, match=r"pixels that are no numbers \(NaN or infinity\)"):
        decode(BytesIO(tiff(numbers[..., None])), DEFAULT_LIMITS)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["float16", "float64"])
def test_tiles_of_floats_are_put_together(kind: str, order: Literal["<", ">"]) -> None:
    """The last of a row reaches beyond the picture, so that its rows of bytes are longer than what is shown of them."""
    numbers = np.arange(20 * 24, dtype=kind).reshape(20, 24)
    with opened(BytesIO(tiff(numbers[..., None], order, tile=16)), DEFAULT_LIMITS) as image:
        image.load()
        np.testing.assert_array_equal(numbers_of(image), numbers)
