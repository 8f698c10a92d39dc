"""Files of archives that lie about themselves: none takes more memory or time than its entry declares."""

import bz2
import io
import lzma
import random
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.made_archives import DEFLATED, Entry, deflated, made, zeros
from tests.picture_archives import png, reasons, training_split
from vae_core.data.files.archives import BLOCK, open_archive, open_member, open_source, read_member
from vae_core.data.files.intake import DEFAULT_LIMITS, UnusableFileError
from vae_core.errors import DatasetError

DAMAGED = "It is damaged within the archive."
LONGER = "It is damaged within the archive: there is more of it than its entry declares."
SHARED = "It shares its bytes with other files of the archive; zip the files anew."
GOOD = [deflated(b"good/1.png", png()), deflated(b"good/2.png", png())]

# What a process of its own takes at most while it reads all of an archive, beyond what it took before.
READ_ALL = """
import sys
from pathlib import Path
from vae_core.data.files.intake import UnusableFileError
from vae_core.data.files.intake import DEFAULT_LIMITS
from vae_core.data.reader import read
from vae_core.data.look import Request
from vae_core.data.files.archives import open_source

def most():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))

before = most()
with open_source(Path(sys.argv[1]), DEFAULT_LIMITS) as source:
    for index in range(len(source.names)):
        try:
            source.open(index)
        except UnusableFileError:
            pass
read(Request(Path(sys.argv[1])))
print((most() - before) // 1024)
"""


def left_out(path: Path) -> dict[str, str]:
    """What is not read of an archive, whatever it is."""
    with open_source(path, DEFAULT_LIMITS) as source:
        found = {file.name: file.reason for file in source.skipped}
        for index, name in enumerate(source.names):
            try:
                source.open(index).read()
            except UnusableFileError as error:
                found[name] = str(error)
        return found


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's account of memory")
@pytest.mark.parametrize("method", [DEFLATED, 12, 14], ids=["deflate", "bzip2", "lzma"])
def test_a_gibibyte_behind_a_small_number_takes_no_memory(tmp_path: Path, method: int) -> None:
    packed = {
        DEFLATED: lambda: zeros(1024),
        12: lambda: bz2.compress(bytes(2**20)) * 1024,
        14: lambda: b"\x09\x04\x05\0" + lzma.compress(bytes(2**24), lzma.FORMAT_ALONE)[:5],
    }[method]()
    path = made(tmp_path / "lie.zip", [Entry(b"evil/e.png", packed, method, size=90_000), *GOOD])
    found = subprocess.run([sys.executable, "-c", READ_ALL, path], capture_output=True, text=True, check=True)
    assert int(found.stdout) < 50  # MiB


def test_a_member_longer_than_declared_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    content = png()
    entries = [
        deflated(b"a.png", content + bytes(9), size=len(content)),
        deflated(b"b.png", content + bytes(9), size=len(content), crc=zlib.crc32(content)),
        Entry(b"c.png", content + bytes(9), size=len(content)),
        Entry(b"d.png", zeros(4), DEFLATED, size=90_000),
    ]
    names = [entry.name.decode() for entry in entries]
    assert reasons(made(tmp_path / "a.zip", [*entries, *GOOD])) == dict.fromkeys(names, LONGER)


def test_a_member_shorter_than_declared_is_told(tmp_path: Path) -> None:
    content = png()
    entries = [
        deflated(b"a.png", content, size=len(content) + 1),
        Entry(b"b.png", content, size=len(content) + 1),
        Entry(b"c.png", zeros(1)[:-8], DEFLATED, size=2**20),
    ]
    found = reasons(made(tmp_path / "a.zip", [*entries, *GOOD]))
    assert found == dict.fromkeys(["a.png", "b.png", "c.png"], DAMAGED)


@pytest.mark.parametrize(
    ("method", "sentence"),
    [
        (9, "It is compressed with Deflate64, which is not read here; zip it anew with Deflate."),
        (12, "It is compressed with bzip2, which is not read here; zip it anew with Deflate."),
        (14, "It is compressed with LZMA, which is not read here; zip it anew with Deflate."),
        (93, "It is compressed with Zstandard, which is not read here; zip it anew with Deflate."),
        (4711, "It is compressed in an unusual way, which is not read here; zip it anew with Deflate."),
    ],
)
def test_other_ways_of_compressing_are_named(tmp_path: Path, method: int, sentence: str) -> None:
    path = made(tmp_path / "a.zip", [Entry(b"odd.png", b"packed", method, size=90), *GOOD])
    assert reasons(path) == {"odd.png": sentence}


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_arrays_compressed_in_other_ways_are_refused_in_a_sentence(tmp_path: Path, method: int) -> None:
    array = io.BytesIO()
    np.save(array, np.zeros((9, 8, 8), dtype=np.uint8))
    with zipfile.ZipFile(tmp_path / "set.npz", "w", method) as file:
        file.writestr("images.npy", array.getvalue())
    with pytest.raises(DatasetError, match=r"set\.npz"):
        training_split(tmp_path / "set.npz")


def test_one_picture_under_many_names_is_none(tmp_path: Path) -> None:
    entries = [*GOOD, Entry(b"a.png", png()), *(Entry(b"%05d.png" % n, png(), same_as=2) for n in range(2000))]
    found = reasons(made(tmp_path / "a.zip", entries))
    assert len(found) == 2001
    assert set(found.values()) == {SHARED}


def test_a_member_that_reaches_into_the_next_is_none(tmp_path: Path) -> None:
    inner = Entry(b"inner.png", png())
    path = made(tmp_path / "a.zip", [Entry(b"outer.png", b"X" * 40), inner, *GOOD])
    data = bytearray(path.read_bytes())
    outer = data.index(b"PK\1\2")
    data[outer + 20 : outer + 24] = (40 + 30 + len(inner.name) + len(inner.packed)).to_bytes(4, "little")
    path.write_bytes(data)
    assert left_out(path) == {"outer.png": SHARED}


def test_a_member_that_reaches_into_the_next_by_its_own_header_is_damaged(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", [Entry(b"outer.png", png()), Entry(b"inner.png", png(7)), *GOOD])
    data = bytearray(path.read_bytes())
    data[28:30] = (500).to_bytes(2, "little")  # bytes between its name and itself, that its entry knows nothing of
    path.write_bytes(data)
    assert left_out(path) == {"outer.png": DAMAGED}


def test_a_member_outside_of_the_archive_is_damaged(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", [Entry(b"away.png", png()), *GOOD])
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\1\2")
    for place in (0x7FFFFFFF, entry, 5):
        data[entry + 42 : entry + 46] = place.to_bytes(4, "little")
        path.write_bytes(data)
        assert reasons(path) == {"away.png": DAMAGED}


def test_what_is_asked_for_is_what_is_inflated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inflated: list[int] = []
    start = zlib.decompressobj

    class Counted:
        def __init__(self, bits: int) -> None:
            self._own = start(bits)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._own, name)

        def decompress(self, data: bytes, most: int) -> bytes:
            block = self._own.decompress(data, most)
            inflated.append(len(block))
            return block

    monkeypatch.setattr(zlib, "decompressobj", Counted)
    size = 16 * 2**20
    path = made(tmp_path / "a.npz", [Entry(b"images.npy", zeros(16), DEFLATED, size=size, crc=zlib.crc32(bytes(size)))])
    with open_archive(path) as archive, open_member(archive, archive.infolist()[0]) as file:
        assert inflated == []
        assert file.read(10) == bytes(10)
        assert file.tell() == 10
        assert sum(inflated) <= 10 + io.DEFAULT_BUFFER_SIZE
        assert file.read(2**20) == bytes(2**20)
        assert sum(inflated) <= 10 + 2**20 + io.DEFAULT_BUFFER_SIZE
        while file.read(2**20):
            pass
        assert sum(inflated) == size
        assert max(inflated) <= BLOCK


def test_two_members_are_read_by_turns(tmp_path: Path) -> None:
    contents = [random.Random(seed).randbytes(300_000) for seed in range(2)]
    path = made(tmp_path / "a.zip", [deflated(b"a", contents[0]), Entry(b"b", contents[1])])
    with open_archive(path) as archive:
        first, second = archive.infolist()
        with open_member(archive, first) as one, open_member(archive, second) as other:
            for start in range(0, 300_000, 50_000):
                assert one.read(50_000) == contents[0][start : start + 50_000]
                assert other.read(50_000) == contents[1][start : start + 50_000]
            assert (one.read(1), other.read(1)) == (b"", b"")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("size", [0, 1, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 1_000_000])
def test_honest_members_are_read_as_they_are(tmp_path: Path, method: int, size: int) -> None:
    chance = random.Random(size)
    contents = {
        "noise": chance.randbytes(size),
        "text": b"".join(b"%d, " % chance.randrange(9) for _ in range(size // 3 + 1))[:size],
        "nothing": bytes(size),
    }
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as file:
        for name, content in contents.items():
            file.writestr(name, content)
    with open_archive(tmp_path / "a.zip") as archive:
        assert {member.filename: read_member(archive, member) for member in archive.infolist()} == contents


def test_no_damage_ends_in_anything_but_a_sentence(tmp_path: Path) -> None:
    chance = random.Random(5)
    path = tmp_path / "a.zip"
    entries = [*GOOD, Entry(b"s.png", png()), deflated("ü/猫.png".encode(), png(), flags=0x800)]
    whole = [made(path, entries, zip64=zip64).read_bytes() for zip64 in (False, True)]
    sentences: list[str] = []
    read = 0
    for turn in range(1500):
        data = bytearray(whole[turn % 2])
        for _ in range(chance.randint(1, 4)):
            # Mostly in the list at the end, which all else depends on.
            place = chance.randrange(len(data) // 2 if chance.random() < 0.7 else 0, len(data))
            data[place] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, data[place] ^ 1, chance.randrange(256)])
        path.write_bytes(data[: chance.randrange(len(data))] if turn % 10 == 9 else data)
        try:
            found = left_out(path)
            read += 1
            sentences += [f"{name}: {reason}" for name, reason in found.items()]
        except DatasetError as error:
            sentences.append(str(error))
    refusals = [sentence for sentence in sentences if sentence.startswith("a.zip ")]
    assert all(sentence.endswith(".") for sentence in sentences)
    assert min(read, len(refusals), len(sentences) - len(refusals)) > 100


def test_a_damaged_picture_costs_only_itself(tmp_path: Path) -> None:
    hurt = deflated(b"hurt.png", random.Random(1).randbytes(5000))
    cut = Entry(hurt.name, hurt.packed[:2000] + bytes(100) + hurt.packed[2100:], DEFLATED, hurt.size, hurt.crc)
    path = made(tmp_path / "a.zip", [cut, *GOOD])
    assert reasons(path) == {"hurt.png": DAMAGED}
    assert len(training_split(path)) == 1
