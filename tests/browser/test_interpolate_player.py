"""Going through the frames: by hand, by keys, played, and on the whole screen."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.interpolation import REPORTED, PathPage, path_page
from tests.browser.model import ExplorableModel
from tests.browser.standalone import CLOSE

# Every frame that is gone to, in order.
RECORD = """
() => {
    const sheet = document.querySelector(".sheet");
    window.shown = [Number(sheet.ariaValueNow)];
    new MutationObserver(() => {
        const now = Number(sheet.ariaValueNow);
        if (now !== shown.at(-1)) shown.push(now);
    }).observe(sheet, { attributes: true, attributeFilter: ["aria-valuenow"] });
}
"""


def expect_frame(paths: PathPage, frame: int) -> None:
    """Whether the player, its words and the strip are all on a frame, counted from 1."""
    expect(paths.sheet).to_have_attribute("aria-valuenow", str(frame))
    words = paths.page.locator(".frame-caption").inner_text()
    assert words.startswith(f"Frame {frame} of ")
    expect(paths.sheet).to_have_attribute("aria-valuetext", words)
    shown = paths.picture("canvas.decoded")[..., 0] / 255
    assert np.abs(shown - paths.tiles()[frame - 1]).max() < CLOSE


def tile(paths: PathPage, frame: int) -> tuple[float, float]:
    """The middle of a frame in the strip, which is in one row."""
    box = paths.page.locator(".sheet canvas").bounding_box()
    assert box is not None
    return box["x"] + (frame - 0.5) / 24 * box["width"], box["y"] + box["height"] / 2


def in_order(shown: Sequence[int], order: Sequence[int]) -> bool:
    """Whether frames were shown in an order, of which a slow machine may leave some out."""
    rest = iter(order)
    return all(frame in rest for frame in shown)


def test_a_pointer_scrubs_through_the_frames(paths: PathPage) -> None:
    page = paths.page
    expect_frame(paths, 1)
    page.mouse.click(*tile(paths, 8))
    expect_frame(paths, 8)
    page.evaluate(RECORD)
    page.mouse.move(*tile(paths, 3))
    page.mouse.down()
    for frame in (5, 9, 15, 24):
        page.mouse.move(*tile(paths, frame), steps=4)
        expect(paths.sheet).to_have_attribute("aria-valuenow", str(frame))
        expect_frame(paths, frame)
    x, y = tile(paths, 24)
    page.mouse.move(x + 200, y + 300)  # the pointer is held, wherever it goes
    page.mouse.up()
    expect_frame(paths, 24)
    seen = page.evaluate("shown")
    assert seen[:2] == [8, 3]
    assert seen[1:] == sorted(seen[1:])
    page.mouse.move(*tile(paths, 6))
    expect_frame(paths, 24)


def test_keys_scrub_through_the_frames(paths: PathPage) -> None:
    page = paths.page
    paths.sheet.focus()
    for key, frame in (
        ("ArrowLeft", 1),
        ("ArrowRight", 2),
        ("ArrowDown", 3),
        ("ArrowUp", 2),
        ("End", 24),
        ("ArrowRight", 24),
        ("ArrowLeft", 23),
        ("Home", 1),
    ):
        page.keyboard.press(key)
        expect_frame(paths, frame)


def test_space_plays_and_pauses_and_a_hand_on_the_strip_stops_it(paths: PathPage) -> None:
    page = paths.page
    paths.sheet.focus()
    page.keyboard.press("Space")
    expect(paths.button("Pause")).to_be_visible()
    page.wait_for_function("Number(document.querySelector('.sheet').ariaValueNow) > 3")
    page.keyboard.press("Space")
    expect(paths.button("Play")).to_be_visible()
    frame = int(paths.sheet.get_attribute("aria-valuenow") or 0)
    paths.frame()
    expect_frame(paths, frame)
    paths.button("Play").click()
    page.wait_for_function("frame => Number(document.querySelector('.sheet').ariaValueNow) !== frame", arg=frame)
    page.mouse.click(*tile(paths, 20))
    expect(paths.button("Play")).to_be_visible()
    paths.frame()
    expect_frame(paths, 20)


def test_once_ends_on_the_last_frame_and_begins_anew(paths: PathPage) -> None:
    page = paths.page
    paths.range("Frames", 5)
    paths.choice("How it repeats").select_option("once")
    paths.choice("Frames a second").select_option("8")
    page.evaluate(RECORD)
    for _ in range(2):
        paths.button("Play").click()
        expect(paths.button("Pause")).to_be_visible()
        expect(paths.button("Play")).to_be_visible()
        expect_frame(paths, 5)
    assert in_order(page.evaluate("shown"), [1, 2, 3, 4, 5, 1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    ("repeat", "order"), [("loop", [1, 2, 3, 4]), ("ping-pong", [1, 2, 3, 4, 3, 2])], ids=["loop", "ping-pong"]
)
def test_it_goes_on_and_on(paths: PathPage, repeat: str, order: list[int]) -> None:
    page = paths.page
    paths.range("Frames", 4)
    paths.choice("How it repeats").select_option(repeat)
    paths.choice("Frames a second").select_option("12")
    page.evaluate(RECORD)
    paths.button("Play").click()
    page.wait_for_function("shown.length > 9")
    paths.button("Pause").click()
    shown = page.evaluate("shown")
    assert in_order(shown, list(itertools.islice(itertools.cycle(order), 60)))
    jumps = [(a, b) for a, b in itertools.pairwise(shown) if a - b > 1]
    assert bool(jumps) == (repeat == "loop")


def test_playing_goes_on_while_the_path_changes(paths: PathPage) -> None:
    page = paths.page
    paths.button("Play").click()
    paths.button("Line").click()
    paths.page.wait_for_function("strips.filter(({ complete }) => complete).length > 1")
    expect(paths.button("Pause")).to_be_visible()
    page.evaluate(RECORD)
    page.wait_for_function("shown.length > 3")


def test_the_whole_screen_is_filled_and_left_again(paths: PathPage) -> None:
    page = paths.page
    full = "Boolean(document.fullscreenElement)"
    before = paths.page.locator(".stage").bounding_box()
    paths.button("Full screen").click()
    page.wait_for_function(full)
    assert page.evaluate("document.fullscreenElement.className") == "player"
    expect(paths.button("Pause")).to_be_visible()  # it plays
    page.wait_for_function("Number(document.querySelector('.sheet').ariaValueNow) > 2")
    stage = paths.page.locator(".stage").bounding_box()
    assert before is not None
    assert stage is not None
    assert stage["width"] > 1.5 * before["width"]
    assert stage["y"] + stage["height"] <= 1000
    expect(page.locator(".frame-caption")).to_be_in_viewport(ratio=1)
    page.keyboard.press(" ")  # the button that was pressed last has no claim to it
    expect(paths.button("Play")).to_be_visible()
    assert page.evaluate(full)
    paths.button("Full screen").click()
    page.wait_for_function(f"!{full}")
    paths.sheet.focus()
    page.keyboard.press("f")
    page.wait_for_function(full)
    page.keyboard.press("f")
    page.wait_for_function(f"!{full}")


def test_a_whole_screen_that_there_is_none_of_is_not_offered(
    chromium: Browser, address: str, model: ExplorableModel
) -> None:
    telephone = "Object.defineProperty(Document.prototype, 'fullscreenEnabled', { value: undefined });"
    with path_page(chromium, address, model, script=telephone) as paths:
        expect(paths.button("Full screen")).to_have_count(0)
        paths.sheet.press("f")
        paths.frame()
        assert paths.complaints == []
    refusing = "Element.prototype.requestFullscreen = () => Promise.reject(new TypeError('not allowed'));"
    with path_page(chromium, address, model, script=refusing) as paths:
        paths.button("Full screen").click()
        expect(paths.button("Full screen")).to_have_count(0)
        assert paths.complaints == []


def test_how_it_plays_and_the_frame_on_show_are_reported_so_that_they_are_kept(paths: PathPage) -> None:
    paths.after(lambda: paths.choice("How it repeats").select_option("loop"))
    paths.after(lambda: paths.choice("Frames a second").select_option("4"))
    paths.after(lambda: paths.sheet.press("End"))
    scene = paths.scene()
    assert (scene.repeat, scene.speed, scene.frame) == (1, 4, 23)


def test_a_slow_film_that_is_paused_is_kept_with_the_frame_on_show(paths: PathPage) -> None:
    page = paths.page
    paths.choice("Frames a second").select_option("2")
    page.evaluate(
        """() => {
            const sheet = document.querySelector(".sheet");
            const note = () => (window.turned = performance.now());
            new MutationObserver(note).observe(sheet, { attributes: true, attributeFilter: ["aria-valuenow"] });
        }"""
    )
    paths.button("Play").click()
    # Longer than a state has to stay as it is to be kept, and shorter than this film shows a frame.
    page.wait_for_function("() => window.turned !== undefined && performance.now() - window.turned > 260")
    paths.button("Pause").click()
    expect(paths.button("Play")).to_be_visible()
    assert int(paths.sheet.get_attribute("aria-valuenow") or "1") > 1
    page.wait_for_function(REPORTED)
