"""Sliders of the shipped sprites are called by the factor of the data that they hold, on screens of every width."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from harness.standalone import PAGE, serving
from tests.shipped_models import MODELS

FOLDER = MODELS / "sprites-8d" / "explorer"
PHONE = {"viewport": {"width": 400, "height": 850}, "has_touch": True, "device_scale_factor": 2}
WIDE = {"viewport": {"width": 1280, "height": 860}}
NAMES = ["z₈ · x", "z₃ · y", "z₅ · y", "z₁ · scale", "z₂ · shape", "z₆ · shape", "z₇", "z₄"]
LISTS = ["Colour by", "Map", "across", "up"]
PLAIN = str.maketrans("₁₂₃₄₅₆₇₈", "12345678")
LONG = "distance from the left edge of the picture"


@pytest.fixture(scope="module")
def sprites() -> Iterator[str]:
    with serving(FOLDER) as url:
        yield url


@contextmanager
def opened(browser: Browser, address: str, factors: Any = ..., **context: Any) -> Iterator[Page]:
    """The explorer on the sprites, whose manifest may tell other factors."""

    def told(route: Route) -> None:
        manifest = json.loads((FOLDER / "manifest.json").read_text())
        manifest["latent"]["factors"] = factors
        route.fulfill(json=manifest)

    page = browser.new_page(**context)
    try:
        if factors is not ...:
            page.route("**/manifest.json*", told)
        page.goto(address + PAGE)
        page.wait_for_selector("[data-ready=true]")
        yield page
    finally:
        page.close()


def widths(page: Page) -> list[float]:
    """Of the tracks, once their names are within their column and the page within its screen."""
    fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert fits
    found: list[list[float]] = page.evaluate(
        """() => [...document.querySelectorAll(".dimensions label")].map((label) => {
            const [name, track, value] = [...label.children].map((part) => part.getBoundingClientRect());
            return [track.width, track.left - name.right, value.left - track.right];
        })"""
    )
    assert all(before > 0 and after > 0 for _, before, after in found)
    return [width for width, _, _ in found]


@pytest.mark.parametrize("context", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_slider_is_called_by_its_factor(chromium: Browser, sprites: str, context: dict[str, Any]) -> None:
    with opened(chromium, sprites, **context) as page:
        slider = page.get_by_role("slider", name="Latent dimension 8, x", exact=True)
        row = page.locator(".dimensions li").filter(has=slider)
        expect(row.locator(".name")).to_have_text("z₈ · x")
        expect(row.locator(".name")).to_have_attribute("title", re.compile("^Tells 75 % of x. KL 3.60 nats: "))
        expect(page.locator(".dimensions .name")).to_have_text(NAMES)
        slider.fill("1")
        expect(slider).to_have_value("1")
        assert min(widths(page)) > 150


def test_lists_of_dimensions_name_them_too(chromium: Browser, sprites: str) -> None:
    with opened(chromium, sprites, **WIDE) as page:
        choice = {
            name: page.locator(".select", has_text=re.compile(f"^{name}")).get_by_role("combobox") for name in LISTS
        }
        choice["Colour by"].select_option(label="latent dimension 8 · x")
        expect(page.locator(".legend-area")).to_contain_text("Latent dimension 8, x")
        choice["Map"].select_option(label="Two latent axes")
        choice["across"].select_option(label="z1 · scale")
        expect(choice["across"].locator("option:checked")).to_have_text("z1 · scale")
        expect(choice["up"].locator("option")).to_have_text([name.translate(PLAIN) for name in NAMES])


@pytest.mark.parametrize("context", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_long_name_leaves_the_track_its_room(chromium: Browser, sprites: str, context: dict[str, Any]) -> None:
    factors = [{"name": LONG, "share": 0.5}, *[None] * 6, {"name": LONG, "share": 0.25}]
    with opened(chromium, sprites, factors, **context) as page:
        expect(page.get_by_role("slider", name=f"Latent dimension 1, {LONG}", exact=True)).to_be_visible()
        expect(page.get_by_role("slider", name=LONG)).to_have_count(2)
        assert min(widths(page)) > 120


def test_a_map_that_knows_no_factors_has_sliders_as_before(chromium: Browser, sprites: str) -> None:
    with opened(chromium, sprites, None, **WIDE) as page:
        expect(page.locator(".dimensions .name").first).to_have_text("z₈")
        assert page.evaluate("document.querySelector('.dimensions .name').getBoundingClientRect().width") == 28
