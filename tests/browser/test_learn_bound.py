"""Lesson 1 with real events: the bell, its width, what is observed, by mouse, finger and key."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.learning import LearnPage, learn_page
from tests.browser.standalone import Fingers

ROWS = ("ELBO", "KL(q‖posterior)", "their sum", "log p(x)")


def numbers(learning: LearnPage, column: int = 1) -> list[float]:
    """The table's numbers of a column, from top to bottom."""
    return [float(learning.figure(row, column).split()[0].replace("−", "-")) for row in ROWS]


def check_sum(learning: LearnPage) -> float:
    """The shares add up, ours and the oracle's; what they add up to."""
    elbo, gap, total, evidence = numbers(learning)
    assert elbo + gap == pytest.approx(total, abs=2e-4)
    assert total == pytest.approx(evidence, abs=1e-4)
    assert numbers(learning, 2)[:3] == pytest.approx([elbo, gap, total], abs=1e-4)
    return evidence


def settle(page: Page) -> None:
    """Two frames: what a hand has done is on the screen."""
    page.evaluate("async () => { for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame); }")


@pytest.fixture
def learning(chromium: Browser, address: str) -> Iterator[LearnPage]:
    with learn_page(chromium, address, "?lesson=1") as opened:
        yield opened
        assert opened.complaints == []


def test_the_sum_stays_while_the_bell_moves(learning: LearnPage) -> None:
    evidence = check_sum(learning)
    x, y = learning.middle("Mean of q")
    page = learning.page
    page.mouse.move(x - 20, y + 60)  # the bell itself, not its handle
    page.mouse.down()
    gaps = []
    for step in range(1, 9):
        page.mouse.move(x - 20 + 14 * step, y + 60)
        settle(page)
        assert check_sum(learning) == pytest.approx(evidence, abs=1e-4)
        gaps.append(numbers(learning)[1])
    page.mouse.up()
    assert gaps == sorted(gaps, reverse=True), "the gap closes on the way to the posterior"
    assert learning.handle("Mean of q").get_attribute("aria-valuetext") != "−0.60"


def test_esc_takes_a_drag_back(learning: LearnPage) -> None:
    before = numbers(learning)
    x, y = learning.middle("Width of q")
    learning.page.mouse.move(x, y)
    learning.page.mouse.down()
    learning.page.mouse.move(x - 60, y, steps=4)
    settle(learning.page)
    assert numbers(learning) != before
    learning.page.keyboard.press("Escape")
    settle(learning.page)
    assert numbers(learning) == before
    learning.page.mouse.up()


def test_the_best_bell_closes_the_gap_and_two_peaks_keep_one(learning: LearnPage) -> None:
    page = learning.page
    page.get_by_role("button", name="Best bell").click()
    settle(page)
    assert numbers(learning)[1] == pytest.approx(0, abs=1e-4)
    assert "loses nothing" in learning.sentence
    page.get_by_role("button", name="Two peaks").click()
    page.get_by_role("button", name="Best bell").click()
    settle(page)
    assert numbers(learning)[1] > 0.3
    check_sum(learning)
    drawn = learning.figure("log p(x)", 2)  # no closed form: draws stand in
    value, error = (float(part.replace("−", "-")) for part in drawn.removesuffix(" by draws").split(" ± "))
    assert abs(value - numbers(learning)[3]) < 4 * error


def test_x_moves_what_all_shares_add_up_to(learning: LearnPage) -> None:
    before = check_sum(learning)
    learning.drag("Observed x", 60)
    settle(learning.page)
    assert check_sum(learning) < before - 0.2  # away from the middle


def test_the_arrow_keys_do_all_of_it(learning: LearnPage) -> None:
    page = learning.page
    for label, key, text in (
        ("Mean of q", "ArrowRight", "−0.40"),
        ("Width of q", "ArrowLeft", "standard deviation 0.70"),
        ("Observed x", "ArrowRight", "3.00"),
    ):
        learning.handle(label).focus()
        page.keyboard.press(f"Shift+{key}")
        settle(page)
        assert learning.handle(label).get_attribute("aria-valuetext") == text
        check_sum(learning)


def test_a_finger_drags_the_bell(chromium: Browser, address: str) -> None:
    screen = {"width": 400, "height": 850}
    with learn_page(chromium, address, "?lesson=1", viewport=screen, has_touch=True, device_scale_factor=2) as learning:
        learning.handle("Mean of q").scroll_into_view_if_needed()
        before = numbers(learning)
        x, y = learning.middle("Mean of q")
        Fingers(learning).drag(((x, y), (x + 60, y)))
        settle(learning.page)
        assert numbers(learning)[1] < before[1]
        check_sum(learning)
