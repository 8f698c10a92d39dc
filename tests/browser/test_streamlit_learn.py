"""The Learn page as the app serves it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from harness.imports import HEAVY, imported_by
from harness.server import Server, running_server

LIMIT = 120_000  # milliseconds; a busy machine takes many times what a quiet one does


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(LIMIT)
    yield context.new_page()
    context.close()


def open_lesson(page: Page, url: str, slug: str = "bound") -> None:
    page.goto(url)
    page.locator(f"[data-ready={slug}]").wait_for()


def test_a_lesson_is_in_the_address_and_there_again_after_a_reload(app_server: Server, page: Page) -> None:
    open_lesson(page, f"{app_server.url}/learn")
    page.get_by_role("link", name="2 Why Gaussians suffice").click()
    page.locator("[data-ready=mixtures]").wait_for()
    page.get_by_role("button", name="A box").click()
    expect(page).to_have_url(re.compile("lesson=2&state="))
    page.reload()
    page.locator("[data-ready=mixtures]").wait_for()
    expect(page.get_by_role("button", name="A box")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Models", exact=True).click()
    page.locator(".model-card").first.wait_for()
    assert "state=" not in page.url
    page.get_by_role("link", name="Learn", exact=True).click()
    page.locator("[data-ready=mixtures]").wait_for()
    expect(page.get_by_role("button", name="A box")).to_have_attribute("aria-pressed", "true")


def test_a_lesson_leads_to_where_its_idea_is_at_work(app_server: Server, page: Page) -> None:
    open_lesson(page, f"{app_server.url}/learn?lesson=1")
    page.get_by_role("link", name="Train: the two terms of the ELBO as curves, epoch by epoch").click()
    page.get_by_role("button", name="Start training").wait_for()


def test_a_lesson_opens_train_with_the_setting_that_it_speaks_of(app_server: Server, page: Page) -> None:
    open_lesson(page, f"{app_server.url}/learn?lesson=7", "flow")
    page.get_by_role("link", name="Train: the setting “Prior p(z)”").click()
    page.get_by_role("button", name="Start training").wait_for()
    page.get_by_role("spinbutton", name="Coupling layers").wait_for()  # which a flow has alone


def test_a_demo_leads_to_no_page_that_it_has_not(page: Page) -> None:
    with running_server(environment={"LATENT_EXPLORER_READ_ONLY": "1"}) as server:
        open_lesson(page, f"{server.url}/learn?lesson=1")
        links = page.locator(".rest a").all_inner_texts()
        assert any(words.startswith("Models:") for words in links)
        assert not any(words.startswith("Train:") for words in links)


def test_opening_the_page_imports_nothing_heavy(chromium: Browser) -> None:
    def open_learn(url: str) -> None:
        page = chromium.new_page()
        page.goto(f"{url}/learn", timeout=LIMIT)
        page.locator("[data-ready]").wait_for(timeout=LIMIT)
        page.close()

    assert imported_by(open_learn) & HEAVY == set()
