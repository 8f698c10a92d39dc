"""A register of what strangers hand in as a model, each with what is said of it, and short ways to make them."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from tests.made_models import (
    LATENT,
    SIDE,
    decoder_nodes,
    graph,
    weights,
    write_decoder,
    write_encoder,
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
ELSEWHERE = "lie in another file"


def external(tensor: TensorProto) -> TensorProto:
    """The tensor, its numbers said to lie in another file."""
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    return tensor


def zipped(name: str, sentence: str, members: dict[str, bytes], cut: int | None = None) -> None:
    """A case that is a ZIP, the first bytes of it."""

    @case(name, sentence)
    def _(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "model.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for member, inside in members.items():
                archive.writestr(member, inside)
        whole = (folder / "model.zip").read_bytes()
        (folder / "model.zip").write_bytes(whole[:cut])
        return folder / "model.zip"


def ends(
    name: str, sentence: str, taken: dict[str, Any], given: dict[str, Any], *made: onnx.NodeProto, **more: Any
) -> None:
    kind = more.pop("kind", TensorProto.FLOAT)
    stored = {key: weights()[key] for key in "Wb"} | more
    content(name, sentence, "decoder.onnx", lambda: graph(made, taken, given, stored, kind=kind).SerializeToString())


def pair(name: str, sentence: str, change: Callable[[Path], Any]) -> None:
    """A case that is a decoder with its encoder, changed."""

    @case(name, sentence)
    def _(folder: Path) -> Path:
        write_encoder(write_decoder(folder))
        change(folder)
        return folder
