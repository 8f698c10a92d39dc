"""What was given away comes back: trained and imported models, as our own ZIP and as an ONNX pair."""

import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from onnx import helper

from harness.server import ROOT
from tests.made_models import LATENT, SIDE, weights, write_decoder, write_encoder, write_graph
from tests.small_training import model
from vae_core.checkpoint.card import kept_sentence, write_card
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.checkpoint.weights import build_model, load_checkpoint
from vae_core.cli.command_line import main
from vae_core.data.dataset import load_dataset
from vae_core.errors import UserError
from vae_core.evaluation import evaluate
from vae_core.explorer_files.graphs import export_onnx
from vae_core.explorer_files.pair_description import left_behind
from vae_core.imports import importing
from vae_core.imports.description import Description
from vae_core.imports.importing import import_model
from vae_core.imports.recognition import examine
from vae_core.model.imported import tells_variance
from vae_core.sharing import static_site
from vae_core.sharing.checkpoint_files import checkpoint_parcel, hub_parcel
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


def read_zip(path: Path, name: str) -> bytes:
    """One of its files, in whichever folder."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(next(inside for inside in archive.namelist() if inside.endswith(name)))


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


@pytest.mark.parametrize("form", ["checkpoint", "huggingface"])
def test_what_its_card_says_of_its_training_comes_back(form: str, tmp_path: Path) -> None:
    theirs = trained(tmp_path, True)
    write_card(theirs, to_know="Images blur.")
    parcel = checkpoint_parcel(theirs) if form == "checkpoint" else hub_parcel(theirs)
    mine = import_model(sent(parcel, tmp_path), tmp_path / "mine")
    assert kept_sentence(mine.path) == "Images blur."


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


def mean_alone(folder: Path) -> Path:
    """Of a pair whose encoder yields a mean and nothing else."""
    source = write_decoder(folder / "pair", "Sigmoid")
    nodes = [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("MatMul", ["f", "M"], ["mu"])]
    ends: dict[str, Any] = {"mu": ["n", LATENT]}
    write_graph(source / "encoder.onnx", nodes, {"x": ["n", 1, SIDE, SIDE]}, ends, {"M": weights()["M"]})
    return import_model(source, folder / "theirs", data="digits").path


@pytest.mark.parametrize("way", ["page", "command"])
def test_that_no_variance_is_told_comes_back_too(way: str, tmp_path: Path) -> None:
    """The graph that was written gives one, made up: the likelihood that is said gives no figure with it."""
    theirs = mean_alone(tmp_path)
    if way == "page":
        with zipfile.ZipFile(sent(onnx_parcel(theirs), tmp_path)) as archive:
            archive.extractall(tmp_path / "given")
    else:
        assert main(["export", str(theirs), "--format", "onnx", "--output", str(tmp_path / "given")]) == 0
    found = examine(tmp_path / "given", Description(likelihood="bernoulli"), tmp_path / "looked")
    assert (found.encoder, found.likelihood, found.questions) == ("mean", "unknown", ())
    assert any("Its encoder tells no variance" in note for note in found.notes)
    mine = import_model(tmp_path / "given", tmp_path / "mine", data="digits")
    assert mine.origin is not None
    assert mine.origin.encoder == "mean"
    both = [load_checkpoint(path).model for path in (theirs, mine.path)]
    assert not any(map(tells_variance, both))
    with pytest.raises(UserError, match="encoder tells no variance, so that there are no figures in nats"):
        evaluate(both[1], load_dataset("digits", "test"), samples=2, likelihood_images=5)
    x = torch.rand(3, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(4))
    assert torch.equal(both[0].posterior(x).mean, both[1].posterior(x).mean)


def test_the_command_gives_the_classes_names_away_as_the_page_does(tmp_path: Path) -> None:
    theirs = trained(tmp_path, True)
    assert main(["export", str(theirs), "--format", "onnx", "--output", str(tmp_path / "given")]) == 0
    given = json.loads((tmp_path / "given" / "model.json").read_text())
    assert given["class_names"] == list("0123456789")
    assert given == json.loads(read_zip(sent(onnx_parcel(theirs), tmp_path), "model.json"))


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_what_our_graphs_give_beside_the_usual_confuses_nobody(latent_dim: int, tmp_path: Path) -> None:
    """A linear network's mean beside the image, and a full covariance's factor beside the variances, of any size."""
    config = model(network="linear", posterior="full", likelihood="gaussian", variance=0.02, latent_dim=latent_dim)
    theirs = build_model(config, seed=3).eval()
    export_onnx(theirs, tmp_path / "pair")
    found = examine(tmp_path / "pair", Description(), tmp_path / "looked")
    assert (found.questions, found.encoder) == ((), "mean and variance")
    mine = load_checkpoint(import_model(tmp_path / "pair", tmp_path / "mine", data="digits").path).model
    x = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(4))
    with torch.inference_mode():
        expected, posterior = theirs.posterior(x), mine.posterior(x)
        torch.testing.assert_close(mine.decode(expected.mean), theirs.decode(expected.mean), atol=1e-4, rtol=0)
    torch.testing.assert_close(posterior.mean, expected.mean, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(posterior.log_variance, expected.log_variance, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("likelihood", ["laplace", "gaussian"])
def test_a_likelihood_comes_back_with_its_variance(likelihood: str, tmp_path: Path) -> None:
    """What is given has no density of its own: the same images by another likelihood differ by hundreds of nats."""
    digits = load_dataset("digits", "test")
    theirs = build_model(model(likelihood=likelihood, variance=0.02), seed=3).eval()
    export_onnx(theirs, tmp_path / "pair")
    mine = import_model(tmp_path / "pair", tmp_path / "mine", data="digits")
    assert mine.model.likelihood == likelihood
    assert mine.model.variance == pytest.approx(0.02)
    again = load_checkpoint(mine.path).model
    elbos = [evaluate(each, digits, samples=4, likelihood_images=5).elbo for each in (theirs, again)]
    assert elbos[1] == pytest.approx(elbos[0], abs=0.5)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"likelihood": "continuous-bernoulli"}, "the mean of a continuous Bernoulli"),
        ({"network": "linear", "likelihood": "gaussian", "variance": 0.02}, "cut to what can be shown"),
    ],
)
def test_where_images_tell_no_likelihood_none_is_claimed(changes: dict[str, Any], shown: str, tmp_path: Path) -> None:
    """Both would come back with other figures of the same weights, and be compared with them."""
    theirs = build_model(model(**changes), seed=3).eval()
    assert left_behind(theirs.config) == [
        f"An image that its decoder gives is {shown}, which tells no likelihood: figures in nats stay behind."
    ]
    export_onnx(theirs, tmp_path / "pair")
    mine = import_model(tmp_path / "pair", tmp_path / "mine", data="digits")
    assert mine.model.likelihood == "unknown"
    with pytest.raises(UserError, match="likelihood is not known"):
        evaluate(load_checkpoint(mine.path).model, load_dataset("digits", "test"), samples=2, likelihood_images=5)


def test_an_imported_continuous_bernoulli_is_given_away_as_one(tmp_path: Path) -> None:
    """An image of somebody else's decoder is its parameter."""
    source = write_encoder(write_decoder(tmp_path / "pair", "Sigmoid"))
    (source / "model.json").write_text('{"likelihood": "continuous-bernoulli"}')
    theirs = import_model(source, tmp_path / "theirs", data="digits")
    given = json.loads(read_zip(sent(onnx_parcel(theirs.path), tmp_path), "model.json"))
    assert (given["likelihood"], left_behind(theirs.model)) == ("continuous-bernoulli", [])


def test_a_laplace_likelihood_without_its_variance_is_not_known(tmp_path: Path) -> None:
    source = write_encoder(write_decoder(tmp_path / "pair"))
    (source / "model.json").write_text('{"likelihood": "laplace"}')
    found = examine(source, Description(), tmp_path / "looked")
    assert (found.likelihood, found.variance) == ("unknown", None)
    assert any("The variance of its Laplace likelihood is not known" in note for note in found.notes)
    assert examine(source, Description(variance=0.1), tmp_path / "told").likelihood == "laplace"


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
