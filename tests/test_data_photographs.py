"""CIFAR-10, SVHN and CelebA, from small files laid out and named like the real ones."""

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import torch
from PIL import Image
from torchvision import datasets as vision

from vae_core.data.dataset import load_dataset
from vae_core.data.named import locations
from vae_core.errors import DatasetError

GENERATOR = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LATENT_EXPLORER_DATA", raising=False)
    monkeypatch.setattr(locations, "SYSTEM_FOLDER", tmp_path / "system")


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


@pytest.fixture
def cifar10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Two training batches and a test batch; returns the training images (N, 3, 32, 32)."""
    folder = tmp_path / "data" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    names = ["data_batch_1", "data_batch_2", "test_batch"]
    pixels = GENERATOR.integers(256, size=(3, 10, 3072), dtype=np.uint8)
    for name, data in zip(names, pixels, strict=True):
        (folder / name).write_bytes(pickle.dumps({"data": data, "labels": list(range(10))}))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": [f"class {i}" for i in range(10)]}))
    listed = [[name, md5(folder / name)] for name in names]
    monkeypatch.setattr(vision.CIFAR10, "train_list", listed[:2])
    monkeypatch.setattr(vision.CIFAR10, "test_list", listed[2:])
    meta = {"filename": "batches.meta", "key": "label_names", "md5": md5(folder / "batches.meta")}
    monkeypatch.setattr(vision.CIFAR10, "meta", meta)
    return pixels[:2].reshape(20, 3, 32, 32)


def test_cifar10_keeps_its_colours_and_classes(cifar10: np.ndarray, tmp_path: Path) -> None:
    dataset = load_dataset("cifar10", data_dir=tmp_path / "data")
    np.testing.assert_array_equal(dataset.images.numpy(), cifar10)
    assert dataset.class_names[3] == "class 3"
    assert dataset.labels.tolist() == [*range(10), *range(10)]


def test_cifar10_in_grey_is_the_luma(cifar10: np.ndarray, tmp_path: Path) -> None:
    dataset = load_dataset("cifar10", data_dir=tmp_path / "data", channels=1)
    luma = np.tensordot([0.299, 0.587, 0.114], cifar10.astype(float), axes=(0, 1))
    np.testing.assert_allclose(dataset.images[:, 0].numpy(), luma, atol=1)


@pytest.mark.usefixtures("cifar10")
def test_a_changed_pickle_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "exploded",))  # type: ignore[return-value]

    (tmp_path / "data" / "cifar-10-batches-py" / "data_batch_1").write_bytes(pickle.dumps(Bomb()))
    monkeypatch.setattr(vision.CIFAR10, "url", "http://127.0.0.1:1/cifar-10-python.tar.gz")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(DatasetError, match="cifar10 is not on this machine"):
        load_dataset("cifar10", data_dir=tmp_path / "data")
    assert not (tmp_path / "exploded").exists()


def test_svhn_calls_a_zero_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "svhn"
    folder.mkdir()
    pixels = GENERATOR.integers(256, size=(32, 32, 3, 6), dtype=np.uint8)
    scipy.io.savemat(folder / "test_32x32.mat", {"X": pixels, "y": np.array([[1], [2], [10], [4], [9], [10]])})
    listed = {"test": ["http://127.0.0.1:1/", "test_32x32.mat", md5(folder / "test_32x32.mat")]}
    monkeypatch.setattr(vision.SVHN, "split_list", listed)
    dataset = load_dataset("svhn", "test", data_dir=tmp_path)
    assert dataset.labels.tolist() == [1, 2, 0, 4, 9, 0]
    np.testing.assert_array_equal(dataset.images.numpy(), pixels.transpose(3, 2, 0, 1))


@pytest.fixture
def celeba(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six faces of 178×218 in one colour each, every other one smiling, the last two for testing."""
    folder = tmp_path / "data" / "celeba"
    (folder / "img_align_celeba").mkdir(parents=True)
    names = [f"{index:06}.jpg" for index in range(1, 7)]
    for index, name in enumerate(names):
        Image.new("RGB", (178, 218), (40 * index, 100, 250)).save(folder / "img_align_celeba" / name, quality=95)
    rows = {
        "list_eval_partition.txt": "".join(f"{n} {2 if i > 3 else 0}\n" for i, n in enumerate(names)),
        "identity_CelebA.txt": "".join(f"{n} 7\n" for n in names),
        "list_bbox_celeba.txt": "6\nimage_id x\n" + "".join(f"{n} 1\n" for n in names),
        "list_landmarks_align_celeba.txt": "6\nx\n" + "".join(f"{n} 1\n" for n in names),
        "list_attr_celeba.txt": "6\nMale Smiling Young\n"
        + "".join(f"{n} -1 {1 if i % 2 else -1} 1\n" for i, n in enumerate(names)),
    }
    for file, text in rows.items():
        (folder / file).write_text(text)
    monkeypatch.setattr(vision.CelebA, "file_list", [("id", md5(folder / file), file) for file in rows])
    return tmp_path / "data"


def test_celeba_is_cropped_to_a_square_and_labelled_by_its_smile(celeba: Path) -> None:
    train = load_dataset("celeba", data_dir=celeba)
    test = load_dataset("celeba", "test", data_dir=celeba)
    assert train.images.shape == (4, 3, 64, 64)
    assert train.labels.tolist() == [0, 1, 0, 1]
    assert test.labels.tolist() == [0, 1]
    assert train.class_names == ("not smiling", "smiling")
    red = train.images[:, 0].float().mean(dim=(1, 2))
    torch.testing.assert_close(red, torch.tensor([0.0, 40.0, 80.0, 120.0]), atol=3, rtol=0)


def test_a_damaged_face_is_named(celeba: Path) -> None:
    face = celeba / "celeba" / "img_align_celeba" / "000002.jpg"
    face.write_bytes(face.read_bytes()[:500])
    with pytest.raises(DatasetError, match=r"000002\.jpg cannot be read"):
        load_dataset("celeba", data_dir=celeba)
