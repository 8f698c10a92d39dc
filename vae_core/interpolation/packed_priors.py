"""A prior as one array of numbers, for a browser and for pages without torch: packed, and its density read again."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from vae_core.interpolation.measures import log_prior
from vae_core.interpolation.paths import Floats


def pack_mixture(log_weights: Floats, means: Floats, cholesky: Floats) -> Floats:
    """K Gaussians of log weights (K,), means (K, D) and Cholesky factors (K, D, D): (K, 1 + D + D(D + 1)/2).

    A row is a component: its log weight, its mean, and its factor's lower triangle row by row, little-endian float32.
    """
    triangles = cholesky[:, *np.tril_indices(means.shape[1])]
    return np.concatenate([log_weights[:, None], means, triangles], axis=1).astype("<f4")


def pack_flow(parameters: Iterable[Floats]) -> Floats:
    """All of a flow's numbers in the order of its state (see `vae_core.model.flow`), one layer after the other."""
    return np.concatenate([numbers.ravel() for numbers in parameters]).astype("<f4")


def log_mixture(path: Floats, packed: Floats) -> Floats:
    """log Σ_k w_k N(z; m_k, L_k L_kᵀ) in nats along a path (M, D): (M,).

    `packed` is what `pack_mixture` makes.
    """
    dimensions = path.shape[1]
    log_weights, means, triangles = np.split(packed.astype(np.float64), [1, 1 + dimensions], axis=1)
    cholesky = np.zeros((len(packed), dimensions, dimensions))
    cholesky[:, *np.tril_indices(dimensions)] = triangles
    offsets = path[None] - means[:, None]  # (K, M, D)
    standardised = np.linalg.solve(cholesky, offsets.swapaxes(1, 2))  # (K, D, M)
    log_determinants = np.log(cholesky.diagonal(axis1=1, axis2=2)).sum(1, keepdims=True)
    constants = log_weights - log_determinants - 0.5 * dimensions * np.log(2 * np.pi)
    return np.logaddexp.reduce(constants - 0.5 * np.square(standardised).sum(1))


def log_flow(path: Floats, packed: Floats, couplings: int, units: int) -> Floats:
    """log p(z) in nats of a flow along a path (M, D): (M,). `packed` is what `pack_flow` makes."""
    z, log_determinant = path.astype(np.float64), np.zeros(len(path))
    for kept, matrices in reversed(_coupling_layers(packed.astype(np.float64), z.shape[1], couplings, units)):
        (first, first_bias), (second, second_bias), (last, last_bias) = matrices
        hidden = np.tanh(np.tanh(z[:, kept] @ first.T + first_bias) @ second.T + second_bias)
        raw, shift = np.split(hidden @ last.T + last_bias, 2, axis=1)
        log_scale = 2 * np.tanh(raw / 2)
        z[:, ~kept] = (z[:, ~kept] - shift) * np.exp(-log_scale)
        log_determinant -= log_scale.sum(1)
    return log_prior(z) + log_determinant


def _coupling_layers(packed: Floats, dimensions: int, couplings: int, units: int) -> list[tuple[Floats, list[Any]]]:
    """Of each layer which dimensions it keeps, and its three matrices, each with its bias."""
    layers: list[tuple[Floats, list[Any]]] = []
    start = 0
    for number in range(couplings):
        kept = np.arange(dimensions) % 2 == number % 2
        matrices: list[Any] = []
        for rows, columns in ((units, kept.sum()), (units, units), (2 * (~kept).sum(), units)):
            middle, end = start + rows * columns, start + rows * (columns + 1)
            matrices.append((packed[start:middle].reshape(rows, columns), packed[middle:end]))
            start = end
        layers.append((kept, matrices))
    return layers
