"""The way back from the plane, against brute force and least squares, and how it behaves where there is no data."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from vae_core.explorer_files.explorer_folder import read_manifest
from vae_core.explorer_files.latent_map import trustworthiness
from vae_core.projection.inverse import REACH, RIDGE, LatentToPlane, PlaneToLatent
from vae_core.projection.neighbours import LEAF, Leaves, leaf_order
from vae_core.projection.projection import Projection, project
from vae_core.workload import PLANE_NEIGHBOURS

MODELS = Path(__file__).parents[1] / "checkpoints"


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def clusters(count: int) -> Tensor:
    """Islands of unequal size and density, as UMAP draws them."""
    centres, widths = 10 * random(12, 2, seed=1), random(12, 1, seed=2).exp() / 3
    chosen = torch.arange(count) ** 2 % 12
    return centres[chosen] + widths[chosen] * random(count, 2, seed=3)


def shipped(name: str) -> Tensor:
    """The positions of a shipped model's map."""
    entry = read_manifest(MODELS / name / "explorer").files.points
    return torch.from_numpy(np.fromfile(MODELS / name / "explorer" / entry.path, "<f4").reshape(entry.shape))


def places_around(points: Tensor, across: int = 40) -> Tensor:
    """A grid over the map and as far again to every side, and some of the points themselves."""
    low, high = points.amin(0), points.amax(0)
    side = (high - low).max() + 1e-3
    steps = [torch.linspace(float(low[axis] - side), float(high[axis] + side), across) for axis in (0, 1)]
    return torch.cat([torch.cartesian_prod(*steps), points[:: max(1, len(points) // 300)]])


MAPS = {
    "one": random(1, 2),
    "two": random(2, 2),
    "five": random(5, 2),
    "a-leaf": random(LEAF, 2),
    "a-leaf-and-one": random(LEAF + 1, 2),
    "hundred": random(100, 2),
    "normal": random(20_000, 2),
    "islands": clusters(20_000),
    "line": torch.cartesian_prod(torch.linspace(-3, 3, 5000), torch.zeros(1)),
    "lattice": torch.cartesian_prod(torch.arange(90.0), torch.arange(70.0)),
    "equal": torch.ones(500, 2),
    "duplicates": torch.cat([random(300, 2).repeat(7, 1), torch.zeros(1000, 2)]),
    "offset": random(5000, 2) + 512,
}


@pytest.mark.parametrize("name", [*MAPS, "fashion-16d", "mnist-16d", "sprites-8d"])
def test_the_search_finds_what_brute_force_finds(name: str) -> None:
    points = MAPS[name] if name in MAPS else shipped(name)
    leaves, count = Leaves(points), min(64, len(points))
    for query in places_around(points).split(200):
        found = leaves.nearest(query, count)
        offsets = points[None] - query[:, None]
        squared = offsets[:, :, 0] * offsets[:, :, 0] + offsets[:, :, 1] * offsets[:, :, 1]
        np.testing.assert_array_equal(found.squared, squared.topk(count, dim=1, largest=False).values)
        chosen = leaves.order[found.places]
        np.testing.assert_array_equal(found.squared, squared.gather(1, chosen))
        np.testing.assert_array_equal(
            torch.stack([found.x, found.y], -1), offsets[torch.arange(len(query))[:, None], chosen]
        )
        assert all(len(row.unique()) == count for row in chosen)


@pytest.mark.parametrize("count", [1, 63, 64, 65, 129, 1000])
def test_leaves_hold_every_point_once_and_do_not_overlap(count: int) -> None:
    points = clusters(count)
    order = torch.from_numpy(leaf_order(points.numpy()))
    assert order.sort().values.tolist() == list(range(count))
    low, high = (
        torch.stack(sides) for sides in zip(*(points[part].aminmax(dim=0) for part in order.split(LEAF)), strict=True)
    )
    apart = ((low[:, None] > high) | (high[:, None] < low)).any(-1)
    assert (apart | torch.eye(len(low), dtype=torch.bool)).all()


def least_squares(query: Tensor, positions: Tensor, latents: Tensor) -> np.ndarray:
    """The module's definition, in float64 by numpy's least squares, one query after the other."""
    results = []
    for place in query.double().numpy():
        offsets = positions.double().numpy() - place
        nearest = np.argsort((offsets**2).sum(1))[:PLANE_NEIGHBOURS]
        offsets, values = offsets[nearest], latents.double().numpy()[nearest]
        squared = (offsets**2).sum(1)
        offsets = offsets / np.sqrt(1.001 * squared.max())
        weights = (1 - squared / (1.001 * squared.max())) ** 2
        weights /= weights.sum()
        centre, mean = weights @ offsets, weights @ values
        design = np.concatenate([np.sqrt(weights)[:, None] * (offsets - centre), np.sqrt(RIDGE) * np.eye(2)])
        wanted = np.concatenate([np.sqrt(weights)[:, None] * (values - mean), np.zeros((2, values.shape[1]))])
        slope = np.linalg.lstsq(design, wanted)[0]
        off = centre @ np.linalg.inv(design.T @ design) @ centre
        results.append(mean - centre @ slope / (1 + (off / REACH**2) ** 2))
    return np.array(results)


@pytest.mark.parametrize("count", [5, PLANE_NEIGHBOURS, 400])
def test_the_way_back_is_a_local_linear_fit(count: int) -> None:
    positions, latents = random(count, 2), random(count, 7, seed=1)
    query = torch.cat([random(25, 2, seed=2), positions[:5], torch.tensor([[30.0, 4.0], [-900.0, 1e3]])])
    latent, distance = PlaneToLatent(positions, latents)(query)
    np.testing.assert_allclose(latent, least_squares(query, positions, latents.half()), atol=1e-4)
    nearest = torch.cdist(query.double(), positions.double()).sort(1).values
    np.testing.assert_allclose(distance, nearest[:, min(16, count) - 1], rtol=1e-5)


def test_latents_that_are_a_plane_over_the_map_come_back() -> None:
    positions = random(3000, 2)
    latents = positions @ random(2, 5, seed=1) + random(5, seed=2)
    query = random(50, 2, seed=3).clamp(-1, 1)
    expected = query @ random(2, 5, seed=1) + random(5, seed=2)
    np.testing.assert_allclose(PlaneToLatent(positions, latents)(query)[0], expected, atol=1e-2)


def test_the_way_back_stays_exact_far_from_the_origin() -> None:
    positions, latents, query = random(400, 2), random(400, 7, seed=1), random(25, 2, seed=2)
    near = PlaneToLatent(positions, latents)(query)[0]
    far = PlaneToLatent(positions + 512, latents)(query + 512)[0]
    torch.testing.assert_close(far, near, atol=1e-3, rtol=0)


def test_the_way_back_has_no_jumps() -> None:
    """Steps a tenth as long change the latent a tenth as much, however the line runs over islands and gaps."""
    positions = clusters(3000)
    module = PlaneToLatent(positions, random(3000, 4, seed=4))
    starts, ends = positions[:4], positions[4:8] * 1.5
    largest = []
    for steps in (2000, 20_000):
        way = torch.linspace(0, 1, steps + 1)[:, None]
        changes = [
            torch.cat([module(part)[0] for part in (start + way * (end - start)).split(5000)]).diff(dim=0).abs().max()
            for start, end in zip(starts, ends, strict=True)
        ]
        largest.append(float(max(changes)))
    assert largest[1] < 0.2 * largest[0]


def test_off_the_data_the_way_back_stays_among_the_latents() -> None:
    """However steep the fit, its slope moves the weighted mean by less than one standard deviation."""
    positions = clusters(3000)
    latents = positions @ random(2, 4, seed=4) + random(3000, 4, seed=5)
    module = PlaneToLatent(positions, latents)
    low, high, spread = latents.amin(0), latents.amax(0), latents.std(0)
    query = places_around(positions, 60)
    for factor in (1, 10, 1e3, 1e6):
        found, distance = module(query * factor)
        assert torch.isfinite(found).all()
        assert torch.isfinite(distance).all()
        assert (found > low - spread).all()
        assert (found < high + spread).all()
    far = torch.tensor([[1e5, 0.0]])
    nearest = (positions - far).square().sum(1).topk(PLANE_NEIGHBOURS, largest=False).indices
    mean, deviation = latents[nearest].mean(0), latents[nearest].std(0)
    assert ((module(far)[0][0] - mean).abs() < deviation).all()


def gaussian_mean(query: Tensor, keys: Tensor, values: Tensor) -> np.ndarray:
    """Gaussian weights over the 16 nearest, variance 0.35 of their mean squared distance, in float64."""
    results = []
    for point in query.double().numpy():
        squared = ((keys.double().numpy() - point) ** 2).sum(1)
        nearest = np.argsort(squared)[:16]
        weights = np.exp(-squared[nearest] / (2 * 0.35 * squared[nearest].mean()))
        results.append(weights @ values.double().numpy()[nearest] / weights.sum())
    return np.array(results)


def test_the_way_to_the_map_is_a_weighted_mean_of_the_nearest_points() -> None:
    positions, latents, query = random(400, 2), random(400, 7, seed=1), random(25, 7, seed=2)
    found = LatentToPlane(positions, latents)(query)
    np.testing.assert_allclose(found, gaussian_mean(query, latents.half(), positions), atol=1e-5)


@pytest.mark.parametrize("count", [2, 60, 300])
def test_each_point_is_predicted_without_itself(count: int) -> None:
    positions, latents = random(count, 2), random(count, 5, seed=1).half().float()
    predicted = Projection("umap", latents, positions, None, None).latents_from_others()
    for index in (0, count // 3, count - 1):
        others = torch.arange(count) != index
        expected, _ = PlaneToLatent(positions[others], latents[others])(positions[index : index + 1])
        torch.testing.assert_close(predicted[index : index + 1], expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("count", [1, 2, 3, 40, 200])
def test_equal_latents_still_make_a_map_and_a_way_back(count: int) -> None:
    projection = project(torch.full((count, 3), 0.25), "pca")
    assert torch.isfinite(projection.positions).all()
    assert 0 <= trustworthiness(projection.latents, projection.positions) <= 1
    module = PlaneToLatent(projection.positions, projection.latents)
    torch.testing.assert_close(module(torch.tensor([[0.0, 0.0], [3.0, 4.0]]))[0], torch.full((2, 3), 0.25))
