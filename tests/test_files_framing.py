"""Cropped or padded to a square: what is kept, the model's own data, and what the preview shows of it."""

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vae_core.config import Crop, TrainConfig
from vae_core.data.dataset import load_dataset
from vae_core.data.files.framing import frame_picture
from vae_core.data.look import GAP, HEIGHT, Request, examples
from vae_core.data.reader import look_at
from vae_core.errors import ConfigError, DatasetError

RED, BLUE = (200, 10, 10), (10, 10, 200)


def flag(width: int = 48, height: int = 16) -> Image.Image:
    """Red, with a blue square in the middle."""
    picture = Image.new("RGB", (width, height), RED)
    side = min(width, height) // 2
    left, top = (width - side) // 2, (height - side) // 2
    picture.paste(BLUE, (left, top, left + side, top + side))
    return picture


def packed(path: Path, pictures: list[Image.Image]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number, picture in enumerate(pictures):
            data = BytesIO()
            picture.save(data, "PNG")
            archive.writestr(f"all/{number:03d}.png", data.getvalue())
    return path


def share_of_blue(pixels: np.ndarray) -> float:
    """Of an image (3, H, W)."""
    return float((pixels[2].astype(int) > pixels[0]).mean())


def test_padded_keeps_the_whole_picture_on_the_colour_of_its_edge() -> None:
    framed = frame_picture(flag(), 48, 3, "padded")
    assert framed.shape == (3, 48, 48)
    assert share_of_blue(framed) == pytest.approx(64 / 48**2, rel=0.2)
    assert (framed[:, 0] == np.array(RED)[:, None]).all()
    assert share_of_blue(frame_picture(flag(), 48, 3)) == pytest.approx(1 / 4, rel=0.2)


def test_a_spot_on_the_edge_does_not_colour_the_ground() -> None:
    picture = Image.new("L", (40, 20), 255)
    picture.paste(0, (0, 0, 8, 3))
    assert (frame_picture(picture, 40, 1, "padded")[0, :9] == 255).all()


@pytest.mark.parametrize("crop", ["middle", "padded"])
def test_a_square_picture_is_framed_alike(crop: Crop) -> None:
    picture = flag(32, 32)
    np.testing.assert_array_equal(frame_picture(picture, 16, 3, crop), frame_picture(picture, 16, 3))


@pytest.mark.parametrize("size", [(3000, 1), (1, 3000), (129, 2)])
def test_extreme_shapes_can_be_padded(size: tuple[int, int]) -> None:
    assert (frame_picture(Image.new("L", size, 90), 32, 1, "padded") == 90).all()


def test_padded_data_are_other_data_of_another_size(tmp_path: Path) -> None:
    path = packed(tmp_path / "flags.zip", [flag()] * 12)
    cropped, padded = load_dataset(path), load_dataset(path, crop="padded")
    assert (cropped.image_size, padded.image_size) == (16, 48)
    again = [load_dataset(path, crop=crop, image_size=16) for crop in ("middle", "padded", "middle")]
    assert again[0].fingerprint == again[2].fingerprint == cropped.fingerprint
    assert again[1].fingerprint != cropped.fingerprint


def test_where_padding_would_change_nothing_it_is_no_mistake(tmp_path: Path) -> None:
    assert load_dataset("digits", crop="padded").fingerprint == load_dataset("digits").fingerprint
    images = np.random.default_rng(0).integers(256, size=(20, 16, 16), dtype=np.uint8)
    np.savez(tmp_path / "square.npz", images=images)
    assert len(load_dataset(tmp_path / "square.npz", crop="padded")) == 18


def test_a_crop_that_is_unknown_or_not_done_is_said(tmp_path: Path) -> None:
    np.savez(tmp_path / "wide.npz", images=np.zeros((20, 8, 16), dtype=np.uint8))
    with pytest.raises(DatasetError, match=r"wide\.npz has images of 16×8 pixels, and arrays are not padded here"):
        load_dataset(tmp_path / "wide.npz", crop="padded")
    with pytest.raises(DatasetError, match="celeba is always cropped to the middle"):
        load_dataset("celeba", crop="padded")
    with pytest.raises(DatasetError, match="The crop is left; it must be one of middle, padded"):
        load_dataset("digits", crop="left")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"^crop: .*'left'"):
        TrainConfig.parse({"data": "digits", "crop": "left"})


def opened(sheet: bytes) -> np.ndarray:
    """A preview as (rows, columns, 3)."""
    return np.asarray(Image.open(BytesIO(sheet)).convert("RGB"))


@pytest.mark.parametrize(("crop", "left", "right"), [("middle", 107, 213), ("padded", 0, 320)])
def test_the_preview_outlines_what_is_kept_and_shows_the_result_beside_it(
    tmp_path: Path, crop: Crop, left: int, right: int
) -> None:
    path = packed(tmp_path / "flags.zip", [flag(480, 160)] * 9)
    found = examples(path, 32, 3, crop, 6)
    assert len(found) == 6
    assert (found[0].width, found[0].height) == (480, 160)
    sheet = opened(found[0].sheet)
    assert sheet.shape == (HEIGHT, 2 * HEIGHT + GAP + HEIGHT, 3)
    shown, seen = sheet[:, : 2 * HEIGHT], sheet[:, -HEIGHT:]
    rows, columns = np.nonzero((shown == 255).all(axis=-1))  # the outline's white line
    assert (columns.min(), columns.max()) == pytest.approx((left, right - 1), abs=3)
    assert rows.max() - rows.min() == pytest.approx((right - left) / (3 if crop == "padded" else 1), abs=4)
    expected = frame_picture(flag(480, 160), 32, 3, crop).transpose(1, 2, 0).repeat(5, 0).repeat(5, 1)
    np.testing.assert_array_equal(seen, expected)


def test_the_preview_takes_what_is_not_square_first_and_nothing_that_stays_as_it_is(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", [flag(16, 16)] * 20 + [flag(64, 64)] * 3 + [flag(40, 20)] * 2)
    assert look_at(Request(path)).oblong
    assert [(pair.width, pair.height) for pair in examples(path, 16, 3, "middle", 6)] == [(40, 20)] * 2
    square = packed(tmp_path / "b.zip", [flag(16, 16)] * 20 + [flag(64, 64)] * 3)
    assert not look_at(Request(square)).oblong
    assert [(pair.width, pair.height) for pair in examples(square, 16, 3, "middle", 6)] == [(64, 64)] * 3
    assert examples(packed(tmp_path / "c.zip", [flag(16, 16)] * 9), 16, 3, "middle", 6) == []


def test_arrays_have_a_preview_where_they_are_scaled(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=np.full((9, 20, 30, 3), 80, dtype=np.uint8))
    found = examples(tmp_path / "a.npz", 16, 1, "middle", 6)
    assert [(pair.width, pair.height) for pair in found] == [(30, 20)] * 6
    np.savez(tmp_path / "b.npz", images=np.full((9, 16, 16), 80, dtype=np.uint8))
    assert examples(tmp_path / "b.npz", 16, 1, "middle", 6) == []


def test_damaged_pictures_are_passed_over_in_the_preview(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", [flag()] * 3)
    with zipfile.ZipFile(path, "a") as archive:
        whole = archive.read("all/000.png")
        archive.writestr("all/cut.png", whole[:60])
        archive.writestr("all/none.png", b"no picture")
    assert len(examples(path, 16, 3, "middle", 6)) == 3
