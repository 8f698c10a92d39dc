"""ONNX operators as torch functions, with gradients: those that encoders and decoders are made of.

Each follows https://onnx.ai/onnx/operators/ from opset 18 on. A function takes the node's inputs, None for one that is
left out, and its attributes as keywords, and gives one tensor or a tuple of several.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_core.onnx_graphs.arranging import (
    Maybe,
    cast,
    constant_of_shape,
    depth_to_space,
    expand,
    flatten,
    gather,
    ints,
    reshape,
    shape,
    slice_,
    split,
    squeeze,
    transpose,
    unsqueeze,
)
from vae_core.onnx_graphs.image_operators import (
    batch_norm,
    conv,
    conv_transpose,
    group_norm,
    instance_norm,
    layer_norm,
    pad,
    pool,
    resize,
)

Operator = Callable[..., Any]


def _gemm(
    a: Tensor,
    b: Tensor,
    c: Maybe = None,
    alpha: float = 1.0,
    beta: float = 1.0,
    transA: int = 0,  # noqa: N803 - their names in the format
    transB: int = 0,  # noqa: N803 - likewise
) -> Tensor:
    product = (a.mT if transA else a) @ (b.mT if transB else b)
    product = product if alpha == 1 else alpha * product
    return product if c is None else product + (c if beta == 1 else beta * c)


def _reduce(function: Callable[[Tensor, list[int], bool], Tensor]) -> Operator:
    def reduced(x: Tensor, axes: Maybe = None, keepdims: int = 1, noop_with_empty_axes: int = 0) -> Tensor:
        places = ints(axes) if axes is not None else []
        if not places and noop_with_empty_axes:
            return x
        return function(x, places or list(range(x.dim())), bool(keepdims))

    return reduced


def _clip(x: Tensor, least: Maybe = None, most: Maybe = None) -> Tensor:
    return x.clamp(least, most) if least is not None or most is not None else x


def _prelu(x: Tensor, slope: Tensor) -> Tensor:
    return torch.where(x < 0, slope * x, x)


def _divide(a: Tensor, b: Tensor) -> Tensor:
    return a / b if a.is_floating_point() else torch.div(a, b, rounding_mode="trunc")


def _several(function: Callable[[Tensor, Tensor], Tensor]) -> Operator:
    def together(first: Tensor, *others: Tensor) -> Tensor:
        for other in others:
            first = function(first, other)
        return first

    return together


def _gelu(x: Tensor, approximate: str = "none") -> Tensor:
    return F.gelu(x, approximate=approximate)


def _log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    return F.log_softmax(x, dim=axis)


OPERATORS: dict[str, Operator] = {
    "Abs": torch.abs,
    "Add": torch.add,
    "And": torch.logical_and,
    "AveragePool": pool("Average"),
    "BatchNormalization": batch_norm,
    "Cast": cast,
    "Ceil": torch.ceil,
    "Clip": _clip,
    "Concat": lambda *parts, axis: torch.cat(parts, axis),
    "ConstantOfShape": constant_of_shape,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "Cos": torch.cos,
    "DepthToSpace": depth_to_space,
    "Div": _divide,
    "Elu": lambda x, alpha=1.0: F.elu(x, alpha),
    "Equal": torch.eq,
    "Erf": torch.erf,
    "Exp": torch.exp,
    "Expand": expand,
    "Flatten": flatten,
    "Floor": torch.floor,
    "Gather": gather,
    "Gelu": _gelu,
    "Gemm": _gemm,
    "GlobalAveragePool": lambda x: x.mean(tuple(range(2, x.dim())), keepdim=True),
    "GlobalMaxPool": lambda x: x.amax(tuple(range(2, x.dim())), keepdim=True),
    "Greater": torch.gt,
    "GreaterOrEqual": torch.ge,
    "GroupNormalization": group_norm,
    "HardSigmoid": lambda x, alpha=0.2, beta=0.5: (alpha * x + beta).clamp(0, 1),
    "HardSwish": lambda x: x * (x / 6 + 0.5).clamp(0, 1),
    "Identity": lambda x: x,
    "InstanceNormalization": instance_norm,
    "LayerNormalization": layer_norm,
    "LeakyRelu": lambda x, alpha=0.01: F.leaky_relu(x, alpha),
    "Less": torch.lt,
    "LessOrEqual": torch.le,
    "Log": torch.log,
    "LogSoftmax": _log_softmax,
    "MatMul": torch.matmul,
    "Max": _several(torch.maximum),
    "MaxPool": pool("Max"),
    "Mean": lambda *parts: _several(torch.add)(*parts) / len(parts),
    "Min": _several(torch.minimum),
    "Mish": F.mish,
    "Mul": torch.mul,
    "Neg": torch.neg,
    "Not": torch.logical_not,
    "Or": torch.logical_or,
    "PRelu": _prelu,
    "Pad": pad,
    "Pow": lambda x, y: torch.pow(x, y).to(x.dtype),
    "Reciprocal": torch.reciprocal,
    "ReduceL2": _reduce(lambda x, axes, keep: x.square().sum(axes, keep).sqrt()),
    "ReduceMax": _reduce(lambda x, axes, keep: x.amax(axes, keep)),
    "ReduceMean": _reduce(lambda x, axes, keep: x.mean(axes, keep)),
    "ReduceMin": _reduce(lambda x, axes, keep: x.amin(axes, keep)),
    "ReduceSum": _reduce(lambda x, axes, keep: x.sum(axes, keep)),
    "ReduceSumSquare": _reduce(lambda x, axes, keep: x.square().sum(axes, keep)),
    "Relu": torch.relu,
    "Reshape": reshape,
    "Resize": resize,
    "Round": torch.round,
    "Selu": lambda x, alpha=1.67326319217681884765625, gamma=1.05070102214813232421875: (
        gamma * torch.where(x > 0, x, alpha * torch.expm1(x.clamp(max=0)))
    ),
    "Shape": shape,
    "Sigmoid": torch.sigmoid,
    "Sign": torch.sign,
    "Sin": torch.sin,
    "Size": lambda x: torch.tensor(x.numel()),
    "Slice": slice_,
    "Softmax": lambda x, axis=-1: torch.softmax(x, axis),
    "Softplus": F.softplus,
    "Softsign": F.softsign,
    "Split": split,
    "Sqrt": torch.sqrt,
    "Squeeze": squeeze,
    "Sub": torch.sub,
    "Sum": _several(torch.add),
    "Swish": lambda x, alpha=1.0: x * torch.sigmoid(alpha * x),
    "Tanh": torch.tanh,
    "ThresholdedRelu": lambda x, alpha=1.0: torch.where(x > alpha, x, 0.0),
    "Tile": lambda x, repeats: x.repeat(ints(repeats)),
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
    "Upsample": lambda x, scales, mode="nearest": resize(
        x, None, scales, mode=mode, coordinate_transformation_mode="asymmetric", nearest_mode="floor"
    ),
    "Where": lambda condition, x, y: torch.where(condition.to(x.device), x, y),
}
