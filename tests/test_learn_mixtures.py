"""Lesson 2's arithmetic, run by Node, against scipy's densities, scipy's quadrature and scikit-learn's mixtures."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.mixture import GaussianMixture

from tests.browser_maths import answers

# What a hand drew: the spots that its pen went through.
DRAWN = [
    (-2.5, 0.1),
    (-2, 0.7),
    (-1.4, 0.2),
    (-0.9, 0.25),
    (-0.5, 0.9),
    (0.1, 0.85),
    (0.3, 0.1),
    (1.2, 0.15),
    (1.9, 0.6),
    (2.6, 0),
]
COUNTS = [1, 2, 4, 8, 16, 32, 64]
ARRIVED = 0.002  # total variation
HELD = 0.3
TARGETS: dict[str, Any] = {
    "humps": "humps",
    "box": "box",
    "ramps": "ramps",
    "drawn": [{"x": x, "y": y} for x, y in DRAWN],
}


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    asked = [{"target": target, "counts": COUNTS, "held": None} for target in TARGETS.values()]
    held = {"target": "box", "counts": COUNTS, "held": HELD}
    given = answers("mixtureAnswers", [*asked, held], tmp_path_factory.mktemp("mixtures"))
    return dict(zip([*TARGETS, "held"], given, strict=True))


def density(mixture: Any, x: Any) -> Any:
    """The mixture's density by scipy: (N,) for (N,)."""
    x = np.asarray(x)
    return norm.pdf(x[..., None], mixture["means"], mixture["width"]) @ np.array(mixture["weights"])


@pytest.mark.parametrize("name", [*TARGETS, "held"])
def test_a_mixture_is_a_density(answered: dict[str, Any], name: str) -> None:
    for mixture in answered[name]["mixtures"]:
        assert sum(mixture["weights"]) == pytest.approx(1, abs=1e-12)
        assert min(mixture["weights"]) >= 0
        nodes = sorted({-12.0, *mixture["means"], 12.0})
        area = sum(quad(lambda x, own=mixture: float(density(own, x)), *ends)[0] for ends in pairwise(nodes))
        assert area == pytest.approx(1, abs=1e-8)
        np.testing.assert_allclose(mixture["sum"], density(mixture, answered[name]["places"]), atol=1e-8)


@pytest.mark.parametrize("name", TARGETS)
def test_the_distance_falls_with_the_number_of_gaussians(answered: dict[str, Any], name: str) -> None:
    """With every doubling, until less than two thousandths are in the wrong place; there it stays."""
    distances = [mixture["distance"] for mixture in answered[name]["mixtures"]]
    assert all(later < earlier or later < ARRIVED for earlier, later in pairwise(distances)), distances
    assert distances[-1] < 0.1 * distances[0]


@pytest.mark.parametrize("name", TARGETS)
def test_the_distance_is_the_total_variation(answered: dict[str, Any], name: str) -> None:
    """By the trapezoid rule ten times as finely, and by draws within four of their standard errors."""
    places = np.array(answered[name]["places"])
    fine = np.linspace(places[0], places[-1], 10 * len(places))
    for mixture in answered[name]["mixtures"]:
        target = np.interp(fine, places, answered[name]["density"])
        q = density(mixture, fine)
        assert mixture["distance"] == pytest.approx(0.5 * np.trapezoid(np.abs(target - q), fine), abs=2e-3)
        assert mixture["affinity"] == pytest.approx(np.trapezoid(np.sqrt(target * q), fine), abs=2e-3)
        assert abs(mixture["drawn"]["value"] - mixture["distance"]) < 4 * mixture["drawn"]["error"] + 1e-3


def test_the_target_is_a_density(answered: dict[str, Any]) -> None:
    for answer in answered.values():
        assert np.trapezoid(answer["density"], answer["places"]) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("name", ["humps", "drawn"])
def test_the_fit_is_as_good_as_scikit_learns(answered: dict[str, Any], name: str) -> None:
    """Its mean log likelihood of draws of the target, with the same number of Gaussians of one width."""
    places, target = np.array(answered[name]["places"]), np.array(answered[name]["density"])
    generator = np.random.default_rng(3)
    draws = generator.choice(places, 4000, p=target / target.sum())
    for mixture in answered[name]["mixtures"][:4]:
        count = len(mixture["means"])
        theirs = GaussianMixture(count, covariance_type="tied", n_init=3, random_state=0).fit(draws[:, None])
        assert np.log(density(mixture, draws)).mean() > theirs.score(draws[:, None]) - 0.05


def test_with_a_width_that_is_held_more_gaussians_end_to_help(answered: dict[str, Any]) -> None:
    mixtures = answered["held"]["mixtures"]
    assert {mixture["width"] for mixture in mixtures} == {HELD}
    assert mixtures[-1]["distance"] > 0.9 * mixtures[-3]["distance"]
