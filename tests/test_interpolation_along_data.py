"""The path along the data: against a metric whose shortest ways are known, and never worse than the line."""

import math
from itertools import count, pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.test_interpolation_geodesic import MODELS, SHIPPED, data_latents
from vae_core.checkpoint.weights import build_model, load_checkpoint
from vae_core.config import ModelConfig
from vae_core.interpolation.along_data import RARITY, STRETCH, along_data, mean_log_density, rarity
from vae_core.interpolation.descent import Geodesic
from vae_core.interpolation.frames import PIECES, frames_along, image_length
from vae_core.interpolation.geodesics import decoder, geodesic
from vae_core.interpolation.paths import Floats, line, line_path, slerp_path
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


def energy(model: VAE, prior: GaussianMixture, points: Floats) -> float:
    """What the path along the data has least of, written anew."""
    latents = torch.as_tensor(points, dtype=torch.float64)
    components = [
        log_weight + torch.distributions.MultivariateNormal(mean, scale_tril=factor).log_prob(latents)
        for log_weight, mean, factor in zip(
            prior.log_weights.double(), prior.means.double(), prior.cholesky.double(), strict=True
        )
    ]
    peaks = prior.log_weights - torch.tensor(
        [0.5 * (len(factor) * math.log(2 * math.pi) + 2 * factor.diagonal().log().sum()) for factor in prior.cholesky]
    )
    weights = 1 + RARITY * (peaks.double().logsumexp(0) - torch.stack(components).logsumexp(0))
    images = model.double().decode(latents).flatten(1)
    return float(
        sum(
            (a + b) / 2 * (y - x).square().sum()
            for (a, b), (x, y) in zip(pairwise(weights), pairwise(images), strict=True)
        )
    )


def test_where_every_latent_is_its_own_image_the_path_bends_towards_the_middle_of_a_normal_prior() -> None:
    """The way of a particle with ½|z'|² = w = 1 + λ|z|²/2, hence z'' = λ z: between (−X, Y) and (X, Y) the hyperbola
    y²/a² − x²/b² = 1 with b² = a² + 2/λ, by the energy in its middle."""
    x, y = 2.0, 1.0
    found = along_data(Flat(SMALL).double(), None, [[-x, y], [x, y]])
    linear = x**2 + 2 / RARITY - y**2
    a = (math.sqrt(linear**2 + 8 * y**2 / RARITY) - linear) / 2
    expected = np.sqrt(a * (1 + found.points[:, 0] ** 2 / (a + 2 / RARITY)))
    assert expected.min() < 0.9
    np.testing.assert_allclose(found.points[:, 1], expected, atol=0.01)


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
        straight = line(through, np.arange(len(path.points)) / path.pieces)
        np.testing.assert_allclose(path.points[:: path.pieces], through)
        assert path.energy == pytest.approx(energy(model, prior, path.points), rel=1e-3)
        assert path.line_energy == pytest.approx(energy(model, prior, straight), rel=1e-3)
        assert path.energy <= path.line_energy
        assert path.length <= STRETCH * path.line_length
    assert len(sketches) == 1


def test_what_is_rare_counts_for_more_and_nothing_for_less_than_one() -> None:
    prior = mixture(3, 6, seed=1)
    latents = torch.randn(200, 3, generator=torch.Generator().manual_seed(2)).double() * 3
    weights = rarity(prior, latents)
    found = weights(torch.cat([latents, prior.means.double()]))
    densities = prior.log_prob(torch.cat([latents, prior.means.double()]))
    assert found.min() >= 1
    np.testing.assert_allclose(found.diff(), -RARITY * densities.diff(), rtol=1e-4, atol=1e-4)
    latents.requires_grad_()
    assert torch.autograd.gradcheck(weights, latents[:5])


@pytest.mark.parametrize("name", SHIPPED)
def test_on_shipped_models_it_is_denser_than_every_other_path(name: str) -> None:
    checkpoint = load_checkpoint(MODELS / name)
    model, prior, stops = checkpoint.model, checkpoint.fitted_prior, data_latents(name, 3)
    assert prior is not None
    found = along_data(model, prior, stops)
    others = {"line": line_path(stops), "slerp": slerp_path(stops), "geodesic": geodesic(model, stops).path}
    frames = {
        way: frames_along(path, decoder(model), frames=24).latents
        for way, path in {**others, "data": found.path}.items()
    }
    densities = {way: prior.log_prob(torch.from_numpy(latents)).mean().item() for way, latents in frames.items()}
    assert densities["data"] == max(densities.values())
    assert found.energy < found.line_energy
    assert image_length(found.path, decoder(model)) <= STRETCH * found.line_length * (1 + 1e-5)
    assert mean_log_density(prior, found.points) > mean_log_density(prior, others["line"].at(np.arange(49) / PIECES))
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
