"""ZIPs that anybody can read: from their index, and from their start to their end."""

import io
import shutil
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from vae_core.sharing import stored_zip as zips
from vae_core.sharing.stored_zip import BLOCK, stored_zip

FILES = {"top/weights": bytes(range(256)) * (3 * BLOCK // 256), "top/no\u00ebl/empty": b"", "top/z": b"the last"}


def made(files: dict[str, bytes]) -> bytes:
    return b"".join(stored_zip({name: lambda data=data: io.BytesIO(data) for name, data in files.items()}))  # type: ignore[misc]


def streamed(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Files as who can't go back in a stream reads them: each by the header before it alone (APPNOTE 4.3.7)."""
    stream = io.BytesIO(data)
    while (signature := stream.read(4)) == b"PK\3\4":
        _, flags, method, _, checksum, packed, size, name, extra = struct.unpack("<HHHLLLLHH", stream.read(26))
        assert (flags & 8, method, packed) == (0, 0, size)
        title = stream.read(name).decode()
        assert stream.read(extra) == b""
        content = stream.read(size)
        assert zlib.crc32(content) == checksum
        yield title, content
    assert signature == b"PK\1\2"


def test_files_are_found_by_the_index_and_by_the_headers_before_them() -> None:
    data = made(FILES)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
    assert list(streamed(data)) == sorted(FILES.items())
    assert made(dict(reversed(FILES.items()))) == data


@pytest.mark.skipif(shutil.which("funzip") is None, reason="there is no funzip here")
def test_a_program_that_reads_a_zip_from_a_pipe_takes_it() -> None:
    result = subprocess.run(["funzip"], input=made({"weights": FILES["top/weights"]}), capture_output=True, check=True)
    assert result.stdout == FILES["top/weights"]


def test_a_large_file_has_the_lengths_that_a_zip_of_its_time_cannot_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 2 * BLOCK)
    with zipfile.ZipFile(io.BytesIO(made(FILES))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == FILES


def test_what_a_file_was_at_first_is_sent_of_one_that_grows(tmp_path: Path) -> None:
    path = tmp_path / "metrics"
    path.write_bytes(b"one\n")
    blocks = stored_zip({"metrics": lambda: path.open("rb")})
    start = next(blocks)
    path.write_bytes(b"one\ntwo\n")
    with zipfile.ZipFile(io.BytesIO(start + b"".join(blocks))) as archive:
        assert archive.read("metrics") == b"one\n"


@pytest.mark.parametrize("becomes", [b"o", b"eno\n"])
def test_a_file_that_changes_meanwhile_breaks_off(tmp_path: Path, becomes: bytes) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"one\n")
    blocks = stored_zip({"weights": lambda: path.open("rb")})
    next(blocks)
    path.write_bytes(becomes)
    with pytest.raises(OSError, match="changed while it was being read"):
        list(blocks)


def test_a_block_is_in_memory_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "BLOCK", 1000)
    assert max(map(len, stored_zip({"weights": lambda: io.BytesIO(bytes(100_000))}))) <= 1000
