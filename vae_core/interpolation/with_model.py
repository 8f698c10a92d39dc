"""From a model to what the interpolation works with: its decoder as a function of arrays, and paths by name."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.typing import ArrayLike, NDArray

from vae_core.interpolation.choices import Mode
from vae_core.interpolation.geodesics import geodesic
from vae_core.interpolation.measures import Decode
from vae_core.interpolation.paths import Path, line_path, slerp_path
from vae_core.model import VAE
from vae_core.progress import ProgressListener, silent


def decoder(model: VAE) -> Decode:
    """The model's decoder on arrays: latents (N, D) → images (N, C, H, W) in [0, 1]."""
    weight = next(model.parameters())

    def decode(latents: NDArray[Any]) -> NDArray[Any]:
        with torch.no_grad():
            return model.decode(torch.as_tensor(latents, device=weight.device, dtype=weight.dtype)).cpu().numpy()

    return decode


def path_through(
    model: VAE,
    stops: ArrayLike,
    mode: Mode,
    *,
    progress: ProgressListener = silent,
    should_stop: Callable[[], bool] = lambda: False,
) -> Path:
    """The path of the given mode through stops (K, D); only a geodesic asks the model and takes a while.

    Raises:
        UserError: there are not 2 to 6 finite stops.
    """
    if mode == "geodesic":
        return geodesic(model, stops, progress=progress, should_stop=should_stop).path
    return line_path(stops) if mode == "line" else slerp_path(stops)
