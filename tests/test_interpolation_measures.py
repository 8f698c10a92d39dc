"""What is said about a path, against scipy and scikit-learn."""

import numpy as np
import pytest
import torch
from scipy.stats import gaussian_kde, multivariate_normal
from sklearn.neighbors import KernelDensity, KNeighborsClassifier

from tests.test_flow import bent
from vae_core.explorer_files.prior_record import describe_prior, pack_prior
from vae_core.interpolation.frames import (
    DECODES_AT_ONCE,
    decoded,
    image_changes,
    image_length,
)
from vae_core.interpolation.measures import class_shares, log_density, log_prior
from vae_core.interpolation.packed_priors import log_flow, log_mixture
from vae_core.interpolation.paths import Floats, line_path
from vae_core.model.priors import GaussianMixture

WIDTHS = np.array([0.5, 1.0, 3.0, 0.02])


def random(*shape: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=shape)


def square(latents: Floats) -> Floats:
    """A decoder: the latents' squares as pixels."""
    return (latents**2).reshape(len(latents), 1, 1, -1)


@pytest.mark.parametrize("count", [2, DECODES_AT_ONCE, DECODES_AT_ONCE + 1, 3 * DECODES_AT_ONCE + 5])
def test_images_and_their_changes_do_not_depend_on_batches(count: int) -> None:
    latents = random(count, 3)
    np.testing.assert_array_equal(decoded(square, latents), square(latents))
    expected = np.linalg.norm(latents[1:] ** 2 - latents[:-1] ** 2, axis=1)
    np.testing.assert_allclose(image_changes(square, latents), expected)


def test_the_length_of_a_path_in_image_space() -> None:
    path = line_path([[0.0, 0.0], [3.0, 0.0], [3.0, 2.0]])
    assert image_length(path, square) == pytest.approx(9 + 4)
    assert image_length(path, square, pieces=1) == pytest.approx(9 + 4)


def test_log_prior_is_the_standard_normals() -> None:
    latents = random(20, 5)
    np.testing.assert_allclose(log_prior(latents), multivariate_normal(np.zeros(5)).logpdf(latents))


def test_log_mixture_is_what_scipy_says_of_its_components() -> None:
    random = np.random.default_rng(3)
    squares = random.normal(size=(4, 3, 3))
    covariances = squares @ squares.swapaxes(1, 2) + 0.1 * np.eye(3)
    means, log_weights = random.normal(size=(4, 3)), np.log([0.1, 0.2, 0.3, 0.4])
    path = random.normal(0, 3, (7, 3))
    expected = sum(
        np.exp(log_weight) * multivariate_normal(mean, covariance).pdf(path)
        for log_weight, mean, covariance in zip(log_weights, means, covariances, strict=True)
    )
    parts = (torch.from_numpy(part) for part in (log_weights, means, np.linalg.cholesky(covariances)))
    packed = pack_prior(GaussianMixture(*parts))  # in single precision
    np.testing.assert_allclose(log_mixture(path, packed), np.log(expected), rtol=1e-4)


@pytest.mark.parametrize("dimensions", [2, 5])
def test_log_flow_is_what_torch_says(dimensions: int) -> None:
    flow = bent(dimensions, torch.float32, strength=0.2)
    path = np.random.default_rng(4).normal(0, 3, (9, dimensions))
    expected = flow.log_prob(torch.from_numpy(path)).detach().numpy()
    described = describe_prior(flow)
    assert described is not None
    found = log_flow(path, pack_prior(flow), described["couplings"], described["units"])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)  # both in single precision, of hundreds of nats


def test_density_in_one_dimension_is_scipys() -> None:
    latents, path = 3 * random(200, 1) + 7, np.linspace(-5, 20, 90)[:, None]
    np.testing.assert_allclose(log_density(path, latents), gaussian_kde(latents[:, 0]).logpdf(path[:, 0]))


def test_density_is_that_of_scikit_learn_with_each_dimension_in_its_own_bandwidths() -> None:
    latents, path = WIDTHS * random(500, 4), WIDTHS * random(70, 4, seed=1)
    bandwidth = 500 ** (-1 / 8) * latents.std(0, ddof=1)
    scaled = KernelDensity(bandwidth=1).fit(latents / bandwidth).score_samples(path / bandwidth)
    found = log_density(path.astype(np.float32), latents.astype(np.float32))
    np.testing.assert_allclose(found, scaled - np.log(bandwidth).sum(), rtol=1e-4)


def test_density_far_from_the_data_is_small_but_finite() -> None:
    found = log_density(np.array([[0.0, 0.0], [1e4, 1e4]]), random(50, 2))
    assert np.isfinite(found).all()
    assert found[1] < -1e6 < found[0]


def test_dimensions_without_spread_are_left_out_of_the_density() -> None:
    latents, path = random(50, 3), random(8, 3, seed=1)
    flat = np.column_stack([latents, np.full(50, 0.25)])
    np.testing.assert_allclose(log_density(np.column_stack([path, path[:, 0]]), flat), log_density(path, latents))


@pytest.mark.parametrize("neighbours", [1, 10, 500])
def test_class_shares_are_those_of_scikit_learn(neighbours: int) -> None:
    latents, path = random(300, 4), random(100, 4, seed=1)
    labels = (latents[:, 0] > 0).astype(np.uint8) + 2 * (latents[:, 1] > 1)
    found = class_shares(path, latents, labels, 5, neighbours=neighbours)
    nearest = KNeighborsClassifier(min(neighbours, 300)).fit(latents, labels)
    np.testing.assert_allclose(found[:, :4], nearest.predict_proba(path))
    np.testing.assert_array_equal(found[:, 4], 0)  # a class without a point
    np.testing.assert_allclose(found.sum(1), 1)


def test_the_nearest_are_found_far_from_the_origin() -> None:
    latents = np.array([[1e6, 0.0], [1e6, 1e-3], [1e6, 3e-3]])
    np.testing.assert_array_equal(class_shares(latents, latents, np.arange(3), 3, neighbours=1), np.eye(3))
