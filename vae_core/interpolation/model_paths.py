"""Paths that go by a model: the one of each mode, the straight one of a flow; and its decoder, as frames take it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from vae_core.errors import UserError
from vae_core.interpolation.along_data import along_data
from vae_core.interpolation.frames import Decode
from vae_core.interpolation.geodesics import geodesic
from vae_core.interpolation.paths import Floats, Mode, Path, checked_stops, line, line_path, slerp_path
from vae_core.model.flow import RealNVP
from vae_core.model.priors import Prior
from vae_core.model.vae import VAE
from vae_core.progress import ProgressListener, silent


def path_through(
    model: VAE,
    stops: ArrayLike,
    mode: Mode,
    *,
    prior: Prior | None = None,
    progress: ProgressListener = silent,
    should_stop: Callable[[], bool] = lambda: False,
) -> Path:
    """The path of the given mode through stops (K, D); of those that ask the model and take a while, the one along the
    data goes by the `prior` that knows them, or by N(0, I) without one.

    Raises:
        UserError: there are not 2 to 6 finite stops, there is no finite way between them, or the way of a flow is asked
            of a model whose prior is none.
    """
    if mode == "flow":
        if not isinstance(prior, RealNVP):
            raise UserError("The straight line in a flow's own space is a way of models whose prior is a flow only.")
        return flow_path(prior, stops)
    if mode == "data":
        return along_data(model, prior, stops, progress=progress, should_stop=should_stop).path
    if mode == "geodesic":
        return geodesic(model, stops, progress=progress, should_stop=should_stop).path
    return line_path(stops) if mode == "line" else slerp_path(stops)


def flow_path(flow: RealNVP, stops: ArrayLike) -> Path:
    """Straight segments from stop to stop (K, D) in the space that a flow has its data from, exact at the stops.

    There the data lie as N(0, I), so that the way leads where they are as far as a straight one does through that.
    """
    checked = checked_stops(stops)
    weight = next(flow.parameters())

    def through(way: Callable[[Tensor], tuple[Tensor, Tensor]], latents: Floats) -> Floats:
        with torch.no_grad():
            return way(torch.as_tensor(latents, device=weight.device))[0].cpu().numpy()

    base = through(flow.inverse, checked)

    def at(t: Floats) -> Floats:
        points = through(flow.forward, line(base, t))
        stop = np.clip(np.round(t), 0, len(checked) - 1).astype(int)
        return np.where((stop == t)[:, None], checked[stop], points)

    return Path(checked, at)


def decoder(model: VAE) -> Decode:
    """The model's decoder on arrays: latents (N, D) → images (N, C, H, W) in [0, 1]."""
    weight = next(model.parameters())

    def decode(latents: NDArray[Any]) -> NDArray[Any]:
        with torch.no_grad():
            return model.decode(torch.as_tensor(latents, device=weight.device, dtype=weight.dtype)).cpu().numpy()

    return decode
