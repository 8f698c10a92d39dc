"""Exact nearest neighbours: among latents, in blocks that tell how far they are; and on the plane, by a tree.

On the plane the cost hardly grows with the number of points. They are sorted once into the leaves of a k-d tree
(Bentley, "Multidimensional binary search trees used for associative searching", 1975). A query measures its distance to
every leaf's bounding box and then only to the points of the nearest few. All of it is plain tensor arithmetic.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from vae_core.progress import Progress, ProgressListener, silent
from vae_core.projection.umap_settings import Metric

QUERIES_A_BLOCK = 512
GROUP = 32
LEAF = 64  # points
LEAVES_SEARCHED = 24  # within a map's width of it, the nearest 64 points lie in at most 14
POWERS: dict[Metric, float] = {"manhattan": 1.0, "chebyshev": torch.inf}


def nearest_neighbours(
    points: Tensor, count: int, metric: Metric = "euclidean", *, progress: ProgressListener = silent
) -> tuple[Tensor, Tensor]:
    """Indices and distances, each (N, count), nearest first, of points (N, D) among themselves.

    A point is its own neighbour at distance zero. `count` is at most N.
    """
    points = straightened(points, metric)
    blocks = points.split(QUERIES_A_BLOCK)
    if metric in POWERS:
        searched = (_by_power(block, points, count, POWERS[metric]) for block in blocks)
    else:
        points = points.double()  # so that |a|² − 2ab + |b|² cancels nothing that matters
        centred = points - points.mean(0)
        squared_lengths = centred.square().sum(1)
        searched = (_by_length(block, centred, squared_lengths, count) for block in centred.split(QUERIES_A_BLOCK))
    indices, distances, done = [], [], 0
    for chosen, found in searched:
        indices.append(chosen)
        distances.append(found if metric in POWERS or metric == "euclidean" else found.square() / 2)
        done += len(chosen)
        progress(Progress("Finding neighbours", done, len(points)))
    return torch.cat(indices), torch.cat(distances).float()


def straightened(points: Tensor, metric: Metric) -> Tensor:
    """Points (N, D') whose order by Euclidean distance is that of points (N, D) by cosine or correlation.

    Half the squared distance of two directions is one less their cosine; the correlation is the cosine of what is
    centred. A point without a direction is at distance 1 from all that have one, as umap-learn counts it. For the
    other metrics the points stay as they are.
    """
    if metric not in ("cosine", "correlation"):
        return points
    wide = points.double()
    if metric == "correlation":
        wide = wide - wide.mean(1, keepdim=True)
    lengths = wide.norm(dim=1, keepdim=True)
    nowhere = lengths <= torch.finfo(torch.float32).eps * points.double().norm(dim=1, keepdim=True)
    return torch.cat([torch.where(nowhere, 0.0, wide / lengths.clamp_min(1e-300)), nowhere.double()], dim=1)


def neighbours_without_self(indices: Tensor) -> Tensor:
    """Drop each point from its own row: (N, K) → positions (N, K − 1) into the row, nearest first.

    A row that lacks its own point, for it has K duplicates, loses its farthest neighbour instead.
    """
    own = indices == torch.arange(len(indices), device=indices.device)[:, None]
    own[:, -1] |= ~own.any(dim=1)
    return own.to(torch.uint8).argsort(dim=1, stable=True)[:, :-1]


def _by_power(block: Tensor, points: Tensor, count: int, power: float) -> tuple[Tensor, Tensor]:
    """Indices and distances (B, count) by the sum (power 1) or the largest (power ∞) of the differences."""
    nearest = torch.cdist(block, points, p=power).topk(count, largest=False)
    distances, order = nearest.values.sort(dim=1, stable=True)
    return nearest.indices.gather(1, order), distances


def _by_length(block: Tensor, points: Tensor, squared_lengths: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Indices and Euclidean distances (B, count) among centred points (N, D) with their squared lengths (N,)."""
    scores = torch.addmm(squared_lengths, block, points.T, alpha=-2)
    chosen = _smallest(scores, count)
    squared = (points[chosen] - block[:, None]).square().sum(-1)
    squared, order = squared.sort(dim=1, stable=True)
    return chosen.gather(1, order), squared.sqrt()


def _smallest(scores: Tensor, count: int) -> Tensor:
    """Indices (B, count) of the smallest entries of each row of (B, N).

    The `count` groups with the smallest minima hold them all, so only their members are compared.
    """
    groups = scores.shape[1] // GROUP
    if groups < 4 * count:
        return scores.topk(count, largest=False).indices
    whole = scores[:, : groups * GROUP].reshape(len(scores), groups, GROUP)
    nearest_groups = whole.amin(2).topk(count, largest=False).indices
    members = (nearest_groups[:, :, None] * GROUP + torch.arange(GROUP)).flatten(1)
    rest = torch.arange(groups * GROUP, scores.shape[1]).expand(len(scores), -1)
    candidates = torch.cat([members, rest], dim=1)
    return candidates.gather(1, scores.gather(1, candidates).topk(count, largest=False).indices)


class Neighbours(NamedTuple):
    """The nearest points of M queries, nearest first; each (M, K)."""

    squared: Tensor  # distances
    x: Tensor  # offsets from the query
    y: Tensor
    places: Tensor  # into the order of the leaves


class Leaves(nn.Module):
    """Points (N, 2) in leaves of 64: `order` (L · 64,) names the point in each place.

    The last leaf is filled up with points at infinity, which no search returns.
    """

    order: Tensor
    x: Tensor
    y: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, points: Tensor) -> None:
        super().__init__()
        order = torch.from_numpy(leaf_order(points.numpy()))
        filling = order[-1:].expand(-len(order) % LEAF)
        self.order = torch.cat([order, filling])
        leaves = points[self.order].reshape(-1, LEAF, 2)
        x, y = (leaves[:, :, side].clone() for side in (0, 1))
        x[-1, LEAF - len(filling) :] = torch.inf
        self.register_buffer("x", x)  # (L, 64)
        self.register_buffer("y", y)
        self.register_buffer("low", leaves.amin(1).T.contiguous())  # (2, L)
        self.register_buffer("high", leaves.amax(1).T.contiguous())

    def nearest(self, position: Tensor, count: int) -> Neighbours:
        """The `count` points nearest to positions (M, 2); `count` is at most N, and at most 64.

        From places many times the map's width away, a point at its far rim may stand in for one hardly nearer.
        Distances are sums of squared differences: the expansion into a matrix product cancels in float32.
        """
        x, y = position[:, :1], position[:, 1:]
        beside = x - torch.clamp(x, self.low[0], self.high[0])  # (M, L), zero above and below the box
        above = y - torch.clamp(y, self.low[1], self.high[1])
        leaves = (beside * beside + above * above).topk(min(LEAVES_SEARCHED, len(self.x)), dim=1, largest=False)[1]
        places = (leaves[:, :, None] * LEAF + torch.arange(LEAF)).flatten(1)  # (M, leaves · 64)
        x_offsets = self.x[leaves].flatten(1) - x
        y_offsets = self.y[leaves].flatten(1) - y
        squared, chosen = (x_offsets * x_offsets + y_offsets * y_offsets).topk(count, dim=1, largest=False)
        return Neighbours(squared, *(values.gather(1, chosen) for values in (x_offsets, y_offsets, places)))


def leaf_order(points: np.ndarray) -> np.ndarray:
    """Indices of points (N, 2) such that every 64 in a row, from the first on, fill one leaf of a k-d tree."""
    order = np.arange(len(points))
    parts = [(0, len(points))]
    while parts:
        start, stop = parts.pop()
        leaves = -(-(stop - start) // LEAF)
        if leaves < 2:
            continue
        part = order[start:stop]
        longest = np.ptp(points[part], axis=0).argmax()
        middle = leaves // 2 * LEAF
        order[start:stop] = part[np.argpartition(points[part, longest], middle)]
        parts += [(start, start + middle), (start + middle, stop)]
    return order
