"""The few lines that Streamlit runs to mount a part of ours: they outlive whatever order it calls and cleans up in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from ui.browser_half import LOADER

# A module whose parts write down what happens to them; `release` lets it arrive.
PART = """
await window.held;
export const mount = (parent, options) => {
  log.push(`mounted with ${options.number}`);
  return { update: ({ number }) => log.push(`updated to ${number}`), destroy: () => log.push("destroyed") };
};
"""
PREPARE = """async ({ loader, part }) => {
  const address = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  window.log = [];
  window.held = new Promise((release) => (window.release = release));
  const parentElement = document.body;
  const component = (await import(address(loader))).default;
  const module = address(part);
  const unheard = { setStateValue() {}, setTriggerValue() {} };
  window.call = (number) => component({ parentElement, data: { module, number }, ...unheard });
}"""
BEGUN = "log.length > 0"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    opened = context.new_page()
    loader = LOADER.replace("STATES", "{}").replace("TRIGGERS", "{}")
    opened.evaluate(PREPARE, {"loader": loader, "part": PART})
    yield opened
    context.close()


def test_a_call_that_was_overtaken_is_cleaned_up_after_without_harm_to_the_newer_one(page: Page) -> None:
    page.evaluate("() => { window.first = call(1); window.second = call(2); first(); }")
    page.evaluate("release()")
    page.wait_for_function(BEGUN)
    assert page.evaluate("log") == ["mounted with 2"]
    page.evaluate("() => { window.third = call(3); second(); }")
    assert page.evaluate("log") == ["mounted with 2", "updated to 3"]
    page.evaluate("third()")
    assert page.evaluate("log.at(-1)") == "destroyed"


def test_a_part_that_has_gone_before_its_module_came_is_not_mounted(page: Page) -> None:
    page.evaluate("() => { call(1)(); window.next = call(2); }")
    page.evaluate("release()")
    page.wait_for_function(BEGUN)
    assert page.evaluate("log") == ["mounted with 2"]
