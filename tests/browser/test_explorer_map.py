"""The map answers mouse, wheel, keys and fingers."""

import pytest

from tests.browser.standalone import ExplorerPage, Fingers

EMPTY = (40, 100)  # a place on the map without points, in pixels from its corner


def corner(explorer: ExplorerPage) -> tuple[float, float]:
    box = explorer.page.locator(".surface").bounding_box()
    assert box is not None
    return box["x"] + EMPTY[0], box["y"] + EMPTY[1]


def frame(explorer: ExplorerPage) -> None:
    explorer.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def drawn(explorer: ExplorerPage) -> list[int]:
    """How many pixels of the points' canvas have each colour's share of paint: a summary that any redraw changes."""
    return list(
        explorer.page.evaluate(
            """() => {
                const canvas = document.querySelector("canvas.points");
                const sheet = new OffscreenCanvas(canvas.width, canvas.height);
                const copy = sheet.getContext("2d", { willReadFrequently: true });
                copy.drawImage(canvas, 0, 0);
                const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
                const sums = [0, 0, 0, 0];
                for (let byte = 0; byte < data.length; byte++) sums[byte % 4] += data[byte];
                return sums;
            }"""
        )
    )


def ring_is_hidden(explorer: ExplorerPage) -> bool:
    return bool(explorer.page.evaluate("document.querySelector('.ring').hidden"))


def test_dragging_empty_map_pans(explorer: ExplorerPage) -> None:
    before, x, y = explorer.probe(), *corner(explorer)
    answers = len(explorer.answers())
    explorer.drag((x, y), (x + 70, y + 30))
    frame(explorer)
    assert explorer.probe() == pytest.approx((before[0] + 70, before[1] + 30), abs=1)
    assert len(explorer.answers()) == answers  # the probe itself has not moved


def test_the_wheel_zooms_at_the_pointer(explorer: ExplorerPage) -> None:
    x, y = explorer.probe()
    image = drawn(explorer)
    explorer.page.mouse.move(x, y)
    explorer.page.mouse.wheel(0, -600)
    frame(explorer)
    assert explorer.probe() == pytest.approx((x, y), abs=3)  # a wheel event knows whole pixels only
    assert drawn(explorer) != image
    far_x, far_y = corner(explorer)
    explorer.page.mouse.move(far_x, far_y)
    explorer.page.mouse.wheel(0, 300)
    frame(explorer)
    assert explorer.probe() != pytest.approx((x, y), abs=5)


def test_keys_nudge_zoom_and_fit(explorer: ExplorerPage) -> None:
    surface = explorer.page.locator(".surface")
    surface.focus()
    x, y = explorer.probe()
    surface.press("ArrowRight")
    explorer.settled()
    near = explorer.probe()
    assert 2 < near[0] - x < 8
    assert near[1] == pytest.approx(y, abs=0.5)
    surface.press("Shift+ArrowUp")
    explorer.settled()
    assert explorer.probe()[1] - y == pytest.approx(-10 * (near[0] - x), abs=1)
    assert explorer.page.evaluate("released.length") == 2
    place = explorer.probe()
    surface.press("+")
    frame(explorer)
    assert explorer.probe() != pytest.approx(place, abs=1)
    surface.press("0")
    frame(explorer)
    assert explorer.probe() == pytest.approx(place, abs=1)


def test_the_probe_stays_in_sight_when_keys_take_it_over_the_edge(explorer: ExplorerPage) -> None:
    surface = explorer.page.locator(".surface")
    surface.focus()
    for _ in range(40):
        surface.press("Shift+ArrowLeft")
    explorer.settled()
    box = surface.bounding_box()
    assert box is not None
    assert box["x"] <= explorer.probe()[0] <= box["x"] + box["width"]


def test_a_point_under_the_pointer_gets_a_ring_and_then_a_card(explorer: ExplorerPage) -> None:
    point = explorer.lonely_point()
    explorer.page.mouse.move(*explorer.place_of_point(point))
    frame(explorer)
    assert not ring_is_hidden(explorer)
    ring = explorer.page.locator(".ring").bounding_box()
    assert ring is not None
    assert (ring["x"], ring["y"]) == pytest.approx(explorer.place_of_point(point), abs=0.6)
    card = explorer.page.locator(".card")
    card.wait_for(state="visible")
    dataset, labels = explorer.model.latent_map.dataset, explorer.model.latent_map.labels
    assert dataset.class_names[int(labels[point])] in card.inner_text()
    painted = explorer.page.evaluate(
        """() => [...document.querySelectorAll(".card canvas")].map((canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return data.filter((value, byte) => byte % 4 !== 3).reduce((sum, value) => sum + value, 0);
        })"""
    )
    assert all(ink > 0 for ink in painted)
    explorer.page.locator(".surface").focus()
    explorer.page.keyboard.press("Escape")
    frame(explorer)
    assert card.is_hidden()
    assert ring_is_hidden(explorer)


def test_one_finger_drags_the_probe(phone: ExplorerPage) -> None:
    x, y = phone.probe()
    before = len(phone.answers())
    Fingers(phone).drag(((x + 15, y + 10), (x + 75, y + 50)))
    phone.wait_for_answer(before)
    assert phone.probe() == pytest.approx((x + 60, y + 40), abs=1)  # carried by where it was taken
    assert phone.page.evaluate("released.length") == 1
    assert phone.page.evaluate("scrollY") == 0


def test_one_finger_pans_where_the_probe_is_not(phone: ExplorerPage) -> None:
    before, x, y = phone.probe(), *corner(phone)
    Fingers(phone).drag(((x, y), (x + 50, y + 30)))
    frame(phone)
    assert phone.probe() == pytest.approx((before[0] + 50, before[1] + 30), abs=1)


def test_two_fingers_zoom_about_their_middle(phone: ExplorerPage) -> None:
    x, y = phone.probe()
    Fingers(phone).drag(((x - 40, y), (x - 80, y)), ((x + 40, y), (x + 80, y)))
    frame(phone)
    assert phone.probe() == pytest.approx((x, y), abs=2)
    box = phone.page.locator(".surface").bounding_box()
    assert box is not None
    centre = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    phone.page.locator(".surface").focus()
    phone.page.keyboard.press("0")
    frame(phone)
    phone.page.evaluate("answers.length = 0")
    home = phone.probe()
    Fingers(phone).drag(
        ((centre[0] - 40, centre[1]), (centre[0] - 80, centre[1])),
        ((centre[0] + 40, centre[1]), (centre[0] + 80, centre[1])),
    )
    frame(phone)
    away = phone.probe()
    assert away[0] - centre[0] == pytest.approx(2 * (home[0] - centre[0]), abs=3)
    assert away[1] - centre[1] == pytest.approx(2 * (home[1] - centre[1]), abs=3)
