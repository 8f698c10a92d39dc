"""What a finger does beside panning and dragging the probe: lasso, switches, drawing, the order of the tray."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.lasso import circle, group, inside
from tests.browser.standalone import ExplorerPage, Fingers


def middle_of(explorer: ExplorerPage, selector: str) -> tuple[float, float]:
    at = explorer.page.locator(selector).first
    at.scroll_into_view_if_needed()
    box = at.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_finger_draws_a_lasso_with_the_tool(phone: ExplorerPage) -> None:
    phone.page.get_by_role("button", name="Lasso").tap()
    positions = phone.model.positions
    corners = circle(phone.place_of(np.median(positions[phone.model.labels == 0], axis=0).tolist()), 30)
    Fingers(phone).follow(corners)
    found = inside(np.array([phone.position_of(corner) for corner in corners]), positions)
    shown = group(phone, "A").get_by_text(re.compile(r"\d+ points, by lasso"))
    expect(shown).to_be_visible()
    # A finger's first move within a touch is held back by the browser until it is sure that it is no tap.
    assert int(shown.inner_text().split()[0]) == pytest.approx(len(found), rel=0.1)
    expect(phone.page.get_by_role("button", name="Lasso")).to_have_attribute("aria-pressed", "false")


def test_a_finger_switches_classes_and_undoes(phone: ExplorerPage) -> None:
    zero = phone.page.locator(".legend button").first
    zero.tap()
    expect(zero).to_have_attribute("aria-pressed", "false")
    phone.page.get_by_role("button", name=re.compile("^Undo")).tap()
    expect(zero).to_have_attribute("aria-pressed", "true")


def test_a_finger_reorders_the_tray(phone: ExplorerPage) -> None:
    page = phone.page
    for _ in range(3):
        answers = len(phone.answers())
        page.get_by_role("button", name="Random").tap()
        phone.wait_for_answer(answers)
        page.locator(".about").get_by_role("button", name="Pin").tap()
    names = page.locator(".pins .pin-name")
    expect(names).to_have_count(3)
    for number, name in enumerate("abc"):
        names.nth(number).fill(name)
        names.nth(number).press("Enter")
    start = middle_of(phone, ".pins li:nth-child(1) canvas")
    third = page.locator(".pins li:nth-child(3) canvas").bounding_box()
    assert third is not None
    released = page.evaluate("(window.released ?? []).length")
    Fingers(phone).drag((start, (third["x"] + third["width"] - 8, start[1])), steps=14)
    assert [name.input_value() for name in names.all()] == ["b", "c", "a"]
    assert page.evaluate("(window.released ?? []).length") == released  # a drag is no tap


def test_a_finger_draws_on_the_pad(phone: ExplorerPage) -> None:
    page = phone.page
    page.get_by_role("tab", name="Your image").tap()
    x, y = middle_of(phone, ".pad")
    Fingers(phone).follow([(x, y - 45 + 9 * step) for step in range(11)])
    expect(page.locator(".own-result")).to_be_visible()
    expect(page.locator(".mark.pin", has_text="your image")).to_have_count(1)
