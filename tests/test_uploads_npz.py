"""Arrays from .npz files: every layout that is meant, and a clear word on every other."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vae_core.datasets.dataset import Dataset
from vae_core.datasets.loading import load_dataset
from vae_core.datasets.npz import load_npz
from vae_core.datasets.request import Request
from vae_core.errors import DatasetError
from vae_core.progress import silent
from vae_core.uploads.limits import UploadLimits

SIXTEEN = np.random.default_rng(0).integers(256, size=(40, 3, 16, 16), dtype=np.uint8)


def load(tmp_path: Path, **arrays: Any) -> Dataset:
    np.savez_compressed(tmp_path / "set.npz", **arrays)
    return load_dataset(tmp_path / "set.npz")


def expected(images: np.ndarray, found: Dataset) -> torch.Tensor:
    """The images of SIXTEEN that should be in `found`, told by their labels 0…39."""
    return torch.from_numpy(images)[found.labels]


@pytest.mark.parametrize(
    "arrange",
    [
        lambda images: images,
        lambda images: images.transpose(0, 2, 3, 1),
        lambda images: np.asfortranarray(images),
        lambda images: images.astype(np.float64) / 255,
        lambda images: images.astype(np.float32) / 255,
        lambda images: (images / 255).astype(">f4"),
    ],
)
@pytest.mark.parametrize("names", [("images", "labels"), ("x", "y"), ("X", "Y")])
def test_layouts_types_and_names(
    tmp_path: Path, arrange: Callable[[np.ndarray], np.ndarray], names: tuple[str, str]
) -> None:
    dataset = load(tmp_path, **{names[0]: arrange(SIXTEEN), names[1]: np.arange(40)})
    assert len(dataset) == 36
    assert torch.equal(dataset.images, expected(SIXTEEN, dataset))


def test_grey_images_without_a_channel_axis(tmp_path: Path) -> None:
    dataset = load(tmp_path, images=SIXTEEN[:, 0], labels=np.arange(40))
    assert torch.equal(dataset.images, expected(SIXTEEN[:, :1], dataset))


def test_black_and_white(tmp_path: Path) -> None:
    dataset = load(tmp_path, images=SIXTEEN[:, 0] > 128, labels=np.arange(40))
    assert torch.equal(dataset.images, expected((SIXTEEN[:, :1] > 128).astype(np.uint8) * 255, dataset))


def test_odd_sizes_are_cropped_and_scaled(tmp_path: Path) -> None:
    wide = np.zeros((10, 30, 50), dtype=np.uint8)
    wide[:, :, 10:40] = 200
    dataset = load(tmp_path, images=wide)
    assert dataset.images.shape == (9, 1, 32, 32)
    assert (dataset.images == 200).all()
    assert dataset.class_names == ("all",)


def test_labels_of_any_value_and_text_become_classes(tmp_path: Path) -> None:
    by_number = load(tmp_path, images=SIXTEEN, labels=np.arange(40) % 2 * 7 - 3)
    assert by_number.class_names == ("-3", "4")
    by_text = load(tmp_path, images=SIXTEEN, labels=np.array(["dog", "cat"] * 20)[:, None])
    assert by_text.class_names == ("cat", "dog")
    assert sorted(by_text.labels.bincount().tolist()) == [18, 18]
    named = load(tmp_path, images=SIXTEEN, labels=np.arange(40) % 2, class_names=np.array(["a", "b", "never seen"]))
    assert named.class_names == ("a", "b", "never seen")


def test_a_block_boundary_loses_nothing(tmp_path: Path) -> None:
    # 50,000 images of 784 bytes pass the size of a block several times.
    numbers = np.arange(50_000)
    images = np.zeros((50_000, 28, 28), dtype=np.uint8)
    images[:, 0, 0], images[:, 0, 1] = numbers // 256, numbers % 256
    np.savez(tmp_path / "set.npz", images=images)
    splits = [load_dataset(tmp_path / "set.npz", split).images[:, 0, 0].long() for split in ("train", "test")]
    found = torch.cat([corner[:, 0] * 256 + corner[:, 1] for corner in splits])
    assert torch.equal(found.sort().values, torch.arange(50_000))


class Opened:
    """Says so when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (pytest.fail, ("a pickle was opened",))


NOT_A_NUMBER = np.where(np.arange(16) == 5, np.nan, 0.5) * np.ones((40, 16, 1))


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({}, "holds nothing, but no array called images or x"),
        ({"pictures": SIXTEEN}, "holds pictures, but no array called images or x; save the images as images"),
        ({"images": SIXTEEN[0, 0]}, r"images have shape \(16, 16\); use \(N, H, W\)"),
        ({"images": SIXTEEN.repeat(2, axis=1)}, r"have shape \(40, 6, 16, 16\)"),
        ({"images": SIXTEEN[:0]}, "so there are none"),
        ({"images": SIXTEEN.astype(np.int64)}, "are of type int64; use uint8, or floats from 0 to 1"),
        ({"images": SIXTEEN.astype(np.complex64)}, "are of type complex64"),
        ({"images": SIXTEEN.astype(np.float32)}, "must be floats from 0 to 1 or uint8, but image 0 holds"),
        ({"images": NOT_A_NUMBER}, "image 0 holds nan"),
        ({"images": -0.5 * np.ones((9, 8, 8))}, "image 0 holds -0.5"),
        (
            {"images": np.array([SIXTEEN[0], None, Opened()], dtype=object)},
            "Python objects, such as images of mixed",
        ),
        (
            {"images": SIXTEEN, "labels": np.array([Opened()] * 40, dtype=object)},
            "labels holds Python objects",
        ),
        ({"images": SIXTEEN, "labels": np.arange(39)}, r"labels has shape \(39,\), but there are 40 images"),
        (
            {"images": SIXTEEN, "labels": np.arange(40) / 2},
            "labels are of type float64; use whole numbers or text",
        ),
        (
            {"images": SIXTEEN, "y": np.arange(40), "class_names": np.array(["a"])},
            "from 0 to 0, as class_names",
        ),
        (
            {"images": SIXTEEN, "y": np.arange(40), "class_names": np.arange(40)},
            "class_names must be a list of texts",
        ),
    ],
)
def test_every_other_array_is_refused_by_name(tmp_path: Path, arrays: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DatasetError, match=sentence):
        load(tmp_path, **arrays)


def test_a_cut_off_array_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "whole.npz", images=SIXTEEN)
    with zipfile.ZipFile(tmp_path / "whole.npz") as whole, zipfile.ZipFile(tmp_path / "cut.npz", "w") as cut:
        cut.writestr("images.npy", whole.read("images.npy")[:-100])
    with pytest.raises(DatasetError, match="the array images is damaged or cut off"):
        load_dataset(tmp_path / "cut.npz")


def test_an_array_that_inflates_enormously_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="images would inflate to more than 200 times its size"):
        load(tmp_path, images=np.zeros((3000, 28, 28), dtype=np.uint8))
    np.savez(tmp_path / "plain.npz", images=np.zeros((3000, 28, 28), dtype=np.uint8))
    with pytest.raises(DatasetError, match="would inflate to 2 MiB, more than the limit of 1 MiB"):
        load_npz(
            tmp_path / "plain.npz",
            Request("train", None, None, silent, 2**30),
            UploadLimits(total_bytes=2**20),
        )


def test_one_image_is_too_few_for_testing(tmp_path: Path) -> None:
    load(tmp_path, images=SIXTEEN[:1])
    with pytest.raises(DatasetError, match="has only one image, so there is none for a test split"):
        load_dataset(tmp_path / "set.npz", "test")


def test_what_is_no_npz_is_said(tmp_path: Path) -> None:
    (tmp_path / "set.npz").write_bytes(b"\x93NUMPY")
    with pytest.raises(DatasetError, match=r"set\.npz is not a readable \.npz file"):
        load_dataset(tmp_path / "set.npz")
