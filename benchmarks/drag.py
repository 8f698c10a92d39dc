"""From a moving pointer to the painted image, four ways in turn: `python -m benchmarks.drag`.

Real pointer input at 59.5 Hz in headless Chromium, on `fashion-16d` with a map of 70,000 points:

    map        the explorer with decoding switched off: map and probe alone, the floor
    component  the explorer
    layers     the explorer with contours and a lattice of decoded images behind its points
    streamlit  st.slider and st.image in a fragment; it fires on release only: each release counts once

A latency runs from the pointer event's own time stamp to the end of the frame that shows its effect.
"""

import argparse
import asyncio
import json
import math
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from benchmarks.large_map import checkpoint_with_large_map
from benchmarks.paint_timing import ONCE_VISIBLE
from harness.chromium import FLAGS, find_chromium
from harness.server import running_server

# The rival is Streamlit with its own settings; that of the app which spares each run a collection would be a gift.
AS_IT_COMES = {"STREAMLIT_RUNNER_POST_SCRIPT_GC": "true"}
APP = Path(__file__).with_name("drag_app.py")
MODEL = "fashion-16d"
POINTS = 70_000
# Pointer events a second, a little off the screen's 60: at exactly its rate a whole drag would meet one phase of the
# frames, by chance an early or a late one, and its latencies would say more of that than of what is measured.
RATE = 59.5
BUTTONS = {"left": 1, "middle": 4}
WARM_UP = 1.0  # seconds of dragging that are not counted

RECORD_EXPLORER = """
window.latencies = [];
for (const name of ["explorer:moved", "explorer:decoded"]) {
  addEventListener(name, ({ type, detail }) => {
    const wanted = window.decodes ? "explorer:decoded" : "explorer:moved";
    if (detail.pointerTime === null || type !== wanted) return;
    onceVisible((now) => window.latencies.push(now - detail.pointerTime));
  });
}
"""
RECORD_STREAMLIT = """
window.latencies = [];
window.shownWhileDragging = 0;
let released = null;
addEventListener("pointerdown", () => { released = null; }, true);
addEventListener("pointerup", (event) => { released = event.timeStamp; }, true);
let shown = null;
new MutationObserver(() => {
  const image = document.querySelector("[data-testid=stImage] img");
  if (!image || image.src === shown) return;
  const first = shown === null;
  shown = image.src;
  if (first) return;
  const from = released;
  if (from === null) window.shownWhileDragging++;
  else image.decode().then(() => onceVisible((now) => window.latencies.push(now - from)));
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["src"] });
"""
SLIDER = "[data-testid=stSlider]"
THUMB = f"{SLIDER} div:has(> div > input[type=range])"
SLIDE_STEPS = 30  # pointer events of one drag of the slider, half a second


@dataclass
class Measured:
    """Latencies (ms) of one way, and for each drag how many images a second it showed."""

    latencies: list[float] = field(default_factory=list)
    images_per_second: list[float] = field(default_factory=list)

    def percentile(self, percent: int) -> float:
        """The `percent`-th percentile of the latencies, rounded to 0.1 ms."""
        return round(statistics.quantiles(self.latencies, n=100, method="inclusive")[percent - 1], 1)


async def pointer(
    session: CDPSession, kind: str, x: float, y: float, *, pressed: bool = False, button: str = "left"
) -> None:
    """One real mouse event, through the browser's own input handling."""
    await session.send(
        "Input.dispatchMouseEvent",
        {
            "type": kind,
            "x": x,
            "y": y,
            "button": button if pressed or kind != "mouseMoved" else "none",
            "buttons": BUTTONS[button] * pressed,
            "clickCount": int(kind != "mouseMoved"),
        },
    )


async def drag_along(session: CDPSession, path: Iterator[tuple[float, float]], *, button: str = "left") -> None:
    """Moves the pressed pointer along a path at `RATE`, by the clock: a slow page gets no slower input."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    sent = []
    for number, (x, y) in enumerate(path):
        await asyncio.sleep(begun + number / RATE - loop.time())
        sent.append(asyncio.create_task(pointer(session, "mouseMoved", x, y, pressed=True, button=button)))
    await asyncio.gather(*sent)


def curve(center: tuple[float, float], size: tuple[float, float], seconds: float) -> Iterator[tuple[float, float]]:
    """A smooth, ever-changing path around a centre, within 0.3 of the width and height."""
    for number in range(round(seconds * RATE)):
        angle = 2 * math.pi * number / RATE
        yield (
            center[0] + 0.3 * size[0] * math.sin(0.31 * angle),
            center[1] + 0.3 * size[1] * math.sin(0.47 * angle),
        )


async def drag_probe(page: Page, session: CDPSession, seconds: float) -> tuple[list[float], float]:
    """Drags the probe over the map; the latencies (ms), and images (or moves) a second."""
    await page.locator("[data-ready=true]").wait_for(timeout=120_000)
    box = await page.locator(".map").bounding_box()
    assert box is not None
    size = (box["width"], box["height"])
    center = (box["x"] + size[0] / 2, box["y"] + size[1] / 2)
    await pointer(session, "mouseMoved", *center)
    for kind in (
        "mousePressed",
        "mouseReleased",
        "mousePressed",
    ):  # a click brings the probe there, a press holds it
        await pointer(session, kind, *center, pressed=kind == "mousePressed")
    await drag_along(session, curve(center, size, WARM_UP))
    await page.evaluate("window.latencies.length = 0")
    await drag_along(session, curve(center, size, seconds))
    latencies: list[float] = await page.evaluate("window.latencies")
    await pointer(session, "mouseReleased", *center)
    return latencies, len(latencies) / seconds


async def show_layers(page: Page) -> None:
    """Switches contours and the lattice on, and waits until every image of it is there."""
    await page.locator("[data-ready=true]").wait_for(timeout=120_000)
    await page.wait_for_load_state("networkidle")
    for name in ("Contours", "Images"):
        await page.get_by_role("button", name=name, exact=True).click()
    await page.locator(".backdrop[data-missing='0']").wait_for(timeout=120_000)


async def drag_slider(page: Page, session: CDPSession, releases: int) -> tuple[list[float], float]:
    """Drags Streamlit's slider; the latencies (ms) of its releases, and images a second while it moved."""
    await page.locator("[data-testid=stImage] img").wait_for(timeout=120_000)
    track = await page.locator(SLIDER).bounding_box()
    assert track is not None
    for number in range(releases + 1):
        box = await page.locator(THUMB).bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        target = track["x"] + track["width"] * (0.2 + 0.6 * ((0.37 * number) % 1))
        await pointer(session, "mouseMoved", x, y)
        await pointer(session, "mousePressed", x, y, pressed=True)
        await drag_along(session, ((x + (target - x) * step / SLIDE_STEPS, y) for step in range(1, SLIDE_STEPS + 1)))
        await pointer(session, "mouseReleased", target, y)
        await page.wait_for_function(f"window.latencies.length > {number}", timeout=30_000)
    latencies: list[float] = await page.evaluate("window.latencies")
    shown: int = await page.evaluate("window.shownWhileDragging")
    seconds = (releases + 1) * SLIDE_STEPS / RATE
    return latencies[1:], shown / seconds  # the first release warms the server


async def measure_way(browser: Browser, url: str, way: str, seconds: float, releases: int, into: Measured) -> None:
    """One visit of one way in a fresh context."""
    context = await browser.new_context(viewport={"width": 1400, "height": 900})
    try:
        page = await context.new_page()
        await page.add_init_script(ONCE_VISIBLE)
        await page.add_init_script(f"window.decodes = {json.dumps(way != 'map')};")
        await page.add_init_script(RECORD_STREAMLIT if way == "streamlit" else RECORD_EXPLORER)
        session = await context.new_cdp_session(page)
        await page.goto(f"{url}/?way={'component' if way == 'layers' else way}")
        if way == "streamlit":
            latencies, rate = await drag_slider(page, session, releases)
        else:
            if way == "layers":
                await show_layers(page)
            latencies, rate = await drag_probe(page, session, seconds)
        into.latencies += latencies
        into.images_per_second.append(rate)
    finally:
        await context.close()


async def measure(url: str, rounds: int, seconds: float, releases: int) -> dict[str, float]:
    """All four ways in turn, `rounds` times; figures over all rounds together."""
    ways = {way: Measured() for way in ("map", "component", "layers", "streamlit")}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        for number in range(rounds):
            for way, measured in ways.items():
                await measure_way(browser, url, way, seconds, releases, measured)
            medians = ", ".join(f"{way} {ways[way].percentile(50):.1f} ms" for way in ways)
            print(f"round {number + 1}: {medians}", file=sys.stderr)
        await browser.close()
    map_only, component, layers, streamlit = ways.values()
    return {
        "map_only_p50_ms": map_only.percentile(50),
        "map_only_p95_ms": map_only.percentile(95),
        "component_p50_ms": component.percentile(50),
        "component_p95_ms": component.percentile(95),
        "component_images_per_second": round(statistics.median(component.images_per_second), 1),
        "component_with_layers_p50_ms": layers.percentile(50),
        "component_with_layers_images_per_second": round(statistics.median(layers.images_per_second), 1),
        "map_only_frames_per_second": round(statistics.median(map_only.images_per_second), 1),
        "streamlit_p50_ms": streamlit.percentile(50),
        "streamlit_p95_ms": streamlit.percentile(95),
        "streamlit_images_per_second": round(statistics.median(streamlit.images_per_second), 1),
        "component_to_map_ratio": round(component.percentile(50) / map_only.percentile(50), 3),
        "streamlit_to_component_ratio": round(streamlit.percentile(50) / component.percentile(50), 2),
    }


def main() -> None:
    """Measures and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description="From a moving pointer to the painted image, four ways.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of all four ways (default: 3)")
    parser.add_argument("--seconds", type=float, default=6.0, help="seconds of each drag (default: 6)")
    parser.add_argument("--releases", type=int, default=8, help="slider releases a round (default: 8)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(f"Mapping {POINTS:,} points of {MODEL} ...", file=sys.stderr)
        points = checkpoint_with_large_map(MODEL, POINTS, Path(folder) / MODEL)
        with running_server(APP, environment={"LATENT_EXPLORER_CHECKPOINTS": folder, **AS_IT_COMES}) as server:
            figures = asyncio.run(measure(server.url, arguments.rounds, arguments.seconds, arguments.releases))
    print(json.dumps({"model": MODEL, "points": points, "rounds": arguments.rounds, **figures}))


if __name__ == "__main__":
    main()
