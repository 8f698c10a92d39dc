"""A newcomer's colour photographs, with splits, a table and odd files: handed in, trained on, dragged through."""

import base64
import io
import time
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page

from harness.server import running_server
from tests.browser.train_visit import LIMIT, open_and_drag, open_train_page
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.data.dataset import Dataset, load_dataset
from vae_core.runs.run import list_runs

IMAGES = 300
KINDS = ("roses", "tulips", "daisies")
WORDS = "300 images, 60 of them for testing; 64 × 64 px, colour, 3 classes"


def photographs() -> dict[str, bytes]:
    """300 soft colour photographs, most wider than high; a fifth of them for testing."""
    random = np.random.default_rng(0)
    files = {}
    for number in range(IMAGES):
        soft = Image.fromarray(random.integers(256, size=(4, 6, 3), dtype=np.uint8))
        content = io.BytesIO()
        soft.resize((240, 160), Image.Resampling.BICUBIC).save(content, "PNG")
        files[f"{'test' if number % 5 == 0 else 'train'}/{KINDS[number % 3]}/{number:03d}.png"] = content.getvalue()
    return files


def archive(pictures: dict[str, bytes]) -> bytes:
    """The photographs in a ZIP, with a table beside them and six files that are no pictures."""
    table = "file_name,weight\n" + "".join(f"{name},{at / 10}\n" for at, name in enumerate(pictures))
    odd = {
        "notes.docx": b"PK\3\4 no picture",
        "train/roses/cut.png": next(iter(pictures.values()))[:90],
        "train/roses/empty.jpg": b"",
        "train/tulips/phone.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        "test/daisies/page.jpg": b"<html>not found</html>",
        "film.mp4": b"\0\0\0\x20ftypisom\0\0\2\0isomiso2",
        "labels.csv": table.encode(),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, data in {**pictures, **odd}.items():
            file.writestr(f"Blumen/{name}", data)
    return content.getvalue()


def hand_in(page: Page, content: bytes) -> None:
    page.get_by_role("radio", name="Your own").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "Blumen 花.zip", "mimeType": "application/zip", "buffer": content}
    )
    page.get_by_text(WORDS).wait_for(timeout=LIMIT)


def start_a_short_run(page: Page) -> None:
    page.get_by_text("All settings").click()
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("1")
    epochs.press("Enter")
    page.wait_for_function("location.search.includes('epochs')", timeout=LIMIT)
    page.get_by_role("button", name="Start training").click()
    page.get_by_role("link", name="Open in Explore").wait_for(timeout=LIMIT)


def test_a_newcomers_photographs_become_a_model_to_drag_through(chromium: Browser, root: Path) -> None:
    pictures = photographs()
    page = chromium.new_context(viewport={"width": 1400, "height": 900}).new_page()
    with running_server(environment={"LATENT_EXPLORER_CHECKPOINTS": str(root)}) as server:
        open_train_page(page, server.url)
        hand_in(page, archive(pictures))
        page.get_by_text("Its folders say which pictures are for testing (test)").wait_for()
        page.get_by_text("6 files left out").wait_for()
        page.get_by_text("Chosen because these images have colours").wait_for(timeout=LIMIT)
        page.get_by_role("button", name="Start training").wait_for()
        page.get_by_role("link", name="Explore", exact=True).click()
        page.get_by_text("No model to explore yet").wait_for(timeout=LIMIT)
        page.get_by_role("link", name="Train", exact=True).click()
        page.get_by_text(WORDS).wait_for(timeout=LIMIT)
        start_a_short_run(page)
        open_and_drag(page)
        (run,) = list_runs(root)
        summary = read_checkpoint(run.folder)
        assert (summary.data.name, summary.data.images) == ("Blumen 花", 240)
        trained_on = load_dataset(run.request.training.data, image_size=64, channels=3)
        assert trained_on.fingerprint == summary.data.fingerprint
        assert set(trained_on.columns) == {"file_name", "weight"}
        check_own_image(page, trained_on, pictures)
    page.context.close()


def check_own_image(page: Page, trained_on: Dataset, pictures: dict[str, bytes]) -> None:
    """A picture that was trained on is, as the model sees it, the very image that was trained on."""
    page.get_by_role("tab", name="Your image").click()
    for row in (0, 7, 100):
        name = trained_on.names[row].removeprefix("Blumen/")
        page.get_by_label("Choose a picture").set_input_files(
            {"name": name.rpartition("/")[2], "mimeType": "image/png", "buffer": pictures[name]}
        )
        expected = trained_on.images[row].numpy()
        deadline = time.monotonic() + LIMIT / 1000
        while (difference := np.abs(seen(page).astype(int) - expected).max()) > 1:
            assert time.monotonic() < deadline, f"{name} is seen with a difference of {difference} of 255"
            page.wait_for_timeout(100)


def seen(page: Page) -> np.ndarray:
    """The canvas of what the model sees, uint8 (3, 64, 64)."""
    canvas = page.get_by_role("img", name="Your image as the model sees it", exact=True)
    url: str = canvas.evaluate("canvas => canvas.toDataURL()", timeout=LIMIT)
    picture = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB")
    return np.asarray(picture).transpose(2, 0, 1)
