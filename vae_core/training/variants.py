"""Batches of training images as variants of themselves, a whole batch at once, as `vae_core.augmentation` drew them."""

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_core.augmentation import LUMINANCE, Drawn, Floats


class Variants:
    """What each of a data set's images becomes in one epoch."""

    def __init__(self, drawn: Drawn, device: torch.device) -> None:
        self.places, self.brightness, self.contrast = (
            _on(device, numbers) for numbers in (drawn.places, drawn.brightness, drawn.contrast)
        )

    def of(self, x: Tensor, indices: Tensor) -> Tensor:
        """The images `x` (B, C, S, S) in [0, 1], whose places in the data set are `indices` (B,), as their variants.

        Each alone decides what it becomes, to the last bit: in whatever batch it is, and wherever in it.
        """
        indices = indices.to(x.device)
        if self.places is not None:
            grid = sampling_grid(self.places[indices], x.shape[-1])
            x = F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
        if self.brightness is not None:
            x = x * self.brightness[indices, None, None, None]
        if self.contrast is not None:
            factor = self.contrast[indices, None, None, None]
            x = x * factor + (1 - factor) * _mean_grey(x)
        return x if self.brightness is None and self.contrast is None else x.clamp(0, 1)


def _on(device: torch.device, numbers: Floats | None) -> Tensor | None:
    return None if numbers is None else torch.from_numpy(numbers).to(device)


def sampling_grid(places: Tensor, side: int) -> Tensor:
    """Where the pixels of each variant are taken from: (B, 2, 3) to (B, S, S, 2), as `F.affine_grid` has it.

    In one sum, which takes a third of the time of its product of matrices and rounds alike in every batch.
    """
    middles = (2 * torch.arange(side, device=places.device) + 1) / side - 1
    along_rows = places[:, :, 0, None] * middles  # (B, 2, S)
    along_columns = places[:, :, 1, None] * middles + places[:, :, 2, None]
    return (along_rows[:, :, None] + along_columns[..., None]).permute(0, 2, 3, 1)


def _mean_grey(x: Tensor) -> Tensor:
    """(B, 1, 1, 1)."""
    weights = torch.tensor(LUMINANCE if x.shape[1] == 3 else (1.0,), device=x.device)
    return (x.mean((2, 3)) * weights).sum(1)[:, None, None, None]
