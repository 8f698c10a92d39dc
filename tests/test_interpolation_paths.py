"""Paths, frames and grids in latent space, against scipy and against what geometry says."""

import subprocess
import sys
from pathlib import Path as FilePath

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator, interp1d
from scipy.spatial import geometric_slerp

from vae_core.errors import UserError
from vae_core.interpolation.frames import frames_along
from vae_core.interpolation.paths import Floats, GridMode, Path, Spacing, grid, line_path, polyline, slerp_path

ROOT = FilePath(__file__).resolve().parents[1]
PATHS = {"line": line_path, "slerp": slerp_path}


def random(*shape: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=shape)


def unit(values: Floats) -> Floats:
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


def bent(latents: Floats) -> Floats:
    """A decoder: pixels that are curved functions of two or more latents."""
    x, y = latents[:, 0], latents[:, 1]
    pixels = np.stack([np.tanh(x), np.sin(2 * y), np.tanh(x * y), np.exp(-(x**2))], axis=1)
    return (pixels / 2 + 0.5).reshape(-1, 1, 2, 2)


AXIS = np.eye(4)[0]
HARD = {
    "equal": np.stack([AXIS, AXIS]),
    "parallel": np.stack([AXIS, 3 * AXIS]),
    "nearly parallel": np.stack([AXIS, AXIS + 1e-9 * np.eye(4)[1]]),
    "opposite": np.stack([2 * AXIS, -AXIS]),
    "nearly opposite": np.stack([2 * AXIS, -AXIS + 1e-7 * np.eye(4)[2]]),
    "just not opposite": np.stack([2 * AXIS, -AXIS + 1e-5 * np.eye(4)[2]]),
    "to zero": np.stack([AXIS, 0 * AXIS]),
    "from zero": np.stack([0 * AXIS, AXIS]),
    "only zero": np.zeros((3, 4)),
    "there and back": np.stack([AXIS, -AXIS, AXIS]),
    "one dimension": np.array([[1.0], [-2.0], [4.0]]),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("mode", PATHS)
@pytest.mark.parametrize("stops", [random(2, 16), 3 * random(6, 5), *HARD.values()], ids=["two", "six", *HARD])
def test_a_path_hits_its_stops_exactly_and_never_jumps(mode: str, stops: Floats, dtype: type) -> None:
    stops = stops.astype(dtype)
    last = len(stops) - 1
    path = PATHS[mode](stops)
    np.testing.assert_array_equal(path.at(np.arange(last + 1.0)), stops)
    dense = path.at(np.linspace(-0.5, last + 0.5, 5001))
    assert dense.dtype == dtype
    assert np.isfinite(dense).all()
    speed = np.pi * np.linalg.norm(stops, axis=1).max() * 3  # of turning by half a circle, and shrinking meanwhile
    assert np.linalg.norm(np.diff(dense, axis=0), axis=1).max() <= speed * (last + 1) / 5000 + 1e-6


def test_a_line_is_linear_and_goes_on_beyond_its_ends() -> None:
    stops = random(4, 7)
    t = np.linspace(-1, 4, 77)
    expected = interp1d(np.arange(4), stops, axis=0, fill_value="extrapolate")(t)
    np.testing.assert_allclose(line_path(stops).at(t), expected, atol=1e-12)


@pytest.mark.parametrize("dimensions", [2, 3, 16])
def test_slerp_is_the_great_circle_of_scipy_with_lengths_changing_linearly(dimensions: int) -> None:
    a, b = random(2, dimensions, seed=dimensions)
    t = np.linspace(0, 1, 33)
    along = slerp_path(np.stack([a, b])).at(t)
    np.testing.assert_allclose(unit(along), geometric_slerp(unit(a), unit(b), t), atol=1e-12)
    lengths = (1 - t) * np.linalg.norm(a) + t * np.linalg.norm(b)
    np.testing.assert_allclose(np.linalg.norm(along, axis=1), lengths)


def test_slerp_turns_on_at_the_same_speed_beyond_its_ends() -> None:
    path = slerp_path([[1.0, 0.0], [np.cos(0.4), np.sin(0.4)]])
    t = np.linspace(-2, 2, 9)
    np.testing.assert_allclose(path.at(t), np.stack([np.cos(0.4 * t), np.sin(0.4 * t)], axis=1), atol=1e-12)


def test_slerp_between_opposites_takes_half_a_great_circle() -> None:
    along = slerp_path(HARD["there and back"]).at(np.linspace(0, 1, 19))
    np.testing.assert_allclose(np.linalg.norm(along, axis=1), 1)
    np.testing.assert_allclose((along[1:] * along[:-1]).sum(1), np.cos(np.pi / 18))


def test_a_polyline_goes_straight_on_as_fast_as_its_end_segment_is_long() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 3.0], [5.0, 3.0], [5.0, 5.0]])
    found = polyline(points, 2, np.array([-0.5, 0.0, 0.25, 1.0, 2.0, 2.5]))
    np.testing.assert_allclose(found, np.array([[-2, 0], [0, 0], [0.5, 0], [1, 3], [5, 5], [5, 8]]))


@pytest.mark.parametrize("stops", [random(2, 3), 2 * random(4, 3, seed=1)], ids=["two", "four"])
@pytest.mark.parametrize("mode", PATHS)
@pytest.mark.parametrize("frames", [24, 120])
def test_frames_are_equally_far_apart(mode: str, frames: int, stops: Floats) -> None:
    path = PATHS[mode](stops)
    by_image = frames_along(path, bent, frames=frames, spacing="image")
    by_latent = frames_along(path, bent, frames=frames)
    distances = np.linalg.norm(np.diff(by_latent.latents, axis=0), axis=1)
    for steps in (by_image.image_changes, distances):
        middle = np.median(steps)
        assert steps.max() < 1.06 * middle
        uneven = np.abs(steps - middle) > 0.05 * middle
        assert uneven.sum() <= 3 * (len(stops) - 2)  # those round the corners at the inner stops
    for found in (by_image, by_latent):
        np.testing.assert_array_equal(found.latents[[0, -1]], stops[[0, -1]])
        np.testing.assert_array_equal(found.images, bent(found.latents))
        assert (np.diff(found.parameters) > 0).all()
        pixels = found.images.reshape(frames, -1)
        np.testing.assert_allclose(found.image_changes, np.linalg.norm(pixels[1:] - pixels[:-1], axis=1))


def test_frames_on_a_straight_line_are_where_they_belong() -> None:
    found = frames_along(line_path([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]]), bent, frames=5)
    np.testing.assert_allclose(found.latents, [[0, 0], [1, 0], [2, 0], [3, 0], [3, 1]], atol=1e-12)
    found = frames_along(line_path([[0.0, 0.0], [2.0, 0.0]]), bent, frames=4, extrapolation=0.25)
    np.testing.assert_allclose(found.latents[:, 0], [-0.5, 0.5, 1.5, 2.5])


@pytest.mark.parametrize("spacing", ["latent", "image"])
def test_frames_of_a_path_that_stands_still(spacing: Spacing) -> None:
    found = frames_along(line_path(np.ones((3, 2))), bent, frames=7, spacing=spacing)
    np.testing.assert_array_equal(found.latents, np.ones((7, 2)))
    np.testing.assert_allclose(found.parameters, np.linspace(0, 2, 7))


def test_frames_reach_the_ends_of_a_path_whose_image_rests_there() -> None:
    def resting(latents: Floats) -> Floats:
        return np.clip(latents[:, :1], 1, 2).reshape(-1, 1, 1, 1)

    found = frames_along(line_path([[0.0], [3.0]]), resting, frames=5, spacing="image")
    np.testing.assert_allclose(found.latents[:, 0], [0, 1.25, 1.5, 1.75, 3], atol=0.02)


@pytest.mark.parametrize("mode", ["line", "slerp"])
def test_a_grid_has_its_corners_in_its_corners(mode: GridMode) -> None:
    corners = random(4, 6)
    found = grid(corners, 5, 15, mode)
    assert found.shape == (5, 15, 6)
    np.testing.assert_array_equal(found[[0, 0, -1, -1], [0, -1, 0, -1]], corners)
    if mode == "line":
        bilinear = RegularGridInterpolator(([0, 1], [0, 1]), corners.reshape(2, 2, 6))
        places = np.stack(np.meshgrid(np.linspace(0, 1, 5), np.linspace(0, 1, 15), indexing="ij"), axis=-1)
        np.testing.assert_allclose(found, bilinear(places), atol=1e-12)
    else:
        np.testing.assert_allclose(found[:, 0], slerp_path(corners[[0, 2]]).at(np.linspace(0, 1, 5)))


MISTAKES = {
    "one stop": (lambda: line_path(np.zeros((1, 2))), "2 to 6 stops"),
    "seven stops": (lambda: slerp_path(np.zeros((7, 2))), "2 to 6 stops"),
    "not rows": (lambda: line_path(np.zeros(4)), "rows of equally many numbers"),
    "not finite": (lambda: line_path([[0.0], [np.nan]]), "not finite"),
    "one frame": (lambda: frames_along(line_path([[0, 0], [1, 1]]), bent, frames=1), "2 to 120"),
    "far out": (lambda: frames_along(line_path([[0, 0], [1, 1]]), bent, frames=2, extrapolation=np.inf), "0 to 2"),
    "large grid": (lambda: grid(np.zeros((4, 2)), 2, 16), "2 to 15 rows and columns"),
    "three corners": (lambda: grid(np.zeros((3, 2)), 2, 2), "four corners"),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_named(kind: str) -> None:
    ask, message = MISTAKES[kind]
    with pytest.raises(UserError, match=message):
        ask()


def test_paths_load_no_torch() -> None:
    modules = "frames, latents_csv, measures, packed_priors, paths"
    code = f"from vae_core.interpolation import {modules}; import sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_a_path_of_ones_own_can_be_framed() -> None:
    circle = Path(random(2, 2), lambda t: np.stack([np.cos(t), np.sin(t)], axis=1))
    found = frames_along(circle, bent, frames=10)
    np.testing.assert_allclose(found.parameters, np.linspace(0, 1, 10), atol=1e-4)
