"""Hostile and broken files around graphs: archives, descriptions, weights that are programs, folders of others."""

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from tests.hostile_cases import ELSEWHERE, case, content, external, pair, zipped
from tests.made_models import (
    LATENT,
    ExampleVAE,
    decoder_nodes,
    graph,
    weights,
    write_decoder,
)

# Files and archives


@case("nothing there", "there is no such file or folder")
def _(folder: Path) -> Path:
    return folder / "missing"


@case("an empty folder", "holds no files")
def _(folder: Path) -> Path:
    return folder


@case("an empty file", "it is empty")
def _(folder: Path) -> Path:
    (folder / "decoder.onnx").write_bytes(b"")
    return folder / "decoder.onnx"


@case("a pipe", "no regular file")
def _(folder: Path) -> Path:
    os.mkfifo(folder / "decoder.onnx")
    return folder / "decoder.onnx"


@case("a link", "symbolic link")
def _(folder: Path) -> Path:
    (folder / "decoder.onnx").symlink_to("/etc/passwd")
    return folder


content("only a note", r"nothing in it is a model .*\(README\.md\).*--bridge", "README.md", b"# hello")
content("a picture", "a picture and no model. The Train page", "decoder.png", b"\x89PNG\r\n")
content("an array", "arrays, but no model", "model.npz", b"PK\x03\x04")


zipped("a cut archive", "not a readable .zip file", {"decoder.onnx": b"x" * 1000}, cut=60)
zipped("a way out of the archive", "leads outside", {"../../decoder.onnx": b"x"})
zipped("a bomb", "would inflate to more than 200 times", {"decoder.onnx": bytes(80 << 20)})
zipped("an archive in an archive", "nothing in it is a model", {"model.zip": b"PK\x03\x04"})
zipped("an empty archive", "holds no files", {})

# Descriptions


def described(name: str, sentence: str, text: str) -> None:
    pair(name, sentence, lambda f: (f / "model.json").write_text(text))


described("a description with a slip", "pixel: there is no such setting", '{"channels": 1, "pixel": "unit"}')
described("a description that is no JSON", "not valid JSON", "{pixels: unit}")
described("a description without end", "nested too deeply", "[" * 100_000)
described("other latents than the graph's", r"takes latents of shape \(2\), not \(4\)", '{"latent_shape": [4]}')
described("other images than the graph's", "with image_size 16", '{"image_size": 16}')
described("a scale of nothing", "no scale is 0", '{"scale": 0}')
described("a scale for two colours", "one number or 1", '{"scale": [1, 2]}')
described("a likelihood of one's own", "likelihood", '{"likelihood": "cauchy"}')
described("a size that is no number", "image_size", '{"image_size": NaN}')

# Weights


class _Harm:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.write_text, (self.path, "run")


HARM = "harm was done"


@case("a pickle that runs code, as .pt", "nothing in it is run")
def _(folder: Path) -> Path:
    torch.save({"state_dict": _Harm(folder / HARM)}, folder / "model.pt")
    return folder


@case("an old pickle that runs code, as .pth", "nothing in it is run")
def _(folder: Path) -> Path:
    (folder / "model.pth").write_bytes(pickle.dumps(_Harm(folder / HARM)))
    return folder


@case("a pickle that runs code, as .pkl", r"model\.pkl: it is a pickle, .* --bridge pytorch")
def _(folder: Path) -> Path:
    (folder / "model.pkl").write_bytes(pickle.dumps(_Harm(folder / HARM)))
    return folder


@case("a whole model", "nothing in it is run")
def _(folder: Path) -> Path:
    torch.save(ExampleVAE(16, 8, 2), folder / "model.pt")
    return folder


@case("TorchScript", "it is TorchScript")
def _(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "model.pt", "w") as archive:
        for name in ("model/data.pkl", "model/constants.pkl", "model/code/__torch__.py"):
            archive.writestr(name, b"")
    return folder


content("an exported program", "torch.export", "model.pt2", b"PK\x03\x04")
content("a Keras model", "it is a Keras model, .* --bridge keras", "model.keras", b"PK\x03\x04")
content("an HDF5 file", "it is a Keras model", "model.h5", b"\x89HDF\r\n\x1a\n")
content("a TensorFlow model", "it is a TensorFlow model", "saved_model.pb", b"\x08\x01")
content("words as weights", "no file of weights", "model.pt", b"these are my weights")
content("safetensors that are cut", "cut off or no safetensors", "model.safetensors", b"\x40\0\0\0\0\0\0\0{")
content("a header without end", "cut off or no safetensors", "model.safetensors", b"\xff" * 7 + b"\x7f{}")


def states(name: str, sentence: str, state: Callable[[], Any], file: str = "model.pt") -> None:
    @case(name, sentence)
    def _(folder: Path) -> Path:
        torch.save(state(), folder / file)
        return folder


def _example(**changes: Any) -> dict[str, Any]:
    return ExampleVAE(16, 8, 2).state_dict() | changes


states(
    "weights of an unknown network",
    r"no network that is known here \(0\.weight \(4, 3\); .* and 2 more\).*--bridge",
    lambda: nn.Sequential(*(nn.Linear(3, 4) for _ in range(6))).state_dict(),
)
states(
    "weights of no shape that fits",
    "no network that is known here",
    lambda: _example(**{"fc3.weight": torch.zeros(8, 5)}),
)
states("weights with more than it has", "no network that is known here", lambda: _example(extra=torch.zeros(3)))
states("weights of no square", "no network that is known here", lambda: ExampleVAE(20, 8, 2).state_dict())
states(
    "weights that are not finite",
    "fc1.bias holds values that are not finite",
    lambda: _example(**{"fc1.bias": torch.full((8,), torch.nan)}),
)
states(
    "sparse weights",
    "no plain tensor|nothing in it is run",
    lambda: _example(**{"fc1.weight": torch.zeros(8, 16).to_sparse()}),
)
states("no weights", "holds no weights", dict)
states("a list", "holds no weights", lambda: [torch.zeros(3)])


@case("cut weights", "cut off|no file of weights|damaged")
def _(folder: Path) -> Path:
    torch.save(_example(), folder / "model.pt")
    whole = (folder / "model.pt").read_bytes()
    (folder / "model.pt").write_bytes(whole[: len(whole) // 2])
    return folder


@case("several files of weights", "2 files of weights")
def _(folder: Path) -> Path:
    for name in ("a.pt", "b.pt"):
        torch.save(_example(), folder / name)
    return folder


# pythae, ours, latents


def pythae(name: str, sentence: str, config: dict[str, Any], *, with_weights: bool = True) -> None:
    @case(name, sentence)
    def _(folder: Path) -> Path:
        (folder / "model_config.json").write_text(json.dumps({"name": "VAEConfig", "latent_dim": 2, **config}))
        if with_weights:
            torch.save({"model_state_dict": {"encoder.x": torch.zeros(2)}}, folder / "model.pt")
        return folder


pythae("a pythae folder without weights", "model.pt is missing", {"input_dim": [1, 8, 8]}, with_weights=False)
pythae("a pythae folder of sounds", "no square image", {"input_dim": [2, 44100]})
pythae("a pythae folder without sizes", "no square image", {"input_dim": None})
pythae("a pythae folder of too many dimensions", "latent_dim", {"input_dim": [1, 8, 8], "latent_dim": 10**9})
pythae("a pythae folder of unknown networks", r"decoder\.pkl", {"input_dim": [1, 8, 8]})


def ours(name: str, sentence: str, config: dict[str, Any]) -> None:
    @case(name, sentence)
    def _(folder: Path) -> Path:
        made = {
            "format": 1,
            "model": {"network": "mlp", "image_size": 8, "latent_dim": 2},
            "training": {"data": "digits"},
            "data": {"name": "digits", "fingerprint": "0", "images": 10},
        }
        (folder / "config.json").write_text(json.dumps(made | config))
        save_file({"x": torch.zeros(2)}, folder / "model.safetensors")
        return folder


ours("a checkpoint of the future", "format version 99 is unknown", {"format": 99})
ours("a checkpoint of other weights", "weights .* are missing", {})
ours("a checkpoint of impossible settings", "latent_dim", {"model": {"latent_dim": -1}})


@case("an imported checkpoint with a dangerous graph", ELSEWHERE)
def _(folder: Path) -> Path:
    model = graph(decoder_nodes(), {"latent": ["n", LATENT]}, {"image": ["n", 64]}, {k: weights()[k] for k in "Wb"})
    external(model.graph.initializer[0])
    (folder / "decoder.onnx").write_bytes(model.SerializeToString())
    made = {
        "format": 2,
        "model": {"network": "imported", "image_size": 8, "latent_dim": LATENT, "likelihood": "unknown"},
        "training": {"data": "digits"},
        "data": {"name": "digits", "fingerprint": "0", "images": 10},
        "origin": {"way": "ONNX", "source": "x", "fingerprint": "0", "latent_shape": [LATENT]},
    }
    (folder / "config.json").write_text(json.dumps(made))
    return folder


def latents(name: str, sentence: str, array: Callable[[], bytes]) -> None:
    @case(name, sentence)
    def _(folder: Path) -> Path:
        write_decoder(folder)
        (folder / "latents.npy").write_bytes(array())
        return folder


def _saved(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


latents("latents that are a pickle", "no readable array", lambda: _saved(np.array([{"a": 1}], object)))
latents("latents of another model", r"of shape \(9, 4\), expected", lambda: _saved(np.zeros((9, 4))))
latents("latents that are not finite", "not finite", lambda: _saved(np.full((9, LATENT), np.inf)))
latents(
    "latents without end",
    "no readable array",
    lambda: _saved(np.zeros((9, LATENT))).replace(b"(9, 2), }" + b" " * 12, b"(9999999999999, 2), }"),
)
latents("latents that are words", "no readable array", lambda: b"0.1, 0.2, 0.3, 0.4")
