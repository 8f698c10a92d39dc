"""Lesson 7: flows trained there and then, of points in the plane and of what an encoder makes of images."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_core.errors import DivergedError
from vae_core.model.flow import RealNVP
from vae_core.randomness import generator
from vae_core.training.schedules import learning_rate

LARGEST_NORM = 5.0  # of a gradient: points far out of a young flow pull hard


def train_flow(
    flow: RealNVP,
    draw: Callable[[int, torch.Generator], Tensor],
    steps: int,
    seed: int,
    peak: float,
    told: Callable[[int, float], None],
) -> None:
    """Maximises the log density of fresh points: `draw` gives a step's (B, D); `told` hears each step and its loss.

    `peak` is the greatest learning rate of a one-cycle schedule.

    Raises:
        DivergedError: the loss is not finite any more.
    """
    optimizer = torch.optim.Adam(flow.parameters(), lr=peak)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = learning_rate("one-cycle", peak, step / max(1, steps - 1))
        loss = -flow.log_prob(draw(step, generator(seed, "flow step", step))).mean()
        if not bool(loss.isfinite()):
            raise DivergedError(f"The flow's loss became {loss.item()} at step {step + 1}; try another seed.")
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(flow.parameters(), LARGEST_NORM)
        optimizer.step()
        told(step + 1, loss.item())
