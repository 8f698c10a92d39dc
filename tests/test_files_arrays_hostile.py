"""Files of arrays that are damaged, or that say of themselves what is not so: a sentence, and nothing else."""

import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.array_files import npy_bytes, pictures_of, random_bytes, refusal, saved, with_header, zipped
from vae_core.data.dataset import load_dataset
from vae_core.data.files.intake import UploadLimits
from vae_core.data.look import examples
from vae_core.errors import DatasetError

IMAGES = random_bytes(20, 16, 16)
DATA = IMAGES.tobytes()
GOOD = npy_bytes((20, 16, 16), "|u1", DATA)
DAMAGED = "is damaged or cut off; save the file anew."

CONTENTS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", DAMAGED),
    "no array": (b"<!DOCTYPE html>" * 99, DAMAGED),
    "a pickle": (b"\x80\x04cos\nsystem\n(S'true'\ntR.", DAMAGED),
    "a signature alone": (b"\x93NUMPY", DAMAGED),
    "another version": (GOOD[:6] + b"\x04" + GOOD[7:], DAMAGED),
    "half a header": (GOOD[:40], DAMAGED),
    "a cut array": (GOOD[:-1], DAMAGED),
    "more than its shape": (GOOD + b"\0", DAMAGED),
    "no bytes": (npy_bytes((20, 16, 16), "|u1", b""), DAMAGED),
    "a negative side": (npy_bytes((-20, -16, 16), "|u1", DATA), DAMAGED),
    "negative sides that agree": (npy_bytes((-10, -16, 16), "|u1", DATA[:2560]), DAMAGED),
    "a shape without end": (npy_bytes((2**62, 2**62, 2**62), "|u1", DATA), DAMAGED),
    "a shape that wraps around": (npy_bytes((2**32, 2**32, 16), "|u1", DATA), DAMAGED),
    "a shape of words": (npy_bytes("abc", "|u1", DATA), DAMAGED),
    "a shape of floats": (npy_bytes((20.0, 16, 16), "|u1", DATA), DAMAGED),
    "a shape of truth": (npy_bytes((True, True, 5120), "|u1", DATA), "has shape (1, 1, 5120), but pictures are"),
    "many axes": (npy_bytes((1,) * 200 + (5120,), "|u1", DATA), "but pictures are"),
    "no axes": (npy_bytes((), "|u1", DATA[:1]), "has shape (), but pictures are"),
    "an order of numbers": (npy_bytes((20, 16, 16), "|u1", DATA, fortran=3), DAMAGED),
    "an unknown type": (npy_bytes((20, 16, 16), "|q9", DATA), DAMAGED),
    "a type of code": (npy_bytes((20, 16, 16), "__import__('os').abort()", DATA), DAMAGED),
    "a type of many fields": (npy_bytes((20, 16, 16), [("a", "|u1")], DATA), "holds records, which are no pixels"),
    "a type of a wrong field": (npy_bytes((20, 16, 16), [("a",)], DATA), DAMAGED),
    "a type within a type": (npy_bytes((20, 16), ("|u1", (16,)), DATA), "holds records, which are no pixels"),
    "a type without a size": (npy_bytes((20, 16, 16), "<U0", b""), "holds empty texts alone"),
    "Python objects": (npy_bytes((20,), "|O", DATA), "holds Python objects, such as pictures of mixed sizes"),
    "Python objects in fields": (npy_bytes((20,), [("a", "|O")], DATA), "holds Python objects"),
    "Python objects of a negative shape": (npy_bytes((-20,), "|O", DATA), "holds Python objects"),
    "a header of brackets": (with_header("(" * 9000, DATA), DAMAGED),
    "a header of minus signs": (with_header("-" * 9000 + "1", DATA), DAMAGED),
    "a header without end": (with_header("{" + " " * 60_000 + "}", DATA), DAMAGED),
    "a header of something else": (with_header("[1, 2, 3]", DATA), DAMAGED),
    "a header that lacks a key": (with_header("{'descr': '|u1', 'shape': (20, 16, 16)}", DATA), DAMAGED),
    "a header of no text": (b"\x93NUMPY\x03\0\x04\0\0\0\xff\xff\xff\xff" + DATA, DAMAGED),
    "a header longer than all": (b"\x93NUMPY\x02\0\xff\xff\xff\xff" + DATA, DAMAGED),
}


@pytest.mark.parametrize("kind", CONTENTS)
@pytest.mark.parametrize("name", ["set.npz", "set.npy"])
def test_content_that_is_no_pictures(tmp_path: Path, name: str, kind: str) -> None:
    content, sentence = CONTENTS[kind]
    path = tmp_path / name
    if path.suffix == ".npy":
        path.write_bytes(content)
    else:
        zipped(path, {"images": content})
    called = "images" if path.suffix == ".npz" else "the array"
    assert refusal(path).startswith(f"{name}: {called} ")
    assert sentence in refusal(path)
    for read in (load_dataset, lambda path: examples(path, 16, 1, "middle", 6)):
        with pytest.raises(DatasetError):
            read(path)


@pytest.mark.parametrize(
    ("descr", "raw", "sentence"),
    [
        ("<U1", np.array([0x7FFFFFFF, 65], "<u4"), "holds characters that there are not; save the file anew"),
        ("<U1", np.array([0xD800, 65], "<u4"), "holds characters that there are not"),
        (">U1", np.array([0x110000, 65], ">u4"), "holds characters that there are not"),
        ("<U0", np.array([], "<u4"), "holds empty texts alone"),
        ("|V4", np.array([0, 1], "<u4"), None),
        ("|O", np.array([0, 1], "<u4"), "holds Python objects, which are never loaded"),
    ],
)
@pytest.mark.parametrize("name", ["class_names", "labels"])
def test_words_that_are_none(tmp_path: Path, name: str, descr: str, raw: Any, sentence: str | None) -> None:
    words = npy_bytes((2,), descr, raw.tobytes())
    members = {"images": npy_bytes((2, 8, 320), "|u1", DATA), name: words}
    if name == "class_names":
        members["labels"] = npy_bytes((2,), "|u1", b"\0\1")
    found = refusal(zipped(tmp_path / "set.npz", members))
    assert found.startswith(f"set.npz: {name} ")
    assert (sentence or "words") in found


def test_what_python_2_and_julia_have_written_is_read(tmp_path: Path) -> None:
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (20L, 16L, 16L), }"
    (tmp_path / "old.npy").write_bytes(with_header(header, DATA))
    np.testing.assert_array_equal(pictures_of(tmp_path / "old.npy")[:, 0], IMAGES)
    for version in (1, 2, 3):
        (tmp_path / "new.npy").write_bytes(npy_bytes((20, 16, 16), "|u1", DATA, version=version))
        np.testing.assert_array_equal(pictures_of(tmp_path / "new.npy")[:, 0], IMAGES)
    (tmp_path / "new.npy").write_bytes(npy_bytes((16, 16, 20), "|u1", DATA, fortran=True))
    np.testing.assert_array_equal(
        pictures_of(tmp_path / "new.npy")[:, 0], np.frombuffer(DATA, np.uint8).reshape(20, 16, 16).transpose(2, 1, 0)
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("spoilt", [True, False])
def test_other_ways_of_compressing_are_refused(tmp_path: Path, method: int, spoilt: bool) -> None:
    path = zipped(tmp_path / "set.npz", {"images": GOOD}, method)
    if spoilt:
        content = bytearray(path.read_bytes())
        content[60:90] = bytes(30)
        path.write_bytes(content)
    assert "images is compressed in a way that arrays are not; save the file with numpy.savez" in refusal(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("place", [0.05, 0.3, 0.7, 0.97])
def test_a_damaged_member_is_named(tmp_path: Path, place: float, method: int) -> None:
    path = zipped(tmp_path / "set.npz", {"images": GOOD}, method)
    content = bytearray(path.read_bytes())
    at = int(place * len(content[:-120]))
    content[at : at + 20] = bytes(byte ^ 0xFF for byte in content[at : at + 20])
    path.write_bytes(content)
    assert DAMAGED in refusal(path)


@pytest.mark.parametrize("shift", [-1000, 1000, 2**31])
def test_a_member_of_another_size_than_its_entry_says(tmp_path: Path, shift: int) -> None:
    path = zipped(tmp_path / "set.npz", {"images": GOOD}, zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    size = len(GOOD).to_bytes(4, "little")
    claimed = npy_bytes((20 * 256 + shift, 1), "|u1", b"")
    for _ in range(2):
        at = content.index(size)
        content[at : at + 4] = (len(claimed) + 20 * 256 + shift).to_bytes(4, "little")
    path.write_bytes(content)
    assert DAMAGED in refusal(path)


@pytest.mark.parametrize("name", ["set.npz", "set.npy"])
def test_a_header_that_claims_to_be_endless_is_not_read_to_its_end(tmp_path: Path, name: str) -> None:
    content = b"\x93NUMPY\x02\0\xff\xff\xff\xff" + b" " * 100_000_000
    path = tmp_path / name
    if path.suffix == ".npy":
        path.write_bytes(content)
    else:
        zipped(path, {"images": content}, zipfile.ZIP_DEFLATED)
    del content
    tracemalloc.start()
    try:
        assert DAMAGED in refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_what_is_damaged_and_not_needed_does_no_harm(tmp_path: Path) -> None:
    members = {"images": GOOD, "metadata": b"no array", "extra": npy_bytes((-3,), "|u1", b""), "Ω\n": b""}
    np.testing.assert_array_equal(pictures_of(zipped(tmp_path / "set.npz", members))[:, 0], IMAGES)
    with zipfile.ZipFile(tmp_path / "set.npz", "a") as archive:
        archive.writestr("readme.txt", "not an array")
        archive.writestr("__MACOSX/._images", "not an array")
    np.testing.assert_array_equal(pictures_of(tmp_path / "set.npz")[:, 0], IMAGES)


def test_a_long_and_odd_name_is_shortened(tmp_path: Path) -> None:
    found = refusal(zipped(tmp_path / "set.npz", {"x\n\x1b[31m" + "y" * 5000: b""}))
    assert len(found) < 200
    assert found.isprintable()


def test_an_array_that_inflates_enormously_is_refused(tmp_path: Path) -> None:
    black = np.zeros((3000, 28, 28), np.uint8)
    np.savez_compressed(tmp_path / "set.npz", images=black)
    with pytest.raises(DatasetError, match=r"images would inflate to more than 200 times its size; save the file with"):
        pictures_of(tmp_path / "set.npz", UploadLimits(ratio_free_bytes=2**20))
    path = saved(tmp_path / "plain.npz", images=black)
    with pytest.raises(DatasetError, match="would inflate to 2 MiB, more than the limit of 1 MiB"):
        pictures_of(path, UploadLimits(total_bytes=2**20))
    assert (pictures_of(path) == 0).all()


def test_nearly_empty_masks_are_no_bomb(tmp_path: Path) -> None:
    """They say how large they are, and that is little enough."""
    masks = np.zeros((3000, 28, 28), np.uint8)
    masks[::2, 7:12, 9:15] = 1
    np.savez_compressed(tmp_path / "masks.npz", images=masks)
    assert masks.nbytes > 200 * (tmp_path / "masks.npz").stat().st_size
    np.testing.assert_array_equal(pictures_of(tmp_path / "masks.npz")[:, 0], masks * 255)


def test_honest_masks_in_wide_numbers_may_inflate_as_much_as_these_are_wider(tmp_path: Path) -> None:
    masks = (np.arange(3000 * 784).reshape(3000, 28, 28) % 97 == 0).astype(np.int64)
    np.savez_compressed(tmp_path / "masks.npz", images=masks)
    assert masks.nbytes > 200 * (tmp_path / "masks.npz").stat().st_size
    np.testing.assert_array_equal(pictures_of(tmp_path / "masks.npz")[:, 0], masks * 255)


def test_what_is_no_npz_is_said(tmp_path: Path) -> None:
    (tmp_path / "set.npz").write_bytes(GOOD)
    with pytest.raises(DatasetError, match=r"set\.npz is not a readable \.npz file"):
        load_dataset(tmp_path / "set.npz")
    zipped(tmp_path / "set.npz", {"images": GOOD}).rename(tmp_path / "set.npy")
    assert refusal(tmp_path / "set.npy") == f"set.npy: the array {DAMAGED}"
