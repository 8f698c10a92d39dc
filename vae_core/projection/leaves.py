"""Exact nearest neighbours on the plane, at a cost that hardly grows with the number of points.

The points are sorted once into the leaves of a k-d tree (Bentley, "Multidimensional binary search trees used for
associative searching", 1975). A query measures its distance to every leaf's bounding box and then only to the points
of the nearest few, all in plain tensor arithmetic.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

LEAF = 64  # points
LEAVES_SEARCHED = 24  # within a map's width of it, the nearest 64 points lie in at most 14


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
        leaves = _smallest(beside * beside + above * above, min(LEAVES_SEARCHED, len(self.x)))[1]
        places = (leaves[:, :, None] * LEAF + torch.arange(LEAF)).flatten(1)  # (M, leaves · 64)
        x_offsets = self.x[leaves].flatten(1) - x
        y_offsets = self.y[leaves].flatten(1) - y
        squared, chosen = _smallest(x_offsets * x_offsets + y_offsets * y_offsets, count)
        return Neighbours(squared, *(values.gather(1, chosen) for values in (x_offsets, y_offsets, places)))


def _smallest(values: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The `count` smallest of each row and their indices, ascending."""
    return values.topk(count, dim=1, largest=False)


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
