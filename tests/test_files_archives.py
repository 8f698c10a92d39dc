"""ZIP archives made to do harm, and the limits that stop them."""

import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tests.picture_archives import archive, encoded, png, reasons, training_split
from vae_core.data.files.intake import UploadLimits
from vae_core.errors import DatasetError


@pytest.mark.parametrize(
    "name", ["../out.png", "a/../../out.png", "/etc/out.png", "..\\out.png", "C:\\out.png", "C:/out.png"]
)
def test_no_member_leads_outside(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "a.zip", [(name, png())])
    before = sorted([*tmp_path.rglob("*"), *tmp_path.parent.iterdir()])
    assert reasons(path) == {name.replace("\\", "/"): "Its name leads outside the archive."}
    assert sorted([*tmp_path.rglob("*"), *tmp_path.parent.iterdir()]) == before


def test_links_and_devices_are_not_followed(tmp_path: Path) -> None:
    members: list[tuple[zipfile.ZipInfo | str, bytes]] = []
    for name, kind in [("link.png", stat.S_IFLNK), ("device.png", stat.S_IFCHR)]:
        info = zipfile.ZipInfo(name)
        info.create_system = 3
        info.external_attr = (kind | 0o644) << 16
        members.append((info, b"/etc/passwd"))
    assert reasons(archive(tmp_path / "a.zip", members)) == {
        "link.png": "It is a symbolic link; put the file itself into the archive.",
        "device.png": "It is not a file but a device, a pipe or a socket.",
    }


def test_a_member_that_inflates_enormously_is_left_out(tmp_path: Path) -> None:
    """Of those that are compressed as well, the smallest are read, as long as they are little altogether."""
    members = [(f"{number}.bmp", mask_file(256)) for number in range(3)] + [("bomb.png", bytes(5 * 2**20))]
    read = training_split(archive(tmp_path / "a.zip", members), UploadLimits(ratio_free_bytes=2**20))
    (bomb,) = read.report.skipped
    assert bomb.name == "bomb.png"
    assert bomb.reason == "It would inflate to more than 200 times its size in the archive."


def mask_file(side: int) -> bytes:
    """A picture without compression that is black but for one pixel."""
    picture = Image.new("L", (side, side))
    picture.putpixel((side // 2, side // 2), 255)
    return encoded(picture, "BMP")


def test_nearly_empty_masks_are_no_bombs(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", [(f"{number}.bmp", mask_file(1500)) for number in range(4)])
    with zipfile.ZipFile(path) as file:
        assert all(member.file_size > 200 * member.compress_size for member in file.infolist()[:4])
    assert training_split(path).report.skipped == ()


def test_a_large_member_is_left_out(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", [("noise.png", bytes(range(256)) * 8)])
    limits = UploadLimits(file_bytes=1024)
    assert reasons(path, limits) == {"noise.png": "It has 0.0 MiB, more than the limit of 0.0 MiB."}


def test_too_many_members_or_bytes_refuse_the_archive(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", [("b.png", png())])
    with pytest.raises(DatasetError, match=r"^a\.zip has more than 2 files, the limit; make it smaller\."):
        training_split(path, UploadLimits(members=2))
    path = archive(tmp_path / "b.zip", [("b.png", bytes(2**20))])
    with pytest.raises(DatasetError, match=r"^b\.zip would inflate to 1 MiB, more than the limit of 0 MiB"):
        training_split(path, UploadLimits(total_bytes=2**19))


@pytest.mark.parametrize("side", [300, 12_000, 60_000])
def test_a_picture_of_too_many_pixels_is_never_decoded(tmp_path: Path, side: int) -> None:
    # The header alone claims the size, as in a real bomb; Pillow warns or refuses above its own bounds.
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    path = archive(tmp_path / "a.zip", [("vast.png", data)])
    limits = UploadLimits(pixels=80_000)
    assert reasons(path, limits) == {"vast.png": "It has more than 0.08 million pixels, the limit."}


def test_encrypted_damaged_and_nested_members_are_left_out(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "a.zip", [("locked.png", png()), ("hurt.png", png(7)), ("more.zip", b"PK\3\4" + bytes(9))]
    )
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as file:
        offset = file.getinfo("hurt.png").header_offset
    data[offset + 30 + len("hurt.png") + 10] ^= 0xFF
    entry = data.index(b"locked.png", data.index(b"PK\1\2")) - 46
    data[entry + 8] |= 1
    path.write_bytes(data)
    found = reasons(path)
    assert found["locked.png"] == "It is encrypted; zip it without a password."
    assert found["hurt.png"].startswith("It is damaged within the archive")
    assert found["more.zip"].startswith("It is not an image that can be read here")


def test_backslashes_of_old_windows_programs_separate_folders(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name in ["cats\\1.png", "dogs\\1.png"]:
            file.writestr(name, png())
    assert training_split(path).class_names == ("cats", "dogs")


def test_an_archive_of_nothing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\5\6" + bytes(18))
    with pytest.raises(DatasetError, match=r"a\.zip holds no files"):
        training_split(path)


def test_a_cut_off_archive_is_said_by_its_own_name(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", [])
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DatasetError, match=r"^a\.zip is not a readable \.zip file .*; make it anew"):
        training_split(path)
