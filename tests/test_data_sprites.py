"""Sprites show the factors they claim: measured back from the pixels by image moments."""

import numpy as np
import pytest

from vae_core.data.dataset import load_dataset
from vae_core.data.named.sprites import (
    ORIENTATIONS,
    POSITIONS,
    SCALES,
    SHAPES,
    SpriteFactors,
    draw_sprites,
    sprite_factors,
)


@pytest.fixture(scope="module")
def factors() -> SpriteFactors:
    return sprite_factors("test")[:600]


@pytest.fixture(scope="module")
def mass(factors: SpriteFactors) -> np.ndarray:
    return draw_sprites(factors)[:, 0] / 255.0


def _moments(mass: np.ndarray) -> tuple[np.ndarray, ...]:
    """Area, centroid and central second moments of images (N, H, W), in image widths, y upwards."""
    size = mass.shape[-1]
    x = (np.arange(size) + 0.5) / size
    y = 1 - x
    area = mass.sum(axis=(1, 2))
    mean_x = (mass.sum(axis=1) * x).sum(axis=1) / area
    mean_y = (mass.sum(axis=2) * y).sum(axis=1) / area
    right, up = x[None, None, :] - mean_x[:, None, None], y[None, :, None] - mean_y[:, None, None]
    second = [(mass * product).sum(axis=(1, 2)) / area for product in (right**2, up**2, right * up)]
    return area / size**2, mean_x, mean_y, *second


def test_the_centroid_is_at_x_and_y(factors: SpriteFactors, mass: np.ndarray) -> None:
    _, mean_x, mean_y, *_ = _moments(mass)
    np.testing.assert_allclose(mean_x, factors.x, atol=0.1 / 32)
    np.testing.assert_allclose(mean_y, factors.y, atol=0.1 / 32)


def test_the_area_is_the_square_of_the_scale_for_every_shape(factors: SpriteFactors, mass: np.ndarray) -> None:
    area, *_ = _moments(mass)
    for shape in range(len(SHAPES)):
        members = factors.shape == shape
        np.testing.assert_allclose(area[members], factors.scale[members] ** 2, rtol=0.04)


def test_the_long_axis_of_an_ellipse_is_at_its_orientation(factors: SpriteFactors, mass: np.ndarray) -> None:
    *_, xx, yy, xy = _moments(mass)
    members = factors.shape == SHAPES.index("ellipse")
    angle = np.arctan2(2 * xy, xx - yy)[members] / 2
    np.testing.assert_allclose(angle, factors.orientation[members], atol=np.radians(3))


def test_a_heart_points_away_from_its_lobes(factors: SpriteFactors, mass: np.ndarray) -> None:
    # Along its own axis a heart has its mass up and a long tip below, so the third moment there is negative.
    size = mass.shape[-1]
    members = np.flatnonzero(factors.shape == SHAPES.index("heart"))
    x = (np.arange(size) + 0.5) / size
    right = x[None, None, :] - factors.x[members, None, None]
    up = (1 - x)[None, :, None] - factors.y[members, None, None]
    turn = factors.orientation[members, None, None]
    along, across = np.cos(turn) * up - np.sin(turn) * right, np.cos(turn) * right + np.sin(turn) * up
    assert ((mass[members] * along**3).sum(axis=(1, 2)) < 0).all()
    skew = (mass[members] * across**3).sum(axis=(1, 2)) / mass[members].sum(axis=(1, 2))
    np.testing.assert_allclose(skew, 0, atol=2e-5)


def test_edges_are_smooth_and_nothing_touches_the_frame(mass: np.ndarray) -> None:
    border = np.concatenate([mass[:, [0, -1]].reshape(len(mass), -1), mass[:, :, [0, -1]].reshape(len(mass), -1)], 1)
    assert border.max() == 0
    between = ((mass > 0) & (mass < 1)).mean(axis=(1, 2))
    assert (between > 0.01).all()
    assert mass.max() == 1


def test_factors_fill_their_ranges_independently() -> None:
    everything = sprite_factors("train")
    for values, (low, high) in [
        (everything.scale, SCALES),
        (everything.orientation, ORIENTATIONS),
        (everything.x, POSITIONS),
        (everything.y, POSITIONS),
    ]:
        span = high - low
        assert low <= values.min() < low + 0.01 * span
        assert high - 0.01 * span < values.max() < high
    table = [everything.shape, everything.scale, everything.orientation, everything.x, everything.y]
    correlations = np.corrcoef(np.stack(table))
    np.testing.assert_allclose(correlations, np.eye(5), atol=0.03)


def test_the_data_set_shows_these_factors_in_this_order(factors: SpriteFactors, mass: np.ndarray) -> None:
    dataset = load_dataset("sprites", "test")
    np.testing.assert_array_equal(dataset.images[:600, 0].numpy(), np.rint(mass * 255))
    np.testing.assert_array_equal(dataset.labels[:600].numpy(), factors.shape)
    assert dataset.class_names == SHAPES


def test_the_factors_are_columns_as_of_a_table_beside_the_images(factors: SpriteFactors) -> None:
    dataset = load_dataset("sprites", "test")
    assert list(dataset.columns) == ["shape", "scale", "orientation", "x", "y"]
    assert {len(cells) for cells in dataset.columns.values()} == {len(dataset)}
    assert dataset.columns["shape"] == tuple(SHAPES[label] for label in dataset.labels)
    for title, expected, unit in [
        ("scale", factors.scale, 0.001),
        ("orientation", np.degrees(factors.orientation), 0.1),
        ("x", factors.x, 0.001),
        ("y", factors.y, 0.001),
    ]:
        told = np.array(dataset.columns[title][:600], dtype=float)
        np.testing.assert_allclose(told, expected, atol=0.51 * unit)
        assert title != "orientation" or -45 <= told.min() < -40 < 40 < told.max() <= 45


def test_another_size_is_drawn_at_that_size(factors: SpriteFactors) -> None:
    larger = draw_sprites(factors[:50], image_size=64)[:, 0] / 255.0
    area, mean_x, mean_y, *_ = _moments(larger)
    np.testing.assert_allclose(area, factors.scale[:50] ** 2, rtol=0.02)
    np.testing.assert_allclose(mean_x, factors.x[:50], atol=0.1 / 64)
    np.testing.assert_allclose(mean_y, factors.y[:50], atol=0.1 / 64)
