"""What strangers hand in as a model: broken, of another kind, too large, or made to do harm. Each with its sentence."""

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import AttributeProto, TensorProto, helper, numpy_helper
from safetensors.torch import save_file
from torch import nn

from tests.made_models import (
    LATENT,
    SIDE,
    ExampleVAE,
    decoder_nodes,
    graph,
    weights,
    write_decoder,
    write_encoder,
    write_graph,
)

Make = Callable[[Path], Path]
CASES: dict[str, tuple[Make, str]] = {}


def case(name: str, sentence: str) -> Callable[[Make], Make]:
    """Register what is made in a folder of its own, and a pattern of what is said of it."""

    def register(make: Make) -> Make:
        assert name not in CASES
        CASES[name] = (make, sentence)
        return make

    return register


def content(name: str, sentence: str, file: str, of: bytes | Callable[[], bytes]) -> None:
    """A case that is one file in a folder."""

    def make(folder: Path) -> Path:
        (folder / file).write_bytes(of if isinstance(of, bytes) else of())
        return folder

    case(name, sentence)(make)


def decoder(name: str, sentence: str, change: Callable[[onnx.ModelProto], Any]) -> None:
    """A case that is a good decoder with something changed."""

    def made() -> bytes:
        write = {key: weights()[key] for key in "Wb"}
        model = graph(decoder_nodes(), {"z": ["n", LATENT]}, {"y": ["n", SIDE * SIDE]}, write)
        changed = change(model)
        return (changed if isinstance(changed, onnx.ModelProto) else model).SerializeToString()

    content(name, sentence, "decoder.onnx", made)


def nodes(name: str, sentence: str, *made: onnx.NodeProto, out: Any = ("n", 64), **arrays: Any) -> None:
    """A case that is a decoder of these nodes, z → y."""

    def change(_: onnx.ModelProto) -> onnx.ModelProto:
        stored = {key: weights()[key] for key in "Wb"} | arrays
        return graph(made, {"z": ["n", LATENT]}, {"y": list(out)}, stored)

    decoder(name, sentence, change)


node = helper.make_node
ROWS = node("Gemm", ["z", "W", "b"], ["h"])

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
content("a picture", "nothing in it is a model", "decoder.png", b"\x89PNG\r\n")
content("an array", "arrays, but no model", "model.npz", b"PK\x03\x04")


def zipped(name: str, sentence: str, members: dict[str, bytes], cut: int | None = None) -> None:
    @case(name, sentence)
    def _(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "model.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for member, inside in members.items():
                archive.writestr(member, inside)
        whole = (folder / "model.zip").read_bytes()
        (folder / "model.zip").write_bytes(whole[:cut])
        return folder / "model.zip"


zipped("a cut archive", "not a readable .zip file", {"decoder.onnx": b"x" * 1000}, cut=60)
zipped("a way out of the archive", "leads outside", {"../../decoder.onnx": b"x"})
zipped("a bomb", "would inflate to more than 200 times", {"decoder.onnx": bytes(80 << 20)})
zipped("an archive in an archive", "nothing in it is a model", {"model.zip": b"PK\x03\x04"})
zipped("an empty archive", "holds no files", {})

# Bytes that are no graph

content("noise", "no ONNX file", "decoder.onnx", bytes(range(256)) * 8)
content("a web page", "no ONNX file", "decoder.onnx", b"<!DOCTYPE html><html><body>Sign in</body></html>")
content(
    "a pointer of Git LFS", "no ONNX file", "decoder.onnx", b"version https://git-lfs.github.com/spec/v1\noid sha256:00"
)
content("zeros", "ONNX file", "decoder.onnx", bytes(4096))
content("an endless number", "no ONNX file", "decoder.onnx", b"\x08" + b"\xff" * 40)
content("a length beyond the end", "cut off", "decoder.onnx", b"\x3a\xff\xff\xff\xff\x07abc")
content("many parts", "more than 200,000 parts", "decoder.onnx", b"\x72\x00" * 200_001)
content("many nodes", "parts|operators", "decoder.onnx", lambda: b"\x3a" + varint(400_004) + b"\x0a\x00" * 200_002)


def varint(number: int) -> bytes:
    """As protobuf writes it."""
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


@case("a cut graph", "cut off|no ONNX file|checker")
def _(folder: Path) -> Path:
    path = write_decoder(folder) / "decoder.onnx"
    path.write_bytes(path.read_bytes()[:-200])
    return folder


def _deep(levels: int) -> onnx.GraphProto:
    inner = helper.make_graph([node("Identity", ["z"], ["y"])], "g", [], [helper.make_tensor_value_info("y", 1, None)])
    for _ in range(levels):
        wrap = node(
            "If",
            ["z"],
            ["y"],
            then_branch=inner,
            else_branch=inner if levels < 3 else helper.make_graph([], "e", [], []),
        )
        inner = helper.make_graph([wrap], "g", [], [helper.make_tensor_value_info("y", 1, None)])
    return inner


def _nest(model: onnx.ModelProto) -> None:
    model.graph.node.append(node("If", ["z"], ["q"], then_branch=_deep(12), else_branch=_deep(0)))


decoder("graphs in graphs", "nested more than 8 deep", _nest)

# What lies elsewhere


def _external(tensor: TensorProto) -> TensorProto:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    return tensor


def _sparse() -> onnx.SparseTensorProto:
    values = _external(numpy_helper.from_array(np.ones(1, np.float32), "s"))
    return helper.make_sparse_tensor(values, numpy_helper.from_array(np.array([0])), [4])


def _subgraph(model: onnx.ModelProto) -> None:
    stored = _external(numpy_helper.from_array(np.ones(3, np.float32), "inside"))
    inner = helper.make_graph([node("Identity", ["inside"], ["o"])], "g", [], [], [stored])
    model.graph.node.append(node("If", ["z"], ["q"], then_branch=inner, else_branch=inner))


def _sparse_constant(model: onnx.ModelProto) -> None:
    attribute = AttributeProto(name="sparse_value", type=AttributeProto.SPARSE_TENSOR, sparse_tensor=_sparse())
    model.graph.node.append(onnx.NodeProto(op_type="Constant", output=["c"], attribute=[attribute]))


def _constant(model: onnx.ModelProto) -> None:
    tensor = _external(numpy_helper.from_array(np.ones(3, np.float32), "c"))
    model.graph.node.append(node("Constant", [], ["c"], value=tensor))


ELSEWHERE = "lie in another file"
decoder("weights elsewhere", ELSEWHERE, lambda m: _external(m.graph.initializer[0]))
decoder("sparse weights elsewhere", ELSEWHERE, lambda m: m.graph.sparse_initializer.append(_sparse()))
decoder("a constant elsewhere", ELSEWHERE, _constant)
decoder("a sparse constant elsewhere", ELSEWHERE, _sparse_constant)
decoder("a sub-graph's weights elsewhere", ELSEWHERE, _subgraph)
decoder(
    "paths without the mark",
    ELSEWHERE,
    lambda m: m.graph.initializer[0].external_data.add(key="location", value="x"),
)

# Operators

nodes("a custom operator", r"'Evil' of 'com\.evil'", ROWS, node("Evil", ["h"], ["y"], domain="com.evil"))
nodes("an unknown operator", "operator 'Frobnicate'", ROWS, node("Frobnicate", ["h"], ["y"]))
nodes(
    "a runtime's own operator",
    "'FusedConv' of 'com.microsoft'",
    ROWS,
    node("FusedConv", ["h"], ["y"], domain="com.microsoft"),
)
nodes(
    "random numbers",
    "draws random numbers",
    ROWS,
    node("RandomUniformLike", ["h"], ["u"]),
    node("Add", ["h", "u"], ["y"]),
)
nodes("a picture's reader", "ImageDecoder, which reads files", ROWS, node("ImageDecoder", ["h"], ["y"]))


def _loop(_: onnx.ModelProto) -> onnx.ModelProto:
    body = helper.make_graph([node("Identity", ["c"], ["d"])], "b", [], [])
    made = [ROWS, node("Loop", ["", "", "h"], ["y"], body=body)]
    return graph(made, {"z": ["n", LATENT]}, {"y": ["n", 64]}, {k: weights()[k] for k in "Wb"})


decoder("a loop", "Loop, which decides or repeats", _loop)


def _function(model: onnx.ModelProto, *inside: onnx.NodeProto) -> None:
    opset = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
    model.functions.append(helper.make_function("own", "F", ["a"], ["r"], list(inside), opset))
    model.opset_import.append(helper.make_opsetid("own", 1))
    model.graph.node.append(node("F", ["z"], ["q"], domain="own"))


decoder(
    "a function with a custom operator", "'Evil' of 'x'", lambda m: _function(m, node("Evil", ["a"], ["r"], domain="x"))
)
decoder(
    "a function of itself",
    "functions cannot be written out|operator 'F'|checker",
    lambda m: _function(m, node("F", ["a"], ["r"], domain="own")),
)


def _opset(version: int) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        model.opset_import[0].version = version

    return change


decoder("operators of the future", "operators are of version 99", _opset(99))
decoder("operators of long ago", "operators are of version 3", _opset(3))
decoder("no version", "operators are of version 0", lambda m: m.ClearField("opset_import"))
decoder("a training graph", "how to train the model", lambda m: m.training_info.add())
decoder("a circle", "checker refuses", lambda m: m.graph.node[0].input.__setitem__(0, "y"))
decoder("an input from nowhere", "checker refuses", lambda m: m.graph.node[0].input.__setitem__(0, "nowhere"))
decoder("a value made twice", "checker refuses", lambda m: m.graph.node.append(m.graph.node[0]))
decoder("too few bytes of weights", "checker|weights", lambda m: setattr(m.graph.initializer[0], "raw_data", b"1234"))
decoder("no nodes", "its graph is empty", lambda m: m.graph.ClearField("node"))


def _dims(*sizes: int) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        del model.graph.initializer[0].dims[:]
        model.graph.initializer[0].dims.extend(sizes)

    return change


decoder("a tensor of a billion numbers", "more than the limit", _dims(1 << 20, 1 << 20))
decoder("a tensor of less than nothing", "checker|damaged|weights", _dims(-3, 64))


def _nan(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.full((LATENT, 64), np.nan, np.float32), "W"))


decoder("weights that are no numbers", "not finite", _nan)
nodes(
    "images that overflow",
    "not finite",
    ROWS,
    node("Exp", ["h"], ["e"]),
    node("Exp", ["e"], ["f"]),
    node("Exp", ["f"], ["y"]),
)

# Shapes


def ends(
    name: str, sentence: str, taken: dict[str, Any], given: dict[str, Any], *made: onnx.NodeProto, **more: Any
) -> None:
    kind = more.pop("kind", TensorProto.FLOAT)
    stored = {key: weights()[key] for key in "Wb"} | more
    content(name, sentence, "decoder.onnx", lambda: graph(made, taken, given, stored, kind=kind).SerializeToString())


ends(
    "two inputs",
    "'z', 'labels', where a decoder takes a latent alone",
    {"z": ["n", LATENT], "labels": ["n", 64]},
    {"y": ["n", 64]},
    ROWS,
    node("Add", ["h", "labels"], ["y"]),
)
ends(
    "whole numbers",
    "no decimal numbers",
    {"z": ["n", 64]},
    {"y": ["n", 64]},
    node("Abs", ["z"], ["y"]),
    kind=TensorProto.INT64,
)
ends("no batch", "one latent at a time", {"z": [LATENT]}, {"y": [64]}, node("MatMul", ["z", "W"], ["y"]))
ends(
    "latents of any size",
    "how many numbers its latents have",
    {"z": ["n", "d"]},
    {"y": ["n", "e"]},
    node("Sigmoid", ["z"], ["y"]),
)
ends(
    "latents of very many numbers",
    "more than the limit of 65,536",
    {"z": ["n", 1 << 19]},
    {"y": ["n", 1 << 19]},
    node("Sigmoid", ["z"], ["y"]),
)
ends(
    "a fixed batch",
    "no batch of 3",
    {"z": [1, LATENT]},
    {"y": [1, 8, 8]},
    ROWS,
    node("Reshape", ["h", "s"], ["y"]),
    s=np.array([1, 8, 8]),
)
nodes(
    "no image",
    "gives 7 for a latent, which is no square",
    node("MatMul", ["z", "w7"], ["y"]),
    out=("n", 7),
    w7=np.ones((LATENT, 7), np.float32),
)
nodes(
    "an oblong image",
    "1 × 4 × 16 for a latent, which is no square",
    ROWS,
    node("Reshape", ["h", "s"], ["y"]),
    out=("n", "c", "h", "w"),
    s=np.array([0, 1, 4, 16]),
)
nodes(
    "four channels",
    "4 × 4 × 4 for a latent",
    ROWS,
    node("Reshape", ["h", "s"], ["y"]),
    out=("n", "c", "h", "w"),
    s=np.array([0, 4, 4, 4]),
)
nodes(
    "a large image",
    "of 2 to 128 px",
    ROWS,
    node("Reshape", ["h", "s"], ["i"]),
    node("Resize", ["i", "", "by"], ["y"]),
    out=("n", "c", "h", "w"),
    s=np.array([0, 1, 8, 8]),
    by=np.array([1, 1, 32, 32], np.float32),
)
nodes(
    "images that mix",
    "among others than alone",
    ROWS,
    node("ReduceMean", ["h", "zero"], ["m"]),
    node("Sub", ["h", "m"], ["y"]),
    zero=np.array([0]),
)
nodes(
    "memory for ever",
    "does not run",
    ROWS,
    node("Expand", ["h", "s"], ["e"]),
    node("ReduceSum", ["e", "zero"], ["y"], keepdims=0),
    s=np.array([1 << 40, 1, 64]),
    zero=np.array([0]),
)
ends(
    "an autoencoder in one",
    "takes images and gives images",
    {"x": ["n", 1, 8, 8]},
    {"y": ["n", 1, 8, 8]},
    node("Sigmoid", ["x"], ["y"]),
)


def pair(name: str, sentence: str, change: Callable[[Path], Any]) -> None:
    """A case that is a decoder with its encoder, changed."""

    @case(name, sentence)
    def _(folder: Path) -> Path:
        write_encoder(write_decoder(folder))
        change(folder)
        return folder


pair("an encoder alone", "an encoder alone draws nothing", lambda f: (f / "decoder.onnx").unlink())
pair(
    "three graphs",
    r"3 ONNX files .* name them decoder\.onnx",
    lambda f: [
        (f / "decoder.onnx").rename(f / "a.onnx"),
        (f / "encoder.onnx").rename(f / "b.onnx"),
        write_decoder(f, name="c.onnx"),
    ],
)
pair(
    "two graphs of a kind",
    "cannot be told apart",
    lambda f: [
        (f / "decoder.onnx").rename(f / "a.onnx"),
        (f / "encoder.onnx").unlink(),
        write_decoder(f, name="b.onnx"),
    ],
)


def _encoder(
    sizes: list[Any], given: dict[str, list[Any]], *made: onnx.NodeProto, **arrays: Any
) -> Callable[[Path], Any]:
    return lambda f: write_graph(f / "encoder.onnx", made, {"x": sizes}, given, arrays)  # type: ignore[arg-type]


FLAT = node("Flatten", ["x"], ["f"])
pair(
    "an encoder of other images",
    "don't belong together",
    _encoder(
        ["n", 3, 32, 32], {"y": ["n", 9]}, FLAT, node("MatMul", ["f", "m"], ["y"]), m=np.ones((3072, 9), np.float32)
    ),
)
pair(
    "an encoder of other latents",
    "gives 9 for an image, and the decoder takes 2",
    _encoder(["n", 1, 8, 8], {"y": ["n", 9]}, FLAT, node("MatMul", ["f", "m"], ["y"]), m=np.ones((64, 9), np.float32)),
)
pair(
    "an encoder that is damaged",
    "encoder.onnx: it is",
    lambda f: (f / "encoder.onnx").write_bytes(b"broken, not a graph"),
)

# Descriptions


def described(name: str, sentence: str, text: str) -> None:
    pair(name, sentence, lambda f: (f / "model.json").write_text(text))


described("a description of nothing known", "no such setting", '{"colour": "red"}')
described("a description that is no JSON", "not valid JSON", "{pixels: unit}")
described("a description that is a list", "an object of settings", "[1, 2]")
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
    _external(model.graph.initializer[0])
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
latents("latents that are words", "no readable array", lambda: b"0.1, 0.2, 0.3, 0.4")
