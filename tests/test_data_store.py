"""What was handed in is decoded once: streamed into mapped files, shared, kept for the next time, swept when unused."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.array_files import random_bytes, saved
from tests.picture_archives import packed, spots
from vae_core.config import TrainConfig
from vae_core.data import reader, shelves, stored_sets
from vae_core.data.dataset import load_dataset
from vae_core.data.files.survey import survey as ordinary_survey
from vae_core.data.look import Request
from vae_core.data.reader import look_at
from vae_core.errors import ConfigError, DatasetError

DAY = 24 * 3600.0
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    generator = np.random.default_rng(0)
    path = tmp_path / "noise.npz"
    images = generator.integers(256, size=(300, 3, 16, 16), dtype=np.uint8)
    np.savez(path, images=images, labels=generator.integers(4, size=300))
    return path


def test_the_second_time_nothing_is_read_again(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_dataset(source)

    def fail(*_arguments: object) -> None:
        raise AssertionError("images were framed again")

    monkeypatch.setattr(stored_sets, "frame_array", fail)
    assert torch.equal(load_dataset(source).images, first.images)


def test_a_changed_source_is_read_anew(source: Path) -> None:
    first = load_dataset(source)
    images = np.zeros((300, 3, 16, 16), dtype=np.uint8)
    np.savez(source, images=images, labels=np.zeros(300, dtype=np.int64))
    second = load_dataset(source)
    assert second.images.max() == 0
    assert second.fingerprint != first.fingerprint


def growing(folder: Path, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """A folder of cats, to which dogs are added in the middle of each of so many readings."""
    add_pictures(folder / "cat", 20)
    left = iter(range(times))

    def survey(*given: Any) -> Any:
        found = ordinary_survey(*given)
        if (number := next(left, None)) is not None:
            add_pictures(folder / "dog", 20 + number)
        return found

    monkeypatch.setattr(reader, "survey", survey)


def add_pictures(folder: Path, count: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.new("L", (12, 12), number).save(folder / f"{number}.png")


def test_what_grows_while_it_is_read_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    growing(tmp_path / "pets", monkeypatch, times=1)
    look = look_at(Request(tmp_path / "pets"))
    assert look.classes == {"cat": 20, "dog": 20}
    assert look_at(Request(tmp_path / "pets")) == look


def test_what_never_stops_growing_is_told_and_read_once_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    growing(tmp_path / "pets", monkeypatch, times=reader.ATTEMPTS)
    with pytest.raises(DatasetError, match="pets changes while it is being read; wait until it is whole"):
        load_dataset(tmp_path / "pets")
    assert look_at(Request(tmp_path / "pets")).classes == {"cat": 20, "dog": 19 + reader.ATTEMPTS}


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    images = np.zeros((300, 16, 16))
    images[250, 3, 3] = np.nan
    np.savez(tmp_path / "bad.npz", images=images)
    with pytest.raises(DatasetError, match="NaN or infinity, first in picture 250"):
        load_dataset(tmp_path / "bad.npz")
    assert not list((tmp_path / "cache" / "stores").rglob("*.images"))


def test_no_room_says_how_much_is_needed_and_where(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match=r"noise needs 0 MiB in .*file/stores/.*, .*point LATENT_EXPLORER_CACHE"):
        load_dataset(source)


@pytest.mark.parametrize("name", ["train.images", "train.labels.npy", "test.places.npy", "store.json", "rows.json"])
def test_what_was_damaged_in_the_cache_is_read_anew(source: Path, tmp_path: Path, name: str) -> None:
    first = load_dataset(source)
    images = first.images.clone()  # the file is about to be cut off under the mapping
    (path,) = (tmp_path / "cache").rglob(name)
    path.write_bytes(path.read_bytes()[:100])
    again = load_dataset(source)
    assert torch.equal(again.images, images)
    assert again.fingerprint == first.fingerprint


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory use from /proc")
def test_a_hundred_times_the_images_take_no_more_memory(tmp_path: Path) -> None:
    """At its peak while reading, and afterwards apart from the file's own pages, which can be taken back."""
    for name, count in [("small", 1_000), ("large", 100_000)]:
        np.savez(tmp_path / f"{name}.npz", images=np.full((count, 28, 28), 7, dtype=np.uint8))
    code = """
import json, resource, sys, torch
from pathlib import Path
from vae_core.data.dataset import load_dataset
def anonymous():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024
figures = []
for name in ("small", "large"):
    dataset = load_dataset(f"{sys.argv[1]}/{name}.npz")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    dataset.batch(torch.arange(0, len(dataset), len(dataset) // 500))
    figures.append({"images": dataset.images.numel() / 2**20, "peak": peak, "anonymous": anonymous()})
print(json.dumps(figures))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, str(tmp_path)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    small, large = json.loads(result.stdout)
    assert large["images"] > 60
    assert large["peak"] - small["peak"] < 25
    assert large["anonymous"] - small["anonymous"] < 25


@pytest.mark.parametrize("name", ["look.json", "sheet.png"])
def test_a_look_that_was_damaged_in_the_cache_is_taken_anew(source: Path, tmp_path: Path, name: str) -> None:
    first = look_at(Request(source))
    (path,) = (tmp_path / "cache").rglob(name)
    path.unlink() if name == "sheet.png" else path.write_text("{")
    assert look_at(Request(source)) == first


def test_places_tell_which_image_is_which(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(256, size=(200, 16, 16), dtype=np.uint8)
    np.savez(tmp_path / "set.npz", images=images, labels=np.arange(200) // 50)
    train, test = (load_dataset(tmp_path / "set.npz", split) for split in ("train", "test"))
    for dataset in (train, test):
        assert dataset.places is not None
        assert torch.equal(dataset.images[:, 0], torch.from_numpy(images)[dataset.places])
        assert torch.equal(dataset.labels, dataset.places // 50)
    assert sorted(torch.cat([train.places, test.places]).tolist()) == list(range(200))  # type: ignore[list-item]


def test_the_first_images_are_of_all_classes(tmp_path: Path) -> None:
    """What lies class by class, as in folders, does not stay so."""
    np.savez(tmp_path / "set.npz", images=np.zeros((400, 16, 16), np.uint8), labels=np.arange(400) // 100)
    assert np.bincount(load_dataset(tmp_path / "set.npz").labels[:80], minlength=4).min() >= 8


def test_asking_for_what_the_images_suggest_is_asking_for_nothing(source: Path, tmp_path: Path) -> None:
    load_dataset(source)
    load_dataset(source, image_size=16, channels=3)
    assert len(list((tmp_path / "cache").rglob("store.json"))) == 1
    load_dataset(source, channels=1)
    assert len(list((tmp_path / "cache").rglob("store.json"))) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no time of the last change")
@pytest.mark.parametrize("kind", ["folder", ".zip", ".npz", ".npy"])
def test_a_file_that_another_as_large_and_as_old_replaces_is_read_again(tmp_path: Path, kind: str) -> None:
    """As copying with its date kept, or unpacking, leaves it."""

    def write(folder: Path, level: int) -> Path:
        folder.mkdir()
        for number in range(20):
            Image.new("L", (16, 16), level).save(folder / f"{number}.bmp")
        if kind == ".zip":
            return packed(folder / "set.zip", {file.name: file.read_bytes() for file in folder.iterdir()})
        if kind != "folder":
            return saved(folder / f"set{kind}", images=np.full((20, 16, 16), level, np.uint8))
        return folder

    first, second = write(tmp_path / "first", 50), write(tmp_path / "second", 60)
    assert load_dataset(first).images.unique().tolist() == [50]
    replaced = [first] if kind != "folder" else sorted(first.iterdir())
    for file in replaced:
        before, other = file.stat(), second / file.name if kind == "folder" else second
        os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
        other.replace(file)
        assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert load_dataset(first).images.unique().tolist() == [60]


def test_what_nobody_opens_for_a_week_goes(source: Path, tmp_path: Path) -> None:
    (tmp_path / "cache" / "mapped" / "0123").mkdir(parents=True)
    load_dataset(source)
    now = time.time()
    shelves.sweep(now + 6 * DAY)
    assert list((tmp_path / "cache").rglob("store.json"))
    shelves.sweep(now + 8 * DAY)
    assert not list((tmp_path / "cache").rglob("*.json"))
    assert not (tmp_path / "cache" / "mapped").exists()


def test_what_a_file_takes_is_known_and_goes_with_it(source: Path, tmp_path: Path) -> None:
    load_dataset(source)
    load_dataset(source, channels=1)
    other = tmp_path / "other.npz"
    shutil.copy(source, other)
    load_dataset(other)
    assert 300 * 256 * 4 < shelves.space([source]) < 300 * 256 * 8
    shelves.remove(source)
    assert shelves.space([source]) == 0
    assert shelves.space([other]) > 300 * 256 * 3


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is text")
@pytest.mark.parametrize("kind", ["folder", ".zip", ".npz", ".npy"])
def test_a_name_that_is_no_text_is_one_like_any_other(tmp_path: Path, kind: str) -> None:
    name, content = os.fsdecode(b"caf\xe9"), random_bytes(20, 16, 16)
    path = tmp_path / (name if kind == "folder" else name + kind)
    if kind == "folder":
        path.mkdir()
        for member, data in spots(f"{number}.png" for number in range(20)).items():
            (path / member).write_bytes(data)
    elif kind == ".zip":
        packed(path, spots(f"{number}.png" for number in range(20)))
    else:
        with path.open("wb") as file:
            (np.savez if kind == ".npz" else np.save)(file, content)
    dataset = load_dataset(path)
    assert (dataset.name, dataset.class_names, len(dataset)) == ("caf\\xe9", ("caf\\xe9",), 18)
    assert shelves.space([path]) > 20 * 256
    shelves.remove(path)
    assert shelves.space([path]) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is text")
def test_a_name_that_is_no_text_is_refused_where_it_would_have_to_be_kept(tmp_path: Path) -> None:
    missing = os.fsdecode(b"caf\xe9.zip")
    with pytest.raises(ConfigError, match=r"^data: 'caf\\udce9\.zip' is not all text, so it cannot be kept; rename"):
        TrainConfig.parse({"data": missing})
    with pytest.raises(DatasetError, match=r"caf\\xe9\.zip is neither a data set"):
        load_dataset(tmp_path / missing)
