"""The page of lessons: its links, keyboard, symbols, files, and what it asks of a browser."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

from harness.standalone import serving
from tests.browser.assistance import LOOKS, barriers, tab_to
from tests.browser.learning import LearnPage, learn_page
from tests.browser.test_content_policy import VIOLATIONS, WITHOUT_WASM

SVG = "{http://www.w3.org/2000/svg}"
# Of each lesson its name in links, a handle of it, and a key that moves that.
BY_KEYBOARD = [
    ("bound", "Mean of q", "ArrowRight"),
    ("mixtures", "Pen: left and right go along the curve, up and down raise and lower it", "ArrowRight"),
    ("gradients", "Mean μ", "ArrowLeft"),
    ("samples", "Samples of each image", "ArrowLeft"),
    ("variance", "Variance σ", "ArrowDown"),
    ("divergence", "Second axis of q", "ArrowUp"),
    ("flow", "Its image, x", "ArrowUp"),
]
# What Tab stops at from the title on, counted, and what of the play has not been reached so.
CONTROLS = """[...document.querySelectorAll('.lesson :is(a, button, input, .handle, [tabindex="0"])')].filter(
  (at) => at.tabIndex >= 0 && at.checkVisibility()
)"""
STOPS = f"{CONTROLS}.length"
LEFT_OUT = f"""{CONTROLS}.filter((at) => at.closest(".play") && !reached.has(at)).map((at) => at.outerHTML)"""


@pytest.fixture
def learning(chromium: Browser, address: str) -> Iterator[LearnPage]:
    with learn_page(chromium, address, permissions=["clipboard-read", "clipboard-write"]) as opened:
        yield opened
        assert opened.complaints == []


def lessons(learning: LearnPage) -> list[str]:
    """The number of every lesson in the list."""
    return learning.page.locator(".lessons .number").all_inner_texts()


def test_a_lesson_is_opened_from_the_list_and_left_by_the_browsers_own_back(learning: LearnPage) -> None:
    page = learning.page
    page.get_by_role("link", name="2 Why Gaussians suffice").click()
    learning.ready("mixtures")
    expect(page.get_by_role("heading", name="2. Why Gaussians suffice")).to_be_focused()
    expect(page.get_by_role("link", name="2 Why Gaussians suffice")).to_have_attribute("aria-current", "page")
    assert "lesson=2" in page.url
    page.go_back()
    learning.ready("bound")
    page.go_forward()
    learning.ready("mixtures")
    assert page.evaluate("opened") == [1, 2, 1, 2]


def test_a_link_opens_a_lesson_as_it_was(learning: LearnPage, chromium: Browser, address: str) -> None:
    page = learning.page
    page.get_by_role("button", name="Two peaks").click()
    learning.drag("Mean of q", 90)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    link: str = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    with learn_page(chromium, address, f"?{link.partition('?')[2]}") as other:
        expect(other.page.locator(".sentence")).to_have_text(learning.sentence)
        mean = learning.handle("Mean of q").get_attribute("aria-valuetext")
        assert other.handle("Mean of q").get_attribute("aria-valuetext") == mean


@pytest.mark.parametrize(
    "query",
    ["?lesson=99", "?lesson=1&state=AAAA", "?lesson=2&state=W1sxLCJtaXh0dXJlcyIsN10sW11d", "?lesson=<b>"],
)
def test_an_address_that_names_nothing_opens_what_there_is(chromium: Browser, address: str, query: str) -> None:
    with learn_page(chromium, address, query) as learning:
        expect(learning.page.locator(".sentence")).not_to_be_empty()
        assert learning.complaints == []


def test_what_was_done_is_there_again(learning: LearnPage) -> None:
    learning.drag("Mean of q", 70)
    said = learning.sentence
    learning.page.get_by_role("link", name="2 Why Gaussians suffice").click()
    learning.ready("mixtures")
    learning.page.get_by_role("link", name="1 From log p(x) to the ELBO").click()
    learning.ready("bound")
    expect(learning.page.locator(".sentence")).to_have_text(said)


def test_symbols_are_explained_under_the_pointer_and_under_the_focus(learning: LearnPage) -> None:
    page, tip = learning.page, learning.page.get_by_role("tooltip")
    page.locator(".words .katex-html [data-symbol=posterior]").first.hover()
    expect(tip).to_have_text("the true posterior: which latents may have made x, by Bayes’ rule")
    page.mouse.move(2, 2)
    expect(tip).to_be_hidden()
    tab_to(page, "1 From log p(x)")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("link", name="2 Why Gaussians suffice")).to_be_focused()
    focused = "document.activeElement.matches('.formula')"
    while not page.evaluate(focused):
        page.keyboard.press("Tab")
    expect(tip).to_contain_text("the log evidence")
    page.keyboard.press("ArrowRight")
    expect(tip).to_contain_text("the evidence lower bound")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.keyboard.press("Tab")
    assert not page.evaluate(focused), "all formulas are one stop"


def test_everything_can_be_reached_by_tab(learning: LearnPage) -> None:
    page = learning.page
    for name in (
        "One peak",
        "Decoder’s noise",
        "Best bell",
        "Mean of q",
        "Width of q",
        "Observed x",
        "Save SVG",
        "Copy link",
    ):
        tab_to(page, name)


def test_each_lesson_by_keyboard_alone(learning: LearnPage) -> None:
    """It is opened, its handle is moved, and nothing that can be played with is left out by Tab."""
    page = learning.page
    for number, (slug, label, key) in enumerate(BY_KEYBOARD, start=1):
        tab_to(page, f"{number} ", back=number > 1)
        page.keyboard.press("Enter")
        learning.ready(slug)
        page.get_by_role("heading", level=2).focus()
        page.evaluate("window.reached = new Set()")
        for _ in range(page.evaluate(STOPS)):
            page.keyboard.press("Tab")
            page.evaluate("reached.add(document.activeElement)")
        assert page.evaluate(LEFT_OUT) == [], slug
        handle = learning.handle(label)
        handle.focus()
        before = words_of(handle)
        page.keyboard.press(key)
        learning.painted()
        assert words_of(handle) != before, slug


def words_of(handle: Locator) -> str | None:
    return handle.get_attribute("aria-valuetext") or handle.get_attribute("aria-description")


def test_a_screen_reader_hears_the_sentence_when_the_hand_rests(chromium: Browser, address: str) -> None:
    with learn_page(chromium, address) as learning:
        page = learning.page
        page.clock.install(time=0)
        page.reload()
        learning.ready()
        page.clock.pause_at(3_600_000)
        shown, heard = page.locator(".sentence"), page.locator(".sentence + [role=status]")
        before = heard.text_content()
        assert before == shown.text_content() != ""
        x, y = learning.middle("Mean of q")
        page.mouse.move(x, y)
        page.mouse.down()
        seen = set()
        for step in range(1, 10):
            page.mouse.move(x + 8 * step, y)
            page.clock.run_for(50)
            seen.add(shown.text_content())
            assert heard.text_content() == before
        assert len(seen) > 5, "what is seen follows the hand"
        page.mouse.up()
        page.clock.run_for(1000)
        assert heard.text_content() == shown.text_content() != before


def test_each_lessons_picture_is_saved(learning: LearnPage, tmp_path: Path) -> None:
    page = learning.page
    for number, (slug, _, _) in enumerate(BY_KEYBOARD, start=1):
        page.locator(".lessons a").nth(number - 1).click()
        learning.ready(slug)
        learning.painted()
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Save SVG").click()
        assert waiting.value.suggested_filename == f"lesson-{number}-{slug}.svg"
        waiting.value.save_as(tmp_path / "picture.svg")
        text = (tmp_path / "picture.svg").read_text()
        root = ElementTree.fromstring(text)
        curves = [path for path in root.iter(f"{SVG}path") if "curve" in path.get("class", "")]
        assert len(curves) == page.locator(".plot .curve").count() > 0, slug
        assert all(path.get("stroke", "").startswith("rgb") for path in curves)
        told = [text.text for text in root.iter(f"{SVG}text")]
        for words in page.locator(".play .legend li:visible").all_inner_texts():
            assert words in told, slug
        assert not any(notation in text for notation in ("var(", "color(", "rgba(")), "what few programs read"
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Save PNG").click()
        waiting.value.save_as(tmp_path / "picture.png")
        with Image.open(io.BytesIO((tmp_path / "picture.png").read_bytes())) as image:
            assert image.width == pytest.approx(3 * float(root.get("width", 0)), abs=2)
            assert len(image.convert("RGB").getcolors(1 << 22) or []) > 50, slug


def test_the_list_takes_one_row_and_says_what_is_in_it_where_there_is_room(learning: LearnPage) -> None:
    page = learning.page
    for width, titles in ((1280, 7), (700, 1), (400, 0)):
        page.set_viewport_size({"width": width, "height": 860})
        learning.painted()
        boxes = [link.bounding_box() for link in page.locator(".lessons a").all()]
        assert len({box["y"] for box in boxes if box}) == 1, f"{width} pixels: more rows than one"
        seen = page.evaluate(
            "[...document.querySelectorAll('.lessons .title')].filter((at) => at.clientWidth > 1).length"
        )
        assert seen == titles, f"{width} pixels"


@pytest.mark.parametrize("colours", LOOKS)
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_no_barrier(chromium: Browser, address: str, width: int, colours: dict[str, str]) -> None:
    settings: dict[str, Any] = {"viewport": {"width": width, "height": 860}, "reduced_motion": "reduce", **colours}
    with learn_page(chromium, address, **settings) as learning:
        found = {}
        for index, number in enumerate(lessons(learning)):
            learning.page.locator(".lessons a").nth(index).click()
            expect(learning.page.get_by_role("heading", level=2)).to_contain_text(f"{number}. ")
            learning.page.locator(".formula[tabindex='0']").focus()
            learning.painted()
            found[number] = barriers(learning.page)
            wide = learning.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"lesson {number} is {wide} pixels too wide"
        assert {number: what for number, what in found.items() if what} == {}


def test_a_strict_policy_is_kept(chromium: Browser, tmp_path: Path) -> None:
    """Formulas with their fonts, pictures as files: nothing inline, nothing from elsewhere."""
    with serving(tmp_path, policy=WITHOUT_WASM) as url, learn_page(chromium, url) as learning:
        learning.page.add_init_script(VIOLATIONS)
        learning.page.reload()
        for index in range(len(lessons(learning))):
            learning.page.locator(".lessons a").nth(index).click()
            learning.page.locator(".sentence, .lesson.wordy").first.wait_for()
        fonts = learning.page.evaluate(
            "document.fonts.ready.then(() => [...document.fonts].filter(({ status }) => status === 'loaded').length)"
        )
        assert fonts >= 3
        with learning.page.expect_download():
            learning.page.get_by_role("button", name="Save PNG").click()
        assert learning.page.evaluate("violations") == []
        assert learning.complaints == []


def test_no_motion_for_those_who_ask_for_none(chromium: Browser, address: str) -> None:
    with learn_page(chromium, address, reduced_motion="reduce") as learning:
        learning.drag("Mean of q", 60)
        assert learning.page.evaluate("document.getAnimations().length") == 0
