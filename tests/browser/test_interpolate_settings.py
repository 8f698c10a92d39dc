"""How the frames are laid between the stops, and that Python lays them in the same places."""

import csv
import io
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.interpolation import PathPage, mean_change
from tests.browser.model import LATENT_DIM
from vae_core.interpolation.frames import frames_along
from vae_core.interpolation.model_paths import decoder
from vae_core.interpolation.paths import Spacing, grid, line_path, slerp_path

MODES = {"line": "Line", "slerp": "Great circle"}
CURVES = {"line": line_path, "slerp": slerp_path}
SPACINGS: dict[Spacing, str] = {"latent": "Even in latent space", "image": "Even in the image"}
EVEN = 0.15  # of the mean step
SAMPLING = 5e-3  # of the way between two stops: the browser measures a path by fewer samples


def press(paths: PathPage, name: str) -> dict[str, Any]:
    """Chooses one of the choices beside each other, unless it holds already; the newest report."""
    button = paths.button(name)
    if button.get_attribute("aria-pressed") == "true":
        return paths.report()
    report = paths.after(button.click)
    expect(button).to_have_attribute("aria-pressed", "true")
    return report


def stops(paths: PathPage) -> np.ndarray:
    return np.array([stop.latent for stop in paths.scene().stops], dtype=np.float32)


def handle(paths: PathPage, name: str) -> Locator:
    return paths.page.get_by_role("slider", name=name, exact=True)


def two_stops(paths: PathPage) -> None:
    paths.after(paths.page.get_by_role("button", name="Remove the stop").nth(1).click)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("count", "beyond"), [(2, 0.35), (3, 0)])
def test_python_lays_the_frames_in_the_same_places(paths: PathPage, mode: str, count: int, beyond: float) -> None:
    if count == 2:
        two_stops(paths)
    press(paths, MODES[mode])
    if beyond:
        paths.range("Beyond", beyond)
    paths.range("Frames", 25)
    for spacing, name in SPACINGS.items():
        report = press(paths, name)
        path = CURVES[mode](stops(paths))
        parameters = np.array(report["parameters"])
        assert np.abs(np.array(report["latents"]) - path.at(parameters)).max() < 1e-5  # the curve is the same
        decode = decoder(paths.model.checkpoint.model)
        expected = frames_along(path, decode, frames=25, spacing=spacing, extrapolation=beyond)
        assert np.abs(parameters - expected.parameters).max() < SAMPLING
        assert paths.shows_frames_of(report)


def test_the_table_of_latents_is_what_python_computes(paths: PathPage) -> None:
    two_stops(paths)
    press(paths, "Line")
    paths.range("Frames", 11)
    paths.choice("Save as").select_option("csv")
    with paths.page.expect_download() as download:
        paths.button("Save").click()
    assert download.value.suggested_filename == "digits path.csv"
    rows = list(csv.reader(io.StringIO(download.value.path().read_text(), newline="")))
    assert rows[0] == ["name", *(f"z{dimension + 1}" for dimension in range(LATENT_DIM))]
    assert [row[0] for row in rows[1:]] == [f"frame {frame + 1}" for frame in range(11)]
    expected = line_path(stops(paths)).at(np.linspace(0, 1, 11))  # between two stops equal steps are equal parameters
    assert np.abs(np.array([row[1:] for row in rows[1:]], dtype=float) - expected).max() < 1e-5


@pytest.mark.parametrize("mode", MODES)
def test_equal_steps_are_equal_in_what_was_chosen(paths: PathPage, mode: str) -> None:
    by_latent = press(paths, MODES[mode])
    by_image = press(paths, SPACINGS["image"])
    assert np.abs(mean_change(by_image) - 1).max() < EVEN
    steps = np.linalg.norm(np.diff(by_latent["latents"], axis=0), axis=1)
    assert np.abs(steps / steps.mean() - 1).max() < EVEN


def test_two_to_a_hundred_and_twenty_frames(paths: PathPage) -> None:
    frames, page = handle(paths, "Frames"), paths.page
    frames.focus()
    for key, count in (("End", 120), ("Home", 2), ("ArrowRight", 3)):
        report = paths.after(lambda key=key: page.keyboard.press(key))  # type: ignore[misc]
        assert len(report["latents"]) == count
        assert len(paths.tiles()) == count
        assert paths.shows_frames_of(report)
        expect(frames).to_have_attribute("aria-valuetext", str(count))
        expect(page.locator(".frame-caption")).to_contain_text(f"of {count}")
        first, last = paths.scene().stops[0], paths.scene().stops[-1]
        assert (report["latents"][0], report["latents"][-1]) == (first.latent, last.latent)


def test_undo_takes_a_setting_back_and_redo_sets_it_again(paths: PathPage) -> None:
    page = paths.page
    paths.after(lambda: handle(paths, "Frames").press("End"))
    press(paths, "Line")
    press(paths, "Even in the image")
    expected = [(120, "Even in latent space", "Line"), (120, "Even in latent space", "Great circle")]
    for frames, spacing, mode in [*expected, (24, "Even in latent space", "Great circle")]:
        page.keyboard.press("Control+z")
        expect(handle(paths, "Frames")).to_have_value(str(frames))
        for name in (spacing, mode):
            expect(paths.button(name)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Control+y")
    expect(handle(paths, "Frames")).to_have_value("120")


def test_undo_and_redo_are_grey_while_there_is_nothing_for_them(paths: PathPage) -> None:
    undo, redo = paths.button("Undo"), paths.button("Redo")

    def usable(back: bool, again: bool) -> None:
        for button, possible in ((undo, back), (redo, again)):
            expect(button).to_have_attribute("aria-disabled", "false" if possible else "true")

    usable(back=False, again=False)
    press(paths, "Line")
    usable(back=True, again=False)
    paths.after(undo.click)
    usable(back=False, again=True)
    paths.after(redo.click)
    usable(back=True, again=False)


def test_a_handle_that_is_dragged_is_one_step_to_take_back(paths: PathPage) -> None:
    page, box = paths.page, handle(paths, "Frames").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 30, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, middle, steps=6)
    page.wait_for_function("strips.at(-1).total > 40")  # it follows while it is dragged
    paths.after(page.mouse.up)
    paths.after(lambda: paths.button("Undo").click())
    expect(handle(paths, "Frames")).to_have_value("24")


def test_a_path_goes_on_beyond_its_ends(paths: PathPage) -> None:
    two_stops(paths)
    press(paths, "Line")
    report = paths.range("Beyond", 0.5)
    a, b = stops(paths)
    assert report["parameters"][0] == -0.5
    assert report["parameters"][-1] == 1.5
    assert np.allclose(report["latents"][0], a - (b - a) / 2, atol=1e-5)
    assert np.allclose(report["latents"][-1], b + (b - a) / 2, atol=1e-5)
    expect(handle(paths, "Beyond")).to_have_attribute("aria-valuetext", "50 %")
    expect(paths.page.locator(".frame-caption")).to_contain_text("50 % before A")
    assert paths.shows_frames_of(report)


@pytest.mark.parametrize(("name", "mode"), [("Along the data", 3), ("Shortest in pixels", 2)])
def test_a_path_that_needs_a_server_says_so_without_one_and_shows_the_line(
    paths: PathPage, name: str, mode: int
) -> None:
    expect(paths.button(name)).to_be_disabled()
    expect(paths.page.get_by_text("searched for by a server, which this page does without")).to_be_visible()
    line = press(paths, "Line")
    linked = paths.reset(paths.made_up([0, mode, 0, 0]))  # as a page with a server gives it
    expect(paths.page.get_by_text("This path needs the app's own server")).to_be_visible()
    assert linked["latents"] == line["latents"]


def test_a_grid_lies_between_four_corners_and_follows_them(paths: PathPage) -> None:
    page = paths.page
    report = press(paths, "Grid")
    assert len(paths.names()) == 4
    assert (report["shape"], report["parameters"]) == ("grid", [])
    for side, key in ((9, None), (5, "Home"), (15, "End")):
        if key:
            report = paths.after(lambda key=key: handle(paths, "Side").press(key))  # type: ignore[misc]
        expected = grid(stops(paths), side, side, "slerp").reshape(-1, LATENT_DIM)
        assert np.abs(np.array(report["latents"]) - expected).max() < 1e-5
        assert [report["latents"][cell] for cell in (0, side - 1, side * (side - 1), side * side - 1)] == stops(
            paths
        ).tolist()
        assert paths.tiles().shape == (side * side, 8, 8)
        assert paths.shows_frames_of(report)
    expect(handle(paths, "Frames")).to_be_hidden()

    x, y = paths.stop("D")
    before = paths.tiles()
    held = "strips.filter(({ held }) => held).length"
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 6):
        count = page.evaluate(held)
        page.mouse.move(x + 8 * step, y + 10 * step)
        page.wait_for_function(f"count => {held} > count", arg=count)
    report = paths.after(page.mouse.up)
    assert paths.shows_frames_of(report)
    changed = np.abs(paths.tiles() - before).max((1, 2))
    assert changed[-1] > 0.1
    assert changed[: 15 - 1].max() < 0.01  # the edge from A to B stays

    paths.sheet.focus()
    page.keyboard.press("Home")
    for key, words in (
        ("ArrowRight", "Row 1, column 2"),
        ("ArrowDown", "Row 2, column 2"),
        ("ArrowUp", "Row 1, column 2"),
        ("End", "Row 15, column 15"),
    ):
        page.keyboard.press(key)
        expect(paths.sheet).to_have_attribute("aria-valuetext", f"{words} of 15 × 15")
    assert paths.shows("canvas.decoded", report["latents"][-1])


def test_a_grid_that_loses_a_corner_still_has_four(paths: PathPage) -> None:
    press(paths, "Grid")
    paths.choose("D")
    paths.page.keyboard.press("Delete")
    paths.frame()
    pressed = paths.button("Grid").get_attribute("aria-pressed") == "true"
    assert len(paths.names()) >= (4 if pressed else 3)
    assert paths.shows_frames_of(paths.after(lambda: paths.button("Line").click()))


def test_a_grids_own_corner_goes_with_the_grid_unless_it_was_moved(paths: PathPage) -> None:
    film = paths.report()
    names = paths.names()
    assert len(names) == 3
    press(paths, "Grid")
    assert len(paths.names()) == 4
    again = press(paths, "Path")
    assert paths.names() == names
    assert again["latents"] == film["latents"]
    press(paths, "Grid")
    corner = paths.stop("D")
    paths.after(lambda: paths.drag(corner, (corner[0] + 40, corner[1] + 30)))
    press(paths, "Path")
    assert len(paths.names()) == 4
