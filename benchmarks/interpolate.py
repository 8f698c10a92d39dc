"""Strips of twelve frames that follow a dragged stop, two ways in turn: `python -m benchmarks.interpolate`.

Real pointer input in headless Chromium, on `mnist-16d`:

    component  the Interpolate page: a stop is dragged over the map, every frame of the strip is decoded anew
    streamlit  st.slider and the same strip by torch and st.image in a fragment; it fires on release only, so its
               rate is that of a hand which releases as fast as strips come

A strip's latency runs from the pointer event's own time stamp to the end of the frame that shows it.
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
FRAMES = 12
WARM_UP = 1.0  # seconds of dragging that are not counted

RECORD_STRIPS = """
window.latencies = [];
addEventListener("explorer:strip", ({ detail }) => {
  if (!detail.held || !detail.complete || detail.pointerTime === null) return;
  onceVisible((now) => window.latencies.push(now - detail.pointerTime));
});
"""


async def drag_stop(page: Page, session: CDPSession, seconds: float) -> tuple[list[float], float]:
    """Drags the first stop over the map; the latencies (ms) of whole strips, and strips a second."""
    await page.locator("[data-ready=true]").wait_for(timeout=120_000)
    await page.get_by_role("slider", name="Frames", exact=True).fill(str(FRAMES))
    await page.wait_for_load_state("networkidle")
    stop = await page.locator(".mark.stop").first.bounding_box()
    map_box = await page.locator(".map").bounding_box()
    assert stop is not None
    assert map_box is not None
    center = (map_box["x"] + map_box["width"] / 2, map_box["y"] + map_box["height"] / 2)
    size = (map_box["width"], map_box["height"])
    start = (stop["x"] + stop["width"] / 2, stop["y"] + stop["height"] / 2)
    await pointer(session, "mouseMoved", *start)
    await pointer(session, "mousePressed", *start, pressed=True)
    await drag_along(session, curve(center, size, WARM_UP))
    await page.evaluate("window.latencies.length = 0")
    await drag_along(session, curve(center, size, seconds))
    latencies: list[float] = await page.evaluate("window.latencies")
    await pointer(session, "mouseReleased", *center)
    return latencies, len(latencies) / seconds


async def measure_way(browser: Browser, url: str, way: str, seconds: float, releases: int, into: Measured) -> None:
    """One visit of one way in a fresh context."""
    context = await browser.new_context(viewport={"width": 1400, "height": 1000})
    try:
        page = await context.new_page()
        await page.add_init_script(ONCE_VISIBLE)
        await page.add_init_script(RECORD_STRIPS if way == "strip" else RECORD_STREAMLIT)
        session = await context.new_cdp_session(page)
        await page.goto(f"{url}/?way={way}&frames={FRAMES}")
        if way == "strip":
            latencies, rate = await drag_stop(page, session, seconds)
        else:
            latencies, _ = await drag_slider(page, session, releases)
            rate = 1000 / statistics.median(latencies)
        into.latencies += latencies
        into.images_per_second.append(rate)
    finally:
        await context.close()


async def measure(url: str, rounds: int, seconds: float, releases: int) -> dict[str, float]:
    """Both ways in turn, `rounds` times; figures over all rounds together."""
    component, streamlit = Measured(), Measured()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        for number in range(rounds):
            for way, measured in (("strip", component), ("streamlit-strip", streamlit)):
                await measure_way(browser, url, way, seconds, releases, measured)
            print(
                f"round {number + 1}: component {component.images_per_second[-1]:.1f} strips/s, "
                f"streamlit {streamlit.percentile(50):.0f} ms a strip",
                file=sys.stderr,
            )
        await browser.close()
    strips = statistics.median(component.images_per_second)
    rival = statistics.median(streamlit.images_per_second)
    return {
        "component_strips_per_second": round(strips, 1),
        "component_p50_ms": component.percentile(50),
        "component_p95_ms": component.percentile(95),
        "streamlit_strips_per_second": round(rival, 1),
        "streamlit_p50_ms": streamlit.percentile(50),
        "component_to_streamlit_ratio": round(strips / rival, 2),
    }


def main() -> None:
    """Measures and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description="Film strips that follow a dragged stop, two ways.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of both ways (default: 3)")
    parser.add_argument("--seconds", type=float, default=6.0, help="seconds of each drag (default: 6)")
    parser.add_argument("--releases", type=int, default=8, help="slider releases a round (default: 8)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(checkpoints_root() / MODEL, Path(folder) / MODEL)
        with running_server(APP, environment={"LATENT_EXPLORER_CHECKPOINTS": folder, **AS_IT_COMES}) as server:
            figures = asyncio.run(measure(server.url, arguments.rounds, arguments.seconds, arguments.releases))
    print(json.dumps({"model": MODEL, "frames": FRAMES, "rounds": arguments.rounds, **figures}))


if __name__ == "__main__":
    main()
