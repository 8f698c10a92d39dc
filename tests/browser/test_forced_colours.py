"""A person's own few colours: what is on, held or chosen is still told from what is not, on each page."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.assistance import LOOKS, barriers, contrast
from tests.browser.interpolation import PathPage, path_page
from tests.browser.learning import learn_page
from tests.browser.model import ExplorableModel
from tests.browser.standalone import ExplorerPage, explorer_page
from tests.browser.training_view import training_page

STROKES = ".plot :is(.curve, .knob, .dots, .mesh, .level)"
FORCED: dict[str, Any] = {"forced_colors": "active", "reduced_motion": "reduce"}


@pytest.fixture
def forced(chromium: Browser, address: str, model: ExplorableModel) -> Iterator[ExplorerPage]:
    with explorer_page(chromium, address, model, **FORCED) as explorer:
        yield explorer


@pytest.fixture
def forced_paths(chromium: Browser, address: str, model: ExplorableModel) -> Iterator[PathPage]:
    with path_page(chromium, address, model, **FORCED) as paths:
        yield paths


def ground(at: Locator, part: str = "") -> str:
    return str(at.evaluate("(at, part) => getComputedStyle(at, part || null).backgroundColor", part))


def canvas(page: Page) -> str:
    """The system's colour of an empty page."""
    return str(
        page.evaluate("document.body.style.background = 'Canvas', getComputedStyle(document.body).backgroundColor")
    )


def test_what_is_on_is_told_from_what_is_off(forced: ExplorerPage) -> None:
    page = forced.page
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    for name in ("Lasso", "Contours"):
        off = ground(forced.button(name))
        forced.button(name).click()
        expect(forced.button(name)).to_have_attribute("aria-pressed", "true")
        page.mouse.move(3, 3)
        assert ground(forced.button(name)) != off
    usable = forced.button("Save image").evaluate("at => getComputedStyle(at).color")
    assert forced.button("Back").evaluate("at => getComputedStyle(at).color") != usable


def test_classes_keep_their_colours(forced: ExplorerPage) -> None:
    swatches = forced.page.locator(".legend .swatch")
    colours = [ground(swatch) for swatch in swatches.all()]
    assert len(set(colours)) == len(colours) == 10
    swatches.nth(2).click()
    assert ground(swatches.nth(2)) == "rgba(0, 0, 0, 0)"


def test_handles_and_the_probe_are_seen(forced: ExplorerPage) -> None:
    page = forced.page
    probe = page.locator(".probe").evaluate("at => getComputedStyle(at, '::before').boxShadow")
    assert probe != "none"  # its dark edges, without which a white ring is lost on white
    handle = page.locator(".sliders input").first
    assert handle.evaluate("at => getComputedStyle(at).forcedColorAdjust") == "none"  # a track without colours is none
    assert ground(page.locator(".map")) == canvas(page)


def test_the_chosen_segment_stands_out(forced_paths: PathPage) -> None:
    chosen = forced_paths.page.locator(".segments [aria-pressed=true]").first
    other = forced_paths.page.locator(".segments [aria-pressed=false]").first
    assert ground(chosen) != ground(other)


@pytest.mark.parametrize("colours", LOOKS)
def test_the_lines_of_every_lesson_are_seen(chromium: Browser, address: str, colours: dict[str, str]) -> None:
    """WCAG 2.2, 1.4.11 asks for a contrast of 3; whoever has colours of their own gets more."""
    least = 4.5 if "forced_colors" in colours else 3
    with learn_page(chromium, address, **colours) as learning:
        for link in learning.page.locator(".lessons a").all():
            link.click()
            learning.ready()
            learning.painted()
            page_ground = ground(learning.page.locator(".latent-explorer"))
            strokes = learning.page.locator(STROKES).evaluate_all("all => all.map((at) => getComputedStyle(at).stroke)")
            assert len(strokes) >= 3
            assert min(contrast(stroke, page_ground) for stroke in strokes) >= least, link.inner_text()


@pytest.mark.parametrize("colours", LOOKS)
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_no_barrier_in_training(chromium: Browser, address: str, width: int, colours: dict[str, Any]) -> None:
    with training_page(chromium, address, viewport={"width": width, "height": 860}, **colours) as page:
        assert barriers(page) == []
        bar, track = page.locator(".track .bar"), page.locator(".track")
        assert ground(bar) != ground(track)
