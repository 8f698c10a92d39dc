"""ONNX operators as torch functions, with gradients: those that encoders and decoders are made of.

Each follows https://onnx.ai/onnx/operators/ from opset 18 on. A function takes the node's inputs, None for one that is
left out, and its attributes as keywords, and gives one tensor or a tuple of several.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Operator = Callable[..., Any]
Maybe = Tensor | None

# Numbers of ONNX's element types.
DTYPES = {
    1: torch.float32,
    2: torch.uint8,
    3: torch.int8,
    5: torch.int16,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    10: torch.float32,  # halves and doubles are computed as floats
    11: torch.float32,
    16: torch.float32,
}


class UnsupportedError(Exception):
    """An operator, or a way of using one, that has no torch function here; the message names it."""


def _ints(values: Tensor) -> list[int]:
    return [int(value) for value in values.flatten().tolist()]


def _shape(x: Tensor, start: int = 0, end: int | None = None) -> Tensor:
    return torch.tensor(x.shape[start:end], dtype=torch.int64)


def _reshape(x: Tensor, shape: Tensor, allowzero: int = 0) -> Tensor:
    sizes = _ints(shape)
    if not allowzero:
        sizes = [x.shape[place] if size == 0 else size for place, size in enumerate(sizes)]
    return x.reshape(sizes)


def _flatten(x: Tensor, axis: int = 1) -> Tensor:
    axis = axis + x.dim() if axis < 0 else axis
    return x.reshape(math.prod(x.shape[:axis]), -1)


def _transpose(x: Tensor, perm: Sequence[int] | None = None) -> Tensor:
    return x.permute(list(perm) if perm else list(range(x.dim()))[::-1])


def _squeeze(x: Tensor, axes: Maybe = None) -> Tensor:
    if axes is None:
        return x.squeeze()
    return x.squeeze(tuple(_ints(axes)))


def _unsqueeze(x: Tensor, axes: Tensor) -> Tensor:
    rank = x.dim() + axes.numel()
    for axis in sorted(axis % rank for axis in _ints(axes)):
        x = x.unsqueeze(axis)
    return x


def _split(
    x: Tensor, split: Maybe = None, axis: int = 0, num_outputs: int | None = None, outputs: int = 1
) -> tuple[Tensor, ...]:
    if split is not None:
        return x.split(_ints(split), axis)
    each = math.ceil(x.shape[axis] / (num_outputs or outputs))
    return x.split(each, axis)


def _slice(x: Tensor, starts: Tensor, ends: Tensor, axes: Maybe = None, steps: Maybe = None) -> Tensor:
    begins, finishes = _ints(starts), _ints(ends)
    places = _ints(axes) if axes is not None else list(range(len(begins)))
    strides = _ints(steps) if steps is not None else [1] * len(begins)
    for axis, begin, end, step in zip(places, begins, finishes, strides, strict=True):
        numbers = range(x.shape[axis])[slice(*_bounds(begin, end, step, x.shape[axis]), step)]
        x = x.index_select(axis, torch.tensor(list(numbers), dtype=torch.int64, device=x.device))
    return x


def _bounds(begin: int, end: int, step: int, size: int) -> tuple[int, int | None]:
    """As Python's slices have them: what lies before the first, going backwards, is None there."""
    if step < 0 and end <= -size - 1:
        return begin, None
    return begin, end


def _gather(x: Tensor, indices: Tensor, axis: int = 0) -> Tensor:
    axis = axis % x.dim()
    places = torch.where(indices < 0, indices + x.shape[axis], indices).to(x.device)
    picked = x.index_select(axis, places.flatten())
    return picked.reshape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


def _expand(x: Tensor, shape: Tensor) -> Tensor:
    return x.expand(torch.broadcast_shapes(x.shape, _ints(shape)))


def _constant_of_shape(shape: Tensor, value: Maybe = None) -> Tensor:
    filled = torch.zeros(1) if value is None else value
    return filled.reshape(()).expand(_ints(shape)).clone()


def _cast(x: Tensor, to: int = 1, **_: Any) -> Tensor:
    if to not in DTYPES:
        raise UnsupportedError(f"Cast to element type {to}")
    return x.to(DTYPES[to])


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


def _padding(pads: Sequence[int] | None, auto_pad: str, spatial: int) -> tuple[list[int], list[int]]:
    """Before and after, along each spatial axis."""
    if auto_pad not in ("NOTSET", "VALID"):
        raise UnsupportedError(f"auto_pad {auto_pad}")
    both = list(pads) if pads and auto_pad == "NOTSET" else [0] * 2 * spatial
    return both[:spatial], both[spatial:]


def _padded(x: Tensor, before: Sequence[int], after: Sequence[int], value: float = 0.0) -> Tensor:
    """Along the last axes; F.pad names the last one first."""
    flat = [size for pair in zip(reversed(before), reversed(after), strict=True) for size in pair]
    return F.pad(x, flat, value=value) if any(flat) else x


def _conv(
    x: Tensor,
    weight: Tensor,
    bias: Maybe = None,
    auto_pad: str = "NOTSET",
    dilations: Sequence[int] = (),
    group: int = 1,
    kernel_shape: Sequence[int] = (),  # noqa: ARG001 - the weight says it
    pads: Sequence[int] | None = None,
    strides: Sequence[int] = (),
) -> Tensor:
    spatial = x.dim() - 2
    stride, dilation = list(strides) or [1] * spatial, list(dilations) or [1] * spatial
    if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        before, after = _same(x, weight.shape[2:], stride, dilation, upper=auto_pad == "SAME_UPPER")
    else:
        before, after = _padding(pads, auto_pad, spatial)
    convolve = (F.conv1d, F.conv2d, F.conv3d)[spatial - 1]
    if before == after:
        return convolve(x, weight, bias, stride, before, dilation, group)
    return convolve(_padded(x, before, after), weight, bias, stride, 0, dilation, group)


def _same(
    x: Tensor, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], *, upper: bool
) -> tuple[list[int], list[int]]:
    """So much that the output is the input over the stride, rounded up; an odd one is put after, or before."""
    before, after = [], []
    for size, width, step, spread in zip(x.shape[2:], kernel, stride, dilation, strict=True):
        total = max((math.ceil(size / step) - 1) * step + spread * (width - 1) + 1 - size, 0)
        less, more = total // 2, total - total // 2
        before.append(less if upper else more)
        after.append(more if upper else less)
    return before, after


def _conv_transpose(
    x: Tensor,
    weight: Tensor,
    bias: Maybe = None,
    auto_pad: str = "NOTSET",
    dilations: Sequence[int] = (),
    group: int = 1,
    kernel_shape: Sequence[int] = (),  # noqa: ARG001 - the weight says it
    output_padding: Sequence[int] = (),
    output_shape: Sequence[int] = (),
    pads: Sequence[int] | None = None,
    strides: Sequence[int] = (),
) -> Tensor:
    spatial = x.dim() - 2
    stride, dilation = list(strides) or [1] * spatial, list(dilations) or [1] * spatial
    extra = list(output_padding) or [0] * spatial
    reach = [spread * (width - 1) + 1 for spread, width in zip(dilation, weight.shape[2:], strict=True)]
    full = [
        step * (size - 1) + wide + add for step, size, wide, add in zip(stride, x.shape[2:], reach, extra, strict=True)
    ]
    if output_shape or auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        wanted = list(output_shape)[-spatial:] or [size * step for size, step in zip(x.shape[2:], stride, strict=True)]
        total = [max(have - want, 0) for have, want in zip(full, wanted, strict=True)]
        less, more = [size // 2 for size in total], [size - size // 2 for size in total]
        before, after = (less, more) if auto_pad == "SAME_UPPER" else (more, less)
    else:
        before, after = _padding(pads, auto_pad, spatial)
    convolve = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[spatial - 1]
    if before == after and all(more < step for more, step in zip(extra, stride, strict=True)):
        return convolve(x, weight, bias, stride, before, extra, group, dilation)
    whole = convolve(x, weight, bias, stride, 0, 0, group, dilation)
    return _padded(whole, [-size for size in before], [more - size for more, size in zip(extra, after, strict=True)])


def _batch_norm(
    x: Tensor,
    scale: Tensor,
    bias: Tensor,
    mean: Tensor,
    variance: Tensor,
    epsilon: float = 1e-5,
    training_mode: int = 0,
    **_: Any,
) -> Tensor:
    if training_mode:
        raise UnsupportedError("BatchNormalization that still trains")
    return F.batch_norm(x, mean, variance, scale, bias, False, 0.0, epsilon)


def _instance_norm(x: Tensor, scale: Tensor, bias: Tensor, epsilon: float = 1e-5) -> Tensor:
    # Written out: torch refuses one number a channel, which ONNX takes.
    axes = tuple(range(2, x.dim()))
    variance, mean = torch.var_mean(x, axes, unbiased=False, keepdim=True)
    shape = (1, -1, *[1] * len(axes))
    return (x - mean) * torch.rsqrt(variance + epsilon) * scale.reshape(shape) + bias.reshape(shape)


def _layer_norm(
    x: Tensor, scale: Tensor, bias: Maybe = None, axis: int = -1, epsilon: float = 1e-5, **_: Any
) -> Tensor:
    axes = list(range(axis % x.dim(), x.dim()))
    variance, mean = torch.var_mean(x, axes, unbiased=False, keepdim=True)
    normal = (x - mean) * torch.rsqrt(variance + epsilon) * scale
    return normal if bias is None else normal + bias


def _group_norm(x: Tensor, scale: Tensor, bias: Tensor, num_groups: int = 1, epsilon: float = 1e-5, **_: Any) -> Tensor:
    if scale.numel() != x.shape[1]:
        raise UnsupportedError("GroupNormalization with a scale for each group")
    return F.group_norm(x, num_groups, scale, bias, epsilon)


def _resize(
    x: Tensor,
    roi: Maybe = None,  # noqa: ARG001 - only of tf_crop_and_resize, which is not taken
    scales: Maybe = None,
    sizes: Maybe = None,
    mode: str = "nearest",
    coordinate_transformation_mode: str = "half_pixel",
    nearest_mode: str = "round_prefer_floor",
    antialias: int = 0,
    axes: Sequence[int] = (),
    keep_aspect_ratio_policy: str = "stretch",
    cubic_coeff_a: float = -0.75,
    exclude_outside: int = 0,
    **_: Any,
) -> Tensor:
    """The ways that torch's own exporter writes, of images (N, C, H, W)."""
    if x.dim() != 4 or antialias or axes or keep_aspect_ratio_policy != "stretch":
        raise UnsupportedError("Resize in an unusual way")
    if sizes is not None and sizes.numel():
        size = _ints(sizes)
        scale = [wide / have for wide, have in zip(size, x.shape, strict=True)]
    elif scales is not None:
        scale = [float(value) for value in scales.tolist()]
        size = [math.floor(have * factor) for have, factor in zip(x.shape, scale, strict=True)]
    else:
        raise UnsupportedError("Resize to no size")
    if size[:2] != list(x.shape[:2]):
        raise UnsupportedError("Resize of channels")
    if mode == "nearest":
        for axis in (2, 3):
            places = _nearest(x.shape[axis], size[axis], scale[axis], coordinate_transformation_mode, nearest_mode)
            x = x.index_select(axis, places.to(x.device))
        return x
    corners = coordinate_transformation_mode == "align_corners"
    fits = corners or coordinate_transformation_mode in ("half_pixel", "pytorch_half_pixel")
    usual = mode == "linear" or (mode == "cubic" and cubic_coeff_a == -0.75 and not exclude_outside)
    if not fits or not usual or min(size[2:]) < 2:
        raise UnsupportedError(f"Resize {mode} with {coordinate_transformation_mode}")
    return F.interpolate(x, size=size[2:], mode="bilinear" if mode == "linear" else "bicubic", align_corners=corners)


def _nearest(have: int, want: int, scale: float, coordinates: str, rounding: str) -> Tensor:
    """Which of `have` pixels each of `want` is."""
    places = torch.arange(want, dtype=torch.float64)
    if coordinates in ("half_pixel", "pytorch_half_pixel"):
        places = torch.zeros_like(places) if want == 1 and coordinates[0] == "p" else (places + 0.5) / scale - 0.5
    elif coordinates == "asymmetric":
        places = places / scale
    elif coordinates == "align_corners":
        places = places * ((have - 1) / (want - 1) if want > 1 else 0.0)
    else:
        raise UnsupportedError(f"Resize nearest with {coordinates}")
    rounded = {
        "round_prefer_floor": torch.ceil(places - 0.5),
        "round_prefer_ceil": torch.floor(places + 0.5),
        "floor": torch.floor(places),
        "ceil": torch.ceil(places),
    }
    if rounding not in rounded:
        raise UnsupportedError(f"Resize {rounding}")
    return rounded[rounding].clamp(0, have - 1).long()


def _pad(x: Tensor, pads: Tensor, value: Maybe = None, axes: Maybe = None, mode: str = "constant") -> Tensor:
    sizes = _ints(pads)
    places = [axis % x.dim() for axis in _ints(axes)] if axes is not None else list(range(x.dim()))
    before, after = [0] * x.dim(), [0] * x.dim()
    for number, axis in enumerate(places):
        before[axis], after[axis] = sizes[number], sizes[number + len(places)]
    if mode == "constant":
        return _padded(x, before, after, 0.0 if value is None else float(value))
    torchs = {"reflect": "reflect", "edge": "replicate", "wrap": "circular"}
    if mode not in torchs or x.dim() != 4 or any(before[:2] + after[:2]):
        raise UnsupportedError(f"Pad {mode}")
    return F.pad(x, [before[3], after[3], before[2], after[2]], mode=torchs[mode])


def _reduce(function: Callable[[Tensor, list[int], bool], Tensor]) -> Operator:
    def reduced(x: Tensor, axes: Maybe = None, keepdims: int = 1, noop_with_empty_axes: int = 0) -> Tensor:
        places = _ints(axes) if axes is not None else []
        if not places and noop_with_empty_axes:
            return x
        return function(x, places or list(range(x.dim())), bool(keepdims))

    return reduced


def _pool(kind: str) -> Operator:
    def pooled(
        x: Tensor,
        kernel_shape: Sequence[int] = (),
        strides: Sequence[int] = (),
        pads: Sequence[int] | None = None,
        auto_pad: str = "NOTSET",
        ceil_mode: int = 0,
        count_include_pad: int = 0,
        dilations: Sequence[int] = (),
        storage_order: int = 0,
    ) -> Tensor:
        before, after = _padding(pads, auto_pad, len(kernel_shape))
        stride = list(strides) or [1] * len(kernel_shape)
        if x.dim() != 4 or before != after or ceil_mode or storage_order:
            raise UnsupportedError(f"{kind}Pool in an unusual way")
        if kind == "Max":
            return F.max_pool2d(x, list(kernel_shape), stride, before, list(dilations) or 1)
        if any(spread != 1 for spread in dilations):
            raise UnsupportedError("AveragePool with gaps")
        return F.avg_pool2d(x, list(kernel_shape), stride, before, count_include_pad=bool(count_include_pad))

    return pooled


def _depth_to_space(x: Tensor, blocksize: int, mode: str = "DCR") -> Tensor:
    count, channels, height, width = x.shape
    inner = channels // blocksize**2
    if mode == "CRD":
        return F.pixel_shuffle(x, blocksize)
    parts = x.reshape(count, blocksize, blocksize, inner, height, width).permute(0, 3, 4, 1, 5, 2)
    return parts.reshape(count, inner, height * blocksize, width * blocksize)


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
    "AveragePool": _pool("Average"),
    "BatchNormalization": _batch_norm,
    "Cast": _cast,
    "Ceil": torch.ceil,
    "Clip": _clip,
    "Concat": lambda *parts, axis: torch.cat(parts, axis),
    "ConstantOfShape": _constant_of_shape,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Cos": torch.cos,
    "DepthToSpace": _depth_to_space,
    "Div": _divide,
    "Elu": lambda x, alpha=1.0: F.elu(x, alpha),
    "Equal": torch.eq,
    "Erf": torch.erf,
    "Exp": torch.exp,
    "Expand": _expand,
    "Flatten": _flatten,
    "Floor": torch.floor,
    "Gather": _gather,
    "Gelu": _gelu,
    "Gemm": _gemm,
    "GlobalAveragePool": lambda x: x.mean(tuple(range(2, x.dim())), keepdim=True),
    "GlobalMaxPool": lambda x: x.amax(tuple(range(2, x.dim())), keepdim=True),
    "Greater": torch.gt,
    "GreaterOrEqual": torch.ge,
    "GroupNormalization": _group_norm,
    "HardSigmoid": lambda x, alpha=0.2, beta=0.5: (alpha * x + beta).clamp(0, 1),
    "HardSwish": lambda x: x * (x / 6 + 0.5).clamp(0, 1),
    "Identity": lambda x: x,
    "InstanceNormalization": _instance_norm,
    "LayerNormalization": _layer_norm,
    "LeakyRelu": lambda x, alpha=0.01: F.leaky_relu(x, alpha),
    "Less": torch.lt,
    "LessOrEqual": torch.le,
    "Log": torch.log,
    "LogSoftmax": _log_softmax,
    "MatMul": torch.matmul,
    "Max": _several(torch.maximum),
    "MaxPool": _pool("Max"),
    "Mean": lambda *parts: _several(torch.add)(*parts) / len(parts),
    "Min": _several(torch.minimum),
    "Mish": F.mish,
    "Mul": torch.mul,
    "Neg": torch.neg,
    "Not": torch.logical_not,
    "Or": torch.logical_or,
    "PRelu": _prelu,
    "Pad": _pad,
    "Pow": lambda x, y: torch.pow(x, y).to(x.dtype),
    "Reciprocal": torch.reciprocal,
    "ReduceL2": _reduce(lambda x, axes, keep: x.square().sum(axes, keep).sqrt()),
    "ReduceMax": _reduce(lambda x, axes, keep: x.amax(axes, keep)),
    "ReduceMean": _reduce(lambda x, axes, keep: x.mean(axes, keep)),
    "ReduceMin": _reduce(lambda x, axes, keep: x.amin(axes, keep)),
    "ReduceSum": _reduce(lambda x, axes, keep: x.sum(axes, keep)),
    "ReduceSumSquare": _reduce(lambda x, axes, keep: x.square().sum(axes, keep)),
    "Relu": torch.relu,
    "Reshape": _reshape,
    "Resize": _resize,
    "Round": torch.round,
    "Selu": lambda x, alpha=1.67326319217681884765625, gamma=1.05070102214813232421875: (
        gamma * torch.where(x > 0, x, alpha * torch.expm1(x.clamp(max=0)))
    ),
    "Shape": _shape,
    "Sigmoid": torch.sigmoid,
    "Sign": torch.sign,
    "Sin": torch.sin,
    "Size": lambda x: torch.tensor(x.numel()),
    "Slice": _slice,
    "Softmax": lambda x, axis=-1: torch.softmax(x, axis),
    "Softplus": F.softplus,
    "Softsign": F.softsign,
    "Split": _split,
    "Sqrt": torch.sqrt,
    "Squeeze": _squeeze,
    "Sub": torch.sub,
    "Sum": _several(torch.add),
    "Swish": lambda x, alpha=1.0: x * torch.sigmoid(alpha * x),
    "Tanh": torch.tanh,
    "ThresholdedRelu": lambda x, alpha=1.0: torch.where(x > alpha, x, 0.0),
    "Tile": lambda x, repeats: x.repeat(_ints(repeats)),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    "Upsample": lambda x, scales, mode="nearest": _resize(
        x, None, scales, mode=mode, coordinate_transformation_mode="asymmetric", nearest_mode="floor"
    ),
    "Where": lambda condition, x, y: torch.where(condition.to(x.device), x, y),
}
