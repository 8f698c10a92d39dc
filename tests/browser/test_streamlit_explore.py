"""The Explore page in a real Chromium, served by the real app on the shipped models."""

import re
from collections.abc import Iterator
from typing import Literal

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, expect

from harness.imports import HEAVY, imported_by
from harness.server import Server
from serving.explorable_models import find_models
from tests.browser.streamlit_visit import READY_LIMIT, Visit, pick_model
from vae_core import load_checkpoint

SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
# The small pictures come last of all, after what the first image needed and what the hand will need.
COMPLETE = "performance.getEntriesByType('resource').some(({ name }) => name.includes('/thumbnails.'))"
# What the page itself fetched; a decoding worker that follows takes its files from the browser's cache.
FETCHED = "performance.getEntriesByType('resource').map(({ name }) => name)"


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    yield Visit(context.new_page())
    context.close()


def model_names() -> list[str]:
    return list(find_models().explorable)


def test_the_page_opens_with_map_and_image_and_a_clean_console(app_server: Server, visit: Visit) -> None:
    visit.open(app_server.url)
    visit.page.wait_for_function(COMPLETE)
    assert visit.image(1).std() > 1
    explorer = visit.page.locator(".latent-explorer").bounding_box()
    assert explorer is not None
    assert explorer["y"] + explorer["height"] <= 900
    fetched = [name for name in visit.page.evaluate(FETCHED) if "/explorer/" in name]
    assert len(fetched) == len(set(fetched)), "a preloaded file was fetched again"
    assert visit.complaints == []


@pytest.mark.parametrize("name", model_names())
def test_a_drag_shows_what_torch_decodes_and_asks_for_nothing(app_server: Server, visit: Visit, name: str) -> None:
    visit.open(f"{app_server.url}/?model={name}")
    visit.page.wait_for_function(COMPLETE)
    visit.hold_probe()
    before = visit.decoded()["position"]
    asked, told = len(visit.requests), len(visit.frames)
    visit.drag()
    assert visit.requests[asked:] == []
    assert visit.frames[told:] == []

    decoded = visit.decoded()
    assert decoded["position"] != before
    model = load_checkpoint(find_models().explorable[name].summary.path).model
    with torch.inference_mode():
        expected = model.decode(torch.tensor([decoded["latent"]]))[0].movedim(0, -1).numpy() * 255
    assert np.abs(visit.image(model.config.channels) - expected).max() < 2
    visit.release_probe()
    assert visit.frames[told:] == []  # what a hand does is the browser's own
    assert visit.complaints == []


def test_on_a_phone_a_model_in_words_is_to_be_read_to_its_end(app_server: Server, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 400, "height": 850})
    page = context.new_page()
    page.goto(f"{app_server.url}/?model=mnist-16d", timeout=READY_LIMIT)
    words = page.get_by_test_id("stCaptionContainer").first
    expect(words).to_contain_text("nats an image", timeout=READY_LIMIT)
    whole = "at => at.scrollWidth <= at.clientWidth && at.scrollHeight <= at.clientHeight"
    page.wait_for_function(whole, arg=words.element_handle(), timeout=READY_LIMIT)
    context.close()


def test_picking_a_model_opens_it_and_keeps_it_in_the_address(app_server: Server, visit: Visit) -> None:
    opened = find_models().opened_by(None)
    other = next(name for name in model_names() if name != opened)
    visit.open(app_server.url)
    with visit.page.expect_request(lambda asked: f"/explorer/models/{other}/manifest.json" in asked.url):
        pick_model(visit.page, other)
    visit.page.wait_for_url(f"**/?model={other}")
    visit.wait_until_ready()
    assert visit.complaints == []


def test_the_browsers_back_goes_through_the_models_that_were_picked(app_server: Server, visit: Visit) -> None:
    opened = find_models().opened_by(None)
    others = [name for name in model_names() if name != opened][:2]
    visit.open(app_server.url)
    for name in others:
        pick_model(visit.page, name)
        visit.page.wait_for_url(f"**/?model={name}")
        shown = visit.page.get_by_role("combobox", name="Model", exact=True)
        expect(shown).to_have_value(name)
    for name in (others[0], str(opened)):
        visit.page.go_back()
        expect(shown).to_have_value(name)
    visit.wait_until_ready()
    assert visit.page.url == f"{app_server.url}/"
    assert visit.complaints == []


def test_the_model_of_a_link_is_kept_on_the_other_pages(app_server: Server, visit: Visit) -> None:
    linked = next(name for name in model_names() if name != find_models().opened_by(None))
    visit.open(f"{app_server.url}/?model={linked}")
    for page in ("Interpolate", "Train", "Explore"):
        visit.page.get_by_role("link", name=page, exact=True).click()
        if page != "Train":
            picker = visit.page.get_by_role("combobox", name="Model", exact=True)
            expect(picker).to_have_value(linked, timeout=READY_LIMIT)
            visit.page.wait_for_url(f"**/*?model={linked}")
            assert "was created with a default value" not in app_server.said()
        else:
            visit.page.get_by_text("Data set", exact=True).wait_for(timeout=READY_LIMIT)


def test_a_link_fetches_the_files_of_its_own_model_only(app_server: Server, visit: Visit) -> None:
    linked = next(name for name in model_names() if name != find_models().opened_by(None))
    visit.open(f"{app_server.url}/?model={linked}")
    models = {url.split("/explorer/models/")[1].split("/")[0] for url in visit.requests if "/models/" in url}
    assert models == {linked}
    assert visit.complaints == []


def test_the_probe_is_found_where_it_was_left(app_server: Server, visit: Visit) -> None:
    opened = find_models().opened_by(None)
    assert opened is not None
    other = next(name for name in model_names() if name != opened)
    visit.open(app_server.url)
    visit.hold_probe()
    visit.drag()
    visit.release_probe()
    left = visit.decoded()
    for name in (other, opened):
        visit.page.evaluate("window.decoded = null")
        pick_model(visit.page, name)
        visit.page.wait_for_function("window.decoded !== null")
    assert visit.decoded()["position"] == pytest.approx(left["position"])
    assert visit.decoded()["latent"] == pytest.approx(left["latent"], abs=1e-5)


def test_light_and_dark_follow_the_system(app_server: Server, chromium: Browser) -> None:
    brightness = {}
    for scheme in SCHEMES:
        context = chromium.new_context(color_scheme=scheme)
        visit = Visit(context.new_page())
        visit.open(app_server.url)
        colors = visit.page.locator(".map").evaluate("(map) => getComputedStyle(map).backgroundColor")
        brightness[scheme] = sum(int(part) for part in re.findall(r"\d+", colors)[:3]) / 3
        context.close()
    assert brightness["light"] > 200
    assert brightness["dark"] < 60


def test_a_narrow_screen_holds_the_page(app_server: Server, visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 400, "height": 800})
    visit.open(app_server.url)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 400
    box = visit.page.locator(".map").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 400
    assert visit.complaints == []


def test_opening_explore_imports_nothing_heavy(chromium: Browser) -> None:
    def open_explore(url: str) -> None:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(url)
        page.locator("[data-ready=true]").wait_for(timeout=READY_LIMIT)
        context.close()

    assert imported_by(open_explore) & HEAVY == set()
