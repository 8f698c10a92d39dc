"""Checkpoints of ours as folders and ZIP files, with and without their maps, and of earlier versions."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
import torch

from vae_core.checkpoint.about import ABOUT_FILE, About
from vae_core.checkpoint.layout import checkpoints_root, read_checkpoint
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.errors import ImportingError
from vae_core.explorer_files.explorer_folder import check_contents
from vae_core.imports import importing
from vae_core.imports.description import Description
from vae_core.imports.importing import import_model
from vae_core.imports.recognition import examine

SHIPPED = Path(__file__).resolve().parents[1] / "checkpoints" / "digits-2d"


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        importing, "look", lambda source, work, said: examine(Path(source), said or Description(), work)
    )


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A copy of a model that is shipped."""
    assert checkpoints_root()
    return Path(shutil.copytree(SHIPPED, tmp_path / "digits-2d"))


def same(first: Path, second: Path) -> bool:
    z = torch.randn(3, 2, generator=torch.Generator().manual_seed(0))
    return torch.equal(load_checkpoint(first).model.decode(z), load_checkpoint(second).model.decode(z))


def test_a_folder_with_its_map(ours: Path, tmp_path: Path) -> None:
    summary = import_model(ours, tmp_path / "mine")
    assert summary.origin is None
    assert same(ours, tmp_path / "mine")
    assert check_contents(tmp_path / "mine" / "explorer") == check_contents(ours / "explorer")
    assert (tmp_path / "mine" / "README.md").read_text().startswith("# mine")


@pytest.mark.parametrize(
    "said", ['{"title": "Digits, in two", "notes": "of scikit-learn", "origin": "shipped"}', "{", "[]"]
)
def test_its_title_and_notes_come_along(said: str, ours: Path, tmp_path: Path) -> None:
    (ours / ABOUT_FILE).write_text(said)
    found = examine(ours, Description(), tmp_path / "looked")
    about = import_model(ours, tmp_path / "mine").about
    if said.endswith("}"):
        assert found.title == "Digits, in two"
        assert about == About(title="Digits, in two", notes="of scikit-learn")
    else:
        assert found.title == "digits-2d"
        assert about == About()


def test_a_zip_without_its_map_and_of_an_earlier_version(ours: Path, tmp_path: Path) -> None:
    shutil.rmtree(ours / "explorer")
    settings = json.loads((ours / "config.json").read_text())
    for later in ("shift", "rotation", "scale", "mirror", "brightness", "contrast", "crop"):
        settings["training"].pop(later, None)
    (ours / "config.json").write_text(json.dumps(settings))
    archive = tmp_path / "handed in.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in ours.rglob("*"):
            file.write(path, path.relative_to(ours.parent))
    found = examine(archive, Description(), tmp_path / "looked")
    assert found.title == "handed in"
    assert found.notes == ("It has no map yet.",)
    import_model(archive, tmp_path / "mine")
    assert same(ours, tmp_path / "mine")
    assert read_checkpoint(tmp_path / "mine").explorer_manifest is None


def test_a_damaged_map_is_named(ours: Path, tmp_path: Path) -> None:
    latents = next((ours / "explorer").glob("latents.*"))
    latents.write_bytes(bytes(latents.stat().st_size))
    with pytest.raises(ImportingError, match=r"digits-2d: its map: explorer/latents\..* sha256"):
        import_model(ours, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_damaged_weights_are_named(ours: Path, tmp_path: Path) -> None:
    (ours / "model.safetensors").write_bytes((ours / "model.safetensors").read_bytes()[:-8])
    with pytest.raises(ImportingError, match=r"digits-2d: model\.safetensors: truncated"):
        import_model(ours, tmp_path / "mine")


def several(ours: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoints"
    for name in ("first", "deeper/second"):
        shutil.copytree(ours, folder / name)
    return folder


@pytest.mark.parametrize("as_zip", [False, True])
def test_of_several_none_is_taken(as_zip: bool, ours: Path, tmp_path: Path) -> None:
    source = several(ours, tmp_path)
    if as_zip:
        source = Path(shutil.make_archive(str(tmp_path / "checkpoints"), "zip", source))
    sentence = r"checkpoints: it holds 2 models of Latent Explorer \(first, deeper/second\); hand in one of them alone"
    with pytest.raises(ImportingError, match=sentence):
        examine(source, Description(), tmp_path / "looked")


def test_what_lies_in_a_model_belongs_to_it(ours: Path, tmp_path: Path) -> None:
    shutil.copytree(ours, ours / "training" / "before")
    import_model(ours, tmp_path / "mine")
    assert same(ours, tmp_path / "mine")
