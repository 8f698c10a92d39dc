"""What can be taken back: a dragged point with its ghost, and every step by undo and redo."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.standalone import ExplorerPage


def test_a_dragged_point_leaves_a_ghost_and_escape_sends_it_home(explorer: ExplorerPage) -> None:
    page, model = explorer.page, explorer.model
    point = explorer.lonely_point()
    home = explorer.place_of_point(point)
    ghost = page.locator(".mark.ghost")
    before = len(explorer.answers())
    page.mouse.move(home[0] + 1, home[1] - 1)
    page.mouse.down()
    first = explorer.wait_for_answer(before)
    assert first["point"] == point
    assert explorer.shows("canvas.decoded", model.latent_map.encoding.means[point].tolist())
    expect(ghost).to_have_count(0)
    page.mouse.move(home[0] + 61, home[1] - 41, steps=10)
    page.mouse.up()
    away = explorer.settled()
    assert away["point"] is None
    assert away["latent"] != first["latent"]
    box = ghost.bounding_box()
    assert box is not None
    assert (box["x"], box["y"]) == pytest.approx(home, abs=1)

    page.keyboard.press("Escape")  # the press has given the map the focus
    back = explorer.settled()
    assert back["point"] == point
    assert back["latent"] == model.stored_latent(point).tolist()
    assert explorer.probe() == pytest.approx(home, abs=0.6)
    expect(ghost).to_have_count(0)


@pytest.mark.parametrize("key", ["Escape", "Control+z"])
def test_a_probe_in_the_hand_is_taken_back_without_a_step(explorer: ExplorerPage, key: str) -> None:
    page = explorer.page
    start, before = explorer.probe(), explorer.settled()
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 80, start[1] - 60, steps=8)
    explorer.settled()
    page.keyboard.press(key)
    page.mouse.move(start[0] - 50, start[1])
    page.mouse.up()
    after = explorer.settled()
    assert all(after[name] == before[name] for name in ("position", "latent", "point"))
    assert explorer.probe() == pytest.approx(start, abs=0.2)
    expect(explorer.button("Undo (Ctrl+Z)")).to_be_disabled()
    expect(explorer.button("Redo (Ctrl+Shift+Z)")).to_be_disabled()


def visible_state(explorer: ExplorerPage) -> dict[str, Any]:
    """All that undo is to bring back, as it is seen."""
    latent = explorer.settled()["latent"]
    explorer.frame()
    state = explorer.page.evaluate(
        """() => {
            const all = (selector, read) => [...document.querySelectorAll(selector)].map(read);
            return {
                selects: all(".map-options select", (at) => at.value),
                layers: all(".map-options .toggle", (at) => at.getAttribute("aria-pressed")),
                legend: all(".legend button", (at) => at.getAttribute("aria-pressed")),
                groups: all(".group .full", (at) => at.hidden ? "" : at.querySelector("p").textContent),
                outlines: all(".outlines path", (at) => at.getAttribute("class")),
                pins: all(".pins .pin-name", (at) => at.value),
                labels: all(".pins li > button:first-child", (at) => at.getAttribute("aria-label")),
                facts: document.querySelector(".facts").textContent,
                probe: document.querySelector(".probe").style.transform,
                ramp: document.querySelector(".ramp").hidden ? "" : document.querySelector(".ramp").textContent,
            };
        }"""
    )
    return {**state, "latent": latent}


def rename_first_pin(explorer: ExplorerPage) -> None:
    name = explorer.page.locator(".pins .pin-name").first
    name.fill("kept")
    name.press("Enter")


def test_undo_and_redo_go_through_every_kind_of_step(explorer: ExplorerPage) -> None:
    page = explorer.page
    x, y = explorer.probe()
    undo, redo = explorer.button("Undo (Ctrl+Z)"), explorer.button("Redo (Ctrl+Shift+Z)")
    expect(undo).to_be_disabled()
    expect(redo).to_be_disabled()
    around = [(x - 60, y - 60), (x + 60, y - 60), (x + 60, y + 60), (x - 60, y + 60)]
    steps: list[Callable[[], object]] = [
        lambda: explorer.drag((x, y), (x + 50, y + 40)),
        lambda: explorer.lasso(around),
        lambda: page.get_by_role("group", name="Group B").get_by_role("button", name="100 nearest").click(),
        lambda: page.locator(".about").get_by_role("button", name="Pin").click(),
        lambda: explorer.choice("Map").select_option("axes"),
        lambda: page.locator(".legend button").nth(2).click(),
        lambda: explorer.choice("Colour by").select_option("kl"),
        lambda: explorer.button("Contours").click(),
        lambda: rename_first_pin(explorer),
        lambda: explorer.choice("Map").select_option("model"),
        lambda: page.locator(".tray").get_by_role("button", name="Clear").click(),
        lambda: page.locator(".surface").press("Shift+ArrowLeft"),
    ]
    seen = [visible_state(explorer)]
    for step in steps:
        step()
        page.wait_for_function("Boolean(document.querySelector('.toolbar [aria-disabled=false][aria-label^=Undo]'))")
        seen.append(visible_state(explorer))
    assert all(before != after for before, after in itertools.pairwise(seen))

    for turn, expected in enumerate(reversed(seen[:-1])):
        if turn % 2:
            undo.click()
        else:
            page.keyboard.press("Control+z")
        assert visible_state(explorer) == expected
    expect(undo).to_be_disabled()
    for turn, expected in enumerate(seen[1:]):
        if turn % 3 == 0:
            redo.click()
        else:
            page.keyboard.press("Control+Shift+Z" if turn % 3 == 1 else "Control+y")
        assert visible_state(explorer) == expected
    expect(redo).to_be_disabled()

    undo.click()
    page.locator(".surface").press("ArrowUp")
    explorer.settled()
    expect(redo).to_be_disabled()  # a new step ends what could be redone


def test_a_text_field_keeps_its_own_undo(explorer: ExplorerPage) -> None:
    page = explorer.page
    page.locator(".surface").press("p")
    name = page.locator(".pins .pin-name")
    expect(name).to_have_count(1)
    name.click()
    page.keyboard.press("End")
    page.keyboard.type("abc")
    page.keyboard.press("Control+z")
    expect(name).to_have_count(1)  # the pin is still there
