"""A model that was trained elsewhere, in the browser: decoded as the original does, with and without an encoder."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from harness.standalone import serving
from tests.browser.model import ExplorableModel
from tests.browser.standalone import CLOSE, explorer_page
from tests.made_models import write_decoder, write_encoder
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.data.dataset import load_dataset
from vae_core.explorer_files.latent_map import map_dataset
from vae_core.imports import importing
from vae_core.imports.description import Description
from vae_core.imports.importing import import_model
from vae_core.imports.mapped import what_to_map
from vae_core.imports.recognition import examine


def a_picture() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.tile(np.arange(0, 240, 30).astype(np.uint8), (8, 1))).save(file, "PNG")
    return file.getvalue()


def check_words(page: Page, encodes: bool) -> None:
    """Of draws there is no original that they could be compared with, and no posterior."""
    offered = page.get_by_label("Colour by").locator("option").all_text_contents()
    measured = [name for name in offered if name.startswith(("KL", "reconstruction"))]
    assert len(measured) == (2 if encodes else 0)
    made = "image [0-9,]+, reconstructed" if encodes else "draw [0-9,]+, decoded"
    expect(page.locator(".caption .muted")).to_have_text(re.compile(made))
    sample = page.get_by_role("tabpanel", name="Latent").get_by_role("button", name="Sample")
    expect(sample).to_be_enabled(enabled=encodes)
    facts = "1,438 images" if encodes else "2,000 draws of the prior"
    expect(page.locator(".facts")).to_contain_text(facts)
    expect(page.locator(".facts").get_by_text("Round trip error")).to_have_count(int(encodes))
    expect(page.get_by_role("group", name="Nearest real images" if encodes else "Nearest draws")).to_be_visible()


@pytest.mark.parametrize("encodes", [True, False])
def test_an_imported_model(chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encodes: bool) -> None:
    monkeypatch.setattr(importing, "look", lambda source, work, said: examine(Path(source), said, work))
    source = write_decoder(tmp_path / "theirs")
    if encodes:
        write_encoder(source)
    data = "digits" if encodes else None
    summary = import_model(source, tmp_path / "models" / "imported", said=Description(), data=data)
    checkpoint = load_checkpoint(summary.path)
    shown = what_to_map(checkpoint.model, load_dataset("digits") if encodes else None, None)  # type: ignore[arg-type]
    model = ExplorableModel(
        checkpoint, map_dataset(checkpoint.model, shown.dataset, latents=shown.latents), summary.path / "explorer"
    )
    with serving(model.folder) as address, explorer_page(chromium, address, model) as explorer:
        page = explorer.page
        answer = explorer.wait_for_answer()
        assert (explorer.pixels() - model.decode(answer["latent"])).abs().max() <= CLOSE
        check_words(page, encodes)
        page.get_by_role("tab", name="Your image").click()
        files = {"name": "own.png", "mimeType": "image/png", "buffer": a_picture()}
        panel = page.locator(".own")
        if encodes:
            page.get_by_label("Choose a picture").set_input_files(files)  # type: ignore[arg-type]
            expect(panel.get_by_text("No ELBO")).to_be_visible()
        else:
            expect(panel).to_have_text(re.compile("came without an encoder"))
            expect(panel.get_by_role("button")).to_have_count(0)
        assert [line for line in explorer.complaints if not line.startswith("info: A graph of this model needs")] == []
