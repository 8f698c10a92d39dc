"""The data sets that can be asked for by name, and the frame they are brought to."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from vae_core.data.dataset import load_dataset
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.locations import TORCHVISION_NAMES
from vae_core.errors import DatasetError
from vae_core.progress import Progress

ROOT = Path(__file__).resolve().parents[1]


def real_mnist() -> Path:
    """The folder of real digits: the one of LATENT_EXPLORER_DATA, or `shared/data` beside the project."""
    folders = [os.environ.get("LATENT_EXPLORER_DATA"), ROOT.parent / "shared" / "data"]
    for folder in folders:
        if folder and (Path(folder) / "MNIST" / "raw").is_dir():
            return Path(folder)
    pytest.skip("no MNIST on this machine; name its folder in LATENT_EXPLORER_DATA")


def test_the_catalogue_loads_no_torch() -> None:
    code = (
        "import sys, vae_core.data.named.catalogue as c; "
        "assert c.CATALOGUE['mnist'].image_size == 28; "
        "print([m for m in ('torch', 'torchvision', 'sklearn', 'PIL') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_everything_that_needs_a_download_can_be_had_from_torchvision() -> None:
    assert {entry.name for entry in CATALOGUE.values() if entry.needs_download} == set(TORCHVISION_NAMES)


@pytest.mark.parametrize("name", ["digits", "sprites"])
def test_what_the_catalogue_says_is_what_is_loaded(name: str) -> None:
    entry = CATALOGUE[name]
    train, test = load_dataset(name), load_dataset(name, "test")
    assert train.images.shape == (entry.train_count, entry.channels, entry.image_size, entry.image_size)
    assert len(test) == entry.test_count
    assert len(train.class_names) == entry.class_count
    assert train.images.dtype == torch.uint8
    assert train.labels.dtype == torch.int64
    assert (train.labels.bincount() > 0).all()


def test_digits_are_those_of_scikit_learn_each_once() -> None:
    bunch = load_digits()
    expected = sorted(
        (bytes(np.rint(image * 255 / 16).astype(np.uint8)), int(label))
        for image, label in zip(bunch.images, bunch.target, strict=True)
    )
    found = [
        (bytes(image.numpy()), int(label))
        for split in ("train", "test")
        for dataset in [load_dataset("digits", split)]
        for image, label in zip(dataset.images, dataset.labels, strict=True)
    ]
    assert sorted(found) == expected


def test_a_batch_is_the_chosen_images_as_floats_up_to_one() -> None:
    dataset = load_dataset("digits")
    batch = dataset.batch(torch.tensor([5, 0]))
    assert batch.dtype == torch.float32
    assert batch.shape == (2, 1, 8, 8)
    torch.testing.assert_close(batch[1], dataset.images[0].float() / 255)
    assert load_dataset("digits").batch(torch.arange(1438)).max() == 1.0


def test_the_fingerprint_is_stable_and_tells_content_apart() -> None:
    train, again, test = load_dataset("digits"), load_dataset("digits"), load_dataset("digits", "test")
    larger = load_dataset("digits", image_size=16)
    assert train.fingerprint == again.fingerprint
    assert len({train.fingerprint, test.fingerprint, larger.fingerprint}) == 3


def test_images_are_scaled_and_coloured_as_pillow_does() -> None:
    plain = load_dataset("digits", "test")
    framed = load_dataset("digits", "test", image_size=16, channels=3)
    assert framed.images.shape == (359, 3, 16, 16)
    picture = Image.fromarray(plain.images[7, 0].numpy()).resize((16, 16), Image.Resampling.LANCZOS)
    for channel in range(3):
        np.testing.assert_array_equal(framed.images[7, channel].numpy(), np.asarray(picture))


@pytest.mark.parametrize("size", [4, 30, 132, -8])
def test_an_impossible_size_is_refused(size: int) -> None:
    with pytest.raises(DatasetError, match=f"image size is {size}; it must be a multiple of 4 from 8 to 128"):
        load_dataset("digits", image_size=size)


def test_other_bad_options_are_refused() -> None:
    with pytest.raises(DatasetError, match="channels is 2; it must be 1 for grey or 3 for colour"):
        load_dataset("digits", channels=2)
    with pytest.raises(DatasetError, match="no split 'valid'; choose train or test"):
        load_dataset("digits", "valid")


def test_an_unknown_name_lists_the_known_ones_and_the_nearest() -> None:
    with pytest.raises(DatasetError, match=r"fashion-minst is neither .*kmnist.* Did you mean fashion-mnist\?"):
        load_dataset("fashion-minst")


def test_real_mnist_is_read_as_torchvision_reads_it() -> None:
    from torchvision.datasets import MNIST

    folder = real_mnist()
    for split in ("train", "test"):
        ours, theirs = load_dataset("mnist", split, data_dir=folder), MNIST(folder, train=split == "train")
        assert torch.equal(ours.images[:, 0], theirs.data)
        assert torch.equal(ours.labels, theirs.targets)


def test_long_work_tells_how_far_it_is() -> None:
    heard: list[Progress] = []
    load_dataset("sprites", "test", progress=heard.append)
    drawing = [event for event in heard if event.stage == "Drawing sprites"]
    assert [event.done for event in drawing] == [500, 1000, 1500, 2000]
    assert all(event.total == 2000 for event in drawing)
