"""Loading, failing, changing and going away."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route

from harness.standalone import PAGE
from tests.browser.lasso import circle
from tests.browser.model import ExplorableModel
from tests.browser.standalone import RECORDER, ExplorerPage, explorer_page


def truncated(route: Route) -> None:
    response = route.fetch()
    route.fulfill(status=200, content_type="application/octet-stream", body=response.body()[:-7])


def as_web_page(route: Route) -> None:
    route.fulfill(status=200, content_type="text/html", body="<!doctype html><title>Streamlit</title>")


def missing(route: Route) -> None:
    route.fulfill(status=404, content_type="application/json", body='{"detail": "Not Found"}')


def other_version(route: Route) -> None:
    route.fulfill(status=200, content_type="application/json", body='{"format": 99}')


def replaced(kind: str, value: float) -> Callable[[Route], None]:
    """An array whose fifth number is another."""

    def damage(route: Route) -> None:
        values = np.frombuffer(route.fetch().body(), kind).copy()
        values[4] = value
        route.fulfill(status=200, content_type="application/octet-stream", body=values.tobytes())

    return damage


@pytest.mark.parametrize(
    ("file", "damage", "words"),
    [
        ("points", replaced("<f4", np.nan), ["points", "number 5", "Export"]),
        ("points", replaced("<f4", np.inf), ["points", "number 5", "Export"]),
        ("latents", replaced("<f2", np.nan), ["latents", "not finite", "Export"]),
        ("labels", replaced("u1", 10), ["labels", "point 5", "class 11", "has 10"]),
        ("manifest.json", missing, ["manifest.json", "404"]),
        ("manifest.json", as_web_page, ["manifest.json", "web page", "streamlit run app.py"]),
        ("manifest.json", other_version, ["99", "Export"]),
        ("decoder", missing, ["decoder", "404"]),
        ("points", truncated, ["points", "is not whole", "manifest"]),
        ("latents", as_web_page, ["latents", "web page"]),
    ],
)
def test_a_file_that_cannot_be_had_is_named_with_a_way_out(
    chromium: Browser, address: str, file: str, damage: Callable[[Route], None], words: list[str]
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.route(re.compile(rf"/model/{file}"), damage)
    page.goto(f"{address}/explorer/standalone.html?model=/model/")
    alert = page.get_by_role("alert")
    alert.wait_for()
    said = alert.inner_text()
    assert all(word in said for word in words), said
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector("[data-ready=true]")
    assert alert.is_hidden()
    context.close()


@pytest.mark.parametrize("damage", [missing, truncated, as_web_page])
def test_without_the_small_pictures_all_else_goes_on(
    chromium: Browser, address: str, model: ExplorableModel, damage: Callable[[Route], None]
) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    explorer = ExplorerPage(page, model)
    page.add_init_script(RECORDER)
    page.route(re.compile(r"/model/thumbnails"), damage)
    page.goto(f"{address}{PAGE}")
    page.get_by_text("all else goes on without them").wait_for()
    x, y = explorer.centre()
    explorer.lasso(circle((x, y), 120))
    page.get_by_role("group", name="Group A", exact=True).get_by_role("list").wait_for()
    answers = len(explorer.answers())
    explorer.drag(explorer.probe(), (x, y))
    explorer.wait_for_answer(answers)
    page.goto(f"{address}{PAGE}&page=interpolate")
    page.locator("[data-ready=true]").wait_for()
    page.get_by_text("Add a stop", exact=True).click()
    page.get_by_text("all else goes on without them").wait_for()
    page.locator(".offers button").first.click()
    page.wait_for_function("document.querySelectorAll('.stops li').length === 4")
    assert page.get_by_text("could not go on").count() == 0
    context.close()


def test_figures_that_cannot_be_had_leave_the_page_as_it_is(explorer: ExplorerPage) -> None:
    page = explorer.page
    page.route(re.compile(r"/model/kl"), missing)
    explorer.choice("Colour by").select_option("kl")
    page.get_by_text(re.compile("kl.*could not be fetched")).wait_for()
    assert page.locator(".layout .map").is_visible()
    page.unroute_all()
    explorer.choice("Colour by").select_option("class")
    explorer.choice("Colour by").select_option("kl")
    page.get_by_text("KL, nats").wait_for()
    explorer.complaints[:] = [words for words in explorer.complaints if "404" not in words]


def test_a_browser_without_webassembly_is_told_so(chromium: Browser, address: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.add_init_script("delete window.WebAssembly")
    page.goto(f"{address}/explorer/standalone.html?model=/model/")
    page.get_by_role("alert").wait_for()
    assert "WebAssembly" in page.get_by_role("alert").inner_text()
    context.close()


def test_nothing_moves_while_it_loads(chromium: Browser, address: str, model: ExplorableModel) -> None:
    with explorer_page(chromium, address, model, wait=False) as explorer:
        page = explorer.page
        held: list[Route] = []
        page.route(re.compile(r"/model/(latents|decoder)"), lambda route: held.append(route))
        page.reload()
        page.wait_for_selector(".layout .map .surface")
        before = page.locator(".map").bounding_box(), page.locator(".stage").bounding_box()
        assert page.get_by_role("progressbar").is_visible()
        for _ in ("decoder", "latents"):
            while not held:
                page.wait_for_timeout(20)
            assert (page.locator(".map").bounding_box(), page.locator(".stage").bounding_box()) == before
            held.pop().continue_()
        page.wait_for_selector("[data-ready=true]")
        assert (page.locator(".map").bounding_box(), page.locator(".stage").bounding_box()) == before
        assert page.get_by_role("progressbar").count() == 0
        assert explorer.complaints == []


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.querySelector('.latent-explorer')).backgroundColor"))


def first_color(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.querySelector('.legend .swatch')).backgroundColor"))


def test_it_follows_the_hosts_theme_when_told(explorer: ExplorerPage) -> None:
    page = explorer.page
    light = first_color(page)
    page.evaluate(
        """() => {
            const host = document.getElementById("explorer").style;
            host.setProperty("--st-background-color", "rgb(10, 12, 16)");
            host.setProperty("--st-text-color", "rgb(240, 240, 245)");
            explorer.update({...explorerOptions});
        }"""
    )
    assert background(page) == "rgb(10, 12, 16)"
    assert first_color(page) != light
    assert page.locator("canvas.decoded").count() == 1
    answers = len(explorer.answers())
    x, y = explorer.probe()
    explorer.drag((x, y), (x + 30, y))
    explorer.wait_for_answer(answers)  # the same explorer goes on


def test_it_follows_the_systems_theme(explorer: ExplorerPage) -> None:
    light = first_color(explorer.page)
    explorer.page.emulate_media(color_scheme="dark")
    explorer.page.wait_for_function(
        "light => getComputedStyle(document.querySelector('.legend .swatch')).backgroundColor !== light",
        arg=light,
    )


def test_without_decoding_the_map_and_the_probe_move_and_nothing_is_decoded(
    chromium: Browser, address: str, model: ExplorableModel
) -> None:
    with explorer_page(chromium, address, model, query="&decoding=off") as explorer:
        x, y = explorer.probe()
        before = len(explorer.answers())
        explorer.drag((x, y), (x + 40, y + 20))
        answer = explorer.wait_for_answer(before)
        assert answer["pointerTime"] is not None
        assert explorer.probe() == pytest.approx((x + 40, y + 20), abs=1)
        assert explorer.pixels().max() == 0
        assert not any(".wasm" in url or "decoder" in url for url in explorer.requests)
        assert explorer.complaints == []


COUNT_LISTENERS = """
window.listening = 0;
const own = [window, document, matchMedia("(prefers-color-scheme: dark)")];
const add = EventTarget.prototype.addEventListener;
MediaQueryList.prototype.addEventListener = function (name, listener, options) {
    listening++;
    options?.signal?.addEventListener("abort", () => listening--);
    return add.call(this, name, listener, options);
};
window.observed = 0;
const Observer = ResizeObserver;
window.ResizeObserver = class extends Observer {
    observe(...on) { observed++; super.observe(...on); }
    disconnect() { observed--; super.disconnect(); }
};
"""


def test_destroy_leaves_nothing_behind(chromium: Browser, address: str, model: ExplorableModel) -> None:
    with explorer_page(chromium, address, model, wait=False) as explorer:
        page = explorer.page
        page.add_init_script(COUNT_LISTENERS)
        page.reload()
        page.wait_for_selector("[data-ready=true]")
        assert page.evaluate("[listening, observed]") == [2, 1]  # the colours and the pixels of the screen
        page.evaluate("explorer.update({...explorerOptions, manifestVersion: 'other'})")
        page.wait_for_selector("[data-ready=true]")
        assert page.evaluate("[listening, observed]") == [2, 1]  # the colours and the pixels of the screen
        page.evaluate("explorer.destroy()")
        assert page.evaluate("[listening, observed]") == [0, 0]
        assert page.locator("#explorer *").count() == 0
        answers = len(explorer.answers())
        page.mouse.move(300, 300)
        page.mouse.click(320, 300)
        assert len(explorer.answers()) == answers
        assert explorer.complaints == []


def test_destroy_while_loading_is_quiet(chromium: Browser, address: str, model: ExplorableModel) -> None:
    with explorer_page(chromium, address, model, wait=False) as explorer:
        page = explorer.page
        page.wait_for_function("Boolean(window.explorer?.destroy)")
        page.evaluate("explorer.destroy()")
        page.wait_for_load_state("networkidle")
        assert page.locator("#explorer *").count() == 0
        assert explorer.complaints == []
