"""Lesson 6's arithmetic, run by Node, against torch.distributions and scipy."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from torch.distributions import MultivariateNormal, kl_divergence

from tests.browser_maths import answers

COUNT = 20_000
AT = {"x": 0.4, "y": -1.3}
DIAGONAL: list[dict[str, Any]] = [
    {"mean": {"x": 0, "y": 0}, "deviations": [1, 1], "angle": 0},
    {"mean": {"x": 1.5, "y": -0.5}, "deviations": [0.5, 2], "angle": 0},
    {"mean": {"x": 0, "y": 2}, "deviations": [0.05, 1], "angle": 0},
]
FULL: list[dict[str, Any]] = [
    {"mean": {"x": 0, "y": 0}, "deviations": [1.8, 0.4], "angle": 0.7},
    {"mean": {"x": -1.2, "y": 0.8}, "deviations": [0.3, 1.1], "angle": -2.1},
    {"mean": {"x": 2, "y": 1}, "deviations": [2.5, 0.05], "angle": 1.2},
]
GAUSSIANS = [*DIAGONAL, *FULL]


def by_torch(gaussian: dict[str, Any]) -> MultivariateNormal:
    cosine, sine = np.cos(gaussian["angle"]), np.sin(gaussian["angle"])
    root = torch.tensor([[cosine, -sine], [sine, cosine]], dtype=torch.double) @ torch.diag(
        torch.tensor(gaussian["deviations"], dtype=torch.double)
    )
    mean = torch.tensor([gaussian["mean"]["x"], gaussian["mean"]["y"]], dtype=torch.double)
    return MultivariateNormal(mean, root @ root.T)


PRIOR = MultivariateNormal(torch.zeros(2).double(), torch.eye(2).double())


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[MultivariateNormal, Any]]:
    asked = {"gaussians": GAUSSIANS, "at": AT, "count": COUNT}
    given = answers("divergenceAnswers", asked, tmp_path_factory.mktemp("divergence"))
    return [(by_torch(gaussian), answer) for gaussian, answer in zip(GAUSSIANS, given, strict=True)]


def test_the_divergence_is_torchs_either_way_round(answered: Any) -> None:
    for q, answer in answered:
        assert answer["terms"]["divergence"] == pytest.approx(float(kl_divergence(q, PRIOR)), abs=1e-9)
        assert answer["otherWayRound"] == pytest.approx(float(kl_divergence(PRIOR, q)), rel=1e-9, abs=1e-9)


def test_the_bars_are_the_formulas_terms_and_add_up_to_twice_the_divergence(answered: Any) -> None:
    for q, answer in answered:
        terms = answer["terms"]
        assert terms["trace"] == pytest.approx(float(torch.trace(q.covariance_matrix)), abs=1e-12)
        assert terms["meanSquare"] == pytest.approx(float(q.mean @ q.mean), abs=1e-12)
        assert terms["negativeLogDet"] == pytest.approx(-float(torch.logdet(q.covariance_matrix)), abs=1e-9)
        bars = terms["trace"] + terms["meanSquare"] + terms["dimensions"] + terms["negativeLogDet"]
        assert bars == pytest.approx(2 * terms["divergence"], abs=1e-12)


def test_the_estimates_are_within_three_standard_errors(answered: Any) -> None:
    for _, answer in answered:
        value, error = answer["estimate"]["value"], answer["estimate"]["standardError"]
        assert abs(value - answer["terms"]["divergence"]) <= 3 * error
        assert error < 0.1
        value, error = answer["otherEstimate"]["value"], answer["otherEstimate"]["standardError"]
        assert abs(value - answer["otherWayRound"]) <= 3 * error


def test_the_densities_are_scipys(answered: Any) -> None:
    for q, answer in answered:
        expected = multivariate_normal(q.mean.numpy(), q.covariance_matrix.numpy()).logpdf([AT["x"], AT["y"]])
        assert answer["logDensity"] == pytest.approx(float(expected), rel=1e-6)


def test_a_diagonal_covariances_divergence_is_that_of_its_dimensions_added(answered: Any) -> None:
    for gaussian, (_, answer) in zip(GAUSSIANS, answered, strict=True):
        if gaussian in DIAGONAL:
            mean, variance = np.array(list(gaussian["mean"].values())), np.square(gaussian["deviations"])
            each = (mean**2 + variance - 1 - np.log(variance)) / 2
            assert answer["terms"]["divergence"] == pytest.approx(each.sum())
