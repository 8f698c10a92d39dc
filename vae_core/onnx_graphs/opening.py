"""An ONNX file that anybody may have written, opened: within limits, whole in itself, and of standard operators alone.

Nothing of it is run here. What remains is in one opset, its functions written out.
"""

from collections.abc import Iterator

import onnx
from google.protobuf.message import DecodeError
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, defs, inliner, version_converter

from vae_core.errors import GraphError, shortened
from vae_core.onnx_graphs.wire import check_wire

MIB = 2**20
LARGEST_GRAPH = 512 * MIB
MOST_NODES = 20_000
MOST_NUMBERS = 1 << 28  # in one tensor that a file declares or makes
OLDEST_OPSET, OPSET, NEWEST_OPSET = 7, 18, 23  # read; written at least; that browsers run
STANDARD = ("", "ai.onnx")
FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16)

# Standard operators that no encoder or decoder needs, with what is said of them.
REFUSED = {
    **dict.fromkeys(("If", "Loop", "Scan", "SequenceMap"), "decides or repeats while it runs"),
    **dict.fromkeys(
        ("ImageDecoder", "RegexFullMatch", "StringConcat", "StringSplit", "StringNormalizer"), "reads files"
    ),
    **dict.fromkeys(("TfIdfVectorizer", "LabelEncoder"), "reads words"),
}


def open_graph(content: bytes) -> ModelProto:
    """The model in a file's bytes, checked as far as it can be without running it.

    Raises:
        GraphError: it is too large, damaged, not self-contained, or uses what is not run here.
    """
    if len(content) > LARGEST_GRAPH:
        raise GraphError(f"it has {len(content) / MIB:,.0f} MiB, more than the limit of {LARGEST_GRAPH // MIB} MiB.")
    check_wire(content)
    model = ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError:
        raise GraphError("it is no ONNX file, or damaged.") from None
    if not model.graph.node or not model.graph.output:
        raise GraphError("it is no ONNX file, or its graph is empty.")
    _check_parts(model)
    _check_opset(model)
    if model.functions:
        model = _without_functions(model)
        _check_parts(model)
    _check(model)
    return _in_our_opset(model)


def _check_parts(model: ModelProto) -> None:
    """Refuse what refers to something outside of the file, and operators that are not run here."""
    if model.training_info:
        raise GraphError("it holds how to train the model, too; export the decoder and the encoder for use alone.")
    for tensor in _tensors(model):
        if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
            raise GraphError(
                f"its numbers {_name(tensor.name)} lie in another file; save it with the weights inside "
                "(external_data=False)."
            )
        if _count(tensor.dims) > MOST_NUMBERS:
            raise GraphError(f"{_name(tensor.name)} declares {_count(tensor.dims):,} numbers, more than the limit.")
    own = {function.name for function in model.functions}
    nodes = list(_nodes(model))
    if len(nodes) > MOST_NODES:
        raise GraphError(f"it has {len(nodes):,} operators, more than the limit of {MOST_NODES:,}.")
    for node in nodes:
        if node.op_type in own and node.domain not in STANDARD:
            continue
        if node.domain not in STANDARD or not _is_standard(node.op_type):
            where = f" of {_name(node.domain)}" if node.domain not in STANDARD else ""
            raise GraphError(f"it uses the operator {_name(node.op_type)}{where}; only ONNX's standard ones are run.")
        if node.op_type in REFUSED or any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute):
            what = REFUSED.get(node.op_type, "holds a graph of its own")
            raise GraphError(f"it uses the operator {node.op_type}, which {what}; export it with fixed sizes.")


def _is_standard(operator: str) -> bool:
    return defs.has(operator, domain="")


def _check_opset(model: ModelProto) -> None:
    version = _opset(model)
    if not OLDEST_OPSET <= version <= defs.onnx_opset_version():
        raise GraphError(
            f"its operators are of version {version}; {OLDEST_OPSET} to {defs.onnx_opset_version()} are read here."
        )


def _opset(model: ModelProto) -> int:
    return max((entry.version for entry in model.opset_import if entry.domain in STANDARD), default=0)


def _without_functions(model: ModelProto) -> ModelProto:
    try:
        return inliner.inline_local_functions(model)
    except Exception as error:  # whatever ONNX's own code raises
        raise GraphError(f"its functions cannot be written out ({_first_line(error)}).") from None


def _check(model: ModelProto) -> None:
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # whatever ONNX's own code raises
        raise GraphError(f"ONNX's own checker refuses it ({_first_line(error)}).") from None


def _in_our_opset(model: ModelProto) -> ModelProto:
    version = _opset(model)
    if OPSET <= version <= NEWEST_OPSET:
        return model
    try:
        return version_converter.convert_version(model, OPSET if version < OPSET else NEWEST_OPSET)
    except Exception as error:  # whatever ONNX's own code raises
        raise GraphError(
            f"its operators are of version {version} and could not be brought to {OPSET} ({_first_line(error)}); "
            f"export it with opset {OPSET}."
        ) from None


def _graphs(graph: GraphProto) -> Iterator[GraphProto]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            yield from _graphs_of(attribute)


def _graphs_of(attribute: AttributeProto) -> Iterator[GraphProto]:
    for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
        yield from _graphs(inner)


def _nodes(model: ModelProto) -> Iterator[NodeProto]:
    for graph in _graphs(model.graph):
        yield from graph.node
    for function in model.functions:
        for node in function.node:
            yield node
            for attribute in node.attribute:
                for graph in _graphs_of(attribute):
                    yield from graph.node


def _tensors(model: ModelProto) -> Iterator[TensorProto]:
    """Every tensor that the file holds: initialisers, sparse ones, attributes, those of graphs within graphs."""
    for graph in _graphs(model.graph):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    attributes = [attribute for node in _nodes(model) for attribute in node.attribute]
    attributes += [attribute for function in model.functions for attribute in function.attribute_proto]
    for attribute in attributes:
        yield from (*([attribute.t] if attribute.HasField("t") else []), *attribute.tensors)
        for graph in _graphs_of(attribute):
            yield from graph.initializer
        single = [attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []
        for sparse in (*single, *attribute.sparse_tensors):
            yield from (sparse.values, sparse.indices)


def _count(dims: object) -> int:
    total = 1
    for size in dims:  # type: ignore[attr-defined]
        total *= max(int(size), 0)
    return total


def _name(text: str) -> str:
    return shortened(repr(text))


def _first_line(error: Exception) -> str:
    return shortened(str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__)
