"""A graph of our own writing as a torch module: its weights are parameters, and what it computes has gradients.

Where it has an operator without a torch function, onnxruntime runs it, on the CPU and without gradients.
"""

from typing import Any

import numpy as np
import onnx
import torch
from onnx import ModelProto, helper, numpy_helper
from torch import Tensor, nn

from vae_core.onnx_graphs.arranging import UnsupportedError
from vae_core.onnx_graphs.operators import OPERATORS
from vae_core.onnx_graphs.runtime import open_session


def graph_module(content: bytes, differentiable: bool = True) -> "TorchGraph | RuntimeGraph":
    """What a graph computes, as a module that is called with its one input and gives its outputs by name.

    By torch where it can be and is to be `differentiable`.

    Raises:
        GraphError: nothing that is here can run it.
    """
    model = onnx.load_from_string(content)
    if differentiable and unsupported(model) is None:
        return TorchGraph(model)
    return RuntimeGraph(content)


def unsupported(model: ModelProto) -> str | None:
    """The first operator that has no torch function; None where all have one."""
    return next((node.op_type for node in model.graph.node if node.op_type not in OPERATORS), None)


class TorchGraph(nn.Module):
    """A graph node by node. Floats are parameters, whole numbers stay on the CPU, where shapes are computed."""

    differentiable = True

    def __init__(self, model: ModelProto) -> None:
        super().__init__()
        self.input_name = model.graph.input[0].name
        self.output_names = [value.name for value in model.graph.output]
        self.weights = nn.ParameterList()
        self._weight_names: list[str] = []
        self._whole: dict[str, Tensor] = {}
        for tensor in model.graph.initializer:
            values = torch.from_numpy(numpy_helper.to_array(tensor).copy())
            if values.is_floating_point():
                self.weights.append(nn.Parameter(values.float(), requires_grad=False))
                self._weight_names.append(tensor.name)
            else:
                self._whole[tensor.name] = values
        self._steps = [_Step(node) for node in model.graph.node]
        self._last_uses = _last_uses(self._steps, self.output_names)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """(batch, …) → the outputs by name."""
        values: dict[str, Tensor] = {self.input_name: x, **self._whole}
        values.update(zip(self._weight_names, self.weights, strict=True))
        for number, step in enumerate(self._steps):
            step.run(values)
            for name in self._last_uses.get(number, ()):
                values.pop(name, None)
        return {name: values[name] for name in self.output_names}


class _Step:
    """One node: which values it takes and gives, and the function between."""

    def __init__(self, node: onnx.NodeProto) -> None:
        self.operator = node.op_type
        self.inputs, self.outputs = list(node.input), list(node.output)
        self.attributes = {
            attribute.name: _value(helper.get_attribute_value(attribute)) for attribute in node.attribute
        }
        if node.op_type == "Split":
            self.attributes["outputs"] = len(self.outputs)

    def run(self, values: dict[str, Tensor]) -> None:
        inputs = [values[name] if name else None for name in self.inputs]
        try:
            made = OPERATORS[self.operator](*inputs, **self.attributes)
        except TypeError as error:
            raise UnsupportedError(f"{self.operator} ({error})") from None
        for name, value in zip(self.outputs, made if isinstance(made, tuple) else (made,), strict=False):
            values[name] = value


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    return torch.from_numpy(numpy_helper.to_array(value).copy()) if isinstance(value, onnx.TensorProto) else value


def _last_uses(steps: list[_Step], outputs: list[str]) -> dict[int, list[str]]:
    """Which values nobody needs any more after each step."""
    last = {name: number for number, step in enumerate(steps) for name in (*step.inputs, *step.outputs)}
    uses: dict[int, list[str]] = {}
    for name, number in last.items():
        if name and name not in outputs:
            uses.setdefault(number, []).append(name)
    return uses


class RuntimeGraph(nn.Module):
    """A graph that onnxruntime runs: the same outputs, without gradients."""

    differentiable = False

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.session = open_session(content)
        self.input_name = self.session.get_inputs()[0].name
        self.output_names = [output.name for output in self.session.get_outputs()]

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """(batch, …) → the outputs by name."""
        array = x.detach().cpu().float().numpy()
        made = self.session.run(self.output_names, {self.input_name: np.ascontiguousarray(array)})
        return {
            name: torch.from_numpy(values).to(x.device) for name, values in zip(self.output_names, made, strict=True)
        }

    def __deepcopy__(self, _: Any) -> "RuntimeGraph":
        return self
