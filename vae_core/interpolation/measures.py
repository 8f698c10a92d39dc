"""What is said of latents along a path: how likely they are, how dense the data are, which classes are near."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_core.interpolation.paths import Floats

PATH_POINTS_AT_ONCE = 32


def log_prior(latents: Floats) -> Floats:
    """log N(z; 0, I) in nats of latents (N, D): (N,)."""
    values = latents.astype(np.float64)
    return -0.5 * (np.square(values).sum(1) + values.shape[1] * np.log(2 * np.pi))


def log_density(path: Floats, latents: Floats) -> Floats:
    """Log density in nats along a path (M, D), estimated from latents (N, D): (M,).

    log p(z) = log (1/N) Σ_i Π_d N(z_d; x_id, (h s_d)²), with s_d the latents' standard deviation in dimension d
    and h = N^(−1/(D + 4)), Scott's rule for a product of Gaussian kernels (Scott, "Multivariate Density
    Estimation", 1992, section 6.3). Dimensions in which all latents agree have no density and are left out.
    """
    values = latents.astype(np.float64)
    spread = values.std(0, ddof=1) if len(values) > 1 else np.zeros(values.shape[1])
    varied = spread > 0
    count, dimensions = len(values), int(varied.sum())
    bandwidth = count ** (-1 / (dimensions + 4)) * spread[varied]
    scaled_path, scaled = path[:, varied].astype(np.float64) / bandwidth, values[:, varied] / bandwidth
    constant = np.log(count) + np.log(bandwidth).sum() + 0.5 * dimensions * np.log(2 * np.pi)
    return np.concatenate(
        [
            np.logaddexp.reduce(-0.5 * _squared_distances(chunk, scaled), axis=1) - constant
            for chunk in _chunks(scaled_path)
        ]
    )


def class_shares(path: Floats, latents: Floats, labels: NDArray[Any], classes: int, *, neighbours: int = 10) -> Floats:
    """Share of each class among the nearest latents along a path: (M, classes), rows that sum to one.

    Path (M, D), latents (N, D), labels (N,) from 0 to classes − 1. This is the plain k-nearest-neighbours estimate
    of class probabilities (Cover & Hart, "Nearest neighbor pattern classification", 1967).
    """
    neighbours = min(neighbours, len(latents))
    values = latents.astype(np.float64)
    shares = np.zeros((len(path), classes))
    for row, chunk in enumerate(_chunks(path.astype(np.float64))):
        nearest = np.argpartition(_squared_distances(chunk, values), neighbours - 1, axis=1)[:, :neighbours]
        found = labels[nearest]  # (chunk, neighbours)
        for label in range(classes):
            start = row * PATH_POINTS_AT_ONCE
            shares[start : start + len(chunk), label] = (found == label).mean(1)
    return shares


def _chunks(path: Floats) -> list[Floats]:
    return [path[start : start + PATH_POINTS_AT_ONCE] for start in range(0, len(path), PATH_POINTS_AT_ONCE)]


def _squared_distances(a: Floats, b: Floats) -> Floats:
    """(M, D), (N, D) → (M, N) by differences: the expansion into a matrix product cancels where points are near."""
    total = np.zeros((len(a), len(b)))
    for dimension in range(a.shape[1]):
        difference = a[:, dimension, None] - b[:, dimension]
        total += difference * difference
    return total
