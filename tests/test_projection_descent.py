"""The layout's tabulated forces are UMAP's own: the slopes of its cross-entropy, as its reference has them."""

import numpy as np

from vae_core.projection.descent import DROPPED_BITS, SPREAD_A, SPREAD_B, force_tables


def log_similarity(squared: np.ndarray) -> np.ndarray:
    """Log of 1 / (1 + a d^2b), what two points of the map are drawn together by."""
    return -np.log1p(SPREAD_A * squared**SPREAD_B)


def test_tables_are_within_half_a_percent_of_the_cross_entropys_slopes() -> None:
    squared = np.geomspace(1e-6, 1e3, 50_000).astype(np.float32)
    places = squared.view(np.int32) >> DROPPED_BITS
    pull, push = (table[places] for table in force_tables())
    wide, step = squared.astype(np.float64), 1e-5
    slope = (log_similarity(wide * (1 + step)) - log_similarity(wide * (1 - step))) / (2 * step * wide)
    np.testing.assert_allclose(pull, 2 * slope, rtol=5e-3)
    # Of log(1 − similarity), with the reference's 0.001 against an infinite push at no distance.
    unlike = SPREAD_A * wide**SPREAD_B / (1 + SPREAD_A * wide**SPREAD_B)
    np.testing.assert_allclose(push, -2 * slope * (1 - unlike) / unlike * wide / (wide + 0.001), rtol=5e-3)


def test_every_finite_squared_distance_has_finite_forces() -> None:
    infinite = int(np.float32(np.inf).view(np.int32)) >> DROPPED_BITS
    for table in force_tables():
        assert np.isfinite(table[:infinite]).all()
