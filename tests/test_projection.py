"""Maps of latent space, against scikit-learn."""

from typing import get_args

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness as scikit_learns
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from vae_core.errors import UserError
from vae_core.explorer_files.latent_map import trustworthiness
from vae_core.progress import Progress
from vae_core.projection.neighbours import nearest_neighbours, neighbours_without_self
from vae_core.projection.projection import project
from vae_core.projection.umap_settings import Metric, UmapSettings


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("points", [random(40, 3), random(3000, 2), random(2500, 5) + 1e4])
def test_neighbours_are_scikit_learns(points: Tensor) -> None:
    indices, distances = nearest_neighbours(points, 12)
    expected, found = NearestNeighbors(n_neighbors=12, algorithm="kd_tree").fit(points.double().numpy()).kneighbors()
    distances = distances[:, 1:]
    np.testing.assert_allclose(distances, expected[:, :11], rtol=1e-5)
    assert (indices[:, 1:].numpy() == found[:, :11]).mean() > 0.999  # but for ties


def test_a_point_is_left_out_of_its_own_neighbours_even_among_duplicates() -> None:
    points = torch.cat([torch.zeros(6, 2), random(20, 2)])
    indices, _ = nearest_neighbours(points, 4)
    kept = indices.gather(1, neighbours_without_self(indices))
    assert kept.shape == (26, 3)
    assert not (kept == torch.arange(26)[:, None]).any()


@pytest.mark.parametrize("metric", get_args(Metric))
@pytest.mark.parametrize("points", [random(1300, 5), random(700, 16) + 3])
def test_neighbours_by_every_metric_are_scikit_learns(points: Tensor, metric: Metric) -> None:
    indices, distances = nearest_neighbours(points, 12, metric)
    oracle = NearestNeighbors(n_neighbors=12, algorithm="brute", metric=metric).fit(points.double().numpy())
    expected, found = oracle.kneighbors()
    np.testing.assert_allclose(distances[:, 1:], expected[:, :11], rtol=1e-4, atol=1e-6)
    assert (indices[:, 1:].numpy() == found[:, :11]).mean() > 0.999  # but for ties
    assert not distances[:, 0].any()


@pytest.mark.parametrize(("metric", "flat"), [("cosine", 0.0), ("correlation", 2.0)])
def test_what_has_no_direction_is_far_from_all_that_has_one(metric: Metric, flat: float) -> None:
    points = torch.cat([torch.full((2, 4), flat), random(30, 4)])
    indices, distances = nearest_neighbours(points, 3, metric)
    assert set(indices[0, :2].tolist()) == {0, 1}
    np.testing.assert_allclose(distances[0], [0, 0, 1], atol=1e-6)


def test_neighbours_tell_of_their_progress() -> None:
    heard: list[Progress] = []
    nearest_neighbours(random(1200, 2), 3, progress=heard.append)
    done = [event.done for event in heard]
    assert done == sorted(done)
    assert done[-1] == heard[-1].total == 1200


def test_pca_is_scikit_learns_up_to_sign_and_comes_back_from_the_plane() -> None:
    latents = random(300, 6) * torch.tensor([3.0, 2.5, 1.0, 0.5, 0.2, 0.1]) + 4
    projection = project(latents, "pca")
    oracle = PCA(2).fit(latents.numpy())
    np.testing.assert_allclose(projection.positions.abs(), np.abs(oracle.transform(latents.numpy())), atol=1e-4)
    back, distance = projection.plane_to_latent()(projection.positions)
    expected = oracle.inverse_transform(oracle.transform(latents.numpy()))
    np.testing.assert_allclose(back, expected, atol=1e-4)
    assert not distance.any()
    torch.testing.assert_close(projection.latent_to_plane()(latents), projection.positions)


def test_raw_axes_are_the_latents_themselves() -> None:
    latents = random(50, 4)
    projection = project(latents, "axes", axes=(3, 1))
    torch.testing.assert_close(projection.positions, latents[:, [3, 1]])
    back, _ = projection.plane_to_latent()(projection.positions)
    torch.testing.assert_close(back[:, [3, 1]], latents[:, [3, 1]])
    torch.testing.assert_close(back[:, [0, 2]], latents.mean(0)[[0, 2]].expand(50, 2))


def test_a_two_dimensional_latent_space_is_its_own_map() -> None:
    latents = random(50, 2)
    projection = project(latents, "axes")
    assert projection.axes == (0, 1)
    torch.testing.assert_close(projection.positions, latents)
    torch.testing.assert_close(projection.latents_from_others(), latents)


@pytest.mark.parametrize("method", ["pca", "axes"])
def test_a_one_dimensional_latent_space_lies_on_a_line(method: str) -> None:
    latents = random(30, 1)
    projection = project(latents, method)  # type: ignore[arg-type]
    assert not projection.positions[:, 1].any()
    torch.testing.assert_close(projection.plane_to_latent()(projection.positions)[0], latents)


def test_trustworthiness_is_one_for_the_space_itself_and_falls_with_chance() -> None:
    latents = random(300, 2)
    assert trustworthiness(latents, project(latents, "axes").positions) == 1.0
    assert trustworthiness(latents, random(300, 2, seed=1)) < 0.6


@pytest.mark.parametrize("metric", get_args(Metric))
def test_trustworthiness_goes_by_the_maps_own_metric(metric: Metric) -> None:
    latents = random(400, 5) * torch.tensor([4.0, 1.0, 1.0, 1.0, 0.1]) + 1
    positions = project(latents, "pca").positions
    expected = scikit_learns(latents.double(), positions, n_neighbors=10, metric=metric)
    assert trustworthiness(latents, positions, metric) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("latents", "arguments", "message"),
    [
        (random(20, 3), {"method": "tsne"}, "no map method 'tsne'"),
        (random(20, 3), {"method": "pca", "axes": (0, 1)}, "axes belong to the method axes"),
        (
            random(20, 3),
            {"method": "axes", "axes": (0, 3)},
            "z1 and z4 are no axes of a map of z1 to z3: name 2 different numbers from 1 to 3",
        ),
        (random(20, 3), {"method": "axes", "axes": (1, 1)}, "z2 and z2 are no axes"),
        (random(20, 3), {"method": "axes", "axes": (-1, 1)}, "z0 and z2 are no axes"),
        (random(0, 3), {"method": "pca"}, "at least one"),
        (torch.tensor([[0.0, 1.0], [0.0, torch.nan]]), {"method": "pca"}, "point 1 is not finite"),
        (random(3, 3), {"method": "umap"}, "at least 4 images, not 3: choose the method pca or axes"),
        (random(20, 3), {"method": "pca", "settings": UmapSettings()}, "belong to the method umap, not to pca"),
        (random(20, 2), {"settings": UmapSettings(metric="correlation")}, "correlation needs at least 3 latent"),
        (random(20, 1), {"settings": UmapSettings(metric="cosine")}, "cosine needs at least 2 latent"),
        (random(20, 3), {"settings": UmapSettings(target="class")}, "at least two classes"),
        (
            random(20, 3),
            {"settings": UmapSettings(target="class"), "labels": torch.ones(20, dtype=torch.int64)},
            "at least two classes",
        ),
    ],
)
def test_what_cannot_be_mapped_is_refused(latents: Tensor, arguments: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(UserError, match=message):
        project(latents, **arguments)
