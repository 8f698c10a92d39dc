"""The explorer with 1,797, 70,000 and 500,000 points on its map: `python -m benchmarks.scale`.

Real pointer input at 60 Hz in headless Chromium, on the standalone page, on the decoder of `fashion-16d` and a
made-up map (see `benchmarks.synthetic_map`) with thumbnails of 8 pixels a side. For each number of points:

    first_paint_ms          median from the page's request to map and first image on the screen, every cache empty
    pan_frames_per_second   frames while the middle button carries the map about
    zoom_frames_per_second  frames while the wheel turns to and fro
    drag_p50_ms, drag_p95_ms, drag_images_per_second   the probe, from a pointer event to the image it leads to
    *_longest_frame_ms      the longest time between two frames of a gesture
    heap_mb                 JavaScript objects after a collection; no arrays, no WebAssembly
    process_mb              resident memory of the page's process, which holds those too (null off Linux)

and over them first_paint_growth (500,000 over 70,000 points, in times the number of points) and drag_growth (the
drag's p50 at 500,000 over that at 70,000).
"""

import argparse
import asyncio
import json
import math
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from benchmarks.drag import RATE, RECORD_EXPLORER, Measured, curve, drag_along, drag_probe, pointer
from benchmarks.paint_timing import ONCE_VISIBLE
from benchmarks.synthetic_map import write_synthetic_map
from harness.chromium import FLAGS, find_chromium
from harness.standalone import EXPLORER, PAGE, serving
from vae_core import load_checkpoint
from vae_core.checkpoint.layout import checkpoints_root

MODEL = "fashion-16d"
SIZES = (1_797, 70_000, 500_000)
MEGABYTE = 1 << 20
WHEEL = 60  # pixels that one turn of the wheel asks for
WHEEL_PERIOD = 2.0  # seconds of zooming in and out again

WATCH = """
addEventListener("explorer:decoded", () => onceVisible((now) => { window.painted ??= now; }), { once: true });
window.frames = [];
const count = () => onceVisible((now) => {
  frames.push(now);
  count();
});
count();
"""


async def frames_during(page: Page, gesture: Awaitable[None]) -> tuple[float, float]:
    """Frames a second while a gesture lasts, and the longest time (ms) between two of them."""
    await page.evaluate("window.frames.length = 0")
    await gesture
    times: list[float] = await page.evaluate("window.frames")
    gaps = [after - before for before, after in pairwise(times)]
    return 1000 * len(gaps) / (times[-1] - times[0]), max(gaps)


async def pan(page: Page, session: CDPSession, seconds: float) -> None:
    """Carries the map about with the middle button; raises RuntimeError if it stays where it is."""
    center, size = await map_box(page)
    before = await page.locator(".probe").bounding_box()
    path = list(curve(center, size, seconds))
    await pointer(session, "mousePressed", *path[0], pressed=True, button="middle")
    await drag_along(session, iter(path), button="middle")
    if await page.locator(".probe").bounding_box() == before:
        raise RuntimeError("The map did not follow the pointer.")
    await pointer(session, "mouseReleased", *path[-1], button="middle")


async def zoom(page: Page, session: CDPSession, seconds: float) -> None:
    """Turns the wheel over the middle of the map, in and out again, by the clock."""
    (x, y), _ = await map_box(page)
    loop = asyncio.get_running_loop()
    begun, sent = loop.time(), []
    for number in range(round(seconds * RATE)):
        await asyncio.sleep(begun + number / RATE - loop.time())
        delta = WHEEL * math.copysign(1, -math.sin(2 * math.pi * number / RATE / WHEEL_PERIOD))
        turn = {"type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": delta}
        sent.append(asyncio.ensure_future(session.send("Input.dispatchMouseEvent", turn)))
    await asyncio.gather(*sent)


async def map_box(page: Page) -> tuple[tuple[float, float], tuple[float, float]]:
    """Centre and size of the map on the page."""
    box = await page.locator(".map").bounding_box()
    assert box is not None
    return (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), (box["width"], box["height"])


async def opened(browser: Browser, url: str) -> tuple[Page, CDPSession, float]:
    """A page in a fresh context once its first image is there, and how long (ms) that took."""
    context = await browser.new_context(viewport={"width": 1400, "height": 900})
    page = await context.new_page()
    await page.add_init_script(ONCE_VISIBLE)
    await page.add_init_script("window.decodes = true;" + RECORD_EXPLORER + WATCH)
    await page.goto(url + PAGE)
    painted = await page.wait_for_function("window.painted", timeout=300_000)
    await page.locator("[data-ready=true]").wait_for()
    return page, await context.new_cdp_session(page), float(await painted.json_value())


async def memory(browser: Browser, session: CDPSession) -> dict[str, float | None]:
    """What the page holds, in megabytes."""
    await session.send("Performance.enable")
    await session.send("HeapProfiler.collectGarbage")
    metrics = {entry["name"]: entry["value"] for entry in (await session.send("Performance.getMetrics"))["metrics"]}
    system = await browser.new_browser_cdp_session()
    processes = (await system.send("SystemInfo.getProcessInfo"))["processInfo"]
    await system.detach()
    resident = [resident_bytes(process["id"]) for process in processes if process["type"] == "renderer"]
    return {
        "heap_mb": round(metrics["JSHeapUsedSize"] / MEGABYTE, 1),
        "process_mb": round(max(resident) / MEGABYTE, 1) if any(resident) else None,  # others are spare
    }


def resident_bytes(process: int) -> int:
    """Resident memory of a process, 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS")), 0)


async def measure_size(url: str, visits: int, seconds: float) -> dict[str, float | None]:
    """All figures of one map, in a browser of its own."""
    gestures: dict[str, Callable[[Page, CDPSession, float], Awaitable[None]]] = {"pan": pan, "zoom": zoom}
    found: dict[str, float | None] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        waits = []
        for number in range(visits):
            page, session, wait = await opened(browser, url)
            waits.append(wait)
            if number < visits - 1:
                await page.context.close()
        await page.wait_for_load_state("networkidle")
        found["first_paint_ms"] = round(statistics.median(waits))
        drag = Measured(*await one_drag(page, session, seconds))
        found |= {f"drag_p{percent}_ms": drag.percentile(percent) for percent in (50, 95)}
        found["drag_images_per_second"] = round(drag.images_per_second[0], 1)
        for name, gesture in gestures.items():
            rate, longest = await frames_during(page, gesture(page, session, seconds))
            found[f"{name}_frames_per_second"] = round(rate, 1)
            found[f"{name}_longest_frame_ms"] = round(longest)
        found |= await memory(browser, session)
        await browser.close()
    return found


async def one_drag(page: Page, session: CDPSession, seconds: float) -> tuple[list[float], list[float]]:
    """Latencies (ms) of dragging the probe, and images a second."""
    latencies, rate = await drag_probe(page, session, seconds)
    return latencies, [rate]


def main() -> None:
    """Measures and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description="The explorer with up to half a million points.")
    parser.add_argument("--visits", type=int, default=3, help="visits for the first paint (default: 3)")
    parser.add_argument("--seconds", type=float, default=6.0, help="seconds of each gesture (default: 6)")
    parser.add_argument("--explorer", type=Path, default=EXPLORER, help="folder of the browser half (default: ours)")
    arguments = parser.parse_args()
    sizes: dict[str, dict[str, Any]] = {}
    checkpoint = load_checkpoint(checkpoints_root() / MODEL)
    for points in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            print(f"Making a map of {points:,} points ...", file=sys.stderr)
            model = write_synthetic_map(checkpoint, points, Path(folder) / "explorer")
            with serving(model, arguments.explorer) as url:
                sizes[str(points)] = asyncio.run(measure_size(url, arguments.visits, arguments.seconds))
        print(json.dumps(sizes[str(points)]), file=sys.stderr)
    middle, largest = (sizes[str(points)] for points in SIZES[1:])
    growth = largest["first_paint_ms"] / middle["first_paint_ms"] / (SIZES[2] / SIZES[1])
    figures = {
        "first_paint_growth": round(growth, 3),
        "drag_growth": round(largest["drag_p50_ms"] / middle["drag_p50_ms"], 3),
    }
    print(json.dumps({"model": MODEL, **figures, **sizes}))


if __name__ == "__main__":
    main()
