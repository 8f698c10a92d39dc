"""How long Explore takes to its first decoded image, against an empty app: `python -m benchmarks.start`.

Both servers are warm and every visit comes from a fresh browser context (nothing cached), the two in turn.
A visit is timed inside the page from the browser's request (`performance.timeOrigin`) until what was asked
for has been painted.

    explore_ms   median until Explore's first decoded image
    empty_ms     median until the one line of the empty app
    serving_ms   median from the server process's start to its first answer of 200 on the health check
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.paint_timing import ONCE_VISIBLE
from harness.chromium import launched_chromium
from harness.imports import HEAVY, imported_by
from harness.server import running_server

EMPTY_APP = Path(__file__).with_name("empty_app.py")
VIEWPORT = (1400, 900)

WATCH_EMPTY = """
const watch = new MutationObserver(() => {
  if (!document.body?.innerText.includes("Hello")) return;
  watch.disconnect();
  onceVisible((now) => { window.painted = now; });
});
watch.observe(document, { childList: true, subtree: true, characterData: true });
"""
WATCH_EXPLORE = """
addEventListener("explorer:decoded", () => onceVisible((now) => { window.painted ??= now; }), { once: true });
"""


def visit(browser: Browser, url: str, watch: str) -> float:
    """Milliseconds from the request of a page in a fresh context to `window.painted`, which `watch` sets."""
    width, height = VIEWPORT
    context = browser.new_context(viewport={"width": width, "height": height})
    try:
        page = context.new_page()
        page.add_init_script(ONCE_VISIBLE + watch)
        page.goto(url, wait_until="commit")
        painted = page.wait_for_function("window.painted", timeout=120_000).json_value()
        return float(painted)
    finally:
        context.close()


def measure(rounds: int, starts: int) -> dict[str, object]:
    """Medians over `rounds` pairs of visits and `starts` starts of the server."""
    serving = []
    for _ in range(starts):
        with running_server() as server:
            serving.append(server.seconds_to_serve * 1000)
    explore: list[float] = []
    empty: list[float] = []
    with running_server() as ours, running_server(EMPTY_APP) as rival, launched_chromium() as browser:
        visits = [(ours.url, WATCH_EXPLORE, explore), (rival.url, WATCH_EMPTY, empty)]
        for url, watch, _ in visits:
            visit(browser, url, watch)  # warms the server
        for number in range(rounds):
            for url, watch, times in visits if number % 2 else reversed(visits):
                times.append(visit(browser, url, watch))
            print(f"round {number + 1}: explore {explore[-1]:.0f} ms, empty {empty[-1]:.0f} ms", file=sys.stderr)
        imported = imported_by(lambda url: visit(browser, url, WATCH_EXPLORE))
    explore_ms, empty_ms = statistics.median(explore), statistics.median(empty)
    return {
        "explore_ms": round(explore_ms, 1),
        "empty_ms": round(empty_ms, 1),
        "explore_ratio": round(explore_ms / empty_ms, 3),
        "serving_ms": round(statistics.median(serving), 1),
        "heavy_imports": sorted(imported & HEAVY),
        "rounds": rounds,
    }


def main() -> None:
    """Measures and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description="Time to the first decoded image against an empty Streamlit app.")
    parser.add_argument("--rounds", type=int, default=11, help="pairs of visits (default: 11)")
    parser.add_argument("--starts", type=int, default=5, help="server starts (default: 5)")
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.rounds, arguments.starts)))


if __name__ == "__main__":
    main()
