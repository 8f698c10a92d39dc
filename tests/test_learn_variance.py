"""The arithmetic of what is dragged in lessons 4 and 5, run by Node, against numpy's and scipy's."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from tests.browser_maths import answers

PIXELS = [{"variance": variance, "error": error} for variance, error in product((1e-4, 0.02, 1.0, 5.0), (1e-3, 0.02))]
DIVISIONS: list[dict[str, Any]] = [
    {"shares": {"images": 1 - noise, "noise": noise}, "samples": samples, "cost": 64, "price": price}
    for noise, samples, price in product((0.1, 0.5, 0.9), (1, 4, 16), ("pairs", "passes"))
]
WITHIN = 4  # standard errors


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    asked = {"pixels": PIXELS, "divisions": DIVISIONS}
    found: dict[str, Any] = answers("varianceAnswers", asked, tmp_path_factory.mktemp("variance"))
    return found


def test_what_a_pixel_costs_is_scipys_negative_log_density(answered: dict[str, Any]) -> None:
    for pixel, found in zip(PIXELS, answered["pixels"], strict=True):
        offset, deviation = np.sqrt(pixel["error"]), np.sqrt(pixel["variance"])
        assert found["nats"] == pytest.approx(-norm.logpdf(offset, scale=deviation), rel=1e-12)
        assert found["bell"] == pytest.approx(norm.pdf(offset, scale=deviation), rel=1e-9)
        assert found["weight"] * found["beta"] == pytest.approx(1)


def test_the_cheapest_variance_is_scipys_and_the_mean_square_error(answered: dict[str, Any]) -> None:
    for pixel, found in zip(PIXELS, answered["pixels"], strict=True):

        def cost(log_variance: float, error: float = pixel["error"]) -> float:
            return -float(norm.logpdf(np.sqrt(error), scale=np.exp(log_variance / 2)))

        expected = np.exp(minimize_scalar(cost, bounds=(-11, 2), method="bounded", options={"xatol": 1e-9}).x)
        assert found["cheapest"] == pytest.approx(expected, rel=1e-5)
        assert found["cheapest"] == pytest.approx(pixel["error"], rel=1e-6)


def test_the_variance_of_a_batch_is_that_of_batches_that_are_drawn(answered: dict[str, Any]) -> None:
    for asked, found in zip(DIVISIONS, answered["divisions"], strict=True):
        images, noise = asked["shares"]["images"], asked["shares"]["noise"]
        assert found["spread"] == pytest.approx((images + noise / asked["samples"]) / found["images"])
        rounded = found["spread"] * found["images"] / round(found["images"])
        assert found["simulated"]["value"] == pytest.approx(rounded, abs=WITHIN * found["simulated"]["error"])
        assert sum(found["parts"].values()) == pytest.approx(found["spread"] / (1 / asked["cost"]))


def test_the_best_number_of_samples_is_where_the_variance_is_least(answered: dict[str, Any]) -> None:
    for asked, found in zip(DIVISIONS, answered["divisions"], strict=True):
        images, noise = asked["shares"]["images"], asked["shares"]["noise"]
        samples = np.linspace(1, 20, 1901)
        batch = 64 / samples if asked["price"] == "pairs" else 128 / (1 + samples)
        least = samples[np.argmin((images + noise / samples) / batch)]
        assert found["best"] == pytest.approx(least, abs=0.011)
