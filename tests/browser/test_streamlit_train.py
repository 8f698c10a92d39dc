"""The whole way from somebody's own pictures to dragging through them, in a real browser."""

import os
import signal
from pathlib import Path

from playwright.sync_api import Browser, Page

from harness.server import running_server
from tests.browser.train_visit import LIMIT, digits_zip, open_and_drag, open_train_page
from vae_core.runs.run import Run, list_runs


def the_run(root: Path) -> Run:
    (run,) = list_runs(root)
    return run


def look_elsewhere_and_load_anew(page: Page) -> None:
    """What was handed in and chosen is there again after a look at another page, and after a new page."""
    page.reload()
    page.get_by_text("320 images, 32 of them for testing; 8 × 8 px, grey, 10 classes").wait_for(timeout=LIMIT)
    dimensions = page.get_by_label("Latent dimensions", exact=True)
    page.get_by_text("All settings").click()
    dimensions.fill("3")
    dimensions.press("Enter")
    page.wait_for_function("location.search.includes('latent_dim')", timeout=LIMIT)
    page.get_by_role("link", name="Explore", exact=True).click()
    page.get_by_text("No model to explore yet").wait_for(timeout=LIMIT)
    page.get_by_role("link", name="Train", exact=True).click()
    for _ in range(2):
        page.get_by_text("320 images, 32 of them for testing; 8 × 8 px, grey, 10 classes").wait_for(timeout=LIMIT)
        page.get_by_role("button", name="Remove").wait_for(timeout=LIMIT)
        page.get_by_text("All settings").click()
        assert dimensions.input_value() == "3"
        page.reload()
    page.get_by_role("button", name="Start training").wait_for(timeout=LIMIT)


def test_from_a_zip_of_pictures_to_a_drag_through_them(chromium: Browser, root: Path) -> None:
    """Reloaded in the middle, the server killed and started again in the middle; nothing is lost."""
    environment = {"LATENT_EXPLORER_CHECKPOINTS": str(root)}
    page = chromium.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    with running_server(environment=environment) as server:
        open_train_page(page, server.url)
        page.get_by_role("radio", name="Your own").click()
        page.locator("input[type=file]").set_input_files(
            {"name": "my digits.zip", "mimeType": "application/zip", "buffer": digits_zip()}
        )
        page.get_by_text("320 images, 32 of them for testing; 8 × 8 px, grey, 10 classes").wait_for(timeout=LIMIT)
        page.get_by_text("1 file left out").wait_for()
        look_elsewhere_and_load_anew(page)
        page.get_by_role("button", name="Start training").click()
        page.get_by_role("button", name="Pause").wait_for(timeout=LIMIT)
        page.reload()
        page.get_by_text("my digits", exact=True).wait_for(timeout=LIMIT)
        os.kill(server.process_id, signal.SIGKILL)
    assert the_run(root).alive or the_run(root).status.state == "finished"  # the run has outlived its server
    with running_server(environment=environment) as server:
        open_train_page(page, server.url)
        page.get_by_text("my digits", exact=True).wait_for(timeout=LIMIT)
        page.get_by_role("link", name="Open in Explore").wait_for(timeout=LIMIT)
        assert the_run(root).status.state == "finished"
        open_and_drag(page)
    page.context.close()
