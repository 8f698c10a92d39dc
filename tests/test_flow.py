"""RealNVP against autograd's Jacobian, numerical integration, and itself walked backwards."""

import pytest
import torch
from torch import Tensor

from vae_core.model.flow import RealNVP
from vae_core.model.posteriors import standard_normal_log_prob

both_precisions = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
dimensions = pytest.mark.parametrize("dimension", [2, 3, 16, 41])


def bent(dimension: int, dtype: torch.dtype = torch.float64, strength: float = 0.3) -> RealNVP:
    """A flow whose layers do something, as after a training."""
    random = torch.Generator().manual_seed(dimension)
    flow = RealNVP(dimension, couplings=6, hidden_units=24).to(dtype)
    with torch.no_grad():
        for parameter in flow.parameters():
            parameter.add_(strength * torch.randn(parameter.shape, generator=random, dtype=dtype))
    return flow


def noise(count: int, dimension: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(count, dimension, generator=torch.Generator().manual_seed(7), dtype=dtype)


@dimensions
@both_precisions
def test_before_training_it_is_the_identity(dimension: int, dtype: torch.dtype) -> None:
    flow, z = RealNVP(dimension).to(dtype), noise(50, dimension, dtype)
    u, log_determinant = flow(z)
    torch.testing.assert_close(u, z, rtol=0, atol=0)
    torch.testing.assert_close(log_determinant, torch.zeros(50, dtype=dtype))
    torch.testing.assert_close(flow.log_prob(z), standard_normal_log_prob(z))


@dimensions
@both_precisions
def test_the_way_back_is_the_way_there(dimension: int, dtype: torch.dtype) -> None:
    flow, u = bent(dimension, dtype, strength=0.1), noise(200, dimension, dtype)
    z, there = flow(u)
    again, back = flow.inverse(z)
    assert (z - u).abs().max() > 0.1
    torch.testing.assert_close(again, u, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(back, -there, rtol=1e-5, atol=1e-4 if dtype == torch.float32 else 1e-9)


@pytest.mark.parametrize("dimension", [2, 5])
def test_the_log_determinant_is_that_of_autograds_jacobian(dimension: int) -> None:
    flow = bent(dimension)
    for u in noise(10, dimension):
        jacobian = torch.autograd.functional.jacobian(lambda point: flow(point)[0], u)
        torch.testing.assert_close(flow(u)[1], torch.linalg.slogdet(jacobian).logabsdet)
        jacobian = torch.autograd.functional.jacobian(lambda point: flow.inverse(point)[0], u)
        torch.testing.assert_close(flow.inverse(u)[1], torch.linalg.slogdet(jacobian).logabsdet)


def test_a_density_over_the_plane_integrates_to_one() -> None:
    flow = bent(2, strength=0.2)
    edge = torch.linspace(-30, 30, 1501, dtype=torch.float64)
    grid = torch.cartesian_prod(edge, edge)
    with torch.no_grad():
        density = torch.cat([flow.log_prob(part) for part in grid.split(100_000)]).exp().view(1501, 1501)
        assert (flow.sample(10_000, torch.Generator().manual_seed(1)).abs() < 30).all()
    total = torch.trapezoid(torch.trapezoid(density, edge), edge)
    torch.testing.assert_close(total, torch.ones_like(total), rtol=1e-3, atol=0)


def test_draws_have_the_entropy_that_their_density_says() -> None:
    flow = bent(3)
    draws = flow.sample(20_000, torch.Generator().manual_seed(2))
    base = noise(20_000, 3)
    with torch.no_grad():
        told = flow.log_prob(draws)
        expected = standard_normal_log_prob(base) - flow(base)[1]
    error = (told.var() / len(told) + expected.var() / len(expected)).sqrt()
    assert (told.mean() - expected.mean()).abs() < 3 * error


def test_the_same_generator_gives_the_same_draws() -> None:
    flow = bent(4, torch.float32)
    first, second = (flow.sample(9, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second)
    assert first.shape == (9, 4)
    assert not torch.equal(first, flow.sample(9, torch.Generator().manual_seed(4)))


def test_leading_axes_are_kept() -> None:
    flow, z = bent(4), noise(30, 4).view(2, 3, 5, 4)
    torch.testing.assert_close(flow.log_prob(z), flow.log_prob(z.view(30, 4)).view(2, 3, 5))


def test_no_weights_make_a_density_that_overflows() -> None:
    flow = bent(6, torch.float32, strength=100)
    assert torch.isfinite(flow.log_prob(noise(100, 6, torch.float32))).all()


def test_a_few_steps_learn_a_ring_better_than_any_gaussian_does() -> None:
    random = torch.Generator().manual_seed(5)
    angle = 2 * torch.pi * torch.rand(512, generator=random)
    ring = 2 * torch.stack([angle.cos(), angle.sin()], 1) + 0.2 * torch.randn(512, 2, generator=random)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        flow = RealNVP(2)
    optimizer = torch.optim.Adam(flow.parameters(), lr=2e-3)
    for _ in range(150):
        loss = -flow.log_prob(ring).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    gaussian = torch.distributions.MultivariateNormal(ring.mean(0), ring.T.cov())
    assert flow.log_prob(ring).mean() > gaussian.log_prob(ring).mean() + 0.5


def test_one_dimension_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        RealNVP(1)
