"""The tray: what is pinned stays, can be named, ordered and taken away, and leaves as pictures and as numbers."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Route, expect

from tests.browser.model import LATENT_DIM
from tests.browser.standalone import HURRIED_CLOCK, ExplorerPage

MOST = 24
TILE, GAP = 128, 8  # pixels a side of a picture on the sheet, and round it


def names(explorer: ExplorerPage) -> list[str]:
    return [at.input_value() for at in explorer.page.locator(".pins .pin-name").all()]


def pictures(explorer: ExplorerPage) -> list[Locator]:
    return explorer.page.locator(".pins canvas").all()


def pin_draws(explorer: ExplorerPage, count: int) -> list[list[float]]:
    """Pins random draws by the key P; their latents."""
    latents = []
    for number in range(count):
        answers = len(explorer.answers())
        explorer.button("Random").click()
        latents.append(explorer.wait_for_answer(answers)["latent"])
        explorer.page.locator(".surface").press("p")
        expect(explorer.page.locator(".pins li")).to_have_count(number + 1)
    return latents


def expect_pictures(explorer: ExplorerPage, latents: list[list[float]]) -> None:
    explorer.settled()
    assert [explorer.shows(at, latent) for at, latent in zip(pictures(explorer), latents, strict=True)] == [True] * len(
        latents
    )


def test_pins_are_named_kept_and_taken_away(explorer: ExplorerPage) -> None:
    page, model = explorer.page, explorer.model
    start = explorer.answers()[0]
    own = model.name_of(int(model.labels[start["point"]]))
    expect(page.get_by_text("Nothing pinned yet")).to_be_visible()
    page.locator(".surface").press("p")
    page.locator(".about").get_by_role("button", name="Pin").click()
    assert names(explorer) == [own, f"{own} 2"]
    answers = len(explorer.answers())
    explorer.button("Zero").click()
    explorer.wait_for_answer(answers)
    page.locator(".surface").press("P")
    field = page.locator(".pins .pin-name").nth(2)
    field.fill('zero, "the middle"')
    field.press("Enter")
    kept = [own, f"{own} 2", 'zero, "the middle"']
    latents = [start["latent"], start["latent"], [0.0] * LATENT_DIM]
    expect_pictures(explorer, latents)

    page.reload()
    expect(page.locator(".pins li")).to_have_count(3)
    assert names(explorer) == kept
    expect_pictures(explorer, latents)
    answers = len(explorer.answers())
    explorer.button('Go to zero, "the middle"').click()
    assert explorer.wait_for_answer(answers)["latent"] == [0.0] * LATENT_DIM

    page.locator(".pins li").nth(1).hover()
    page.locator(".pins li").nth(1).get_by_role("button", name="Remove the pin").click()
    assert names(explorer) == [kept[0], kept[2]]
    explorer.button(f"Go to {own}").focus()
    page.keyboard.press("Delete")
    assert names(explorer) == [kept[2]]
    expect(explorer.button(f"Go to {kept[2]}")).to_be_focused()  # the keyboard keeps its place
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert names(explorer) == kept
    expect_pictures(explorer, latents)
    page.locator(".tray").get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Nothing pinned yet")).to_be_visible()
    page.reload()
    page.wait_for_selector("[data-ready=true]")
    page.wait_for_load_state("networkidle")
    assert names(explorer) == []


def test_a_step_before_the_tray_has_come_does_not_empty_it(explorer: ExplorerPage) -> None:
    page, held = explorer.page, list[Route]()
    page.locator(".surface").press("p")
    expect(page.locator(".pins li")).to_have_count(1)
    page.add_init_script(HURRIED_CLOCK)
    page.route(re.compile(r"/worker\."), lambda route: held.append(route))  # the tray comes after it
    with page.expect_request(re.compile(r"/worker\.")):
        page.reload()
    page.locator(".surface").press("ArrowRight")
    explorer.settled()
    expect(page.locator(".pins li")).to_have_count(0)
    held[0].continue_()
    expect(page.locator(".pins li")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(explorer.button("Undo (Ctrl+Z)")).to_be_disabled()
    expect(page.locator(".pins li")).to_have_count(1)


def test_the_tray_leaves_as_numbers_and_as_one_picture(explorer: ExplorerPage, tmp_path: Path) -> None:
    page = explorer.page
    latents = pin_draws(explorer, 5)
    first = page.locator(".pins .pin-name").first
    first.fill('=sum, "quoted"')
    first.press("Enter")
    shown = names(explorer)
    with page.expect_download() as download:
        explorer.button("Save latents").click()
    assert download.value.suggested_filename == "digits tray.csv"
    download.value.save_as(tmp_path / "tray.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "tray.csv").read_text(), newline="")))
    assert rows[0] == ["name", *(f"z{dimension + 1}" for dimension in range(LATENT_DIM))]
    assert [row[0] for row in rows[1:]] == [f"'{shown[0]}", *shown[1:]]  # no spreadsheet takes it for a formula
    read = np.array([[float(value) for value in row[1:]] for row in rows[1:]], dtype=np.float32)
    assert (read == np.array(latents, dtype=np.float32)).all()

    with page.expect_download() as download:
        explorer.button("Save pictures").click()
    assert download.value.suggested_filename == "digits tray.png"
    download.value.save_as(tmp_path / "tray.png")
    with Image.open(tmp_path / "tray.png") as sheet:
        assert sheet.size == (GAP + 3 * (TILE + GAP), GAP + 2 * (TILE + GAP))
        pixels = np.asarray(sheet.convert("RGBA"))
    for number, latent in enumerate(latents):
        left, top = GAP + number % 3 * (TILE + GAP), GAP + number // 3 * (TILE + GAP)
        tile = pixels[top + 8 : top + TILE : 16, left + 8 : left + TILE : 16, 0] / 255  # 16 pixels for each of 8 × 8
        assert np.abs(tile - explorer.model.decode(latent).numpy()).max() < 2 / 255


def test_pins_are_reordered_by_hand_and_by_keys(explorer: ExplorerPage) -> None:
    page = explorer.page
    latents = pin_draws(explorer, 4)
    for number, name in enumerate("abcd"):
        field = page.locator(".pins .pin-name").nth(number)
        field.fill(name)
        field.press("Enter")
    a, d = explorer.button("Go to a"), explorer.button("Go to d")
    a.scroll_into_view_if_needed()
    boxes = {name: explorer.button(f"Go to {name}").bounding_box() for name in "abcd"}
    middle = {name: (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for name, box in boxes.items() if box}
    explorer.drag(middle["a"], (middle["c"][0] + 20, middle["c"][1]), steps=12)
    assert names(explorer) == ["b", "c", "a", "d"]
    expect_pictures(explorer, [latents[number] for number in (1, 2, 0, 3)])
    explorer.drag(middle["d"], (middle["a"][0] - 20, middle["a"][1]), steps=12)
    assert names(explorer) == ["d", "b", "c", "a"]
    d.focus()
    page.keyboard.press("Alt+ArrowRight")
    page.keyboard.press("Alt+ArrowRight")
    assert names(explorer) == ["b", "c", "d", "a"]
    page.keyboard.press("Alt+ArrowLeft")
    expect(d).to_be_focused()
    assert names(explorer) == ["b", "d", "c", "a"]
    page.reload()
    expect(page.locator(".pins li")).to_have_count(4)
    assert names(explorer) == ["b", "d", "c", "a"]


def test_two_tabs_share_one_tray(explorer: ExplorerPage) -> None:
    page = explorer.page
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector("[data-ready=true]")
    expect(other.get_by_text("Nothing pinned yet")).to_be_visible()
    page.locator(".surface").press("p")
    expect(other.locator(".pins li")).to_have_count(1)
    other.locator(".surface").press("p")
    page.locator(".surface").press("p")
    for tab in (page, other):
        expect(tab.locator(".pins li")).to_have_count(3)
    other.locator(".tray").get_by_role("button", name="Clear").click()
    expect(page.locator(".pins li")).to_have_count(0)
    page.locator(".surface").press("Control+z")
    page.reload()
    expect(page.get_by_text("Nothing pinned yet")).to_be_visible()
    other.close()


def test_what_is_said_of_a_step_moves_nothing(explorer: ExplorerPage) -> None:
    below = explorer.page.locator(".neighbours")
    expect(below.get_by_role("button").first).to_be_visible()
    before = below.bounding_box()
    explorer.page.locator(".about").get_by_role("button", name="Pin").click()
    expect(explorer.page.locator(".about .notice")).to_have_text("Pinned")
    assert below.bounding_box() == before


def test_a_full_tray_says_so_and_a_damaged_one_is_empty(explorer: ExplorerPage) -> None:
    page = explorer.page
    surface = page.locator(".surface")
    surface.focus()
    for number in range(MOST):
        page.keyboard.press("p")
        expect(page.locator(".pins li")).to_have_count(number + 1)
    expect(page.get_by_text(f"{MOST} of {MOST}")).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_text("The tray is full (24): remove a pin first.")).to_be_visible()
    assert len(names(explorer)) == MOST
    assert len(set(names(explorer))) == MOST
    page.evaluate("for (const key of Object.keys(localStorage)) localStorage.setItem(key, '[{\"id\": 1}, ')")
    page.reload()
    page.wait_for_selector("[data-ready=true]")
    page.wait_for_load_state("networkidle")
    assert names(explorer) == []
    surface.press("p")
    expect(page.locator(".pins li")).to_have_count(1)


def test_a_pin_stands_on_the_map_where_its_latent_is(explorer: ExplorerPage) -> None:
    mark = explorer.page.locator(".mark.pin")
    expect(mark).to_have_count(0)
    (latent,) = pin_draws(explorer, 1)
    expect(mark).to_have_count(1)
    explorer.settled()
    box = mark.bounding_box()
    assert box is not None
    assert (box["x"], box["y"]) == pytest.approx(explorer.probe(), abs=1)  # the probe went where the latent is
    explorer.choice("Map").select_option("pca")
    explorer.settled()
    on_plane = mark.bounding_box()
    assert on_plane is not None
    assert (on_plane["x"], on_plane["y"]) == pytest.approx(explorer.probe(), abs=1)
    assert explorer.answers()[-1]["latent"] == pytest.approx(latent, abs=1e-6)
    explorer.page.get_by_role("button", name="Remove the pin").click()
    expect(mark).to_have_count(0)
