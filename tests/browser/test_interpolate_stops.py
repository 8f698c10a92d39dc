"""The stops of a path under a hand: dragged, every frame following, put on data, moved by keys, reordered, removed."""

import math
import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from tests.browser.held_stop import carry, hold
from tests.browser.interpolation import PathPage, Stop
from tests.browser.model import ExplorableModel
from tests.browser.standalone import CLOSE

REACH = 0.1  # an anchor's pull, as a share of the map's larger side
NUDGE = 4  # pixels an arrow key moves a stop by


def latents(paths: PathPage) -> list[list[float]]:
    return [stop.latent for stop in paths.scene().stops]


def latent_at(model: ExplorableModel, position: tuple[float, float], stop: Stop) -> list[float]:
    """The latent of a place near a stop: the plane there, and what the stop adds to it, faded with the distance."""
    left, bottom, right, top = model.latent_map.bounds
    separation = math.dist(position, stop.position) / (REACH * max(right - left, top - bottom))
    residual = torch.tensor(stop.latent) - model.latent_on_plane(stop.position)
    return (model.latent_on_plane([*position]) + residual * math.exp(-(separation**2) / 2)).tolist()


def wait_until_complete(page: Page) -> None:
    page.wait_for_function(
        "Boolean(strips.at(-1).complete) && document.querySelector('.sheet').dataset.missing === '0'"
    )


def test_it_opens_on_a_path_between_three_classes(paths: PathPage) -> None:
    report, model = paths.report(), paths.model
    assert paths.names() == [model.name_of(label) for label in (0, 5, 9)]
    assert paths.strips()[-1]["complete"]
    assert paths.tiles().shape == (24, 8, 8)
    assert paths.shows_frames_of(report)
    first, *_, last = latents(paths)
    assert (report["latents"][0], report["latents"][-1]) == (first, last)
    assert paths.shows("canvas.decoded", first)
    assert paths.picture("canvas.decoded")[..., 0].max() > 128
    assert np.abs(paths.tiles()[-1] - model.decode(last).numpy()).max() < CLOSE
    for number, latent in enumerate(latents(paths)):
        assert paths.shows(paths.page.locator(".stops canvas").nth(number), latent)
        assert any(np.array_equal(latent, own) for own in model.latents)  # each is an image of the data
    expect(paths.page.locator(".frame-caption")).to_have_text(f"Frame 1 of 24: A · {model.name_of(0)}")


def test_every_frame_follows_a_dragged_stop(paths: PathPage) -> None:
    page, model, before = paths.page, paths.model, paths.scene()
    asked = len(paths.requests)
    start = hold(paths, "B")
    place = paths.stop("B")
    assert place == pytest.approx((start[0] + 5, start[1]), abs=0.2)
    wait_until_complete(page)
    shown = paths.picture("canvas.decoded")[..., 0] / 255
    expected = latent_at(model, paths.position_of(place), before.stops[1])
    assert np.abs(shown - model.decode(expected).numpy()).max() < 2 * CLOSE
    own = model.decode(before.stops[1].latent).numpy()
    assert np.abs(shown - own).mean() < 0.05  # it starts as itself
    for step in range(1, 7):
        carry(paths, (start[0] + 5 + 12 * step, start[1] - 15 * step))
    wait_until_complete(page)
    live = paths.tiles()
    assert np.abs(live[0] - model.decode(before.stops[0].latent).numpy()).max() < CLOSE  # the others stay
    follow = [strip for strip in paths.strips() if strip["held"]]
    assert len(follow) >= 7
    assert all(strip["frames"] >= 9 and strip["total"] == 24 for strip in follow)
    times = [strip["pointerTime"] for strip in follow]
    assert times == sorted(times)
    assert times[0] > 0
    assert paths.requests[asked:] == []

    moved = paths.after(page.mouse.up)
    assert paths.requests[asked:] == []
    assert paths.shows_frames_of(moved)
    assert np.abs(live - paths.tiles()).max() < 2 * CLOSE  # letting go changes nothing
    after = paths.scene()
    assert paths.place_of(after.stops[1].position) == pytest.approx((start[0] + 77, start[1] - 90), abs=1)
    assert [after.stops[0], after.stops[2]] == [before.stops[0], before.stops[2]]

    undone = paths.after(lambda: page.keyboard.press("Control+z"))
    assert paths.scene().stops == before.stops
    assert paths.shows_frames_of(undone)
    assert paths.stop("B") == pytest.approx(start, abs=0.2)
    paths.after(lambda: page.keyboard.press("Control+Shift+z"))
    assert paths.scene().stops == after.stops
    paths.after(lambda: paths.button("Undo").click())
    assert paths.scene().stops == before.stops
    paths.after(lambda: paths.button("Redo").click())
    assert paths.scene().stops == after.stops


def test_letters_and_path_move_without_being_made_anew(paths: PathPage) -> None:
    page = paths.page
    start = hold(paths, "B")
    page.evaluate("window.moving = [...document.querySelectorAll('.mark.stop, .outlines path')]")
    path = page.locator(".outlines path")
    before = path.get_attribute("d")
    carry(paths, (start[0] - 60, start[1] + 40))
    paths.frame()
    assert path.get_attribute("d") != before
    assert page.evaluate("moving.map((at) => at.isConnected)") == [True] * 4
    page.mouse.up()


def test_escape_takes_a_held_stop_back(paths: PathPage) -> None:
    page, before = paths.page, paths.scene()
    start = hold(paths, "C")
    carry(paths, (start[0] - 90, start[1] - 60))
    report = paths.after(lambda: page.keyboard.press("Escape"))
    assert paths.scene().stops == before.stops
    assert paths.shows_frames_of(report)
    assert paths.stop("C") == pytest.approx(start, abs=0.2)
    assert paths.shows(page.locator(".stops canvas").nth(2), before.stops[2].latent)
    page.mouse.move(start[0] + 200, start[1])
    page.mouse.up()
    paths.frame()
    assert paths.stop("C") == pytest.approx(start, abs=0.2)


def test_undo_takes_a_stop_out_of_the_hand_though_it_be_the_one_that_goes(paths: PathPage) -> None:
    page, before = paths.page, paths.scene()
    paths.open_picker("Prior")
    paths.after(lambda: paths.button("Draw from N(0, I)").click())
    hold(paths, "D")
    expect(page.locator(".frame-caption")).to_have_text(re.compile("^Stop D · .*in the hand$"))
    report = paths.after(lambda: page.keyboard.press("Control+z"))
    assert paths.scene().stops == before.stops
    assert paths.shows_frames_of(report)
    expect(page.locator(".mark.stop")).to_have_count(3)
    expect(page.locator(".frame-caption")).to_have_text(re.compile("^Frame 1 of "))
    page.mouse.move(*paths.free_place())
    page.mouse.up()
    paths.frame()
    expect(page.locator(".mark.stop")).to_have_count(3)
    assert paths.scene().stops == before.stops


def test_a_handle_let_go_where_it_began_takes_no_later_step_with_it(paths: PathPage) -> None:
    page = paths.page
    frames = page.get_by_role("slider", name="Frames", exact=True)
    box = frames.bounding_box()
    assert box is not None
    left, pixels, middle = box["x"] + 8, (box["width"] - 16) / 118, box["y"] + box["height"] / 2
    page.mouse.move(left + 22 * pixels, middle)
    page.mouse.down()
    page.mouse.move(left + 60 * pixels, middle, steps=4)
    expect(frames).not_to_have_value("24")
    page.keyboard.press("Escape")
    expect(frames).to_have_value("24")
    page.mouse.move(left + 70 * pixels, middle, steps=4)
    expect(frames).to_have_value("24")
    page.mouse.up()
    start = hold(paths, "B")
    carry(paths, (start[0] + 40, start[1] - 30))
    paths.after(page.mouse.up)
    moved = paths.scene().stops
    paths.range("Beyond", 0.5)
    assert paths.scene().stops == moved
    paths.after(lambda: page.keyboard.press("Control+z"))
    assert paths.scene().stops == moved


def test_a_click_puts_the_chosen_stop_exactly_on_a_data_point(paths: PathPage) -> None:
    model, point = paths.model, paths.lonely_point()
    paths.choose("C")
    report = paths.after(lambda: paths.page.mouse.click(*paths.place_of_point(point)))
    stop = paths.scene().stops[2]
    assert stop.latent == model.stored_latent(point).tolist()
    assert stop.position == pytest.approx(model.positions[point].tolist())
    assert stop.name == model.name_of(int(model.labels[point]))
    assert paths.shows_frames_of(report)
    assert paths.stop("C") == pytest.approx(paths.place_of_point(point), abs=0.5)

    place = paths.free_place()
    paths.choose("A")
    paths.after(lambda: paths.page.mouse.click(*place))
    stop = paths.scene().stops[0]
    assert paths.place_of(stop.position) == pytest.approx(place, abs=0.5)
    assert stop.name == "between the data"


def test_arrow_keys_on_the_map_move_the_chosen_stop(paths: PathPage) -> None:
    page, before = paths.page, paths.scene()
    paths.choose("B")
    x, y = paths.stop("B")
    paths.surface.focus()
    for keys, place in (
        (["ArrowRight"], (x + NUDGE, y)),
        (["Shift+ArrowUp"], (x + NUDGE, y - 10 * NUDGE)),
        (["ArrowLeft", "ArrowDown"], (x, y - 9 * NUDGE)),
    ):
        for key in keys:
            paths.after(lambda key=key: page.keyboard.press(key))  # type: ignore[misc]
        assert paths.stop("B") == pytest.approx(place, abs=0.2)
        assert paths.place_of(paths.scene().stops[1].position) == pytest.approx(place, abs=0.5)
    assert paths.scene().stops[1].latent != before.stops[1].latent
    assert paths.shows_frames_of(paths.report())


def test_arrow_keys_pressed_quickly_lose_no_step(paths: PathPage) -> None:
    x, y = paths.stop("A")
    paths.surface.focus()
    for _ in range(12):
        paths.page.keyboard.press("ArrowRight")
    paths.wait_for_report(1)
    expect(paths.page.locator(".sheet")).to_have_attribute("data-missing", "0")
    assert paths.stop("A") == pytest.approx((x + 12 * NUDGE, y), abs=0.5)


def test_stops_are_reordered_and_removed_but_two_stay(paths: PathPage) -> None:
    page = paths.page
    a, b, c = paths.scene().stops
    first = paths.choose("A")
    report = paths.after(lambda: page.keyboard.press("Alt+ArrowRight"))
    assert paths.scene().stops == [b, a, c]
    assert paths.scene().chosen == 1  # it is the stop that is chosen, wherever it goes
    assert report["latents"][0] == b.latent
    moved = page.locator(".stops li > button:first-child").nth(1)
    expect(moved).to_be_focused()
    expect(moved).to_have_accessible_name(f"Stop B, {a.name}")
    paths.after(lambda: page.keyboard.press("Alt+ArrowRight"))
    page.keyboard.press("Alt+ArrowRight")  # there is nothing further to the right
    assert paths.scene().stops == [b, c, a]
    assert paths.scene().chosen == 2
    paths.after(lambda: page.keyboard.press("Alt+ArrowLeft"))
    assert paths.scene().stops == [b, a, c]

    boxes = [first.page.locator(".stops li > button:first-child").nth(number).bounding_box() for number in (0, 2)]
    start, end = ((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes if box)
    paths.after(lambda: paths.drag(start, (end[0] + 20, end[1])))
    assert paths.scene().stops == [a, c, b]

    paths.choose("B")
    report = paths.after(lambda: page.keyboard.press("Delete"))
    assert paths.scene().stops == [a, b]
    assert paths.shows_frames_of(report)
    expect(page.locator(".stops li > button:first-child").nth(1)).to_be_focused()
    page.keyboard.press("Delete")
    expect(page.get_by_role("button", name="Remove the stop")).to_have_count(0)
    expect(page.locator(".stops li")).to_have_count(2)
    paths.after(lambda: page.keyboard.press("Control+z"))
    assert paths.scene().stops == [a, c, b]
