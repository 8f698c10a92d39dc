"""The MNIST family: found in every layout, gzipped or not; damaged files are named."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from torchvision import datasets as vision

from vae_core.data.dataset import load_dataset
from vae_core.data.named import locations
from vae_core.errors import DatasetError

PREFIXES = {"train": "train", "test": "t10k"}


@pytest.fixture(autouse=True)
def _nothing_but_this_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LATENT_EXPLORER_DATA", raising=False)
    monkeypatch.setattr(locations, "SYSTEM_FOLDER", tmp_path / "system")


def idx(array: NDArray[np.uint8]) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def sample(seed: int, count: int = 20, classes: int = 10) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    generator = np.random.default_rng(seed)
    images = generator.integers(256, size=(count, 28, 28), dtype=np.uint8)
    return images, (np.arange(count) % classes).astype(np.uint8)


def write_pair(folder: Path, prefix: str, seed: int, *, zipped: bool = False, classes: int = 10) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = sample(seed, classes=classes)
    for name, array in [("images-idx3-ubyte", images), ("labels-idx1-ubyte", labels)]:
        if zipped:
            (folder / f"{prefix}-{name}.gz").write_bytes(gzip.compress(idx(array), mtime=0))
        else:
            (folder / f"{prefix}-{name}").write_bytes(idx(array))


def assert_is_sample(name: str, seed: int, data_dir: Path | None = None) -> None:
    dataset = load_dataset(name, data_dir=data_dir)
    images, labels = sample(seed)
    np.testing.assert_array_equal(dataset.images[:, 0].numpy(), images)
    np.testing.assert_array_equal(dataset.labels.numpy(), labels)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("layout", ["FashionMNIST/raw", "fashion-mnist", "FashionMNIST", "raw", "."])
def test_found_wherever_the_files_lie(tmp_path: Path, layout: str, zipped: bool) -> None:
    write_pair(tmp_path / "data" / layout, "train", seed=1, zipped=zipped)
    assert_is_sample("fashion-mnist", seed=1, data_dir=tmp_path / "data")


def test_found_through_the_environment_and_among_the_systems_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pair(tmp_path / "system" / "kmnist", "train", seed=3, zipped=True)
    assert_is_sample("kmnist", seed=3)
    write_pair(tmp_path / "second" / "KMNIST" / "raw", "train", seed=2)
    monkeypatch.setenv("LATENT_EXPLORER_DATA", os.pathsep.join([str(tmp_path / "first"), str(tmp_path / "second")]))
    assert_is_sample("kmnist", seed=2)


@pytest.mark.usefixtures("unreachable")
def test_flat_files_of_another_data_set_are_not_taken_for_this_one(tmp_path: Path) -> None:
    write_pair(tmp_path / "fashion-mnist", "train", seed=1)
    with pytest.raises(DatasetError, match="mnist is not on this machine"):
        load_dataset("mnist", data_dir=tmp_path / "fashion-mnist")
    assert_is_sample("fashion-mnist", seed=1, data_dir=tmp_path / "fashion-mnist")


def test_emnist_is_turned_upright(tmp_path: Path) -> None:
    write_pair(tmp_path / "EMNIST" / "raw", "emnist-balanced-train", seed=4, classes=47)
    dataset = load_dataset("emnist", data_dir=tmp_path)
    np.testing.assert_array_equal(dataset.images[:, 0].numpy(), sample(4)[0].transpose(0, 2, 1))
    assert list(dataset.class_names) == vision.EMNIST.classes_split_dict["balanced"]


def test_class_names_are_torchvisions() -> None:
    from vae_core.data.named.catalogue_sets import _IDX_CLASSES

    assert list(_IDX_CLASSES["fashion-mnist"]) == vision.FashionMNIST.classes
    assert list(_IDX_CLASSES["kmnist"]) == vision.KMNIST.classes


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda data: data[:-5], r"train-images-idx3-ubyte has 15,691 bytes where its header says 15,696"),
        (lambda _: b"", "is not an idx file of bytes in 3 dimensions"),
        (lambda data: b"PK\3\4" + data[4:], "is not an idx file of bytes in 3 dimensions"),
        (lambda _: idx(sample(1, count=5)[0]), "holds 5 images but .*train-labels-idx1-ubyte 20 labels"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, damage: object, sentence: str) -> None:
    write_pair(tmp_path / "MNIST" / "raw", "train", seed=1)
    path = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    assert callable(damage)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DatasetError, match=sentence):
        load_dataset("mnist", data_dir=tmp_path)


def test_a_cut_off_gzip_is_named(tmp_path: Path) -> None:
    write_pair(tmp_path, "train", seed=1, zipped=True)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(DatasetError, match=r"train-images-idx3-ubyte\.gz cannot be read"):
        load_dataset("mnist", data_dir=tmp_path)


def test_a_label_beyond_the_classes_is_named(tmp_path: Path) -> None:
    write_pair(tmp_path, "train", seed=1, classes=12)
    with pytest.raises(DatasetError, match="holds the label 11, but there are 10 classes"):
        load_dataset("mnist", data_dir=tmp_path)


def test_a_missing_data_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"data folder .*nowhere does not exist"):
        load_dataset("mnist", data_dir=tmp_path / "nowhere")


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vision.MNIST, "mirrors", ["http://127.0.0.1:1/"])
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.mark.usefixtures("unreachable")
def test_without_a_network_the_error_says_where_it_looked_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(DatasetError) as caught:
        load_dataset("mnist", data_dir=tmp_path / "mine")
    message = str(caught.value)
    assert str(tmp_path / "mine") in message
    assert "could not be downloaded: 127.0.0.1 cannot be reached (Connection refused). Connect to the" in message
    assert "--data-dir or LATENT_EXPLORER_DATA" in message
    assert "\n" not in message
    assert [path.name for path in (tmp_path / "cache" / "downloads").rglob("*") if path.is_file()] == [".mnist.lock"]
