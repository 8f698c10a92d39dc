"""Plain http under a name that is no secure context, as of a machine in the next room: all works but the forbidden."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from harness.chromium import launched_chromium
from harness.server import ROOT, Server, running_server
from tests.browser.interpolation import LIMIT
from tests.browser.streamlit_visit import Visit

NAME = "gpu-box"
SHIPPED = "digits-2d"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    environment = {"LATENT_EXPLORER_HOSTS": NAME, "LATENT_EXPLORER_CHECKPOINTS": os.fspath(ROOT / "checkpoints")}
    with running_server(environment=environment) as running:
        yield running


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Browser]:
    """A Chromium that finds the machine by that name."""
    with launched_chromium(f"--host-resolver-rules=MAP {NAME} 127.0.0.1") as browser:
        yield browser


def copied_link(page: Page) -> str:
    """The link that is offered, as the keys for copying and pasting carry it away."""
    page.get_by_role("button", name="Copy link", exact=True).click()
    offered = page.get_by_label("Copy the link from here")
    expect(offered).to_be_focused()
    offered.press("ControlOrMeta+c")
    page.evaluate(
        "() => { const paper = document.createElement('textarea'); paper.id = 'paper'; document.body.append(paper); }"
    )
    page.locator("#paper").press("ControlOrMeta+v")
    expect(offered).to_be_hidden()
    link = page.locator("#paper").input_value()
    page.evaluate("document.querySelector('#paper').remove()")
    return link


def test_pins_stops_and_links_need_no_secure_address(server: Server, elsewhere: Browser) -> None:
    address = server.url.replace("127.0.0.1", NAME)
    context = elsewhere.new_context(viewport={"width": 1400, "height": 1000})
    visit = Visit(context.new_page())
    visit.open(f"{address}/?model={SHIPPED}")
    page = visit.page
    assert page.evaluate("[isSecureContext, navigator.clipboard, crypto.randomUUID]") == [False, None, None]
    visit.hold_probe()
    visit.drag()
    visit.release_probe()
    latent = visit.decoded()["latent"]
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page.get_by_role("button", name="Remove the pin")).to_have_count(1)
    link = copied_link(page)
    assert link.startswith(f"{address}/?")
    page.goto(link, timeout=LIMIT)
    visit.wait_until_ready()
    assert visit.decoded()["latent"] == pytest.approx(latent)

    page.get_by_role("link", name="Interpolate", exact=True).click()
    expect(page.locator(".stops li")).to_have_count(3, timeout=LIMIT)
    page.get_by_role("button", name="Pin frame").click()
    expect(page.get_by_text("Pinned to the tray")).to_be_visible()
    page.get_by_role("button", name="Grid", exact=True).click()
    expect(page.locator(".stops li")).to_have_count(4)
    link = copied_link(page)
    assert visit.complaints == []
    page.goto(link, timeout=LIMIT)
    expect(page.locator(".stops li")).to_have_count(4, timeout=LIMIT)
    context.close()
