"""The graph half of UMAP: how strongly each point belongs to its neighbours' surroundings.

McInnes, Healy and Melville, "UMAP: Uniform Manifold Approximation and Projection", 2018, section 3.1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BISECTIONS = 64
SMALLEST_SCALE = 1e-3  # of the mean distance: keeps duplicates from an infinitely narrow neighbourhood


@dataclass(frozen=True)
class Graph:
    """A symmetric weighted graph of N vertices, row by row: each edge stands in the rows of both its ends."""

    row_starts: NDArray[np.int64]  # (N + 1,)
    columns: NDArray[np.int32]  # (E,)
    strengths: NDArray[np.float32]  # (E,), in (0, 1]


def local_scales(distances: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nearest non-zero distance ρ (N,) and scale σ (N,) of neighbour distances (N, K), own point first.

    σ solves Σ_j exp(−max(0, d_ij − ρ_i) / σ_i) = log2(K) over the neighbours but the first.
    """
    nearest = np.where(distances > 0, distances, np.inf).min(axis=1)
    nearest[np.isinf(nearest)] = 0.0
    beyond = np.maximum(distances[:, 1:] - nearest[:, None], 0.0)
    target = np.log2(distances.shape[1])
    low, high, scale = np.zeros(len(distances)), np.full(len(distances), np.inf), np.ones(len(distances))
    for _ in range(BISECTIONS):
        too_wide = np.exp(-beyond / scale[:, None]).sum(axis=1) > target
        high = np.where(too_wide, scale, high)
        low = np.where(too_wide, low, scale)
        scale = np.where(np.isinf(high), scale * 2, (low + high) / 2)
    floor = SMALLEST_SCALE * np.where(nearest > 0, distances.mean(axis=1), distances.mean())
    return nearest, np.maximum(scale, np.maximum(floor, np.finfo(np.float32).tiny))


def fuzzy_graph(indices: NDArray[np.int64], distances: NDArray[np.float32], epochs: int) -> Graph:
    """Fuzzy union a + b − ab of both directions' memberships, for neighbours (N, K), own point first.

    Edges too weak to be met once in `epochs` are left out.
    """
    count, neighbours = indices.shape
    wide = distances.astype(np.float64)
    nearest, scale = local_scales(wide)
    memberships = np.exp(-np.maximum(wide - nearest[:, None], 0.0) / scale[:, None])
    rows = np.repeat(np.arange(count), neighbours)
    other = indices.ravel() != rows
    rows, columns, values = rows[other], indices.ravel()[other], memberships.ravel()[other]
    keys, places = np.unique(np.concatenate([rows * count + columns, columns * count + rows]), return_inverse=True)
    there, back = np.zeros(len(keys)), np.zeros(len(keys))
    there[places[: len(rows)]] = values
    back[places[len(rows) :]] = values
    union = there + back - there * back
    kept = union >= union.max(initial=0.0) / epochs
    row_starts = np.searchsorted(keys[kept], np.arange(count + 1) * count)
    return Graph(row_starts.astype(np.int64), (keys[kept] % count).astype(np.int32), union[kept].astype(np.float32))
