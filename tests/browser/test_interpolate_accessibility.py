"""Everybody can lay a path: no barrier that axe finds, all of it by keyboard alone, on a phone as well."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.assistance import LOOKS, barriers, tab_to
from tests.browser.interpolation import PathPage, path_page
from tests.browser.model import ExplorableModel
from tests.browser.standalone import Fingers

TABS = ("Data", "Tray", "Class means", "Prior", "Your image")


def lay_a_grid(paths: PathPage) -> None:
    paths.after(lambda: paths.button("Grid").click())


def lay_a_path_that_is_linked(paths: PathPage) -> None:
    paths.reset(paths.made_up([0, 3, 0, 0]))  # along the data, from a page with a server
    expect(paths.page.get_by_text("This path needs the app's own server")).to_be_visible()


def open_every_source(paths: PathPage) -> None:
    paths.button("Pin frame").click()
    for tab in TABS:
        paths.open_picker(tab)


def fill_the_path(paths: PathPage) -> None:
    paths.open_picker("Prior")
    for _ in range(6 - len(paths.names())):
        paths.after(paths.button("Draw from N(0, I)").click)
    paths.button("Draw from N(0, I)").click()
    expect(paths.page.get_by_text("A path has at most 6 stops")).to_be_visible()
    paths.open_picker("Data")


@pytest.mark.parametrize("colours", LOOKS)
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_no_barrier(
    chromium: Browser, address: str, model: ExplorableModel, width: int, colours: dict[str, str]
) -> None:
    states: list[Callable[[PathPage], None]] = [
        lay_a_grid,
        lay_a_path_that_is_linked,
        open_every_source,
        fill_the_path,
    ]
    settings: dict[str, Any] = {"viewport": {"width": width, "height": 900}, **colours}
    with path_page(chromium, address, model, reduced_motion="reduce", **settings) as paths:
        found = {"at first": barriers(paths.page)}
        for state in states:
            state(paths)
            found[state.__name__] = barriers(paths.page)
        assert {name: what for name, what in found.items() if what} == {}
        assert paths.complaints == []


@pytest.mark.parametrize("width", [400, 760])
def test_nothing_overflows_a_narrow_screen(chromium: Browser, address: str, model: ExplorableModel, width: int) -> None:
    screen = {"width": width, "height": 850}
    with path_page(chromium, address, model, viewport=screen, has_touch=True, device_scale_factor=2) as paths:
        page = paths.page

        def expect_to_fit() -> None:
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            outside = page.evaluate(
                """width => [...document.querySelectorAll(":is(button, select, input)")]
                    .filter((at) => at.checkVisibility() && !at.classList.contains("unseen"))
                    .map((at) => [at.getBoundingClientRect(), at])
                    .filter(([{ left, right }]) => left < 0 || right > width)
                    .map(([, at]) => at.getAttribute("aria-label") ?? at.textContent)""",
                width,
            )
            assert outside == []

        expect_to_fit()
        fill_the_path(paths)
        expect_to_fit()
        for tab in TABS:
            paths.open_picker(tab)
            expect_to_fit()
        lay_a_grid(paths)
        expect_to_fit()
        assert paths.shows_frames_of(paths.report())
        assert paths.complaints == []


def test_a_finger_drags_a_stop_and_scrubs(chromium: Browser, address: str, model: ExplorableModel) -> None:
    screen = {"width": 400, "height": 850}
    with path_page(chromium, address, model, viewport=screen, has_touch=True, device_scale_factor=2) as paths:
        page, fingers, before = paths.page, Fingers(paths), paths.scene()
        x, y = paths.stop("B")
        report = paths.after(lambda: fingers.drag(((x, y), (x + 60, y - 50))))
        assert paths.stop("B") == pytest.approx((x + 60, y - 50), abs=1)
        assert paths.scene().stops[1].latent != before.stops[1].latent
        assert paths.shows_frames_of(report)
        assert any(strip["held"] for strip in paths.strips())
        paths.sheet.scroll_into_view_if_needed()
        box = page.locator(".sheet canvas").bounding_box()
        assert box is not None
        y = box["y"] + 10
        fingers.drag(((box["x"] + 10, y), (box["x"] + box["width"] - 10, y)))
        assert int(paths.sheet.get_attribute("aria-valuenow") or 0) > 4


def test_everything_by_keyboard_alone(chromium: Browser, address: str, model: ExplorableModel) -> None:
    with path_page(chromium, address, model) as paths:
        page, keys = paths.page, paths.page.keyboard
        before = paths.scene()
        tab_to(page, "Map of")
        paths.after(lambda: keys.press("Shift+ArrowRight"))
        moved = paths.scene().stops
        assert moved[0].latent != before.stops[0].latent
        keys.press("p")
        expect(page.get_by_text("Pinned to the tray")).to_be_visible()
        tab_to(page, "Play")
        keys.press("Enter")
        expect(paths.button("Pause")).to_be_visible()
        keys.press("Enter")
        for name in ("How it repeats", "Frames a second", "Full screen", "Path", "Grid"):
            tab_to(page, name)
        tab_to(page, "Line")
        paths.after(lambda: keys.press("Enter"))
        tab_to(page, "Even in the image")
        paths.after(lambda: keys.press("Space"))
        tab_to(page, "Frames")
        paths.after(lambda: keys.press("Home"))
        tab_to(page, "Beyond")
        paths.after(lambda: keys.press("ArrowRight"))
        tab_to(page, "Frame")
        keys.press("End")
        expect(page.locator(".frame-caption")).to_contain_text("Frame 2 of 2: 5 % beyond C")
        for name in ("Save as", "Size", "Frames of the film", "Save"):
            tab_to(page, name)
        with page.expect_download():
            keys.press("Enter")
        for name in ("Undo", "Redo", "Pin frame", "Copy link", "Stop A", "Remove the stop", "Stop B"):
            tab_to(page, name)
        paths.after(lambda: keys.press("Delete"))
        assert [stop.name for stop in paths.scene().stops] == [moved[0].name, moved[2].name]
        expect(page.locator(".stops button:focus")).to_have_accessible_name(f"Stop B, {moved[2].name}")
        tab_to(page, "Add a stop")
        keys.press("Enter")
        tab_to(page, "Data")
        for _ in range(3):
            keys.press("ArrowRight")
        expect(page.get_by_role("tab", name="Prior")).to_be_focused()
        tab_to(page, "Draw from N(0, I)")
        paths.after(lambda: keys.press("Enter"))
        assert len(paths.scene().stops) == 3
        paths.after(lambda: keys.press("Control+z"))
        assert len(paths.scene().stops) == 2
        assert paths.complaints == []
