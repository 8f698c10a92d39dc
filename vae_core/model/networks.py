"""Encoders (image → numbers for the posterior) and decoders (latent → one number a pixel)."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_core.config import ModelConfig
from vae_core.sizes import conv_stages


class LinearEncoder(nn.Module):
    """μ(x) is affine in x and Σ does not depend on x: probabilistic PCA's own posterior."""

    def __init__(self, config: ModelConfig, covariance_numbers: int) -> None:
        super().__init__()
        self.mean = nn.Linear(config.pixels, config.latent_dim)
        self.covariance = nn.Parameter(torch.zeros(covariance_numbers))

    def forward(self, x: Tensor) -> Tensor:
        mean = self.mean(x.flatten(1))  # (N, D)
        return torch.cat([mean, self.covariance.expand(mean.shape[0], -1)], dim=1)


class Gated(nn.Module):
    """(Wx + b) ⊙ sigmoid(Vx + c): Dauphin et al., "Language Modeling with Gated Convolutional Networks" (2017)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.value = nn.Linear(inputs, outputs)
        self.gate = nn.Linear(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.value(x) * torch.sigmoid(self.gate(x))


def mlp(inputs: int, outputs: int, config: ModelConfig) -> nn.Sequential:
    """Hidden layers of equal width, each with its activation."""
    layers: list[nn.Module] = []
    for _ in range(config.hidden_layers):
        if config.activation == "gated":
            layers.append(Gated(inputs, config.hidden_units))
        else:
            layers += [nn.Linear(inputs, config.hidden_units), nn.Tanh() if config.activation == "tanh" else nn.ReLU()]
        inputs = config.hidden_units
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


class Residual(nn.Module):
    """x + f(x) with f zero at the start, so that depth costs nothing before it helps (SkipInit)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.gain = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.gain * self.second(F.silu(self.first(F.silu(x))))


class ConvEncoder(nn.Module):
    """A residual block after each halving of the image; a linear layer at the end."""

    def __init__(self, config: ModelConfig, outputs: int) -> None:
        super().__init__()
        stages = conv_stages(config)
        layers: list[nn.Module] = [nn.Conv2d(config.channels, config.width, 3, padding=1)]
        for (_, above), (_, below) in pairwise(stages):
            layers += [nn.SiLU(), nn.Conv2d(above, below, 3, stride=2, padding=1), Residual(below)]
        self.features = nn.Sequential(*layers, nn.SiLU())
        size, channels = stages[-1]
        self.head = nn.Linear(channels * size**2, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x).flatten(1))


class ConvDecoder(nn.Module):
    """The encoder's mirror: nearest-neighbour upsampling, then convolution, so that no checkerboard appears."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        stages = conv_stages(config)[::-1]
        self.start = (stages[0][1], stages[0][0], stages[0][0])
        self.stem = nn.Linear(config.latent_dim, stages[0][1] * stages[0][0] ** 2)
        self.sizes = [size for size, _ in stages[1:]]
        self.residuals = nn.ModuleList([Residual(channels) for _, channels in stages[:-1]])
        self.widenings = nn.ModuleList([nn.Conv2d(a, b, 3, padding=1) for (_, a), (_, b) in pairwise(stages)])
        self.output = nn.Conv2d(stages[-1][1], config.channels, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        x = self.stem(z).unflatten(1, self.start)
        for residual, widening, size in zip(self.residuals, self.widenings, self.sizes, strict=True):
            x = F.interpolate(F.silu(residual(x)), size=(size, size), mode="nearest")
            x = widening(x)
        return self.output(F.silu(x))


def build_encoder(config: ModelConfig, covariance_numbers: int) -> nn.Module:
    """Images (N, C, H, W) → (N, D + covariance_numbers): the mean, then what the covariance needs."""
    outputs = config.latent_dim + covariance_numbers
    if config.network == "linear":
        return LinearEncoder(config, covariance_numbers)
    if config.network == "mlp":
        return nn.Sequential(nn.Flatten(), mlp(config.pixels, outputs, config))
    return ConvEncoder(config, outputs)


def build_decoder(config: ModelConfig) -> nn.Module:
    """Latents (N, D) → (N, C, H, W): logits, or the mean of a Gaussian before its squashing."""
    if config.network == "conv":
        return ConvDecoder(config)
    linear = config.network == "linear"
    body = nn.Linear(config.latent_dim, config.pixels) if linear else mlp(config.latent_dim, config.pixels, config)
    return nn.Sequential(body, nn.Unflatten(1, (config.channels, config.image_size, config.image_size)))
