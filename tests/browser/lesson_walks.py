"""A walk through lessons 3 to 7 in any browser: what a hand drags, and the numbers that follow it."""

import re

import numpy as np
import pytest

from harness.window import Place, until
from tests.browser.learning import PAGE
from tests.browser.walk import FIND, Walk, line

# What a handle says it is at, once that is painted.
SAID = f"""async (label) => {{
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const handle = ({FIND})(".handle", label)[0];
  return handle.getAttribute("aria-valuetext") ?? handle.getAttribute("aria-description");
}}"""
FIGURES = f"""(row) => {{
  const heading = ({FIND})(".figures th", row)[0];
  return [...heading.parentElement.querySelectorAll("td")].map((cell) => cell.textContent);
}}"""
SENTENCE = f"() => ({FIND})('.sentence', null)[0].textContent"


def numbers(words: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", words.replace("−", "-").replace(",", ""))]


def said(walk: Walk, label: str) -> list[float]:
    return numbers(walk.window.run(SAID, label))


def figures(walk: Walk, row: str) -> list[list[float]]:
    """The numbers of ours, and those of the oracle."""
    return [numbers(cell) for cell in walk.window.run(FIGURES, row)]


def open_lesson(walk: Walk, address: str, number: int, slug: str) -> None:
    walk.window.open(f"{address}{PAGE}?lesson={number}")
    walk.wait_for(f"[data-ready={slug}]")
    until(walk.window, f"() => ({FIND})('.handle[transform]', null).length > 0")


def drag(walk: Walk, label: str, right: float, down: float) -> None:
    start: Place = walk.centre(".handle", label)
    walk.window.press(start)
    walk.window.move(line(start, (start[0] + right, start[1] + down), 12)[1:])
    walk.window.release()


def check_gradients(walk: Walk, address: str) -> None:
    """Both estimates are right by their own error, wherever the bell is brought."""
    open_lesson(walk, address, 3, "gradients")
    before = said(walk, "Mean μ")
    drag(walk, "Mean μ", 60, 0)
    mean = said(walk, "Mean μ")[0]
    assert mean > before[0] + 0.2
    for row in ("pathwise: mean", "score function: mean"):
        (value, error), (exact,) = figures(walk, row)
        assert exact == pytest.approx(2 * mean, abs=0.02)
        assert abs(value - exact) < 4.5 * error
    assert "times the draws" in walk.window.run(SENTENCE)


def check_samples(walk: Walk, address: str) -> None:
    """At equal cost one sample of many images wins, and the batches that are drawn agree."""
    open_lesson(walk, address, 4, "samples")
    assert said(walk, "Samples of each image") == [8, 16]
    drag(walk, "Samples of each image", -600, 0)
    assert said(walk, "Samples of each image") == [1, 128]
    (formula,), (drawn, error) = figures(walk, "as you divide it")
    assert formula == pytest.approx(1 / 128, abs=1e-5)
    assert abs(drawn - formula) < 4.5 * error
    assert "Nothing at this cost is better" in walk.window.run(SENTENCE)


def check_variance(walk: Walk, address: str) -> None:
    """What a pixel costs is the formula's, and σ at the error costs least."""
    open_lesson(walk, address, 5, "variance")
    drag(walk, "Variance σ", -150, 0)
    (variance,), (error,) = said(walk, "Variance σ"), said(walk, "Mean square error of the images")
    assert 0.001 < variance < 0.5
    (nats,) = figures(walk, "nats a pixel at this σ")[0]
    assert nats == pytest.approx(0.5 * np.log(2 * np.pi * variance) + error / (2 * variance), abs=0.02)
    walk.click("button", "σ = the error")
    assert said(walk, "Variance σ") == [error]
    assert "no other σ makes them likelier" in walk.window.run(SENTENCE)
    drag(walk, "Mean square error of the images", 60, 0)
    assert said(walk, "Variance σ") == [error], "the two handles are apart, even where the numbers are the same"
    assert said(walk, "Mean square error of the images")[0] > 1.5 * error


def check_divergence(walk: Walk, address: str) -> None:
    """The divergence is the formula's for the bell that the handles tell of, leaning too."""
    open_lesson(walk, address, 6, "divergence")
    drag(walk, "Mean of q", -50, -15)
    walk.click(".segments button", "Full")
    drag(walk, "First axis of q", -15, -60)
    mean = np.array(said(walk, "Mean of q"))
    (first, angle), (second, _) = said(walk, "First axis of q"), said(walk, "Second axis of q")
    assert angle > 10
    by_formula = (first**2 + second**2 + mean @ mean - 2 - 2 * np.log(first * second)) / 2
    (found,), (estimate, error) = figures(walk, "KL(q‖N(0, I))")[0], figures(walk, "KL(q‖N(0, I))")[1]
    assert found == pytest.approx(by_formula, abs=0.05)
    assert abs(found - estimate) < 4.5 * error


def check_flow(walk: Walk, address: str) -> None:
    """A point and its image lead each other, and the density adds up to 1."""
    open_lesson(walk, address, 7, "flow")
    image = said(walk, "Its image, x")
    drag(walk, "Point of the base, z", -40, 25)
    base = said(walk, "Point of the base, z")
    assert said(walk, "Its image, x") != image
    (ours,), (measured,) = figures(walk, "log |det J|")
    assert ours == pytest.approx(measured, abs=2e-4)
    drag(walk, "Its image, x", 25, -10)
    assert said(walk, "Point of the base, z") != base
    until(walk.window, f"() => ({FIGURES})('p(x) adds up to')[0] === '1.000'")
