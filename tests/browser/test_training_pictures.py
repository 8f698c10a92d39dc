"""The pictures of a run in training: each row of them beside the word for what it shows."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.browser.training_view import training_page

ROWS = ["images", "reconstructions", "samples"]


@pytest.fixture(scope="module")
def sheet() -> bytes:
    """Eight pictures in each of three rows."""
    written = io.BytesIO()
    Image.new("L", (8 * 34 + 2, 3 * 34 + 2)).save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize("width", [1280, 400, 320])
def test_each_word_stands_beside_its_row(chromium: Browser, address: str, sheet: bytes, width: int) -> None:
    with training_page(chromium, address, sheet, viewport={"width": width, "height": 860}) as page:
        picture = page.get_by_alt_text("Eight images, their reconstructions")
        page.wait_for_function("document.querySelector('.pictures img').naturalWidth > 0")
        box = picture.bounding_box()
        assert box is not None
        assert box["width"] > width / 2.5
        for row, word in enumerate(ROWS):
            label = page.locator(".pictures .rows span", has_text=word).bounding_box()
            assert label is not None
            assert label["x"] + label["width"] <= box["x"]
            middle = label["y"] + label["height"] / 2
            assert box["y"] + row * box["height"] / 3 <= middle <= box["y"] + (row + 1) * box["height"] / 3
