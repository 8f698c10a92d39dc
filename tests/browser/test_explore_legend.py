"""The classes under the map, few or hundreds: one Tab stop, found by name, told with their counts."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from tests.browser.assistance import barriers, tab_to
from tests.browser.model import ExplorableModel
from tests.browser.standalone import ExplorerPage, explorer_page

CLASSES = 300


def as_if_named(model: ExplorableModel, names: list[str], route: Route) -> None:
    manifest = json.loads((model.folder / "manifest.json").read_text())
    manifest["data"]["class_names"] = names
    manifest["map"]["class_counts"] = [7] * len(names)
    route.fulfill(json=manifest)


@pytest.fixture
def crowd(chromium: Browser, address: str, model: ExplorableModel) -> Iterator[ExplorerPage]:
    """The explorer on the same data in hundreds of classes, of which ten have points."""
    names = [f"{'bird' if label % 2 else 'fish'} number {label}" for label in range(CLASSES)]
    with explorer_page(chromium, address, model, wait=False) as explorer:
        explorer.page.route("**/manifest.json*", lambda route: as_if_named(model, names, route))
        explorer.page.reload()
        explorer.page.wait_for_selector("[data-ready=true]")
        yield explorer


def classes(explorer: ExplorerPage) -> Locator:
    return explorer.page.get_by_role("list", name="Classes").get_by_role("button")


def focused(explorer: ExplorerPage) -> str:
    return str(explorer.page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent"))


def test_hundreds_of_classes_scroll_in_a_box_and_are_one_tab_stop(crowd: ExplorerPage) -> None:
    page = crowd.page
    expect(classes(crowd)).to_have_count(CLASSES)
    box = page.locator(".legend").bounding_box()
    assert box is not None
    assert box["height"] < 160
    assert page.locator(".legend").evaluate("at => at.scrollHeight > 4 * at.clientHeight")
    stops = page.locator(".legend-area :is(button, input)").evaluate_all(
        "all => all.filter((at) => at.tabIndex === 0 && at.checkVisibility()).length"
    )
    assert stops == 2  # the search and the list
    assert barriers(page) == []


def test_a_long_list_is_seen_to_go_on_and_its_last_class_is_seen_whole(crowd: ExplorerPage) -> None:
    box = crowd.page.locator(".legend")
    faded = (
        "at => getComputedStyle(at).maskImage.includes('gradient') && parseFloat(getComputedStyle(at).paddingBottom)"
    )
    room = box.evaluate(faded)
    assert room
    crowd.page.get_by_role("searchbox", name="Find a class").press("ArrowDown")
    crowd.page.keyboard.press("End")
    last, whole = classes(crowd).last.bounding_box(), box.bounding_box()
    assert last is not None
    assert whole is not None
    assert last["y"] + last["height"] <= whole["y"] + whole["height"] - room + 1


@pytest.mark.parametrize("width", [1280, 400])
def test_a_long_name_is_cut_with_an_ellipsis(
    chromium: Browser, address: str, model: ExplorableModel, width: int
) -> None:
    names = [f"{label} is the first character of a very long name of a class that goes on" for label in range(10)]
    size = {"width": width, "height": 860}
    with explorer_page(chromium, address, model, wait=False, viewport=size) as explorer:
        page = explorer.page
        page.route("**/manifest.json*", lambda route: as_if_named(model, names, route))
        page.reload()
        page.wait_for_selector("[data-ready=true]")
        for cut in (".legend .name", ".caption strong"):
            shown = page.locator(cut).first
            assert (
                shown.evaluate("at => at.scrollWidth > at.clientWidth && getComputedStyle(at).textOverflow")
                == "ellipsis"
            )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        expect(classes(explorer).first).to_have_attribute(
            "title", f"Show or hide {names[0]}; with Shift, show it alone"
        )


def test_keys_go_through_the_classes(crowd: ExplorerPage) -> None:
    page = crowd.page
    tab_to(page, "Find a class")
    page.keyboard.press("Tab")
    assert focused(crowd) == "fish number 0, 7 images"
    for key, name in (
        ("ArrowRight", "bird number 1"),
        ("ArrowDown", "fish number 2"),
        ("ArrowLeft", "bird number 1"),
        ("End", "bird number 299"),
        ("ArrowRight", "fish number 0"),
        ("ArrowUp", "bird number 299"),
        ("Home", "fish number 0"),
        ("b", "bird number 1"),
        ("b", "bird number 3"),
    ):
        page.keyboard.press(key)
        assert focused(crowd) == f"{name}, 7 images", key
    page.evaluate("new Promise((done) => setTimeout(done, 800))")  # a pause begins a new word
    page.keyboard.type("fish number 12")
    assert focused(crowd) == "fish number 12, 7 images"
    expect(classes(crowd).nth(12)).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(classes(crowd).nth(12)).to_have_attribute("aria-pressed", "false")


def test_a_class_is_found_by_a_part_of_its_name(crowd: ExplorerPage) -> None:
    page = crowd.page
    search = page.get_by_role("searchbox", name="Find a class")
    status = page.locator(".legend-head [role=status]")
    expect(status).to_have_text("300 classes")
    search.fill("ER 29")
    expect(status).to_have_text("11 of 300 classes")
    assert [name.split(",")[0] for name in classes(crowd).evaluate_all("all => all.map((at) => at.textContent)")] == [
        f"{'bird' if label % 2 else 'fish'} number {label}" for label in (29, *range(290, 300))
    ]
    search.press("ArrowDown")
    assert focused(crowd) == "bird number 29, 7 images"
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".legend [aria-pressed=true]")).to_have_count(1)
    search.fill("no such class")
    expect(status).to_have_text("0 of 300 classes")
    search.fill("")
    expect(classes(crowd)).to_have_count(CLASSES)


def test_a_few_classes_are_one_tab_stop_and_show_all_passes_the_focus_on(explorer: ExplorerPage) -> None:
    page, model = explorer.page, explorer.model
    counts = [int((model.labels == label).sum()) for label in range(10)]
    expect(page.get_by_role("searchbox")).to_have_count(0)
    tab_to(page, f"{model.name_of(0)}, {counts[0]} images")
    page.keyboard.press("End")
    assert focused(explorer) == f"{model.name_of(9)}, {counts[9]} images"
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    assert focused(explorer) == "Show all"
    page.keyboard.press("Enter")
    expect(page.locator(".legend [aria-pressed=false]")).to_have_count(0)
    assert focused(explorer) == f"{model.name_of(0)}, {counts[0]} images"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.legend')") is None


def test_data_without_labels_are_one_class(chromium: Browser, address: str, model: ExplorableModel) -> None:
    with explorer_page(chromium, address, model, wait=False) as explorer:
        page = explorer.page
        page.route("**/manifest.json*", lambda route: as_if_named(model, ["my pictures"], route))
        page.route("**/labels*", lambda route: route.fulfill(body=bytes(len(model.labels))))
        page.reload()
        page.wait_for_selector("[data-ready=true]")
        expect(classes(explorer)).to_have_text(["my pictures, 7 images"])
        classes(explorer).click()
        expect(classes(explorer)).to_have_text(["my pictures, 7 images", "Show all"])
        assert barriers(page) == []
