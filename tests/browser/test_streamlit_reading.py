"""While images are being read: how far that is, a stop, another look, and the pages answer all the same."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from harness.server import running_server
from tests.browser.held_reader import held_reader
from tests.browser.train_visit import LIMIT, open_train_page

PICTURES = 240


@pytest.fixture(scope="module")
def slow_archive() -> bytes:
    """Pictures that take some seconds to read."""
    random = np.random.default_rng(0)
    kinds = []
    for _ in range(3):
        content = io.BytesIO()
        small = random.integers(256, size=(60, 80, 3), dtype=np.uint8)
        Image.fromarray(small).resize((1600, 1200), Image.Resampling.NEAREST).save(content, "PNG")  # many, and small
        kinds.append(content.getvalue())
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(PICTURES):
            archive.writestr(f"{number}.png", kinds[number % 3])
    return content.getvalue()


@pytest.mark.usefixtures("checkpoints")
def test_a_reading_is_watched_left_come_back_to_stopped_and_begun_again(chromium: Browser, slow_archive: bytes) -> None:
    page = chromium.new_context(viewport={"width": 1400, "height": 900}).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with running_server() as server:
        open_train_page(page, server.url)
        page.get_by_role("radio", name="Your own").click()
        page.locator("input[type=file]").set_input_files(
            {"name": "slow.zip", "mimeType": "application/zip", "buffer": slow_archive}
        )
        stop = page.get_by_role("button", name="Stop", exact=True)
        page.get_by_text(f"of {PICTURES}, about").wait_for(timeout=LIMIT)
        page.get_by_role("link", name="Interpolate", exact=True).click()
        expect(page.get_by_text("Runs", exact=True)).to_be_hidden(timeout=LIMIT)
        page.get_by_role("link", name="Train", exact=True).click()
        page.get_by_role("button", name="Remove").wait_for(timeout=LIMIT)
        whole = page.get_by_text(f"{PICTURES} images, 24 of them for testing")
        whole.wait_for(timeout=LIMIT)
        choose(page, "Colour", "grey")  # read anew
        with held_reader(server):
            stop.click(timeout=LIMIT)
            page.get_by_text("Reading these images was stopped.").wait_for(timeout=LIMIT)
        page.get_by_role("button", name="Read them again").click()
        page.get_by_text("64 × 64 px, grey").wait_for(timeout=LIMIT)
    assert complaints == []
    page.context.close()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
