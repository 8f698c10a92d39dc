"""What an open Train page costs a run, and how the page answers meanwhile: `python -m benchmarks.train_page`.

One run (sprites, a convolutional network), whose epochs are timed in turn, two ways:

    alone    no page is open
    watched  the Train page is open in a real Chromium, its progress, charts and pictures live

An epoch's time is that between the ends of it and the one before, evaluation and previews included. After the watched
epochs of each round, controls of the page are used, and each answer is timed inside the page from the click to the
frame that shows it; the rival is the same page with nothing training.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from itertools import pairwise

from playwright.sync_api import BrowserContext, Page

from benchmarks.paint_timing import ONCE_VISIBLE
from harness.chromium import launched_chromium
from harness.server import Server, running_server
from vae_core.checkpoint.layout import METRICS_LINES
from vae_core.config import ModelConfig, TrainConfig
from vae_core.runs.control import ask, discard
from vae_core.runs.run import Run
from vae_core.speed import keep_speed, typical_speed

MODEL = {"network": "conv", "latent_dim": 8, "image_size": 32, "channels": 1, "width": 8}
LIMIT = 600.0
CHART = "ELBO, nats an image"
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
  button.click();
})
"""
CHOICES = (("Your own", "Drop your files here"), ("Catalogue", "Data set"))


def start() -> Run:
    """Asks for the run that is measured; it trains until it is discarded."""
    training = TrainConfig.parse({"data": "sprites", "epochs": 10_000, "batch_size": 100, "learning_rate": 2e-3})
    return ask("measured", "quick look", ModelConfig.parse(MODEL), training)


def next_epoch(run: Run) -> float:
    """Waits for the end of the epoch under way; when that was, in seconds since 1970.

    Raises RuntimeError if the run fails or takes too long.
    """
    before, deadline = epoch_end(run), time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if (now := epoch_end(run)) != before:
            return now
        run = Run.read(run.folder)
        if not run.alive:
            raise RuntimeError(f"the run did not get through: {run.status}")
        time.sleep(0.05)
    raise RuntimeError(f"an epoch took more than {LIMIT:.0f} s")


def epoch_end(run: Run) -> float:
    """When a run's last whole epoch ended, in seconds since 1970; 0 where none has."""
    path = run.folder / METRICS_LINES
    return path.stat().st_mtime if path.exists() else 0.0


def epoch_seconds(run: Run, epochs: int) -> list[float]:
    """Seconds of each of the next whole epochs."""
    ends = [next_epoch(run) for _ in range(epochs + 1)]
    return [end - begin for begin, end in pairwise(ends)]


def use(page: Page, answers: list[float]) -> None:
    """Switches between the kinds of data; the times (ms) until each is shown."""
    page.get_by_role("radio", name="Your own").wait_for()
    for number in range(CLICKS):
        name, shown = CHOICES[number % 2]
        button = page.get_by_role("radio", name=name).element_handle()
        answers.append(float(page.evaluate(CLICK_AND_WAIT, [button, shown])))


def open_page(context: BrowserContext, server: Server) -> Page:
    """The Train page, loaded."""
    page = context.new_page()
    page.goto(f"{server.url}/train")
    page.get_by_role("radio", name="Your own").wait_for()
    return page


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
        page = open_page(context, server)
        for _ in range(rounds):
            use(page, quiet)
        page.close()
        run = start()
        next_epoch(run)
        for number in range(rounds):
            alone += epoch_seconds(run, epochs)
            page = open_page(context, server)
            page.get_by_text(CHART).first.wait_for()
            watched += epoch_seconds(run, epochs)
            use(page, busy)
            page.close()
            print(f"round {number + 1}: alone {alone[-epochs:]}, watched {watched[-epochs:]}", file=sys.stderr)
        discard(Run.read(run.folder))
    return {
        "alone_seconds_an_epoch": round(statistics.median(alone), 2),
        "watched_seconds_an_epoch": round(statistics.median(watched), 2),
        "slowdown": round(statistics.median(watched) / statistics.median(alone), 3),
        "answer_ms_while_training": round(statistics.median(busy), 1),
        "slowest_answer_ms_while_training": round(max(busy), 1),
        "answer_ms_with_nothing_training": round(statistics.median(quiet), 1),
        "answer_ratio": round(statistics.median(busy) / statistics.median(quiet), 2),
    }


def main() -> None:
    """Measures and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description="What an open Train page costs a run, and how it answers meanwhile.")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of both ways (default: 5)")
    parser.add_argument("--epochs", type=int, default=3, help="whole epochs timed each way (default: 3)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LATENT_EXPLORER_CHECKPOINTS"] = folder
        keep_speed(typical_speed())  # else the first page measures the machine while its answers are timed
        with running_server(environment={"LATENT_EXPLORER_CHECKPOINTS": folder}) as server:
            figures = measure(server, arguments.rounds, arguments.epochs)
    print(json.dumps({"rounds": arguments.rounds, "epochs": arguments.epochs, **figures}))


if __name__ == "__main__":
    main()
