"""Moving what the plane says towards latents whose images are those of the neighbourhood."""

import pytest
import torch
from torch import Tensor

from vae_core.progress import Progress
from vae_core.projection.projection import Projection, project
from vae_core.projection.refining import refine
from vae_core.workload import REFINED_PLACES


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def decode(latents: Tensor) -> Tensor:
    """Grey images (B, 1, 2, 2) in [0, 1] that curve with their latent (B, 4)."""
    return (2 * latents).sin().square().reshape(-1, 1, 2, 2)


@pytest.fixture(scope="module")
def drawn() -> Projection:
    """A map that tells two of four latent dimensions, and not exactly."""
    latents = random(1500, 4) * torch.tensor([0.5, 0.5, 0.2, 0.2])
    return Projection("umap", latents, latents[:, :2] + 0.05 * random(1500, 2, seed=1), None, None)


def error(projection: Projection) -> float:
    return float((decode(projection.latents_from_others()) - decode(projection.latents)).square().mean())


def test_images_come_closer_and_the_map_stays(drawn: Projection) -> None:
    heard: list[Progress] = []
    refined = refine(drawn, decode, progress=heard.append)
    assert error(refined) < 0.9 * error(drawn)
    assert torch.equal(refined.positions, drawn.positions)
    assert torch.equal(refined.latents, drawn.latents)
    assert refined.plane_latents is not None
    latent, _ = refined.plane_to_latent()(drawn.positions[:5])
    assert not torch.allclose(latent, drawn.plane_to_latent()(drawn.positions[:5])[0], atol=1e-3)
    done = [event.done for event in heard]
    assert done == sorted(done)
    assert done[-1] == heard[-1].total
    assert len({event.total for event in heard}) == 1


def test_the_same_map_is_refined_the_same_way(drawn: Projection) -> None:
    first, second = (refine(drawn, decode).plane_latents for _ in range(2))
    assert first is not None
    assert second is not None
    assert torch.equal(first, second)


def test_held_out_points_gain_as_well(drawn: Projection) -> None:
    kept = Projection("umap", drawn.latents[:1200], drawn.positions[:1200], None, None)
    errors = []
    for projection in (kept, refine(kept, decode)):
        with torch.no_grad():
            latents, _ = projection.plane_to_latent()(drawn.positions[1200:])
        errors.append(float((decode(latents) - decode(drawn.latents[1200:])).square().mean()))
    assert errors[1] < 0.9 * errors[0]


def test_small_and_linear_maps_stay_as_they_are(drawn: Projection) -> None:
    small = Projection("umap", drawn.latents[: REFINED_PLACES - 1], drawn.positions[: REFINED_PLACES - 1], None, None)
    linear = project(drawn.latents, "pca")
    assert refine(small, decode) is small
    assert refine(linear, decode) is linear
