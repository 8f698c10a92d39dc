"""A grid of latents between four corners."""

import numpy as np
from numpy.typing import ArrayLike

from vae_core.errors import UserError
from vae_core.interpolation.choices import GRID_SIDE, GridMode
from vae_core.interpolation.paths import Floats, checked_stops, line, slerp


def grid(corners: ArrayLike, rows: int, columns: int, mode: GridMode = "line") -> Floats:
    """Corners (4, D), top left, top right, bottom left, bottom right → (rows, columns, D), exact at the corners.

    The left and the right edge are interpolated first and then each row between them; `line` makes that bilinear,
    and the order matters to `slerp` alone.

    Raises:
        UserError: a side is outside its limits, or there are not four finite corners.
    """
    least, most = GRID_SIDE
    if not (least <= rows <= most and least <= columns <= most):
        raise UserError(f"a grid has {least} to {most} rows and columns (got {rows} × {columns}).")
    values = checked_stops(corners)
    if len(values) != 4:
        raise UserError(f"a grid has four corners (got {len(values)}).")
    between = {"line": line, "slerp": slerp}[mode]
    down, across = np.linspace(0, 1, rows), np.linspace(0, 1, columns)
    edges = zip(between(values[[0, 2]], down), between(values[[1, 3]], down), strict=True)
    return np.stack([between(np.stack(ends), across) for ends in edges])
