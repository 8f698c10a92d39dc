"""Models as other projects make them, small and untrained, and ONNX files written node by node."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

LATENT, SIDE = 2, 8
Arrays = dict[str, NDArray[Any]]


class ExampleVAE(nn.Module):
    """The names and shapes of pytorch/examples' VAE."""

    def __init__(self, pixels: int = 784, hidden: int = 400, latent: int = 20) -> None:
        super().__init__()
        self.pixels = pixels
        self.fc1 = nn.Linear(pixels, hidden)
        self.fc21 = nn.Linear(hidden, latent)
        self.fc22 = nn.Linear(hidden, latent)
        self.fc3 = nn.Linear(latent, hidden)
        self.fc4 = nn.Linear(hidden, pixels)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        hidden = torch.relu(self.fc1(x.view(-1, self.pixels)))
        return self.fc21(hidden), self.fc22(hidden)

    def decode(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.fc4(torch.relu(self.fc3(z))))


class VanillaVAE(nn.Module):
    """The names and shapes of PyTorch-VAE's vanilla family, with fewer channels."""

    def __init__(self, channels: int = 3, latent: int = 8, widths: Sequence[int] = (4, 8, 16, 16, 32)) -> None:
        super().__init__()
        halvings, wide = [], channels
        for width in widths:
            halvings.append(
                nn.Sequential(nn.Conv2d(wide, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.LeakyReLU())
            )
            wide = width
        self.encoder = nn.Sequential(*halvings)
        self.fc_mu = nn.Linear(wide * 4, latent)
        self.fc_var = nn.Linear(wide * 4, latent)
        self.decoder_input = nn.Linear(latent, wide * 4)
        self.wide = wide
        back = list(reversed(widths))
        self.decoder = nn.Sequential(
            *(self._doubling(a, b) for a, b in pairwise(back)),
        )
        self.final_layer = nn.Sequential(
            *self._doubling(back[-1], back[-1]), nn.Conv2d(back[-1], channels, 3, padding=1), nn.Tanh()
        )

    @staticmethod
    def _doubling(wide: int, width: int) -> nn.Sequential:
        doubled = nn.ConvTranspose2d(wide, width, 3, stride=2, padding=1, output_padding=1)
        return nn.Sequential(doubled, nn.BatchNorm2d(width), nn.LeakyReLU())

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.encoder(x).flatten(1)
        return self.fc_mu(features), self.fc_var(features)

    def decode(self, z: Tensor) -> Tensor:
        return self.final_layer(self.decoder(self.decoder_input(z).view(-1, self.wide, 2, 2)))


class BurgessVAE(nn.Module):
    """The names and shapes of disentangling-vae."""

    def __init__(self, channels: int = 1, side: int = 64, latent: int = 10) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Module(), nn.Module()
        large = side == 64
        for name, taken in (("conv1", channels), ("conv2", 32), ("conv3", 32), *([("conv_64", 32)] if large else [])):
            self.encoder.add_module(name, nn.Conv2d(taken, 32, 4, 2, 1))
        for owner, name, taken, given in (
            (self.encoder, "lin1", 512, 256),
            (self.encoder, "lin2", 256, 256),
            (self.encoder, "mu_logvar_gen", 256, 2 * latent),
            (self.decoder, "lin1", latent, 256),
            (self.decoder, "lin2", 256, 256),
            (self.decoder, "lin3", 256, 512),
        ):
            owner.add_module(name, nn.Linear(taken, given))
        doublings = [*(["convT_64"] if large else []), "convT1", "convT2", "convT3"]
        for name in doublings:
            given = channels if name == "convT3" else 32
            self.decoder.add_module(name, nn.ConvTranspose2d(32, given, 4, 2, 1))
        self.latent, self.large = latent, large

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        parts = dict(self.encoder.named_children())
        for name in ("conv1", "conv2", "conv3", *(["conv_64"] if self.large else [])):
            x = torch.relu(parts[name](x))
        x = torch.relu(parts["lin2"](torch.relu(parts["lin1"](x.flatten(1)))))
        mean, log_variance = parts["mu_logvar_gen"](x).view(-1, self.latent, 2).unbind(-1)
        return mean, log_variance

    def decode(self, z: Tensor) -> Tensor:
        parts = dict(self.decoder.named_children())
        for name in ("lin1", "lin2", "lin3"):
            z = torch.relu(parts[name](z))
        z = z.view(-1, 32, 4, 4)
        for name in (*(["convT_64"] if self.large else []), "convT1", "convT2"):
            z = torch.relu(parts[name](z))
        return torch.sigmoid(parts["convT3"](z))


def settled(model: nn.Module) -> Any:
    """In evaluation mode, its running means and variances moved off their start."""
    generator = torch.Generator().manual_seed(1)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.copy_(0.3 * torch.randn(layer.running_mean.shape, generator=generator))
            layer.running_var.copy_(0.5 + torch.rand(layer.running_var.shape, generator=generator))
    return model.eval()


def write_graph(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: dict[str, Sequence[int | str | None]],
    outputs: dict[str, Sequence[int | str | None]],
    arrays: Arrays | None = None,
    opset: int = 18,
    **more: Any,
) -> Path:
    """An ONNX file of these nodes, unchecked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(graph(nodes, inputs, outputs, arrays, opset, **more).SerializeToString())
    return path


def graph(
    nodes: Sequence[onnx.NodeProto],
    inputs: dict[str, Sequence[int | str | None]],
    outputs: dict[str, Sequence[int | str | None]],
    arrays: Arrays | None = None,
    opset: int = 18,
    kind: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    """The same as a message."""
    stored = [numpy_helper.from_array(values, name) for name, values in (arrays or {}).items()]
    ends = [
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in group.items()]
        for group in (inputs, outputs)
    ]
    made = helper.make_graph(list(nodes), "made", *ends, stored)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def weights(seed: int = 0, latent: int = LATENT, pixels: int = SIDE * SIDE, dtype: Any = np.float32) -> Arrays:
    """Of a linear decoder and a linear encoder."""
    source = np.random.default_rng(seed)
    return {
        "W": source.normal(size=(latent, pixels)).astype(dtype),
        "b": source.normal(size=pixels).astype(dtype),
        "M": (source.normal(size=(pixels, latent)) / pixels**0.5).astype(dtype),
        "V": (source.normal(size=(pixels, latent)) / pixels**0.5 - 0.1).astype(dtype),
    }


def decoder_nodes(last: str = "Sigmoid") -> list[onnx.NodeProto]:
    """z W + b, made an image by `last`."""
    nodes = [helper.make_node("Gemm", ["z", "W", "b"], ["h"])]
    return [*nodes, helper.make_node(last, ["h"], ["y"])]


def write_decoder(folder: Path, last: str = "Sigmoid", name: str = "decoder.onnx") -> Path:
    """A linear decoder of flat images, and its folder."""
    arrays = {key: weights()[key] for key in ("W", "b")}
    write_graph(folder / name, decoder_nodes(last), {"z": ["n", LATENT]}, {"y": ["n", SIDE * SIDE]}, arrays)
    return folder


def write_encoder(folder: Path, name: str = "encoder.onnx") -> Path:
    """A linear encoder of images (1, 8, 8) with mean and log variance, and its folder."""
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("MatMul", ["f", "M"], ["mu"]),
        helper.make_node("MatMul", ["f", "V"], ["logvar"]),
    ]
    arrays = {key: weights()[key] for key in ("M", "V")}
    ends: dict[str, Sequence[int | str | None]] = {"mu": ["n", LATENT], "logvar": ["n", LATENT]}
    write_graph(folder / name, nodes, {"x": ["n", 1, SIDE, SIDE]}, ends, arrays)
    return folder


def linear_images(z: NDArray[Any]) -> NDArray[Any]:
    """What `write_decoder`'s numbers are before the last operator: (N, 1, 8, 8)."""
    arrays = weights()
    return (z @ arrays["W"] + arrays["b"]).reshape(-1, 1, SIDE, SIDE)
