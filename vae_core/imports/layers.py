"""Known networks as data: lists of layers, written as a graph with the weights that their names lead to.

A layer with weights is named as in the file, without `.weight` and `.bias`. Arguments mean what torch.nn's do.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vae_core.imports.state_dicts import Weights
from vae_core.onnx_graphs.writing import GraphWriter


class MissingError(Exception):
    """The weights do not belong to this network."""


@dataclass
class Taken:
    """Weights below a prefix, and which of them a network has asked for."""

    weights: Weights
    prefix: str = ""
    names: set[str] = field(default_factory=set)

    def get(self, name: str, rank: int | None = None) -> np.ndarray:
        """A weight by its name. Raises MissingError where there is none with so many axes."""
        whole = f"{self.prefix}{name}"
        values = self.weights.get(whole)
        if values is None or (rank is not None and values.ndim != rank):
            raise MissingError(whole)
        self.names.add(whole)
        return values

    def maybe(self, name: str) -> np.ndarray | None:
        """The same, where there is one."""
        return self.get(name) if f"{self.prefix}{name}" in self.weights else None

    def rest(self) -> list[str]:
        """The weights below the prefix that nobody has asked for, but for counters."""
        return [
            name
            for name in self.weights
            if name.startswith(self.prefix) and name not in self.names and not name.endswith("num_batches_tracked")
        ]


@dataclass(frozen=True)
class Linear:
    """(batch, inputs) → (batch, outputs)."""

    name: str

    def write(self, writer: GraphWriter, value: str, taken: Taken) -> str:
        return writer.linear(value, taken.get(f"{self.name}.weight", 2), taken.maybe(f"{self.name}.bias"))


@dataclass(frozen=True)
class Conv:
    """nn.Conv2d; `kernel` is its width, which tells networks apart that have the same names."""

    name: str
    kernel: int
    stride: int = 1
    padding: int = 0

    def write(self, writer: GraphWriter, value: str, taken: Taken) -> str:
        weight = _kernel(taken, self.name, self.kernel)
        bias = taken.maybe(f"{self.name}.bias")
        extra = [] if bias is None else [writer.constant(bias)]
        return writer.node(
            "Conv",
            value,
            writer.constant(weight),
            *extra,
            kernel_shape=[self.kernel] * 2,
            strides=[self.stride] * 2,
            pads=[self.padding] * 4,
        )


@dataclass(frozen=True)
class Transposed:
    """nn.ConvTranspose2d."""

    name: str
    kernel: int
    stride: int = 1
    padding: int = 0
    output_padding: int = 0

    def write(self, writer: GraphWriter, value: str, taken: Taken) -> str:
        weight = _kernel(taken, self.name, self.kernel)
        bias = taken.maybe(f"{self.name}.bias")
        extra = [] if bias is None else [writer.constant(bias)]
        return writer.node(
            "ConvTranspose",
            value,
            writer.constant(weight),
            *extra,
            kernel_shape=[self.kernel] * 2,
            strides=[self.stride] * 2,
            pads=[self.padding] * 4,
            output_padding=[self.output_padding] * 2,
        )


def _kernel(taken: Taken, name: str, width: int) -> np.ndarray:
    weight = taken.get(f"{name}.weight", 4)
    if weight.shape[2:] != (width, width):
        raise MissingError(name)
    return weight


@dataclass(frozen=True)
class BatchNorm:
    """nn.BatchNorm2d in evaluation mode."""

    name: str

    def write(self, writer: GraphWriter, value: str, taken: Taken) -> str:
        parts = [taken.get(f"{self.name}.{part}", 1) for part in ("weight", "bias", "running_mean", "running_var")]
        return writer.node("BatchNormalization", value, *(writer.constant(part) for part in parts), epsilon=1e-5)


@dataclass(frozen=True)
class Plain:
    """An operator without weights: Relu, LeakyRelu with its slope, Sigmoid, Tanh."""

    operator: str
    slope: float | None = None

    def write(self, writer: GraphWriter, value: str, taken: Taken) -> str:  # noqa: ARG002 - as the others
        attributes: dict[str, Any] = {} if self.slope is None else {"alpha": self.slope}
        return writer.node(self.operator, value, **attributes)


@dataclass(frozen=True)
class Shaped:
    """(batch, …) → (batch, *shape)."""

    shape: tuple[int, ...]

    def write(self, writer: GraphWriter, value: str, taken: Taken) -> str:  # noqa: ARG002 - as the others
        return writer.reshape(value, self.shape)


@dataclass(frozen=True)
class Residual:
    """x + f(x), f being layers one after the other."""

    layers: tuple["Layer", ...]

    def write(self, writer: GraphWriter, value: str, taken: Taken) -> str:
        return writer.node("Add", value, write_layers(writer, value, self.layers, taken))


Layer = Linear | Conv | Transposed | BatchNorm | Plain | Shaped | Residual

RELU, SIGMOID, TANH = Plain("Relu"), Plain("Sigmoid"), Plain("Tanh")


def write_layers(writer: GraphWriter, value: str, layers: tuple[Layer, ...], taken: Taken) -> str:
    """One after the other. Raises MissingError where the weights are another network's."""
    for layer in layers:
        value = layer.write(writer, value, taken)
    return value


def decoder_of(layers: tuple[Layer, ...], numbers: int, image: tuple[int, int, int], taken: Taken) -> bytes:
    """`latent` (batch, numbers) → `image` (batch, C, H, W). Raises MissingError, GraphError."""
    writer = GraphWriter()
    value = write_layers(writer, writer.input("latent", [numbers]), layers, taken)
    return writer.finish({"image": (writer.reshape(value, image), image)})


def encoder_of(
    body: tuple[Layer, ...],
    heads: dict[str, Linear],
    numbers: int,
    image: tuple[int, int, int],
    taken: Taken,
) -> bytes:
    """`image` (batch, C, H, W) → an output for each head, (batch, numbers). Raises MissingError, GraphError."""
    writer = GraphWriter()
    value = write_layers(writer, writer.input("image", image), body, taken)
    return writer.finish({name: (head.write(writer, value, taken), [numbers]) for name, head in heads.items()})
