"""Both engines against umap-learn: the fast one's graph, curve and maps, and the maps that are umap-learn's own."""

from typing import Any

import numpy as np
import pytest
import torch
import umap
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness as scikit_learns
from sklearn.utils import check_random_state
from torch import Tensor
from umap.umap_ import find_ab_params, fuzzy_simplicial_set

from vae_core.errors import UserError
from vae_core.explorer_files.latent_map import trustworthiness
from vae_core.progress import Progress
from vae_core.projection import projection, reference_umap
from vae_core.projection.fast_umap import Graph, fuzzy_graph, similarity_curve
from vae_core.projection.neighbours import nearest_neighbours
from vae_core.projection.projection import Projection, project
from vae_core.projection.umap_settings import Metric, UmapSettings


@pytest.fixture(scope="module")
def digits() -> tuple[Tensor, Tensor]:
    data = load_digits()
    return torch.from_numpy(data.data[:400]).float(), torch.from_numpy(data.target[:400])


def islands(count: int) -> Tensor:
    """Points in 16 dimensions: eight islands that overlap, each a slab of four dimensions of its own."""
    source = np.random.default_rng(0)
    middles, slabs, chosen = (
        source.normal(0, 2, (8, 16)),
        source.normal(0, 0.6, (8, 4, 16)),
        source.integers(8, size=count),
    )
    inside = np.einsum("ni,nij->nj", source.normal(size=(count, 4)), slabs[chosen])
    return torch.from_numpy(middles[chosen] + inside + source.normal(0, 0.1, (count, 16))).float()


def test_the_graph_is_the_reference_implementations(digits: tuple[Tensor, Tensor]) -> None:
    """umap-learn's own graph, computed from the same neighbours."""
    latents, _ = digits
    indices, distances = (tensor.numpy() for tensor in nearest_neighbours(latents, 15))
    reference, _, _ = fuzzy_simplicial_set(
        latents.numpy(), 15, check_random_state(0), "euclidean", knn_indices=indices, knn_dists=distances
    )
    found = dense(fuzzy_graph(indices, distances, epochs=10**9), len(latents))
    np.testing.assert_allclose(found, reference.toarray(), atol=1e-3)


def dense(graph: Graph, count: int) -> np.ndarray:
    matrix = np.zeros((count, count), np.float32)
    rows = np.repeat(np.arange(count), np.diff(graph.row_starts))
    matrix[rows, graph.columns] = graph.strengths
    return matrix


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")  # umap-learn's fit, on its way
@pytest.mark.parametrize("spread", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_the_curve_is_umap_learns(share: float, spread: float) -> None:
    np.testing.assert_allclose(similarity_curve(share * spread, spread), find_ab_params(spread, share * spread), 1e-4)


def extent(positions: np.ndarray) -> float:
    """The area of the box round most of (N, 2) positions."""
    return float(np.ptp(np.percentile(positions, [5, 95], axis=0), axis=0).prod())


@pytest.mark.parametrize(("neighbours", "min_dist", "spread"), [(5, 0, 1), (15, 0.1, 1), (50, 0.5, 1), (15, 0.3, 2)])
@pytest.mark.parametrize("data", ["digits", "islands"])
def test_at_each_setting_maps_are_as_trustworthy_as_umap_learns(
    data: str, neighbours: int, min_dist: float, spread: float
) -> None:
    latents = torch.from_numpy(load_digits().data[:800]).float() if data == "digits" else islands(800)
    settings = UmapSettings(neighbours=neighbours, min_dist=min_dist, spread=spread)
    ours, theirs = [], []
    for seed in range(3):
        ours.append(project(latents, "umap", settings=settings, seed=seed).positions.numpy())
        reference = umap.UMAP(
            n_neighbors=neighbours, min_dist=min_dist, spread=spread, metric="euclidean", random_state=seed, n_jobs=1
        )
        theirs.append(reference.fit(latents.numpy()).embedding_)
    values = [scikit_learns(latents.numpy(), side[0], n_neighbors=15) for side in (ours, theirs)]
    assert values[0] == pytest.approx(values[1], abs=0.01)
    # Where groups that share no neighbour come to lie is chance, and differs from processor to processor.
    our_extent, their_extent = (np.median([extent(positions) for positions in side]) for side in (ours, theirs))
    assert 0.5 < our_extent / their_extent < 2, "groups lie further apart, or nearer, than umap-learn's"


KNOBS: dict[str, dict[str, Any]] = {
    "cosine": {"metric": "cosine"},
    "manhattan": {"metric": "manhattan", "neighbours": 8, "min_dist": 0.4, "spread": 1.5},
    "chebyshev": {"metric": "chebyshev"},
    "correlation": {"metric": "correlation"},
    "densmap": {"densmap": True},
    "by class": {"target": "class"},
    "all": {"metric": "cosine", "densmap": True, "target": "class", "neighbours": 10},
}


@pytest.mark.filterwarnings("ignore:precomputed_knn:UserWarning", "ignore:gradient function:UserWarning")
@pytest.mark.parametrize("knob", KNOBS)
def test_the_map_is_the_one_of_umap_learns_own_class(
    knob: str, digits: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the same neighbours, start, curve, random numbers and (few) epochs, position by position."""
    latents, labels = digits
    start = torch.from_numpy(np.random.default_rng(0).uniform(0, 10, (len(latents), 2)).astype(np.float32))
    monkeypatch.setattr(UmapSettings, "epochs", lambda *_: 20)
    monkeypatch.setattr(projection, "_start", lambda *_: start)
    settings = UmapSettings(**KNOBS[knob])
    indices, distances = (t.numpy() for t in nearest_neighbours(latents, settings.neighbours, settings.metric))
    a, b = similarity_curve(settings.min_dist, settings.spread)
    reference = umap.UMAP(
        n_neighbors=settings.neighbours,
        a=a,
        b=b,
        min_dist=settings.min_dist,
        spread=settings.spread,
        metric=settings.metric,
        densmap=settings.densmap,
        n_epochs=20,
        init=start.numpy().copy(),
        precomputed_knn=(indices, distances),
        random_state=np.random.RandomState(np.random.MT19937(5)),
        n_jobs=1,
    )
    expected = reference.fit(latents.numpy(), labels.numpy() if settings.target else None).embedding_
    found = project(latents, "umap", settings=settings, labels=labels, seed=5)
    np.testing.assert_allclose(found.positions, expected, atol=1e-3)
    assert found.settings == settings
    assert not np.allclose(found.positions, start)


@pytest.fixture(scope="module")
def events() -> list[Progress]:
    return []


@pytest.fixture(scope="module")
def by_class(digits: tuple[Tensor, Tensor], events: list[Progress]) -> Projection:
    settings = UmapSettings(target="class")
    return project(digits[0], "umap", settings=settings, labels=digits[1], seed=1, progress=events.append)


def test_by_class_draws_classes_together(digits: tuple[Tensor, Tensor], by_class: Projection) -> None:
    latents, labels = digits
    fast = project(latents, "umap", seed=1)
    of_one_class = []
    for positions in (fast.positions, by_class.positions):
        indices, _ = nearest_neighbours(positions, 15)
        of_one_class.append(float((labels[indices] == labels[:, None]).float().mean()))
    assert of_one_class[1] > 0.99 > of_one_class[0]


def test_progress_tells_every_epoch(by_class: Projection, events: list[Progress]) -> None:
    assert by_class.method == "umap"
    assert [event.done for event in events if event.stage == "Laying out the map"] == list(range(501))
    stages = list(dict.fromkeys(event.stage for event in events if event.stage != "Loading UMAP"))
    assert stages == ["Finding neighbours", "Laying out the map"]


def test_the_same_seed_gives_the_same_map(digits: tuple[Tensor, Tensor], by_class: Projection) -> None:
    seeded = [
        project(digits[0], "umap", settings=UmapSettings(target="class"), labels=digits[1], seed=seed)
        for seed in (1, 2**62)
    ]
    assert torch.equal(seeded[0].positions, by_class.positions)
    assert not torch.equal(seeded[1].positions, by_class.positions)


def test_what_the_listener_raises_ends_the_layout(digits: tuple[Tensor, Tensor]) -> None:
    heard: list[float] = []

    def stop(told: Progress) -> None:
        if told.stage == "Laying out the map":
            heard.append(told.done)
            if told.done == 7:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        project(digits[0], "umap", settings=UmapSettings(densmap=True), progress=stop)
    assert heard == list(range(8))


@pytest.mark.parametrize("metric", ["cosine", "manhattan", "chebyshev", "correlation"])
def test_near_by_the_metric_is_near_on_the_map(metric: Metric, digits: tuple[Tensor, Tensor]) -> None:
    positions = project(digits[0], "umap", settings=UmapSettings(metric=metric)).positions
    assert trustworthiness(digits[0], positions, metric) > 0.955


@pytest.mark.parametrize("count", [4, 5, 15])
def test_a_few_images_have_a_map(count: int) -> None:
    latents = torch.randn(count, 3, generator=torch.Generator().manual_seed(0))
    settings = UmapSettings(metric="cosine", densmap=True, target="class")
    found = project(latents, "umap", settings=settings, labels=torch.arange(count) % 2)
    assert torch.isfinite(found.positions).all()
    assert found.settings == settings.model_copy(update={"neighbours": count - 1})


@pytest.mark.parametrize("settings", [{"metric": "cosine"}, {"target": "class"}])
def test_equal_latents_have_a_map(settings: dict[str, Any]) -> None:
    labels = torch.arange(20) % 2
    found = project(torch.zeros(20, 4), "umap", settings=UmapSettings(**settings), labels=labels)
    assert torch.isfinite(found.positions).all()


@pytest.mark.parametrize("latents", [torch.zeros(20, 4), torch.eye(5)])
def test_densmap_needs_places_that_differ(latents: Tensor) -> None:
    with pytest.raises(UserError, match="equally dense: leave densmap out"):
        project(latents, "umap", settings=UmapSettings(densmap=True))


def test_a_map_that_is_not_finite_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
        return np.full_like(options["init"], np.nan), {}

    monkeypatch.setattr(reference_umap, "simplicial_set_embedding", broken)
    with pytest.raises(UserError, match="finds no map with these settings"):
        project(torch.randn(6, 3), "umap", settings=UmapSettings(densmap=True))
