"""Everything is found where it was: after another page, another model, a reload, and by undo."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from harness.standalone import PAGE
from tests.browser.interpolation import PathPage, path_page
from tests.browser.lasso import circle
from tests.browser.model import ExplorableModel
from tests.browser.standalone import ExplorerPage, explorer_page


@pytest.fixture
def wide(chromium: Browser, address: str, model: ExplorableModel) -> Iterator[ExplorerPage]:
    with explorer_page(chromium, address, model, viewport={"width": 1400, "height": 900}) as page:
        yield page
        assert page.complaints == []


def arrange(explorer: ExplorerPage) -> None:
    """Another layout, colours, a class switched off, a group, a layer, a view, and a latent that no point has."""
    page = explorer.page
    explorer.lasso(circle(explorer.centre(), 90))
    page.get_by_role("group", name="Group A", exact=True).get_by_role("list").wait_for()
    explorer.choice("Map").select_option("axes")
    explorer.choice("up").select_option("3")
    explorer.choice("Colour by").select_option("dimension 2")
    page.locator(".legend").get_by_role("button", name=re.compile("^4")).click()
    page.get_by_role("button", name="Contours").click()
    x, y = explorer.centre()
    page.mouse.move(x + 60, y - 40)
    page.mouse.wheel(0, -300)
    page.get_by_role("tab", name="Latent").click()
    explorer.button("Random").click()
    explorer.settled()


def seen(explorer: ExplorerPage) -> dict[str, Any]:
    """What is on the screen of all that."""
    page = explorer.page
    last = explorer.settled()
    return {
        "latent": last["latent"],
        "position": last["position"],
        "map": explorer.choice("Map").input_value(),
        "axes": [explorer.choice(name).input_value() for name in ("across", "up")],
        "colours": explorer.choice("Colour by").input_value(),
        "off": page.locator(".legend [aria-pressed=false]").all_inner_texts(),
        "contours": page.get_by_role("button", name="Contours").get_attribute("aria-pressed"),
        "group": page.locator(".groups").first.text_content(),
        "probe": [round(side) for side in explorer.probe()],
    }


def test_a_reload_finds_everything(wide: ExplorerPage) -> None:
    arrange(wide)
    left, points = seen(wide), wide.picture("canvas.points")
    wide.page.reload()
    wide.page.wait_for_selector("[data-ready=true]")
    wide.page.wait_for_load_state("networkidle")
    wide.page.get_by_role("group", name="Group A", exact=True).get_by_role("list").wait_for(state="attached")
    back = seen(wide)
    assert back.pop("latent") == pytest.approx(left.pop("latent"), abs=1e-6)
    assert back.pop("position") == pytest.approx(left.pop("position"), abs=1e-6)
    assert back == left
    assert np.mean(np.abs(wide.picture("canvas.points").astype(int) - points)) < 1


def test_another_page_and_back_finds_everything_and_goes_on_from_there(wide: ExplorerPage) -> None:
    arrange(wide)
    left = seen(wide)
    page = wide.page
    page.evaluate("explorer.update({...explorerOptions, page: 'interpolate'})")
    page.wait_for_selector(".interpolation")
    page.wait_for_selector("[data-ready=true]")
    page.evaluate("explorer.update({...explorerOptions})")
    page.wait_for_selector("[data-ready=true] .layout")
    back = seen(wide)
    assert back["latent"] == pytest.approx(left["latent"], abs=1e-6)
    assert (back["map"], back["axes"], back["colours"], back["off"]) == (
        left["map"],
        left["axes"],
        left["colours"],
        left["off"],
    )
    # The probe stands on the layout it belongs to: a drag begins there, as itself.
    answers = len(wide.answers())
    x, y = wide.probe()
    wide.drag((x, y), (x + 40, y))
    moved = wide.wait_for_answer(answers)
    assert moved["position"][1] == pytest.approx(back["position"][1], abs=1e-3)
    assert np.abs(np.array(moved["latent"]) - back["latent"]).max() > 0


def draw(explorer: ExplorerPage) -> None:
    """A stroke on the pad, and what the model makes of it."""
    page = explorer.page
    page.get_by_role("tab", name="Your image").click()
    pad = page.get_by_role("img", name="Drawing pad").bounding_box()
    assert pad is not None
    explorer.drag((pad["x"] + 50, pad["y"] + 30), (pad["x"] + 80, pad["y"] + 100))
    expect(page.get_by_text(re.compile(r"^ELBO −?[\d.]+ nats"))).to_be_visible()


def test_a_picture_of_ones_own_is_found_again_until_it_is_cleared(wide: ExplorerPage) -> None:
    page = wide.page
    draw(wide)
    mark, seen = page.locator(".map").get_by_text("your image"), "Your image as the model sees it"
    pad = page.get_by_role("img", name="Drawing pad")
    place, image, drawn = mark.bounding_box(), wide.picture(page.get_by_role("img", name=seen)), wide.picture(pad)
    page.get_by_role("tab", name="Latent").click()
    before = len(wide.answers())
    wide.button("Random").click()
    latent = wide.wait_for_answer(before)["latent"]
    page.reload()
    page.wait_for_selector("[data-ready=true]")
    expect(mark).to_be_visible()
    page.get_by_role("tab", name="Your image").click()
    expect(page.get_by_text(re.compile(r"^ELBO −?[\d.]+ nats"))).to_be_visible()
    assert mark.bounding_box() == place
    assert np.array_equal(wide.picture(page.get_by_role("img", name=seen)), image)
    assert drawn.min() < drawn.max()
    assert np.array_equal(wide.picture(pad), drawn)
    assert wide.settled()["latent"] == pytest.approx(latent, abs=1e-6)  # the probe is where it was
    page.evaluate("explorer.update({...explorerOptions, page: 'interpolate'})")
    page.wait_for_selector(".interpolation")
    page.evaluate("explorer.update({...explorerOptions})")
    page.wait_for_selector("[data-ready=true] .layout")
    expect(mark).to_be_visible()
    page.get_by_role("tab", name="Your image").click()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(mark).to_have_count(0)
    page.reload()
    page.wait_for_selector("[data-ready=true]")
    page.wait_for_load_state("networkidle")
    wide.frame()
    expect(mark).to_have_count(0)


def test_undo_takes_back_a_layout_with_the_probes_place_on_it(wide: ExplorerPage) -> None:
    x, y = wide.centre()
    wide.drag(wide.probe(), (x + 50, y - 30))
    left = wide.settled()
    wide.choice("Map").select_option("pca")
    wide.settled()
    before = len(wide.answers())
    wide.button("Random").click()
    wide.wait_for_answer(before)
    for _ in range(2):
        before = len(wide.answers())
        wide.page.keyboard.press("Control+z")
        wide.wait_for_answer(before)
    back = wide.settled()
    expect(wide.choice("Map")).to_have_value("model")
    assert back["position"] == pytest.approx(left["position"], abs=1e-5)
    assert back["latent"] == pytest.approx(left["latent"], abs=1e-5)


def test_a_link_is_opened_before_what_the_tab_kept_and_then_left_behind(
    chromium: Browser, address: str, model: ExplorableModel
) -> None:
    with explorer_page(chromium, address, model) as explorer:
        explorer.button("Random").click()
        kept = explorer.settled()["latent"]
        explorer.frame()
        linked = [0.5, -1.0, 0.25, 1.0, -0.5, 0.75]
        explorer.reopen(explorer.link_to([0.0, 0.0], linked))
        assert explorer.wait_for_answer()["latent"] == pytest.approx(linked)
        answers = len(explorer.answers())
        explorer.button("Zero").click()
        explorer.wait_for_answer(answers)
        explorer.page.wait_for_function("Object.keys(sessionStorage).length > 0")
        explorer.page.evaluate("dispatchEvent(new Event('pagehide'))")
        explorer.page.evaluate("answers.length = 0; explorer.update({...explorerOptions, manifestVersion: 'again'})")
        explorer.page.wait_for_selector("[data-ready=true]")
        assert explorer.wait_for_answer()["latent"] == pytest.approx([0.0] * 6)
        assert kept != linked


@pytest.fixture
def path(chromium: Browser, address: str, model: ExplorableModel) -> Iterator[PathPage]:
    with path_page(chromium, address, model) as page:
        yield page
        assert page.complaints == []


def test_a_scene_comes_back_with_its_view_its_frame_and_its_chosen_stop(path: PathPage) -> None:
    page = path.page
    path.wait_for_report(0)
    path.after(path.button("Line").click)
    path.range("Frames", 12)
    page.get_by_role("button", name=re.compile("^Stop B")).click()
    path.sheet.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    x, y = path.centre()
    page.mouse.move(x + 50, y)
    page.mouse.wheel(0, -300)
    path.frame()
    stops = [path.stop(letter) for letter in "ABC"]
    page.wait_for_function("reported.at(-1).scene.length > 0")
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    page.goto(f"{page.url.split('?')[0]}?{PAGE.split('?')[1]}&page=interpolate")
    path.wait_for_report(0)
    expect(path.button("Line")).to_have_attribute("aria-pressed", "true")
    expect(path.sheet).to_have_attribute("aria-valuenow", "5")
    expect(page.get_by_role("button", name=re.compile("^Stop B"))).to_have_attribute("aria-pressed", "true")
    for letter, place in zip("ABC", stops, strict=True):
        assert path.stop(letter) == pytest.approx(place, abs=1)
