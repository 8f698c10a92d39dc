"""Torch modules between plane and latent space. The browser does the same: `explorer/src/plane/` has it once more."""

import torch
from torch import Tensor, nn

from vae_core.projection.linear import LinearMap
from vae_core.projection.neighbours import Leaves
from vae_core.workload import PLANE_NEIGHBOURS

RIDGE = 1e-3  # on the slope, in squared bandwidths: what lies on a line has no slope across it
REACH = 1.5  # standard deviations of the neighbours' positions at which the slope has lost half of its say
DISTANCE_NEIGHBOUR = 16  # how far the map is from its data is told by this neighbour
LATENT_NEIGHBOURS = 16
BANDWIDTH = 0.35  # the kernel's variance in mean squared distances: least leave-one-out error on digits
TINY = torch.finfo(torch.float32).tiny


class PlaneToLatent(nn.Module):
    """Position (M, 2) → latent (M, D) and the distance (M,) on the map to the 16th-nearest mapped point."""

    latents: Tensor

    def __init__(self, positions: Tensor, latents: Tensor, *, neighbours: int = PLANE_NEIGHBOURS) -> None:
        super().__init__()
        self.leaves = Leaves(positions.detach())
        self.register_buffer("latents", latents.detach().half()[self.leaves.order])
        self.neighbours = min(neighbours, len(positions))

    def forward(self, position: Tensor) -> tuple[Tensor, Tensor]:
        found = self.leaves.nearest(position, self.neighbours)
        latents = self.latents[found.places].float()  # (M, K, D)
        distance = found.squared[:, min(DISTANCE_NEIGHBOUR, self.neighbours) - 1].sqrt()
        return (local_linear_weights(found.x, found.y)[:, None] @ latents).squeeze(1), distance


def local_linear_weights(x: Tensor, y: Tensor) -> Tensor:
    """Weights (M, K), of which each row sums to one, for neighbours at offsets x, y (M, K) from a position.

    The weighted sum of the neighbours' values is the value, at the position, of the plane fitted to them by least
    squares (Cleveland, "Robust locally weighted regression and smoothing scatterplots", 1979). The kernel ends at
    the farthest neighbour, so that one which enters or leaves as the position moves weighs nothing at that moment.
    Off the data the slope fades, and the weighted mean of the nearest points is left.
    """
    squared = x * x + y * y
    bandwidth = (squared.amax(1, keepdim=True) * 1.001).clamp(min=TINY)  # equal distances keep some weight
    scale = bandwidth.rsqrt()
    x, y, kernel = x * scale, y * scale, (1 - squared / bandwidth) ** 2
    weights = kernel / kernel.sum(1, keepdim=True)
    x_mean, y_mean = (weights * x).sum(1, keepdim=True), (weights * y).sum(1, keepdim=True)
    x, y = x - x_mean, y - y_mean
    xx = (weights * x * x).sum(1, keepdim=True) + RIDGE
    yy = (weights * y * y).sum(1, keepdim=True) + RIDGE
    xy = (weights * x * y).sum(1, keepdim=True)
    determinant = xx * yy - xy * xy
    x_slope, y_slope = (xy * y_mean - yy * x_mean) / determinant, (xy * x_mean - xx * y_mean) / determinant
    off = -(x_slope * x_mean + y_slope * y_mean)  # squared, in standard deviations of the neighbours' positions
    slope_left = 1 / (1 + (off / REACH**2) ** 2)
    return weights * (1 + slope_left * (x_slope * x + y_slope * y))


class LatentToPlane(nn.Module):
    """Latent (M, D) → position (M, 2): the mean position of the nearest mapped points, by a Gaussian kernel."""

    latents: Tensor
    positions: Tensor

    def __init__(self, positions: Tensor, latents: Tensor) -> None:
        super().__init__()
        self.register_buffer("latents", latents.detach().half())
        self.register_buffer("positions", positions.detach().clone())
        self.neighbours = min(LATENT_NEIGHBOURS, len(positions))

    def forward(self, latent: Tensor) -> Tensor:
        squared = _squared_distances(latent, self.latents.float())
        nearest, indices = squared.topk(self.neighbours, dim=1, largest=False)
        return (gaussian_weights(nearest)[:, None] @ self.positions[indices]).squeeze(1)


def gaussian_weights(squared_distances: Tensor) -> Tensor:
    """Gaussian weights (M, K) that sum to one, for squared distances to neighbours (M, K).

    The bandwidth is local: it follows the mean squared distance, so sparse regions blend as many as dense.
    """
    mean = squared_distances.mean(dim=1, keepdim=True)
    return torch.softmax(-squared_distances / (2 * BANDWIDTH * mean).clamp(min=TINY), dim=1)


def _squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """(M, A), (N, A) → (M, N), one dimension after the other: nothing larger is held.

    Sums of squared differences: the expansion into a matrix product cancels in float32.
    """
    differences = a[:, :1] - b[:, 0]
    total = differences * differences
    for dimension in range(1, a.shape[1]):
        differences = a[:, dimension : dimension + 1] - b[:, dimension]
        total = total + differences * differences
    return total


class LinearPlaneToLatent(nn.Module):
    """Position (M, 2) → latent (M, D) on the plane of a linear map, and distance (M,) zero: it is exact."""

    offset: Tensor
    basis: Tensor

    def __init__(self, linear: LinearMap) -> None:
        super().__init__()
        self.register_buffer("offset", linear.offset)
        self.register_buffer("basis", linear.basis)

    def forward(self, position: Tensor) -> tuple[Tensor, Tensor]:
        return LinearMap(self.offset, self.basis).to_latent(position), position[:, 0] * 0


class LinearLatentToPlane(nn.Module):
    """Latent (M, D) → position (M, 2) by a linear map."""

    offset: Tensor
    basis: Tensor

    def __init__(self, linear: LinearMap) -> None:
        super().__init__()
        self.register_buffer("offset", linear.offset)
        self.register_buffer("basis", linear.basis)

    def forward(self, latent: Tensor) -> Tensor:
        return LinearMap(self.offset, self.basis).to_plane(latent)
