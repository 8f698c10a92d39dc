"""UMAP of latents by a small compiled kernel: the graph of the neighbours, then its layout.

McInnes, Healy and Melville, "UMAP: Uniform Manifold Approximation and Projection", 2018, sections 3.1 and 3.2, with the
defaults of its reference implementation. Exact neighbours by matrix products and one small kernel, stored once
compiled, spare a first map nearly all of the compilation that umap-learn spends most of its time on.

The layout is stochastic gradient descent on the fuzzy cross-entropy between graph and plane. Both forces depend on the
squared distance alone. They are read from tables over its leading bits: powers and quotients would otherwise take most
of the time. Every vertex is moved by a sequence of its own steps against the positions of the turn before. So vertices
are independent within a turn: the result is the same on any number of threads, and exactly repeatable. In the reference
both ends of an edge move at each meeting, so that a group feels what draws one of its points. Here a vertex takes its
own half, lets the other end's half stand for its next step, and an epoch is cut into turns of a few edges each:
a vertex that took all its edges in one would lose on the way what its few distant ones had gained.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae_core.machine import usable_cores
from vae_core.progress import Progress, ProgressListener
from vae_core.projection.umap_settings import UmapSettings

USUAL_CURVE = (1.5769434, 0.8950609)  # (a, b) of minimum distance 0.1 and spread 1
NEGATIVE_SAMPLES = 5
LARGEST_STEP = 4.0
EDGES_A_TURN = 6  # of a vertex, on average: with more, groups drift apart
VERTICES_A_THREAD = 1000  # fewer are not worth a thread
DROPPED_BITS = 15  # of a float32: its exponent and 8 bits of its mantissa are left
BISECTIONS = 64
SMALLEST_SCALE = 1e-3  # of the mean distance: keeps duplicates from an infinitely narrow neighbourhood


@dataclass(frozen=True)
class Graph:
    """A symmetric weighted graph of N vertices, row by row: each edge stands in the rows of both its ends."""

    row_starts: NDArray[np.int64]  # (N + 1,)
    columns: NDArray[np.int32]  # (E,)
    strengths: NDArray[np.float32]  # (E,), in (0, 1]


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


def similarity_curve(min_dist: float, spread: float) -> tuple[float, float]:
    """(a, b) with which 1 / (1 + a d^2b) is nearest to 1 up to `min_dist` and exp(−(d − min_dist) / spread) beyond.

    Fitted as umap-learn fits it, but in units of the spread, where the fit always finds its end.
    """
    if min_dist == 0.1 and spread == 1:
        return USUAL_CURVE
    from scipy.optimize import curve_fit  # the usual map does without its half a second

    share = min_dist / spread
    distances = np.linspace(0, 3, 300)
    wanted = np.where(distances < share, 1.0, np.exp(share - distances))
    with np.errstate(divide="ignore"):  # the search may look at a negative b
        (a, b), _ = curve_fit(lambda d, a, b: 1 / (1 + a * d ** (2 * b)), distances, wanted)
    return float(a / spread ** (2 * b)), float(b)


def force_tables(a: float, b: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pull and push a unit of offset, each (65536,), by a squared distance's float32 bits >> DROPPED_BITS.

    Two points at distance d are drawn together by 1 / (1 + a d^2b). Each force is exact in the middle of the squared
    distances that share it, and within 0.2 (1 + b) percent at their ends.
    """
    bits = np.arange(1 << (31 - DROPPED_BITS), dtype=np.uint32) << DROPPED_BITS | 1 << (DROPPED_BITS - 1)
    with np.errstate(invalid="ignore"):  # the last few are not numbers
        squared = bits.view(np.float32).astype(np.float64)
        power = a * squared**b
        pull = -2 * b * power / (squared * (power + 1))
        push = 2 * b / ((0.001 + squared) * (power + 1))
        return pull.astype(np.float32), push.astype(np.float32)


@numba.njit(
    "void(int64, int64, int64, int64, int64, float32, uint64, int64[::1], int32[::1], float32[::1], float32[::1],"
    " float32[::1], float32[::1], float32[:, ::1], float32[:, ::1])",
    nogil=True,
    fastmath=True,
    cache=True,
)
def _move_vertices(  # type: ignore[no-untyped-def]
    first, stop, epoch, turn, turns, rate, seed, row_starts, tails, periods, due, pulls, pushes, old, new
):
    """Take the steps of one turn for the vertices first to stop: read `old`, write `new`."""
    least, most = np.float32(-LARGEST_STEP), np.float32(LARGEST_STEP)
    count = np.uint64(old.shape[0])
    for vertex in range(first, stop):
        x, y = old[vertex, 0], old[vertex, 1]
        # splitmix64, one stream for each vertex and turn: no state is shared between threads
        state = seed + np.uint64((epoch * turns + turn) * old.shape[0] + vertex) * np.uint64(0xD1342543DE82EF95)
        for edge in range(row_starts[vertex] + turn, row_starts[vertex + 1], turns):
            if due[edge] > epoch:
                continue
            due[edge] += periods[edge]
            tail = tails[edge]
            tail_x, tail_y = old[tail, 0], old[tail, 1]
            for _ in range(2):  # each pair of neighbours is met from both of its ends, and both move
                dx, dy = x - tail_x, y - tail_y
                pull = pulls[np.float32(dx * dx + dy * dy).view(np.int32) >> DROPPED_BITS]
                step_x = rate * min(max(pull * dx, least), most)
                step_y = rate * min(max(pull * dy, least), most)
                x += step_x
                y += step_y
                tail_x -= step_x
                tail_y -= step_y
            for _ in range(NEGATIVE_SAMPLES):
                state += np.uint64(0x9E3779B97F4A7C15)
                mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                other = np.int64((mixed >> np.uint64(32)) * count >> np.uint64(32))
                if other == vertex:
                    continue
                dx, dy = x - old[other, 0], y - old[other, 1]
                push = pushes[np.float32(dx * dx + dy * dy).view(np.int32) >> DROPPED_BITS]
                x += rate * min(max(push * dx, least), most)
                y += rate * min(max(push * dy, least), most)
        new[vertex, 0], new[vertex, 1] = x, y


def optimise_layout(
    start: NDArray[np.float32],
    graph: Graph,
    curve: tuple[float, float],
    epochs: int,
    seed: int,
    on_epoch: Callable[[int], None],
) -> NDArray[np.float32]:
    """Positions (N, 2) after `epochs` epochs, from `start` (N, 2), under the forces of a `curve` (a, b).

    An edge of strength w is met in a share w / max(w) of the epochs. `on_epoch(done)` hears of every one; what it
    raises ends the layout.
    """
    count = len(start)
    periods = graph.strengths.max(initial=0.0) / graph.strengths
    due = periods.copy()
    pulls, pushes = force_tables(*curve)
    old, new = np.ascontiguousarray(start, np.float32).copy(), np.empty((count, 2), np.float32)
    threads = min(usable_cores(), 1 + count // VERTICES_A_THREAD)
    borders = np.searchsorted(graph.row_starts, np.linspace(0, len(graph.columns), threads + 1))
    borders[0], borders[-1] = 0, count
    parts = list(pairwise(borders))
    turns = max(1, round(len(graph.columns) / count / EDGES_A_TURN))
    stream = np.uint64(np.random.default_rng(seed).integers(0, 2**63))
    edges = (graph.row_starts, graph.columns, periods, due)
    with ThreadPoolExecutor(threads) as pool:
        for epoch in range(epochs):
            rate = np.float32(1 - epoch / epochs)
            for turn in range(turns):
                arguments = (epoch, turn, turns, rate, stream, *edges, pulls, pushes, old, new)
                list(pool.map(lambda part, arguments=arguments: _move_vertices(*part, *arguments), parts))
                old, new = new, old
            on_epoch(epoch + 1)
    return old
