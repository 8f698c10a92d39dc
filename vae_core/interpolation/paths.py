"""Paths through stops in latent space, evaluated at parameters t: stop k lies at t = k; grids between four corners.

Below 0 and above K − 1 the first and the last segment go on. All are pure functions of numpy arrays.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vae_core.errors import UserError

Mode = Literal["line", "slerp", "data", "geodesic", "flow"]
ComputedMode = Literal["data", "geodesic"]  # by search: along the data, or the shortest in pixels
GridMode = Literal["line", "slerp"]
Spacing = Literal["latent", "image"]

STOPS = (2, 6)
FRAMES = (2, 120)
GRID_SIDE = (2, 15)
MOST_EXTRAPOLATION = 2.0  # shares of an end segment's length; farther out a decoder shows only noise


Floats = NDArray[np.floating[Any]]

OPPOSITE_BELOW = 1e-6  # sine of the angle from which on rounding would choose the plane of rotation


@dataclass(frozen=True)
class Path:
    """A curve with stop k of `stops` (K, D) at parameter k; `at` takes parameters (M,) to latents (M, D)."""

    stops: Floats
    at: Callable[[Floats], Floats]


def line_path(stops: ArrayLike) -> Path:
    """Straight segments from stop to stop (K, D); see `line`."""
    checked = checked_stops(stops)
    return Path(checked, lambda t: line(checked, t))


def slerp_path(stops: ArrayLike) -> Path:
    """Great-circle segments from stop to stop (K, D); see `slerp`."""
    checked = checked_stops(stops)
    return Path(checked, lambda t: slerp(checked, t))


def checked_stops(stops: ArrayLike) -> Floats:
    """The stops as floating-point numbers (K, D), float32 and float64 as they are.

    Raises:
        UserError: there are too few or too many, they have no common dimension, or a value is not finite.
    """
    values = np.asarray(stops)
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float64)
    if values.ndim != 2 or values.shape[1] == 0:
        raise UserError(f"stops must be rows of equally many numbers, not an array of shape {values.shape}.")
    least, most = STOPS
    if not least <= len(values) <= most:
        raise UserError(f"a path has {least} to {most} stops (got {len(values)}).")
    if not np.isfinite(values).all():
        raise UserError("a stop holds a value that is not finite (NaN or infinity).")
    return values


def line(stops: Floats, t: ArrayLike) -> Floats:
    """Linear interpolation: stops (K, D), parameters (M,) → (M, D) in the stops' dtype, exact at the stops."""
    index, fraction = _segments(len(stops), t)
    # (1 − f)·a + f·b rather than a + f·(b − a): the latter misses b by rounding
    return ((1 - fraction) * stops[index] + fraction * stops[index + 1]).astype(stops.dtype)


def slerp(stops: Floats, t: ArrayLike) -> Floats:
    """Spherical interpolation: stops (K, D), parameters (M,) → (M, D) in the stops' dtype, exact at the stops.

    The direction turns at constant speed along the great circle (White, "Sampling Generative Networks", 2016),
    and the length changes linearly, so that the origin is a stop like any other: a segment to or from it is
    straight. Beyond the ends, rotation and length go on as they did. Between opposite stops every great circle
    is as short; the one through the axis that the first stop leans to least is taken.
    """
    if stops.shape[1] == 1:  # no room to turn
        return line(stops, t)
    index, fraction = _segments(len(stops), t)
    values = stops.astype(np.float64)
    result = np.empty((len(index), stops.shape[1]))
    for segment in np.unique(index):
        inside = index == segment
        result[inside] = _turned(values[segment], values[segment + 1], fraction[inside])
    return result.astype(stops.dtype)


def polyline(points: Floats, pieces: int, t: ArrayLike) -> Floats:
    """Straight pieces between points (S·pieces + 1, D), `pieces` of them a unit of t: (M,) → (M, D).

    Beyond the ends it goes straight on, as fast as the end segment is long, however long its last piece is.
    """
    t = np.asarray(t, np.float64)
    last = (len(points) - 1) / pieces
    before, after = np.maximum(-t, 0)[:, None], np.maximum(t - last, 0)[:, None]
    outside = before * _outward(points[: pieces + 1]) + after * _outward(points[-pieces - 1 :][::-1])
    return line(points, np.clip(t, 0, last) * pieces) + outside.astype(points.dtype)


def _outward(segment: Floats) -> Floats:
    """From a segment's first point away from its second, as long as the whole segment: (P + 1, D) → (D,)."""
    steps = np.diff(segment.astype(np.float64), axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    return -steps[0] * (lengths.sum() / lengths[0] if lengths[0] else 0.0)


def _segments(stops: int, t: ArrayLike) -> tuple[NDArray[np.intp], Floats]:
    """Which segment each parameter falls in (M,), and the fraction of it (M, 1), outside 0 to 1 beyond the ends."""
    t = np.asarray(t, np.float64)
    index = np.clip(np.floor(t), 0, stops - 2).astype(np.intp)
    return index, (t - index)[:, None]


def _turned(a: Floats, b: Floats, fraction: Floats) -> Floats:
    """One segment of `slerp`: (D,), (D,), (M, 1) → (M, D)."""
    a_length, b_length = np.linalg.norm(a), np.linalg.norm(b)
    # the origin has no direction: it takes the other stop's
    a_direction = a / a_length if a_length else b / (b_length or 1)
    b_direction = b / b_length if b_length else a_direction
    lengths = (1 - fraction) * a_length + fraction * b_length
    points = lengths * _rotated(a_direction, b_direction, fraction)
    return np.where(fraction == 0, a, np.where(fraction == 1, b, points))


def _rotated(u: Floats, v: Floats, fraction: Floats) -> Floats:
    """The unit vector u (D,) turned towards the unit vector v by fractions (M, 1) of their angle: (M, D)."""
    cosine = float(u @ v)
    across = v - cosine * u
    sine = float(np.linalg.norm(across))
    if cosine < 0 and sine < OPPOSITE_BELOW:
        middle = _orthogonal(u)
        halves = _rotated(u, middle, 2 * fraction), _rotated(middle, v, 2 * fraction - 1)
        return np.where(fraction <= 0.5, *halves)
    angle = fraction * math.atan2(sine, cosine)  # accurate at every angle, which arccos is not
    return np.cos(angle) * u + np.sin(angle) * (across / (sine or 1))


def _orthogonal(u: Floats) -> Floats:
    """A unit vector orthogonal to the unit vector u (D ≥ 2), in the plane of u and the axis it leans to least."""
    axis = np.abs(u).argmin()
    across = -u[axis] * u
    across[axis] += 1
    return across / np.linalg.norm(across)


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
