"""Exact nearest neighbours, in blocks that tell how far they are."""

import torch
from torch import Tensor

from vae_core.progress import Progress, ProgressListener, silent

QUERIES_A_BLOCK = 512
GROUP = 32


def nearest_neighbours(points: Tensor, count: int, *, progress: ProgressListener = silent) -> tuple[Tensor, Tensor]:
    """Indices and Euclidean distances, each (N, count), nearest first, of points (N, D) among themselves.

    A point is its own neighbour at distance zero. `count` is at most N.
    """
    points = points.double()  # so that |a|² − 2ab + |b|² cancels nothing that matters
    centred = points - points.mean(0)
    squared_lengths = centred.square().sum(1)
    indices, distances = [], []
    for block in torch.split(centred, QUERIES_A_BLOCK):
        scores = torch.addmm(squared_lengths, block, centred.T, alpha=-2)
        chosen = _smallest(scores, count)
        squared = (centred[chosen] - block[:, None]).square().sum(-1)
        squared, order = squared.sort(dim=1, stable=True)
        indices.append(chosen.gather(1, order))
        distances.append(squared.sqrt().float())
        progress(Progress("neighbours", sum(map(len, indices)), len(points)))
    return torch.cat(indices), torch.cat(distances)


def neighbours_without_self(indices: Tensor) -> Tensor:
    """Drop each point from its own row: (N, K) → positions (N, K − 1) into the row, nearest first.

    A row that lacks its own point, for it has K duplicates, loses its farthest neighbour instead.
    """
    own = indices == torch.arange(len(indices), device=indices.device)[:, None]
    own[:, -1] |= ~own.any(dim=1)
    return own.to(torch.uint8).argsort(dim=1, stable=True)[:, :-1]


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
