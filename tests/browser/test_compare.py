"""Models beside each other: one hover, one selection and one probe, by image and never by row."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from harness.standalone import serving
from tests.browser.assistance import LOOKS, barriers, tab_to
from tests.browser.comparison import NAMES, ComparedModels, ComparisonPage, comparison_page, make_compared
from tests.browser.lasso import circle, inside

CLOSE = 2 / 255


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ComparedModels:
    return make_compared(tmp_path_factory.mktemp("compared"))


@pytest.fixture(scope="module")
def served(models: ComparedModels) -> Iterator[str]:
    with serving(models.root) as address:
        yield address


@pytest.fixture
def compared(chromium: Browser, served: str, models: ComparedModels) -> Iterator[ComparisonPage]:
    with comparison_page(chromium, served, models) as page:
        yield page
        assert page.complaints == []


def lonely(models: ComparedModels) -> int:
    """A point of `one` that stands apart and whose image `two` shows as well."""
    positions = models.one.positions
    gaps = ((positions[:, None] - positions[None]) ** 2).sum(-1)
    np.fill_diagonal(gaps, np.inf)
    return int(np.where(models.shared, gaps.min(1), -1).argmax())


def test_a_drag_on_one_map_moves_the_others_to_the_nearest_image(
    compared: ComparisonPage, models: ComparedModels
) -> None:
    start, (x, y) = compared.centre_of(compared.side("A").locator(".probe")), compared.centre_of(compared.surface("A"))
    page = compared.page
    page.mouse.move(*start)
    page.mouse.down()
    for step in range(1, 31):
        page.mouse.move(start[0] + (x + 60 - start[0]) * step / 30, start[1] + (y + 40 - start[1]) * step / 30)
    page.mouse.up()
    compared.at_rest()
    led, followed = compared.answers("one")[-1], compared.answers("two")[-1]
    assert (led["leading"], led["point"], followed["leading"]) == (True, None, False)
    point = models.nearest_shared(led["position"])
    row = models.same_on_two(point)
    assert row != point
    assert followed["point"] == row
    assert followed["latent"] == models.two.stored_latent(row).tolist()
    assert np.abs(compared.pixels("A") - models.one.decode(led["latent"]).numpy()).max() < CLOSE
    assert np.abs(compared.pixels("B") - models.two.decode(followed["latent"]).numpy()).max() < CLOSE
    expected = compared.place_of("B", models.two.positions[row])
    assert np.abs(np.array(compared.centre_of(compared.side("B").locator(".probe"))) - expected).max() < 1.5
    expect(page.get_by_role("img", name="The image itself")).not_to_have_class(re.compile("awaited"))
    number = int(models.one.latent_map.indices[point]) + 1
    assert f"the nearest, image {number:,}" in compared.words()


def test_on_an_image_each_shows_its_own_reconstruction(compared: ComparisonPage, models: ComparedModels) -> None:
    point = lonely(models)
    compared.page.mouse.click(*compared.place_of("A", models.one.positions[point]))
    compared.at_rest()
    row = models.same_on_two(point)
    assert (compared.answers("one")[-1]["point"], compared.answers("two")[-1]["point"]) == (point, row)
    assert compared.answers("two")[-1]["latent"] == models.two.stored_latent(row).tolist()
    number = int(models.one.latent_map.indices[point]) + 1
    expect(compared.page.locator(".stand")).to_have_text(
        re.compile(rf"On image {number:,} .*: each model shows its own reconstruction of it\.")
    )


def test_an_image_that_a_map_does_not_show_is_said_to_be_missing(
    compared: ComparisonPage, models: ComparedModels
) -> None:
    """`two` shows a part of the images: no other of them is passed off as the one that is missing."""
    positions = models.one.positions
    gaps = ((positions[:, None] - positions[None]) ** 2).sum(-1)
    np.fill_diagonal(gaps, np.inf)
    point = int(np.where(models.shared, -1, gaps.min(1)).argmax())
    compared.page.mouse.click(*compared.place_of("A", positions[point]))
    compared.at_rest()
    assert compared.answers("one")[-1]["point"] == point
    assert "not on the map of B" in compared.words()
    expect(compared.page.get_by_role("img", name="What B decodes")).to_be_hidden()


def test_a_hover_rings_the_same_image_on_every_map(compared: ComparisonPage, models: ComparedModels) -> None:
    point = lonely(models)
    compared.page.mouse.move(*compared.place_of("A", models.one.positions[point]))
    for letter, model, row in (("A", models.one, point), ("B", models.two, models.same_on_two(point))):
        ring = compared.side(letter).locator(".ring")
        expect(ring).not_to_have_attribute("hidden", "")
        place = compared.place_of(letter, model.positions[row])
        assert np.abs(np.array(compared.centre_of(ring)) - place).max() < 1.5
    compared.page.mouse.move(5, 5)
    expect(compared.side("B").locator(".ring")).to_have_attribute("hidden", "")


def test_a_lasso_lights_the_same_images_on_every_map(compared: ComparisonPage, models: ComparedModels) -> None:
    middle = compared.place_of("A", np.median(models.one.positions[models.one.labels == 0], axis=0))
    corners = circle(middle, 60)
    before = compared.side("B").locator("canvas.points").evaluate("(it) => it.toDataURL()")
    compared.side("A").get_by_role("button", name="Lasso").click()
    compared.page.mouse.move(*corners[0])
    compared.page.mouse.down()
    for corner in [*corners[1:], corners[0]]:
        compared.page.mouse.move(*corner)
    compared.page.mouse.up()
    (found,) = [gathered["found"] for gathered in compared.page.evaluate("gathered")]
    centre, unit = (compared.place_of("A", np.array(at)) for at in ((0.0, 0.0), (1.0, 1.0)))
    scale = np.array(unit) - centre
    own = inside((np.array(corners) - centre) / scale, models.one.positions)
    assert abs(found["A"] - len(own)) <= 1
    assert abs(found["B"] - models.shared[own].sum()) <= 1
    row = compared.page.locator(".gathered")
    expect(row).to_contain_text(f"{found['A']} images gathered on A")
    expect(row).to_contain_text(f"{found['B']} of them on B")
    canvas = compared.side("B").locator("canvas.points")
    assert canvas.evaluate("(it) => it.toDataURL()") != before
    compared.surface("A").press("Escape")
    expect(row).to_be_hidden()


def test_classes_are_hidden_on_all_maps_of_the_same_data(compared: ComparisonPage) -> None:
    images = [compared.side(letter).locator("canvas.points") for letter in "AB"]
    before = [image.evaluate("(it) => it.toDataURL()") for image in images]
    compared.page.locator(".legend button").nth(3).click()
    compared.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert all(image.evaluate("(it) => it.toDataURL()") != was for image, was in zip(images, before, strict=True))


def test_the_keyboard_moves_all_and_escape_takes_it_back(compared: ComparisonPage) -> None:
    before = compared.answers("two")[-1]["point"]
    tab_to(compared.page, "Map of B")
    for _ in range(12):
        compared.page.keyboard.press("Shift+ArrowLeft")
    compared.at_rest()
    led = compared.answers("two")[-1]
    assert (led["leading"], led["point"]) == (True, None)
    assert compared.answers("one")[-1]["leading"] is False
    assert "B decodes the place under the hand" in compared.words()
    assert before is not None
    page = compared.page
    start = compared.centre_of(compared.side("B").locator(".probe"))
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 60, start[1] + 30, steps=6)
    page.keyboard.press("Escape")
    page.mouse.up()
    compared.at_rest()
    assert compared.answers("two")[-1]["position"] == led["position"]


def test_the_same_images_go_through_each(compared: ComparisonPage, models: ComparedModels) -> None:
    """Without test images at hand they are the maps' own, by image."""
    strips = compared.page.locator(".strip")
    expect(strips).to_have_count(3)
    expect(compared.page.get_by_role("heading", name="The same eight images through each")).to_be_visible()
    expect(compared.page.locator(".strip canvas.awaited")).to_have_count(0)
    names = strips.nth(0).locator("canvas").evaluate_all("(all) => all.map((it) => it.ariaLabel)")
    for letter, model in (("A", models.one), ("B", models.two)):
        canvases = strips.nth("AB".index(letter) + 1).locator("canvas")
        assert canvases.count() == 8
        for at in range(8):
            number = int(names[at].split(" ")[1].replace(",", "")) - 1
            (row,) = np.flatnonzero(model.latent_map.indices.numpy() == number)
            expected = model.decode(model.stored_latent(int(row)).tolist()).numpy()
            values = canvases.nth(at).evaluate("(it) => [...it.getContext('2d').getImageData(0, 0, 8, 8).data]")
            assert np.abs(np.array(values).reshape(8, 8, 4)[..., 0] / 255 - expected).max() < CLOSE


@pytest.mark.parametrize("width", [1280, 1024])
def test_a_long_title_moves_nothing(chromium: Browser, served: str, models: ComparedModels, width: int) -> None:
    with comparison_page(chromium, served, models, viewport={"width": width, "height": 900}) as page:
        titles = page.page.locator("h3 .title, .strip .title, .picture .title")
        for title in ("a long title " * 6, "a" * 80):
            titles.evaluate_all(
                "(all, title) => all.filter((_, at) => at % 2 === 0).forEach((it) => (it.textContent = title))", title
            )
            a, b = (page.surface(letter).bounding_box() for letter in "AB")
            assert a is not None
            assert b is not None
            assert (a["y"], a["width"]) == pytest.approx((b["y"], b["width"]), abs=1)
            assert a["x"] + a["width"] < b["x"]
            assert page.page.evaluate("document.documentElement.scrollWidth") <= width


def test_models_of_other_data_have_a_probe_of_their_own(chromium: Browser, served: str, models: ComparedModels) -> None:
    with comparison_page(chromium, served, models, NAMES) as page:
        page.page.mouse.click(*page.place_of("A", models.one.positions[lonely(models)]))
        page.at_rest()
        count = len(page.answers("other"))
        assert count > 0, "it shows its own first image"
        assert "C learned other images and has a probe of its own." in page.words()
        page.page.mouse.click(*page.centre_of(page.surface("C")))
        page.at_rest()
        assert len(page.answers("other")) > count
        expect(page.page.locator(".legends .legend")).to_have_count(2)


def test_a_model_that_cannot_be_had_leaves_the_others(chromium: Browser, served: str, models: ComparedModels) -> None:
    with comparison_page(chromium, served, models, ("one", "gone", "two")) as page:
        expect(page.side("B").get_by_role("alert")).to_contain_text("manifest.json could not be fetched.")
        page.page.mouse.click(*page.place_of("A", models.one.positions[lonely(models)]))
        page.at_rest()
        assert page.answers("two")[-1]["point"] == models.same_on_two(lonely(models))


@pytest.mark.parametrize("colours", LOOKS)
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_no_barrier(
    chromium: Browser, served: str, models: ComparedModels, width: int, colours: dict[str, str]
) -> None:
    settings: dict[str, Any] = {"viewport": {"width": width, "height": 860}, "reduced_motion": "reduce", **colours}
    with comparison_page(chromium, served, models, NAMES, **settings) as page:
        assert barriers(page.page) == []
        surface = page.surface("A")
        surface.scroll_into_view_if_needed()
        x, y = page.centre_of(surface)
        page.page.keyboard.down("Shift")
        page.page.mouse.move(x - 60, y - 60)
        page.page.mouse.down()
        for corner in ((x + 60, y - 60), (x + 60, y + 60), (x - 60, y + 60)):
            page.page.mouse.move(*corner)
        page.page.mouse.up()
        page.page.keyboard.up("Shift")
        expect(page.page.locator(".gathered")).to_be_visible()
        assert barriers(page.page) == []
        if width == 400:
            overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.page.evaluate(overflow) <= 0
