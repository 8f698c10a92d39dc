"""Lesson 2 with real events: a density drawn by mouse, finger and key, and the mixture that follows it."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.learning import LearnPage, learn_page
from tests.browser.standalone import Fingers

# Every number of Gaussians for which the distance is shown.
SHOWN = 13
DISTANCES = "svg[aria-label^='The distance'] .curve"
DONE = f"""() => document.querySelector("{DISTANCES}").getAttribute("d").split("L").length === {SHOWN}"""
PEN = "Pen: left and right go along the curve, up and down raise and lower it"
SURFACE = "svg[aria-label^='The density'] .surface"


def number(words: str) -> float:
    return float(words.split()[0].replace("−", "-"))


def box(learning: LearnPage) -> Any:
    found = learning.page.locator(SURFACE).bounding_box()
    assert found is not None
    return found


def still(learning: LearnPage) -> None:
    """Waits until the mixture has come to rest: nothing in the picture has changed for some frames."""
    learning.page.evaluate(
        """async () => {
            for (let seen = "", still = 0; still < 8; ) {
                await new Promise(requestAnimationFrame);
                const shown = [...document.querySelectorAll(".curve, .figures")];
                const now = shown.map((at) => at.getAttribute("d") ?? at.textContent).join();
                still = now === seen ? still + 1 : 0;
                seen = now;
            }
        }"""
    )


def choose(learning: LearnPage, count: int) -> None:
    learning.page.get_by_role("slider", name="Gaussians").fill(str(count))
    still(learning)


@pytest.fixture
def learning(chromium: Browser, address: str) -> Iterator[LearnPage]:
    with learn_page(chromium, address, "?lesson=2") as opened:
        still(opened)
        yield opened
        assert opened.complaints == []


def test_more_gaussians_come_nearer(learning: LearnPage) -> None:
    learning.page.get_by_role("button", name="A box").click()
    distances = []
    for count in (1, 4, 16, 64):
        choose(learning, count)
        distances.append(number(learning.figure("total variation")))
        drawn, error = (float(part) for part in learning.figure("total variation", 2).split(" ± "))
        assert abs(drawn - distances[-1]) < 4 * error + 2e-3
        assert number(learning.figure("area under the mixture")) == pytest.approx(1, abs=1e-4)
        assert f"{count} Gaussian" in learning.sentence or count == 1
    assert all(later < earlier for earlier, later in pairwise(distances))
    learning.page.wait_for_function(DONE)


def test_a_hand_draws_and_takes_back(learning: LearnPage) -> None:
    page, place = learning.page, box(learning)
    target = page.locator(".curve.filled")
    before = target.get_attribute("d")
    x, y = place["x"] + 0.15 * place["width"], place["y"] + 0.3 * place["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 0.5 * place["width"], y, steps=12)
    page.mouse.up()
    still(learning)
    drawn = target.get_attribute("d")
    assert drawn != before
    expect(page.get_by_role("button", name="Two humps")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Control+z")
    still(learning)
    assert target.get_attribute("d") == before
    expect(page.get_by_role("button", name="Two humps")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Control+Shift+z")
    still(learning)
    assert target.get_attribute("d") == drawn


def test_esc_takes_a_stroke_back(learning: LearnPage) -> None:
    page, place = learning.page, box(learning)
    target, pen = page.locator(".curve.filled"), page.get_by_label("Pen: left and right")
    before, at = target.get_attribute("d"), pen.get_attribute("aria-description")
    grips = [learning.middle(PEN), (place["x"] + 0.2 * place["width"], place["y"] + 0.2 * place["height"])]
    for x, y in grips:
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 0.3 * place["width"], y + 20, steps=6)
        learning.painted()
        assert target.get_attribute("d") != before
        page.keyboard.press("Escape")
        page.mouse.up()
        learning.painted()
        assert (target.get_attribute("d"), pen.get_attribute("aria-description")) == (before, at)
    expect(page.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")


def test_a_width_that_is_held_stays(learning: LearnPage) -> None:
    page = learning.page
    page.get_by_role("slider", name="Width σ").fill("0.4")
    expect(page.get_by_role("button", name="Best width")).to_have_attribute("aria-pressed", "false")
    choose(learning, 50)
    assert "50 Gaussians of width 0.40 put" in learning.sentence
    held = number(learning.figure("total variation"))
    page.get_by_role("button", name="Best width").click()
    still(learning)
    assert number(learning.figure("total variation")) < held


def test_the_keyboard_draws(learning: LearnPage) -> None:
    page = learning.page
    pen = page.get_by_label("Pen: left and right")
    pen.focus()
    target = page.locator(".curve.filled")
    before = target.get_attribute("d")
    page.keyboard.press("Shift+ArrowLeft")
    still(learning)
    assert target.get_attribute("d") == before, "along the curve it draws nothing"
    assert (pen.get_attribute("aria-description") or "").startswith("at −0.40, height")
    page.keyboard.press("Shift+ArrowUp")
    still(learning)
    assert target.get_attribute("d") != before


def test_a_finger_draws(chromium: Browser, address: str) -> None:
    screen = {"width": 400, "height": 850}
    with learn_page(chromium, address, "?lesson=2", viewport=screen, has_touch=True) as learning:
        learning.page.locator(SURFACE).scroll_into_view_if_needed()
        target = learning.page.locator(".curve.filled")
        before = target.get_attribute("d")
        place = box(learning)
        y = place["y"] + 0.4 * place["height"]
        Fingers(learning).drag(((place["x"] + 40, y), (place["x"] + 250, y + 40)))
        still(learning)
        assert target.get_attribute("d") != before
