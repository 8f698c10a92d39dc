"""Image folders and ZIP archives of honest but odd pictures: what becomes of each kind, and what is said."""

import shutil
import struct
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from vae_core.data.dataset import load_dataset
from vae_core.data.files.class_folders import read_folders
from vae_core.data.files.classes import number_classes
from vae_core.data.files.framing import suggested_size
from vae_core.errors import DatasetError

RED, BLUE = (200, 10, 10), (10, 10, 200)
ORIENTATION = 0x0112


def save(path: Path, picture: Image.Image, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **options)  # type: ignore[arg-type]
    return path


def grey(value: int, size: tuple[int, int] = (16, 16)) -> Image.Image:
    return Image.new("L", size, value)


def halves(mode: str = "RGB") -> Image.Image:
    """Red above, blue below."""
    picture = Image.new("RGB", (16, 16), RED)
    picture.paste(BLUE, (0, 8, 16, 16))
    return picture.convert(mode)


def zipped(folder: Path) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder.parent))
    return path


def only_image(folder: Path, **options: int) -> torch.Tensor:
    """The one image (C, H, W) of a folder, to which a copy is added so that there is one to test with."""
    (path,) = folder.iterdir()
    shutil.copy(path, path.with_stem("copy"))
    dataset = load_dataset(folder, **options)  # type: ignore[arg-type]
    assert dataset.report.skipped == ()
    assert len(dataset) == 1
    return dataset.images[0]


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    """Thirty grey squares in three classes; each image's value is 100 + 10 × its class + its place."""
    for label, name in enumerate(["2", "10", "cats"]):
        for place in range(10):
            save(tmp_path / "set" / name / f"{place}.png", grey(100 + 10 * label + place))
    return tmp_path / "set"


@pytest.mark.parametrize("packed", [False, True])
def test_sub_folders_are_classes_and_each_gives_its_tenth(classes: Path, packed: bool) -> None:
    source = zipped(classes) if packed else classes
    train, test = load_dataset(source), load_dataset(source, "test")
    assert train.class_names == ("2", "10", "cats")
    assert train.images.shape == (27, 1, 16, 16)
    assert sorted(test.labels.tolist()) == [0, 1, 2]
    values = torch.cat([train.images, test.images])[:, 0, 0, 0]
    labels = torch.cat([train.labels, test.labels])
    assert sorted(values.tolist()) == list(range(100, 130))
    assert torch.equal(values.long() // 10 - 10, labels)


def test_a_folder_and_its_zip_are_the_same_data_set(classes: Path) -> None:
    assert load_dataset(classes).fingerprint == load_dataset(zipped(classes)).fingerprint


def test_a_flat_folder_is_one_class_of_its_name(tmp_path: Path) -> None:
    for index in range(12):
        save(tmp_path / "leaves" / f"{index}.png", grey(index))
    dataset = load_dataset(tmp_path / "leaves")
    assert dataset.class_names == ("leaves",)
    assert len(dataset) == 11


def test_shared_folders_are_passed_over_and_files_beside_the_classes_are_kept() -> None:
    labels = read_folders(["all/pets/9/a.png", "all/pets/10/deep/b.png", "all/pets/c.png"], "set").labels
    assert number_classes(labels) == (("9", "10", "pets"), [0, 1, 2])
    assert read_folders(["a.png", "x/b.png"], "set").labels == ["set", "x"]
    assert read_folders(["photos/a.png", "photos/b.png"], "set").labels == ["photos", "photos"]
    assert read_folders(["photos/train/a.png", "photos/train/b.png"], "set").labels == ["photos", "photos"]


def test_a_picture_is_turned_as_the_camera_was(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 3  # upside down
    save(tmp_path / "set" / "a.png", halves(), exif=exif)
    image = only_image(tmp_path / "set")
    assert image[:, 2, 8].tolist() == list(BLUE)
    assert image[:, 13, 8].tolist() == list(RED)


def test_the_middle_square_is_kept(tmp_path: Path) -> None:
    picture = Image.new("RGB", (48, 16), RED)
    picture.paste(BLUE, (16, 0, 32, 16))
    save(tmp_path / "set" / "a.png", picture)
    image = only_image(tmp_path / "set")
    assert image.shape == (3, 16, 16)
    assert (image.flatten(1) == torch.tensor(BLUE)[:, None]).all()


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (16, 16), (*RED, 0))
    picture.paste((*BLUE, 255), (0, 8, 16, 16))
    save(tmp_path / "set" / "a.png", picture)
    image = only_image(tmp_path / "set")
    assert image[:, 2, 8].tolist() == [255, 255, 255]
    assert image[:, 13, 8].tolist() == list(BLUE)


def test_a_transparent_palette_is_laid_on_white(tmp_path: Path) -> None:
    picture = Image.new("P", (16, 16), 0)
    picture.putpalette([*RED, *BLUE])
    picture.paste(1, (0, 8, 16, 16))
    save(tmp_path / "set" / "a.png", picture, transparency=b"\x00\xff")
    image = only_image(tmp_path / "set")
    assert image[:, 2, 8].tolist() == [255, 255, 255]
    assert image[:, 13, 8].tolist() == list(BLUE)


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    values = np.repeat(np.linspace(0, 65535, 16, dtype=np.uint16)[None], 16, axis=0)
    save(tmp_path / "set" / "a.png", Image.fromarray(values))
    image = only_image(tmp_path / "set")
    assert image.shape == (1, 16, 16)
    np.testing.assert_allclose(image[0, 0].numpy(), np.linspace(0, 255, 16), atol=1)


def test_floating_point_pixels_up_to_one_become_bytes(tmp_path: Path) -> None:
    values = np.repeat(np.linspace(0, 1, 16, dtype=np.float32)[None], 16, axis=0)
    save(tmp_path / "set" / "a.tiff", Image.fromarray(values))
    np.testing.assert_allclose(only_image(tmp_path / "set")[0, 0].numpy(), np.linspace(0, 255, 16), atol=1)


@pytest.mark.parametrize(("mode", "name"), [("CMYK", "a.tiff"), ("P", "a.gif"), ("RGB", "a.bmp"), ("RGB", "a.webp")])
def test_every_colour_mode_keeps_its_colours(tmp_path: Path, mode: str, name: str) -> None:
    options = {"lossless": True} if name.endswith("webp") else {}
    save(tmp_path / "set" / name, halves(mode), **options)
    image = only_image(tmp_path / "set")
    for row, colour in [(2, RED), (13, BLUE)]:
        np.testing.assert_allclose(image[:, row, 8].numpy(), colour, atol=10)


def test_of_an_animation_the_first_frame_is_used_and_said(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in (RED, BLUE, RED)]
    save(tmp_path / "set" / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    save(tmp_path / "set" / "b.gif", frames[0])
    dataset, other = (load_dataset(tmp_path / "set", split) for split in ("train", "test"))
    assert dataset.images[0, :, 8, 8].tolist() == list(RED)
    of_files = {note.name: note.note for note in (*dataset.report.notes, *other.report.notes) if note.name != "set"}
    assert of_files == {"a.gif": "It has several frames; only the first is used."}


def test_damaged_exif_does_not_cost_the_picture(tmp_path: Path) -> None:
    save(tmp_path / "set" / "a.jpg", halves(), exif=b"Exif\0\0II*\0" + struct.pack("<IHH", 8, 999, 0x0112))
    assert only_image(tmp_path / "set").shape == (3, 16, 16)


def test_grey_pictures_saved_in_colour_are_found_grey(tmp_path: Path) -> None:
    for index in range(3):
        save(tmp_path / "set" / f"{index}.png", grey(50 * index).convert("RGB"))
        save(tmp_path / "set" / f"{index}.jpg", grey(50 * index).convert("RGB"))
    assert load_dataset(tmp_path / "set").channels == 1
    save(tmp_path / "set" / "z.png", halves())
    assert load_dataset(tmp_path / "set").channels == 3
    assert load_dataset(tmp_path / "set", channels=1).channels == 1


@pytest.mark.parametrize(
    ("side", "size"), [(28, 28), (30, 32), (3, 8), (1, 8), (97, 96), (128, 128), (129, 64), (4000, 64)]
)
def test_the_suggested_size_is_the_nearest_and_small_for_photographs(side: int, size: int) -> None:
    assert suggested_size(side) == size


def test_a_large_photograph_is_reduced_without_ringing_or_shift(tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 900).round().astype(np.uint8)
    save(tmp_path / "set" / "a.jpg", Image.fromarray(np.repeat(ramp[None], 900, axis=0)), quality=95)
    image = only_image(tmp_path / "set")
    assert image.shape == (1, 64, 64)
    np.testing.assert_allclose(image[0, 32].numpy(), (np.arange(64) + 0.5) / 64 * 255, atol=2.5)


def test_what_is_no_picture_is_listed_with_its_reason(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    for index in range(3):
        save(folder / f"{index}.png", grey(index))
    (folder / "notes.txt").write_text("hello")
    (folder / "empty.png").touch()
    (folder / "cut.png").write_bytes((folder / "0.png").read_bytes()[:45])
    (folder / "drawing.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    (folder / "link.png").symlink_to(folder / "0.png")
    (folder / ".DS_Store").write_bytes(b"\0")
    report = load_dataset(folder).report
    reasons = {entry.name: entry.reason for entry in report.skipped}
    unreadable = "It is not an image that can be read here (PNG, JPEG, WEBP, GIF, BMP, TIFF, PPM)."
    assert reasons == {
        "cut.png": "It is damaged or cut off.",
        "drawing.eps": unreadable,
        "empty.png": "The file is empty.",
        "link.png": "It is a symbolic link; put the file itself here.",
        "notes.txt": unreadable,
    }


def test_a_damaged_picture_does_not_take_the_test_split_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    whole = BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(256, size=(16, 16), dtype=np.uint8)).save(whole, "PNG")
    for index in range(10):
        folder.mkdir(exist_ok=True)
        (folder / f"{index}.png").write_bytes(whole.getvalue()[: 200 if index < 7 else None])
    train, test = load_dataset(folder), load_dataset(folder, "test")
    assert len(test) == 1
    assert len(train) == 2
    assert len(train.report.skipped) == 7


def test_an_empty_folder_says_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no files; put images into it, with sub-folders as classes"):
        load_dataset(tmp_path)


def test_a_folder_without_pictures_says_why_the_first_was_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(DatasetError, match=r"has 1 file but no readable image; a\.txt: It is not an image"):
        load_dataset(tmp_path)


def test_one_picture_is_too_few_for_testing(tmp_path: Path) -> None:
    save(tmp_path / "set" / "a.png", grey(1))
    for split in ("train", "test"):
        with pytest.raises(DatasetError, match=r"^set has only one readable picture; two are needed at least, one of"):
            load_dataset(tmp_path / "set", split)


def test_a_lone_picture_file_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", grey(1))
    with pytest.raises(DatasetError, match=r"^a\.png is no image folder, \.zip, \.npz, \.npy, \.csv or \.parquet file"):
        load_dataset(path)
