"""The Train page while a run is at work: everything that it shows moves by itself, without a new page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from harness.server import running_server
from tests.browser.train_visit import LIMIT, open_train_page
from tests.run_folders import training
from vae_core.config import ModelConfig
from vae_core.runs import control
from vae_core.runs.run import Run

MODEL = ModelConfig(network="mlp", latent_dim=2, hidden_layers=1, hidden_units=64, image_size=8, variance=0.05)
EPOCH = re.compile(r"at epoch ([\d,]+)")


@pytest.fixture
def page(chromium: Browser, root: Path) -> Iterator[Page]:
    with running_server(environment={"LATENT_EXPLORER_CHECKPOINTS": str(root)}) as server:
        opened = chromium.new_context(viewport={"width": 1400, "height": 1100}).new_page()
        open_train_page(opened, server.url)
        opened.get_by_text("No run yet").wait_for(timeout=LIMIT)
        yield opened
        opened.context.close()


def drawn_epoch(page: Page) -> int:
    """The newest epoch of the curves."""
    label = page.get_by_role("img", name="ELBO, nats an image").get_attribute("aria-label", timeout=LIMIT)
    found = EPOCH.search(label or "")
    assert found, label
    return int(found[1].replace(",", ""))


def until_it_moves(page: Page) -> None:
    """Waits for curves, map and pictures that are newer than those on the page."""
    before = drawn_epoch(page)
    picture = page.get_by_alt_text("Eight images, their reconstructions").get_attribute("src")
    page.wait_for_function(
        """([before, picture]) => {
          const roots = [...document.querySelectorAll("*")].map((node) => node.shadowRoot);
          const root = roots.find((one) => one?.querySelector(".charts"));
          const epoch = root?.querySelector("[aria-label^=ELBO]")?.ariaLabel.match(/at epoch ([\\d,]+)/)?.[1];
          return Number(epoch?.replace(",", "")) > before && root.querySelector(".pictures img").src !== picture;
        }""",
        arg=[before, picture],
        timeout=LIMIT,
    )


def test_a_run_that_somebody_else_starts_is_watched_and_kept_without_a_new_page(page: Page) -> None:
    page.evaluate("window.here = true")
    run = control.ask("theirs", "quick look", MODEL, training(epochs=100_000, schedule="constant"))
    bar = page.get_by_role("progressbar", name="Training of theirs")
    bar.wait_for(timeout=LIMIT)
    until_it_moves(page)
    page.get_by_role("img", name="Map of 1000 images of 10 classes").wait_for(timeout=LIMIT)
    page.get_by_text("The latent space").wait_for()
    page.get_by_role("button", name="Stop and keep").click(timeout=LIMIT)
    page.get_by_role("link", name="Open in Explore").wait_for(timeout=LIMIT)
    assert Run.read(run.folder).status.state == "finished"
    page.get_by_text("kept after").first.wait_for(timeout=LIMIT)  # the run's own words may still stand there too
    bar.wait_for(state="detached", timeout=LIMIT)
    assert page.evaluate("window.here") is True, "the page was loaded anew"


def test_a_collapse_is_said_while_the_run_goes_on(page: Page) -> None:
    run = control.ask("silent", "quick look", MODEL, training(epochs=1500, beta=1000.0, schedule="constant"))
    page.get_by_text("The posterior has collapsed in all 2 latent dimensions").wait_for(timeout=LIMIT)
    assert Run.read(run.folder).status.state == "training"
