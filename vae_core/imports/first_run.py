"""A graph that was handed in, run for the first time: shapes, finite numbers, and each image for itself.

Only in the process that is there for it: see `vae_core.imports.examiner`.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto

from vae_core.errors import GraphError
from vae_core.onnx_graphs.opening import FLOATS
from vae_core.onnx_graphs.runtime import open_session

Floats = NDArray[np.float32]
SEVERAL = 3  # in a batch
SAME = 1e-3  # of the largest number: by how much an image may differ for its neighbours' sake


def float_inputs(model: ModelProto) -> dict[str, list[int | None]]:
    """The inputs that are not filled already, and their sizes, None where one is free.

    Raises:
        GraphError: one takes no floats.
    """
    stored = {tensor.name for tensor in model.graph.initializer}
    found: dict[str, list[int | None]] = {}
    for value in model.graph.input:
        if value.name in stored:
            continue
        kind = value.type.tensor_type
        if kind.elem_type not in FLOATS:
            raise GraphError(f"its input {value.name!r} takes no decimal numbers.")
        found[value.name] = [dim.dim_value or None for dim in kind.shape.dim]
    return found


def float_outputs(model: ModelProto) -> list[str]:
    """The outputs that hold floats."""
    return [
        value.name
        for value in model.graph.output
        if value.type.tensor_type.elem_type in (*FLOATS, TensorProto.UNDEFINED)
    ]


def run_alone_and_together(content: bytes, inputs: Floats) -> dict[str, Floats]:
    """What a graph of ours gives for a batch of `SEVERAL`, (SEVERAL, …) each, having given the same for each alone.

    Raises:
        GraphError: it cannot run, fixes the batch, gives what is not finite, or mixes the batch's images.
    """
    session = open_session(content)
    name = session.get_inputs()[0].name
    names = [output.name for output in session.get_outputs()]

    def run(batch: Floats) -> dict[str, Floats]:
        try:
            return dict(zip(names, session.run(names, {name: batch}), strict=True))
        except Exception as error:  # whatever onnxruntime raises
            first = str(error).strip().splitlines()[0][-160:]
            raise GraphError(f"it does not run with a batch of {len(batch)} ({first}).") from None

    alone = [run(inputs[place : place + 1]) for place in range(SEVERAL)]
    try:
        together = run(inputs)
    except GraphError:
        raise GraphError(
            f"it takes one at a time and no batch of {SEVERAL}; export it with a free first axis (dynamic batch)."
        ) from None
    _compare(alone, together)
    return together


def _compare(alone: list[dict[str, Floats]], together: Mapping[str, Floats]) -> None:
    for name, batch in together.items():
        if batch.ndim < 1 or len(batch) != SEVERAL or any(len(one[name]) != 1 for one in alone):
            raise GraphError(
                f"it gives no {SEVERAL} results for a batch of {SEVERAL}; export it with a free first axis."
            )
        if not np.isfinite(batch).all():
            raise GraphError("it gives numbers that are not finite (NaN or infinity).")
        largest = max(float(np.abs(batch).max()), 1e-6) if batch.size else 1.0
        for place, one in enumerate(alone):
            if batch.size and float(np.abs(one[name][0] - batch[place]).max()) > SAME * largest:
                raise GraphError(
                    "it gives another result for an image among others than alone; export it in evaluation mode "
                    "(model.eval())."
                )
