"""Files of other software beside a model's own: told of and left aside, and refused in words where nothing else is."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.made_models import ExampleVAE, write_decoder, write_encoder
from vae_core.errors import ImportingError
from vae_core.imports.description import Description, Found
from vae_core.imports.recognition import examine

TENSORFLOW_JS = {
    "format": "layers-model",
    "generatedBy": "keras v2.4.0",
    "modelTopology": {"keras_version": "2.4.0"},
    "weightsManifest": [{"paths": ["group1-shard1of1.bin"]}],
}
PROJECT = {"model": "VanillaVAE", "image_size": 64, "channels": 3, "epochs": 10, "learning_rate": 0.001}


def pair(folder: Path) -> Path:
    return write_encoder(write_decoder(folder / "theirs"))


def weights_alone(folder: Path) -> Path:
    (folder / "theirs").mkdir()
    torch.save(ExampleVAE(64, 8, 2).state_dict(), folder / "theirs" / "vae.pth")
    return folder / "theirs"


def told(source: Path, folder: Path) -> Found:
    return examine(source, Description(), folder / "work")


@pytest.mark.parametrize("make", [pair, weights_alone])
@pytest.mark.parametrize(
    ("content", "note"),
    [
        (TENSORFLOW_JS, "it says format, generatedBy, modelTopology, weightsManifest."),
        (PROJECT, "it says model, epochs, learning_rate."),
        ([1, 2], "it is no description of a model."),
        ({"topology": "x" * (1 << 20)}, "it is no description of a model."),
    ],
)
def test_a_foreign_model_json_is_left_aside(make: Any, content: object, note: str, tmp_path: Path) -> None:
    source = make(tmp_path)
    plain = examine(source, Description(), tmp_path / "plain")
    (source / "model.json").write_text(json.dumps(content))
    found = told(source, tmp_path)
    assert found.notes[0].startswith("model.json was left aside")
    assert found.notes[0].endswith(note)
    assert found.model_copy(update={"notes": found.notes[1:]}) == plain


def test_the_numbers_of_tensorflow_js_are_no_weights_beside_the_models_own(tmp_path: Path) -> None:
    source = weights_alone(tmp_path)
    (source / "model.json").write_text(json.dumps(TENSORFLOW_JS))
    for part in (1, 2):
        (source / f"group1-shard{part}of2.bin").write_bytes(bytes(100))
    assert told(source, tmp_path).way == "pytorch/examples' VAE"
    (source / "vae.pth").unlink()
    with pytest.raises(ImportingError, match=r"shard1of2\.bin: it is a part of a TensorFlow\.js model.*--bridge keras"):
        told(source, tmp_path)


def test_a_foreign_model_json_alone_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps(PROJECT))
    with pytest.raises(ImportingError, match=r"nothing in it is a model that is known here \(model\.json\)"):
        told(tmp_path / "model.json", tmp_path)


def test_ours_is_found_below_that_of_another(tmp_path: Path) -> None:
    source = tmp_path / "theirs"
    write_encoder(write_decoder(source / "onnx", "Identity"))
    (source / "model.json").write_text(json.dumps(TENSORFLOW_JS))
    (source / "onnx" / "model.json").write_text('{"pixels": "signed"}')
    found = told(source, tmp_path)
    assert found.questions == ()
    assert not any("left aside" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", [1, 2]),
        ("config.json", {"_class_name": "AutoencoderKL", "latent_channels": 4}),
        ("model_config.json", [1, 2]),
        ("model_config.json", {"name": "my_vae", "input_dim": 784}),
        ("model_config.json", {"name": "VAEConfig", "input_dim": [1, 8, 8], "latent_dim": 2}),  # without its weights
        ("specs.json", [1, 2]),
        ("specs.json", {"rec_dist": ["bernoulli"]}),
    ],
)
def test_other_settings_of_others_hinder_nothing(name: str, content: object, tmp_path: Path) -> None:
    source = pair(tmp_path)
    (source / name).write_text(json.dumps(content))
    assert told(source, tmp_path).way == "ONNX"


def test_specs_that_are_not_its_own_hinder_no_weights(tmp_path: Path) -> None:
    source = weights_alone(tmp_path)
    (source / "specs.json").write_text("{not JSON")
    assert told(source, tmp_path).way == "pytorch/examples' VAE"
