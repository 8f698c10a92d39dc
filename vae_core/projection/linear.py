"""Linear maps between plane and latent space: principal components and raw latent axes."""

from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.errors import UserError


@dataclass(frozen=True)
class LinearMap:
    """position = (latent − offset) · basisᵀ, and back latent = offset + position · basis.

    The rows of `basis` (2, D) are orthonormal, or zero where the latent space has one dimension only;
    `offset` (D,) is the latent under the plane's origin.
    """

    offset: Tensor
    basis: Tensor

    def to_plane(self, latents: Tensor) -> Tensor:
        """Positions (N, 2) of latents (N, D)."""
        return (latents - self.offset) @ self.basis.T

    def to_latent(self, positions: Tensor) -> Tensor:
        """The plane's own latents (N, D) at positions (N, 2)."""
        return self.offset + positions @ self.basis


def principal_components(latents: Tensor) -> LinearMap:
    """The two directions of largest variance of latents (N, D), each with a positive largest entry."""
    mean = latents.double().mean(0)
    centred = latents.double() - mean
    _, directions = torch.linalg.eigh(centred.T @ centred)  # ascending
    basis = directions.T.flip(0)[:2]
    largest = basis.gather(1, basis.abs().argmax(1, keepdim=True))
    return LinearMap(mean.float(), _two_rows(basis * largest.sign()).float())


def raw_axes(latents: Tensor, axes: tuple[int, ...]) -> LinearMap:
    """The plane of two latent dimensions, by their numbers from 0, the others held at the mean of latents (N, D).

    Raises:
        UserError: the axes are not two different dimensions of the latents, or the only one there is.
    """
    dimensions = latents.shape[1]
    wanted = min(2, dimensions)
    if len(set(axes)) != wanted or len(axes) != wanted or not all(0 <= axis < dimensions for axis in axes):
        named = " and ".join(f"z{axis + 1}" for axis in axes)  # as people count them
        raise UserError(
            f"{named} are no axes of a map of z1 to z{dimensions}: "
            f"name {wanted} different numbers from 1 to {dimensions}."
        )
    basis = torch.eye(dimensions)[list(axes)]
    offset = latents.mean(0)
    offset[list(axes)] = 0.0
    return LinearMap(offset, _two_rows(basis))


def _two_rows(basis: Tensor) -> Tensor:
    """A line's basis (1, D) becomes a plane's with a second row of zeros."""
    return torch.cat([basis, basis.new_zeros(2 - len(basis), basis.shape[1])])
