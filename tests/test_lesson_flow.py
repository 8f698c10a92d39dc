"""Lesson 7: densities in the plane that are right, flows that come near them, and priors that are compared fairly."""

import json
import math
from functools import cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import multivariate_normal

from vae_core.checked_settings import Settings
from vae_core.lessons import plane_flow
from vae_core.lessons.orders import FlowOrder, FlowStep, Shape
from vae_core.lessons.planes import PLANES
from vae_core.progress import Progress

WITHIN = 4  # standard errors


@pytest.mark.parametrize("shape", list(PLANES))
def test_a_planes_density_integrates_to_one(shape: Shape) -> None:
    edge = np.linspace(-4, 4, 161)
    grid = torch.from_numpy(np.stack(np.meshgrid(edge, edge), -1).reshape(-1, 2))
    mass = PLANES[shape].log_prob(grid).exp().sum().item() * (edge[1] - edge[0]) ** 2
    assert mass == pytest.approx(1, abs=1e-4)


def test_eight_gaussians_have_scipys_density() -> None:
    x = PLANES["eight Gaussians"].sample(50, torch.Generator().manual_seed(0)).double()
    angles = np.arange(8) * math.pi / 4
    places = 1.8 * np.stack([np.cos(angles), np.sin(angles)], 1)
    expected = np.mean([multivariate_normal(place, 0.2**2).pdf(x.numpy()) for place in places], 0)
    np.testing.assert_allclose(PLANES["eight Gaussians"].log_prob(x).exp().numpy(), expected, rtol=1e-3)


def test_a_rings_density_is_scipys_integral_along_it() -> None:
    points = np.array([[1.6, 0.1], [0.0, -1.5], [1.2, 1.0]])

    def along(angle: float, point: NDArray[np.float64]) -> float:
        place = 1.6 * np.array([math.cos(angle), math.sin(angle)])
        return float(multivariate_normal(place, 0.12**2).pdf(point)) / (2 * math.pi)

    expected = [
        quad(along, middle - 1, middle + 1, args=(point,))[0]
        for point in points
        for middle in [math.atan2(point[1], point[0])]
    ]
    found = PLANES["ring"].log_prob(torch.from_numpy(points)).exp().numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@cache
def lesson() -> tuple[list[dict[str, object]], list[Progress]]:
    parts: list[dict[str, object]] = []
    heard: list[Progress] = []

    def told(part: Settings) -> None:
        parts.append(part.model_dump())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plane_flow, "STEPS", 400)
        plane_flow.flow_lesson(FlowOrder(shape="two moons", layers=8), heard.append, told)
    return parts, heard


def test_a_flow_comes_near_the_data_and_never_nearer_than_the_data_itself() -> None:
    parts, heard = lesson()
    steps = [FlowStep.model_validate(part) for part in parts if part["part"] == "step"]
    assert [step.step for step in steps] == sorted({step.step for step in steps})
    first, last = steps[0], steps[-1]
    assert first.divergence > 1
    assert last.divergence < 0.4
    assert last.divergence > -WITHIN * last.divergence_error
    assert last.negative_log_likelihood - last.data_negative_log_likelihood == pytest.approx(last.divergence)
    assert heard[-1].done == heard[-1].total == last.steps


def by_hand(record: dict[str, object], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """log p(x), (N,), as whoever reads the record would work it out."""
    layers = record["layers"]
    assert isinstance(layers, list)
    x = x.copy()
    change = np.zeros(len(x))
    for layer in reversed(layers):
        kept = layer["kept"]
        value = x[:, [kept]]
        for number, linear in enumerate(layer["network"]):
            value = value @ np.array(linear["weight"]).T + np.array(linear["bias"])
            if number < len(layer["network"]) - 1:
                assert layer["activation"] == "tanh"
                value = np.tanh(value)
        scale = layer["bound"] * np.tanh(value[:, 0] / layer["bound"])
        x[:, 1 - kept] = (x[:, 1 - kept] - value[:, 1]) * np.exp(-scale)
        change -= scale
    return multivariate_normal(np.zeros(2), np.eye(2)).logpdf(x) + change


def test_the_record_says_all_that_the_picture_needs() -> None:
    records = [part["record"] for part in lesson()[0] if part["part"] == "flow"]
    record = json.loads(json.dumps(records[-1]))
    assert len(records) > 1, "it is shown on its way"
    assert record["version"] == 1
    own = by_hand(record, np.array(record["data"]))
    assert own.mean() == pytest.approx(record["logLikelihood"]["mean"], abs=1e-4)
    assert record["logLikelihood"]["of"] == len(record["data"])


def test_its_density_integrates_to_one() -> None:
    records = [part["record"] for part in lesson()[0] if part["part"] == "flow"]
    assert isinstance(records[-1], dict)
    edge = np.linspace(-6, 6, 301)
    grid = np.stack(np.meshgrid(edge, edge), -1).reshape(-1, 2)
    mass = np.exp(by_hand(records[-1], grid)).sum() * (edge[1] - edge[0]) ** 2
    assert mass == pytest.approx(1, abs=0.01)
