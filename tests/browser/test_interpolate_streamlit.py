"""The Interpolate page in a real Chromium, served by the real app on the shipped models."""

import io
import re
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from harness.server import Server
from serving.explorable_models import find_models
from tests.browser.assistance import AXE
from tests.browser.interpolation import LIMIT, Visit
from tests.browser.streamlit_visit import pick_model
from vae_core import load_checkpoint

MODEL = "digits-2d"
OTHER = "sprites-8d"
TITLES = [
    "Image change, frame to frame",
    "Log density along the path, nats",
    "Classes of the ten nearest images",
]
COMPLETE = "Boolean(strips.at(-1)?.complete)"
HELD = "strips.filter(({ held }) => held).length"
# The chart of changes is of two frames: Python has been told of them.
CHARTED = "document.querySelector('.js-plotly-plot')?.data?.every(({ y }) => y.length === 1) === true"
CHARTED_ANEW = "document.querySelector('.js-plotly-plot')?.data?.every(({ y }) => y.length > 1) === true"
FRAMES = 5
GEODESIC = re.compile(r"^Length in image space [\d.]+: (\d+ % shorter than|as short as) the straight line \([\d.]+\)\.")
ALONG_DATA = re.compile(
    r"^Mean log density of the data's latents (−?[\d.]+) nats, on the straight line (−?[\d.]+)\. Length"
)


def expect_charts(page: Page, curves: int) -> None:
    """Waits for the three charts, and for the curves of the first."""
    for title in TITLES:
        expect(page.locator(".js-plotly-plot .gtitle", has_text=title)).to_have_count(1, timeout=LIMIT)
    changes = page.locator(".js-plotly-plot").first.locator(".scatterlayer .trace")
    expect(changes).to_have_count(curves, timeout=LIMIT)


@pytest.fixture(scope="module")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """One window, so that what has been fetched once need not be fetched again."""
    opened = chromium.new_context(
        viewport={"width": 1400, "height": 1000}, permissions=["clipboard-read", "clipboard-write"]
    )
    yield opened
    opened.close()


@pytest.fixture
def visit(context: BrowserContext) -> Iterator[Visit]:
    visit = Visit(context.new_page())
    yield visit
    visit.page.close()
    assert visit.complaints == []


@torch.inference_mode()
def decoded(model: str, latents: list[list[float]]) -> np.ndarray:
    """What torch decodes: (N, H, W, 1 or 3) in [0, 1]."""
    return (
        load_checkpoint(find_models().explorable[model].summary.path)
        .model.decode(torch.tensor(latents))
        .movedim(1, -1)
        .numpy()
    )


def address(server: Server, model: str = MODEL) -> str:
    return f"{server.url}/interpolate?model={model}"


@pytest.mark.parametrize("model", [MODEL, OTHER])
def test_a_drag_takes_every_frame_along_and_asks_for_nothing(app_server: Server, visit: Visit, model: str) -> None:
    page = visit.page
    visit.open(address(app_server, model))
    expect_charts(visit.page, 2)
    stops = visit.scene().stops
    stage = visit.picture(page.locator("canvas.decoded"))
    expected = decoded(model, [stop.latent for stop in stops])
    assert stage.std() > 0.05
    assert np.abs(stage - expected[0]).max() < 2 / 255
    pictures = page.locator(".stops canvas")
    for number, image in enumerate(expected):
        assert np.abs(visit.picture(pictures.nth(number)) - image).max() < 2 / 255

    box = page.locator(".mark.stop").nth(1).bounding_box()
    assert box is not None
    page.mouse.move(box["x"], box["y"])
    page.mouse.down()
    asked = len(visit.sent)
    for step in range(1, 6):
        before = page.evaluate(HELD)
        page.mouse.move(box["x"] + 12 * step, box["y"] - 9 * step)
        page.wait_for_function(f"before => {HELD} > before", arg=before)
    page.wait_for_function(COMPLETE)
    assert visit.sent[asked:] == []
    page.mouse.up()
    page.wait_for_function(COMPLETE)
    after = visit.scene().stops
    assert after[1].latent != stops[1].latent
    assert np.abs(visit.picture(pictures.nth(1)) - decoded(model, [after[1].latent])[0]).max() < 2 / 255


def totals(page: Page) -> dict[str, float]:
    """By kind of path, how much its images change in all."""
    legend = page.locator(".js-plotly-plot").first.locator(".legendtext").all_text_contents()
    named = (str(text).partition(": ") for text in legend)
    return {name: float(total.split()[0]) for name, _, total in named}


def test_paths_are_computed_with_progress_and_compared_with_the_line(app_server: Server, visit: Visit) -> None:
    page = visit.page
    visit.open(address(app_server))
    said = page.locator(".geodesic [role=status]")
    drawn = page.locator(".outlines path")
    visit.button("Line").click()
    expect(visit.button("Line")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(COMPLETE)
    straight = drawn.get_attribute("d") or ""
    visit.button("Along the data").click()
    expect(said).to_have_text(ALONG_DATA, timeout=LIMIT)
    expect(drawn).not_to_have_attribute("d", straight)  # it is on the map, too
    found = ALONG_DATA.match(said.inner_text())
    assert found
    along, on_line = (float(words.replace("−", "-")) for words in found.groups())
    assert along > on_line
    expect_charts(visit.page, 3)
    assert set(totals(page)) == {"straight line", "great circle", "along the data"}

    visit.button("Shortest in pixels").click()
    expect(said).to_have_text(GEODESIC, timeout=LIMIT)
    expect_charts(visit.page, 4)
    lengths = totals(page)
    assert set(lengths) == {"straight line", "great circle", "along the data", "shortest in pixels"}
    assert lengths["shortest in pixels"] <= min(lengths["straight line"], lengths["along the data"]) + 0.1

    waiting: list[Route] = []
    page.route("**/geodesic", lambda route: waiting.append(route))
    visit.page.get_by_role("button", name="Remove the stop").first.click()
    expect(page.get_by_role("progressbar", name="Computing the path")).to_be_visible()
    expect(said).to_have_text("Asking the server …")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/geodesic")):
        visit.button("Cancel").click()
    expect(visit.button("Line")).to_have_attribute("aria-pressed", "true")
    expect(said).to_be_hidden()
    expect(page.get_by_role("progressbar", name="Computing the path")).to_be_hidden()
    page.unroute("**/geodesic")
    page.keyboard.press("Control+z")
    expect(said).to_have_text(GEODESIC, timeout=LIMIT)

    page.route("**/geodesic", lambda route: route.fulfill(status=500, body="no"))
    page.keyboard.press("Control+z")  # three stops again: their path is known
    expect(said).to_have_text(GEODESIC)
    visit.page.get_by_role("button", name="Remove the stop").last.click()
    expect(said).to_contain_text("The server could not do this. It answered 500.")
    expect(said).to_contain_text("The straight line is shown.")
    visit.complaints = [text for text in visit.complaints if "500" not in text]  # the browser's own word on it


def frames_of(kind: str, content: bytes) -> np.ndarray:
    """A film's frames: (F, H, W) in [0, 1]."""
    if kind == "mp4":
        with av.open(io.BytesIO(content), "r") as container:
            frames = [frame.to_ndarray(format="rgb24")[..., 0] for frame in container.decode(video=0)]
    else:
        with Image.open(io.BytesIO(content)) as image:
            frames = [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(image)]
    return np.array(frames, dtype=float) / 255


def test_films_hold_the_frames_from_the_first_stop_to_the_last(app_server: Server, visit: Visit) -> None:
    visit.open(address(app_server))
    ends = [visit.scene().stops[place].latent for place in (0, -1)]
    expected = decoded(MODEL, ends)[..., 0].repeat(16, 1).repeat(16, 2)
    visit.choice("Size").select_option("128")
    counts = {"once": FRAMES, "ping-pong": 2 * FRAMES - 2}
    for kind, repeat in (("gif", "once"), ("mp4", "once"), ("webp", "ping-pong")):
        visit.choice("How it repeats").select_option(repeat)
        visit.page.get_by_role("spinbutton", name="Frames of the film").fill(str(FRAMES))
        visit.choice("Save as").select_option(kind)
        with visit.page.expect_download(timeout=LIMIT) as download:
            visit.button("Save").click()
        assert download.value.suggested_filename == f"{MODEL} path.{kind}"
        frames = frames_of(kind, download.value.path().read_bytes())
        assert frames.shape == (counts[repeat], 128, 128)
        allowed = 0.03 if kind == "mp4" else 1.5 / 255
        assert np.abs(frames[[0, FRAMES - 1]] - expected).mean() < allowed
        assert np.abs(frames[0] - frames[FRAMES - 1]).mean() > 0.05
        expect(visit.page.get_by_text("Saved.")).to_be_visible()


def test_the_scene_is_kept_across_models_and_pages(app_server: Server, visit: Visit) -> None:
    page = visit.page
    visit.open(address(app_server))
    expect_charts(visit.page, 2)
    page.get_by_role("button", name="Remove the stop").nth(1).click()
    visit.button("Line").click()
    page.get_by_role("slider", name="Frames", exact=True).press("Home")
    expect(page.locator(".frame-caption")).to_contain_text("of 2")
    page.wait_for_function(CHARTED, timeout=LIMIT)
    kept = visit.scene()

    pick_model(page, OTHER)
    page.wait_for_url(f"**/interpolate?model={OTHER}")
    expect(page.locator(".stops li")).to_have_count(3, timeout=LIMIT)
    visit.wait_until_ready()
    page.wait_for_function(CHARTED_ANEW, timeout=LIMIT)
    pick_model(page, MODEL)
    expect(page.locator(".stops li")).to_have_count(2, timeout=LIMIT)
    assert vars(visit.scene()) == vars(kept)

    page.get_by_role("link", name="Explore").click()
    page.get_by_role("tab", name="Groups").wait_for(timeout=LIMIT)
    page.get_by_role("link", name="Interpolate").click()
    expect(page.locator(".stops li")).to_have_count(2, timeout=LIMIT)
    visit.wait_until_ready()
    assert vars(visit.scene()) == vars(kept)
    expect(visit.button("Line")).to_have_attribute("aria-pressed", "true")


def test_a_link_opens_its_scene_on_a_narrow_dark_screen(app_server: Server, visit: Visit, chromium: Browser) -> None:
    visit.open(address(app_server, OTHER))
    visit.button("Grid").click()
    expect(visit.page.locator(".stops li")).to_have_count(4)
    visit.page.get_by_role("slider", name="Side", exact=True).press("Home")
    expect(visit.page.get_by_text("Charts are drawn for paths")).to_be_visible(timeout=LIMIT)
    link, scene = visit.link(), visit.scene()
    phone = chromium.new_context(
        viewport={"width": 400, "height": 850}, color_scheme="dark", permissions=["clipboard-read", "clipboard-write"]
    )
    other = Visit(phone.new_page())
    other.open(link)
    assert vars(other.scene()) == vars(scene)
    expect(other.button("Grid")).to_have_attribute("aria-pressed", "true")
    expect(other.page.get_by_role("slider", name="Frame", exact=True)).to_have_attribute("aria-valuemax", "25")
    assert other.page.evaluate("document.documentElement.scrollWidth") <= 400
    assert other.complaints == []
    phone.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier_in_the_apps_own_colours(app_server: Server, visit: Visit, scheme: Any) -> None:
    visit.page.emulate_media(color_scheme=scheme)
    visit.open(address(app_server))
    visit.page.evaluate(AXE.read_text())
    found = visit.page.evaluate("axe.run('[data-testid=stMain]', { resultTypes: ['violations'] })")
    serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    ours = [node for one in serious for node in one["nodes"] if "stBidiComponent" in str(node["target"])]
    assert [f"{node['html'][:120]} {node['failureSummary']}" for node in ours] == []
