"""Decoder geodesics: against surfaces whose geodesics are known, and never longer than the line on shipped models."""

import math
from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.shipped_models import MODELS, SHIPPED
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.config import ModelConfig
from vae_core.errors import UserError
from vae_core.explorer_files.explorer_folder import read_manifest
from vae_core.interpolation.frames import frames_along, image_changes, image_length
from vae_core.interpolation.geodesics import geodesic
from vae_core.interpolation.model_paths import decoder, path_through
from vae_core.interpolation.paths import Floats
from vae_core.model.vae import VAE
from vae_core.progress import Progress

SMALL = ModelConfig(image_size=8, latent_dim=2, network="mlp", hidden_units=4, likelihood="gaussian")


def data_latents(name: str, count: int) -> Floats:
    """The first latents of a shipped model's map."""
    entry = read_manifest(MODELS / name / "explorer").files.latents
    values = np.fromfile(MODELS / name / "explorer" / entry.path, "<f2").reshape(entry.shape)
    return values[:count].astype(np.float32)


class Polar(VAE):
    """Radius and angle to a place in the plane: flat, so its geodesics are straight in the image."""

    def decode(self, z: Tensor) -> Tensor:
        radius, angle = z.unbind(1)
        return torch.stack([radius * angle.cos(), radius * angle.sin()], 1)[:, None, None]


class Sphere(VAE):
    """Latitude and longitude to a place on the unit sphere, whose geodesics are great circles."""

    def decode(self, z: Tensor) -> Tensor:
        latitude, longitude = z.unbind(1)
        round_the_axis = latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin()
        return torch.stack([*round_the_axis, latitude.sin()], 1)[:, None, None]


def test_in_polar_coordinates_the_geodesic_is_the_straight_line_of_the_plane() -> None:
    found = geodesic(Polar(SMALL).double(), [[1.0, 0.0], [2.0, 2.0]], pieces=16)
    ends = np.array([[1.0, 0.0], [2 * math.cos(2), 2 * math.sin(2)]])
    assert found.length == pytest.approx(np.linalg.norm(ends[1] - ends[0]), rel=1e-4)
    radius, angle = found.points.T
    even = ends[0] + np.linspace(0, 1, 17)[:, None] * (ends[1] - ends[0])
    np.testing.assert_allclose(np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1), even, atol=0.01)


def test_on_a_sphere_the_geodesic_is_the_great_circle() -> None:
    found = geodesic(Sphere(SMALL).double(), [[0.9, 0.0], [0.9, 2.0]], pieces=24)
    angle = math.acos(math.sin(0.9) ** 2 + math.cos(0.9) ** 2 * math.cos(2))
    chords = 2 * 24 * math.sin(angle / 48)
    assert found.length == pytest.approx(chords, rel=1e-4)
    assert found.energy == pytest.approx(chords**2 / 24, rel=1e-3)
    assert found.line_length > 1.05 * found.length
    assert found.points[12, 0] == pytest.approx(math.atan(math.tan(0.9) / math.cos(1)), abs=0.01)  # its highest place


def test_of_a_linear_decoder_the_geodesic_is_the_line() -> None:
    torch.manual_seed(0)
    model = VAE(SMALL.model_copy(update={"network": "linear"}))
    with torch.no_grad():
        for parameter in model.decoder.parameters():
            parameter.mul_(0.1)
        list(model.decoder.parameters())[-1].fill_(0.5)  # so that no pixel is clamped to [0, 1]
    stops = np.array([[-1.0, 0.5], [1.0, 0.7], [0.0, 2.0]], np.float32)
    found = geodesic(model, stops)
    expected = np.concatenate([np.linspace(stops[0], stops[1], 25), np.linspace(stops[1], stops[2], 25)[1:]])
    np.testing.assert_allclose(found.points, expected, atol=1e-6)
    changes = image_changes(decoder(model), found.points)
    np.testing.assert_allclose(changes[:24], changes[0], rtol=1e-4)
    assert (found.length, found.energy) == (found.line_length, found.line_energy)


@pytest.mark.parametrize("name", SHIPPED)
def test_on_shipped_models_no_segment_is_longer_than_its_line(name: str) -> None:
    model = load_checkpoint(MODELS / name).model.train()
    decode, stops = decoder(model), data_latents(name, 3)
    with torch.no_grad():  # whatever its caller does
        found = geodesic(model, stops)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(module.training for module in model.modules())

    path, line = found.path, path_through(model, stops, "line")
    np.testing.assert_array_equal(path.at(np.arange(3.0)), stops)
    np.testing.assert_array_equal(path.stops, stops)
    assert found.length < 0.99 * found.line_length
    assert found.energy < found.line_energy
    assert image_length(path, decode) == pytest.approx(found.length, rel=1e-5)
    assert image_length(line, decode) == pytest.approx(found.line_length, rel=1e-5)
    parameters = np.arange(49) / 24
    changes = [image_changes(decode, way.at(parameters)).reshape(2, 24).sum(1) for way in (path, line)]
    assert (changes[0] <= changes[1]).all()
    # nor does it cheat between its points
    assert image_length(path, decode, 240) < image_length(line, decode, 240)

    frames = frames_along(path, decode, frames=12, spacing="image", extrapolation=0.1)
    assert (frames.parameters[0], frames.parameters[-1]) == (-0.1, 2.1)
    assert np.isfinite(frames.images).all()


@pytest.mark.parametrize("calls", [0, 1, 7])
def test_a_cancelled_search_returns_the_best_so_far(calls: int) -> None:
    stops, ticks = np.array([[1.0, 0.0], [2.0, 2.5]]), count()
    found = geodesic(Polar(SMALL), stops, should_stop=lambda: next(ticks) >= calls)
    assert found.cancelled
    assert found.length <= found.line_length
    np.testing.assert_array_equal(found.points[[0, -1]], stops)
    whole = geodesic(Polar(SMALL), stops)
    assert not whole.cancelled
    assert whole.length < found.length
    if calls <= 1:  # the first step is the line's own
        np.testing.assert_allclose(found.points, np.linspace(stops[0], stops[1], 25), atol=1e-6)


class Constant(VAE):
    """Every latent to the same image."""

    def decode(self, z: Tensor) -> Tensor:
        return 0 * z[:, None, None] + 0.5


class Broken(VAE):
    """Nothing but NaN off the line from (0, 0) to (1, 1)."""

    def decode(self, z: Tensor) -> Tensor:
        x, y = z.unbind(1)
        return torch.where(x == y, x.square(), torch.nan * x * y)[:, None, None, None]


class Fenced(Polar):
    """Polar coordinates, latents a twentieth of their size, that end a little inside of the geodesic."""

    def decode(self, z: Tensor) -> Tensor:
        beyond = z[:, :1, None, None] < 0.65 / 20
        return torch.where(beyond, torch.nan, super().decode(20 * z))


def test_a_step_to_where_the_decoder_has_no_value_is_taken_back() -> None:
    found = geodesic(Fenced(SMALL).double(), [[0.05, 0.0], [0.1, 0.1]], pieces=16)
    chord = math.hypot(1 - 2 * math.cos(2), 2 * math.sin(2))
    assert found.line_length > 1.2 * chord
    assert found.length == pytest.approx(chord, rel=1e-3)


def test_a_continuous_bernoulli_decoder_that_is_sure_of_its_background_has_geodesics() -> None:
    """The logits of pixels that are always 0 fall far below −88, where e^−l overflows."""
    torch.manual_seed(0)
    model = VAE(SMALL.model_copy(update={"likelihood": "continuous-bernoulli", "hidden_units": 32, "variance": None}))
    with torch.no_grad():
        for parameter in model.decoder.parameters():
            parameter.mul_(8)
        model.decoder[0][-1].bias[:32] = -1e4  # type: ignore[index]
    found = geodesic(model, [[-1.0, 0.5], [1.0, -1.0]])
    assert found.length < 0.99 * found.line_length


def test_where_the_line_itself_has_no_slope_this_is_said() -> None:
    with pytest.raises(UserError, match="no finite image or slope on the straight line"):
        geodesic(Broken(SMALL), [[0.0, 0.0], [1.0, 1.0]])


def test_where_nothing_can_be_gained_the_line_is_left() -> None:
    found = geodesic(Constant(SMALL), [[0.0, 0.0], [1.0, 1.0]])
    np.testing.assert_allclose(found.path.at(np.array([0.5])), [[0.5, 0.5]], atol=1e-6)
    assert found.length == found.line_length


def test_equal_stops_and_segments_that_stand_still() -> None:
    found = geodesic(Polar(SMALL), [[1.0, 0.0], [1.0, 0.0], [1.0, 2.0]])
    np.testing.assert_array_equal(found.path.at(np.array([0.3])), [[1, 0]])
    assert found.length < 0.9 * found.line_length


def test_progress_only_grows_and_ends_complete() -> None:
    told: list[Progress] = []
    geodesic(Sphere(SMALL), [[0.9, 0.0], [0.9, 2.0]], progress=told.append)
    shares: Iterator[float] = (entry.done / entry.total for entry in told)
    assert [*shares] == sorted({entry.done / entry.total for entry in told})
    assert told[-1].done == told[-1].total
