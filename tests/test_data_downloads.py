"""Data sets fetched from a server on this machine, as torchvision itself then reads them."""

import io
import pickle
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from numpy.typing import NDArray
from torchvision import datasets as vision

from harness.file_server import FileServer, file_server
from tests.offered_data import idx_pair, md5, offer_mnist, pixels
from vae_core.data.dataset import load_dataset
from vae_core.data.named import locations
from vae_core.data.named.downloads import download
from vae_core.errors import DatasetError
from vae_core.files import locked
from vae_core.progress import Progress, silent

PAIRS = ("train", "t10k")


class Stop(BaseException):
    """What a page raises when its person looks elsewhere."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The download folder of a machine without data."""
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LATENT_EXPLORER_DATA", raising=False)
    monkeypatch.setattr(locations, "SYSTEM_FOLDER", tmp_path / "system")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "cache" / "downloads"


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as files:
        yield files


def offer_emnist(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for split, count in (("train", 60), ("test", 50)):
            for way in ("balanced", "byclass"):
                for name, content in idx_pair(f"emnist-{way}-{split}", count, 47).items():
                    file.writestr(f"gzip/{name}", content)
    server.files["gzip.zip"] = buffer.getvalue()
    monkeypatch.setattr(vision.EMNIST, "url", f"{server.url}gzip.zip")
    monkeypatch.setattr(vision.EMNIST, "md5", md5(buffer.getvalue()))


def offer_cifar10(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        name: pickle.dumps({"data": pixels(10, 3072), "labels": list(range(10))})
        for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
    }
    meta = pickle.dumps({"label_names": [f"class {number}" for number in range(10)]})
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in (files | {"batches.meta": meta}).items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    listed = [[name, md5(content)] for name, content in files.items()]
    server.files["cifar-10-python.tar.gz"] = buffer.getvalue()
    monkeypatch.setattr(vision.CIFAR10, "url", f"{server.url}cifar-10-python.tar.gz")
    monkeypatch.setattr(vision.CIFAR10, "tgz_md5", md5(buffer.getvalue()))
    monkeypatch.setattr(vision.CIFAR10, "train_list", listed[:5])
    monkeypatch.setattr(vision.CIFAR10, "test_list", listed[5:])
    monkeypatch.setattr(vision.CIFAR10, "meta", dict(vision.CIFAR10.meta, md5=md5(meta)))


def offer_svhn(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = {"extra": ["http://127.0.0.1:1/", "extra_32x32.mat", ""]}
    for split, count in (("train", 30), ("test", 20)):
        buffer = io.BytesIO()
        scipy.io.savemat(buffer, {"X": pixels(32, 32, 3, count), "y": np.arange(count)[:, None] % 10 + 1})
        name = f"{split}_32x32.mat"
        server.files[name] = buffer.getvalue()
        listed[split] = [f"{server.url}{name}", name, md5(buffer.getvalue())]
    monkeypatch.setattr(vision.SVHN, "split_list", listed)


def theirs(name: str, root: Path, split: str) -> tuple[NDArray[np.uint8], list[int]]:
    """A split as torchvision reads it from a folder, without a download: images (N, C, H, W) and labels."""
    source: Any = getattr(vision, locations.TORCHVISION_NAMES[name])
    if name == "svhn":
        found = source(root, split=split)
        return found.data, found.labels.tolist()
    options = {"split": "balanced"} if name == "emnist" else {}
    found = source(root, train=split == "train", **options)
    if name == "cifar10":
        return found.data.transpose(0, 3, 1, 2), found.targets
    images = found.data.numpy()[:, None]
    return images.transpose(0, 1, 3, 2) if name == "emnist" else images, found.targets.tolist()


OFFERS: dict[str, Callable[[FileServer, pytest.MonkeyPatch], object]] = {
    "mnist": offer_mnist,
    "fashion-mnist": lambda server, patch: offer_mnist(server, patch, "FashionMNIST"),
    "kmnist": lambda server, patch: offer_mnist(server, patch, "KMNIST"),
    "emnist": offer_emnist,
    "cifar10": offer_cifar10,
    "svhn": offer_svhn,
}


@pytest.mark.parametrize("name", OFFERS)
def test_what_is_fetched_is_what_torchvision_reads(
    name: str, server: FileServer, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    OFFERS[name](server, monkeypatch)
    heard: list[Progress] = []
    datasets = {split: load_dataset(name, split, progress=heard.append) for split in ("train", "test")}
    for split, dataset in datasets.items():
        images, labels = theirs(name, cache, split)
        np.testing.assert_array_equal(dataset.images.numpy(), images)
        assert dataset.labels.tolist() == labels
    fetched = [one.path for one in server.served]
    assert sorted(fetched) == sorted(server.files), "each file once"
    coming = [event.done for event in heard if event.stage == f"Downloading {name}"]
    assert coming == sorted(coming)
    assert coming[-1] == sum(map(len, server.files.values()))
    assert all(event.done <= event.total for event in heard)
    assert not list(cache.rglob("*.part*"))
    assert not list(cache.rglob("*unpacking*"))


def test_of_emnist_only_the_split_that_is_read_is_unpacked(
    server: FileServer, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    offer_emnist(server, monkeypatch)
    load_dataset("emnist")
    names = {path.name for path in (cache / "EMNIST" / "raw").iterdir()}
    kinds = ("images-idx3-ubyte", "labels-idx1-ubyte")
    assert names == {"gzip.zip"} | {f"emnist-balanced-{split}-{kind}" for split in ("train", "test") for kind in kinds}


def test_a_stopped_download_goes_on_where_it_was(
    server: FileServer, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    images, labels, *_ = offer_mnist(server, monkeypatch)
    first, second = len(server.files[images]), len(server.files[labels]) // 2
    server.holds.extend([None, second])

    def stop_in_the_middle(progress: Progress) -> None:
        if progress.done >= first + second:
            raise Stop

    with pytest.raises(Stop):
        load_dataset("mnist", progress=stop_in_the_middle)
    assert (cache / "MNIST" / "raw" / images).read_bytes() == server.files[images]
    assert (cache / "MNIST" / "raw" / f"{labels}.part").read_bytes() == server.files[labels][:second]
    server.served.clear()
    heard: list[Progress] = []
    dataset = load_dataset("mnist", progress=heard.append)
    np.testing.assert_array_equal(dataset.images.numpy(), theirs("mnist", cache, "train")[0])
    asked = [(one.path, one.range, one.sent) for one in server.served]
    assert asked[0] == (labels, f"bytes={second}-", len(server.files[labels]) - second)
    assert len(asked) == 3, "what was whole is not asked for again"


def test_two_at_once_fetch_each_file_once(server: FileServer, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    offer_mnist(server, monkeypatch)
    server.holds.append(1000)
    stages: list[set[str]] = [set(), set()]
    errors: list[BaseException] = []

    def listener(own: set[str]) -> Callable[[Progress], None]:
        def hear(progress: Progress) -> None:
            own.add(progress.stage)
            if any("Waiting for another download of mnist" in stage for stage in stages):
                server.release.set()

        return hear

    def fetch_it(own: set[str]) -> None:
        try:
            download("mnist", [], listener(own))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=fetch_it, args=(own,)) for own in stages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(one.path for one in server.served) == sorted(server.files)
    assert sum("Waiting for another download of mnist" in own for own in stages) == 1
    assert theirs("mnist", cache, "test")[1] == [number % 10 for number in range(20)]


def test_who_waits_for_another_download_can_stop_too(cache: Path) -> None:
    def stop(progress: Progress) -> None:
        assert progress.stage == "Waiting for another download of mnist"
        raise Stop

    cache.mkdir(parents=True)
    with locked(cache / ".mnist.lock") as held:
        assert held
        with pytest.raises(Stop):
            download("mnist", [], stop)


def test_a_stop_while_unpacking_leaves_nothing_half(
    server: FileServer, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    def stop(progress: Progress) -> None:
        if progress.stage == "Unpacking mnist" and progress.done > 0:
            raise Stop

    names = offer_mnist(server, monkeypatch)
    with pytest.raises(Stop):
        load_dataset("mnist", progress=stop)
    assert {path.name for path in (cache / "MNIST" / "raw").iterdir()} == set(names)
    server.files.clear()
    assert load_dataset("mnist").labels.tolist() == theirs_of_archives(cache)


def theirs_of_archives(cache: Path) -> list[int]:
    """The labels of the archives, unpacked by torchvision, which finds their checksums right."""
    return vision.MNIST(cache, download=True).targets.tolist()


def test_a_damaged_file_comes_anew_and_is_unpacked_again(
    server: FileServer, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    offer_cifar10(server, monkeypatch)
    images = load_dataset("cifar10").images
    (cache / "cifar-10-batches-py" / "data_batch_3").write_bytes(b"rot")
    server.served.clear()
    np.testing.assert_array_equal(load_dataset("cifar10").images.numpy(), images.numpy())
    assert server.served == [], "the archive is still right"
    (cache / "cifar-10-batches-py" / "data_batch_3").write_bytes(b"rot")
    (cache / "cifar-10-python.tar.gz").write_bytes(b"rot")
    np.testing.assert_array_equal(load_dataset("cifar10").images.numpy(), images.numpy())


def test_a_wrong_checksum_is_told_and_nothing_is_kept(
    server: FileServer, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    names = offer_mnist(server, monkeypatch)
    server.files[names[0]] = b"another file"
    with pytest.raises(DatasetError) as caught:
        load_dataset("mnist")
    message = str(caught.value)
    assert f"{names[0]} from 127.0.0.1 has not the checksum that it should have, and was removed" in message
    assert "mnist is not on this machine (looked in " in message
    assert "or put its files into a folder and name that with --data-dir or LATENT_EXPLORER_DATA." in message
    assert list((cache / "MNIST" / "raw").iterdir()) == []


def test_a_download_that_needs_no_network_makes_no_request(
    server: FileServer, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    offer_mnist(server, monkeypatch)
    load_dataset("mnist")
    server.served.clear()
    load_dataset("mnist", "test")
    download("mnist", [], silent)
    assert server.served == []
    assert theirs("mnist", cache, "test")[1] == [number % 10 for number in range(20)]


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(DatasetError, match=r"cache/downloads cannot be written \(Not a directory\)\. Point LATENT_EXP"):
        load_dataset("mnist")


def test_without_its_package_celeba_says_so_and_asks_nothing(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setitem(sys.modules, "gdown", None)
    with pytest.raises(DatasetError, match=r"that needs the package gdown\. Install it \(pip install gdown\), or put"):
        load_dataset("celeba")
    assert not cache.exists()
