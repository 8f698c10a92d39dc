"""Lesson 1's arithmetic, run by Node, against scipy's densities and scipy's quadrature."""

from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from scipy.integrate import fixed_quad
from scipy.optimize import minimize
from scipy.stats import norm

from tests.browser_maths import answers

SLOPE, OFFSET = 1.5, 0.5  # of the model with one peak
BELLS = [(0.0, 1.0), (-0.6, 0.9), (1.3, 0.1), (2.5, 0.4), (-3.0, 2.0)]
ASKED: list[dict[str, Any]] = [
    {"kind": kind, "noise": noise, "x": x, "q": {"mean": mean, "deviation": deviation}}
    for kind, noise, x, (mean, deviation) in product(("one", "two"), (0.3, 0.8, 2.0), (-2.0, 0.5, 4.0), BELLS)
]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return list(zip(ASKED, answers("boundAnswers", ASKED, tmp_path_factory.mktemp("bound")), strict=True))


def log_joint(asked: dict[str, Any], z: Any) -> Any:
    """log p(x, z) by scipy."""
    decoded = SLOPE * z + OFFSET if asked["kind"] == "one" else z**2
    return norm.logpdf(z) + norm.logpdf(asked["x"], decoded, asked["noise"])


def log_evidence(asked: dict[str, Any]) -> float:
    """log p(x): in closed form by scipy's density, or by scipy's quadrature round the peaks."""
    if asked["kind"] == "one":
        return float(norm.logpdf(asked["x"], OFFSET, np.hypot(SLOPE, asked["noise"])))
    return float(np.log(gauss_legendre(lambda z: np.exp(log_joint(asked, z)), np.linspace(-12, 12, 25))))


def gauss_legendre(of: Any, ends: Any) -> float:
    """An integral by scipy's Gauss-Legendre rule, piece by piece; ours is the trapezoid one."""
    return float(sum(fixed_quad(of, *piece, n=60)[0] for piece in pairwise(ends)))


def over_q(asked: dict[str, Any], of: Any) -> float:
    """The mean over q of a function of z, by scipy's quadrature."""
    mean, deviation = asked["q"]["mean"], asked["q"]["deviation"]
    ends = mean + deviation * np.linspace(-12, 12, 13)
    return gauss_legendre(lambda z: norm.pdf(z, mean, deviation) * of(z), ends)


def test_bound_and_gap_are_the_evidence(answered: Any) -> None:
    """Gap and bound are found without each other: their sum is what scipy says that log p(x) is."""
    for asked, answer in answered:
        exact = log_evidence(asked)
        assert answer["logEvidence"] == pytest.approx(exact, abs=1e-9, rel=1e-12)
        assert answer["elbo"] + answer["gap"] == pytest.approx(exact, abs=1e-9, rel=1e-12)
        assert answer["gap"] >= -1e-12


def test_each_term_is_scipys(answered: Any) -> None:
    for asked, answer in answered:
        mean, deviation = asked["q"]["mean"], asked["q"]["deviation"]
        exact = log_evidence(asked)

        def log_q(z: Any, mean: float = mean, deviation: float = deviation) -> Any:
            return norm.logpdf(z, mean, deviation)

        elbo = over_q(asked, lambda z, asked=asked, log_q=log_q: log_joint(asked, z) - log_q(z))
        from_prior = over_q(asked, lambda z, log_q=log_q: log_q(z) - norm.logpdf(z))
        assert answer["elbo"] == pytest.approx(elbo, abs=1e-8, rel=1e-10)
        assert answer["fromPrior"] == pytest.approx(from_prior, abs=1e-8, rel=1e-10)
        assert answer["reconstruction"] == pytest.approx(elbo + from_prior, abs=1e-8, rel=1e-10)
        assert answer["gap"] == pytest.approx(exact - elbo, abs=1e-8, rel=1e-10)
        assert answer["logPosterior"] == pytest.approx(log_joint(asked, mean) - exact, abs=1e-9, rel=1e-10)


def test_what_stands_beside_our_numbers_is_right_as_well(answered: Any) -> None:
    for _asked, answer in answered:
        assert answer["boundByQuadrature"] == pytest.approx(answer["elbo"], abs=1e-9, rel=1e-12)
        assert answer["gapByQuadrature"] == pytest.approx(answer["gap"], abs=1e-9, rel=1e-12)
        assert answer["evidenceByQuadrature"] == pytest.approx(answer["logEvidence"], abs=1e-9, rel=1e-12)
        drawn = answer["evidenceBySampling"]
        assert abs(np.exp(drawn["value"]) - np.exp(answer["logEvidence"])) < 4 * drawn["error"] * np.exp(drawn["value"])
        assert answer["drawnEvidence"] == pytest.approx(np.exp(answer["logEvidence"]), rel=1e-4)


def test_the_best_bell_is_the_posterior_or_as_near_as_a_bell_comes(answered: Any) -> None:
    for asked, answer in answered:
        best = answer["best"]
        if asked["kind"] == "one":
            variance = SLOPE**2 + asked["noise"] ** 2
            assert best["mean"] == pytest.approx(SLOPE * (asked["x"] - OFFSET) / variance, abs=1e-5)
            assert best["deviation"] == pytest.approx(asked["noise"] / np.sqrt(variance), abs=1e-5)
        else:
            found = minimize(
                lambda at, asked=asked: -square_bound(asked, at[0], np.exp(at[1])),
                [best["mean"], np.log(best["deviation"])],
                method="Nelder-Mead",
                options={"xatol": 1e-9, "fatol": 1e-12},
            )
            assert square_bound(asked, best["mean"], best["deviation"]) == pytest.approx(-found.fun, abs=1e-5)


def square_bound(asked: dict[str, Any], mean: float, deviation: float) -> float:
    """The bound of the model with two peaks, by the moments that scipy has of a normal distribution."""
    second, fourth = (norm.moment(order, loc=mean, scale=deviation) for order in (2, 4))
    missed = asked["x"] ** 2 - 2 * asked["x"] * second + fourth
    likelihood = norm.logpdf(0, 0, asked["noise"]) - missed / (2 * asked["noise"] ** 2)
    from_prior = 0.5 * (mean**2 + deviation**2 - 1) - np.log(deviation)
    return float(likelihood - from_prior)
