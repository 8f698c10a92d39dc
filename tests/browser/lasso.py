"""Lassos, the groups they make, and which points lie inside by numpy."""

import math

import numpy as np
from playwright.sync_api import Locator

from tests.browser.standalone import ExplorerPage

CORNERS = 24


def circle(middle: tuple[float, float], radius: float) -> list[tuple[float, float]]:
    """Corners of a lasso in pixels of the page."""
    angles = [2 * math.pi * corner / CORNERS for corner in range(CORNERS)]
    return [(middle[0] + radius * math.cos(angle), middle[1] + radius * math.sin(angle)) for angle in angles]


def inside(polygon: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Indices of the points (N, 2) inside a polygon (C, 2), by the even–odd rule."""
    odd = np.zeros(len(points), dtype=bool)
    for (x1, y1), (x2, y2) in zip(polygon, np.roll(polygon, 1, axis=0), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > points[:, 1]) != (y2 > points[:, 1])
        odd ^= crosses & (points[:, 0] < x1 + (points[:, 1] - y1) / (y2 - y1) * (x2 - x1))
    return np.flatnonzero(odd)


def group(explorer: ExplorerPage, name: str) -> Locator:
    return explorer.page.get_by_role("group", name=f"Group {name}", exact=True)
