"""The explorer under a strict content security policy, and its own page under addresses that mean harm."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Route, expect

from harness.standalone import PAGE, serving
from tests.browser.interpolation import path_page
from tests.browser.model import ExplorableModel
from tests.browser.standalone import CLOSE, HURRIED_CLOCK, ExplorerPage, explorer_page

WITHOUT_WASM = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
STRICT = WITHOUT_WASM.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
  violations.push(`${violatedDirective}: ${blockedURI} ${sample}`));
"""


@pytest.fixture(scope="module")
def strict(model: ExplorableModel) -> Iterator[str]:
    """Where page and files are served under the strict policy."""
    with serving(model.folder, policy=STRICT) as url:
        yield url


def open_anew(explorer: ExplorerPage, script: str) -> None:
    """Loads the page once more, with violations recorded from its beginning on."""
    explorer.complaints.clear()
    explorer.page.add_init_script(VIOLATIONS + script)
    explorer.page.reload()
    explorer.page.wait_for_selector("[data-ready=true]")
    explorer.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("clock", ["", HURRIED_CLOCK], ids=["in the page", "in a worker"])
def test_a_strict_policy_is_kept_and_the_drag_works(
    chromium: Browser, strict: str, model: ExplorableModel, clock: str
) -> None:
    with explorer_page(chromium, strict, model) as explorer:
        open_anew(explorer, clock)
        page, (x, y) = explorer.page, explorer.centre()
        width = page.locator(".panel").bounding_box()
        assert width is not None
        assert width["width"] < 400, "the style sheets do not apply"
        before = len(explorer.answers())
        explorer.drag(explorer.probe(), (x + 120, y + 60), (x - 80, y + 110), steps=20)
        last = explorer.wait_for_answer(before)
        assert np.abs(explorer.pixels().numpy() - model.decode(last["latent"]).numpy()).max() < CLOSE
        page.keyboard.down("Shift")
        explorer.drag((x - 90, y - 90), (x + 90, y - 90), (x + 90, y + 90), (x - 90, y + 90))
        page.keyboard.up("Shift")
        expect(page.get_by_role("group", name="Group A", exact=True).get_by_role("list")).to_be_visible()
        page.get_by_role("button", name="Pin", exact=True).click()
        expect(page.get_by_role("button", name="Remove the pin")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("button", name="Save image").click()
        assert download.value.path().read_bytes().startswith(b"\x89PNG")
        assert page.evaluate("violations") == []
        assert explorer.complaints == []


def test_a_strict_policy_is_kept_by_interpolate(chromium: Browser, strict: str, model: ExplorableModel) -> None:
    with path_page(chromium, strict, model, script=VIOLATIONS) as paths:
        x, y = paths.stop("B")
        report = paths.after(lambda: paths.drag((x, y), (x + 40, y + 30)))
        assert paths.shows_frames_of(report)
        paths.after(paths.button("Grid").click)
        assert paths.page.evaluate("violations") == []
        assert paths.complaints == []


def test_a_policy_without_webassembly_is_named_with_the_word_that_is_missing(
    chromium: Browser, model: ExplorableModel
) -> None:
    with serving(model.folder, policy=WITHOUT_WASM) as url:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(f"{url}{PAGE}")
        expect(page.get_by_role("alert")).to_contain_text("'wasm-unsafe-eval'")
        context.close()


@pytest.mark.parametrize("parameter", ["assets", "model"])
@pytest.mark.parametrize("elsewhere", ["http://evil.example/", "//evil.example/", "https:evil.example/", "data:,"])
def test_an_address_can_name_nothing_of_another_server(
    chromium: Browser, address: str, parameter: str, elsewhere: str
) -> None:
    """What lay at `assets` would be run as a script of this page."""
    asked: list[str] = []

    def harmful(route: Route) -> None:
        asked.append(route.request.url)
        body, kind = ('{"component": "evil.js"}', "application/json")
        if route.request.url.endswith(".js"):
            body, kind = "export const mount = () => (window.harmed = true);", "text/javascript"
        route.fulfill(body=body, content_type=kind, headers={"Access-Control-Allow-Origin": "*"})

    context = chromium.new_context()
    page = context.new_page()
    page.route("*://evil.example/**", harmful)
    page.goto(f"{address}{PAGE}".replace("model=/model/", f"{parameter}={elsewhere}"))
    expect(page.get_by_text("only what lies on its own server")).to_be_visible()
    assert asked == []
    assert page.evaluate("window.harmed") is None
    context.close()
