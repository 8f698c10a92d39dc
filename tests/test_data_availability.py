"""What lies on this machine and what can be had, told by names alone."""

import subprocess
import sys
from pathlib import Path

import pytest
from torchvision import datasets as vision

from ui.model_picker import DATA_NAMES
from vae_core.data.named import font_files, locations
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.locations import present, unavailable
from vae_core.errors import DatasetError

ROOT = Path(__file__).resolve().parents[1]
DOWNLOADED = [name for name, entry in CATALOGUE.items() if entry.needs_download]
RAW = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte.gz")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LATENT_EXPLORER_DATA", raising=False)
    monkeypatch.setattr(locations, "SYSTEM_FOLDER", tmp_path / "system")
    monkeypatch.setattr(font_files, "_usual_folders", list)
    monkeypatch.setattr(font_files, "_fontconfig_folders", tuple)


def torchvisions_files(name: str) -> list[str]:
    """What torchvision's class looks for below its root."""
    match name:
        case "cifar10":
            source = vision.CIFAR10
            names = [*(file for file, _ in source.train_list + source.test_list), source.meta["filename"]]
            return [f"{source.base_folder}/{file}" for file in names]
        case "svhn":
            return [vision.SVHN.split_list[split][1] for split in ("train", "test")]
        case "celeba":
            source = vision.CelebA
            names = [file.removesuffix(".zip") for _, _, file in source.file_list]
            return [f"{source.base_folder}/{file}" for file in names]
        case "emnist":
            kinds = [f"{split}-{kind}" for split in ("train", "test") for kind in ("images-idx3", "labels-idx1")]
            return [f"EMNIST/raw/emnist-balanced-{kind}-ubyte" for kind in kinds]
    folder = locations.TORCHVISION_NAMES[name]
    return [f"{folder}/raw/{file.removesuffix('.gz')}" for file, _ in getattr(vision, folder).resources]


@pytest.mark.parametrize("name", DOWNLOADED)
def test_present_with_all_that_torchvision_looks_for_and_no_less(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    files = [folder / file for file in torchvisions_files(name)]
    for file in files:
        assert not present(name, folder)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert present(name, folder)
    assert not present(name)
    assert [other for other in DOWNLOADED if present(other, folder)] == [name]


def test_present_in_every_layout_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache" / "downloads" / "mnist"
    folder.mkdir(parents=True)
    for name in RAW:
        (folder / name).touch()
    assert present("mnist")
    assert not present("kmnist")
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "other"))
    assert not present("mnist")
    monkeypatch.setenv("LATENT_EXPLORER_DATA", f"{tmp_path / 'nowhere'}:{tmp_path / 'cache' / 'downloads'}")
    assert present("mnist")


def test_a_part_is_not_there_yet(tmp_path: Path) -> None:
    for name in RAW:
        place = tmp_path / "cache" / "downloads" / "MNIST" / "raw" / f"{name}.part"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    assert not present("mnist")


def test_what_comes_with_the_software_is_there() -> None:
    assert present("digits")
    assert present("sprites")
    plain = [entry.name for entry in CATALOGUE.values() if not (entry.needs_download or entry.of_machine)]
    assert plain == ["digits", "sprites"]


def test_a_missing_data_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"data folder .*nowhere does not exist"):
        present("mnist", tmp_path / "nowhere")


def test_without_its_package_and_its_files_celeba_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locations, "find_spec", lambda _: None)
    assert [name for name in CATALOGUE if unavailable(name)] == ["fonts", "emoji", "emoji-faces", "celeba"]
    assert unavailable("celeba") == (
        "CelebA is not on this machine, and to download it the package gdown is needed: install it (pip install "
        "gdown), or put its files into a folder and name that in LATENT_EXPLORER_DATA."
    )
    for file in torchvisions_files("celeba"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    assert unavailable("celeba", tmp_path) is None
    monkeypatch.setattr(locations, "find_spec", lambda name: name == "gdown" or None)
    assert unavailable("celeba") is None


def test_asking_loads_nothing_heavy() -> None:
    code = (
        "import sys; from vae_core.data.named.locations import present, unavailable; "
        "from vae_core.data.named.catalogue import CATALOGUE; "
        "[(present(name), unavailable(name)) for name in CATALOGUE]; "
        "print([m for m in ('torch', 'torchvision', 'sklearn', 'PIL', 'gdown', 'requests') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_titles_have_one_place() -> None:
    assert DATA_NAMES["digits"] == CATALOGUE["digits"].title == "handwritten digits (scikit-learn)"
    assert list(DATA_NAMES) == list(CATALOGUE)
