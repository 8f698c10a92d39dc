"""A lesson that trains, in the app: begun, followed and stopped; what it has found is in the picture, and stays."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from harness.server import Server, running_server

LIMIT = 240_000  # milliseconds; a busy machine takes many times what a quiet one does


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(LIMIT)
    yield context.new_page()
    context.close()


def open_flow(page: Page, url: str) -> None:
    page.goto(f"{url}/learn?lesson=7")
    page.locator("[data-ready=flow]").wait_for()


def test_a_flow_is_trained_is_in_the_picture_and_there_again_when_one_comes_back(
    app_server: Server, page: Page
) -> None:
    open_flow(page, app_server.url)
    page.get_by_role("radio", name="ring").click()
    page.get_by_role("radio", name="2", exact=True).click()
    expect(page.get_by_text("Ring, step")).to_have_count(0)
    page.get_by_role("button", name="Train the flow").click()
    page.get_by_text("Training a flow of 2 layers on the ring").wait_for()
    page.get_by_text("Ring, step 1,500, 2 layers").wait_for()
    page.get_by_text("After 1,500 of 1,500 steps").wait_for()
    page.get_by_role("button", name="Stop").wait_for(state="detached")
    page.get_by_role("link", name="6 The closed-form KL").click()
    page.locator("[data-ready=divergence]").wait_for()
    page.get_by_role("button", name="Train the flow").wait_for(state="detached")
    page.get_by_role("link", name="7 Another family with a fixed prior").click()
    page.locator("[data-ready=flow]").wait_for()
    page.get_by_text("After 1,500 of 1,500 steps").wait_for()
    page.get_by_text("Ring, step 1,500, 2 layers").wait_for()


def test_one_that_is_stopped_says_so_and_may_be_begun_again(app_server: Server, page: Page) -> None:
    open_flow(page, app_server.url)
    page.get_by_role("radio", name="spiral").click()
    page.get_by_role("button", name="Train the flow").click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("It was stopped.").wait_for()
    page.get_by_role("button", name="Begin again").wait_for()


def test_a_demo_trains_nothing(page: Page) -> None:
    with running_server(environment={"LATENT_EXPLORER_READ_ONLY": "1"}) as server:
        page.goto(f"{server.url}/learn?lesson=5")
        page.locator("[data-ready=variance]").wait_for()
        page.get_by_text("This is a demo").wait_for()
        expect(page.get_by_role("button", name="Train them")).to_have_count(0)
