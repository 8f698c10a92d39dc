"""Lesson 7's arithmetic in the browser, run by Node, against torch's autograd."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.browser_maths import answers

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "relu": functional.relu,
    "tanh": torch.tanh,
    "silu": functional.silu,
}


def coupling(kept: int, activation: str, bound: float | None, generator: torch.Generator) -> dict[str, Any]:
    widths = [1, 12, 8, 2]
    network = [
        {
            "weight": (torch.randn(outputs, inputs, generator=generator) / inputs**0.5).tolist(),
            "bias": (0.3 * torch.randn(outputs, generator=generator)).tolist(),
        }
        for inputs, outputs in pairwise(widths)
    ]
    return {"kind": "coupling", "kept": kept, "activation": activation, "bound": bound, "network": network}


def made_up() -> dict[str, Any]:
    """A flow with each kind of layer, its weights drawn."""
    generator = torch.Generator().manual_seed(2)
    layers = [
        coupling(0, "tanh", 1.5, generator),
        coupling(1, "relu", 2.0, generator),
        {"kind": "affine", "scale": [1.4, 0.7], "shift": [0.5, -1.0]},
        coupling(0, "silu", None, generator),
        coupling(1, "tanh", 1.0, generator),
    ]
    return {"version": 1, "name": "Made up", "layers": layers, "data": [], "logLikelihood": None}


def double(values: Any) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.double)


def through(layers: list[Any], point: torch.Tensor, depth: float) -> torch.Tensor:
    """The way of one point (2,) through the first `depth` layers, as the record says it."""
    for index, layer in enumerate(layers):
        share = min(max(depth - index, 0.0), 1.0)
        if layer["kind"] == "affine":
            scale, shift = (double(layer[name]) for name in ("scale", "shift"))
            point = point * scale**share + share * shift
            continue
        kept = layer["kept"]
        hidden = point[kept : kept + 1]
        for place, linear in enumerate(layer["network"]):
            hidden = functional.linear(hidden, double(linear["weight"]), double(linear["bias"]))
            if place < len(layer["network"]) - 1:
                hidden = ACTIVATIONS[layer["activation"]](hidden)
        raw, shift = hidden
        bound = layer["bound"]
        log_scale = raw if bound is None else bound * torch.tanh(raw / bound)
        changed = point[1 - kept] * torch.exp(share * log_scale) + share * shift
        point = torch.stack([point[0], changed] if kept == 0 else [changed, point[1]])
    return point


POINTS = np.random.default_rng(4).normal(size=(200, 2))
FLOWS = {"by hand": None, "made up": made_up()}


@pytest.fixture(scope="module", params=FLOWS)
def answered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    count = 5 if FLOWS[request.param] else 4
    depths = [0, 0.3, 1, 2.5, count - 0.5, count]
    asked = {"flow": FLOWS[request.param], "points": POINTS.tolist(), "depths": depths}
    given = answers("flowAnswers", asked, tmp_path_factory.mktemp("flow"))
    assert len(given["record"]["layers"]) == count
    return {**given, "depths": depths}


def test_points_go_where_torch_takes_them_and_log_determinants_are_autograds(answered: Any) -> None:
    layers = answered["record"]["layers"]
    for depth, found in zip(answered["depths"], answered["atDepths"], strict=True):
        for index, point in enumerate(torch.tensor(POINTS[:40])):
            expected = through(layers, point, depth)
            np.testing.assert_allclose(found["places"][index], expected, rtol=0, atol=1e-9)
            jacobian = torch.autograd.functional.jacobian(lambda z, depth=depth: through(layers, z, depth), point)
            log_det = float(torch.linalg.slogdet(jacobian).logabsdet)
            assert found["logDets"][index] == pytest.approx(log_det, abs=1e-9)
            assert found["byDifferences"][index] == pytest.approx(log_det, abs=1e-4)
            log_density = float(torch.distributions.Normal(0, 1).log_prob(point).sum()) - log_det
            assert found["logDensities"][index] == pytest.approx(log_density, abs=1e-9)


def test_what_went_forward_comes_back(answered: Any) -> None:
    for found in answered["atDepths"]:
        np.testing.assert_allclose(found["back"], POINTS, rtol=0, atol=1e-5)
        np.testing.assert_allclose(found["stations"], found["places"], rtol=0, atol=1e-12)


def test_the_density_adds_up_to_1(answered: Any) -> None:
    assert answered["integral"] == pytest.approx(1, abs=2e-3)
