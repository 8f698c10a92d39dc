"""How much of a file of arrays is read, and held: as little as the question needs, in whatever order it lies."""

import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.array_files import asked, pictures_of, random_bytes, refusal, saved
from vae_core.data.files import stored_array
from vae_core.data.files.arrays import open_arrays
from vae_core.data.files.intake import DEFAULT_LIMITS, UploadLimits
from vae_core.data.files.stored_array import StoredArray
from vae_core.data.look import examples
from vae_core.errors import DatasetError
from vae_core.progress import Progress

ROOT = Path(__file__).resolve().parents[1]
BLOCKS = (
    # bytes of a block, of what is held in Fortran order, and of pieces too short to be read each
    (2**20, 2**28, 2**16),
    (1000, 5000, 2**16),
    (1000, 5000, 1),
    (37, 300, 64),
)


@pytest.mark.parametrize("sizes", BLOCKS)
@pytest.mark.parametrize("kind", ["u1", ">f4", "?"])
@pytest.mark.parametrize("shape", [(50, 9, 13), (7, 40, 20, 3), (2, 1, 100, 90), (1, 12, 20), (300, 64)])
def test_fortran_order_in_pieces_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], kind: str, sizes: tuple[int, int, int]
) -> None:
    for name, size in zip(("BLOCK_BYTES", "HELD_BYTES", "SHORT_BYTES"), sizes, strict=True):
        monkeypatch.setattr(stored_array, name, size)
    values = (random_bytes(*shape) / 255).astype(kind) if kind != "u1" else random_bytes(*shape)
    np.savez(tmp_path / "along.npz", images=values)
    np.save(tmp_path / "alone.npy", np.asfortranarray(values))
    np.savez(tmp_path / "stored.npz", images=np.asfortranarray(values))
    np.savez_compressed(tmp_path / "deflated.npz", images=np.asfortranarray(values))
    expected = pictures_of(tmp_path / "along.npz")
    for name in ("alone.npy", "stored.npz", "deflated.npz"):
        np.testing.assert_array_equal(pictures_of(tmp_path / name), expected)


class Forward(BytesIO):
    """A file in which there is no going anywhere but on."""

    def seekable(self) -> bool:
        return False

    def seek(self, place: int, whence: int = 0) -> int:
        raise AssertionError(f"it was moved to {place} from {whence}")


@pytest.mark.parametrize("order", ["C", "F"])
def test_files_that_can_only_be_read_forward(monkeypatch: pytest.MonkeyPatch, order: Any) -> None:
    monkeypatch.setattr(stored_array, "HELD_BYTES", 5000)
    monkeypatch.setattr(stored_array, "SHORT_BYTES", 1)
    monkeypatch.setattr(stored_array, "STREAM_BYTES", 7)
    values = random_bytes(60, 12, 20)
    content = BytesIO()
    np.save(content, np.array(values, order=order))
    data = content.getvalue()
    array = StoredArray("set.npz", "images", len(data), len(data), lambda: Forward(data), DEFAULT_LIMITS)
    np.testing.assert_array_equal(np.concatenate(list(array.rows())), values)
    cut = StoredArray("set.npz", "images", len(data), len(data), lambda: Forward(data[:150]), DEFAULT_LIMITS)
    with pytest.raises(DatasetError, match=r"^set\.npz: images is damaged or cut off"):
        list(cut.rows())


@pytest.fixture
def bytes_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes of arrays have been read, each time."""
    counts: list[int] = []
    read = StoredArray._read

    def counted(self: StoredArray, file: IO[bytes], items: int) -> NDArray[Any]:
        found = read(self, file, items)
        counts.append(found.nbytes)
        return found

    monkeypatch.setattr(StoredArray, "_read", counted)
    return counts


def test_a_first_look_does_not_read_all(tmp_path: Path, bytes_read: list[int]) -> None:
    path = saved(tmp_path / "set.npz", x_train=random_bytes(20_000, 20, 30), x_test=random_bytes(100, 20, 30))
    assert asked(path, lambda arrays: arrays.image_shape) == (20_100, 1, 20, 30)
    assert bytes_read == []
    assert len(examples(path, 16, 1, "middle", 6)) == 6
    assert sum(bytes_read) <= stored_array.STREAM_BYTES + 6 * 600


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_first_pictures_of_a_type_in_doubt_take_one_look_at_all(
    tmp_path: Path, bytes_read: list[int], order: Any
) -> None:
    images = np.array(random_bytes(2000, 40, 40).astype(np.uint16) * 16, order=order)
    np.save(tmp_path / "set.npy", images)
    first = asked(tmp_path / "set.npy", lambda arrays: next(arrays.blocks(arrays.parts[0], 6)))
    np.testing.assert_array_equal(first[:, 0], np.rint(images[:6] * (255 / 4095)))
    assert sum(bytes_read) <= images.nbytes * (2 if order == "F" else 1) + 6 * 3200


def test_every_picture_is_read_once_for_both_splits_and_not_again(tmp_path: Path, bytes_read: list[int]) -> None:
    from vae_core.data.dataset import load_dataset

    path = saved(tmp_path / "set.npz", x_train=random_bytes(2_000, 20, 20), x_test=random_bytes(100, 20, 20))
    assert (len(load_dataset(path, "test")), len(load_dataset(path))) == (100, 2_000)
    assert sum(bytes_read) <= 2_100 * 400 + 8 * stored_array.STREAM_BYTES


@pytest.mark.parametrize("kind", ["u1", "f4"])
def test_a_preview_shows_pictures_as_they_will_be(tmp_path: Path, kind: str) -> None:
    pixels = random_bytes(9, 16, 24, 3) if kind == "u1" else (random_bytes(9, 16, 24, 3) / 255).astype(kind)
    flat = saved(tmp_path / "flat.npy", images=pixels[..., 0].reshape(9, -1)[:, :256])
    assert [(pair.width, pair.height) for pair in examples(flat, 32, 1, "middle", 6)] == [(16, 16)] * 6
    orders: tuple[Literal["C"], Literal["F"]] = ("C", "F")
    shown = [
        examples(saved(tmp_path / f"{order}.npz", x_test=np.array(pixels, order=order)), 16, 3, "middle", 6)
        for order in orders
    ]
    assert [pair.sheet for pair in shown[0]] == [pair.sheet for pair in shown[1]]
    assert [(pair.width, pair.height) for pair in shown[0]] == [(24, 16)] * 6
    assert examples(flat, 16, 1, "middle", 6) == []


def test_how_far_it_is_is_told_of_the_look_at_the_numbers_too(tmp_path: Path) -> None:
    path = saved(tmp_path / "set.npz", images=np.zeros((5000, 20, 20), np.float64))
    told: list[Progress] = []
    asked(path, lambda arrays: arrays.find_ranges(told.append))
    assert told[-1] == Progress("Looking at the numbers", 2_000_000, 2_000_000)
    assert len(told) > 10
    before = len(told)
    with open_arrays(path, DEFAULT_LIMITS) as arrays:
        arrays.find_ranges()
        arrays.find_ranges(told.append)
    assert len(told) == before


def test_what_would_take_too_long_or_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = random_bytes(60, 100, 100)
    path = saved(tmp_path / "wide.npz", images=np.asfortranarray(images))
    monkeypatch.setattr(stored_array, "FORTRAN_BYTES", 500_000)
    assert "images lies in Fortran order, in which its 1 MiB take too long to read; save it as " in refusal(path)
    assert "numpy.ascontiguousarray(images)" in refusal(path)
    small = UploadLimits(file_bytes=5000)
    path = saved(tmp_path / "tall.npy", images=images)
    assert "the array takes 0 MiB for each of its 60 entries, more than the limit of 0 MiB" in refusal(path, small)
    small = UploadLimits(total_bytes=2**19)
    assert "tall.npy has 1 MiB, more than the limit of 0 MiB; make it smaller" in refusal(path, small)


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory use as Linux counts it")
def test_memory_does_not_grow_with_an_array_in_fortran_order(tmp_path: Path) -> None:
    """Beside what is held by intent, here 16 MiB."""
    pixels = np.zeros((28, 28, 150_000), np.uint8)
    pixels[0] = np.arange(150_000) % 251
    for name, images in {"along": pixels.T[:1000].copy(), "across": pixels.T}.items():
        np.savez(tmp_path / f"{name}.npz", images=images)
    code = """
import json, resource, sys
from pathlib import Path
from vae_core.data.files import stored_array
from vae_core.data.files.arrays import open_arrays
from vae_core.data.files.intake import DEFAULT_LIMITS
stored_array.HELD_BYTES = 16 * 2**20
peaks = []
for name in ("along", "across"):
    with open_arrays(Path(sys.argv[1]) / f"{name}.npz", DEFAULT_LIMITS) as arrays:
        count = sum(len(block) for block in arrays.blocks(arrays.parts[0]))
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
print(json.dumps([count, *peaks]))
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    count, before, after = json.loads(
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    )
    assert count == 150_000
    assert after - before < 60
