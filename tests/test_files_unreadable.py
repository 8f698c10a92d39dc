"""Files that no picture can be read from are named by what is in them, whatever they are called."""

import struct
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from tests.picture_archives import archive, encoded, packed, reasons, spot, spots, tiff
from vae_core.data.dataset import load_dataset
from vae_core.data.files.decoding import opened
from vae_core.data.files.folders import FolderSource
from vae_core.data.files.intake import DEFAULT_LIMITS, UnusableFileError
from vae_core.data.files.unreadable import tiff_tags, why_unreadable
from vae_core.errors import DatasetError

ADVICE = "convert it to JPEG or PNG."


def container(*brands: bytes) -> bytes:
    """The start of a file in the container that HEIC, AVIF and films share."""
    body = brands[0] + bytes(4) + b"".join(brands[1:])
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body + bytes(300)


def camera_file(**tags: object) -> bytes:
    """A TIFF with a small picture in front, as cameras' raw files begin."""
    about = ImageFileDirectory_v2()
    about[271] = "A Maker"
    for name, value in tags.items():
        about[int(name.removeprefix("tag_"))] = value
    return encoded(Image.new("RGB", (16, 12), "red"), "TIFF", tiffinfo=about)


FIVE_BANDS = "It has 5 bands of 8-bit whole numbers; save it as grey or RGB."
NAMED: dict[str, tuple[bytes, str]] = {
    "HEIC of a phone": (container(b"heic", b"mif1", b"heic"), f"It is a HEIC picture; {ADVICE}"),
    "HEIF of other brands": (container(b"mif1", b"miaf", b"heix"), f"It is a HEIC picture; {ADVICE}"),
    "AVIF": (container(b"avif", b"mif1"), f"It is an AVIF picture; {ADVICE}"),
    "AVIF by its second brand": (container(b"miaf", b"avif"), f"It is an AVIF picture; {ADVICE}"),
    "CR3": (container(b"crx ", b"isom"), f"It is a camera's raw file (CR3); {ADVICE}"),
    "CR2": (b"II*\0\x10\0\0\0CR\2\0" + bytes(100), f"It is a camera's raw file (CR2); {ADVICE}"),
    "RAF": (b"FUJIFILMCCD-RAW 0201" + bytes(100), f"It is a camera's raw file (RAF); {ADVICE}"),
    "ORF": (b"IIRO\x08\0\0\0" + bytes(100), f"It is a camera's raw file (ORF); {ADVICE}"),
    "RW2": (b"IIU\0\x18\0\0\0" + bytes(100), f"It is a camera's raw file (RW2); {ADVICE}"),
    "DNG": (camera_file(tag_50706=b"\1\4\0\0"), f"It is a camera's raw file (DNG); {ADVICE}"),
    "NEF": (camera_file(tag_254=1), f"It is a camera's raw file; {ADVICE}"),
    "Photoshop": (b"8BPS\0\1" + bytes(100), f"It is a Photoshop file; {ADVICE}"),
    "DICOM": (bytes(128) + b"DICM" + bytes(100), f"It is a DICOM picture; {ADVICE}"),
    "JPEG 2000": (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100), f"It is a JPEG 2000 picture; {ADVICE}"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "It is an SVG drawing; save it as PNG."),
    "SVG behind a declaration": (
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- by hand -->\n<SVG width="9"/>',
        "It is an SVG drawing; save it as PNG.",
    ),
    "Parquet": (
        b"PAR1" + bytes(100),
        "It is a Parquet table; hand it in by itself, without other pictures.",
    ),
    "Git LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n",
        "It is a Git LFS pointer in place of the picture; fetch the pictures with git lfs pull.",
    ),
    "five bands": (tiff(np.zeros((8, 8, 5), dtype=np.uint8)), FIVE_BANDS),
    "five bands, big end first": (tiff(np.zeros((8, 8, 5), dtype=np.uint8), ">"), FIVE_BANDS),
    "five bands, large form": (tiff(np.zeros((8, 8, 5), dtype=np.uint8), big=True), FIVE_BANDS),
    "two bands of sixteen bits": (
        tiff(np.zeros((8, 8, 2), dtype=np.uint16)),
        "It has 2 bands of 16-bit whole numbers; save it as grey or RGB.",
    ),
    "RGB of floats": (
        tiff(np.zeros((8, 8, 3), dtype=np.float32), photometric=2),
        "It has 3 bands of 32-bit floats; save it as grey or RGB.",
    ),
    "grey of long whole numbers": (
        tiff(np.zeros((8, 8, 1), dtype=np.int64)),
        "It has 1 band of 64-bit whole numbers; save it with 8, 16 or 32 bits.",
    ),
    "LAB": (encoded(Image.new("LAB", (16, 16)), "TIFF"), "Its colours are stored as LAB; save it as grey or RGB."),
}


@pytest.mark.parametrize("suffix", ["png", "jpg", "heic"])
@pytest.mark.parametrize("kind", NAMED)
def test_a_file_is_named_by_its_bytes_with_what_to_do(tmp_path: Path, kind: str, suffix: str) -> None:
    data, sentence = NAMED[kind]
    assert reasons(archive(tmp_path / "a.zip", [(f"good/x.{suffix}", data)])) == {f"good/x.{suffix}": sentence}


def test_a_set_of_nothing_else_says_so(tmp_path: Path) -> None:
    path = packed(tmp_path / "leaves.zip", {f"{number}.tif": NAMED["five bands"][0] for number in range(3)})
    with pytest.raises(DatasetError) as caught:
        load_dataset(path)
    assert str(caught.value) == f"leaves.zip has 3 files but no readable image; 0.tif: {FIVE_BANDS}"


def test_ordinary_pictures_of_cameras_and_programs_are_read(tmp_path: Path) -> None:
    """A TIFF that names its maker is no raw file, nor is one of a program that marks its pages."""
    plain = encoded(Image.fromarray(spot(1)).convert("RGB"), "TIFF", compression="tiff_lzw")
    members = {
        "a.tif": camera_file(),
        "b.tif": camera_file(tag_254=0),
        "c.tif": plain,
        "d.jfif": encoded(spot(2), "JPEG"),
    }
    dataset = load_dataset(packed(tmp_path / "set.zip", members))
    assert dataset.report.skipped == ()
    assert sum(dataset.report.counts.values()) == 4


@pytest.mark.parametrize("folder", [True, False])
def test_tiffs_are_read_from_folders_and_archives(tmp_path: Path, folder: bool) -> None:
    (tmp_path / "set").mkdir()
    members = {f"{n}.tif": encoded(spot(n), "TIFF", compression="tiff_lzw") for n in range(4)}
    for name, data in members.items():
        (tmp_path / "set" / name).write_bytes(data)
    dataset = load_dataset(tmp_path / "set" if folder else packed(tmp_path / "set.zip", members))
    assert dataset.images.unique().tolist() == [0, 255]


class Failing(BytesIO):
    """A file whose disk gives none of it."""

    def read(self, _size: int | None = -1) -> bytes:
        raise OSError(5, "Input/output error")


def test_a_file_that_its_disk_does_not_give_costs_a_sentence() -> None:
    assert why_unreadable(Failing()) is None
    with pytest.raises(UnusableFileError), opened(Failing(), DEFAULT_LIMITS):
        pass


def test_a_table_that_its_disk_does_not_give_costs_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in (spots([f"{number}.png" for number in range(12)]) | {"labels.csv": b"file,label\n"}).items():
        (tmp_path / name).write_bytes(content)
    ordinary = FolderSource.open

    def failing(source: FolderSource, index: int) -> BinaryIO:
        return Failing() if source.names[index] == "labels.csv" else ordinary(source, index)

    monkeypatch.setattr(FolderSource, "open", failing)
    dataset = load_dataset(tmp_path)
    assert [(one.name, one.reason) for one in dataset.report.skipped] == [
        ("labels.csv", "It cannot be read (Input/output error).")
    ]


@pytest.mark.parametrize("cut", [3, 7, 9, 15, 30, 100])
def test_a_cut_directory_has_no_tags(cut: int) -> None:
    data = tiff(np.zeros((8, 8, 5), dtype=np.uint8))
    assert tiff_tags(BytesIO(data[:cut])) == {}
    assert why_unreadable(BytesIO(data[:cut])) is None


def test_a_directory_at_the_end_of_the_world_is_passed_over() -> None:
    assert tiff_tags(BytesIO(b"II*\0\xff\xff\xff\xff" + bytes(20))) == {}
    assert tiff_tags(BytesIO(b"II+\0\x08\0\0\0" + b"\xff" * 8 + bytes(20))) == {}


def test_many_files_of_one_kind_are_all_named(tmp_path: Path) -> None:
    data, sentence = NAMED["HEIC of a phone"]
    path = packed(tmp_path / "a.zip", spots(f"{n}.png" for n in range(3)) | {f"{n}.heic": data for n in range(5)})
    assert {entry.reason for entry in load_dataset(path).report.skipped} == {sentence}
