"""Grey values as chances to be white: images of black and white alone, whose Bernoulli likelihood is exact.

Drawn anew at each step ("dynamic") or once ("fixed"): Salakhutdinov & Murray, "On the Quantitative Analysis of Deep
Belief Networks" (2008), section 5. A pixel is white where its grey is above its threshold, which is even in [0, 1).
"""

import torch
from torch import Tensor

from vae_core.randomness import generator


def thresholds_of_step(count: int, shape: tuple[int, ...], seed: int, step: int) -> Tensor:
    """Of a whole batch of `count` images, as its step in its run draws them: (count, C, H, W)."""
    return torch.rand((count, *shape), generator=generator(seed, "binarised step", step))


def thresholds_of_images(indices: Tensor, shape: tuple[int, ...], split: str) -> Tensor:
    """Of images by their places in a split, whoever asks and in whatever order, so that all models see the same:
    (N, C, H, W)."""
    drawn = [torch.rand(shape, generator=generator(0, f"binarised {split}", index)) for index in indices.tolist()]
    return torch.stack(drawn) if drawn else torch.empty((0, *shape))


def binarised(grey: Tensor, thresholds: Tensor) -> Tensor:
    """Images of 0 and 1 from grey ones in [0, 1], both (N, C, H, W), on the images' device."""
    return (thresholds.to(grey.device) < grey).to(grey.dtype)
