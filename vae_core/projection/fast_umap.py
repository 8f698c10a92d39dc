"""UMAP of latents by a small compiled kernel: the graph of the neighbours, then its layout.

McInnes, Healy and Melville, "UMAP: Uniform Manifold Approximation and Projection", 2018, section 3.1, with the
defaults of its reference implementation. Exact neighbours by matrix products and one small kernel, stored once
compiled, spare a first map nearly all of the compilation that umap-learn spends most of its time on.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae_core.progress import Progress, ProgressListener
from vae_core.projection.descent import Graph, optimise_layout, similarity_curve
from vae_core.projection.umap_settings import UmapSettings

BISECTIONS = 64
SMALLEST_SCALE = 1e-3  # of the mean distance: keeps duplicates from an infinitely narrow neighbourhood


def lay_out(
    start: Tensor,
    neighbours: tuple[Tensor, Tensor],
    settings: UmapSettings,
    *,
    seed: int,
    progress: ProgressListener,
) -> Tensor:
    """Positions (N, 2) from `start` (N, 2) and the neighbours' indices and distances (N, K), own point first.

    The same seed gives the same positions.
    """
    epochs = settings.epochs(len(start))
    progress(Progress("Laying out the map", 0, epochs))
    indices, distances = (tensor.numpy() for tensor in neighbours)
    graph = fuzzy_graph(indices, distances, epochs)
    curve = similarity_curve(settings.min_dist, settings.spread)
    positions = optimise_layout(
        start.numpy(),
        graph,
        curve,
        epochs,
        seed,
        lambda done: progress(Progress("Laying out the map", done, epochs)),
    )
    return torch.from_numpy(positions)


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
