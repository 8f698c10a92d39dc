"""Files handed in on the Train page one after the other, put right, and removed, in a real browser."""

import io
import zipfile
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, FilePayload, expect

from harness.server import running_server
from tests.browser.train_visit import LIMIT, digits_zip, open_train_page


def archive(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/zip", "buffer": content}


def without_pictures() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("notes.txt", "no picture at all")
    return content.getvalue()


def test_the_newest_file_counts_and_a_removed_one_is_gone(chromium: Browser, root: Path) -> None:
    page = chromium.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    expect.set_options(timeout=LIMIT)
    with running_server(environment={"LATENT_EXPLORER_CHECKPOINTS": str(root)}) as server:
        open_train_page(page, server.url)
        page.get_by_role("radio", name="Your own").click()
        field = page.locator("input[type=file]")
        chosen = page.get_by_role("combobox", name="Handed in")
        field.set_input_files(archive("wrong one.zip", without_pictures()))
        expect(page.get_by_text("no readable image")).to_be_visible()
        field.set_input_files(archive('the "right" one.zip', digits_zip()))
        expect(page.get_by_text("320 images, 32 of them for testing")).to_be_visible()
        expect(page.get_by_text("The files could not be kept")).to_have_count(0)
        expect(chosen).to_have_value('the "right" one.zip')

        page.get_by_role("button", name="Remove", exact=True).click()
        expect(page.get_by_text("320 images, 32 of them for testing")).to_have_count(0)
        expect(chosen).to_have_value("")
        chosen.click()
        expect(page.get_by_role("option")).to_have_text(["wrong one.zip"])
        page.keyboard.press("Escape")
        page.reload()
        expect(page.get_by_role("radio", name="Your own")).to_be_checked()
        expect(chosen).to_have_value("")
        gone = page.get_by_text("is no longer kept here")
        expect(gone).to_have_count(0)
        link = urlencode({"pictures": 'the "right" one.zip'})
        page.goto(f"{server.url}/train?{link}")
        expect(gone).to_contain_text('the "right" one.zip')


def test_who_comes_later_hands_in_beside_what_others_have(chromium: Browser, root: Path) -> None:
    expect.set_options(timeout=LIMIT)
    with running_server(environment={"LATENT_EXPLORER_CHECKPOINTS": str(root)}) as server:
        for name in ("first.zip", "second.zip"):
            page = chromium.new_context(viewport={"width": 1400, "height": 1000}).new_page()
            open_train_page(page, server.url)
            page.get_by_role("radio", name="Your own").click()
            chosen = page.get_by_role("combobox", name="Handed in")
            expect(chosen).to_have_count(0 if name == "first.zip" else 1)
            page.locator("input[type=file]").set_input_files(archive(name, digits_zip()))
            expect(page.get_by_text("320 images, 32 of them for testing")).to_be_visible()
            expect(chosen).to_have_value(name)
            page.reload()
            expect(chosen).to_have_value(name)
