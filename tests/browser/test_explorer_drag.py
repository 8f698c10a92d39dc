"""Whatever a hand moves on the map, the canvas shows what torch decodes there."""

import itertools
import math

import pytest
import torch
from playwright.sync_api import Browser

from tests.browser.model import ExplorableModel
from tests.browser.standalone import HURRIED_CLOCK, ExplorerPage, explorer_page

CLOSE = 2 / 255
REACH = 0.1  # an anchor's pull, as a share of the map's larger side


def largest_difference(explorer: ExplorerPage, latent: list[float]) -> float:
    return float((explorer.pixels() - explorer.model.decode(latent)).abs().max())


def test_it_opens_on_a_decoded_data_point(explorer: ExplorerPage) -> None:
    first = explorer.answers()[0]
    start = explorer.model.latent_map.start
    assert first["point"] == start
    assert torch.allclose(torch.tensor(first["latent"]), explorer.model.stored_latent(start))
    assert largest_difference(explorer, first["latent"]) < CLOSE
    assert explorer.pixels().max() > 0.5  # a digit, not an empty canvas


def test_dragging_the_probe_decodes_along_the_way_without_a_request(explorer: ExplorerPage) -> None:
    x, y = explorer.centre()
    explorer.page.wait_for_load_state("networkidle")
    before, asked = len(explorer.answers()), len(explorer.requests)
    hand = explorer.page.mouse
    hand.move(*explorer.probe())
    hand.down()
    hand.move(x + 120, y + 60, steps=20)
    hand.move(x - 80, y + 110, steps=20)
    explorer.wait_for_answer(before)
    assert explorer.requests[asked:] == []
    hand.up()
    last = explorer.wait_for_answer(before)
    seen = explorer.answers()[before:]
    assert len(seen) > 10
    assert all(answer["pointerTime"] for answer in seen)
    assert largest_difference(explorer, last["latent"]) < CLOSE
    probe = explorer.probe()
    assert probe == pytest.approx((x - 80, y + 110), abs=1)
    assert explorer.place_of(last["position"]) == pytest.approx(probe, abs=1)


def test_a_latent_of_its_own_fades_into_the_planes(explorer: ExplorerPage) -> None:
    """A kept probe far off the plane: at home exactly itself, and its residual fades as a Gaussian of the distance."""
    model = explorer.model
    anchor, latent = [0.0, 0.0], [1.5, -1.0, 0.5, 2.0, -1.5, 1.0]
    explorer.reopen(explorer.link_to(anchor, latent))
    assert explorer.wait_for_answer()["latent"] == pytest.approx(latent)
    explorer.page.wait_for_load_state("networkidle")
    x, y = explorer.probe()
    explorer.drag((x, y), (x + 70, y + 40))
    left, bottom, right, top = model.latent_map.bounds
    residual = torch.tensor(latent) - model.latent_on_plane(anchor)
    assert residual.abs().max() > 0.5  # there is something to fade
    for answer in [explorer.settled(), *explorer.answers()]:
        separation = math.dist(answer["position"], anchor) / (REACH * max(right - left, top - bottom))
        expected = model.latent_on_plane(answer["position"]) + residual * math.exp(-(separation**2) / 2)
        assert torch.allclose(torch.tensor(answer["latent"]), expected, atol=2e-3)


def test_a_data_point_starts_exactly_as_itself_and_changes_without_a_jump(explorer: ExplorerPage) -> None:
    point = explorer.lonely_point()
    x, y = explorer.place_of_point(point)
    before = len(explorer.answers())
    explorer.drag((x, y), (x + 60, y), steps=60)
    explorer.wait_for_answer(before)
    seen = explorer.answers()[before:]
    own = explorer.model.stored_latent(point)
    assert seen[0]["point"] == point
    assert torch.allclose(torch.tensor(seen[0]["latent"]), own, atol=1e-5)
    assert seen[-1]["point"] is None
    images = [explorer.model.decode(answer["latent"]) for answer in [{"latent": own.tolist()}, *seen]]
    whole = float((images[-1] - images[0]).abs().max())
    steps = [float((after - now).abs().max()) for now, after in itertools.pairwise(images)]
    assert max(steps) < 0.75 * whole or whole < CLOSE


def test_a_decoder_too_slow_for_the_page_moves_into_a_worker(
    chromium: Browser, address: str, model: ExplorableModel
) -> None:
    with explorer_page(chromium, address, model, wait=False) as explorer:
        explorer.page.add_init_script(HURRIED_CLOCK)
        with explorer.page.expect_worker():
            explorer.page.reload()
        explorer.page.wait_for_selector("[data-ready=true]")
        explorer.page.wait_for_load_state("networkidle")
        x, y = explorer.centre()
        before = len(explorer.answers())
        explorer.drag(explorer.probe(), (x + 60, y - 40), (x - 60, y + 50), steps=20)
        last = explorer.wait_for_answer(before)
        assert explorer.place_of(last["position"]) == pytest.approx((x - 60, y + 50), abs=1)
        assert largest_difference(explorer, last["latent"]) < CLOSE
        assert explorer.complaints == []


def test_a_click_on_empty_map_brings_the_probe_there(explorer: ExplorerPage) -> None:
    box = explorer.page.locator(".surface").bounding_box()
    assert box is not None
    corner = box["x"] + 40, box["y"] + 100
    before = len(explorer.answers())
    explorer.page.mouse.click(*corner)
    answer = explorer.wait_for_answer(before)
    assert explorer.probe() == pytest.approx(corner, abs=1)
    assert answer["point"] is None
    assert largest_difference(explorer, answer["latent"]) < CLOSE


def test_a_click_on_a_data_point_takes_the_probe_exactly_onto_it(explorer: ExplorerPage) -> None:
    point = explorer.lonely_point()
    place = explorer.place_of_point(point)
    before = len(explorer.answers())
    explorer.page.mouse.click(place[0] + 1, place[1])
    answer = explorer.wait_for_answer(before)
    assert answer["point"] == point
    assert explorer.probe() == pytest.approx(place, abs=0.6)
    assert torch.allclose(torch.tensor(answer["latent"]), explorer.model.stored_latent(point), atol=1e-6)


def test_a_release_is_told_once_and_opens_again_as_it_was(explorer: ExplorerPage) -> None:
    x, y = explorer.probe()
    before = len(explorer.answers())
    explorer.drag((x, y), (x + 50, y - 30))
    last = explorer.wait_for_answer(before)
    released = explorer.page.evaluate("released")
    assert len(released) == 1
    assert released[0]["latent"] == last["latent"]
    explorer.page.evaluate("answers.length = 0; explorer.update({...explorerOptions, manifestVersion: '2'})")
    again = explorer.wait_for_answer()
    assert again["latent"] == last["latent"]
    assert again["position"] == pytest.approx(last["position"])
    assert largest_difference(explorer, again["latent"]) < CLOSE


def test_a_slow_decoder_shows_the_newest_place_and_never_queues(explorer: ExplorerPage) -> None:
    """Far more moves than frames, in one burst: every answer is for a place that was newest when it was asked."""
    x, y = explorer.probe()
    before = len(explorer.answers())
    explorer.page.mouse.move(x, y)
    explorer.page.mouse.down()
    explorer.page.evaluate(
        """([x, y]) => {
            const surface = document.querySelector(".surface");
            for (let step = 1; step <= 300; step++) {
                surface.dispatchEvent(new PointerEvent("pointermove", {
                    pointerId: 1, pointerType: "mouse", isPrimary: true, buttons: 1, bubbles: true,
                    clientX: x + step / 3, clientY: y,
                }));
            }
        }""",
        [x, y],
    )
    last = explorer.wait_for_answer(before)
    explorer.page.mouse.up()
    assert len(explorer.answers()) - before <= 3
    assert explorer.place_of(last["position"])[0] == pytest.approx(x + 100, abs=1)
