"""A model of somebody's own, dropped on the Models page, answered, taken, dragged through, and given away again."""

import io
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from harness.server import running_server
from tests.browser.train_visit import LIMIT, open_and_drag
from tests.made_models import write_decoder, write_encoder
from vae_core.checkpoint.layout import read_checkpoint

QUESTION = "What do the decoder's numbers mean?"


def pair_zip(folder: Path) -> bytes:
    """A decoder whose numbers may mean anything, and its encoder."""
    write_encoder(write_decoder(folder, "Identity"))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"vae/{path.name}")
    return content.getvalue()


def bring(page: Page, url: str, content: bytes) -> None:
    """Drops a ZIP on the Models page and waits for its question."""
    page.goto(f"{url}/models", timeout=LIMIT)
    page.get_by_role("button", name="Bring a model").click(timeout=LIMIT)
    page.locator("input[type=file]").set_input_files(
        {"name": "mine.zip", "mimeType": "application/zip", "buffer": content}
    )
    page.get_by_role("combobox", name=QUESTION).wait_for(timeout=LIMIT)


def answer(page: Page, words: str) -> None:
    """Answers the question, and waits until the picture is another."""
    picture = page.locator(".st-key-bringing img")
    before = picture.get_attribute("src")
    page.get_by_role("combobox", name=QUESTION).click()
    page.get_by_role("option", name=words).click(timeout=LIMIT)
    page.wait_for_function(
        "before => document.querySelector('.st-key-bringing img')?.getAttribute('src') !== before",
        arg=before,
        timeout=LIMIT,
    )


@pytest.mark.usefixtures("root")
def test_from_a_pair_of_onnx_files_to_a_drag_and_back(chromium: Browser, root: Path, tmp_path: Path) -> None:
    page = chromium.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    with running_server(environment={"LATENT_EXPLORER_CHECKPOINTS": str(root)}) as server:
        bring(page, server.url, pair_zip(tmp_path / "vae"))
        page.get_by_role("radio", name="From the catalogue").click()
        page.get_by_text("Images, their reconstructions, and samples").wait_for(timeout=LIMIT)
        answer(page, "grey values from -1")
        page.get_by_role("button", name="Import").click()
        page.get_by_text("is one of the models here").wait_for(timeout=LIMIT)
        summary = read_checkpoint(root / "mine")
        assert summary.origin is not None
        assert summary.origin.source == "mine.zip"
        assert "1,438 images, encoded" in summary.origin.mapped
        page.get_by_role("button", name="More").click()
        page.get_by_text("Give away", exact=True).click(timeout=LIMIT)
        with page.expect_download(timeout=LIMIT) as download:
            page.locator(".gift a[href$='download/onnx']").click(timeout=LIMIT)
        assert download.value.suggested_filename == "mine-onnx.zip"
        with zipfile.ZipFile(download.value.path()) as archive:
            assert sorted(archive.namelist()) == [
                f"mine-onnx/{name}" for name in ("decoder.onnx", "encoder.onnx", "model.json")
            ]
        page.keyboard.press("Escape")
        open_and_drag(page)
    page.context.close()
