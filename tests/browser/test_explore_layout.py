"""Where things stand on screens of every width: hand, image and controls in sight, and nothing over the ring."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Route, expect

from tests.browser.model import ExplorableModel
from tests.browser.standalone import ExplorerPage, explorer_page

PHONE = {"viewport": {"width": 400, "height": 850}, "has_touch": True, "device_scale_factor": 2}
LENS = 22  # pixels from the ring's middle to its edge, for a finger


def box(at: Locator) -> FloatRect:
    found = at.bounding_box()
    assert found is not None
    return found


def apart(at: Locator, x: float, y: float) -> bool:
    """Whether an element leaves the ring round a place free."""
    area = box(at)
    beside = x + LENS <= area["x"] or x - LENS >= area["x"] + area["width"]
    return beside or y + LENS <= area["y"] or y - LENS >= area["y"] + area["height"]


# 910 pixels leave the explorer as much room as Streamlit does on a screen of 1,024.
@pytest.mark.parametrize(("width", "height"), [(910, 700), (1024, 768), (1440, 900)])
def test_image_and_sliders_stand_beside_the_map_and_in_sight(
    chromium: Browser, address: str, model: ExplorableModel, width: int, height: int
) -> None:
    with explorer_page(chromium, address, model, viewport={"width": width, "height": height}) as explorer:
        page = explorer.page
        surface, image = box(page.locator(".surface")), box(page.locator("canvas.decoded"))
        assert image["x"] > surface["x"] + surface["width"]
        for part in (".surface", "canvas.decoded", ".caption"):
            expect(page.locator(part)).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("slider", name="Latent dimension").first).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("end", ["lowest", "highest"])
@pytest.mark.parametrize("settings", [PHONE, {"viewport": {"width": 1024, "height": 768}}], ids=["phone", "1024"])
def test_neither_hint_nor_tools_lie_over_the_ring(
    chromium: Browser, address: str, model: ExplorableModel, settings: dict[str, Any], end: str
) -> None:
    heights = model.positions[:, 1]
    start = int(heights.argmin() if end == "lowest" else heights.argmax())

    def begin_there(route: Route) -> None:
        manifest = json.loads((model.folder / "manifest.json").read_text())
        manifest["map"]["start"] = start
        route.fulfill(json=manifest)

    with explorer_page(chromium, address, model, wait=False, **settings) as explorer:
        page = explorer.page
        page.route("**/manifest.json*", begin_there)
        page.reload()
        page.wait_for_selector("[data-ready=true]")
        explorer.frame()
        expect(page.locator(".hint")).to_have_css("opacity", "1")
        for part in (".hint", ".toolbar", ".zoom"):
            assert apart(page.locator(part), *explorer.probe()), part


def test_no_tool_lies_over_a_phones_map(phone: ExplorerPage) -> None:
    surface = box(phone.page.locator(".surface"))
    for tools in (".toolbar", ".zoom"):
        area = box(phone.page.locator(tools))
        assert area["y"] + area["height"] <= surface["y"]


def move_a_slider(explorer: ExplorerPage) -> None:
    explorer.page.get_by_role("slider", name="Latent dimension").first.fill("1")


def draw_a_lasso(explorer: ExplorerPage) -> None:
    x, y = explorer.centre()
    explorer.lasso([(x, y), (x + 60, y), (x + 60, y + 60)])


def draw_a_picture(explorer: ExplorerPage) -> None:
    tab = explorer.page.get_by_role("tab", name="Your image")
    tab.evaluate("tab => tab.click()")
    expect(explorer.page.locator(".hint")).to_have_css("opacity", "1")
    pad = box(explorer.page.locator(".pad"))
    explorer.drag((pad["x"] + 40, pad["y"] + 40), (pad["x"] + 80, pad["y"] + 90))


@pytest.mark.parametrize("act", [move_a_slider, draw_a_lasso, draw_a_picture])
def test_the_hint_goes_with_whatever_is_done(explorer: ExplorerPage, act: Callable[[ExplorerPage], None]) -> None:
    hint = explorer.page.locator(".hint")
    expect(hint).to_have_css("opacity", "1")
    explorer.page.keyboard.press("Tab")
    expect(hint).to_have_css("opacity", "1")
    act(explorer)
    expect(hint).to_have_css("opacity", "0")


def test_the_handle_from_a_to_b_is_in_sight_when_it_comes(
    chromium: Browser, address: str, model: ExplorableModel
) -> None:
    with explorer_page(chromium, address, model, viewport={"width": 1024, "height": 768}) as explorer:
        page = explorer.page
        page.get_by_role("tab", name="Groups").click()
        for name in "AB":
            explorer.choice(f"Group {name}: take a class").select_option(str(ord(name) % 10))
        expect(page.get_by_role("slider", name="Strength of the attribute")).to_be_in_viewport(ratio=1)
        assert page.locator(".groups").evaluate("at => at.scrollHeight > at.clientHeight")  # there is more than fits


@pytest.mark.parametrize("width", [1440, 400])
def test_no_choice_is_cut_off(chromium: Browser, address: str, model: ExplorableModel, width: int) -> None:
    with explorer_page(chromium, address, model, viewport={"width": width, "height": 900}) as explorer:
        select = explorer.choice("Colour by")
        select.select_option("kl")
        room = select.evaluate(
            """at => {
                const style = getComputedStyle(at), pen = document.createElement("canvas").getContext("2d");
                pen.font = style.font;
                return at.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
                    - pen.measureText(at.selectedOptions[0].text).width;
            }"""
        )
        assert room >= 0
