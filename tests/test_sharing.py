"""What is given to others: it comes back bit by bit, says what it leaves out, and overwrites nothing of anybody's."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.server import ROOT
from vae_core.checkpoint.card import write_card
from vae_core.checkpoint.layout import read_checkpoint, write_config
from vae_core.checkpoint.provenance import DataDescription
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.cli.command_line import main
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import CheckpointError, UserError
from vae_core.runs.run import RunRequest
from vae_core.sharing import static_site
from vae_core.sharing.checkpoint_files import checkpoint_parcel, hub_parcel
from vae_core.sharing.static_site import site_size, write_site
from vae_core.sharing.stored_zip import BLOCK

PAGE = {"index.html": b"<!doctype html>", "assets/site.0123.js": b"//", "explorer.js": b"export {};"}
RUNTIME = {"assets/ort.0123.wasm": b"\0asm" * 100}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its name there."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A copy of a shipped checkpoint, as it might lie here after a run: with its training and with traces of work."""
    folder = tmp_path / "checkpoints" / "digits-2d"
    shutil.copytree(ROOT / "checkpoints" / "digits-2d", folder)
    for name in ("training/state.safetensors", "training/metrics.jsonl", "training/process.lock", ".x.tmp"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    return folder


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the built browser half."""
    folder = tmp_path / "dist"
    folder.mkdir()
    listing: dict[str, dict[str, str]] = {"page": {}, "onnxruntime": {}}
    for part, files in (("page", PAGE), ("onnxruntime", RUNTIME)):
        for at, content in files.items():
            listing[part][at] = at.replace("/", "-")
            (folder / listing[part][at]).write_bytes(content)
    (folder / "site.json").write_text(json.dumps(listing))
    monkeypatch.setattr(static_site, "BUILT", folder)
    return folder


def export(form: str, *words: str) -> int:
    return main(["export", *words[:-1], "--format", form, "--output", words[-1]])


def test_a_zip_goes_out_and_comes_back_bit_by_bit(checkpoint: Path, tmp_path: Path) -> None:
    assert export("zip", str(checkpoint), str(tmp_path / "out.zip")) == 0
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "back")
    back = tmp_path / "back" / "digits-2d"
    assert contents(back) == contents(ROOT / "checkpoints" / "digits-2d")
    for name, tensor in load_checkpoint(checkpoint).model.state_dict().items():
        assert torch.equal(tensor, load_checkpoint(back).model.state_dict()[name])
    assert export("zip", str(back), str(tmp_path / "again.zip")) == 0
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "out.zip").read_bytes()


def test_the_training_leaves_only_where_it_is_asked_for(checkpoint: Path, tmp_path: Path) -> None:
    def names(*words: str) -> set[str]:
        assert export("zip", str(checkpoint), *words, str(tmp_path / "out.zip")) == 0
        with zipfile.ZipFile(tmp_path / "out.zip") as archive:
            return set(archive.namelist())

    (checkpoint / "training" / "log.txt").write_text("Traceback in /home/me")
    (checkpoint / "notes of mine.txt").write_text("private")
    without, with_training = names(), names("--with-training")
    training = {"digits-2d/training/state.safetensors", "digits-2d/training/metrics.jsonl"}
    assert with_training - without == training  # no lock of a process, no trace of work
    assert not without - with_training
    assert "digits-2d/notes of mine.txt" not in without


def test_a_link_in_a_checkpoint_is_not_followed(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (checkpoint / "explorer" / "more").symlink_to(tmp_path / "secret")
    assert "explorer/more" not in checkpoint_parcel(checkpoint).files
    (checkpoint / "samples.webp").unlink()
    (checkpoint / "samples.webp").symlink_to(tmp_path / "secret")
    with pytest.raises(CheckpointError, match="is a link"):
        checkpoint_parcel(checkpoint)


def test_no_place_on_this_machine_is_given_away(checkpoint: Path, tmp_path: Path) -> None:
    own = TrainConfig(data="/home/me/private/cats")
    write_config(checkpoint, ModelConfig(latent_dim=2), own, DataDescription(name="cats", fingerprint="0", images=3))
    request = RunRequest(
        title="x", preset="", model=ModelConfig(latent_dim=2), training=own, data_dir="/home/me/data", asked_at=0
    )
    (checkpoint / "training" / "request.json").write_text(request.model_dump_json())
    parcel = checkpoint_parcel(checkpoint, training=True)
    parcel.write_folder(tmp_path / "out")
    assert read_checkpoint(tmp_path / "out").training.data == "cats"
    assert json.loads((tmp_path / "out" / "training" / "request.json").read_text())["training"]["data"] == "cats"
    hub_parcel(checkpoint).write_folder(tmp_path / "hub")
    for content in [*contents(tmp_path / "out").values(), *contents(tmp_path / "hub").values()]:
        assert b"/home/me" not in content


def test_a_zip_is_sent_in_blocks_that_are_the_file(checkpoint: Path, tmp_path: Path) -> None:
    parcel = checkpoint_parcel(checkpoint)
    parcel.write_zip(tmp_path / "out.zip", "digits-2d")
    blocks = list(parcel.zip_blocks("digits-2d"))
    assert b"".join(blocks) == (tmp_path / "out.zip").read_bytes()
    assert max(map(len, blocks)) < 2 * BLOCK


def test_a_folder_for_the_hub_is_the_checkpoint_with_a_card_to_fill_in(checkpoint: Path, tmp_path: Path) -> None:
    assert export("huggingface", str(checkpoint), str(tmp_path / "hub")) == 0
    written = contents(tmp_path / "hub")
    card = written.pop("README.md").decode()
    expected = contents(ROOT / "checkpoints" / "digits-2d")
    shipped = expected.pop("README.md").decode()
    assert written == expected
    _, head, body = card.split("---\n", 2)
    assert "library_name: latent-explorer\n" in head
    assert "tags: [variational-autoencoder, vae, latent-space, safetensors, onnx]\n" in head
    assert "# license:" in head
    assert "# datasets:" in head
    assert shipped.strip() in body
    assert load_checkpoint(tmp_path / "hub").summary.model.latent_dim == 2


def test_the_hubs_card_keeps_what_went_wrong_in_training(checkpoint: Path) -> None:
    write_card(checkpoint, to_know="Images blur.")
    card = hub_parcel(checkpoint).files["README.md"]
    assert isinstance(card, bytes)
    assert b"- **What to know**: Images blur.\n" in card


@pytest.mark.usefixtures("built")
def test_the_card_says_how_large_a_site_is(checkpoint: Path) -> None:
    card = hub_parcel(checkpoint).files["README.md"]
    assert isinstance(card, bytes)
    assert b"makes a site of it, 0.2 MB" in card


@pytest.mark.usefixtures("built")
def test_a_site_holds_the_page_and_what_the_browser_needs_of_each_model(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = ROOT / "checkpoints" / "mnist-16d"
    site = tmp_path / "site"
    assert export("site", str(checkpoint), str(other), str(site)) == 0
    assert "mnist-16d" in capsys.readouterr().out
    files = contents(site)
    listed = json.loads(files["models.json"])
    assert sorted(files) == listed["files"]
    assert {name: files[name] for name in PAGE} == PAGE
    assert not set(RUNTIME) & set(files)  # our own runtime runs these
    assert [model["name"] for model in listed["models"]] == ["digits-2d", "mnist-16d"]
    assert listed["models"][1]["about"] == "60,000 images of MNIST · 16 latent dimensions"
    for model, folder in zip(listed["models"], (checkpoint, other), strict=True):
        at = f"models/{model['name']}/"
        own = {name.removeprefix(at): content for name, content in files.items() if name.startswith(at)}
        assert own.pop(model["picture"]).startswith(b"\x89PNG")
        assert own == contents(folder / "explorer")
    size = site_size([checkpoint, other])
    assert size.total == sum(map(len, files.values()))
    digits = [content for name, content in files.items() if name.startswith("models/digits-2d/")]
    assert size.models["digits-2d"] == sum(map(len, digits))


@pytest.mark.usefixtures("built")
def test_a_site_takes_the_place_of_its_forerunner_alone(checkpoint: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_site([ROOT / "checkpoints" / "mnist-16d"], site)
    write_site([checkpoint], site)
    assert [path.name for path in (site / "models").iterdir()] == ["digits-2d"]
    (site / "CNAME").write_text("example.org")
    before = contents(site)
    with pytest.raises(UserError, match="holds other files"):
        write_site([checkpoint], site)
    assert contents(site) == before
    for taken in (checkpoint, checkpoint / "config.json"):
        with pytest.raises(UserError, match=r"holds other files|is a file"):
            write_site([checkpoint], taken)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoints", "dist", "site"]


@pytest.mark.usefixtures("built")
def test_graphs_of_other_software_bring_their_runtime(checkpoint: Path, tmp_path: Path) -> None:
    manifest = checkpoint / "explorer" / "manifest.json"
    described: dict[str, Any] = json.loads(manifest.read_text())
    described["model"]["network"] = "of somebody's own"
    manifest.write_text(json.dumps(described))
    assert write_site([checkpoint], tmp_path / "site").onnxruntime == sum(map(len, RUNTIME.values()))
    assert {name: contents(tmp_path / "site")[name] for name in RUNTIME} == RUNTIME


@pytest.mark.usefixtures("built")
def test_what_keeps_a_model_from_a_site_is_said_and_nothing_is_written(checkpoint: Path, tmp_path: Path) -> None:
    twin = tmp_path / "elsewhere" / "digits-2d"
    shutil.copytree(checkpoint, twin)
    bare = tmp_path / "bare"
    shutil.copytree(checkpoint, bare, ignore=shutil.ignore_patterns("explorer"))
    site = tmp_path / "site"
    with pytest.raises(UserError, match=r"has no map yet: make it with python -m vae_core project .*bare"):
        write_site([checkpoint, bare], site)
    with pytest.raises(UserError, match="Two models are called digits-2d"):
        write_site([checkpoint, twin], site)
    decoder = next((twin / "explorer").glob("decoder.*"))
    decoder.write_bytes(bytes(len(decoder.read_bytes())))
    with pytest.raises(CheckpointError, match="sha256"):
        write_site([twin], site)
    assert not site.exists()


def test_a_site_needs_the_built_browser_half(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(static_site, "BUILT", tmp_path / "nowhere")
    assert export("site", str(checkpoint), str(tmp_path / "site")) == 2
    assert "make build" in capsys.readouterr().err
    assert export("huggingface", str(checkpoint), str(tmp_path / "hub")) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["zip", "{one}", "{one}", "{out}"], "takes one checkpoint"),
        (["onnx", "{one}", "--with-training", "{out}"], "belongs to --format zip"),
        (["zip", "{one}", "{folder}"], "is a folder"),
        (["huggingface", "{one}", "{folder}"], "holds other files"),
        (["zip", "nowhere", "{out}"], "no such checkpoint"),
    ],
)
def test_a_mistake_is_one_line(
    words: list[str], message: str, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"one": checkpoint, "out": tmp_path / "out", "folder": checkpoint.parent}
    before = contents(checkpoint.parent)
    assert export(*[word.format(**places) for word in words]) == 2
    assert message in capsys.readouterr().err
    assert contents(checkpoint.parent) == before
    assert not (tmp_path / "out").exists()
