"""ONNX graphs of our own writing: layer by layer, or somebody else's graph copied node by node under our names.

What is written computes in float32 whatever the original did, has one opset, no constants but initialisers, and
nothing that takes no part in its outputs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from vae_core.errors import GraphError
from vae_core.onnx_graphs.opening import FLOATS, OPSET, STANDARD

IR_VERSION = 10  # what browsers' runtimes read
Array = NDArray[Any]
Dim = str | int


class GraphWriter:
    """A graph that grows node by node; every method takes and gives names of values."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._initializers: list[TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._opset = OPSET
        self._names = 0

    def _fresh(self) -> str:
        self._names += 1
        return f"v{self._names}"

    def input(self, name: str, shape: Sequence[int]) -> str:
        """A float32 input (batch, *shape)."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape]))
        return name

    def constant(self, values: Array | Sequence[float] | float, dtype: Any = np.float32) -> str:
        """Numbers that belong to the graph."""
        array = np.asarray(values)
        name = self._fresh()
        array = (
            array.astype(np.float32 if array.dtype.kind == "f" else array.dtype)
            if dtype is None
            else array.astype(dtype)
        )
        self._initializers.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def node(self, operator: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """One operator: the name of its output, or the names of several."""
        names = [self._fresh() for _ in range(outputs)]
        self._nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def reshape(self, value: str, shape: Sequence[int]) -> str:
        """(batch, …) as (batch, *shape)."""
        return self.node("Reshape", value, self.constant(np.array([0, *shape]), np.int64))

    def linear(self, value: str, weight: Array, bias: Array | None = None) -> str:
        """x Wᵀ + b: (batch, inputs) → (batch, outputs) with W (outputs, inputs)."""
        extra = [] if bias is None else [self.constant(bias)]
        return self.node("Gemm", value, self.constant(weight), *extra, transB=1)

    def graft(self, model: ModelProto, given: Mapping[str, str], wanted: Sequence[str]) -> list[str]:
        """Copy what another model computes: its inputs are our values `given`; returns our names of those `wanted`.

        Noise that it would draw is left out: a draw becomes its mean.

        Raises:
            GraphError: an input is not given, or something in it is not of a kind that we write.
        """
        opset = max(entry.version for entry in model.opset_import if entry.domain in STANDARD)
        self._opset = max(self._opset, opset)
        stored = {tensor.name: tensor for tensor in model.graph.initializer}
        ours: dict[str, str] = {"": "", **given}
        for node in nodes_in_use(list(model.graph.node), wanted, set(ours)):
            for name in node.input:
                if name not in ours:
                    if name not in stored:
                        raise GraphError(f"its input {name!r} is not known here.")
                    ours[name] = self._stored(numpy_helper.to_array(stored[name]))
            self._copy(node, ours)
        for name in wanted:
            if name not in ours and name in stored:
                raise GraphError(f"its output {name!r} is the same for everything.")
        return [ours[name] for name in wanted]

    def _stored(self, array: Array) -> str:
        if array.dtype.kind in "fc" or array.dtype.name == "bfloat16":
            array = array.astype(np.float32)
            if not np.isfinite(array).all() and array.size > 1:
                raise GraphError("its weights hold values that are not finite (NaN or infinity).")
        elif array.dtype.kind not in "iub":
            raise GraphError(f"it holds {array.dtype.name} values, which are no numbers.")
        return self.constant(array, array.dtype)

    def _copy(self, node: NodeProto, ours: dict[str, str]) -> None:
        """One node under our names; constants become initialisers, and what is for training is left out."""
        attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        inputs = [ours[name] for name in node.input]
        if node.op_type == "Constant":
            ours[node.output[0]] = self._stored(_constant_value(attributes))
        elif node.op_type in ("Identity", "Dropout"):
            ours[node.output[0]] = inputs[0]
        elif node.op_type == "RandomNormalLike":
            ours[node.output[0]] = self.node("Mul", inputs[0], self.constant(0.0))
        elif node.op_type == "RandomNormal":
            ours[node.output[0]] = self.constant(np.zeros(attributes["shape"], np.float32))
        elif node.op_type.startswith(("Random", "Bernoulli", "Multinomial")):
            raise GraphError(
                f"it draws random numbers ({node.op_type}), so that no two images of a latent are the same."
            )
        else:
            if node.op_type in ("Cast", "ConstantOfShape"):
                attributes = _in_float32(node.op_type, attributes)
            outputs = [self._fresh() if name else "" for name in node.output]
            self._nodes.append(helper.make_node(node.op_type, inputs, outputs, **attributes))
            ours |= {theirs: mine for theirs, mine in zip(node.output, outputs, strict=True) if theirs}

    def finish(self, outputs: Mapping[str, tuple[str, Sequence[int]]]) -> bytes:
        """The whole as a file: our values as outputs, by their name, each (batch, *shape) of float32.

        Raises:
            GraphError: ONNX's checker refuses what came out.
        """
        infos = [_value_info(name, ["batch", *shape]) for name, (_, shape) in outputs.items()]
        model = self._model({name: value for name, (value, _) in outputs.items()}, infos)
        try:
            onnx.checker.check_model(model, full_check=True)
        except Exception as error:  # whatever ONNX's own code raises
            raise GraphError(f"its shapes do not fit together ({str(error).strip().splitlines()[0][:120]}).") from None
        return bytes(model.SerializeToString(deterministic=True))

    def sketch(self, value: str) -> bytes:
        """The same with one output `found` of whatever shape, to find that out; unchecked."""
        return bytes(self._model({"found": value}, [_value_info("found", None)]).SerializeToString())

    def _model(self, outputs: Mapping[str, str], infos: list[onnx.ValueInfoProto]) -> ModelProto:
        named = [helper.make_node("Identity", [value], [name]) for name, value in outputs.items()]
        nodes = _without_identities([*self._nodes, *named], set(outputs))
        graph = helper.make_graph(nodes, "graph", self._inputs, infos, self._initializers)
        opset = helper.make_opsetid("", self._opset)
        return helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)


def _value_info(name: str, shape: Sequence[Dim] | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def nodes_in_use(nodes: list[NodeProto], wanted: Sequence[str], known: set[str]) -> list[NodeProto]:
    """The nodes that take part in what is wanted, in their own order."""
    makers = {name: place for place, node in enumerate(nodes) for name in node.output if name}
    needed: set[int] = set()
    waiting, seen = list(wanted), set(known)
    while waiting:
        name = waiting.pop()
        if name in seen or name not in makers:
            continue
        seen.add(name)
        needed.add(makers[name])
        waiting.extend(nodes[makers[name]].input)
    return [nodes[place] for place in sorted(needed)]


def _constant_value(attributes: Mapping[str, Any]) -> Array:
    if "value" in attributes:
        return numpy_helper.to_array(attributes["value"])
    for name, dtype in (
        ("value_float", np.float32),
        ("value_floats", np.float32),
        ("value_int", np.int64),
        ("value_ints", np.int64),
    ):
        if name in attributes:
            return np.asarray(attributes[name], dtype)
    raise GraphError("it holds constants that are no numbers.")


def _in_float32(operator: str, attributes: dict[str, Any]) -> dict[str, Any]:
    if operator == "Cast" and attributes.get("to") in FLOATS:
        return {**attributes, "to": TensorProto.FLOAT}
    if operator == "ConstantOfShape" and "value" in attributes and attributes["value"].data_type in FLOATS:
        array = numpy_helper.to_array(attributes["value"]).astype(np.float32)
        return {**attributes, "value": numpy_helper.from_array(array)}
    return attributes


def _without_identities(nodes: list[NodeProto], outputs: set[str]) -> list[NodeProto]:
    """Each output is named by the node that makes it, where one does and nothing else has renamed it."""
    makers = {name: node for node in nodes for name in node.output}
    used: dict[str, int] = {}
    for node in nodes:
        for name in node.input:
            used[name] = used.get(name, 0) + 1
    kept = []
    for node in nodes:
        source = node.input[0] if node.input else ""
        if node.op_type == "Identity" and node.output[0] in outputs and source in makers and used[source] == 1:
            maker = makers[source]
            maker.output[list(maker.output).index(source)] = node.output[0]
        else:
            kept.append(node)
    return kept
