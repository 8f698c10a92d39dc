"""Paths where the map has hardly any images: every shape has its stops, and the page says and plays what there is."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from harness.standalone import serving
from tests.browser.interpolation import path_page
from tests.browser.model import make_model


@pytest.mark.parametrize("points", [1, 3])
def test_a_path_and_a_grid_of_very_few_images(chromium: Browser, tmp_path: Path, points: int) -> None:
    model = make_model(tmp_path / "few", points=points)
    with serving(model.folder) as address, path_page(chromium, address, model) as paths:
        assert len(paths.scene().stops) == max(2, points)
        assert paths.shows_frames_of(paths.report())
        report = paths.after(paths.button("Grid").click)
        assert len(paths.scene().stops) == 4
        assert paths.shows_frames_of(report)
        paths.button("Play").click()
        expect(paths.page.locator(".frame-caption")).to_contain_text("of 9 × 9")
        expect(paths.sheet).not_to_have_attribute("aria-valuenow", "1")
        paths.button("Pause").click()
        assert paths.complaints == []
