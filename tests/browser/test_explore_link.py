"""What leaves the explorer for somebody else: a link to the place on show, and its image."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from harness.standalone import PAGE
from tests.browser.model import ExplorableModel
from tests.browser.standalone import ExplorerPage, explorer_page

CLIPBOARD: dict[str, Any] = {"permissions": ["clipboard-read", "clipboard-write"]}


def change_everything(explorer: ExplorerPage) -> None:
    """Another layout, another latent off its plane, another view."""
    explorer.choice("Map").select_option("axes")
    explorer.choice("up").select_option("3")
    explorer.settled()
    explorer.button("Random").click()
    explorer.settled()
    x, y = explorer.centre()
    explorer.page.mouse.move(x + 60, y - 40)
    explorer.page.mouse.wheel(0, -400)
    explorer.frame()
    x, y = explorer.probe()
    explorer.drag((x, y), (x + 23, y + 11))
    explorer.settled()


def test_a_link_opens_the_same_place_in_another_window(chromium: Browser, address: str, model: ExplorableModel) -> None:
    with explorer_page(chromium, address, model, **CLIPBOARD) as explorer:
        change_everything(explorer)
        left = explorer.settled()
        probe, points = explorer.probe(), explorer.picture("canvas.points")
        explorer.button("Copy link").click()
        expect(explorer.page.get_by_text("Link copied")).to_be_visible()
        link = explorer.page.evaluate("navigator.clipboard.readText()")
        axes = [explorer.choice(name).input_value() for name in ("across", "up")]
        assert explorer.complaints == []
    query = urlsplit(link).query
    with explorer_page(chromium, address, model, query=f"&at={parse_qs(query)['at'][0]}") as other:
        opened = other.settled()
        assert opened["latent"] == left["latent"]
        assert opened["position"] == pytest.approx(left["position"], rel=1e-6)
        assert other.choice("Map").input_value() == "axes"
        assert [other.choice(name).input_value() for name in ("across", "up")] == axes
        assert other.probe() == pytest.approx(probe, abs=0.5)
        assert np.mean(np.abs(other.picture("canvas.points").astype(int) - points)) < 1
        assert other.shows("canvas.decoded", left["latent"])
        assert other.complaints == []


def test_a_link_that_is_not_of_this_model_or_not_whole_is_ignored(explorer: ExplorerPage) -> None:
    page = explorer.page
    start = explorer.answers()[0]
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    change_everything(explorer)
    left = explorer.settled()
    explorer.button("Copy link").click()
    link = page.get_by_label("Copy the link from here").input_value()
    place = parse_qs(urlsplit(link).query)["at"][0]
    base = page.url.split("?")[0] + "?" + PAGE.split("?")[1]
    other_model, shorter, other_version = f"{place[:2]}AAAA{place[6:]}", place[:-7], f"zzz{place[3:]}"
    for at, whole in ((place, True), (other_model, False), (shorter, False), (other_version, False)):
        page.goto(f"{base}&at={at}")
        page.wait_for_selector("[data-ready=true]")
        page.wait_for_load_state("networkidle")
        opened = explorer.settled()
        assert opened["latent"] == (left if whole else start)["latent"]
        assert opened["point"] == (None if whole else start["point"])


def test_the_image_is_saved_as_it_is_seen(explorer: ExplorerPage, tmp_path: Path) -> None:
    explorer.button("Random").click()
    latent = explorer.settled()["latent"]
    with explorer.page.expect_download() as download:
        explorer.button("Save image").click()
    assert download.value.suggested_filename == "digits.png"
    download.value.save_as(tmp_path / "image.png")
    with Image.open(tmp_path / "image.png") as image:
        assert image.size == (512, 512)
        pixels = np.asarray(image.convert("RGB")) / 255
    expected = explorer.model.decode(latent).numpy().repeat(64, 0).repeat(64, 1)
    assert np.abs(pixels - expected[..., None]).max() < 2 / 255
