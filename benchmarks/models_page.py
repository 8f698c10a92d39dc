"""How long the Models page of a hundred checkpoints takes, against an empty page: `python -m benchmarks.models_page`.

Both servers are warm and the two are visited in turn. A visit is timed inside the page from the browser's request
until what was asked for has been painted; an answer from a click on another page of cards to the frame that shows its
first card. A run of the page's script is timed in Streamlit's own test runner, against one of the empty page.

    script_ms, empty_script_ms   median run of the script, nothing in the folder having changed
    first_script_ms              the first run of a process, which looks into every checkpoint
    visit_ms, empty_visit_ms     median until the first card, and until the one line of the empty page
    answer_ms                    median from a click to the frame that shows the other cards
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser
from streamlit.testing.v1 import AppTest

from benchmarks.paint_timing import ONCE_VISIBLE
from benchmarks.start import EMPTY_APP, WATCH_EMPTY, visit
from harness.chromium import launched_chromium
from harness.server import ROOT, running_server
from vae_core.checkpoint.layout import checkpoints_root
from vae_core.collection.changes import describe

MODELS = 100
COPIED = "digits-2d"
WATCH_MODELS = """
const watch = new MutationObserver(() => {
  if (!document.querySelector(".model-card")) return;
  watch.disconnect();
  onceVisible((now) => { window.painted = now; });
});
watch.observe(document, { childList: true, subtree: true });
"""
# From the click on a number below the cards to the frame in which another card is the first.
CLICK_AND_WAIT = """
(button) => new Promise((resolve) => {
  const first = () => document.querySelector(".model-card h3")?.textContent;
  const before = first();
  const began = performance.now();
  const watch = new MutationObserver(() => {
    if (first() === before) return;
    watch.disconnect();
    onceVisible((now) => resolve(now - began));
  });
  watch.observe(document.body, { childList: true, subtree: true, characterData: true });
  button.click();
})
"""


def fill(root: Path, count: int) -> None:
    """So many copies of a small shipped model, each with a title of its own."""
    for number in range(count):
        folder = root / f"model-{number:03}"
        shutil.copytree(checkpoints_root() / COPIED, folder, ignore=shutil.ignore_patterns("training"))
        describe(folder, title=f"Model {number}", notes="One of many")


def script_times(rounds: int) -> dict[str, float]:
    """Milliseconds of runs of both scripts, in turn, in one process."""
    models, empty = (AppTest.from_file(str(path), default_timeout=60) for path in (ROOT / "ui" / "main.py", EMPTY_APP))
    empty.run()
    models.run()
    models.switch_page("../pages/models.py")
    first = _timed(models)
    pairs = [(_timed(models), _timed(empty)) for _ in range(rounds)]
    ours, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
    return {
        "first_script_ms": round(first, 1),
        "script_ms": round(ours, 1),
        "empty_script_ms": round(theirs, 1),
        "script_ratio": round(ours / theirs, 2),
    }


def _timed(app: AppTest) -> float:
    began = time.perf_counter()
    app.run()
    if app.exception:
        raise RuntimeError(str(app.exception[0].value))
    return (time.perf_counter() - began) * 1000


def answers(browser: Browser, url: str, rounds: int) -> list[float]:
    """Milliseconds of clicks to and fro between the first two pages of cards."""
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    page.add_init_script(ONCE_VISIBLE)
    page.goto(f"{url}/models")
    page.locator(".model-card").first.wait_for(timeout=120_000)
    times = []
    for number in range(rounds):
        button = page.get_by_role("button", name=str(2 - number % 2)).last.element_handle()
        times.append(float(page.evaluate(CLICK_AND_WAIT, button)))
    page.context.close()
    return times


def measure(root: Path, rounds: int) -> dict[str, float]:
    """Everything, on the models in `root`."""
    figures = script_times(rounds)
    environment = {"LATENT_EXPLORER_CHECKPOINTS": str(root)}
    ours: list[float] = []
    empty: list[float] = []
    with (
        running_server(environment=environment) as server,
        running_server(EMPTY_APP) as rival,
        launched_chromium() as browser,
    ):
        visits = [(f"{server.url}/models", WATCH_MODELS, ours), (rival.url, WATCH_EMPTY, empty)]
        for url, watch, _ in visits:
            visit(browser, url, watch)  # warms the server
        for number in range(rounds):
            for url, watch, times in visits if number % 2 else reversed(visits):
                times.append(visit(browser, url, watch))
            print(f"round {number + 1}: models {ours[-1]:.0f} ms, empty {empty[-1]:.0f} ms", file=sys.stderr)
        answered = answers(browser, server.url, rounds)
    visit_ms, empty_ms = statistics.median(ours), statistics.median(empty)
    return figures | {
        "visit_ms": round(visit_ms, 1),
        "empty_visit_ms": round(empty_ms, 1),
        "visit_ratio": round(visit_ms / empty_ms, 2),
        "answer_ms": round(statistics.median(answered), 1),
        "slowest_answer_ms": round(max(answered), 1),
    }


def main() -> None:
    """Measures and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description="The Models page of many checkpoints against an empty page.")
    parser.add_argument("--models", type=int, default=MODELS, help=f"checkpoints (default: {MODELS})")
    parser.add_argument("--rounds", type=int, default=11, help="runs, visits and clicks of each (default: 11)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "checkpoints"
        fill(root, arguments.models)
        os.environ["LATENT_EXPLORER_CHECKPOINTS"] = str(root)
        figures = measure(root, arguments.rounds)
    print(json.dumps({"models": arguments.models, "rounds": arguments.rounds, **figures}))


if __name__ == "__main__":
    main()
