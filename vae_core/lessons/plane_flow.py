"""Lesson 7's flow from N(0, I) to points in the plane, and its weights as the picture in the browser takes them."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from vae_core.checked_settings import Settings
from vae_core.lessons.flow_training import train_flow
from vae_core.lessons.orders import FlowOrder, FlowPart, FlowStep
from vae_core.lessons.planes import PLANES, Plane
from vae_core.model.flow import GREATEST_LOG_SCALE, Coupling, RealNVP
from vae_core.progress import Pace, ProgressListener
from vae_core.randomness import generator

HIDDEN = 32
STEPS = 1500
BATCH = 512
PEAK = 1.5e-2  # of the learning rate: in the plane a flow comes nearer to the data by large steps
HELD_OUT = 2000
DRAWN = 600  # points that go along for the picture
MEASURED_EVERY = 50
SENT_AT = (100, 300, 700)  # steps after which the picture is shown, before the last
DIGITS = 8


def flow_lesson(order: FlowOrder, progress: ProgressListener, told: Callable[[Settings], None]) -> None:
    """Trains a flow, tells its divergence as it falls, and its weights at times and at the end."""
    plane = PLANES[order.shape]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(order.seed)
        flow = RealNVP(2, order.layers, HIDDEN)
    held_out = plane.sample(HELD_OUT, generator(order.seed, "held-out points"))
    known = plane.log_prob(held_out)
    pace = Pace(progress, f"Training a flow of {order.layers} layers on the {order.shape}", STEPS)

    def look(step: int, _loss: float = 0.0) -> None:
        pace.at(step)
        if step % MEASURED_EVERY == 0:
            found = measured(flow, held_out, known, step)
            told(found)
            if step in SENT_AT or step == STEPS:
                told(FlowPart(record=flow_record(flow, order, plane, found)))

    look(0)
    train_flow(flow, lambda _, source: plane.sample(BATCH, source), STEPS, order.seed, PEAK, look)


@torch.no_grad()
def measured(flow: RealNVP, held_out: Tensor, known: Tensor, step: int) -> FlowStep:
    """The flow's figures on points (N, 2) whose own log density (N,) is known."""
    own = flow.log_prob(held_out).double()
    gaps = known - own
    return FlowStep(
        step=step,
        steps=STEPS,
        negative_log_likelihood=-own.mean().item(),
        data_negative_log_likelihood=-known.mean().item(),
        divergence=gaps.mean().item(),
        divergence_error=gaps.std().item() / math.sqrt(len(gaps)),
    )


@torch.no_grad()
def flow_record(flow: RealNVP, order: FlowOrder, plane: Plane, found: FlowStep) -> dict[str, Any]:
    """The flow from base to data, with some of its points and what torch says of their likelihood."""
    points = plane.sample(DRAWN, generator(order.seed, "points to draw"))
    own = flow.log_prob(points).double()
    likelihood = {"mean": own.mean().item(), "standardError": own.std().item() / math.sqrt(DRAWN), "of": DRAWN}
    return {
        "version": 1,
        "name": f"{order.shape.capitalize()}, step {found.step:,}",
        "layers": [_layer(layer) for layer in flow.couplings if isinstance(layer, Coupling)],
        "data": _rounded(points),
        "logLikelihood": likelihood,
    }


def _layer(coupling: Coupling) -> dict[str, Any]:
    networks = [coupling.first, coupling.second, coupling.last]
    return {
        "kind": "coupling",
        "kept": int(coupling.kept.item()),
        "activation": "tanh",
        "bound": GREATEST_LOG_SCALE,
        "network": [_linear(layer) for layer in networks],
    }


def _linear(layer: nn.Linear) -> dict[str, Any]:
    return {"weight": _rounded(layer.weight), "bias": _rounded(layer.bias)}


def _rounded(values: Tensor) -> Any:
    """Numbers of eight digits, nested as the tensor is: all that 32 bits hold, in half of the letters."""
    if values.dim() > 1:
        return [_rounded(row) for row in values]
    return [float(f"{value:.{DIGITS}g}") for value in values.tolist()]
