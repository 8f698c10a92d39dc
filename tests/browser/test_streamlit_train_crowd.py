"""Ten visitors on the Train page at once: one queue that all of them see, and nobody in another's way."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from harness.server import Server, running_server
from tests.browser.held_reader import held_reader
from vae_core.explorer_files.explorer_folder import check_contents
from vae_core.runs.run import Run, list_runs

VISITORS = 10
LIMIT = 180_000  # milliseconds; a busy machine takes many times what a quiet one does
NAMES = ("first", "second", "third")
PHOTOGRAPHS, SIDE = 200, 1500  # so many that reading them takes longer than answering a click


def photographs() -> bytes:
    """A ZIP that is quickly sent and slowly read."""
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((SIDE, SIDE)).save(picture, "PNG")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for index in range(PHOTOGRAPHS):
            archive.writestr(f"holidays/{index}.png", picture.getvalue())
    return content.getvalue()


@pytest.fixture
def server(root: Path) -> Iterator[Server]:
    with running_server(environment={"LATENT_EXPLORER_CHECKPOINTS": str(root), "LATENT_EXPLORER_RUNS": "1"}) as server:
        yield server


@pytest.fixture
def visitors(chromium: Browser, server: Server) -> Iterator[list[Page]]:
    """Pages of ten browsers that know nothing of each other, all on the Train page of one server."""
    contexts = [chromium.new_context(viewport={"width": 1300, "height": 900}) for _ in range(VISITORS)]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.goto(f"{server.url}/train", timeout=LIMIT, wait_until="commit")
    for page in pages:
        page.get_by_text("No run yet").wait_for(timeout=LIMIT)
        page.get_by_role("button", name="Start training").wait_for(timeout=LIMIT)
    yield pages
    for context in contexts:
        context.close()


def start(page: Page, name: str, epochs: int) -> None:
    page.get_by_text("All settings").click()
    # Two latent dimensions are mapped as they are, without UMAP.
    for label, value in (("Latent dimensions", "2"), ("Epochs", str(epochs)), ("Name of the model", name)):
        field = page.get_by_label(label, exact=True)
        field.fill(value)
        field.press("Enter")
    page.get_by_text("About").wait_for(timeout=LIMIT)
    page.get_by_role("button", name="Start training").click()
    page.get_by_text(name, exact=True).wait_for(timeout=LIMIT)


def queue_of(page: Page) -> list[str]:
    """The names of the runs as a page shows them, the newest first."""
    return [name for name in page.locator("strong").all_inner_texts() if name in NAMES]


def test_ten_visitors_share_one_queue_and_nobody_waits_for_anothers_upload(
    visitors: list[Page], server: Server, root: Path
) -> None:
    for page, name, epochs in zip(visitors, NAMES, (10_000, 5, 5), strict=False):
        start(page, name, epochs)
    assert [run.name for run in list_runs(root)] == list(NAMES)

    for page in visitors:
        page.get_by_text("third", exact=True).wait_for(timeout=LIMIT)
        page.get_by_text("images a second").wait_for(timeout=LIMIT)  # of the first: the others wait
        page.get_by_text("waits behind 1 other").wait_for(timeout=LIMIT)
        page.get_by_text("waits for first to finish").wait_for(timeout=LIMIT)
        assert queue_of(page) == list(reversed(NAMES))

    uploader, other = visitors[3], visitors[4]
    uploader.get_by_role("radio", name="Your own").click()
    uploader.locator("input[type=file]").set_input_files(
        {"name": "holidays.zip", "mimeType": "application/zip", "buffer": photographs()}
    )
    with held_reader(server):
        uploader.get_by_role("button", name="Stop", exact=True).wait_for(timeout=LIMIT)  # of the reading
        other.get_by_role("radio", name="balanced").click()
        other.get_by_text("A convolutional network").wait_for(timeout=LIMIT)
        assert uploader.get_by_text("64 × 64 px, grey").count() == 0
    uploader.get_by_text("200 images, 20 of them for testing; 64 × 64 px, grey").wait_for(timeout=LIMIT)

    *leaving, last = visitors[len(NAMES) :]
    for page in leaving:
        page.close()
    visitors[0].get_by_role("button", name="Stop and keep").click(timeout=LIMIT)
    last.wait_for_function(f"document.querySelectorAll('a[href*=\"model=\"]').length === {len(NAMES)}", timeout=LIMIT)
    for name, title in zip(NAMES, NAMES, strict=True):
        run = Run.read(root / name)
        assert (run.status.state, run.request.title) == ("finished", title)
        assert check_contents(root / name / "explorer").name == name
    kept, *whole = (Run.read(root / name) for name in NAMES)
    assert kept.status.detail.startswith("kept after ")
    assert [run.status.step == run.status.steps for run in whole] == [True, True]
    for page in [*visitors[: len(NAMES)], last]:
        page.get_by_role("link", name="Open in Explore").nth(2).wait_for(timeout=LIMIT)
        assert queue_of(page) == list(reversed(NAMES))
