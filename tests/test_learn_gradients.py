"""Lesson 3's arithmetic, run by Node, against scipy's quadrature."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from tests.browser_maths import answers

WIDTH = 0.5  # the bump's
COUNT, SAMPLES = 40_000, 4


@dataclass(frozen=True)
class Placed:
    name: str
    centre: float = 0.3
    height: float = 0.0
    frequency: float = 2.0

    def value(self, z: float) -> float:
        offset = z - self.centre
        shape = {
            "quadratic": offset**2,
            "bump": np.exp(-(offset**2) / (2 * WIDTH**2)),
            "sine": np.sin(self.frequency * offset),
            "step": float(offset > 0),
        }
        return self.height + float(shape[self.name])

    def slope(self, z: float) -> float:
        step = 1e-5
        return 0.0 if self.name == "step" else (self.value(z + step) - self.value(z - step)) / (2 * step)


FUNCTIONS = [
    Placed("quadratic"),
    Placed("quadratic", centre=-2.0, height=5.0),
    Placed("bump"),
    Placed("bump", centre=-0.2, height=-1.0),
    Placed("sine"),
    Placed("sine", frequency=7.0, height=1.0),
]
BELLS = [(0.0, 1.0), (1.2, 0.35), (-0.7, 2.0)]
STEP = Placed("step")
CASES = [
    {"placed": asdict(placed), "mean": mean, "sigma": sigma, "parameter": parameter, "baseline": baseline}
    for placed in [*FUNCTIONS, STEP]
    for mean, sigma in BELLS
    for parameter in ("mean", "logSigma")
    for baseline in (False, True)
]


def under(mean: float, sigma: float, integrand: Any, breaks: list[float]) -> float:
    """The expectation of a function under N(mean, sigma²)."""
    reach = (mean - 12 * sigma, mean + 12 * sigma)
    inside = [point for point in breaks if reach[0] < point < reach[1]]
    integral, _ = quad(lambda z: norm.pdf(z, mean, sigma) * integrand(z), *reach, points=inside or None, limit=2000)
    return float(integral)


class Exact:
    """What scipy says of one case."""

    def __init__(self, case: Any) -> None:
        self.placed = Placed(**case["placed"])
        self.mean, self.sigma = case["mean"], case["sigma"]
        self.by_mean = case["parameter"] == "mean"
        self.taken = self.expectation() if case["baseline"] else 0.0

    def expectation(self) -> float:
        return under(self.mean, self.sigma, self.placed.value, [self.placed.centre])

    def standardised(self, z: float) -> float:
        return (z - self.mean) / self.sigma

    def score(self, z: float) -> float:
        draw = self.standardised(z)
        return (self.placed.value(z) - self.taken) * (draw / self.sigma if self.by_mean else draw**2 - 1)

    def pathwise(self, z: float) -> float:
        return self.placed.slope(z) * (1.0 if self.by_mean else self.sigma * self.standardised(z))

    def moments(self, estimate: Any) -> tuple[float, float]:
        mean = under(self.mean, self.sigma, estimate, [self.placed.centre])
        return mean, under(self.mean, self.sigma, lambda z: (estimate(z) - mean) ** 2, [self.placed.centre])


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, Exact, Any]]:
    asked = {"settings": CASES, "count": COUNT, "samples": SAMPLES}
    given = answers("gradientAnswers", asked, tmp_path_factory.mktemp("gradients"))
    return [(case, Exact(case), answer) for case, answer in zip(CASES, given, strict=True)]


def smooth(case: Any) -> bool:
    return case["placed"]["name"] != "step"


def test_the_closed_forms_are_what_quadrature_finds(answered: Any) -> None:
    for case, exact, answer in answered:
        assert answer["value"] == pytest.approx(exact.expectation(), abs=1e-7), case
        # The score function's mean is the gradient whatever f is.
        assert answer["gradient"] == pytest.approx(exact.moments(exact.score)[0], abs=1e-6), case


def test_the_exact_variances_are_what_quadrature_finds(answered: Any) -> None:
    for case, exact, answer in answered:
        tolerance = 1e-5 if smooth(case) else 2e-2  # nodes do not fall on the step's edge
        assert answer["variances"]["score"] == pytest.approx(exact.moments(exact.score)[1], rel=tolerance), case
        assert answer["variances"]["pathwise"] == pytest.approx(exact.moments(exact.pathwise)[1], rel=1e-5, abs=1e-9), (
            case
        )


def test_both_estimates_agree_with_the_exact_gradient_within_their_stated_error(answered: Any) -> None:
    apart = [
        (answer[kind]["mean"] - answer["gradient"]) / answer[kind]["standardError"]
        for case, _, answer in answered
        for kind in ("pathwise", "score")
        if smooth(case)
    ]
    # All share their draws, so that no count of them is Gaussian; but none is far off.
    assert np.abs(apart).max() < 4
    assert np.mean(np.square(apart)) < 2


def test_the_ratio_shown_is_the_exact_one_within_its_stated_error(answered: Any) -> None:
    for case, _, answer in answered:
        if smooth(case):
            exact = answer["variances"]["score"] / answer["variances"]["pathwise"]
            assert abs(answer["ratio"]["value"] - exact) < 4 * answer["ratio"]["standardError"], case
            assert answer["ratio"]["value"] == pytest.approx(exact, rel=0.15), case


def test_the_score_functions_estimate_of_a_step_is_right_and_the_pathwise_one_says_0(answered: Any) -> None:
    for case, _, answer in answered:
        if not smooth(case):
            assert answer["pathwise"]["mean"] == answer["pathwise"]["variance"] == 0
            assert answer["ratio"] is None
            assert abs(answer["score"]["mean"] - answer["gradient"]) < 4 * answer["score"]["standardError"]


def test_where_the_folklore_breaks(answered: Any) -> None:
    """The pathwise estimate of a fast sine has the larger variance, even where f has its mean taken off."""
    ratios = {
        (case["placed"]["name"], case["placed"]["frequency"], case["sigma"], case["parameter"], case["baseline"]): (
            answer["variances"]["score"] / answer["variances"]["pathwise"]
        )
        for case, _, answer in answered
        if smooth(case)
    }
    assert ratios["sine", 7.0, 1.0, "mean", True] < 0.1
    assert ratios["sine", 2.0, 0.35, "mean", True] > 1
    assert ratios["quadratic", 2.0, 1.0, "mean", True] > 1
