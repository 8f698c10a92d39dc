"""Folders of people's own disks: listed fast, in one order, and nothing outside of them or that is no file is read."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.made_archives import Entry, made
from tests.picture_archives import png
from vae_core.data.files.archives import open_source
from vae_core.data.files.folders import FolderSource
from vae_core.data.files.intake import DEFAULT_LIMITS, FileSource, UnusableFileError, UploadLimits
from vae_core.errors import DatasetError

SECONDS = 3.0  # of computing time for 20,000 files: a tenth of it, on a machine that is busy with much else
ORDER = ["b/10.png", "a/z.png", "b/2.png", "a.png", "a/b/c.png", "Z.png", "ä.png", "a-b.png"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ORDER:
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(png())
    return tmp_path / "set"


@pytest.fixture
def source(folder: Path) -> Iterator[FileSource]:
    with open_source(folder, DEFAULT_LIMITS) as opened:
        yield opened


def test_a_folder_and_its_archive_list_the_same_files_in_the_same_order(folder: Path, source: FileSource) -> None:
    packed = made(folder.with_suffix(".zip"), [Entry(name.encode(), png()) for name in reversed(ORDER)])
    with open_source(packed, DEFAULT_LIMITS) as archive:
        assert source.names == archive.names == sorted(ORDER)


def test_what_is_no_file_is_told_and_never_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.png")
    (folder / "link.png").symlink_to(folder / "a.png")
    (folder / "outside").symlink_to(folder.parent)
    code = "import socket; socket.socket(socket.AF_UNIX).bind('socket.png')"
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
    with open_source(folder, DEFAULT_LIMITS) as source:
        assert source.names == sorted(ORDER)
        assert {file.name: file.reason for file in source.skipped} == {
            "link.png": "It is a symbolic link; put the file itself here.",
            "outside": "It is a symbolic link; put the file itself here.",
            "pipe.png": "It is not a file but a device, a pipe or a socket.",
            "socket.png": "It is not a file but a device, a pipe or a socket.",
        }


@pytest.mark.parametrize("kind", ["pipe", "link", "nothing"])
def test_a_file_that_has_become_something_else_is_told(folder: Path, source: FileSource, kind: str) -> None:
    place = source.names.index("a.png")
    (folder / "a.png").unlink()
    if kind == "pipe":
        os.mkfifo(folder / "a.png")
    elif kind == "link":
        (folder / "a.png").symlink_to("/etc/passwd")
    with pytest.raises(UnusableFileError, match=r"^It cannot be opened: .*\.$"):
        source.open(place)


def test_files_of_no_bytes_and_of_too_many_are_told(folder: Path) -> None:
    (folder / "empty.png").touch()
    (folder / "large.png").write_bytes(bytes(3 * 2**20))
    with open_source(folder, UploadLimits(file_bytes=2**20)) as source:
        assert {file.name: file.reason for file in source.skipped} == {
            "empty.png": "The file is empty.",
            "large.png": "It has 3.0 MiB, more than the limit of 1.0 MiB.",
        }


def test_a_closed_folder_is_told_by_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = os.scandir

    def closed(path: Path) -> object:
        if path == folder / "b":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    # Whoever runs tests as root may open any folder.
    monkeypatch.setattr(os, "scandir", closed)
    with open_source(folder, DEFAULT_LIMITS) as source:
        assert [(file.name, file.reason) for file in source.skipped] == [
            ("b/", "The folder cannot be opened: Permission denied.")
        ]
        assert "a/z.png" in source.names
    with (
        pytest.raises(DatasetError, match=r"^b cannot be opened: Permission denied\.$"),
        open_source(folder / "b", DEFAULT_LIMITS),
    ):
        pass


def test_a_change_of_any_file_is_another_version(folder: Path) -> None:
    source = FolderSource(folder, DEFAULT_LIMITS)
    (folder / "b" / "2.png").write_bytes(png(7) + b"more")
    changed = FolderSource(folder, DEFAULT_LIMITS)
    assert changed.names == source.names
    assert changed.version() != source.version()


def test_a_table_that_is_too_large_for_a_picture_is_watched_for_changes(tmp_path: Path) -> None:
    limits = UploadLimits(file_bytes=10)
    (tmp_path / "pixels.csv").write_bytes(b"0," * 20)
    before = FolderSource(tmp_path, limits)
    assert before.names == []
    assert list(before.tables) == ["pixels.csv"]
    (tmp_path / "pixels.csv").write_bytes(b"0," * 21)
    assert FolderSource(tmp_path, limits).version() != before.version()


def test_many_files_are_listed_in_a_moment(tmp_path: Path) -> None:
    for number in range(20):
        folder = tmp_path / "set" / str(number)
        folder.mkdir(parents=True)
        (folder / "0.png").write_bytes(png())
        for place in range(1, 1000):
            os.link(folder / "0.png", folder / f"{place}.png")  # a second name, which takes no room on the disk
    start = time.process_time()
    with open_source(tmp_path / "set", DEFAULT_LIMITS) as source:
        assert len(source.names) == 20_000
    assert time.process_time() - start < SECONDS
