"""One odd or hostile file in a ZIP of good ones, each kind in turn: what is said of it, or what becomes of it."""

import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.picture_archives import archive, png, reasons, training_split
from vae_core.data.dataset import Dataset

UNREADABLE = "It is not an image that can be read here (PNG, JPEG, WEBP, GIF, BMP, TIFF, PPM)."
SVG = "It is an SVG drawing; save it as PNG."
DAMAGED = "It is damaged or cut off."
SEVERAL = "It has several frames; only the first is used."
ORIENTATION = 0x0112
CORNERS = ((200, 30, 30), (30, 200, 30), (30, 30, 200), (220, 220, 40))  # top left, top right, bottom left, right


def four_colours() -> Image.Image:
    """A picture that tells every turn and mirroring apart."""
    picture = Image.new("RGB", (16, 16))
    for index, colour in enumerate(CORNERS):
        left, top = index % 2 * 8, index // 2 * 8
        picture.paste(colour, (left, top, left + 8, top + 8))
    return picture


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    data = BytesIO()
    picture.save(data, form, **options)
    return data.getvalue()


def noise(form: str) -> bytes:
    pixels = np.random.default_rng(0).integers(256, size=(64, 64, 3), dtype=np.uint8)
    return encoded(Image.fromarray(pixels), form)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def damaged(data: bytes) -> bytes:
    """A PNG with one bit of its pixels turned."""
    place = data.index(b"IDAT") + 1000
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def after_header(data: bytes, *chunks: bytes) -> bytes:
    """A PNG with chunks put in behind its header."""
    return data[:33] + b"".join(chunks) + data[33:]


def nested() -> bytes:
    inner = BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("1.png", png())
    return inner.getvalue()


LEFT_OUT: dict[str, tuple[str, bytes, str]] = {
    "a zip in the zip": ("more.zip", nested(), UNREADABLE),
    "a zip that calls itself a picture": ("more.png", nested(), UNREADABLE),
    "a drawing of lines": ("a.png", b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', SVG),
    "a web page": ("a.png", b"<!DOCTYPE html><html><body onload='x()'></body></html>", UNREADABLE),
    "a program": ("a.jpg", b"MZ\x90\0" + bytes(200), UNREADABLE),
    "an icon": ("a.ico", encoded(four_colours(), "ICO"), UNREADABLE),
    "a PDF": ("a.pdf", encoded(four_colours(), "PDF"), UNREADABLE),
    "a pickle": ("a.png", b"\x80\x04cos\nsystem\n(S'true'\ntR.", UNREADABLE),
    "a signature and nothing more": ("a.png", b"\x89PNG\r\n\x1a\n", UNREADABLE),
    "no byte": ("a.png", b"", "The file is empty."),
    "half a JPEG": ("a.jpg", noise("JPEG")[:2000], DAMAGED),
    "half a WebP": ("a.webp", noise("WEBP")[:2000], DAMAGED),
    "half a GIF": ("a.gif", noise("GIF")[:1500], DAMAGED),
    "half a TIFF": ("a.tiff", noise("TIFF")[:1000], DAMAGED),
    "a PNG with a wrong checksum": ("a.png", damaged(noise("PNG")), DAMAGED),
    "a text that inflates enormously": (
        "a.png",
        after_header(png(), chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(80 * 2**20), 9))),
        DAMAGED,
    ),
    "pixels that are no numbers": (
        "a.tiff",
        encoded(Image.fromarray(np.full((16, 16), np.nan, dtype=np.float32)), "TIFF"),
        "It holds pixels that are no numbers (NaN or infinity).",
    ),
}


@pytest.mark.parametrize("kind", LEFT_OUT)
def test_what_is_no_usable_picture_is_left_out_with_a_sentence(tmp_path: Path, kind: str) -> None:
    name, data, sentence = LEFT_OUT[kind]
    assert reasons(archive(tmp_path / "a.zip", [(f"good/{name}", data)])) == {f"good/{name}": sentence}


def only(path: Path, image_size: int | None = 16) -> Dataset:
    """The data set of an archive that holds the picture in question twice, so that one is left to train on."""
    dataset = training_split(path, image_size=image_size)
    assert dataset.report.skipped == ()
    assert len(dataset) == 1
    return dataset


def twice(tmp_path: Path, name: str, data: bytes) -> Path:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(f"one/{name}", data)
        file.writestr(f"one/again {name}", data)
    return tmp_path / "a.zip"


def frames(form: str, **options: object) -> bytes:
    others = [Image.new("RGB", (16, 16), "black"), Image.new("RGB", (16, 16), "white")]
    return encoded(four_colours(), form, save_all=True, append_images=others, **options)


def exif(value: int) -> Image.Exif:
    content = Image.Exif()
    content[ORIENTATION] = value
    return content


def as_stored(value: int) -> Image.Image:
    """The four colours as a camera held in that way stores them."""
    turns: dict[int, Image.Transpose] = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return four_colours().transpose(turns[value]) if value in turns else four_colours()


SHOWN: dict[str, tuple[str, bytes]] = {
    "a JPEG in print colours": ("a.jpg", encoded(four_colours().convert("CMYK"), "JPEG", quality=95)),
    "a JPEG that calls itself a PNG": ("a.png", encoded(four_colours(), "JPEG", quality=95)),
    "a PNG without a suffix": ("photograph", encoded(four_colours(), "PNG")),
    "a palette": ("a.png", encoded(four_colours().quantize(4), "PNG")),
    "an opaque alpha channel": ("a.png", encoded(four_colours().convert("RGBA"), "PNG")),
    "a lossy WebP": ("a.webp", encoded(four_colours(), "WEBP", quality=95)),
    "a PPM": ("a.ppm", encoded(four_colours(), "PPM")),
    "a compressed TIFF": ("a.tif", encoded(four_colours(), "TIFF", compression="tiff_lzw")),
    "garbage behind the picture": ("a.png", encoded(four_colours(), "PNG") + b"<script>" * 100),
    "a broken comment": ("a.png", after_header(encoded(four_colours(), "PNG"), chunk(b"tEXt", b"\xff" * 80))),
    **{
        f"a camera held in way {value}": ("a.png", encoded(as_stored(value), "PNG", exif=exif(value)))
        for value in (*range(1, 9), 0, 99)
    },
}


def assert_four_colours(dataset: Dataset) -> None:
    pixels = dataset.images[0].numpy()
    for index, colour in enumerate(CORNERS):
        row, column = 4 + index // 2 * 8, 4 + index % 2 * 8
        # Print colours and lossy encoders move a colour by some steps; a turn would move it by more than a hundred.
        np.testing.assert_allclose(pixels[:, row, column], colour, atol=25)


@pytest.mark.parametrize("kind", SHOWN)
def test_an_odd_picture_looks_as_it_was_meant(tmp_path: Path, kind: str) -> None:
    dataset = only(twice(tmp_path, *SHOWN[kind]))
    assert [note for note in dataset.report.notes if note.name != "a.zip"] == []
    assert_four_colours(dataset)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.webp", frames("WEBP", lossless=True)),
        ("a.png", frames("PNG")),
        ("a.tiff", frames("TIFF")),
    ],
    ids=["an animated WebP", "an animated PNG", "a TIFF of several pages"],
)
def test_of_several_frames_the_first_is_used_and_said(tmp_path: Path, name: str, data: bytes) -> None:
    dataset = only(twice(tmp_path, name, data))
    assert {note.note for note in dataset.report.notes if note.name != "a.zip"} == {SEVERAL}
    assert_four_colours(dataset)


@pytest.mark.parametrize(
    ("picture", "value"),
    [
        (Image.merge("LA", [Image.new("L", (16, 16), 9), Image.new("L", (16, 16), 0)]), 255),
        (Image.new("1", (16, 16), 1), 255),
        (Image.fromarray(np.full((16, 16), 65535, dtype=np.uint16)), 255),
        (Image.new("L", (1, 1), 77), 77),
        (Image.new("L", (5000, 1), 77), 77),
        (Image.new("L", (1, 5000), 77), 77),
    ],
    ids=["see-through", "one bit", "16 bits, white", "1×1", "5000×1", "1×5000"],
)
def test_an_odd_grey_picture_keeps_its_brightness(tmp_path: Path, picture: Image.Image, value: int) -> None:
    assert (only(twice(tmp_path, "a.png", encoded(picture, "PNG"))).images == value).all()


def names_of(tmp_path: Path, names: list[str]) -> Dataset:
    """The data set of a ZIP with these members."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        for number, name in enumerate(names):
            file.writestr(name, png(number))
    return training_split(path)


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")  # zipfile's, about the file that the test makes
def test_of_members_of_one_name_one_is_read(tmp_path: Path) -> None:
    dataset = names_of(tmp_path, ["a/1.png", "a/1.png", "a/1.png", "a/2.png", "a/3.png"])
    assert len(dataset) == 2
    assert [file.name for file in dataset.report.skipped] == ["a/1.png"] * 2


def test_a_hundred_folders_deep_is_no_matter(tmp_path: Path) -> None:
    dataset = names_of(tmp_path, [f"{'d/' * 100}cats/1.png", f"{'d/' * 100}dogs/1.png"])
    assert dataset.class_names == ("cats", "dogs")
