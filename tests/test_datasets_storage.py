"""Data sets above the memory budget: mapped from a file, streamed there, kept for the next time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from vae_core.datasets import npz
from vae_core.datasets.cache import cache_folder
from vae_core.datasets.loading import load_dataset
from vae_core.errors import DatasetError

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


@pytest.mark.parametrize("split", ["train", "test"])
def test_mapped_and_held_are_the_same_data_set(source: Path, split: str) -> None:
    held, mapped = load_dataset(source, split), load_dataset(source, split, memory_budget=1000)
    assert held.fingerprint == mapped.fingerprint
    assert torch.equal(held.images, mapped.images)
    assert torch.equal(held.labels, mapped.labels)
    assert held.class_names == mapped.class_names
    indices = torch.tensor([7, 3, 3])
    assert torch.equal(held.batch(indices), mapped.batch(indices))


def test_a_catalogue_entry_is_mapped_too() -> None:
    held, mapped = (
        load_dataset("digits", image_size=16),
        load_dataset("digits", image_size=16, memory_budget=1000),
    )
    assert held.fingerprint == mapped.fingerprint
    assert (cache_folder() / "mapped").is_dir()


def test_the_second_time_nothing_is_read_again(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_dataset(source, memory_budget=1000)

    def fail(*_arguments: object) -> None:
        raise AssertionError("images were framed again")

    monkeypatch.setattr(npz, "frame_array", fail)
    assert torch.equal(load_dataset(source, memory_budget=1000).images, first.images)


def test_a_changed_source_is_read_anew(source: Path) -> None:
    first = load_dataset(source, memory_budget=1000)
    images = np.zeros((300, 3, 16, 16), dtype=np.uint8)
    np.savez(source, images=images, labels=np.zeros(300, dtype=np.int64))
    second = load_dataset(source, memory_budget=1000)
    assert second.images.max() == 0
    assert second.fingerprint != first.fingerprint


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    images = np.zeros((300, 16, 16))
    images[250, 3, 3] = np.nan
    np.savez(tmp_path / "bad.npz", images=images)
    with pytest.raises(DatasetError, match="NaN or infinity, first in picture 250"):
        load_dataset(tmp_path / "bad.npz", memory_budget=1000)
    assert not list((tmp_path / "cache" / "mapped").iterdir())


def test_no_room_says_how_much_is_needed_and_where(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match=r"noise needs 0 MiB in .*file/mapped, .*point LATENT_EXPLORER_CACHE"):
        load_dataset(source, memory_budget=1000)


def test_a_damaged_mapped_file_is_named(source: Path, tmp_path: Path) -> None:
    load_dataset(source, memory_budget=1000)
    folder = next((tmp_path / "cache" / "mapped").iterdir())
    with (folder / "images").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(DatasetError, match=r"is damaged .images has not the size.*; delete it"):
        load_dataset(source, memory_budget=1000)


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory use from /proc")
def test_a_hundred_times_the_images_take_no_more_memory(tmp_path: Path) -> None:
    """At its peak while reading, and afterwards apart from the file's own pages, which can be taken back."""
    for name, count in [("small", 1_000), ("large", 100_000)]:
        np.savez(tmp_path / f"{name}.npz", images=np.full((count, 28, 28), 7, dtype=np.uint8))
    code = """
import json, resource, sys, torch
from pathlib import Path
from vae_core.datasets.loading import load_dataset
def anonymous():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024
figures = []
for name in ("small", "large"):
    dataset = load_dataset(f"{sys.argv[1]}/{name}.npz", memory_budget=500_000)
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
    assert large["anonymous"] - small["anonymous"] < 15
