"""Everybody can use it: no barrier that axe finds, all of it by keyboard alone, and no motion for those who ask."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.assistance import LOOKS, barriers, tab_to
from tests.browser.model import ExplorableModel
from tests.browser.standalone import ExplorerPage, explorer_page


def gather_groups(explorer: ExplorerPage) -> None:
    explorer.page.get_by_role("tab", name="Groups").click()
    for name in "AB":
        explorer.choice(f"Group {name}: take a class").select_option(str(ord(name) % 10))
    expect(explorer.page.get_by_role("heading", name="From A to B")).to_be_visible()


def bring_a_picture(explorer: ExplorerPage) -> None:
    explorer.page.get_by_role("tab", name="Your image").click()
    box = explorer.page.get_by_role("img", name="Drawing pad").bounding_box()
    assert box is not None
    explorer.drag((box["x"] + 40, box["y"] + 30), (box["x"] + 80, box["y"] + 100))
    expect(explorer.page.locator(".own-result p")).to_contain_text("nats")


def fill_the_tray(explorer: ExplorerPage) -> None:
    for _ in range(3):
        explorer.page.locator(".surface").press("p")
    expect(explorer.page.locator(".pins li")).to_have_count(3)


def look_otherwise(explorer: ExplorerPage) -> None:
    explorer.choice("Map").select_option("axes")
    explorer.choice("Colour by").select_option("kl")
    for layer in ("Images", "Contours"):
        explorer.button(layer).click()
    explorer.page.locator(".legend button").nth(2).click()
    explorer.button("Lasso").click()
    explorer.button("Zero").click()
    explorer.settled()


@pytest.mark.parametrize("colours", LOOKS)
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_no_barrier(
    chromium: Browser, address: str, model: ExplorableModel, width: int, colours: dict[str, str]
) -> None:
    states: list[Callable[[ExplorerPage], None]] = [look_otherwise, fill_the_tray, gather_groups, bring_a_picture]
    size = {"width": width, "height": 860}
    settings: dict[str, Any] = {"viewport": size, "reduced_motion": "reduce", **colours}
    with explorer_page(chromium, address, model, **settings) as explorer:
        found = {"at first": barriers(explorer.page)}
        for state in states:
            state(explorer)
            found[state.__name__] = barriers(explorer.page)
        assert {name: what for name, what in found.items() if what} == {}


def test_everything_by_keyboard_alone(explorer: ExplorerPage) -> None:
    page, model = explorer.page, explorer.model
    start = explorer.answers()[0]["latent"]
    tab_to(page, "Map of")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowRight")
    moved = explorer.settled()["latent"]
    assert moved != start
    page.keyboard.press("p")
    expect(page.locator(".pins li")).to_have_count(1)

    tab_to(page, "Latent")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Groups")).to_be_focused()
    for name, digit in (("A", "3"), ("B", "6")):
        tab_to(page, f"Group {name}: take a class")
        page.keyboard.type(model.name_of(int(digit)))
        title = page.get_by_role("group", name=f"Group {name}", exact=True).locator(".full p")
        expect(title).to_have_text(f"{(model.labels == int(digit)).sum()} points, a class")
    tab_to(page, "Strength of the attribute")
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    vector = model.latents[model.labels == 6].mean(0) - model.latents[model.labels == 3].mean(0)
    steered = explorer.settled()["latent"]
    assert steered == pytest.approx([a + 0.5 * float(b) for a, b in zip(moved, vector, strict=True)], abs=1e-4)

    tab_to(page, "Pin", back=True)  # the mean of B
    page.keyboard.press("Enter")
    expect(page.locator(".pins li")).to_have_count(2)
    tab_to(page, "Name of the pin")
    page.keyboard.press("Control+a")
    page.keyboard.type("first")
    page.keyboard.press("Enter")
    names = page.locator(".pins .pin-name")
    expect(names.first).to_have_value("first")
    tab_to(page, "Go to first", back=True)
    page.keyboard.press("Alt+ArrowRight")
    expect(names.nth(1)).to_have_value("first")
    expect(explorer.button("Go to first")).to_be_focused()

    page.keyboard.press("Control+z")
    expect(names.first).to_have_value("first")
    tab_to(page, "Lasso", back=True)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(names.first).not_to_have_value("first")
    page.keyboard.press("Enter")
    expect(page.locator(".pins li")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.locator(".pins li")).to_have_count(2)


def test_no_motion_for_those_who_ask_for_none(chromium: Browser, address: str, model: ExplorableModel) -> None:
    with explorer_page(chromium, address, model, reduced_motion="reduce") as explorer:
        page = explorer.page
        page.evaluate(
            """() => {
                window.motions = [];
                for (const name of ["transitionrun", "animationstart"])
                    document.addEventListener(name, (event) => motions.push(`${name} ${event.target.className}`));
            }"""
        )
        x, y = explorer.probe()
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 40, y + 20, steps=4)
        page.mouse.up()
        explorer.button("Random").hover()
        gather_groups(explorer)
        explorer.button("Contours").click()
        page.locator(".term button").first.focus()
        explorer.settled()
        assert page.evaluate("document.getAnimations().length") == 0
        assert page.evaluate("motions") == []
        still = page.evaluate(
            """() => [...document.querySelectorAll(".latent-explorer *")].flatMap((at) =>
                [null, "::before", "::after"].map((part) => getComputedStyle(at, part))
                    .filter((style) => parseFloat(style.transitionDuration) > 0 || style.animationName !== "none")
                    .map(() => at.className))"""
        )
        assert still == []
