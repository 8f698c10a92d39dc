"""What an hour of drags leaves in memory: `python -m benchmarks.endurance`.

Headless Chromium without a limit of frames, on `fashion-16d` as it is shipped: one drag of 300 moves after another,
each move as soon as the one before has its image, until as many images have been shown as an hour at 60 Hz has frames.
A drag is taken up and let go by real pointer input; its moves are events that the page makes itself, which is quicker.
What is weighed is what is left once the page's garbage is collected:

    images           that the page has shown
    heap_mb_before   JavaScript's memory after the first drag, that of its buffers included
    heap_mb_after    the same at the end
    nodes_before, nodes_after, listeners_before, listeners_after   of the document
"""

import argparse
import asyncio
import json
import sys
import time
from typing import Any

from playwright.async_api import CDPSession, Page, async_playwright

from benchmarks.drag import MODEL, curve, pointer
from harness.chromium import FLAGS, find_chromium
from harness.server import ROOT
from harness.standalone import PAGE, serving

HOUR = 3600 * 60  # images
DRAG = 5.0  # seconds of a hand that moves at `benchmarks.drag`'s rate
UNLIMITED = ("--disable-frame-rate-limit", "--disable-gpu-vsync")
COUNT = """
window.shown = 0;
addEventListener("explorer:decoded", ({ detail }) => void (window.shown += detail.pointerTime !== null));
"""
MOVE = """async (path) => {
  const frame = () => new Promise(requestAnimationFrame);
  for (const [clientX, clientY] of path) {
    const before = shown;
    const held = { bubbles: true, composed: true, pointerId: 1, pointerType: "mouse", isPrimary: true, buttons: 1 };
    document.querySelector(".surface").dispatchEvent(new PointerEvent("pointermove", { ...held, clientX, clientY }));
    while (shown === before) await frame();
  }
}"""


async def weigh(session: CDPSession) -> dict[str, float]:
    """What the page holds once its garbage is collected."""
    await session.send("HeapProfiler.collectGarbage")
    usage = await session.send("Runtime.getHeapUsage")
    counts = await session.send("Memory.getDOMCounters")
    heap = usage["usedSize"] + usage["backingStorageSize"] + usage["embedderHeapUsedSize"]
    return {"heap_mb": round(heap / 2**20, 2), "nodes": counts["nodes"], "listeners": counts["jsEventListeners"]}


async def drag_once(page: Page, session: CDPSession, box: Any) -> None:
    """Takes the probe along a curve, each move sent when the one before it has been taken in, and lets go."""
    size = (box["width"], box["height"])
    center = (box["x"] + size[0] / 2, box["y"] + size[1] / 2)
    for kind in ("mousePressed", "mouseReleased", "mousePressed"):
        await pointer(session, kind, *center, pressed=kind == "mousePressed")
    path = list(curve(center, size, DRAG))
    await page.evaluate(MOVE, path)
    await pointer(session, "mouseReleased", *path[-1])


async def endure(url: str, images: int) -> dict[str, Any]:
    """Drags until so many images have been shown."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, *UNLIMITED])
        page = await browser.new_page(viewport={"width": 1400, "height": 900})
        await page.add_init_script(COUNT)
        await page.goto(url + PAGE)
        await page.locator("[data-ready=true]").wait_for()
        box = await page.locator(".map").bounding_box()
        session = await page.context.new_cdp_session(page)
        await session.send("HeapProfiler.enable")
        await drag_once(page, session, box)
        before, begun, told = await weigh(session), time.monotonic(), time.monotonic()
        while (shown := await page.evaluate("shown")) < images:
            await drag_once(page, session, box)
            if time.monotonic() - told > 60:
                told = time.monotonic()
                print(f"{shown:,} images after {told - begun:.0f} s: {await weigh(session)}", file=sys.stderr)
        after = await weigh(session)
        await browser.close()
    figures = {f"{name}_{when}": at[name] for name in before for when, at in (("before", before), ("after", after))}
    return {"images": shown, "seconds": round(time.monotonic() - begun), **figures}


def main() -> None:
    """Measures and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description="What an hour of drags leaves in memory.")
    parser.add_argument("--images", type=int, default=HOUR, help="to be shown (default: an hour's at 60 Hz)")
    with serving(ROOT / "checkpoints" / MODEL / "explorer") as url:
        print(json.dumps(asyncio.run(endure(url, parser.parse_args().images))))


if __name__ == "__main__":
    main()
