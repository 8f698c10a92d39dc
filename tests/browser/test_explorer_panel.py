"""The panel: sliders linked both ways with the map, draws and returns, and where it stands on a narrow page."""

import pytest
import torch
from playwright.sync_api import Browser

from tests.browser.model import LATENT_DIM, ExplorableModel
from tests.browser.standalone import ExplorerPage, explorer_page


def slider_values(explorer: ExplorerPage) -> list[float]:
    """What the sliders show, by dimension."""
    values = explorer.page.evaluate(
        """() => Object.fromEntries(
            [...document.querySelectorAll("[data-dimension]")].map((at) => [at.dataset.dimension, +at.value])
        )"""
    )
    return [values[str(dimension)] for dimension in range(LATENT_DIM)]


def test_the_sliders_follow_the_probe(explorer: ExplorerPage) -> None:
    x, y = explorer.probe()
    before = len(explorer.answers())
    explorer.drag((x, y), (x + 90, y + 50))
    answer = explorer.wait_for_answer(before)
    assert slider_values(explorer) == pytest.approx(answer["latent"], abs=0.03)


def test_the_probe_follows_a_slider_and_the_other_dimensions_stay(explorer: ExplorerPage) -> None:
    first = explorer.answers()[0]
    active = explorer.model.latent_map.active
    dimension = int(torch.tensor(first["latent"]).abs().where(active, torch.inf).argmin())
    slider = explorer.page.locator(f"[data-dimension='{dimension}']")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    before = len(explorer.answers())
    explorer.drag((box["x"] + box["width"] / 2, middle), (box["x"] + box["width"] * 0.85, middle))
    answer = explorer.wait_for_answer(before)
    assert answer["latent"][dimension] == pytest.approx(float(slider.input_value()), abs=0.01)
    assert answer["latent"][dimension] > first["latent"][dimension] + 0.5
    others = [value for index, value in enumerate(answer["latent"]) if index != dimension]
    assert others == pytest.approx(
        [value for index, value in enumerate(first["latent"]) if index != dimension], abs=1e-6
    )
    with torch.inference_mode():
        located = explorer.model.latent_map.projection.latent_to_plane()(torch.tensor([answer["latent"]]))[0]
    assert answer["position"] == pytest.approx(located.tolist(), abs=1e-3)
    assert float((explorer.pixels() - explorer.model.decode(answer["latent"])).abs().max()) < 2 / 255
    assert explorer.page.evaluate("released.length") == 1


def test_the_sliders_stand_in_the_order_of_what_they_say(explorer: ExplorerPage) -> None:
    shown = explorer.page.evaluate(
        "[...document.querySelectorAll('[data-dimension]')].map((s) => +s.dataset.dimension)"
    )
    kl = explorer.model.latent_map.encoding.kl_per_dimension
    active = explorer.model.latent_map.active
    ordered = kl.argsort(descending=True, stable=True).tolist()
    assert shown == [d for d in ordered if active[d]] + [d for d in ordered if not active[d]]


def test_zero_random_and_back_to_the_point(explorer: ExplorerPage) -> None:
    start = explorer.answers()[0]
    back = explorer.page.get_by_role("button", name="Back")
    assert back.is_disabled()
    answers = len(explorer.answers())
    explorer.page.get_by_role("button", name="Zero").click()
    assert explorer.wait_for_answer(answers)["latent"] == [0.0] * LATENT_DIM
    answers = len(explorer.answers())
    explorer.page.get_by_role("button", name="Random").click()
    first = explorer.wait_for_answer(answers)["latent"]
    answers = len(explorer.answers())
    explorer.page.get_by_role("button", name="Random").click()
    assert explorer.wait_for_answer(answers)["latent"] != first
    answers = len(explorer.answers())
    back.click()
    returned = explorer.wait_for_answer(answers)
    assert returned["point"] == start["point"]
    assert returned["latent"] == pytest.approx(start["latent"])
    assert explorer.page.evaluate("released.length") == 4


@pytest.mark.parametrize(("width", "beside"), [(1400, True), (820, False), (400, False)])
def test_the_panel_stands_beside_a_wide_map_and_below_a_narrow_one(
    chromium: Browser, address: str, model: ExplorableModel, width: int, beside: bool
) -> None:
    with explorer_page(chromium, address, model, viewport={"width": width, "height": 850}) as explorer:
        surface = explorer.page.locator(".map").bounding_box()
        image = explorer.page.locator("canvas.decoded").bounding_box()
        assert surface is not None
        assert image is not None
        if beside:
            assert image["x"] > surface["x"] + surface["width"]
        else:
            assert image["y"] >= surface["y"] + surface["height"]
            assert image["y"] + image["height"] <= 850  # hand and image are on one screen
        assert image["width"] == pytest.approx(image["height"], abs=1)
        assert explorer.page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_control_has_a_name_and_its_turn_with_tab(explorer: ExplorerPage) -> None:
    controls = explorer.page.evaluate(
        """() => [...document.querySelectorAll(".latent-explorer :is(button, input, summary, [tabindex])")]
            .filter((control) => control.tabIndex >= 0 && control.checkVisibility()).length"""
    )
    names = []
    explorer.page.locator("body").click(position={"x": 2, "y": 2})
    for _ in range(controls):
        explorer.page.keyboard.press("Tab")
        names.append(
            explorer.page.evaluate(
                """() => {
                    const { activeElement: at } = document;
                    return at.getAttribute("aria-label") ?? at.textContent.trim();
                }"""
            )
        )
    assert all(names)
    assert len(set(names)) == controls
