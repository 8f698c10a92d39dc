"""The Train page of the real app in a real Chromium."""

import io
import zipfile

from PIL import Image
from playwright.sync_api import Page
from sklearn.datasets import load_digits

LIMIT = 180_000  # milliseconds; a busy machine takes many times what a quiet one does
IMAGES = 320


def digits_zip() -> bytes:
    """Pictures of handwritten digits, a folder a class, and one file that is no picture."""
    digits = load_digits()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for index in range(IMAGES):
            picture = io.BytesIO()
            Image.fromarray((digits.images[index] * 255 / 16).astype("uint8")).save(picture, "PNG")
            archive.writestr(f"mine/{digits.target[index]}/{index}.png", picture.getvalue())
        archive.writestr("mine/3/notes.txt", "not a picture")
    return content.getvalue()


def open_train_page(page: Page, url: str) -> None:
    page.goto(f"{url}/train", timeout=LIMIT)
    page.get_by_text("Runs", exact=True).wait_for(timeout=LIMIT)


def open_and_drag(page: Page) -> None:
    """Opens a finished run in Explore and drags the probe over its map until an image has been decoded."""
    page.get_by_role("link", name="Open in Explore").click()
    page.locator("[data-ready=true]").wait_for(timeout=LIMIT)
    page.evaluate("addEventListener('explorer:decoded', ({ detail }) => (window.last = detail.position))")
    box = page.locator(".map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(x, y)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 20, steps=10)
    page.mouse.up()
    page.wait_for_function("window.last !== undefined")
