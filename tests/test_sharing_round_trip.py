"""What was given away comes back: trained and imported models, as our own ZIP and as an ONNX pair."""

import io
import shutil
from pathlib import Path

import pytest
import torch

from harness.server import ROOT
from tests.made_models import write_decoder, write_encoder
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.errors import UserError
from vae_core.explorer_files.graphs import export_onnx
from vae_core.imports import importing
from vae_core.imports.description import Description
from vae_core.imports.importing import import_model
from vae_core.imports.recognition import examine
from vae_core.sharing import static_site
from vae_core.sharing.checkpoint_files import checkpoint_parcel
from vae_core.sharing.onnx_pair import onnx_parcel
from vae_core.sharing.parcel import Parcel
from vae_core.sharing.static_site import site_parcel


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        importing, "look", lambda source, work, said: examine(Path(source), said or Description(), work)
    )


def trained(folder: Path, _encodes: bool) -> Path:
    return Path(shutil.copytree(ROOT / "checkpoints" / "digits-2d", folder / "theirs"))


def imported(folder: Path, encodes: bool) -> Path:
    source = write_decoder(folder / "pair", "Sigmoid")
    if encodes:
        write_encoder(source)
    return import_model(source, folder / "theirs", data="digits" if encodes else None).path


MODELS = pytest.mark.parametrize(
    ("make", "encodes"),
    [(trained, True), (imported, True), (imported, False)],
    ids=["trained", "imported", "imported without an encoder"],
)


def sent(parcel: Parcel, folder: Path) -> Path:
    """A ZIP as whoever downloads it has it."""
    content = io.BytesIO()
    for block in parcel.zip_blocks("given"):
        content.write(block)
    (folder / "given.zip").write_bytes(content.getvalue())
    return folder / "given.zip"


def images(checkpoint: Path) -> torch.Tensor:
    with torch.inference_mode():
        return load_checkpoint(checkpoint).model.decode(torch.randn(5, 2, generator=torch.Generator().manual_seed(3)))


@MODELS
def test_a_zip_comes_back_bit_by_bit(make, encodes: bool, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    theirs = make(tmp_path, encodes)
    mine = import_model(sent(checkpoint_parcel(theirs), tmp_path), tmp_path / "mine")
    assert mine.origin == read_checkpoint(theirs).origin
    assert torch.equal(images(mine.path), images(theirs))
    assert mine.explorer_manifest is not None
    x = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(4))
    if encodes:
        both = [load_checkpoint(path).model.posterior(x) for path in (theirs, mine.path)]
        assert torch.equal(both[0].mean, both[1].mean)


@MODELS
def test_an_onnx_pair_comes_back_without_a_question(make, encodes: bool, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    theirs = make(tmp_path, encodes)
    given = sent(onnx_parcel(theirs), tmp_path)
    found = examine(given, Description(), tmp_path / "looked")
    assert found.questions == ()
    assert (found.encoder == "none") is not encodes
    mine = import_model(given, tmp_path / "mine", data="digits" if encodes else None)
    assert (images(mine.path) - images(theirs)).abs().max() < 0.5 / 255  # half weights where nobody sees it
    assert mine.model.likelihood == (read_checkpoint(theirs).model.likelihood if encodes else "unknown")


def test_what_the_command_writes_comes_back_too(tmp_path: Path) -> None:
    theirs = trained(tmp_path, True)
    export_onnx(load_checkpoint(theirs).model, tmp_path / "pair")
    assert examine(tmp_path / "pair", Description(), tmp_path / "looked").questions == ()
    mine = import_model(tmp_path / "pair", tmp_path / "mine", data="digits")
    assert (images(mine.path) - images(theirs)).abs().max() < 1e-5


def test_without_a_map_there_are_no_graphs_to_give(tmp_path: Path) -> None:
    theirs = trained(tmp_path, True)
    shutil.rmtree(theirs / "explorer")
    with pytest.raises(UserError, match="has no map yet"):
        onnx_parcel(theirs)


def test_a_site_of_an_imported_model_brings_onnxruntime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "site.json").write_text('{"page": {}, "onnxruntime": {"assets/ort.wasm": "ort.wasm"}}')
    monkeypatch.setattr(static_site, "BUILT", tmp_path / "built")
    assert "assets/ort.wasm" in site_parcel([imported(tmp_path, False)]).files
    assert "assets/ort.wasm" not in site_parcel([ROOT / "checkpoints" / "digits-2d"]).files
