"""The path along the data: against a metric whose shortest ways are known, and never worse than the line."""

import copy
import math
from itertools import count

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from tests.shipped_models import MODELS, SHIPPED
from tests.test_interpolation_geodesic import data_latents
from vae_core.checkpoint.weights import build_model, load_checkpoint
from vae_core.config import ModelConfig
from vae_core.interpolation.along_data import LATENT_SHARE, MOST_RARE, STRETCH, along_data, mean_log_density, rarity
from vae_core.interpolation.descent import Geodesic
from vae_core.interpolation.frames import PIECES, frames_along, image_length
from vae_core.interpolation.geodesics import geodesic
from vae_core.interpolation.model_paths import decoder
from vae_core.interpolation.paths import line, line_path, slerp_path
from vae_core.model.priors import GaussianMixture, StandardNormal
from vae_core.model.vae import VAE

SMALL = ModelConfig(image_size=8, latent_dim=2, network="mlp", hidden_units=4, likelihood="gaussian")


class Flat(VAE):
    """Every latent is its own image."""

    def decode(self, z: Tensor) -> Tensor:
        return z[:, None, None]


def mixture(dimensions: int, components: int, seed: int) -> GaussianMixture:
    """Random weights, means and covariances."""
    source = torch.Generator().manual_seed(seed)
    log_weights = torch.randn(components, generator=source).log_softmax(0)
    means = torch.randn(components, dimensions, generator=source)
    square = torch.randn(components, dimensions, dimensions, generator=source) / math.sqrt(dimensions)
    return GaussianMixture(log_weights, means, torch.linalg.cholesky(square @ square.mT + 0.1 * torch.eye(dimensions)))


def rareness(prior: GaussianMixture, latents: Tensor) -> Tensor:
    """(p / M)^(−2/D), by torch's own normals."""
    dimensions = latents.shape[1]
    parts = zip(prior.log_weights.double(), prior.means.double(), prior.cholesky.double(), strict=True)
    normals = [(weight, MultivariateNormal(mean, scale_tril=factor), mean) for weight, mean, factor in parts]
    log_density = torch.stack([weight + normal.log_prob(latents) for weight, normal, _ in normals]).logsumexp(0)
    highest = torch.stack([weight + normal.log_prob(mean) for weight, normal, mean in normals]).logsumexp(0)
    return (2 / dimensions * (highest - log_density)).clamp(max=MOST_RARE).exp()


def energies(model: VAE, prior: GaussianMixture, found: Geodesic) -> tuple[float, float]:
    """What the path along the data has least of, and what the line has: without the wall where it is too long."""
    model = copy.deepcopy(model).double()
    stops, count = found.path.stops, len(found.points)
    straight = torch.as_tensor(line(stops, np.arange(count) / found.pieces)).double()
    length = model.decode(straight).flatten(1).diff(dim=0).norm(dim=1).sum()
    scale = LATENT_SHARE * (length / straight.diff(dim=0).norm(dim=1).sum()).square()

    def energy(points: Tensor) -> float:
        weights = rareness(prior, points)
        steps = model.decode(points).flatten(1).diff(dim=0).square().sum(1)
        steps = steps + scale * points.diff(dim=0).square().sum(1)
        return float(((weights[1:] + weights[:-1]) / 2 * steps).sum())

    with torch.no_grad():
        return energy(torch.as_tensor(found.points).double()), energy(straight)


def test_where_every_latent_is_its_own_image_the_path_bends_as_clairaut_says() -> None:
    """Of a density that is round about the origin, the distance from it times the sine of the angle to it times what a
    change counts is the same all along (Clairaut's relation; do Carmo, "Differential Geometry", section 4-4)."""
    found = along_data(Flat(SMALL).double(), None, [[-1.0, 0.6], [1.0, 0.6]])
    steps, middles = np.diff(found.points, axis=0), (found.points[1:] + found.points[:-1]) / 2
    lever = np.abs(middles[:, 0] * steps[:, 1] - middles[:, 1] * steps[:, 0]) / np.linalg.norm(steps, axis=1)
    counted = lever * np.exp(np.square(middles).sum(1) / 4)  # the root of N(0, I)'s density, turned over
    assert found.points[:, 1].min() < 0.5
    assert np.ptp(counted) < 0.01 * counted.mean()


@pytest.mark.parametrize(("dimensions", "components", "stops"), [(1, 1, 2), (2, 3, 4), (5, 20, 3), (24, 7, 2)])
@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli", "continuous-bernoulli"])
def test_it_is_never_worse_than_the_line(dimensions: int, components: int, stops: int, likelihood: str) -> None:
    config = {"latent_dim": dimensions, "likelihood": likelihood, "hidden_units": 8 * components}
    model = build_model(ModelConfig.model_validate(SMALL.model_dump() | config | {"variance": None}), seed=dimensions)
    with torch.no_grad():
        for parameter in model.decoder.parameters():
            parameter.mul_(3)  # a decoder of small weights is nearly linear
    prior = mixture(dimensions, components, seed=stops)
    through = np.random.default_rng(components).normal(0, 2, (stops, dimensions))
    sketches: list[Geodesic] = []
    found = along_data(model, prior, through, on_sketch=sketches.append)
    for path in (*sketches, found):
        np.testing.assert_allclose(path.points[:: path.pieces], through)
        without_wall, of_the_line = energies(model, prior, path)
        assert path.line_energy == pytest.approx(of_the_line, rel=1e-3)
        assert without_wall * (1 - 1e-3) <= path.energy <= path.line_energy
        assert path.length <= STRETCH * path.line_length
    assert len(sketches) == 1


def test_a_change_counts_as_the_density_there_says() -> None:
    prior = mixture(3, 6, seed=1)
    latents = torch.randn(200, 3, generator=torch.Generator().manual_seed(2)).double() * 3
    latents = torch.cat([latents, prior.means.double(), 1e4 * latents[:5]])
    weights = rarity(prior, latents)
    np.testing.assert_allclose(weights(latents), rareness(prior, latents), rtol=1e-5)
    near = latents[:5] / 3
    standard = MultivariateNormal(torch.zeros(3).double(), torch.eye(3).double())
    expected = (2 / 3 * (standard.log_prob(torch.zeros(3).double()) - standard.log_prob(near))).exp()
    np.testing.assert_allclose(rarity(None, latents)(near), expected)
    assert weights(latents).min() >= 1
    assert torch.autograd.gradcheck(weights, latents[:5].requires_grad_())


# The large ones take a minute each; `benchmarks.paths` looks at all.
@pytest.mark.parametrize("name", [name for name in SHIPPED if name not in ("glyphs-24d", "emoji-faces-16d")])
def test_on_shipped_models_it_is_denser_than_every_other_path(name: str) -> None:
    checkpoint = load_checkpoint(MODELS / name)
    model, prior = checkpoint.model, checkpoint.fitted_prior
    assert prior is not None
    densities: dict[str, list[float]] = {}
    for stops in data_latents(name, 6).reshape(3, 2, -1):
        found = along_data(model, prior, stops)
        others = {"line": line_path(stops), "slerp": slerp_path(stops), "geodesic": geodesic(model, stops).path}
        for way, path in {**others, "data": found.path}.items():
            latents = frames_along(path, decoder(model), frames=24).latents
            densities.setdefault(way, []).append(prior.log_prob(torch.from_numpy(latents)).mean().item())
        assert found.energy < found.line_energy
        assert image_length(found.path, decoder(model)) <= STRETCH * found.line_length * (1 + 1e-5)
        straight = others["line"].at(np.arange(25) / PIECES)
        assert mean_log_density(prior, found.points) > mean_log_density(prior, straight)
    means = {way: np.mean(values) for way, values in densities.items()}
    assert means["data"] == max(means.values()), means
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_mean_density_is_that_of_the_way_and_not_of_its_points() -> None:
    crowded = np.concatenate([np.linspace(0, 0.1, 1000), np.linspace(0.1, 4, 1000)])[:, None].repeat(2, 1)
    even = np.linspace(0, 4, 5000)[:, None].repeat(2, 1)
    prior = StandardNormal(2)
    assert mean_log_density(prior, crowded) == pytest.approx(mean_log_density(prior, even), abs=1e-3)
    assert mean_log_density(prior, np.ones((5, 2))) == pytest.approx(-1 - math.log(2 * math.pi))


@pytest.mark.parametrize("calls", [0, 1, 7, 40])
def test_a_cancelled_search_returns_the_best_so_far(calls: int) -> None:
    prior, stops, ticks = mixture(2, 3, seed=4), [[-2.0, 1.0], [2.0, 1.0]], count()
    model = Flat(SMALL)
    found = along_data(model, prior, stops, should_stop=lambda: next(ticks) >= calls)
    assert found.cancelled
    assert found.energy <= found.line_energy
    assert along_data(model, prior, stops).energy <= found.energy * (1 + 1e-3) or calls < 40
