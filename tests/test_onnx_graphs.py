"""Torch computes a graph's operators as onnxruntime does, and with gradients."""

from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import helper

from tests.made_models import graph
from vae_core.onnx_graphs.module import TorchGraph
from vae_core.onnx_graphs.runtime import open_session
from vae_core.onnx_graphs.writing import GraphWriter

F = np.float32
RANDOM = np.random.default_rng(0)


def numbers(*shape: int) -> Any:
    return RANDOM.normal(size=shape).astype(F)


IMAGE, ROW = (2, 3, 6, 6), (2, 12)
I64 = np.int64

# (operator, input's shape, further inputs by position, attributes)
CASES: list[tuple[str, tuple[int, ...], list[Any], dict[str, Any]]] = [
    *((name, ROW, [], {}) for name in (
        "Abs", "Ceil", "Elu", "Erf", "Exp", "Floor", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "Neg", "Relu",
        "Round", "Selu", "Sigmoid", "Sign", "Sin", "Cos", "Softmax", "LogSoftmax", "Softplus", "Softsign", "Tanh",
        "Identity", "Flatten", "ThresholdedRelu",
    )),
    *((name, ROW, [numbers(12)], {}) for name in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Mean", "Sum", "PRelu")),
    ("Pow", ROW, [np.array(2.0, F)], {}),
    ("Gelu", ROW, [], {}),
    ("Gelu", ROW, [], {"approximate": "tanh"}),
    ("Elu", ROW, [], {"alpha": 0.5}),
    ("Gemm", ROW, [numbers(5, 12), numbers(5)], {"transB": 1, "alpha": 0.5, "beta": 2.0}),
    ("MatMul", ROW, [numbers(12, 4)], {}),
    ("Clip", ROW, [np.array(-0.5, F), np.array(0.5, F)], {}),
    ("Conv", IMAGE, [numbers(4, 3, 3, 3), numbers(4)], {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
    ("Conv", IMAGE, [numbers(4, 3, 3, 3)], {"pads": [0, 1, 2, 1], "dilations": [2, 1]}),
    ("Conv", IMAGE, [numbers(3, 1, 3, 3)], {"group": 3}),
    ("Conv", IMAGE, [numbers(4, 3, 4, 4)], {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    ("Conv", IMAGE, [numbers(4, 3, 4, 4)], {"auto_pad": "SAME_LOWER", "strides": [3, 3]}),
    ("ConvTranspose", IMAGE, [numbers(3, 4, 4, 4), numbers(4)], {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
    ("ConvTranspose", IMAGE, [numbers(3, 4, 3, 3)], {"strides": [2, 2], "output_padding": [1, 1]}),
    ("ConvTranspose", IMAGE, [numbers(3, 4, 3, 3)], {"pads": [0, 0, 1, 1], "strides": [2, 2]}),
    ("ConvTranspose", IMAGE, [numbers(3, 4, 3, 3)], {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    ("ConvTranspose", IMAGE, [numbers(3, 4, 4, 4)], {"strides": [2, 2], "output_shape": [12, 12]}),
    ("ConvTranspose", IMAGE, [numbers(3, 2, 3, 3)], {"strides": [1, 1], "output_padding": [0, 0], "dilations": [2, 2]}),
    ("BatchNormalization", IMAGE, [numbers(3), numbers(3), numbers(3), np.abs(numbers(3))], {}),
    ("InstanceNormalization", IMAGE, [numbers(3), numbers(3)], {}),
    ("LayerNormalization", IMAGE, [numbers(6), numbers(6)], {"axis": -1}),
    ("MaxPool", IMAGE, [], {"kernel_shape": [2, 2], "strides": [2, 2]}),
    ("AveragePool", IMAGE, [], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
    ("AveragePool", IMAGE, [], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
    ("GlobalAveragePool", IMAGE, [], {}),
    ("Transpose", IMAGE, [], {"perm": [0, 2, 3, 1]}),
    ("Reshape", IMAGE, [np.array([0, -1], I64)], {}),
    ("Squeeze", (2, 1, 4, 1), [np.array([1, 3], I64)], {}),
    ("Unsqueeze", ROW, [np.array([1, -1], I64)], {}),
    ("Slice", IMAGE, [np.array(part, I64) for part in ([1, 5], [9, -99], [2, 3], [2, -2])], {}),
    ("Gather", IMAGE, [np.array([[0, -1], [2, 1]], I64)], {"axis": 1}),
    ("Expand", (2, 1, 6), [np.array([2, 4, 6], I64)], {}),
    ("Tile", ROW, [np.array([1, 2], I64)], {}),
    ("Concat", ROW, [numbers(2, 3)], {"axis": 1}),
    ("DepthToSpace", (2, 8, 3, 3), [], {"blocksize": 2}),
    ("DepthToSpace", (2, 8, 3, 3), [], {"blocksize": 2, "mode": "CRD"}),
    ("Pad", IMAGE, [np.array([0, 0, 1, 2, 0, 0, 3, 0], I64), np.array(0.5, F)], {}),
    ("Pad", IMAGE, [np.array([0, 0, 1, 2, 0, 0, 3, 0], I64)], {"mode": "reflect"}),
    ("Pad", IMAGE, [np.array([0, 0, 1, 2, 0, 0, 3, 0], I64)], {"mode": "edge"}),
    *((f"Reduce{name}", IMAGE, [np.array([1, -1], I64)], {"keepdims": keep})
      for name in ("Mean", "Sum", "Max", "Min", "L2", "SumSquare") for keep in (0, 1)),
    ("ReduceMean", IMAGE, [], {}),
    *(("Resize", IMAGE, [None, np.array([1, 1, scale, scale], F)], how)
      for scale in (2.0, 1.5, 0.5)
      for how in (
          {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
          {"mode": "nearest", "coordinate_transformation_mode": "half_pixel"},
          {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "ceil"},
          {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
          {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
      )),
    ("Resize", IMAGE, [None, None, np.array([2, 3, 12, 12], I64)], {"mode": "cubic", "cubic_coeff_a": -0.75}),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "shape", "others", "attributes"), CASES)
def test_an_operator(operator: str, shape: tuple[int, ...], others: list[Any], attributes: dict[str, Any]) -> None:
    names = ["" if other is None else f"w{place}" for place, other in enumerate(others)]
    arrays = {name: other for name, other in zip(names, others, strict=True) if other is not None}
    node = helper.make_node(operator, ["x", *names], ["y"], **attributes)
    model = graph([node], {"x": list(shape)}, {"y": None}, arrays, opset=20)  # type: ignore[dict-item]
    x = numbers(*shape)
    (expected,) = open_session(model.SerializeToString()).run(None, {"x": x})
    found = TorchGraph(model)(torch.from_numpy(x))["y"]
    np.testing.assert_allclose(found.numpy(), expected, atol=2e-5, rtol=2e-5)


def test_shapes_that_are_computed() -> None:
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Gather", ["s", "zero"], ["n"]),
        helper.make_node("Unsqueeze", ["n", "zeros"], ["n1"]),
        helper.make_node("Concat", ["n1", "rest"], ["target"], axis=0),
        helper.make_node("Reshape", ["x", "target"], ["r"]),
        helper.make_node("Split", ["r"], ["a", "b"], axis=1, num_outputs=2),
        helper.make_node("Cast", ["n"], ["f"], to=1),
        helper.make_node("Mul", ["a", "f"], ["c"]),
        helper.make_node("Where", ["mask", "c", "b"], ["y"]),
    ]
    arrays = {
        "zero": np.array(0),
        "zeros": np.array([0]),
        "rest": np.array([4, 3]),
        "mask": np.array([True, False, True]),
    }
    model = graph(nodes, {"x": ["n", 12]}, {"y": None}, arrays)  # type: ignore[dict-item]
    x = numbers(5, 12)
    (expected,) = open_session(model.SerializeToString()).run(None, {"x": x})
    np.testing.assert_allclose(TorchGraph(model)(torch.from_numpy(x))["y"].numpy(), expected, atol=1e-6)


def test_a_half_precision_graph_is_written_in_floats() -> None:
    nodes = [
        helper.make_node("Cast", ["x"], ["h"], to=10),
        helper.make_node("MatMul", ["h", "w"], ["m"]),
        helper.make_node("Cast", ["m"], ["y"], to=1),
    ]
    w = numbers(4, 3).astype(np.float16)
    model = graph(nodes, {"x": ["n", 4]}, {"y": ["n", 3]}, {"w": w})
    writer = GraphWriter()
    (value,) = writer.graft(model, {"x": writer.input("latent", [4])}, ["y"])
    written = onnx.load_from_string(writer.finish({"image": (value, [3])}))
    assert {tensor.data_type for tensor in written.graph.initializer} == {onnx.TensorProto.FLOAT}
    x = numbers(2, 4)
    found = TorchGraph(written)(torch.from_numpy(x))["image"].numpy()
    np.testing.assert_allclose(found, x @ w.astype(F), atol=1e-5)


def test_slopes_are_those_of_torchs_own_layers() -> None:
    layer = torch.nn.ConvTranspose2d(3, 2, 4, 2, 1)
    node = helper.make_node("ConvTranspose", ["x", "w", "b"], ["y"], strides=[2, 2], pads=[1, 1, 1, 1])
    arrays = {"w": layer.weight.detach().numpy(), "b": layer.bias.detach().numpy()}  # type: ignore[union-attr]
    model = TorchGraph(graph([node], {"x": ["n", 3, 5, 5]}, {"y": None}, arrays))  # type: ignore[dict-item]
    x = torch.randn(2, 3, 5, 5, requires_grad=True)
    (found,) = torch.autograd.grad(model(x)["y"].square().sum(), x)
    (expected,) = torch.autograd.grad(layer(x).square().sum(), x)
    torch.testing.assert_close(found, expected)
    assert not any(weight.requires_grad for weight in model.parameters())
