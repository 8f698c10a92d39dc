"""Groups: gathered by lasso or button, what they are made of, and the direction from the one to the other."""

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from scipy.stats import ks_2samp

from tests.browser.lasso import circle, group, inside
from tests.browser.model import ExplorableModel
from tests.browser.standalone import ExplorerPage


def lassoed(explorer: ExplorerPage, label: int, radius: float = 55) -> np.ndarray:
    """Draws a lasso round the middle of a class; the points inside it by numpy."""
    positions = explorer.model.positions
    middle = np.median(positions[explorer.model.labels == label], axis=0)
    corners = circle(explorer.place_of(middle.tolist()), radius)
    explorer.lasso(corners)
    return inside(np.array([explorer.position_of(corner) for corner in corners]), positions)


def bars(at: Locator) -> dict[str, int]:
    return {
        row.locator(".name").inner_text(): int(row.locator(".value").inner_text())
        for row in at.locator(".bars li").all()
    }


def mean_of(model: ExplorableModel, points: np.ndarray) -> list[float]:
    return [float(value) for value in model.latents[points].astype(np.float64).mean(0)]


def expect_group(explorer: ExplorerPage, name: str, points: np.ndarray, origin: str) -> None:
    """The panel counts these points by class and shows the image that torch decodes from their mean."""
    model, at = explorer.model, group(explorer, name)
    expect(at.get_by_text(f"{len(points)} points, {origin}")).to_be_visible()
    counts = np.bincount(model.labels[points], minlength=10)
    shown = bars(at)
    assert sum(shown.values()) == len(points)
    for label in np.argsort(-counts)[:2]:
        if counts[label] > 0:
            assert shown[model.name_of(int(label))] == counts[label]
    explorer.frame()
    assert explorer.shows(at.locator("canvas.mean"), mean_of(model, points))


def test_two_lassos_and_the_direction_between_them(explorer: ExplorerPage) -> None:
    page, model = explorer.page, explorer.model
    start = explorer.answers()[0]["latent"]
    a = lassoed(explorer, 0)
    assert 20 < len(a) < 500
    expect_group(explorer, "A", a, "by lasso")
    expect(page.locator(".outlines path.first")).to_have_count(1)
    expect(page.get_by_role("tab", name="Groups")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("heading", name="From A to B")).to_be_hidden()
    b = lassoed(explorer, 6)
    expect_group(explorer, "B", b, "by lasso")
    assert explorer.settled()["latent"] == start  # a lasso leaves the probe alone

    vector = np.array(mean_of(model, b)) - np.array(mean_of(model, a))
    statistic = ks_2samp(model.latents[a] @ vector, model.latents[b] @ vector).statistic
    words = page.locator(".vector p").inner_text()
    percent = re.match(r"Overlap ([\d.]+) %", words)
    assert percent is not None, words
    assert float(percent[1]) == pytest.approx(100 * (1 - statistic), abs=0.51)

    handle = page.get_by_role("slider", name="Strength of the attribute")
    handle.focus()
    for key, presses, strength in (("End", 1, 2.0), ("ArrowLeft", 50, 1.0), ("Home", 1, -2.0)):
        for _ in range(presses):
            page.keyboard.press(key)
        assert float(handle.input_value()) == strength
        latent = explorer.settled()["latent"]
        assert latent == pytest.approx((np.array(start) + strength * vector).tolist(), abs=2e-5)
        assert explorer.shows("canvas.decoded", latent)
    box = handle.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    explorer.drag((box["x"] + 8, middle), (box["x"] + box["width"] * 0.7, middle))
    dragged = float(handle.input_value())
    assert 0.5 < dragged < 1.2
    assert explorer.settled()["latent"] == pytest.approx((np.array(start) + dragged * vector).tolist(), abs=2e-5)

    explorer.page.keyboard.press("Control+z")
    assert explorer.settled()["latent"] == pytest.approx((np.array(start) - 2 * vector).tolist(), abs=2e-5)
    assert float(handle.input_value()) == -2  # it is where its probe is, wherever steps lead
    explorer.page.keyboard.press("Control+Shift+z")
    assert explorer.settled()["latent"] == pytest.approx((np.array(start) + dragged * vector).tolist(), abs=2e-5)
    assert float(handle.input_value()) == dragged
    expect(page.locator(".vector output")).to_have_text(f"{dragged:.2f}")

    group(explorer, "A").get_by_role("button", name="Go to mean").click()
    assert explorer.settled()["latent"] == pytest.approx(mean_of(model, a), abs=1e-5)
    assert handle.input_value() == "0"  # the probe has gone elsewhere: the handle begins anew
    group(explorer, "B").get_by_role("button", name="Pin mean").click()
    expect(page.locator(".pins .pin-name")).to_have_value("mean of B")
    assert explorer.shows(page.locator(".pins canvas"), mean_of(model, b))


def test_the_tool_draws_without_shift_and_escape_lets_go(explorer: ExplorerPage) -> None:
    page, model = explorer.page, explorer.model
    tool = explorer.button("Lasso")
    x, y = explorer.probe()
    corners = circle((x, y), 50)
    tool.click()
    expect(tool).to_have_attribute("aria-pressed", "true")
    answers = len(explorer.answers())
    explorer.drag((x, y), *corners, (x, y), steps=2)  # begins on the probe, which stays
    points = inside(np.array([explorer.position_of(place) for place in [(x, y), *corners]]), model.positions)
    expect_group(explorer, "A", points, "by lasso")
    expect(tool).to_have_attribute("aria-pressed", "false")
    assert len(explorer.answers()) == answers

    page.locator(".surface").focus()
    page.keyboard.press("l")
    expect(tool).to_have_attribute("aria-pressed", "true")
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:12]:
        page.mouse.move(*corner)
    expect(page.locator(".outlines path.drawing")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".outlines path.drawing")).to_have_count(0)
    page.mouse.up()
    expect(group(explorer, "B").locator(".empty")).to_be_visible()
    for _ in range(2):  # the tool first, then the groups
        page.keyboard.press("Escape")
    expect(group(explorer, "A").locator(".empty")).to_be_visible()
    expect(page.locator(".outlines path")).to_have_count(0)


def test_a_class_and_the_nearest_hundred(explorer: ExplorerPage) -> None:
    page, model = explorer.page, explorer.model
    page.get_by_role("tab", name="Groups").click()
    latent = np.array(explorer.answers()[0]["latent"])
    explorer.choice("Group A: take a class").select_option(label=model.name_of(3))
    expect_group(explorer, "A", np.flatnonzero(model.labels == 3), "a class")
    group(explorer, "B").get_by_role("button", name="100 nearest").click()
    nearest = np.argsort(np.linalg.norm(model.latents - latent, axis=1), kind="stable")[:100]
    expect_group(explorer, "B", nearest, "nearest to the probe")
    group(explorer, "A").get_by_role("button", name="Clear").click()
    expect(group(explorer, "A").locator(".empty")).to_be_visible()
    expect(page.get_by_role("heading", name="From A to B")).to_be_hidden()


def test_a_lasso_gathers_only_what_is_shown(explorer: ExplorerPage) -> None:
    model = explorer.model
    hidden = 0
    legend = explorer.page.get_by_role("list", name="Classes").get_by_role("button")
    legend.nth(hidden).click()
    points = lassoed(explorer, hidden, radius=120)
    shown = points[model.labels[points] != hidden]
    assert 0 < len(shown) < len(points)
    expect_group(explorer, "A", shown, "by lasso")
