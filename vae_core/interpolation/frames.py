"""Frames along a path, and what happens on it: how images change, how likely latents are, which classes are near."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_core.errors import UserError
from vae_core.interpolation.paths import FRAMES, MOST_EXTRAPOLATION, Floats, Path, Spacing

Decode = Callable[[NDArray[Any]], NDArray[Any]]
"""Latents (N, D) → images (N, C, H, W) in [0, 1]."""

SAMPLES_A_FRAME = 4
LEAST_SAMPLES = 256
ROUNDS = 5  # of evening out: a chord is shorter than the arc it spans, and the fewer the frames the more so
DECODES_AT_ONCE = 128
PATH_POINTS_AT_ONCE = 32
PIECES = 24  # a segment's, for lengths: those of a geodesic, so that the two compare


@dataclass(frozen=True)
class Frames:
    """F frames of a path.

    `parameters` (F,) say where on it they lie, `latents` (F, D) and `images` (F, C, H, W) what they are, and
    `image_changes` (F − 1,) the Euclidean distance from each image to the next.
    """

    parameters: Floats
    latents: Floats
    images: Floats
    image_changes: Floats


def frames_along(
    path: Path, decode: Decode, *, frames: int, spacing: Spacing = "latent", extrapolation: float = 0.0
) -> Frames:
    """Frames at equal distances along a path, from its first stop to its last, both exactly.

    The distance is that from frame to frame, which comes out shorter where the path turns sharply at a stop.
    With an `extrapolation` the first and the last frame lie beyond the stops, by that share of the end segment's
    length. Where a path stands still (or its image does), the frames are spread evenly over the parameter.

    Raises:
        UserError: the number of frames or the extrapolation is outside its limits.
    """
    check_limits(frames, extrapolation)
    last = len(path.stops) - 1
    samples = np.linspace(-extrapolation, last + extrapolation, max(LEAST_SAMPLES, SAMPLES_A_FRAME * frames))
    samples = np.union1d(samples, np.arange(last + 1))  # corners count in full

    def steps(parameters: Floats) -> Floats:
        latents = path.at(parameters)
        return image_changes(decode, latents) if spacing == "image" else _distances(latents)

    parameters = _equal_steps(samples, steps(samples), frames)
    for _ in range(ROUNDS):
        parameters = _equal_steps(parameters, steps(parameters), frames)
    latents = path.at(parameters)
    images = decoded(decode, latents)
    return Frames(parameters, latents, images, changes_between(images))


def check_limits(frames: int, extrapolation: float) -> None:
    """Refuse a number of frames, or a share beyond the ends, that is outside its limits.

    Raises:
        UserError: it is.
    """
    least, most = FRAMES
    if not least <= frames <= most:
        raise UserError(f"frames must be {least} to {most} (got {frames}).")
    if not 0 <= extrapolation <= MOST_EXTRAPOLATION:
        raise UserError(f"extrapolation must be 0 to {MOST_EXTRAPOLATION:g} segments (got {extrapolation:g}).")


def _distances(latents: Floats) -> Floats:
    """Euclidean distance from each latent (N, D) to the next: (N − 1,)."""
    return np.linalg.norm(np.diff(latents.astype(np.float64), axis=0), axis=1)


def _equal_steps(samples: Floats, steps: Floats, count: int) -> Floats:
    """`count` parameters between which equally much is travelled, for the steps (N − 1,) between samples (N,)."""
    travelled = np.concatenate([[0.0], np.cumsum(steps)])
    if travelled[-1] == 0:
        travelled = samples - samples[0]
    parameters = np.interp(np.linspace(0, travelled[-1], count), travelled, samples)
    parameters[0], parameters[-1] = samples[0], samples[-1]  # also where the path stands still at an end
    return parameters


def decoded(decode: Decode, latents: Floats) -> Floats:
    """The images (N, C, H, W) of latents (N, D), a batch at a time."""
    return np.concatenate(list(_batches(decode, latents)))


def image_changes(decode: Decode, latents: Floats) -> Floats:
    """Euclidean distance between the images of successive latents (N, D): (N − 1,), of pixels in [0, 1].

    Only one batch of images is held, so that a path may be sampled densely.
    """
    changes: list[Floats] = []
    before: Floats | None = None
    for images in _batches(decode, latents):
        joined = images if before is None else np.concatenate([before, images])
        changes.append(changes_between(joined))
        before = images[-1:]
    return np.concatenate(changes)


def changes_between(images: Floats) -> Floats:
    """Euclidean distance between successive images (N, C, H, W): (N − 1,)."""
    return np.linalg.norm(np.diff(images.reshape(len(images), -1), axis=0).astype(np.float64), axis=1)


def image_length(path: Path, decode: Decode, pieces: int = PIECES) -> float:
    """A path's length in image space from its first stop to its last: the sum of `pieces` chords a segment."""
    parameters = np.arange((len(path.stops) - 1) * pieces + 1) / pieces
    return float(image_changes(decode, path.at(parameters)).sum())


def log_prior(latents: Floats) -> Floats:
    """log N(z; 0, I) in nats of latents (N, D): (N,)."""
    values = latents.astype(np.float64)
    return -0.5 * (np.square(values).sum(1) + values.shape[1] * np.log(2 * np.pi))


def _batches(decode: Decode, latents: Floats) -> Iterator[Floats]:
    for start in range(0, len(latents), DECODES_AT_ONCE):
        yield decode(latents[start : start + DECODES_AT_ONCE])


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


def log_mixture(path: Floats, packed: Floats) -> Floats:
    """log Σ_k w_k N(z; m_k, L_k L_kᵀ) in nats along a path (M, D): (M,).

    `packed` (K, 1 + D + D(D + 1)/2) holds in each row log w, m, and L's lower triangle row by row.
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
    """log p(z) in nats of a flow along a path (M, D): (M,). `packed` holds its state as `vae_core.model.flow` says."""
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
