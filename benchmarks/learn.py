"""The Learn page: how it follows a hand, and how soon what trains answers: `python -m benchmarks.learn`.

lesson_N_frames_per_second  frames that show something new while a pointer drags at 59.5 events a second, in a real
                            Chromium on the page as the app serves it; the median of the rounds
lesson_N_seconds            from the start of the lesson's process to the first part of its answer, by its own clock
heavy_imports               of a fresh server that has opened the page
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

from playwright.async_api import Browser, CDPSession, Page, async_playwright
from playwright.sync_api import Browser as SyncBrowser

from benchmarks.drag import WARM_UP, curve, drag_along, pointer
from benchmarks.paint_timing import ONCE_VISIBLE
from harness.chromium import FLAGS, find_chromium, launched_chromium
from harness.imports import HEAVY, imported_by
from harness.server import ROOT, running_server

READY = "[data-ready]"
READY_LIMIT = 120_000  # milliseconds
ANSWER_LIMIT = 300.0  # seconds
VIEWPORT = (1400, 900)

# By lesson, what is dragged about: the first of its kind.
DRAGGED = {1: "[aria-label='Mean of q']", 2: ".surface.drawn", 6: ".handle"}

# Frames in which something of the picture has been drawn anew, once each is on the screen.
COUNT_FRAMES = """
window.frames_shown = 0;
let counted = false;
new MutationObserver((changes) => {
  if (counted || !changes.some(({ target }) => target.closest?.("svg.plot, canvas"))) return;
  counted = true;
  onceVisible(() => {
    counted = false;
    window.frames_shown += 1;
  });
}).observe(ROOT, { subtree: true, attributes: true });
"""
# The page is in a shadow root, which no selector reaches from outside.
BEGIN = f"""(play) => {{ const ROOT = play; {COUNT_FRAMES} }}"""


@dataclass(frozen=True)
class Trains:
    """What a lesson's process is asked for, and which part of its answer is an answer rather than a step."""

    order: dict[str, object]
    part: str


TRAINED = {
    4: Trains({"lesson": "noise"}, "stage"),
    5: Trains({"lesson": "variance"}, "trained"),
    7: Trains({"lesson": "flow"}, "flow"),
}


async def drag_lesson(page: Page, session: CDPSession, grip: str, seconds: float) -> float:
    """Drags what is there along a curve; frames a second."""
    play = page.locator(".play")
    await play.locator(".plot").first.wait_for(timeout=READY_LIMIT)
    target = play.locator(grip).first
    box, around = await target.bounding_box(), await play.locator(".plot").first.bounding_box()
    assert box is not None
    assert around is not None
    start = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    center = (around["x"] + around["width"] / 2, around["y"] + around["height"] / 2)
    size = (around["width"], around["height"])
    await pointer(session, "mouseMoved", *start)
    await pointer(session, "mousePressed", *start, pressed=True)
    await drag_along(session, curve(center, size, WARM_UP))
    await play.evaluate(BEGIN)
    await drag_along(session, curve(center, size, seconds))
    shown: int = await page.evaluate("window.frames_shown")
    await pointer(session, "mouseReleased", *center)
    return shown / seconds


async def visit_lesson(browser: Browser, url: str, lesson: int, seconds: float) -> float:
    """One drag of a lesson in a fresh context; frames a second."""
    width, height = VIEWPORT
    context = await browser.new_context(viewport={"width": width, "height": height})
    try:
        page = await context.new_page()
        await page.add_init_script(ONCE_VISIBLE)
        session = await context.new_cdp_session(page)
        await page.goto(f"{url}/learn?lesson={lesson}")
        await page.locator(READY).wait_for(timeout=READY_LIMIT)
        await page.wait_for_load_state("networkidle")
        return await drag_lesson(page, session, DRAGGED[lesson], seconds)
    finally:
        await context.close()


async def frames_per_second(lessons: list[int], rounds: int, seconds: float) -> dict[str, float]:
    """The lessons in turn, `rounds` times."""
    rates: dict[int, list[float]] = {lesson: [] for lesson in lessons}
    with running_server() as server:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
            for number in range(rounds):
                for lesson, measured in rates.items():
                    measured.append(await visit_lesson(browser, server.url, lesson, seconds))
                print(f"round {number + 1}: { ({n: round(r[-1], 1) for n, r in rates.items()}) }", file=sys.stderr)
            await browser.close()
    return {f"lesson_{lesson}_frames_per_second": round(statistics.median(rates[lesson]), 1) for lesson in lessons}


def seconds_to_answer(trains: Trains) -> float:
    """From the start of a process, with all that it imports, to the first part of its answer."""
    began = time.monotonic()
    command = [sys.executable, "-m", "vae_core.lessons"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(trains.order) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            told = json.loads(line)
            if told.get("part") == trains.part:
                seconds = time.monotonic() - began
                process.kill()
                return seconds
            if "problem" in told or time.monotonic() - began > ANSWER_LIMIT:
                process.kill()
                break
    raise RuntimeError(f"The lesson {trains.order} did not answer.")


def open_page(browser: SyncBrowser, url: str) -> None:
    """Opens the page and waits for its first lesson."""
    page = browser.new_page()
    page.goto(f"{url}/learn")
    page.locator(READY).wait_for(timeout=READY_LIMIT)
    page.close()


def heavy_imports() -> list[str]:
    """What a fresh server has imported of the heavy packages once the page is open."""
    with launched_chromium() as browser:
        return sorted(imported_by(lambda url: open_page(browser, url)) & HEAVY)


def main() -> None:
    """Measures and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description="Frames a second of dragged lessons, seconds of trained ones.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of all lessons (default: 3)")
    parser.add_argument("--seconds", type=float, default=4.0, help="seconds of each drag (default: 4)")
    lessons = sorted({*DRAGGED, *TRAINED})
    parser.add_argument("--lessons", type=int, nargs="+", default=lessons, choices=lessons, help="default: all")
    chosen = parser.parse_args()
    dragged = [lesson for lesson in DRAGGED if lesson in chosen.lessons]
    figures: dict[str, object] = dict(asyncio.run(frames_per_second(dragged, chosen.rounds, chosen.seconds)))
    for lesson, trains in TRAINED.items():
        if lesson in chosen.lessons:
            figures[f"lesson_{lesson}_seconds"] = round(seconds_to_answer(trains), 1)
    print(json.dumps({**figures, "heavy_imports": heavy_imports(), "rounds": chosen.rounds}))


if __name__ == "__main__":
    main()
