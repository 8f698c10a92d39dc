"""What comes first and what later, while a model arrives."""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.model import ExplorableModel
from tests.browser.standalone import ExplorerPage, explorer_page

LATER = re.compile(r"/model/(points|labels|latents|plane_latents|log_variances|kl|reconstruction_error|thumbnails)")
NEIGHBOUR = ".neighbours button:first-child canvas"
WITHOUT_PICTURES = "all else goes on without them"


def files_of(model: ExplorableModel) -> dict[str, int]:
    """The sizes of the model's files that are not pictures, by their roles."""
    files = json.loads((model.folder / "manifest.json").read_text())["files"]
    return {role: file["bytes"] for role, file in files.items() if role != "thumbnails"}


def held_back(page: Page, files: str) -> list[Route]:
    held: list[Route] = []
    page.route(re.compile(rf"/model/({files})\."), lambda route: held.append(route))
    return held


def wait_for(page: Page, held: list[Route]) -> None:
    while not held:
        page.wait_for_timeout(20)


def let_go(page: Page, held: list[Route]) -> None:
    for route in held:
        route.continue_()
    page.unroute_all()


def painted(explorer: ExplorerPage, canvas: str) -> bool:
    return bool(explorer.picture(canvas)[..., 3].any())


def test_the_first_image_waits_for_the_decoder_alone(chromium: Browser, address: str, model: ExplorableModel) -> None:
    with explorer_page(chromium, address, model, wait=False) as explorer:
        page = explorer.page
        held: list[Route] = []
        page.route(LATER, lambda route: held.append(route))
        explorer.requests.clear()
        page.reload()
        page.wait_for_function("answers.length > 0")
        start = model.latent_map.start
        latent = model.latent_map.projection.latents[start].half().float().tolist()
        assert explorer.answers()[0]["latent"] == latent
        assert explorer.shows("canvas.decoded", latent)
        wait_for(page, held)
        files = files_of(model)
        roles = [name for name in ("decoder", "points", "labels", "latents", "plane_latents") if name in files]
        arrived = round(100 * files["decoder"] / sum(files[role] for role in roles))
        assert page.get_by_role("progressbar").get_attribute("aria-valuenow") == str(arrived)
        assert not any("latents" in url or "thumbnails" in url for url in explorer.requests)
        let_go(page, held)
        page.wait_for_selector("[data-ready=true]")
        (answer,) = explorer.answers()  # the image is told of once
        assert (answer["point"], answer["latent"]) == (start, latent)
        assert explorer.place_of(answer["position"]) == pytest.approx(explorer.probe(), abs=1)
        assert explorer.complaints == []


def test_points_are_drawn_while_their_latents_travel(chromium: Browser, address: str, model: ExplorableModel) -> None:
    with explorer_page(chromium, address, model, wait=False) as explorer:
        page = explorer.page
        held = held_back(page, "latents|plane_latents")
        page.reload()
        wait_for(page, held)
        while not painted(explorer, "canvas.points"):
            page.wait_for_timeout(20)
        assert page.locator(".probe").is_hidden()
        page.get_by_role("button", name="Zoom in").click()
        explorer.frame()
        before = explorer.picture("canvas.points")
        let_go(page, held)
        page.wait_for_selector("[data-ready=true]")
        explorer.frame()
        np.testing.assert_array_equal(explorer.picture("canvas.points"), before)
        assert explorer.complaints == []


def test_small_pictures_have_a_place_until_they_come(chromium: Browser, address: str, model: ExplorableModel) -> None:
    with explorer_page(chromium, address, model, wait=False) as explorer:
        page = explorer.page
        held = held_back(page, "thumbnails")
        page.reload()
        page.wait_for_selector("[data-ready=true]")
        page.locator(".neighbours canvas.awaited").first.wait_for()
        wait_for(page, held)
        let_go(page, held)
        page.locator(".neighbours canvas:not(.awaited)").first.wait_for()
        page.wait_for_function("document.querySelectorAll('.awaited').length === 0")
        assert painted(explorer, NEIGHBOUR)
        assert len(held) == 1
        assert explorer.complaints == []


def test_a_sheet_that_could_not_be_had_is_fetched_again(
    chromium: Browser, address: str, model: ExplorableModel
) -> None:
    with explorer_page(chromium, address, model, wait=False) as explorer:
        page = explorer.page
        page.route(re.compile(r"/model/thumbnails"), lambda route: route.abort())
        page.reload()
        page.get_by_text(WITHOUT_PICTURES).wait_for()
        assert not painted(explorer, NEIGHBOUR)
        page.unroute_all()
        x, y = explorer.centre()
        before = len(explorer.answers())
        explorer.drag(explorer.probe(), (x, y))
        explorer.wait_for_answer(before)
        while not painted(explorer, NEIGHBOUR):
            page.wait_for_timeout(20)
        explorer.complaints[:] = [words for words in explorer.complaints if "ERR_FAILED" not in words]
        assert explorer.complaints == []


def test_pictures_to_choose_stops_from_are_fetched_when_they_are_to_be_seen(
    chromium: Browser, address: str, model: ExplorableModel
) -> None:
    with explorer_page(chromium, address, model, query="&page=interpolate") as explorer:
        page = explorer.page
        assert not any("thumbnails" in url for url in explorer.requests)
        page.get_by_text("Add a stop", exact=True).click()
        page.locator(".offers canvas.crisp:not(.awaited)").first.wait_for()
        assert any("thumbnails" in url for url in explorer.requests)
        assert explorer.complaints == []
