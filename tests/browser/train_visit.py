"""The Train page of the real app in a real Chromium."""

from playwright.sync_api import Page

LIMIT = 180_000  # milliseconds; a busy machine takes many times what a quiet one does


def open_train_page(page: Page, url: str) -> None:
    page.goto(f"{url}/train", timeout=LIMIT)
    page.get_by_text("Runs", exact=True).wait_for(timeout=LIMIT)
