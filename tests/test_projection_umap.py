"""UMAP by the fast engine: its graph's defining equation, its maps against umap-learn's, its progress."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness
from torch import Tensor

from vae_core.progress import Progress
from vae_core.projection import fast_umap
from vae_core.projection.fast_umap import USUAL_CURVE, fuzzy_graph, local_scales, optimise_layout
from vae_core.projection.neighbours import nearest_neighbours
from vae_core.projection.projection import Projection, project
from vae_core.projection.umap_settings import UmapSettings


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


def test_edges_too_weak_for_the_epochs_are_left_out(digits: Tensor) -> None:
    indices, distances = (tensor.numpy() for tensor in nearest_neighbours(digits, 15))
    strengths = fuzzy_graph(indices, distances, epochs=10).strengths
    assert strengths.min() >= strengths.max() / 10


def test_neighbours_on_the_map_are_neighbours_in_the_latent_space(digits: Tensor, projection: Projection) -> None:
    assert trustworthiness(digits.numpy(), projection.positions.numpy(), n_neighbors=10) > 0.97


@pytest.mark.parametrize("count", [4, 5, 9, 15])
def test_a_few_images_have_a_map_with_as_many_neighbours_as_there_are(count: int) -> None:
    projection = project(torch.randn(count, 3, generator=torch.Generator().manual_seed(0)), "umap")
    assert torch.isfinite(projection.positions).all()
    assert projection.positions.unique(dim=0).shape == (count, 2)
    assert projection.settings == UmapSettings(neighbours=count - 1)


def test_what_the_listener_raises_ends_the_layout(digits: Tensor) -> None:
    heard: list[float] = []

    def stop(told: Progress) -> None:
        if told.stage == "Laying out the map":
            heard.append(told.done)
            if told.done == 7:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        project(digits, "umap", progress=stop)
    assert heard == list(range(8))


def test_the_same_seed_gives_the_same_map_and_another_another(digits: Tensor, projection: Projection) -> None:
    assert torch.equal(project(digits, "umap", seed=3).positions, projection.positions)
    assert not torch.equal(project(digits, "umap", seed=4).positions, projection.positions)


def test_the_number_of_threads_changes_nothing(digits: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_umap, "VERTICES_A_THREAD", 1)
    indices, distances = (tensor.numpy() for tensor in nearest_neighbours(digits, 15))
    graph = fuzzy_graph(indices, distances, epochs=20)
    start = np.random.default_rng(0).uniform(0, 10, (len(digits), 2)).astype(np.float32)
    layouts = []
    for threads in (1, 3):
        monkeypatch.setattr(fast_umap, "usable_cores", lambda threads=threads: threads)
        layouts.append(optimise_layout(start, graph, USUAL_CURVE, 20, 0, lambda _: None))
    np.testing.assert_array_equal(layouts[0], layouts[1])
    assert not np.array_equal(layouts[0], start)


def test_progress_never_goes_back_and_reaches_every_total(projection: Projection, events: list[Progress]) -> None:
    assert projection.method == "umap"
    stages = list(dict.fromkeys(event.stage for event in events))
    stages = [stage for stage in stages if stage != "Loading UMAP"]  # told by a process's first map
    assert stages == ["Finding neighbours", "Laying out the map"]
    for stage in stages:
        done = [event.done for event in events if event.stage == stage]
        assert done == sorted(done)
        assert done[-1] == next(event.total for event in events if event.stage == stage)
    assert [event.done for event in events if event.stage == "Laying out the map"] == list(range(501))


def test_duplicates_and_equal_latents_have_a_map() -> None:
    latents = torch.cat([torch.zeros(20, 4), torch.ones(20, 4)])
    positions = project(latents, "umap").positions
    assert torch.isfinite(positions).all()
    assert torch.isfinite(project(torch.zeros(20, 4), "umap").positions).all()
