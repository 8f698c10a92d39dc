"""What a model holds and costs, counted from its settings layer by layer. Free of torch, exact in its weights.

A convolution from a to b channels has 9·a·b + b weights and takes 9·a·b multiply-adds a pixel of its output; a linear
layer from a to b has a·b + b weights and takes a·b; going back costs either twice as much again. What a layer leaves
behind are the numbers that its backward pass needs and that therefore stay in memory until then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from vae_core.config import ModelConfig

SMALLEST_MAP = 8  # a conv network halves the image until it is at most this wide
BACK = 2  # a backward pass costs as much as two forward passes
# What else passes over every weight in a step, in shares of what Adam's own pass takes.
AVERAGING, CLIPPING = 0.35, 0.2
# Numbers kept a pixel and sample between the decoder's output and the loss.
LIKELIHOOD_KEEPS = {"bernoulli": 1, "continuous-bernoulli": 8, "gaussian": 2, "laplace": 2}
VARYING = 1  # numbers that would be written in the time that it takes to vary one number of an image
DOUBLE = 2  # numbers in single precision to one of a mixture's density, which is computed in double
COUPLING_KEEPS = 5  # tensors as large as the dimensions that are moved
COUPLING_CALLS = 0.5  # of a call of the smallest network, a coupling layer
POSTERIOR_KEEPS = 3  # tensors as large as what the encoder says of q(z|x)
PAIRS_KEEP = {"diagonal": 3, "full": 5}  # numbers a dimension of every draw under every posterior of a batch
PAIRING = 18  # numbers that would be written in the time that such a pair takes a dimension


def conv_stages(config: ModelConfig) -> list[tuple[int, int]]:
    """(size, channels) of each resolution, from the image down: 28 px, width 16 → (28,16) (14,32) (7,64)."""
    stages = [(config.image_size, config.width)]
    while stages[-1][0] > SMALLEST_MAP or len(stages) == 1:
        size, channels = stages[-1]
        stages.append(((size + 1) // 2, min(channels * 2, config.width * 4)))
    return stages


def covariance_numbers(config: ModelConfig) -> int:
    """What the encoder says of Σ(x) beside the mean: D numbers, or the D(D+1)/2 of a Cholesky factor."""
    dimension = config.latent_dim
    return dimension * (dimension + 1) // 2 if config.posterior == "full" else dimension


@dataclass(frozen=True)
class Layer:
    """One layer's weights, and per image its multiply-adds, the numbers it puts out and those it leaves behind."""

    weights: int
    multiply_adds: int
    puts_out: int
    leaves: int
    convolves: bool = False


@dataclass(frozen=True)
class Side:
    """An encoder or a decoder as the sum of its layers, per image or per latent."""

    layers: tuple[Layer, ...]

    @property
    def weights(self) -> int:
        """How many numbers are trained."""
        return sum(layer.weights for layer in self.layers)

    @property
    def tensors(self) -> int:
        """In how many arrays they lie: of a linear layer or a convolution, its matrix and its bias."""
        return sum(1 + (layer.multiply_adds > 0) for layer in self.layers if layer.weights)

    @property
    def leaves(self) -> int:
        """Numbers that stay in memory between forward and backward."""
        return sum(layer.leaves for layer in self.layers)

    @property
    def widest(self) -> int:
        """Numbers of the largest layer's output."""
        return max(layer.puts_out for layer in self.layers)

    def multiply_adds(self, *, convolving: bool) -> int:
        """Multiply-adds of the convolutions, or of the linear layers."""
        return sum(layer.multiply_adds for layer in self.layers if layer.convolves is convolving)


def encoder_side(config: ModelConfig) -> Side:
    """The encoder, its posterior included."""
    outputs = config.latent_dim + covariance_numbers(config)
    posterior = Layer(0, 0, outputs, POSTERIOR_KEEPS * outputs)
    if config.network == "linear":
        affine = _linear(config.pixels, config.latent_dim)
        return Side((affine, Layer(covariance_numbers(config), 0, outputs, 0), posterior))
    layers = _mlp(config.pixels, outputs, config) if config.network == "mlp" else _conv_encoder(config, outputs)
    return Side((Layer(0, 0, config.pixels, config.pixels), *layers, posterior))


def decoder_side(config: ModelConfig) -> Side:
    """The decoder with its likelihood."""
    scale = 1 if config.variance == "learned" else 0
    likelihood = Layer(scale, 0, config.pixels, LIKELIHOOD_KEEPS[config.likelihood] * config.pixels)
    if config.network == "linear":
        return Side((_linear(config.latent_dim, config.pixels), likelihood))
    layers = _mlp(config.latent_dim, config.pixels, config) if config.network == "mlp" else _conv_decoder(config)
    return Side((*layers, likelihood))


def prior_side(config: ModelConfig) -> Side:
    """The density of a learned prior at one latent; nothing where the prior is standard."""
    dimension = config.latent_dim
    if config.prior == "mixture":
        components, numbers = config.components, config.components * dimension
        kept = DOUBLE * (3 * dimension + components)  # the latent, its powers, and its density under each component
        product = Layer(0, DOUBLE * 2 * numbers, DOUBLE * components, kept)
        means, scales, logits = (Layer(held, 0, 0, 0) for held in (numbers, numbers, components))
        return Side((means, scales, logits, product))
    return flow_side(dimension, config.couplings, config.coupling_units) if config.prior == "flow" else Side(())


def flow_side(dimension: int, couplings: int, units: int) -> Side:
    """A flow over so many dimensions, of so many coupling layers with networks of this width."""
    return Side(tuple(layer for number in range(couplings) for layer in _coupling(dimension, units, number)))


def correlation_leaves(config: ModelConfig, images: int) -> int:
    """Numbers that the total correlation leaves behind for each image of a batch of `images`."""
    return PAIRS_KEEP[config.posterior] * config.latent_dim * images


def count_weights(config: ModelConfig) -> int:
    """How many numbers a model of these settings trains."""
    return encoder_side(config).weights + decoder_side(config).weights + prior_side(config).weights


class Work(NamedTuple):
    """What takes time, counted. A machine's costs are the same record, in seconds for one of each."""

    calls: float  # of the whole network: what even the smallest takes
    convolutions: float  # called; each costs some time whatever its size
    dense: float  # multiply-adds of linear layers
    convolving: float  # multiply-adds of convolutions
    moved: float  # numbers written between layers
    weights: float  # passed over by the optimiser

    def times(self, factor: float) -> "Work":
        """So many times this work, or costs that many times as high."""
        return Work(*(number * factor for number in self))

    def plus(self, other: "Work") -> "Work":
        """This and the other."""
        return Work(*(mine + its for mine, its in zip(self, other, strict=True)))

    def seconds(self, costs: "Work") -> float:
        """What it takes where one of each costs so much."""
        return sum(number * cost for number, cost in zip(self, costs, strict=True))


def forward_work(model: ModelConfig, encodes: float, decodes: float, calls: float) -> Work:
    """Encoding so many images and decoding so many latents, in so many calls of either."""
    sides = ((encoder_side(model), encodes), (decoder_side(model), decodes), (prior_side(model), decodes))
    of_the_prior = COUPLING_CALLS * model.couplings if model.prior == "flow" else 0
    return Work(
        calls=calls / 4 * (1 + of_the_prior),
        convolutions=calls / 4 * sum(layer.convolves for side, _ in sides for layer in side.layers),
        dense=sum(side.multiply_adds(convolving=False) * count for side, count in sides),
        convolving=sum(side.multiply_adds(convolving=True) * count for side, count in sides),
        moved=sum(side.leaves * count for side, count in sides),
        weights=0,
    )


def step_work(
    model: ModelConfig,
    images: float,
    samples: int = 1,
    *,
    averages: bool = False,
    clips: bool = False,
    varies: bool = False,
    correlates: bool = False,
) -> Work:
    """One step of training on so many images, `samples` latents each."""
    forward = forward_work(model, images, images * samples, calls=4)
    passes = 1 + AVERAGING * averages + CLIPPING * clips
    return forward._replace(
        dense=(1 + BACK) * forward.dense,
        convolving=(1 + BACK) * forward.convolving,
        moved=forward.moved
        + VARYING * varies * images * model.pixels
        + correlates * PAIRING * images**2 * model.latent_dim,
        weights=count_weights(model) * passes,
    )


def _linear(inputs: int, outputs: int, leaves: int = 0) -> Layer:
    return Layer(inputs * outputs + outputs, inputs * outputs, outputs, leaves)


def _convolution(inputs: int, outputs: int, size: int, leaves: int) -> Layer:
    """`leaves` counts tensors as large as the output."""
    area = size**2
    numbers = outputs * area
    return Layer(9 * inputs * outputs + outputs, 9 * inputs * outputs * area, numbers, leaves * numbers, True)


def _mlp(inputs: int, outputs: int, config: ModelConfig) -> Iterator[Layer]:
    units = config.hidden_units
    for _ in range(config.hidden_layers):
        yield _linear(inputs, units, units)
        if config.activation == "gated":
            yield _linear(inputs, units, units)
        inputs = units
    yield _linear(inputs, outputs)


def _residual(channels: int, size: int) -> Iterator[Layer]:
    """Each convolution leaves what it puts out and that after its SiLU; the gain is one weight."""
    yield _convolution(channels, channels, size, 2)
    yield _convolution(channels, channels, size, 2)
    yield Layer(1, 0, channels * size**2, channels * size**2)


def _coupling(dimension: int, units: int, number: int) -> Iterator[Layer]:
    """One coupling layer of a flow, which keeps the even dimensions or the odd ones."""
    kept = (dimension + 1 - number % 2) // 2
    yield _linear(kept, units, units)
    yield _linear(units, units, units)
    moved = dimension - kept
    yield _linear(units, 2 * moved, COUPLING_KEEPS * moved)


def _conv_encoder(config: ModelConfig, outputs: int) -> Iterator[Layer]:
    stages = conv_stages(config)
    yield _convolution(config.channels, config.width, config.image_size, 2)
    for (_, above), (size, below) in pairwise(stages):
        yield _convolution(above, below, size, 2)
        yield from _residual(below, size)
    size, channels = stages[-1]
    yield _linear(channels * size**2, outputs)


def _conv_decoder(config: ModelConfig) -> Iterator[Layer]:
    stages = conv_stages(config)[::-1]
    size, channels = stages[0]
    yield _linear(config.latent_dim, channels * size**2, 2 * channels * size**2)
    for (size, above), (larger, below) in pairwise(stages):
        yield from _residual(above, size)
        yield Layer(0, 0, above * larger**2, above * larger**2)  # spread to the next resolution
        yield _convolution(above, below, larger, 2)
    yield _convolution(config.width, config.channels, config.image_size, 0)
