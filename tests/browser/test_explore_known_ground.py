"""Where the decoder only guesses: a known latent is judged by itself, and draws are like the data or like the prior."""

from pathlib import Path

import numpy as np
import torch
from playwright.sync_api import Browser, expect
from sklearn.neighbors import NearestNeighbors
from torch.distributions import MultivariateNormal

from harness.standalone import serving
from tests.browser.interpolation import path_page
from tests.browser.link_text import link_content, link_text
from tests.browser.model import LATENT_DIM, ExplorableModel, make_model
from tests.browser.standalone import ExplorerPage, explorer_page
from vae_core.explorer_files.explorer_folder import read_manifest

DRAWS = 40
LENS = 17  # pixels from the middle of the probe's ring to its edge
FAR = "far from any data"


def is_far(model: ExplorableModel, latent: list[float]) -> bool:
    """The rule, by scikit-learn and torch.distributions: an unused dimension counts as the data have it."""
    manifest = read_manifest(model.folder)
    ground, of_data = manifest.ground, manifest.latent
    latent = [own if used else mean for own, used, mean in zip(latent, of_data.active, of_data.mean, strict=True)]
    prior = model.checkpoint.fitted_prior
    assert ground is not None
    assert prior is not None
    (distance,), _ = NearestNeighbors(n_neighbors=1).fit(model.latents).kneighbors(np.array([latent]))
    density = MultivariateNormal(prior.means[0], scale_tril=prior.cholesky[0]).log_prob(torch.tensor(latent))
    return bool(density < ground.log_density and distance[0] > ground.distance)


def test_draws_are_badged_by_their_latents_and_those_like_the_data_seldom(explorer: ExplorerPage) -> None:
    badge = explorer.page.get_by_text(FAR, exact=True)
    for name in ("Random", "N(0, I)"):
        badged = 0
        for _ in range(DRAWS):
            count = len(explorer.answers())
            explorer.button(name).click()
            far = is_far(explorer.model, explorer.wait_for_answer(count)["latent"])
            expect(badge).to_be_visible(visible=far)
            badged += far
        assert name != "Random" or badged <= DRAWS / 5


def test_a_draw_is_in_sight_wherever_the_map_was_looked_at(explorer: ExplorerPage) -> None:
    x, y = explorer.centre()
    explorer.page.mouse.move(x, y)
    for _ in range(4):
        explorer.page.mouse.wheel(0, -600)
    surface = explorer.page.locator(".surface").bounding_box()
    assert surface is not None
    for _ in range(5):
        count = len(explorer.answers())
        explorer.button("N(0, I)").click()
        explorer.wait_for_answer(count)
        left, top = explorer.probe()
        assert 0 < left - surface["x"] < surface["width"]
        assert 0 < top - surface["y"] < surface["height"]


def test_draws_of_a_model_that_uses_no_dimension_stand_at_the_edge_of_the_map(
    chromium: Browser, tmp_path: Path
) -> None:
    model = make_model(tmp_path / "collapsed", spread=1e-3)
    with serving(model.folder) as address, explorer_page(chromium, address, model) as shown:
        shown.choice("Map").select_option("pca")
        for _ in range(8):
            count = len(shown.answers())
            shown.button("N(0, I)").click()
            shown.wait_for_answer(count)
            expect(shown.page.locator(".probe.beyond")).to_have_count(1)
            expect(shown.page.locator(".caption")).to_have_text("Away from the datano dimension in use")
            shown.frame()
            x, y = shown.probe()
            hidden = shown.page.locator(".toolbar, .zoom").all()
            boxes = [box for tools in hidden if (box := tools.bounding_box())]
            assert not any(
                box["x"] - LENS < x < box["x"] + box["width"] + LENS
                and box["y"] - LENS < y < box["y"] + box["height"] + LENS
                for box in boxes
            )
            surface = shown.page.locator(".surface").bounding_box()
            assert surface is not None
            assert LENS <= x - surface["x"] <= surface["width"] - LENS
            assert LENS <= y - surface["y"] <= surface["height"] - LENS
            assert (shown.picture("canvas.points")[..., 3] > 0).mean() > 0.02, "the points are out of sight"
        # It is taken by hand from where it is seen.
        shown.drag((x, y), shown.centre())
        assert np.allclose(shown.probe(), shown.centre(), atol=1)
        assert shown.complaints == []


def test_draws_like_the_data_have_the_spread_of_the_data(explorer: ExplorerPage) -> None:
    drawn = []
    for _ in range(DRAWS):
        count = len(explorer.answers())
        explorer.button("Random").click()
        drawn.append(explorer.wait_for_answer(count)["latent"])
    # The last dimension is unused: every image is encoded to the same value there, which N(0, I) knows nothing of.
    assert np.abs(np.array(drawn)[:, -1]).max() < 0.1
    assert np.array(drawn)[:, :-1].std(0).min() > 0.5


def test_a_latent_far_from_the_data_is_badged_though_its_place_on_the_map_is_not(explorer: ExplorerPage) -> None:
    badge = explorer.page.get_by_text(FAR, exact=True)
    expect(badge).to_be_hidden()
    for dimension in range(2):
        count = len(explorer.answers())
        explorer.page.locator(f"[data-dimension='{dimension}']").fill("3")
        answer = explorer.wait_for_answer(count)
    assert is_far(explorer.model, answer["latent"])
    expect(badge).to_be_visible()
    for _ in range(2):
        explorer.page.keyboard.press("Control+z")
    expect(badge).to_be_hidden()


def test_what_a_collapsed_dimension_holds_is_not_far_from_anything(explorer: ExplorerPage) -> None:
    explorer.page.get_by_text("1 collapsed dimension", exact=True).click()
    unused = explorer.page.locator(f"[data-dimension='{LATENT_DIM - 1}']")
    unused.scroll_into_view_if_needed()
    count = len(explorer.answers())
    unused.fill("3")
    assert explorer.wait_for_answer(count)["latent"][-1] == 3
    expect(explorer.page.get_by_text(FAR, exact=True)).to_be_hidden()


def test_frames_far_from_any_data_are_badged(chromium: Browser, address: str, model: ExplorableModel) -> None:
    with path_page(chromium, address, model) as paths:
        content, blobs = link_content(paths.report()["scene"])
        outside = np.full(LATENT_DIM, 8, "<f4").tobytes()
        content[3][1][3] = None  # of no data point, whose own latent it would have
        report = paths.reset(link_text(content, [blobs[0], outside, *blobs[2:]]))
        far = [is_far(model, latent) for latent in report["latents"]]
        assert set(far) == {True, False}
        badge = paths.page.get_by_text(FAR, exact=True)
        for frame in (0, far.index(True) - 1, far.index(True), len(far) - 1):
            paths.sheet.focus()
            paths.page.keyboard.press("Home")
            for _ in range(frame):
                paths.page.keyboard.press("ArrowRight")
            expect(paths.sheet).to_have_attribute("aria-valuenow", str(frame + 1))
            expect(badge).to_be_visible(visible=far[frame])
        assert paths.complaints == []
