"""Zoomed pages and other screens: every canvas has a pixel for each of the screen's, and none is resampled."""

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.model import ExplorableModel
from tests.browser.standalone import explorer_page
from tests.browser.training_view import training_page

# The browser places boxes by 1/64 of a CSS pixel.
CRISP = """
([selector, count]) => {
    const canvases = [...document.querySelectorAll(selector)];
    return canvases.length === count && canvases.every((canvas) => {
        const own = canvas.getBoundingClientRect(), room = canvas.parentElement.getBoundingClientRect();
        const close = (pixels, length, most) => Math.abs(pixels - length * devicePixelRatio) <= most;
        return close(canvas.width, room.width, 0.51) && close(canvas.width, own.width, devicePixelRatio / 64)
            && close(canvas.height, own.height, devicePixelRatio / 64);
    });
}
"""
DENSITY_QUERIES = """
window.densityQueries = [];
const real = window.matchMedia.bind(window);
window.matchMedia = (query) => {
    const list = real(query);
    if (query.includes("dppx")) densityQueries.push(list);
    return list;
};
"""
MAP = ".points, .backdrop, .contours"


def expect_crisp(page: Page, selector: str, count: int) -> None:
    """Canvases come to have a pixel for each of the screen's, as many as their box rounded, and to be just as large."""
    page.wait_for_function(CRISP, arg=[selector, count], timeout=10_000)


@pytest.mark.parametrize("density", [1, 1.25, 1.5, 2.625])
def test_the_maps_canvases_have_the_screens_pixels(
    chromium: Browser, address: str, model: ExplorableModel, density: float
) -> None:
    screen = {"width": 1023, "height": 767}
    with explorer_page(chromium, address, model, viewport=screen, device_scale_factor=density) as explorer:
        explorer.button("Contours").click()
        expect_crisp(explorer.page, MAP, 3)


def test_they_follow_when_the_page_is_zoomed(chromium: Browser, address: str, model: ExplorableModel) -> None:
    with explorer_page(chromium, address, model, viewport={"width": 1024, "height": 768}, wait=False) as explorer:
        page = explorer.page
        page.add_init_script(DENSITY_QUERIES)
        page.reload()
        page.wait_for_selector("[data-ready=true]")
        explorer.button("Contours").click()
        expect_crisp(page, MAP, 3)
        session = page.context.new_cdp_session(page)
        metrics = {"width": 1024, "height": 768, "mobile": False}
        for density in (1.25, 2):  # the same CSS pixels, so that nothing but their density tells
            session.send("Emulation.setDeviceMetricsOverride", {**metrics, "deviceScaleFactor": density})
            page.evaluate("densityQueries.at(-1).dispatchEvent(new Event('change'))")  # which emulation leaves out
            expect_crisp(page, MAP, 3)


@pytest.mark.parametrize("density", [1, 1.25, 2])
def test_the_moving_map_has_the_screens_pixels(chromium: Browser, address: str, density: float) -> None:
    with training_page(chromium, address, device_scale_factor=density, reduced_motion="reduce") as page:
        expect_crisp(page, "canvas[aria-label^='Map of']", 1)
