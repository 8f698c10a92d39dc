"""Which images are set aside for testing."""

import numpy as np
import pytest

from vae_core.data.files.classes import class_order, quotas_for_testing, split_indices


@pytest.mark.parametrize("counts", [[2], [1, 1], [5, 5, 5], [1, 30], [100, 1000], [3] * 40])
def test_a_tenth_is_for_testing_and_at_least_one(counts: list[int]) -> None:
    quotas = quotas_for_testing(counts)
    assert sum(quotas) == max(1, round(sum(counts) * 0.1))
    assert all(0 <= quota <= count for quota, count in zip(quotas, counts, strict=True))


def test_every_class_gives_its_share_and_a_single_image_stays_for_training() -> None:
    assert quotas_for_testing([100, 1000, 50]) == [10, 100, 5]
    assert quotas_for_testing([1, 9]) == [0, 1]


def test_one_image_is_for_training() -> None:
    assert quotas_for_testing([1]) == [0]


def test_splits_are_the_whole_without_overlap_and_always_the_same() -> None:
    labels = np.random.default_rng(0).integers(7, size=500)
    train, test = split_indices(labels, "train"), split_indices(labels, "test")
    np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(500))
    np.testing.assert_array_equal(split_indices(labels, "test"), test)
    shares = np.bincount(labels[test], minlength=7) / np.bincount(labels)
    np.testing.assert_allclose(shares, 0.1, atol=0.02)


def test_a_class_is_shuffled() -> None:
    assert sorted(class_order(3, 50)) == list(range(50))
    assert list(class_order(3, 50)) != list(range(50))
    assert list(class_order(3, 50)) != list(class_order(4, 50))
