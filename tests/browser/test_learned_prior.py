"""A model whose learned prior is a flow: what is drawn from it, what is far by it, and the line in its own space."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, expect

from harness.standalone import serving
from tests.browser.interpolation import path_page
from tests.browser.model import ExplorableModel, make_model
from tests.browser.standalone import explorer_page
from vae_core.explorer_files.explorer_folder import read_manifest
from vae_core.interpolation.model_paths import flow_path
from vae_core.model.flow import RealNVP

DRAWS = 12
FAR = "far from any data"
CHORDS = 0.02  # of a segment: how far a path that is straight between its carried places may be from the curve


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ExplorableModel:
    return make_model(tmp_path_factory.mktemp("checkpoints") / "flow", prior="flow", couplings=4, coupling_units=16)


@pytest.fixture(scope="module")
def address(model: ExplorableModel) -> Iterator[str]:
    with serving(model.folder) as url:
        yield url


def flow_of(model: ExplorableModel) -> RealNVP:
    flow = model.checkpoint.model.learned_prior
    assert isinstance(flow, RealNVP)
    return flow


def test_random_draws_are_its_own_and_badged_by_it(chromium: Browser, address: str, model: ExplorableModel) -> None:
    ground = read_manifest(model.folder).ground
    assert ground is not None
    with explorer_page(chromium, address, model) as explorer:
        expect(explorer.button("Random")).to_have_attribute(
            "title", "A random draw from the prior that the model has learned"
        )
        badge = explorer.page.get_by_text(FAR, exact=True)
        for _ in range(DRAWS):
            count = len(explorer.answers())
            explorer.button("Random").click()
            latent = torch.tensor(explorer.wait_for_answer(count)["latent"])
            with torch.no_grad():
                unlikely = flow_of(model).log_prob(latent).item() < ground.log_density
            nearest = np.linalg.norm(model.latents - latent.numpy(), axis=1).min()
            expect(badge).to_be_visible(visible=unlikely and bool(nearest > ground.distance))
        assert explorer.complaints == []


def test_a_path_is_straight_in_its_space(chromium: Browser, address: str, model: ExplorableModel) -> None:
    with path_page(chromium, address, model) as paths:
        report = paths.after(paths.button("Straight in the flow").click)
        stops = np.array([stop.latent for stop in paths.scene().stops], dtype=np.float32)
        expected = flow_path(flow_of(model), stops).at(np.array(report["parameters"]))
        latents = np.array(report["latents"])
        segment = np.linalg.norm(np.diff(stops, axis=0), axis=1).max()
        assert np.linalg.norm(latents - expected, axis=1).max() < CHORDS * segment
        assert paths.shows_frames_of(report)
        assert {"line", "slerp", "flow"} <= report["changes"].keys()
        again = paths.reset(report["scene"])
        np.testing.assert_allclose(again["latents"], latents, atol=1e-5)
        assert (report["mode"], again["mode"]) == ("flow", "flow")
        assert paths.complaints == []
