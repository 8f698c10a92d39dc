"""Operators on images: convolutions and their transposes, sizes, margins and pools. Normalisations as well."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_core.onnx_graphs.arranging import Maybe, UnsupportedError, ints


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


def conv(
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
    """A convolution in one, two or three dimensions."""
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


def conv_transpose(
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
    """The transpose of a convolution."""
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


def resize(
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
        size = ints(sizes)
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


def pad(x: Tensor, pads: Tensor, value: Maybe = None, axes: Maybe = None, mode: str = "constant") -> Tensor:
    """A margin of a value, or of the image itself."""
    sizes = ints(pads)
    places = [axis % x.dim() for axis in ints(axes)] if axes is not None else list(range(x.dim()))
    before, after = [0] * x.dim(), [0] * x.dim()
    for number, axis in enumerate(places):
        before[axis], after[axis] = sizes[number], sizes[number + len(places)]
    if mode == "constant":
        return _padded(x, before, after, 0.0 if value is None else float(value))
    torchs = {"reflect": "reflect", "edge": "replicate", "wrap": "circular"}
    if mode not in torchs or x.dim() != 4 or any(before[:2] + after[:2]):
        raise UnsupportedError(f"Pad {mode}")
    return F.pad(x, [before[3], after[3], before[2], after[2]], mode=torchs[mode])


def pool(kind: str) -> Callable[..., Any]:
    """The pooling operator of a kind: Max or Average."""

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


def batch_norm(
    x: Tensor,
    scale: Tensor,
    bias: Tensor,
    mean: Tensor,
    variance: Tensor,
    epsilon: float = 1e-5,
    training_mode: int = 0,
    **_: Any,
) -> Tensor:
    """By the running mean and variance."""
    if training_mode:
        raise UnsupportedError("BatchNormalization that still trains")
    return F.batch_norm(x, mean, variance, scale, bias, False, 0.0, epsilon)


def instance_norm(x: Tensor, scale: Tensor, bias: Tensor, epsilon: float = 1e-5) -> Tensor:
    """Each channel of each image by its own mean and variance."""
    # Written out: torch refuses one number a channel, which ONNX takes.
    axes = tuple(range(2, x.dim()))
    variance, mean = torch.var_mean(x, axes, unbiased=False, keepdim=True)
    shape = (1, -1, *[1] * len(axes))
    return (x - mean) * torch.rsqrt(variance + epsilon) * scale.reshape(shape) + bias.reshape(shape)


def layer_norm(x: Tensor, scale: Tensor, bias: Maybe = None, axis: int = -1, epsilon: float = 1e-5, **_: Any) -> Tensor:
    """By mean and variance over the last axes."""
    axes = list(range(axis % x.dim(), x.dim()))
    variance, mean = torch.var_mean(x, axes, unbiased=False, keepdim=True)
    normal = (x - mean) * torch.rsqrt(variance + epsilon) * scale
    return normal if bias is None else normal + bias


def group_norm(x: Tensor, scale: Tensor, bias: Tensor, num_groups: int = 1, epsilon: float = 1e-5, **_: Any) -> Tensor:
    """Channels in groups, each by its own mean and variance."""
    if scale.numel() != x.shape[1]:
        raise UnsupportedError("GroupNormalization with a scale for each group")
    return F.group_norm(x, num_groups, scale, bias, epsilon)
