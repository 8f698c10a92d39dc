"""What the map shows: classes switched off, colours by value, and what lies behind the points."""

import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Route, expect

from tests.browser.model import LATENT_DIM
from tests.browser.standalone import ExplorerPage, flat_bounds

# Counts the calls for images that go to workers, and their answers.
COUNT_DECODES = """() => {
  window.asked = window.answered = 0;
  const send = Worker.prototype.postMessage;
  const heard = new WeakSet();
  Worker.prototype.postMessage = function (call, ...rest) {
    if (!heard.has(this)) this.addEventListener("message", () => answered++);
    heard.add(this);
    asked++;
    send.call(this, call, ...rest);
  };
}"""
# Until every call has been answered, and no other has followed.
UNTIL_ANSWERED = """async () => {
  for (let still = 0; still < 5; still = asked === answered ? still + 1 : 0) await new Promise(requestAnimationFrame);
}"""
# Whether a pixel of what lies behind the points is painted.
PAINTED_AT = """([x, y]) => {
  const copy = new OffscreenCanvas(1, 1).getContext("2d");
  copy.drawImage(document.querySelector(".backdrop"), -x, -y);
  return copy.getImageData(0, 0, 1, 1).data[3] === 255;
}"""
NEIGHBOURS = 16
NEAR_QUANTILE = 0.99


def classes(explorer: ExplorerPage) -> Locator:
    return explorer.page.get_by_role("list", name="Classes").get_by_role("button")


def loneliest_of(explorer: ExplorerPage, label: int) -> int:
    """The data point of a class that is farthest from all others and clear of the probe."""
    positions = explorer.model.positions
    gaps = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    np.fill_diagonal(gaps, np.inf)
    alone = gaps.min(1)
    alone[explorer.model.labels != label] = 0
    alone[np.linalg.norm(positions - positions[explorer.model.latent_map.start], axis=1) * explorer.scale() < 60] = 0
    return int(alone.argmax())


def color_at(explorer: ExplorerPage, canvas: np.ndarray, point: int) -> list[int]:
    """The pixel of the points' canvas in the middle of a data point."""
    box = explorer.page.locator(".surface").bounding_box()
    assert box is not None
    x, y = explorer.place_of_point(point)
    return [int(value) for value in canvas[int(y - box["y"]), int(x - box["x"])]]


def painted(explorer: ExplorerPage) -> np.ndarray:
    explorer.frame()
    return explorer.picture("canvas.points")


def test_the_legend_hides_isolates_and_shows_again(explorer: ExplorerPage) -> None:
    page = explorer.page
    whole = painted(explorer)
    one, other = loneliest_of(explorer, 1), loneliest_of(explorer, 4)
    swatch = classes(explorer).nth(1).locator(".swatch").evaluate("at => getComputedStyle(at).backgroundColor")
    assert color_at(explorer, whole, one)[:3] == pytest.approx([int(n) for n in re.findall(r"\d+", swatch)], abs=8)

    classes(explorer).nth(1).click()
    expect(classes(explorer).nth(1)).to_have_attribute("aria-pressed", "false")
    without = painted(explorer)
    assert color_at(explorer, without, one)[3] == 0
    assert color_at(explorer, without, other) == color_at(explorer, whole, other)
    page.mouse.move(*explorer.place_of_point(other))
    expect(page.locator(".ring")).to_have_css("transform", re.compile("matrix"))
    page.mouse.move(*explorer.place_of_point(one))
    explorer.frame()
    assert page.evaluate("document.querySelector('.ring').hidden")

    classes(explorer).nth(4).click(modifiers=["Shift"])
    alone = painted(explorer)
    pressed = [at.get_attribute("aria-pressed") for at in classes(explorer).all()[:10]]
    assert pressed == ["true" if label == 4 else "false" for label in range(10)]
    assert color_at(explorer, alone, other) == color_at(explorer, whole, other)
    assert (alone[..., 3] > 0).sum() < 0.3 * (whole[..., 3] > 0).sum()
    explorer.button("Show all").click()
    assert (painted(explorer) == whole).all()


def as_number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def kernel_density(explorer: ExplorerPage) -> np.ndarray:
    """Points a square map unit at each point, by a Gaussian of 1.2 % of the map's longer side."""
    model = explorer.model
    left, bottom, right, top = model.latent_map.bounds
    width = 0.012 * max(right - left, top - bottom)
    squares = ((model.positions[:, None] - model.positions[None]) ** 2).sum(2)
    return np.exp(-squares / (2 * width**2)).sum(1) / (2 * np.pi * width**2)


def test_colours_by_value_with_the_ends_of_their_scale(explorer: ExplorerPage) -> None:
    page, model = explorer.page, explorer.model
    by_class = painted(explorer)
    choose = explorer.choice("Colour by")
    encoding = model.latent_map.encoding
    seen = [by_class]
    for option, title, values, tolerance in (
        ("kl", "KL", encoding.kl.half().float().numpy(), 0.006),
        ("reconstruction_error", "Mean square error", encoding.reconstruction_error.half().float().numpy(), 0.006),
        ("density", "Points a map unit²", kernel_density(explorer), 0.08),
        ("dimension 2", "Latent dimension 3", model.latents[:, 2], 0.006),
    ):
        choose.select_option(option)
        expect(page.locator(".ramp")).to_contain_text(title)
        low, high = (as_number(text) for text in page.locator(".ramp span").all_inner_texts()[1::2])
        ends = [float(np.percentile(values, share, method=by)) for share, by in ((1, "lower"), (99, "higher"))]  # type: ignore[call-overload]
        if option.startswith("dimension"):
            ends = [-max(map(abs, ends)), max(map(abs, ends))]
        assert [low, high] == pytest.approx(ends, rel=tolerance)
        canvas = painted(explorer)
        assert all((canvas != other).any() for other in seen)
        seen.append(canvas)
    choose.select_option("class")
    expect(page.locator(".ramp")).to_be_hidden()
    assert (painted(explorer) == by_class).all()


def backdrop(explorer: ExplorerPage) -> np.ndarray:
    explorer.frame()
    return explorer.picture("canvas.backdrop")


def distance_to_kin(positions: np.ndarray, at: np.ndarray, nth: int) -> float:
    return float(np.sort(np.linalg.norm(positions - at, axis=1))[nth - 1])


def far_limit(positions: np.ndarray) -> float:
    distances = np.array([distance_to_kin(positions, at, NEIGHBOURS + 1) for at in positions])
    return float(np.percentile(distances, 100 * NEAR_QUANTILE, method="higher"))


def far_judge(explorer: ExplorerPage) -> Callable[[tuple[float, float]], float]:
    """How far a position is from its 16th nearest data point, 1 being the limit."""
    positions = explorer.model.positions
    limit = far_limit(positions)
    return lambda at: distance_to_kin(positions, np.array(at), NEIGHBOURS) / limit


def test_empty_areas_are_shaded_and_badged_where_no_data_is_near(explorer: ExplorerPage) -> None:
    page, box = explorer.page, explorer.page.locator(".surface").bounding_box()
    assert box is not None
    judge = far_judge(explorer)
    badge = page.get_by_text("far from any data", exact=True)
    shaded = backdrop(explorer)
    seen = set()
    for column in range(1, 8):
        for row in range(2, 6):
            place = box["x"] + column * box["width"] / 8, box["y"] + row * box["height"] / 6
            share = judge(explorer.position_of(place))
            if 0.9 < share < 1.1:
                continue
            far = share > 1
            opacity = int(shaded[int(place[1] - box["y"]), int(place[0] - box["x"]), 3])
            assert opacity > 8 if far else opacity == 0
            if (column + row) % 2:
                continue
            page.mouse.click(*place)
            settled = explorer.settled()
            # A click may have met a data point beside it, which is never far from any data.
            away = settled["point"] is None and judge(settled["position"]) > 1
            assert badge.is_visible() == away
            seen.add(away)
    assert seen == {True, False}
    explorer.button("Empty areas").click()
    assert backdrop(explorer)[..., 3].max() == 0


def test_contours_are_drawn_over_the_points(explorer: ExplorerPage) -> None:
    explorer.button("Contours").click()
    expect(explorer.button("Contours")).to_have_attribute("aria-pressed", "true")
    explorer.frame()
    lines = explorer.picture("canvas.contours")[..., 3]
    order = "[...document.querySelector('.surface').children].map((at) => at.getAttribute('class'))"
    layers = explorer.page.evaluate(order)
    assert layers.index("backdrop") < layers.index("points") < layers.index("contours") < layers.index("probe")
    assert 500 < (lines > 60).sum() < 0.2 * lines.size
    # Where a line runs there is density: a data point within a few widths of its kernel.
    rows, columns = np.nonzero(lines > 60)
    left, bottom, right, top = explorer.model.latent_map.bounds
    middle = np.array([(left + right) / 2, (bottom + top) / 2])
    half = np.array(lines.shape[::-1]) / 2
    drawn = (np.stack([columns, rows], axis=1)[::20] - half) * [1, -1] / explorer.scale() + middle
    gaps = np.linalg.norm(drawn[:, None] - explorer.model.positions[None], axis=2).min(1)
    assert gaps.max() < 4 * 0.012 * max(right - left, top - bottom)


def test_a_lattice_of_decoded_images_comes_while_the_hand_moves_on(explorer: ExplorerPage) -> None:
    page, model = explorer.page, explorer.model
    box = page.locator(".surface").bounding_box()
    assert box is not None
    left, bottom, right, top = model.latent_map.bounds
    coarsest = max(right - left, top - bottom) / 8
    spacing = coarsest / 2 ** int(np.log2(coarsest * explorer.scale() / 34))
    middle = np.round(np.median(model.positions, axis=0) / spacing) * spacing
    x, y = explorer.place_of(middle.tolist())
    explorer.button("Images").click()
    before = len(explorer.answers())
    probe = explorer.probe()
    explorer.drag(probe, (probe[0] + 60, probe[1] + 30), steps=20)
    assert len(explorer.answers()) - before > 8
    page.wait_for_function(PAINTED_AT, arg=[int(x - box["x"]), int(y - box["y"])])
    canvas = explorer.picture("canvas.backdrop")
    side = spacing * explorer.scale() * 0.94
    with torch.inference_mode():
        expected = model.decode(model.latent_on_plane(middle.tolist()).tolist()).numpy()
    centres = (np.arange(8) + 0.5) / 8 * side - side / 2
    shown = [
        [canvas[int(y - box["y"] + down), int(x - box["x"] + across), 0] for across in centres] for down in centres
    ]
    assert np.abs(np.array(shown) / 255 - expected).max() < 3 / 255
    page.mouse.move(x, y)
    page.mouse.wheel(0, -500)
    explorer.settled()
    assert (backdrop(explorer) != canvas).any()


def test_a_lattice_along_two_axes_holds_the_other_dimensions_at_the_datas_mean(explorer: ExplorerPage) -> None:
    """As a map that was drawn along them does: the latents between which no data lie are decoded to what none shows."""
    page, model = explorer.page, explorer.model
    mean = 1.5 * np.ones(LATENT_DIM)

    def moved(route: Route) -> None:
        manifest = route.fetch().json()
        manifest["latent"]["mean"] = mean.tolist()
        route.fulfill(json=manifest)

    page.route("**/manifest.json*", moved)
    page.reload()
    page.wait_for_selector("[data-ready=true]")
    explorer.choice("Map").select_option("axes")
    explorer.choice("across").select_option("4")
    explorer.choice("up").select_option("1")
    bounds = flat_bounds(model.latents[:, [4, 1]])
    left, bottom, right, top = bounds
    coarsest = max(right - left, top - bottom) / 8
    spacing = coarsest / 2 ** int(np.log2(coarsest * explorer.scale(bounds) / 34))
    explorer.button("Images").click()
    box = page.locator(".surface").bounding_box()
    assert box is not None
    x, y = explorer.place_of((0.0, 0.0), bounds)
    across, down = int(x - box["x"]), int(y - box["y"])
    page.wait_for_function(PAINTED_AT, arg=[across, down])
    latent = mean.copy()
    latent[[4, 1]] = 0
    side = spacing * explorer.scale(bounds) * 0.94
    centres = ((np.arange(8) + 0.5) / 8 * side - side / 2).round().astype(int)
    shown = explorer.picture("canvas.backdrop")[np.ix_(down + centres, across + centres)][..., 0] / 255
    assert np.abs(shown - model.decode(latent.tolist()).numpy()).max() < 3 / 255


def test_the_lattice_stays_when_something_else_is_switched(explorer: ExplorerPage) -> None:
    page = explorer.page
    page.evaluate(COUNT_DECODES)
    explorer.button("Images").click()
    page.wait_for_function("asked > 0")
    page.evaluate(UNTIL_ANSWERED)
    asked = page.evaluate("asked")
    whole = backdrop(explorer)
    for name in ("Contours", "Contours", "Empty areas", "Empty areas"):
        explorer.button(name).click()
        page.evaluate(UNTIL_ANSWERED)
    classes(explorer).nth(1).click()
    page.evaluate(UNTIL_ANSWERED)
    assert page.evaluate("asked") == asked
    assert (backdrop(explorer) == whole).all()


def test_points_on_the_lattice_take_the_colours_for_the_images_ground(explorer: ExplorerPage) -> None:
    """On the light page, dark points would be lost on digits, whose ground is black."""
    swatch = classes(explorer).nth(8).locator(".swatch")
    explorer.page.get_by_role("tab", name="Groups").click()
    explorer.choice("Group A: take a class").select_option("8")
    bar = explorer.page.locator(".bars .share")
    before = swatch.evaluate("at => getComputedStyle(at).backgroundColor")
    explorer.button("Images").click()
    expect(swatch).not_to_have_css("background-color", before)
    on_black = swatch.evaluate("at => getComputedStyle(at).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", on_black))) > sum(map(int, re.findall(r"\d+", before)))
    expect(bar).to_have_css("background-color", on_black)  # of the group of that class
    explorer.button("Images").click()
    for shown in (swatch, bar):
        expect(shown).to_have_css("background-color", before)
