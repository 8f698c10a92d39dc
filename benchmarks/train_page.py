"""What an open Train page costs a run, and how the page answers meanwhile: `python -m benchmarks.train_page`.

The same run (sprites, a convolutional network) several times in turn, two ways:

    alone    no page is open
    watched  the same, with the Train page open in a real Chromium, its charts and pictures live

A run's time is that between its first and its last step, as its own status says it. While a watched run trains,
controls of the page are used, and each answer is timed inside the page from the click to the frame that shows it; the
rival is the same page with nothing training.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time

from playwright.sync_api import Page

from benchmarks.paint_timing import ONCE_VISIBLE
from harness.chromium import launched_chromium
from harness.server import Server, running_server
from vae_core.config import ModelConfig, TrainConfig
from vae_core.runs.launch import ask
from vae_core.runs.record import Run

MODEL = {"network": "conv", "latent_dim": 8, "image_size": 32, "channels": 1, "width": 8}
LIMIT = 600.0
VIEWPORT = (1400, 900)
CLICKS = 6

# From the click on a control to the frame that shows what it brought: the other kind of data.
CLICK_AND_WAIT = """
([button, shown]) => new Promise((resolve) => {
  const began = performance.now();
  const there = () => document.body.innerText.includes(shown);
  const watch = new MutationObserver(() => {
    if (!there()) return;
    watch.disconnect();
    onceVisible((now) => resolve(now - began));
  });
  watch.observe(document.body, { childList: true, subtree: true, characterData: true });
  [...document.querySelectorAll("button")].find((other) => other.innerText.trim() === button).click();
})
"""
CHOICES = (("Your own", "Drop your files here"), ("Catalogue", "Data set"))


def start(epochs: int) -> Run:
    """Asks for the run that is measured."""
    training = TrainConfig.parse({"data": "sprites", "epochs": epochs, "batch_size": 100, "learning_rate": 2e-3})
    return ask("measured", "quick look", ModelConfig.parse(MODEL), training)


def wait_until(run: Run, *stages: str) -> Run:
    """The run as it is once it has come to one of the stages; raises RuntimeError if it failed or took too long."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        run = Run.read(run.folder)
        if run.status.stage in stages:
            return run
        if run.status.stage == "failed" or run.interrupted:
            raise RuntimeError(f"the run did not get through: {run.status}")
        time.sleep(0.05)
    raise RuntimeError(f"the run took more than {LIMIT:.0f} s")


def train_once(epochs: int, page: Page | None, answers: list[float]) -> float:
    """Seconds that one run trains; with a page, clicks on it in the middle of the run."""
    run = wait_until(start(epochs), "training")
    began = time.monotonic()
    if page is not None:
        page.get_by_role("progressbar").first.wait_for()
        use(page, answers)
    run = wait_until(run, "finishing", "finished")
    seconds = time.monotonic() - began
    wait_until(run, "finished")
    return seconds


def use(page: Page, answers: list[float]) -> None:
    """Switches between the kinds of data; the times (ms) until each is shown."""
    page.get_by_role("radio", name="Your own").wait_for()
    for number in range(CLICKS):
        answers.append(float(page.evaluate(CLICK_AND_WAIT, CHOICES[number % 2])))


def measure(server: Server, rounds: int, epochs: int) -> dict[str, float]:
    """Both ways in turn."""
    alone: list[float] = []
    watched: list[float] = []
    quiet: list[float] = []
    busy: list[float] = []
    with launched_chromium() as browser:
        width, height = VIEWPORT
        context = browser.new_context(viewport={"width": width, "height": height})
        context.add_init_script(ONCE_VISIBLE)
        for number in range(rounds):
            alone.append(train_once(epochs, None, []))
            page = context.new_page()
            page.goto(f"{server.url}/train")
            use(page, quiet)
            watched.append(train_once(epochs, page, busy))
            page.close()
            print(f"round {number + 1}: alone {alone[-1]:.1f} s, watched {watched[-1]:.1f} s", file=sys.stderr)
    return {
        "alone_seconds": round(statistics.median(alone), 2),
        "watched_seconds": round(statistics.median(watched), 2),
        "slowdown": round(statistics.median(watched) / statistics.median(alone), 3),
        "answer_ms_while_training": round(statistics.median(busy), 1),
        "slowest_answer_ms_while_training": round(max(busy), 1),
        "answer_ms_with_nothing_training": round(statistics.median(quiet), 1),
        "answer_ratio": round(statistics.median(busy) / statistics.median(quiet), 2),
    }


def main() -> None:
    """Measures and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description="What an open Train page costs a run, and how it answers meanwhile.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of both ways (default: 3)")
    parser.add_argument("--epochs", type=int, default=4, help="epochs of each run (default: 4)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LATENT_EXPLORER_CHECKPOINTS"] = folder
        with running_server(environment={"LATENT_EXPLORER_CHECKPOINTS": folder}) as server:
            figures = measure(server, arguments.rounds, arguments.epochs)
    print(json.dumps({"rounds": arguments.rounds, "epochs": arguments.epochs, **figures}))


if __name__ == "__main__":
    main()
