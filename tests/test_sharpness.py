"""The figures of the sharpness benchmark: the Fréchet distance against its closed forms and SciPy's matrix root."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from benchmarks.lenet import features, lenet, probabilities
from benchmarks.sharpness import frechet_distance, gradient_energy


def of_covariance(covariance: np.ndarray, mean: np.ndarray, seed: int) -> np.ndarray:
    """Points (200, F) of exactly this mean and covariance."""
    drawn = np.random.default_rng(seed).standard_normal((200, len(mean)))
    drawn -= drawn.mean(0)
    white = drawn @ np.linalg.inv(np.linalg.cholesky(np.cov(drawn, rowvar=False))).T
    return white @ np.linalg.cholesky(covariance).T + mean


def test_the_distance_of_a_set_to_itself_is_none() -> None:
    points = np.random.default_rng(0).standard_normal((100, 7))
    assert frechet_distance(points, points) == pytest.approx(0, abs=1e-9)


def test_independent_features_have_a_closed_form() -> None:
    """Σ (m − n)² + (√c − √d)², the squared Wasserstein distance feature by feature."""
    random = np.random.default_rng(1)
    means, spreads = random.standard_normal((2, 5)), random.uniform(0.2, 3, (2, 5))
    first, second = (of_covariance(np.diag(spreads[i] ** 2), means[i], i) for i in (0, 1))
    expected = np.square(means[0] - means[1]).sum() + np.square(spreads[0] - spreads[1]).sum()
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("features", [2, 6])
def test_any_covariances_against_scipys_root(features: int) -> None:
    random = np.random.default_rng(features)
    factors = random.standard_normal((2, features, features))
    first, second = factors @ factors.swapaxes(1, 2) + 0.1 * np.eye(features)
    zero = np.zeros(features)
    found = frechet_distance(of_covariance(first, zero, 3), of_covariance(second, zero, 4))
    expected = np.trace(first + second - 2 * sqrtm(first @ second).real)
    assert found == pytest.approx(expected, rel=1e-6)


def test_features_that_never_change_do_no_harm() -> None:
    random = np.random.default_rng(5)
    points = np.concatenate([random.standard_normal((50, 3)), np.zeros((50, 2))], axis=1)
    assert frechet_distance(points, points + 2) == pytest.approx(5 * 4)


def test_gradient_energy_of_a_ramp_and_of_its_half() -> None:
    ramp = torch.arange(4.0).expand(1, 1, 4, 4)
    assert gradient_energy(ramp) == 1
    assert gradient_energy(ramp.mT) == 1
    assert gradient_energy(ramp / 2) == 0.25


def test_the_judge_decides_by_its_features() -> None:
    torch.manual_seed(0)
    judge, images = lenet().eval(), torch.rand(3, 1, 28, 28)
    seen = features(judge, images)
    assert seen.shape == (3, 84)
    torch.testing.assert_close(judge[-1](seen).softmax(1), probabilities(judge, images))
