"""The Models page of the real app in a real browser: from a title to a deletion and back, and a model taken away."""

import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from harness.imports import HEAVY, imported_by
from harness.server import ROOT, running_server
from vae_core.checkpoint.about import read_about
from vae_core.checkpoint.layout import SAMPLES_FILE, read_checkpoint
from vae_core.collection.changes import trash

LIMIT = 180_000  # milliseconds; a busy machine takes many times what a quiet one does
LOADED = "(image) => image.complete && image.naturalWidth > 0"


@pytest.fixture
def two_models(checkpoints: Path) -> Path:
    for name in ("digits-2d", "mnist-16d"):
        shutil.copytree(ROOT / "checkpoints" / name, checkpoints / name, ignore=shutil.ignore_patterns("training"))
    (checkpoints / "digits-2d" / SAMPLES_FILE).unlink()
    return checkpoints


@pytest.fixture
def page(chromium: Browser, two_models: Path) -> Iterator[Page]:
    with running_server(environment={"LATENT_EXPLORER_CHECKPOINTS": str(two_models)}) as server:
        context = chromium.new_context(viewport={"width": 1200, "height": 900}, accept_downloads=True)
        page = context.new_page()
        page.goto(f"{server.url}/models", timeout=LIMIT)
        yield page
        context.close()


def card(page: Page, title: str) -> Locator:
    heading = page.get_by_role("heading", name=title, exact=True)
    return page.locator(".st-key-models > *").filter(has=heading)


def choose(page: Page, title: str, deed: str) -> None:
    card(page, title).get_by_role("button", name="More").click(timeout=LIMIT)
    page.get_by_text(deed, exact=True).click(timeout=LIMIT)


def test_a_model_is_titled_taken_away_deleted_and_brought_back(page: Page, two_models: Path) -> None:
    folder = two_models / "digits-2d"
    picture = card(page, "digits-2d").locator("img")
    picture.wait_for(timeout=LIMIT)
    page.wait_for_function(f"(alt) => ({LOADED})(document.querySelector(`img[alt*='digits-2d']`))", timeout=LIMIT)
    assert (folder / SAMPLES_FILE).exists(), "what was never drawn is drawn when somebody looks"

    choose(page, "digits-2d", "Title and notes")
    page.get_by_role("textbox", name="Title").fill("My digits")
    page.get_by_role("textbox", name="Notes").fill("in two dimensions")
    page.get_by_role("button", name="Save").click()
    card(page, "My digits").get_by_text("in two dimensions").wait_for(timeout=LIMIT)
    assert read_about(folder)[0].title == "My digits"

    with page.expect_download(timeout=LIMIT) as download:
        card(page, "My digits").get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "digits-2d.zip"
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        archive.extractall(two_models.parent / "taken")
    assert read_checkpoint(two_models.parent / "taken" / "digits-2d").title == "My digits"

    place = card(page, "My digits").bounding_box()
    choose(page, "My digits", "Delete")
    undo = page.get_by_role("button", name="Undo")
    undo.wait_for(timeout=LIMIT)
    assert not folder.exists()
    where = undo.bounding_box()
    assert place is not None
    assert where is not None
    assert place["x"] <= where["x"] <= place["x"] + place["width"], "in the place of the card"
    assert place["y"] <= where["y"] <= place["y"] + place["height"]
    undo.click()
    card(page, "My digits").wait_for(timeout=LIMIT)
    assert folder.exists()
    assert trash(two_models) == []

    card(page, "My digits").get_by_role("link", name="Explore").click()
    page.locator("[data-ready=true]").wait_for(timeout=LIMIT)
    assert page.evaluate("new URL(location.href).searchParams.get('model')") == "digits-2d"


def test_training_again_fills_in_the_train_page_whatever_was_chosen_there(page: Page) -> None:
    page.get_by_role("link", name="Train", exact=True).click()
    page.get_by_role("radio", name="Your own").click(timeout=LIMIT)
    page.get_by_text("Drop your files here").wait_for(timeout=LIMIT)
    page.get_by_role("link", name="Models", exact=True).click()
    choose(page, "digits-2d", "Train again with these settings")
    for _ in range(2):
        page.get_by_text("Every setting is as digits-2d was trained with.").wait_for(timeout=LIMIT)
        page.get_by_text("All settings").click()
        page.wait_for_function(
            "() => [...document.querySelectorAll('input')].some((field) => field.value === '150')", timeout=LIMIT
        )
        assert page.get_by_label("Epochs", exact=True).input_value() == "150"
        assert page.get_by_label("Latent dimensions", exact=True).input_value() == "2"
        page.reload()


def test_opening_the_page_imports_nothing_heavy(chromium: Browser) -> None:
    def open_models(url: str) -> None:
        page = chromium.new_page()
        page.goto(f"{url}/models", timeout=LIMIT)
        page.locator(".model-card").first.wait_for(timeout=LIMIT)
        page.close()

    assert imported_by(open_models) & HEAVY == set()
