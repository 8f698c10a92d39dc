"""The focus stays where a person works: what goes away, or cannot be used for a while, hands it on or keeps it."""

import pytest
from playwright.sync_api import expect

from tests.browser.assistance import tab_to
from tests.browser.interpolation import PathPage
from tests.browser.standalone import ExplorerPage


def focused(explorer: ExplorerPage) -> str:
    return str(explorer.page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent"))


def test_the_tools_are_one_tab_stop_and_keep_the_focus_while_there_is_nothing_to_undo(explorer: ExplorerPage) -> None:
    page = explorer.page
    explorer.button("Contours").click()
    tab_to(page, "Lasso", back=True)
    page.keyboard.press("ArrowRight")
    assert focused(explorer) == "Undo (Ctrl+Z)"
    page.keyboard.press("Enter")
    expect(explorer.button("Contours")).to_have_attribute("aria-pressed", "false")
    expect(explorer.button("Undo (Ctrl+Z)")).to_be_disabled()
    assert focused(explorer) == "Undo (Ctrl+Z)"
    page.keyboard.press("Enter")  # nothing to undo: nothing happens
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(explorer.button("Contours")).to_have_attribute("aria-pressed", "true")
    assert focused(explorer) == "Redo (Ctrl+Shift+Z)"
    for key, name in (("ArrowRight", "Lasso"), ("End", "Redo (Ctrl+Shift+Z)"), ("Home", "Lasso")):
        page.keyboard.press(key)
        assert focused(explorer) == name
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.toolbar')") is None


def test_an_emptied_tray_and_a_group_let_go_hand_the_focus_on(explorer: ExplorerPage) -> None:
    page = explorer.page
    page.locator(".surface").press("p")
    clear = page.locator(".tray").get_by_role("button", name="Clear")
    clear.focus()
    page.keyboard.press("Enter")
    expect(clear).to_be_hidden()
    assert focused(explorer) == "Tray of pinned images"

    page.get_by_role("tab", name="Groups").click()
    group = page.get_by_role("group", name="Group A", exact=True)
    group.get_by_role("button", name="100 nearest").focus()
    page.keyboard.press("Enter")
    assert focused(explorer) == "Go to mean"
    group.get_by_role("button", name="Clear").focus()
    page.keyboard.press("Enter")
    assert focused(explorer) == "Group A: take a class"


def test_back_and_sample_keep_the_focus_when_they_are_used_up(explorer: ExplorerPage) -> None:
    page = explorer.page
    x, y = explorer.probe()
    explorer.drag((x, y), (x + 60, y + 30))
    explorer.settled()
    back = explorer.button("Back")
    back.focus()
    page.keyboard.press("Enter")
    explorer.settled()
    expect(back).to_be_disabled()
    assert focused(explorer) == "Back"


def test_esc_closes_an_explanation(explorer: ExplorerPage) -> None:
    page = explorer.page
    term = page.locator(".term").first
    tip = term.locator(".tip")
    term.hover()
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.mouse.move(5, 5)
    term.locator("button").focus()
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_the_same_notice_is_said_anew_and_moves_nothing(explorer: ExplorerPage) -> None:
    page = explorer.page
    page.evaluate(
        """() => {
            window.said = [];
            const notice = document.querySelector(".notice");
            new MutationObserver(() => said.push(notice.textContent)).observe(notice, { childList: true });
        }"""
    )
    place = "document.querySelector('.tabs').getBoundingClientRect().top"
    before = page.evaluate(place)
    for times in (1, 2):
        page.locator(".surface").press("p")
        page.wait_for_function("times => said.filter((words) => words === 'Pinned').length === times", arg=times)
        assert page.evaluate(place) == before
    page.wait_for_function("said.at(-1) === ''")  # and it does not stay


def test_the_pressed_tool_stands_out_from_its_ground(explorer: ExplorerPage) -> None:
    explorer.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    explorer.button("Lasso").click()
    explorer.page.mouse.move(5, 5)
    contrast = explorer.button("Lasso").evaluate(
        """at => {
            const light = (color) => color.match(/[\\d.]+/g).slice(0, 3)
                .map((value) => value / 255)
                .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
                .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
            const { color, backgroundColor } = getComputedStyle(at);
            const [dark, bright] = [light(color), light(backgroundColor)].sort((a, b) => a - b);
            return (bright + 0.05) / (dark + 0.05);
        }"""
    )
    assert contrast > 3


@pytest.mark.parametrize("place", [".surface", ".sheet"])
def test_keys_of_the_player_are_heard_where_it_or_the_map_has_the_focus(paths: PathPage, place: str) -> None:
    page = paths.page
    page.locator(place).focus()
    page.keyboard.press("Space")
    expect(paths.button("Pause")).to_be_visible()
    page.keyboard.press("Space")
    expect(paths.button("Play")).to_be_visible()


def test_keys_of_the_player_are_not_heard_elsewhere(paths: PathPage) -> None:
    page = paths.page
    for place in ("body", ".stops button", ".picker summary, details summary"):
        page.locator(place).first.focus()
        page.evaluate("document.activeElement === document.body || document.activeElement.blur()")
        page.keyboard.press("Space")
        page.keyboard.press("f")
    paths.frame()
    expect(paths.button("Play")).to_be_visible()
    assert page.evaluate("document.fullscreenElement") is None


def test_saving_moves_the_focus_to_cancel_and_back(paths: PathPage) -> None:
    page = paths.page
    page.evaluate(
        "() => void (HTMLCanvasElement.prototype.toBlob = (told) => void (window.hand = () => told(new Blob(['x']))))"
    )
    paths.choice("Save as").select_option("png")
    paths.button("Save").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("Boolean(window.hand)")
    assert page.evaluate("document.activeElement.textContent") == "Cancel"
    with page.expect_download():
        page.evaluate("hand()")
    expect(paths.button("Save")).to_be_focused()
