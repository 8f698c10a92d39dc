"""The ways that a learned prior opens: straight in a flow's own space, and along the data by its density."""

import numpy as np
import pytest
import torch

from tests.test_flow import bent
from vae_core.checkpoint.weights import build_model
from vae_core.config import ModelConfig
from vae_core.errors import UserError
from vae_core.interpolation.along_data import MOST_RARE, along_data, mean_log_density, rarity
from vae_core.interpolation.model_paths import flow_path, path_through
from vae_core.interpolation.paths import line
from vae_core.model.flow import RealNVP
from vae_core.model.priors import LearnedMixture, StandardNormal

STOPS = np.array([[-1.5, 0.5, 0], [1.0, 1.0, -1], [0.25, -1.0, 2]], np.float32)
SETTINGS = ModelConfig(network="mlp", latent_dim=3, image_size=8, hidden_units=16, likelihood="bernoulli")


def test_it_is_straight_where_the_flow_has_its_data_from_and_exact_at_the_stops() -> None:
    flow, parameters = bent(3, torch.float32, strength=0.2), np.linspace(-0.5, 2.5, 31)
    path = flow_path(flow, STOPS)
    points = path.at(parameters)
    np.testing.assert_array_equal(path.at(np.arange(3.0)), STOPS)
    with torch.no_grad():
        base = flow.inverse(torch.from_numpy(points))[0].numpy()
        ends = flow.inverse(torch.from_numpy(STOPS))[0].numpy()
    np.testing.assert_allclose(base, line(ends, parameters), atol=1e-4)
    assert points.dtype == STOPS.dtype
    assert np.abs(points - line(STOPS, parameters)).max() > 0.1


def test_it_is_a_way_of_flows_only() -> None:
    model = build_model(SETTINGS, seed=0)
    flow = RealNVP(3)
    np.testing.assert_allclose(
        path_through(model, STOPS, "flow", prior=flow).at(np.array([0.5])), STOPS[:2].mean(0)[None]
    )
    for prior in (None, LearnedMixture(2, 3), StandardNormal(3)):
        with pytest.raises(UserError, match="whose prior is a flow"):
            path_through(model, STOPS, "flow", prior=prior)


def test_a_learned_mixture_makes_latents_as_rare_as_the_same_mixture_that_was_fitted() -> None:
    prior, latents = LearnedMixture(4, 3), torch.from_numpy(STOPS)
    learned, fitted = (rarity(each, latents)(latents) for each in (prior, prior.as_mixture()))
    torch.testing.assert_close(learned, fitted)


def test_a_flows_rarity_is_its_density_to_the_power_of_minus_two_over_the_dimensions() -> None:
    flow, latents = bent(3, torch.float32, strength=0.1), torch.from_numpy(STOPS)
    weights = rarity(flow, latents)(latents)
    log_density = flow.log_prob(latents)
    torch.testing.assert_close(weights.log().diff(), -2 / 3 * log_density.diff())
    far = rarity(flow, latents)(1e4 * latents)
    torch.testing.assert_close(far, torch.full_like(far, MOST_RARE).exp())


@pytest.mark.parametrize("prior", [LearnedMixture(4, 3), bent(3, torch.float32, strength=0.1)], ids=["mixture", "flow"])
def test_the_path_along_the_data_goes_by_a_learned_prior(prior: LearnedMixture | RealNVP) -> None:
    model = build_model(SETTINGS, seed=0)
    found = along_data(model, prior, STOPS)
    assert found.energy <= found.line_energy
    straight = line(STOPS, np.arange(len(found.points)) / found.pieces)
    assert mean_log_density(prior, found.points) > mean_log_density(prior, straight)
    assert all(parameter.grad is None for parameter in prior.parameters())
