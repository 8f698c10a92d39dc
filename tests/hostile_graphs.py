"""Hostile and broken ONNX files: no graphs, graphs that lead elsewhere, and graphs of what cannot be shown."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from tests.hostile_cases import ELSEWHERE, ROWS, case, content, decoder, ends, external, node, nodes, pair
from tests.made_models import (
    LATENT,
    graph,
    weights,
    write_decoder,
    write_graph,
)

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


def _sparse() -> onnx.SparseTensorProto:
    values = external(numpy_helper.from_array(np.ones(1, np.float32), "s"))
    return helper.make_sparse_tensor(values, numpy_helper.from_array(np.array([0])), [4])


def _subgraph(model: onnx.ModelProto) -> None:
    stored = external(numpy_helper.from_array(np.ones(3, np.float32), "inside"))
    inner = helper.make_graph([node("Identity", ["inside"], ["o"])], "g", [], [], [stored])
    model.graph.node.append(node("If", ["z"], ["q"], then_branch=inner, else_branch=inner))


def _sparse_constant(model: onnx.ModelProto) -> None:
    attribute = AttributeProto(name="sparse_value", type=AttributeProto.SPARSE_TENSOR, sparse_tensor=_sparse())
    model.graph.node.append(onnx.NodeProto(op_type="Constant", output=["c"], attribute=[attribute]))


def _constant(model: onnx.ModelProto) -> None:
    tensor = external(numpy_helper.from_array(np.ones(3, np.float32), "c"))
    model.graph.node.append(node("Constant", [], ["c"], value=tensor))


decoder("weights elsewhere", ELSEWHERE, lambda m: external(m.graph.initializer[0]))
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


def _two_decoders(folder: Path) -> None:
    (folder / "decoder.onnx").rename(folder / "a.onnx")
    (folder / "encoder.onnx").unlink()
    write_decoder(folder, name="b.onnx")


pair(
    "two graphs of a kind",
    "cannot be told apart",
    _two_decoders,
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
