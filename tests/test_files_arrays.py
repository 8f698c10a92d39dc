"""Every layout and type of number that people save pictures in: read as NumPy reads it, and made bytes."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.array_files import Images, asked, pictures_of, random_bytes, refusal, saved
from vae_core.data.dataset import load_dataset

COUNT, SIDE = 7, 12
# How many channels there are, and how (N, C, H, W) is laid out.
LAYOUTS: dict[str, tuple[int, Callable[[NDArray[Any]], NDArray[Any]]]] = {
    "grey": (1, lambda x: x[:, 0]),
    "grey, channel last": (1, lambda x: x.transpose(0, 2, 3, 1)),
    "grey, channel first": (1, lambda x: x),
    "flat": (1, lambda x: x.reshape(len(x), -1)),
    "flat with an axis too many": (1, lambda x: x.reshape(len(x), -1, 1)),
    "colour, channels last": (3, lambda x: x.transpose(0, 2, 3, 1)),
    "colour, channels first": (3, lambda x: x),
}
TYPES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", "g", ">u2", ">i4", ">i8", ">f2", ">f4"]


def typed(bytes_: Images, kind: str) -> tuple[NDArray[Any], Images]:
    """Pixels in a type of number, each with all of its levels, and the bytes that they mean."""
    dtype = np.dtype(kind)
    if dtype.kind == "b":
        return bytes_ > 127, np.where(bytes_ > 127, np.uint8(255), np.uint8(0))
    if dtype.kind == "f":
        return (bytes_ / 255).astype(dtype), bytes_
    if dtype.itemsize == 1:
        return (bytes_ if dtype.kind == "u" else (bytes_.astype(np.int16) - 128).astype(dtype)), bytes_
    return bytes_.astype(dtype), bytes_


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_pictures_of_every_layout_and_type(tmp_path: Path, layout: str, kind: str) -> None:
    channels, arrange = LAYOUTS[layout]
    values, expected = typed(random_bytes(COUNT, channels, SIDE, SIDE), kind)
    laid_out = arrange(values)
    for array in (np.ascontiguousarray(laid_out), np.asfortranarray(laid_out)):
        for path in (saved(tmp_path / "set.npz", images=array), saved(tmp_path / "set.npy", images=array)):
            # What is in the file is told by NumPy itself.
            stored = np.load(path) if path.suffix == ".npy" else np.load(path)["images"]
            np.testing.assert_array_equal(stored, laid_out)
            assert stored.dtype == np.dtype(kind)
            assert asked(path, lambda arrays: arrays.image_shape) == (COUNT, channels, SIDE, SIDE)
            np.testing.assert_array_equal(pictures_of(path), expected)


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("kind", ["u1", "f4", ">f8", "u2"])
def test_transparent_pictures_are_laid_on_white(tmp_path: Path, channels: int, channels_last: bool, kind: str) -> None:
    pixels = random_bytes(20, channels, SIDE, SIDE)
    values, _ = typed(pixels, kind)
    path = saved(tmp_path / "set.npz", images=values.transpose(0, 2, 3, 1) if channels_last else values)
    opacity = pixels[:, -1:] / 255
    np.testing.assert_array_equal(pictures_of(path), np.rint(pixels[:, :-1] * opacity + 255 * (1 - opacity)))
    assert load_dataset(path).channels == channels - 1
    assert [note.note for note in load_dataset(path).report.notes] == [
        "Its last channel is taken for transparency: what is transparent becomes white."
    ]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((5, 3, 4, 4), (5, 3, 4, 4)),
        ((5, 4, 4, 3), (5, 3, 4, 4)),
        ((5, 1, 20, 4), (5, 1, 20, 4)),
        ((5, 3, 20, 3), (5, 3, 3, 20)),
        ((5, 1, 9, 1), (5, 1, 1, 9)),
    ],
)
def test_where_two_axes_could_be_channels_pictures_are_the_larger_ones(
    tmp_path: Path, shape: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    path = saved(tmp_path / "set.npy", images=random_bytes(*shape))
    assert asked(path, lambda arrays: arrays.image_shape) == expected
    assert pictures_of(path).shape == expected


def test_a_block_boundary_loses_nothing(tmp_path: Path) -> None:
    # 50,000 images of 784 bytes pass the size of a block several times.
    numbers = np.arange(50_000)
    images = np.zeros((50_000, 28, 28), dtype=np.uint8)
    images[:, 0, 0], images[:, 0, 1] = numbers // 256, numbers % 256
    path = saved(tmp_path / "set.npz", images=images)
    corners = [load_dataset(path, split).images[:, 0, 0, :2].long() for split in ("train", "test")]
    found = np.concatenate([(corner[:, 0] * 256 + corner[:, 1]).numpy() for corner in corners])
    np.testing.assert_array_equal(np.sort(found), numbers)


def test_odd_sizes_are_cropped_and_scaled(tmp_path: Path) -> None:
    wide = np.zeros((10, 30, 50), dtype=np.uint8)
    wide[:, :, 10:40] = 200
    dataset = load_dataset(saved(tmp_path / "set.npz", images=wide))
    assert dataset.images.shape == (9, 1, 32, 32)
    assert (dataset.images == 200).all()


def test_the_values_of_all_parts_have_one_range(tmp_path: Path) -> None:
    dark, light = np.full((20, 16, 16), 8, dtype=np.uint16), np.full((20, 16, 16), 4095, dtype=np.uint16)
    path = saved(tmp_path / "scan.npz", x_train=dark, x_test=light)
    train, test = (load_dataset(path, split) for split in ("train", "test"))
    assert (train.images == 0).all()
    assert (test.images == 255).all()
    for dataset in (train, test):
        (note,) = dataset.report.notes
        assert (note.name, note.note) == ("scan.npz", "Its values are stretched: 0 is black and 4095 white.")


def test_bytes_in_one_part_and_floats_in_another_are_each_what_they_are(tmp_path: Path) -> None:
    pixels = random_bytes(40, 16, 16)
    path = saved(tmp_path / "set.npz", x_train=pixels[:30], x_test=(pixels[30:] / 255).astype(np.float32))
    np.testing.assert_array_equal(pictures_of(path)[:, 0], pixels)
    path = saved(tmp_path / "whole.npz", x_train=pixels[:30] // 16, x_test=pixels[30:].astype(np.int64) // 16)
    np.testing.assert_array_equal(pictures_of(path)[:, 0], pixels // 16 * 17)


def test_the_note_on_a_range_is_in_the_report_also_the_second_time(tmp_path: Path) -> None:
    path = saved(tmp_path / "masks.npz", masks=random_bytes(40, 16, 16) >> 7)
    for _ in range(2):
        dataset = load_dataset(path)
        assert set(dataset.images.unique().tolist()) == {0, 255}
        assert [(note.name, note.note) for note in dataset.report.notes] == [
            ("masks.npz", "Its values are stretched: 0 is black and 1 white.")
        ]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["f2", "f4", ">f8"])
def test_what_is_no_number_is_named_by_its_first_picture(tmp_path: Path, kind: str, value: float, order: Any) -> None:
    images = np.zeros((40, 200, 200), dtype=kind, order=order)  # several blocks
    images[11, 190, 7] = images[33, 0, 0] = value
    sentence = refusal(saved(tmp_path / "scan.npz", x_train=np.zeros((9, 200, 200), dtype=kind), x_test=images))
    assert "scan.npz: x_test holds NaN or infinity, first in picture 11 (counted from 0)" in sentence


def test_numbers_for_missing_pixels_are_told(tmp_path: Path) -> None:
    images = np.zeros((9, 16, 16), dtype=np.float32)
    images[4, 3, 3] = np.finfo(np.float32).min
    assert "images: Its values go from -3.40282e+38 to 0" in refusal(saved(tmp_path / "map.npz", images=images))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_several_arrays_of_one_name_the_last_counts_as_for_numpy(tmp_path: Path) -> None:
    path = saved(tmp_path / "set.npz", images=np.zeros((6, 16, 16), np.uint8))
    pictures, data = random_bytes(5, 16, 16), BytesIO()
    np.save(data, pictures)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("images.npy", data.getvalue())
    np.testing.assert_array_equal(np.load(path)["images"], pictures)
    np.testing.assert_array_equal(pictures_of(path)[:, 0], pictures)
    notes = [note.note for note in load_dataset(path).report.notes]
    assert notes == ["images is in the file several times: the last one counts."]
