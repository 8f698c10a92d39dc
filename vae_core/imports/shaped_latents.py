"""Latents with a shape, or of very many numbers, explored as z = m + V·a.

m and V are the mean and the leading principal components of the encodings of somebody's own images. Sliders, map and
paths act on a; one affine layer goes before the decoder, and its transpose behind the encoder.
"""

from dataclasses import dataclass

import numpy as np
import onnx
import torch
from torch import Tensor

from vae_core.onnx_graphs.writing import GraphWriter

MOST_COMPONENTS = 64
MOST_IMAGES = 2048
LEAST_SHARE = 1e-6  # of the variance of the first component, below which one is rounding


@dataclass(frozen=True)
class Components:
    """`mean` (D,), `directions` (D, K) of unit length, and the share of the variance that these keep."""

    mean: Tensor
    directions: Tensor
    variance_kept: float


def principal_components(latents: Tensor) -> Components:
    """Of latents (N, D), at most 64, by the eigenvectors of the smaller of XᵀX and XXᵀ."""
    mean = latents.double().mean(0)
    centred = latents.double() - mean
    wide = centred.shape[1] > centred.shape[0]
    values, vectors = torch.linalg.eigh(centred @ centred.mT if wide else centred.mT @ centred)
    values, vectors = values.flip(0).clamp(min=0), vectors.flip(1)
    count = min(MOST_COMPONENTS, int((values > LEAST_SHARE * values[0]).sum()))
    directions = vectors[:, : max(count, 1)]
    if wide:
        directions = torch.nn.functional.normalize(centred.mT @ directions, dim=0)
    total = float(values.sum())
    kept = float(values[: directions.shape[1]].sum()) / total if total > 0 else 1.0
    return Components(mean.float(), directions.float(), min(kept, 1.0))


def decoder_by_components(decoder: bytes, components: Components, image: tuple[int, int, int]) -> bytes:
    """`latent` a (batch, K) → `image`, of a decoder that takes z = m + V·a."""
    writer = GraphWriter()
    latent = writer.input("latent", [components.directions.shape[1]])
    whole = writer.linear(latent, components.directions.numpy(), components.mean.numpy())
    (made,) = writer.graft(onnx.load_from_string(decoder), {"latent": whole}, ["image"])
    return writer.finish({"image": (made, image)})


def encoder_by_components(encoder: bytes, components: Components, image: tuple[int, int, int]) -> bytes:
    """`image` → `mean` Vᵀ(μ − m) and `log_variance`, that of each component: log Σ_d V_dk² σ_d²."""
    writer = GraphWriter()
    names = ["mean", "log_variance"]
    mean, log_variance = writer.graft(onnx.load_from_string(encoder), {"image": writer.input("image", image)}, names)
    directions = components.directions.numpy().T  # (K, D)
    placed = writer.linear(mean, directions, -(directions @ components.mean.numpy()))
    variance = writer.linear(writer.node("Exp", log_variance), np.square(directions))
    size = [len(directions)]
    return writer.finish({"mean": (placed, size), "log_variance": (writer.node("Log", variance), size)})
