"""Lessons 3 to 7 in a real Chromium: what is dragged, by mouse, keys and fingers, and what the numbers then say."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from harness.standalone import serving
from tests.browser.learning import LearnPage, learn_page
from tests.browser.standalone import Fingers

PHONE = {"viewport": {"width": 400, "height": 850}, "has_touch": True, "device_scale_factor": 2}


@pytest.fixture(scope="module")
def lessons() -> Iterator[str]:
    """Where the lessons are served, and nothing else."""
    with serving(Path("no model")) as url:
        yield url


@pytest.fixture(params=[3, 4, 5, 6, 7])
def any_lesson(request: pytest.FixtureRequest, chromium: Browser, lessons: str) -> Iterator[LearnPage]:
    with learn_page(chromium, lessons, f"?lesson={request.param}", accept_downloads=True) as page:
        yield page
        assert page.complaints == []


@pytest.fixture
def gradients(chromium: Browser, lessons: str) -> Iterator[LearnPage]:
    with learn_page(chromium, lessons, "?lesson=3") as page:
        yield page
        assert page.complaints == []


@pytest.fixture
def divergence(chromium: Browser, lessons: str) -> Iterator[LearnPage]:
    with learn_page(chromium, lessons, "?lesson=6") as page:
        yield page
        assert page.complaints == []


@pytest.fixture
def flow(chromium: Browser, lessons: str) -> Iterator[LearnPage]:
    with learn_page(chromium, lessons, "?lesson=7") as page:
        yield page
        assert page.complaints == []


def numbers(words: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", words.replace("−", "-").replace(",", ""))]


def told(page: LearnPage, label: str) -> list[float]:
    """The numbers that a handle says it is at, once that is painted."""
    page.painted()
    handle = page.handle(label)
    return numbers(handle.get_attribute("aria-valuetext") or handle.get_attribute("aria-description") or "")


def agree(page: LearnPage, row: str, errors: float = 4.5) -> None:
    """Ours, with its standard error, is what the oracle says."""
    value, error = numbers(page.figure(row, 1))
    assert abs(value - numbers(page.figure(row, 2))[0]) < errors * error


def test_a_dragged_bell_has_its_gradients_told_at_once(gradients: LearnPage) -> None:
    before = told(gradients, "Mean μ")[0]
    gradients.drag("Mean μ", 60)
    mean = told(gradients, "Mean μ")[0]
    assert mean > before + 0.3
    gradients.drag("Width σ", -15)
    exact = numbers(gradients.figure("pathwise: mean", 2))[0]
    assert exact == pytest.approx(2 * mean, abs=0.02)  # of the quadratic, whose middle is 0
    for row in ("pathwise: mean", "score function: mean"):
        agree(gradients, row)
    ours, exact = (numbers(gradients.figure("ratio of the variances", column))[0] for column in (1, 2))
    assert ours == pytest.approx(exact, rel=0.25)
    assert f"{exact:.0f} times the draws" in gradients.sentence


def test_lifting_the_function_widens_one_heap_and_the_baseline_undoes_it(gradients: LearnPage) -> None:
    def ratio() -> float:
        return numbers(gradients.figure("ratio of the variances", 2))[0]

    gradient, level = gradients.figure("pathwise: mean", 2), ratio()
    gradients.drag("The function h", 0, -60)
    centre, height = told(gradients, "The function h")
    assert abs(centre) < 0.05
    assert height > 1
    assert numbers(gradients.figure("pathwise: mean", 2))[0] == pytest.approx(numbers(gradient)[0], abs=0.05)
    lifted = ratio()
    assert lifted > 1.5 * level
    gradients.page.get_by_role("button", name="Baseline").click()
    expect(gradients.page.get_by_role("button", name="Baseline")).to_have_attribute("aria-pressed", "true")
    assert ratio() < level


def test_the_folklore_breaks_for_a_fast_sine_and_for_a_step(gradients: LearnPage) -> None:
    page = gradients.page
    page.get_by_role("button", name="Sine").click()
    page.get_by_role("slider", name="Frequency").fill("6")
    expect(page.locator(".sentence")).to_contain_text("the pathwise variance is the larger one")
    page.get_by_role("button", name="Step").click()
    expect(page.locator(".sentence")).to_contain_text("A step has no slope")
    assert numbers(gradients.figure("pathwise: mean", 1))[0] == 0
    agree(gradients, "score function: mean")


def covariance(page: LearnPage) -> np.ndarray:
    """Σ as the handles of the axes tell it."""
    (first, angle), (second, _) = (told(page, f"{name} axis of q") for name in ("First", "Second"))
    turn = np.radians(angle)
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(axes @ np.diag([first**2, second**2]) @ axes.T)


def by_formula(page: LearnPage) -> float:
    mean, sigma = np.array(told(page, "Mean of q")), covariance(page)
    return float(np.trace(sigma) + mean @ mean - 2 - np.log(np.linalg.det(sigma))) / 2


def test_the_divergence_is_that_of_the_bell_at_the_hand(divergence: LearnPage) -> None:
    divergence.drag("Mean of q", -70, 20)
    divergence.drag("Second axis of q", 5, -40)
    assert abs(covariance(divergence)[0, 1]) < 1e-12  # diagonal: no hand makes it lean
    row = "KL(q‖N(0, I))"
    assert numbers(divergence.figure(row, 1))[0] == pytest.approx(by_formula(divergence), abs=0.03)
    divergence.page.get_by_role("button", name="Full").click()
    divergence.drag("First axis of q", 10, -60)
    assert abs(covariance(divergence)[0, 1]) > 0.1
    found = numbers(divergence.figure(row, 1))[0]
    assert found == pytest.approx(by_formula(divergence), abs=0.05)
    estimate, error = numbers(divergence.figure(row, 2))
    assert abs(estimate - found) < 4.5 * error
    assert f"KL = {found:.2f} nats" in divergence.sentence


def test_nothing_is_paid_for_the_prior_itself(divergence: LearnPage) -> None:
    divergence.page.get_by_role("button", name="Make it N(0, I)").click()
    expect(divergence.page.locator(".sentence")).to_contain_text("KL = 0 nats")
    assert numbers(divergence.figure("KL(q‖N(0, I))", 1)) == [0]


def test_a_needles_handles_can_be_told_apart(divergence: LearnPage) -> None:
    divergence.drag("First axis of q", -80)
    assert told(divergence, "First axis of q")[0] < 0.2
    before = told(divergence, "Mean of q")
    divergence.drag("First axis of q", 60)
    assert told(divergence, "First axis of q")[0] > 1
    assert told(divergence, "Mean of q") == before
    divergence.drag("Mean of q", 40)
    assert told(divergence, "Mean of q")[0] > before[0] + 0.5


def test_a_point_and_its_image_lead_each_other(flow: LearnPage) -> None:
    base, image = "Point of the base, z", "Its image, x"
    before = told(flow, image)
    flow.drag(base, -40, 25)
    moved = told(flow, base)
    assert told(flow, image) != before
    for row in ("log |det J|", "log p(x), nats"):
        ours, measured = (numbers(flow.figure(row, column))[0] for column in (1, 2))
        assert ours == pytest.approx(measured, abs=2e-4)
    log_base = -np.square(moved).sum() / 2 - np.log(2 * np.pi)
    expected = log_base - numbers(flow.figure("log |det J|", 1))[0]
    assert numbers(flow.figure("log p(x), nats", 1))[0] == pytest.approx(expected, abs=0.02)
    flow.drag(image, 30, -10)
    assert told(flow, base) != moved
    expect(flow.page.locator(".figures")).to_contain_text("1.000")


def test_before_the_first_layer_nothing_has_moved(flow: LearnPage) -> None:
    flow.page.get_by_role("slider", name="Layers").fill("0")
    assert told(flow, "Point of the base, z") == told(flow, "Its image, x")
    assert numbers(flow.figure("log |det J|", 1)) == [0]
    assert "as large as before" in flow.sentence


def test_a_journey_leads_through_all_layers(flow: LearnPage) -> None:
    layers = flow.page.get_by_role("slider", name="Layers")
    layers.fill("0")
    flow.page.get_by_role("button", name="Carry through").click()
    expect(layers).to_have_value("1", timeout=30_000)
    assert "After all 4 layers" in flow.sentence


def test_a_journey_is_a_step_for_those_who_ask_for_no_motion(chromium: Browser, lessons: str) -> None:
    with learn_page(chromium, lessons, "?lesson=7", reduced_motion="reduce") as page:
        layers = page.page.get_by_role("slider", name="Layers")
        for arrived in ("0", "1"):
            page.page.get_by_role("button", name="Carry through").click()
            assert layers.input_value() == arrived


def test_a_flow_that_comes_from_elsewhere_takes_the_place_of_ours(flow: LearnPage) -> None:
    """x = (2 z₁ + 1, z₂): its density is known."""
    record = {
        "version": 1,
        "name": "Twice as wide",
        "layers": [{"kind": "affine", "scale": [2, 1], "shift": [1, 0]}],
        "data": [[1, 0], [3, 0]],
        "logLikelihood": {"mean": -2.7810, "standardError": 0.25, "of": 2},
    }
    flow.page.evaluate("(flow) => window.learning.update({ given: { flow } })", record)
    expect(flow.page.locator(".named")).to_contain_text("Twice as wide, 1 layers")
    assert numbers(flow.figure("log |det J|", 1))[0] == pytest.approx(np.log(2), abs=1e-4)
    expected = -np.log(2 * np.pi) - np.log(2) - 0.25
    assert numbers(flow.figure("mean log p of data", 1))[0] == pytest.approx(expected, abs=1e-4)
    flow.page.evaluate("() => window.learning.update({})")
    expect(flow.page.locator(".named")).to_contain_text("set by hand")


SLUGS = {3: "gradients", 4: "samples", 5: "variance", 6: "divergence", 7: "flow"}
HANDLES = {
    "gradients": "Mean μ",
    "samples": "Samples of each image",
    "variance": "Variance σ",
    "divergence": "Mean of q",
    "flow": "Point of the base, z",
}
# What an arrow key and one with shift change the first number of a handle by, and as much as may be.
BY_KEYS = {
    "gradients": (0.22, 0.22),
    "samples": (24, 24),  # from 8 to the most, 32
    "variance": (2.5, 2.6),  # 0.55 powers of ten from 1
    "divergence": (0.54, 0.56),
    "flow": (0.54, 0.56),
}


def open_slug(page: LearnPage) -> str:
    return page.page.locator("[data-ready]").get_attribute("data-ready") or ""


def test_arrow_keys_move_what_a_hand_moves_and_a_drag_can_be_taken_back(any_lesson: LearnPage) -> None:
    label = HANDLES[open_slug(any_lesson)]
    handle = any_lesson.handle(label)
    before = told(any_lesson, label)
    handle.focus()
    any_lesson.page.keyboard.press("ArrowRight")
    any_lesson.page.keyboard.press("Shift+ArrowRight")
    expect(handle).to_be_focused()
    least, most = BY_KEYS[open_slug(any_lesson)]
    assert least - 0.01 <= told(any_lesson, label)[0] - before[0] <= most + 0.01
    kept = told(any_lesson, label)
    x, y = any_lesson.middle(label)
    any_lesson.page.mouse.move(x, y)
    any_lesson.page.mouse.down()
    any_lesson.page.mouse.move(x - 50, y, steps=4)
    any_lesson.page.keyboard.press("Escape")
    any_lesson.page.mouse.up()
    assert told(any_lesson, label) == kept


def test_a_link_opens_the_lesson_as_it_was_left(any_lesson: LearnPage) -> None:
    label = HANDLES[open_slug(any_lesson)]
    any_lesson.drag(label, -90)
    kept, said = told(any_lesson, label), any_lesson.sentence
    any_lesson.page.wait_for_function("() => location.search.includes('state=')")
    any_lesson.page.reload()
    any_lesson.ready()
    assert told(any_lesson, label) == kept
    assert any_lesson.sentence == said


def test_a_state_that_nobody_can_have_made_is_passed_over(any_lesson: LearnPage) -> None:
    slug = open_slug(any_lesson)
    before = any_lesson.sentence
    state = dict.fromkeys(("mean", "x", "first", "share", "name", "power", "centre", "price", "error"), "?")
    query = any_lesson.page.evaluate(
        """([slug, state]) => {
            const bytes = new TextEncoder().encode(JSON.stringify([[1, slug, state], []]) + "\\0");
            return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
        }""",
        [slug, state],
    )
    number = next(number for number, known in SLUGS.items() if known == slug)
    any_lesson.page.goto(any_lesson.page.url.split("?")[0] + f"?lesson={number}&state={query}")
    any_lesson.ready()
    assert any_lesson.sentence == before


def test_a_finger_drags_as_well_and_nothing_is_wider_than_a_phone(chromium: Browser, lessons: str) -> None:
    for number, slug in SLUGS.items():
        label = HANDLES[slug]
        with learn_page(chromium, lessons, f"?lesson={number}", **PHONE) as page:
            page.handle(label).scroll_into_view_if_needed()
            before = told(page, label)
            x, y = page.middle(label)
            Fingers(page).drag(((x, y), (x + 40, y)))
            assert told(page, label) != before, label
            width = page.page.evaluate("document.documentElement.scrollWidth")
            assert width <= 400, number
            assert page.complaints == []
