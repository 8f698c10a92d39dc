"""Other layouts of the same latents: two raw axes and the principal plane, in both of which the map is latent space."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.standalone import ExplorerPage, flat_bounds


def painted(explorer: ExplorerPage) -> np.ndarray:
    explorer.frame()
    return explorer.picture("canvas.points")


def principal_axes(latents: np.ndarray) -> np.ndarray:
    """The two directions (2, D) of most variance, the largest component of each positive."""
    _, vectors = np.linalg.eigh(np.cov(latents.astype(np.float64).T))
    axes = vectors[:, [-1, -2]].T
    return np.array([axis * np.sign(axis[np.abs(axis).argmax()]) for axis in axes])


@pytest.mark.parametrize("method", ["axes", "pca"])
def test_a_flat_map_keeps_the_latent_and_moves_it_within_its_plane(explorer: ExplorerPage, method: str) -> None:
    page, model = explorer.page, explorer.model
    start, umap, home = explorer.answers()[0], painted(explorer), explorer.probe()
    explorer.choice("Map").select_option(method)
    if method == "axes":
        explorer.choice("across").select_option("4")
        explorer.choice("up").select_option("1")
        basis, offset = np.eye(6)[[4, 1]], np.zeros(6)
    else:
        offset = model.latents.astype(np.float64).mean(0)
        # The test's latents are standardised, so that the axes of most variance are told apart by rounding alone.
        basis = principal_axes(model.latents)
    bounds = flat_bounds((model.latents - offset) @ basis.T)
    facts = page.locator(".facts").inner_text()
    assert "Trustworthiness" not in facts  # that was measured on the model's own map
    if method == "pca":
        spread = np.linalg.eigvalsh(np.cov(model.latents.astype(np.float64).T))
        assert f"PCA, {len(model.latents):,} images" in facts
        assert f"Variance {100 * spread[-2:].sum() / spread.sum():.1f} %" in facts
    answer = explorer.settled()
    latent = np.array(start["latent"])
    assert answer["latent"] == start["latent"]
    assert answer["position"] == pytest.approx(((latent - offset) @ basis.T).tolist(), abs=1e-3)
    assert explorer.probe() == pytest.approx(explorer.place_of(answer["position"], bounds), abs=1)
    assert (painted(explorer) != umap).any()

    x, y = explorer.probe()
    explorer.drag((x, y), (x + 57, y - 31))
    moved = explorer.settled()["latent"]
    expected = latent + np.array([57, 31]) / explorer.scale(bounds) @ basis
    assert moved == pytest.approx(expected.tolist(), abs=1e-3)
    if method == "axes":
        assert [moved[other] for other in (0, 2, 3, 5)] == [start["latent"][other] for other in (0, 2, 3, 5)]
    assert explorer.shows("canvas.decoded", moved)

    page.locator(".surface").focus()
    page.keyboard.press("Escape")
    explorer.settled()
    explorer.choice("Map").select_option("model")
    assert explorer.settled()["latent"] == start["latent"]
    assert explorer.probe() == pytest.approx(home, abs=0.1)
    assert (painted(explorer) == umap).all()
    expect(page.locator(".facts")).to_contain_text("Trustworthiness")
