"""The layout's tabulated forces are UMAP's own: the slopes of its cross-entropy, as its reference has them."""

import numpy as np
import pytest

from vae_core.projection.fast_umap import DROPPED_BITS, force_tables, similarity_curve

CURVES = [similarity_curve(min_dist, spread) for min_dist, spread in ((0.1, 1), (0, 1), (0.5, 0.5), (0.3, 10))]


@pytest.mark.parametrize(("min_dist", "spread"), [(0.0, 0.1), (0.1, 0.1), (0.0, 10.0), (10.0, 10.0)])
def test_the_curve_is_fitted_at_the_ends_of_the_settings_as_well(min_dist: float, spread: float) -> None:
    a, b = similarity_curve(min_dist, spread)
    distances = np.linspace(0, 3 * spread, 100)
    wanted = np.minimum(1, np.exp((min_dist - distances) / spread))
    assert np.abs(1 / (1 + a * distances ** (2 * b)) - wanted).max() < 0.15


def log_similarity(squared: np.ndarray, a: float, b: float) -> np.ndarray:
    """Log of 1 / (1 + a d^2b), what two points of the map are drawn together by."""
    return -np.log1p(a * squared**b)


@pytest.mark.parametrize(("a", "b"), CURVES)
def test_tables_are_close_to_the_cross_entropys_slopes(a: float, b: float) -> None:
    squared = np.geomspace(1e-6, 1e3, 50_000).astype(np.float32)
    places = squared.view(np.int32) >> DROPPED_BITS
    pull, push = (table[places] for table in force_tables(a, b))
    wide, step = squared.astype(np.float64), 1e-5
    slope = (log_similarity(wide * (1 + step), a, b) - log_similarity(wide * (1 - step), a, b)) / (2 * step * wide)
    np.testing.assert_allclose(pull, 2 * slope, rtol=2e-3 * (1 + b))
    # Of log(1 − similarity), with the reference's 0.001 against an infinite push at no distance.
    unlike = a * wide**b / (1 + a * wide**b)
    np.testing.assert_allclose(push, -2 * slope * (1 - unlike) / unlike * wide / (wide + 0.001), rtol=2e-3 * (1 + b))


@pytest.mark.parametrize(("a", "b"), CURVES)
def test_every_finite_squared_distance_has_finite_forces(a: float, b: float) -> None:
    infinite = int(np.float32(np.inf).view(np.int32)) >> DROPPED_BITS
    for table in force_tables(a, b):
        assert np.isfinite(table[:infinite]).all()
