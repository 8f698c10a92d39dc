"""Images that follow a hand in two models at once, two ways in turn: `python -m benchmarks.compare`.

Real pointer input at 59.5 Hz in headless Chromium, on `mnist-16d` twice:

    component  the Compare page: the probe is dragged on one map, both models decode, each in a worker of its own
    streamlit  st.slider and both models' images by torch and st.image in a fragment; it fires on release only, so its
               rate is that of a hand which releases as fast as images come

A latency runs from the pointer event's own time stamp to the end of the frame that shows its image, for the model that
the hand is on and for the one that follows it each.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from benchmarks.drag import APP, AS_IT_COMES, RECORD_STREAMLIT, Measured, curve, drag_along, drag_slider, pointer
from benchmarks.paint_timing import ONCE_VISIBLE
from harness.chromium import FLAGS, find_chromium
from harness.server import running_server
from vae_core.checkpoint.layout import checkpoints_root

MODEL = "mnist-16d"
NAMES = ("first", "second")
WARM_UP = 1.0  # seconds of dragging that are not counted

RECORD_COMPARED = """
window.latencies = { leading: [], following: [] };
addEventListener("compare:decoded", ({ detail }) => {
  if (detail.pointerTime === null) return;
  const which = detail.leading ? "leading" : "following";
  onceVisible((now) => window.latencies[which].push(now - detail.pointerTime));
});
"""


async def drag_compared(page: Page, session: CDPSession, seconds: float) -> dict[str, list[float]]:
    """Drags the probe over the first map; the latencies (ms) of each model's images."""
    await page.locator("[data-ready=true]").wait_for(timeout=120_000)
    await page.wait_for_load_state("networkidle")
    surface = page.locator(".side .surface").first
    await surface.scroll_into_view_if_needed()
    box = await surface.bounding_box()
    assert box is not None
    size = (box["width"], box["height"])
    center = (box["x"] + size[0] / 2, box["y"] + size[1] / 2)
    await pointer(session, "mouseMoved", *center)
    for kind in ("mousePressed", "mouseReleased", "mousePressed"):  # a click brings the probe there, a press holds it
        await pointer(session, kind, *center, pressed=kind == "mousePressed")
    await drag_along(session, curve(center, size, WARM_UP))
    await page.evaluate("Object.values(window.latencies).forEach((all) => (all.length = 0))")
    await drag_along(session, curve(center, size, seconds))
    latencies: dict[str, list[float]] = await page.evaluate("window.latencies")
    await pointer(session, "mouseReleased", *center)
    return latencies


async def measure(url: str, rounds: int, seconds: float, releases: int) -> dict[str, float]:
    """Both ways in turn, `rounds` times; figures over all rounds together."""
    ways = {name: Measured() for name in ("leading", "following", "streamlit")}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        for number in range(rounds):
            for way, latencies in (await _visits(browser, url, seconds, releases)).items():
                ways[way].latencies += latencies
                rate = 1000 / statistics.median(latencies) if way == "streamlit" else len(latencies) / seconds
                ways[way].images_per_second.append(rate)
            told = ", ".join(f"{way} {measured.images_per_second[-1]:.1f}" for way, measured in ways.items())
            print(f"round {number + 1}, images/s: {told}", file=sys.stderr)
        await browser.close()
    figures: dict[str, float] = {}
    for way, measured in ways.items():
        figures[f"{way}_images_per_second"] = round(statistics.median(measured.images_per_second), 1)
        figures[f"{way}_p50_ms"] = measured.percentile(50)
        figures[f"{way}_p95_ms"] = measured.percentile(95)
    slower = min(figures["leading_images_per_second"], figures["following_images_per_second"])
    figures["component_to_streamlit_ratio"] = round(slower / figures["streamlit_images_per_second"], 2)
    return figures


async def _visits(browser: Browser, url: str, seconds: float, releases: int) -> dict[str, list[float]]:
    """One visit of each way, each in a fresh context."""
    found: dict[str, list[float]] = {}
    for way in ("compare", "streamlit-compare"):
        context = await browser.new_context(viewport={"width": 1400, "height": 1000})
        try:
            page = await context.new_page()
            await page.add_init_script(ONCE_VISIBLE)
            await page.add_init_script(RECORD_COMPARED if way == "compare" else RECORD_STREAMLIT)
            session = await context.new_cdp_session(page)
            await page.goto(f"{url}/?way={way}")
            if way == "compare":
                found |= await drag_compared(page, session, seconds)
            else:
                found["streamlit"] = (await drag_slider(page, session, releases))[0]
        finally:
            await context.close()
    return found


def main() -> None:
    """Measures and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description="Images that follow a hand in two models at once, two ways.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of both ways (default: 3)")
    parser.add_argument("--seconds", type=float, default=6.0, help="seconds of each drag (default: 6)")
    parser.add_argument("--releases", type=int, default=8, help="slider releases a round (default: 8)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            shutil.copytree(checkpoints_root() / MODEL, Path(folder) / name)
        with running_server(APP, environment={"LATENT_EXPLORER_CHECKPOINTS": folder, **AS_IT_COMES}) as server:
            figures = asyncio.run(measure(server.url, arguments.rounds, arguments.seconds, arguments.releases))
    print(json.dumps({"model": MODEL, "rounds": arguments.rounds, **figures}))


if __name__ == "__main__":
    main()
