"""A slow decoder and a slow network: the page of paths keeps up with the hand, and the hand breaks nothing."""

import numpy as np
from playwright.sync_api import Browser, Route

from tests.browser.held_stop import hold
from tests.browser.interpolation import path_page
from tests.browser.model import ExplorableModel
from tests.browser.standalone import CLOSE

# The worker that decodes is told of everything a little later: a decoder that takes its time.
SLOW_WORKER = """
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (...message) { setTimeout(() => post.apply(this, message), 20); };
"""


def test_the_strip_catches_up_with_a_hand_that_has_stopped(
    chromium: Browser, address: str, model: ExplorableModel
) -> None:
    with path_page(chromium, address, model, script=SLOW_WORKER) as paths:
        page = paths.page
        page.evaluate("addEventListener('pointermove', ({ timeStamp }) => (window.lastMove = timeStamp), true)")
        start = hold(paths, "B")
        for _ in range(2):
            for step in range(1, 8):
                page.mouse.move(start[0] + 5 + 7 * step, start[1] - 6 * step)
            page.wait_for_function("strips.at(-1).complete && strips.at(-1).pointerTime === lastMove", timeout=10_000)
        live = paths.tiles()
        paths.after(page.mouse.up)
        assert np.abs(live - paths.tiles()).max() < 2 * CLOSE


def test_a_hand_that_comes_before_the_data_breaks_nothing(
    chromium: Browser, address: str, model: ExplorableModel
) -> None:
    with path_page(chromium, address, model) as paths:
        page, waiting = paths.page, list[Route]()
        page.route("**/latents.*", lambda route: waiting.append(route))
        # Another model: what is known of the first one is not fetched again.
        page.route("**/manifest.json*", lambda route: route.fulfill(json={**route.fetch().json(), "name": "slow"}))
        with page.expect_request("**/latents.*"):
            page.evaluate("explorer.update({ ...explorerOptions, manifestVersion: 'slow' })")
        x, y = paths.centre()
        page.mouse.click(x, y)
        paths.button("Grid").click()
        paths.surface.press("ArrowRight")
        page.keyboard.press("Space")
        waiting[0].continue_()
        page.unroute("**/latents.*")
        page.locator("[data-ready=true]").wait_for()
        assert paths.tiles().std() > 0.1
        assert paths.complaints == []
