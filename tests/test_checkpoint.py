"""Checkpoint folders: what is saved comes back, and every kind of damage is named."""

import json
import os
import pickle
import shlex
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save, save_file

from vae_core import ModelConfig, TrainConfig, load_checkpoint
from vae_core.augmentation import suggested
from vae_core.checkpoint.card import card_text
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.checkpoint.listing import broken_checkpoints, list_checkpoints
from vae_core.checkpoint.provenance import DataDescription
from vae_core.checkpoint.tensor_files import read_tensors
from vae_core.checkpoint.weights import build_model, save_checkpoint
from vae_core.cli.arguments import given_options
from vae_core.cli.command_line import build_parser
from vae_core.errors import CheckpointError
from vae_core.files import replacing_folder, write_bytes

MODEL = ModelConfig(network="mlp", latent_dim=2, image_size=8, hidden_units=8, variance=0.25)
TRAINING = TrainConfig(data="digits", epochs=3, learning_rate=0.01)
DATA = DataDescription(name="digits", fingerprint="ab" * 32, images=1438, class_names=("0", "1"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_checkpoint(tmp_path / "small", build_model(MODEL, seed=3), TRAINING, DATA)
    return tmp_path / "small"


def edit_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    content = json.loads(path.read_text())
    for key, value in changes.items():
        content[key] = content[key] | value if isinstance(value, dict) else value
    path.write_text(json.dumps(content))


def write_with_header(path: Path, length: int) -> None:
    """A safetensors file of one tensor, its metadata filled up until its header is `length` bytes long."""
    content = save({"a": torch.arange(3.0)}, {"filling": ""})
    header = int.from_bytes(content[:8], "little")
    unpadded = len(content[8 : 8 + header].rstrip())
    path.write_bytes(save({"a": torch.arange(3.0)}, {"filling": "x" * (length - unpadded)}))
    assert int.from_bytes(path.read_bytes()[:8], "little") == length


def test_a_file_is_read_whatever_the_length_of_its_header(tmp_path: Path) -> None:
    """The length comes first in the file: 640, 896, 1,152 and 1,408 look like the first bytes of a pickle."""
    path = tmp_path / "model.safetensors"
    for length in range(96, 4097, 8):
        write_with_header(path, length)
        tensors, metadata = read_tensors(path)
        assert torch.equal(tensors["a"], torch.arange(3.0))
        assert set(metadata) == {"filling"}


@pytest.mark.parametrize("length", [640, 896, 1152, 1408, 2048])
def test_a_cut_file_is_not_taken_for_a_pickle(tmp_path: Path, length: int) -> None:
    path = tmp_path / "model.safetensors"
    write_with_header(path, length)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(CheckpointError, match="truncated or not a safetensors file"):
        read_tensors(path)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("as_zip", [True, False])
def test_whatever_torch_save_writes_is_refused_in_words(tmp_path: Path, protocol: int, as_zip: bool) -> None:
    path = tmp_path / "model.safetensors"
    torch.save({"weight": torch.zeros(300)}, path, pickle_protocol=protocol, _use_new_zipfile_serialization=as_zip)
    with pytest.raises(CheckpointError, match=r"is a pickle, .* only safetensors files are read"):
        read_tensors(path)


def edit_weights(folder: Path, change: Any) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)


def test_a_saved_model_comes_back_bit_by_bit(folder: Path) -> None:
    checkpoint = load_checkpoint(folder)
    original = build_model(MODEL, seed=3).state_dict()
    assert checkpoint.summary.model == MODEL
    assert checkpoint.summary.training == TRAINING
    assert checkpoint.summary.data == DATA
    assert not checkpoint.model.training
    for name, tensor in checkpoint.model.state_dict().items():
        assert torch.equal(tensor, original[name])


def test_loading_leaves_the_global_generator_alone(folder: Path) -> None:
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    load_checkpoint(folder)
    assert torch.equal(torch.rand(3), expected)


def truncate(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-40])


def disguise_a_pickle(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(pickle.dumps({"weights": [1.0]}))


def disguise_a_torch_file(folder: Path) -> None:
    torch.save({"weights": torch.zeros(2)}, folder / "model.safetensors")


def link_the_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.rename(folder.parent / "elsewhere")
    path.symlink_to(folder.parent / "elsewhere")


def put_a_pipe(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    os.mkfifo(folder / "model.safetensors")


DAMAGE: dict[str, tuple[Any, str]] = {
    "truncated": (truncate, "truncated or not a safetensors file"),
    "empty": (lambda f: (f / "model.safetensors").write_bytes(b""), "truncated"),
    "pickle": (disguise_a_pickle, "is a pickle"),
    "torch file": (disguise_a_torch_file, "is a pickle"),
    "link": (link_the_weights, "is a link"),
    "pipe": (put_a_pipe, "is no regular file"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "cannot be read"),
    "shape": (lambda f: edit_config(f, model={"latent_dim": 5}), r"has shape .* but the config asks for"),
    "missing tensor": (
        lambda f: edit_weights(f, lambda t: t.pop("decoder.0.0.bias")),
        r"decoder\.0\.0\.bias are missing",
    ),
    "extra tensor": (
        lambda f: edit_weights(f, lambda t: t.update(extra=torch.zeros(1))),
        "does not have: extra",
    ),
    "dtype": (
        lambda f: edit_weights(f, lambda t: t.update({"decoder.0.0.bias": t["decoder.0.0.bias"].double()})),
        "holds torch.float64",
    ),
    "NaN": (lambda f: edit_weights(f, lambda t: t["decoder.0.0.weight"].fill_(torch.nan)), "not finite"),
    "version": (lambda f: edit_config(f, format=99), "version 99 is unknown"),
    "no version": (lambda f: edit_config(f, format=None), "version None is unknown"),
    "not JSON": (lambda f: (f / "config.json").write_text("{"), "not valid JSON"),
    "not UTF-8": (lambda f: (f / "config.json").write_bytes(b"\xff\xfe{"), "not valid JSON"),
    "not an object": (lambda f: (f / "config.json").write_text("[]"), "expected an object"),
    "no model": (lambda f: edit_config(f, model=None), "model: this setting is missing"),
    "bad setting": (lambda f: edit_config(f, model={"network": "unet"}), "network: .*'unet'"),
    "unknown setting": (lambda f: edit_config(f, training={"speed": 1}), "speed: there is no such setting"),
    "metrics": (lambda f: (f / "metrics.json").write_text("[1]"), "expected an object of figures"),
    "no config": (lambda f: (f / "config.json").unlink(), "not a checkpoint"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_named(folder: Path, kind: str) -> None:
    damage, message = DAMAGE[kind]
    damage(folder)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_checkpoint(folder)
    assert str(folder) in str(caught.value)


def test_a_linked_config_is_refused(folder: Path) -> None:
    (folder / "config.json").rename(folder.parent / "config.json")
    (folder / "config.json").symlink_to(folder.parent / "config.json")
    with pytest.raises(CheckpointError, match="is a link"):
        read_checkpoint(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="there is no such checkpoint folder"):
        load_checkpoint(tmp_path / ".." / "nowhere")


def test_lists_name_the_good_and_the_broken(folder: Path) -> None:
    root = folder.parent
    save_checkpoint(root / "broken", build_model(MODEL, seed=0), TRAINING, DATA)
    edit_config(root / "broken", format=2)
    (root / "unrelated").mkdir()
    (root / ".hidden.tmp").mkdir()
    assert [summary.name for summary in list_checkpoints(root)] == ["small"]
    assert [str(error).split(":")[0] for error in broken_checkpoints(root)] == [str(root / "broken/config.json")]
    assert list_checkpoints(root / "nowhere") == []


def test_the_cards_command_says_the_models_own_settings(folder: Path) -> None:
    card = card_text(read_checkpoint(folder))
    command = next(line for line in card.splitlines() if line.startswith("python -m vae_core train"))
    options = build_parser().parse_args(command.split()[3:])
    given = given_options(options, "model") | {"image_size": 8}
    assert ModelConfig.parse(given) == MODEL
    assert TrainConfig.parse(given_options(options, "training") | {"data": options.data}) == TRAINING
    assert "1,438 images" in card


@pytest.mark.parametrize("images", [300, 1_000, 5_000])
@pytest.mark.parametrize("varied", [{}, {"rotation": 12.5, "mirror": "on"}, {"shift": 0.035, "contrast": 0.1}])
def test_the_cards_command_varies_images_as_the_model_saw_them(
    folder: Path, images: int, varied: dict[str, Any]
) -> None:
    """What is not in it is filled in by the number of images."""
    model = MODEL.model_copy(update={"image_size": 16})
    data = DATA.model_copy(update={"images": images})
    training = TRAINING.model_copy(update=varied)
    save_checkpoint(folder, build_model(model, seed=0), training, data)
    card = card_text(read_checkpoint(folder))
    command = next(line for line in card.splitlines() if line.startswith("python -m vae_core train"))
    options = build_parser().parse_args(shlex.split(command)[3:])
    filled_in = suggested(images, model.image_size, model.channels, data.class_names)
    assert TrainConfig.parse({"data": options.data, **filled_in, **given_options(options, "training")}) == training
    assert ("in training they are" in card) == bool(varied)
    assert ("turned by up to 12.5°, mirrored half the time" in card) == ("rotation" in varied)


@pytest.mark.parametrize(
    ("data", "spelled"),
    [("/srv/a1b2c3/数字 und mehr.zip", "数字 und mehr.zip"), ("pets/", "pets"), ("/home/me/digits", "./digits")],
)
def test_the_cards_command_runs_where_somebodys_own_images_lie(folder: Path, data: str, spelled: str) -> None:
    training = TRAINING.model_copy(update={"data": data})
    save_checkpoint(folder, build_model(MODEL, seed=0), training, DATA)
    card = card_text(read_checkpoint(folder))
    command = next(line for line in card.splitlines() if line.startswith("python -m vae_core train"))
    assert build_parser().parse_args(shlex.split(command)[3:]).data == spelled
    assert f"In the folder where `{spelled.removeprefix('./')}` lies:" in card
    assert "/srv" not in card


FIGURES = {
    "data": "digits",
    "split": "test",
    "images": 360,
    "elbo": 51.5,
    "elbo_standard_error": 0.75,
    "log_likelihood": 60.0,
    "kl": 8.5,
    "negative_log_likelihood": -54.25,
    "negative_log_likelihood_standard_error": 0.8,
    "importance_samples": 100,
    "likelihood_images": 150,
    "active_units": 2,
    "mean_square_error": 0.01,
    "label_agreement": None,
}


def card_with(folder: Path, **changes: Any) -> str:
    (folder / "metrics.json").write_text(json.dumps(FIGURES | changes))
    return card_text(read_checkpoint(folder))


def test_the_card_says_how_its_figures_came_about_and_with_what_they_compare(folder: Path) -> None:
    card = card_with(folder)
    assert "| ELBO | 51.50 ± 0.75 |" in card
    assert "| negative log-likelihood | -54.25 ± 0.80 |" in card
    assert "150 of them drawn at random, by importance sampling with 100 samples" in card
    assert "with no published figures" in card
    assert "that of every image" in card_with(folder, likelihood_images=360)
    assert "| ELBO | 51.50 |" in card_with(folder, elbo_standard_error=None)
    edit_config(folder, model={"likelihood": "bernoulli", "variance": None})
    assert "published" not in card_with(folder)


def test_a_card_of_figures_from_before_claims_no_drawing(folder: Path) -> None:
    old = {key: value for key, value in FIGURES.items() if key != "elbo_standard_error"}
    (folder / "metrics.json").write_text(json.dumps(old))
    card = card_text(read_checkpoint(folder))
    assert "| ELBO | 51.50 |" in card
    assert "at random" not in card


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_bytes(path, b"new and longer")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_failed_folder_leaves_the_old_folder(tmp_path: Path) -> None:
    def fill(fail: bool) -> None:
        with replacing_folder(tmp_path / "folder") as new:
            (new / "file").write_text("failed" if fail else "whole")
            if fail:
                raise RuntimeError("half-way")

    fill(fail=False)
    with pytest.raises(RuntimeError, match="half-way"):
        fill(fail=True)
    assert (tmp_path / "folder/file").read_text() == "whole"
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]
