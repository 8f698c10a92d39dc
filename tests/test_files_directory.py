"""The list of files in an archive: found wherever honest programs leave it, bounded before it is read."""

import io
import os
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.made_archives import Entry, deflated, made
from tests.picture_archives import png
from vae_core.data.files.archives import open_archive, open_source, read_member
from vae_core.data.files.intake import DEFAULT_LIMITS, UploadLimits
from vae_core.errors import DatasetError

FILES = [deflated(b"cats/1.png", png(1)), Entry(b"dogs/2.png", png(2))]
SECONDS = 20.0  # of computing time: a few, on a machine that is busy with much else


def contents(path: Path) -> dict[str, bytes]:
    with open_archive(path) as archive:
        return {member.filename: read_member(archive, member) for member in archive.infolist()}


def refusal(path: Path, limits: UploadLimits = DEFAULT_LIMITS) -> str:
    with pytest.raises(DatasetError) as caught, open_source(path, limits):
        pass
    assert str(path.parent) not in str(caught.value)
    return str(caught.value)


EXPECTED = {"cats/1.png": png(1), "dogs/2.png": png(2)}


@pytest.mark.parametrize("zip64", [False, True])
@pytest.mark.parametrize("before", [b"", b"#!/bin/sh\nunzip $0\n" * 30])
@pytest.mark.parametrize("comment", [b"", b"holidays", b"PK\5\6" * 2000, b"x" * 0xFFFF])
def test_the_list_is_found(tmp_path: Path, zip64: bool, before: bytes, comment: bytes) -> None:
    path = made(tmp_path / "a.zip", FILES, comment=comment, zip64=zip64)
    path.write_bytes(before + path.read_bytes())
    assert contents(path) == EXPECTED


def test_something_behind_the_archive_is_no_matter(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", FILES)
    path.write_bytes(path.read_bytes() + b"\r\n" * 9)
    assert contents(path) == EXPECTED


def test_an_archive_written_to_a_pipe_is_read(tmp_path: Path) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: Any) -> int:
            raise io.UnsupportedOperation

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in EXPECTED.items():
            file.writestr(name, content)
    (tmp_path / "a.zip").write_bytes(pipe.getvalue())
    assert contents(tmp_path / "a.zip") == EXPECTED


def test_a_link_to_an_archive_is_followed(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", FILES)
    (tmp_path / "linked.zip").symlink_to(path)
    assert contents(tmp_path / "linked.zip") == EXPECTED


def test_one_odd_entry_costs_no_other(tmp_path: Path) -> None:
    odd = [
        Entry(b"wrong \xff.png", png(3), flags=0x800),  # says that it is UTF-8
        Entry(b"broken extra.png", png(4), extra=b"\1\0\xff\xff9"),
        Entry(b"future.png", png(5), method=999),
        Entry(b"", png(6)),
    ]
    with open_archive(made(tmp_path / "a.zip", [*odd, *FILES])) as archive:
        members = archive.infolist()
        assert [read_member(archive, member) for member in members[-2:]] == [png(1), png(2)]
        assert read_member(archive, members[0]) == png(3)
        assert read_member(archive, members[1]) == png(4)


def test_of_several_of_one_name_the_last_counts_as_for_who_unpacks_them(tmp_path: Path) -> None:
    """Written with either kind of slash; and it is said of the others."""
    again = [Entry(b"cats\\1.png", png(3)), Entry(b"dogs/3.png", png(5)), deflated(b"cats/1.png", png(4))]
    path = made(tmp_path / "a.zip", [*FILES, *again])
    assert contents(path) == {"cats/1.png": png(4), "dogs/2.png": png(2), "dogs/3.png": png(5)}
    with open_source(path, DEFAULT_LIMITS) as source:
        assert source.names == ["cats/1.png", "dogs/2.png", "dogs/3.png"]
        sentence = "The archive has another file of this name behind it: the last one counts."
        assert [(file.name, file.reason) for file in source.skipped] == [("cats/1.png", sentence)] * 2
        with source.open(0) as file:
            assert file.read() == png(4)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"PK\3\4nonsense", "its end is missing, as when copying or loading it was broken off"),
        (b"Rar!\x1a\7\1\0" + bytes(99), "it is a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(99), "it is a 7-Zip archive"),
        (b"\x1f\x8b\x08" + bytes(99), "it is a gzip file"),
        (b"<!DOCTYPE html><html>Log in first", "it is a web page"),
        (b"nonsense", "it holds something else"),
    ],
)
def test_what_is_no_zip_is_told_by_its_own_name(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "holiday.zip"
    path.write_bytes(content)
    assert refusal(path) == f"holiday.zip is not a readable .zip file ({reason}); make it anew."


@pytest.mark.parametrize("zip64", [False, True])
def test_a_part_of_an_archive_in_several_is_told(tmp_path: Path, zip64: bool) -> None:
    path = made(tmp_path / "a.zip", FILES, zip64=zip64)
    data = bytearray(path.read_bytes())
    place = data.index(b"PK\6\6") + 16 if zip64 else data.index(b"PK\5\6") + 4
    data[place] = 3
    path.write_bytes(data)
    assert "it is one part of an archive in several; join them first" in refusal(path)


def test_a_damaged_list_is_told(tmp_path: Path) -> None:
    whole = made(tmp_path / "a.zip", FILES).read_bytes()
    for place, changed in [(0, b"XX"), (28, b"\xff\xff")]:
        data = bytearray(whole)
        start = data.index(b"PK\1\2") + place
        data[start : start + 2] = changed
        (tmp_path / "a.zip").write_bytes(data)
        assert "its list of files is" in refusal(tmp_path / "a.zip")
    # One file is left of a list whose size is that of two.
    (tmp_path / "a.zip").write_bytes(whole[whole.rindex(b"PK\1\2") :])
    assert "its list of files is cut off" in refusal(tmp_path / "a.zip")


@pytest.mark.parametrize("kind", ["pipe", "device", "socket"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.zip"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        code = "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])"
        subprocess.run([sys.executable, "-c", code, path.name], cwd=tmp_path, check=True)
    assert refusal(path) == "x.zip cannot be opened: it is no regular file."


def test_the_list_is_counted_before_it_is_read(tmp_path: Path) -> None:
    limits = UploadLimits(members=2)
    assert len(contents(made(tmp_path / "a.zip", FILES))) == 2
    path = made(tmp_path / "a.zip", [*FILES, FILES[0]])
    assert refusal(path, limits) == "a.zip has more than 2 files, the limit; make it smaller."
    # The end need not tell the truth: some programs count no further than 65,535.
    path.write_bytes(path.read_bytes().replace(struct.pack("<2H", 3, 3), struct.pack("<2H", 1, 1)))
    assert refusal(path, limits) == "a.zip has more than 2 files, the limit; make it smaller."
    made(tmp_path / "a.zip", [*FILES, FILES[0]], zip64=True)
    assert refusal(path, limits) == "a.zip has more than 2 files, the limit; make it smaller."


@pytest.mark.parametrize("zip64", [False, True])
def test_the_bytes_of_the_list_are_counted_before_it_is_read(tmp_path: Path, zip64: bool) -> None:
    path = made(tmp_path / "a.zip", [Entry(b"n" * 60_000, b"x")] * 40, zip64=zip64)
    sentence = "a.zip takes 2 MiB to list its files, more than the limit of 1 MiB; make it smaller."
    assert refusal(path, UploadLimits(directory_bytes=2**20)) == sentence


def test_as_many_empty_files_as_are_allowed_take_no_time(tmp_path: Path) -> None:
    count, name_bytes = 200_000, 10
    header = struct.pack("<4s22x2H", b"PK\3\4", name_bytes, 0)
    entry = struct.pack("<4s24xH12x", b"PK\1\2", name_bytes)
    place = len(header) + name_bytes
    body = b"".join(b"%b%06d.png" % (header, number) for number in range(count))
    listed = b"".join(
        b"%b%b%06d.png" % (entry, (number * place).to_bytes(4, "little"), number) for number in range(count)
    )
    end = struct.pack("<4s4x2H2LH", b"PK\5\6", count & 0xFFFF, count & 0xFFFF, len(listed), len(body), 0)
    path = tmp_path / "a.zip"
    path.write_bytes(body + listed + end)
    start = time.process_time()
    with open_source(path, DEFAULT_LIMITS) as source:
        assert len(source.names) == 0
        assert {file.reason for file in source.skipped} == {"The file is empty."}
        assert len(source.skipped) == count
    assert time.process_time() - start < SECONDS


def test_more_files_than_are_allowed_are_refused_at_once(tmp_path: Path) -> None:
    entry = struct.pack("<4s42x", b"PK\1\2")
    count = 60 * 2**20 // len(entry)
    end = struct.pack("<4s4x2H2LH", b"PK\5\6", count & 0xFFFF, count & 0xFFFF, count * len(entry), 0, 0)
    (tmp_path / "a.zip").write_bytes(entry * count + end)
    start = time.process_time()
    assert refusal(tmp_path / "a.zip") == "a.zip has more than 300,000 files, the limit; make it smaller."
    assert time.process_time() - start < SECONDS
