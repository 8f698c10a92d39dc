"""UMAP: its graph's defining equation, its layout's quality and repeatability, its progress."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness
from torch import Tensor

from vae_core.progress import Progress
from vae_core.projection import Projection, project
from vae_core.projection.descent import optimise_layout
from vae_core.projection.fuzzy_graph import Graph, fuzzy_graph, local_scales
from vae_core.projection.neighbours import nearest_neighbours


@pytest.fixture(scope="module")
def digits() -> Tensor:
    return torch.from_numpy(load_digits().data[:500]).float()


@pytest.fixture(scope="module")
def events() -> list[Progress]:
    return []


@pytest.fixture(scope="module")
def projection(digits: Tensor, events: list[Progress]) -> Projection:
    return project(digits, "umap", seed=3, progress=events.append)


def test_scales_solve_their_equation() -> None:
    distances = np.sort(np.random.default_rng(0).uniform(1, 5, (50, 15)), axis=1)
    distances[:, 0] = 0
    nearest, scale = local_scales(distances)
    np.testing.assert_array_equal(nearest, distances[:, 1])
    sums = np.exp(-(distances[:, 1:] - nearest[:, None]) / scale[:, None]).sum(1)
    np.testing.assert_allclose(sums, np.log2(15), rtol=1e-6)


@pytest.mark.filterwarnings("ignore:Tensorflow not installed:ImportWarning")  # umap-learn's own remark
def test_the_graph_is_the_reference_implementations(digits: Tensor) -> None:
    """umap-learn's own graph, computed from the same neighbours."""
    from sklearn.utils import check_random_state
    from umap.umap_ import fuzzy_simplicial_set

    indices, distances = (tensor.numpy() for tensor in nearest_neighbours(digits, 15))
    reference, _, _ = fuzzy_simplicial_set(
        digits.numpy(), 15, check_random_state(0), "euclidean", knn_indices=indices, knn_dists=distances
    )
    found = dense(fuzzy_graph(indices, distances, epochs=10**9), len(digits))
    np.testing.assert_allclose(found, reference.toarray(), atol=1e-3)


def dense(graph: Graph, count: int) -> np.ndarray:
    matrix = np.zeros((count, count), np.float32)
    rows = np.repeat(np.arange(count), np.diff(graph.row_starts))
    matrix[rows, graph.columns] = graph.strengths
    return matrix


def test_edges_too_weak_for_the_epochs_are_left_out(digits: Tensor) -> None:
    indices, distances = (tensor.numpy() for tensor in nearest_neighbours(digits, 15))
    strengths = fuzzy_graph(indices, distances, epochs=10).strengths
    assert strengths.min() >= strengths.max() / 10


def test_neighbours_on_the_map_are_neighbours_in_the_latent_space(digits: Tensor, projection: Projection) -> None:
    assert trustworthiness(digits.numpy(), projection.positions.numpy(), n_neighbors=10) > 0.97
    assert projection.trustworthiness() == pytest.approx(
        trustworthiness(digits.numpy(), projection.positions.numpy(), n_neighbors=10), abs=1e-4
    )


def test_the_same_seed_gives_the_same_map_and_another_another(digits: Tensor, projection: Projection) -> None:
    assert torch.equal(project(digits, "umap", seed=3).positions, projection.positions)
    assert not torch.equal(project(digits, "umap", seed=4).positions, projection.positions)


def test_the_number_of_threads_changes_nothing(digits: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    indices, distances = (tensor.numpy() for tensor in nearest_neighbours(digits, 15))
    graph = fuzzy_graph(indices, distances, epochs=20)
    start = np.random.default_rng(0).uniform(0, 10, (len(digits), 2)).astype(np.float32)
    layouts = []
    for threads in (1, 3):
        monkeypatch.setattr("os.cpu_count", lambda threads=threads: threads)
        layouts.append(optimise_layout(start, graph, 20, 0, lambda _: None))
    np.testing.assert_array_equal(layouts[0], layouts[1])
    assert not np.array_equal(layouts[0], start)


def test_progress_never_goes_back_and_reaches_every_total(projection: Projection, events: list[Progress]) -> None:
    assert projection.method == "umap"
    stages = list(dict.fromkeys(event.stage for event in events))
    assert stages == ["neighbours", "layout"]
    for stage in stages:
        done = [event.done for event in events if event.stage == stage]
        assert done == sorted(done)
        assert done[-1] == next(event.total for event in events if event.stage == stage)
    assert [event.done for event in events if event.stage == "layout"] == list(range(501))


def test_duplicates_and_equal_latents_have_a_map() -> None:
    latents = torch.cat([torch.zeros(20, 4), torch.ones(20, 4)])
    positions = project(latents, "umap").positions
    assert torch.isfinite(positions).all()
    assert torch.isfinite(project(torch.zeros(20, 4), "umap").positions).all()
