"""NNInv, the way back from a plane to data that a network learns: a rival of `benchmarks.inverse`.

Espadoto, Rodrigues, Hirata, Hirata and Telea, "Deep Learning Inverse Multidimensional Projections", EuroVA 2019, and
Espadoto et al., "UnProjection: Leveraging Inverse-Projections for Visual Analytics of High-Dimensional Data", 2021.
As published implementations have it: four hidden layers with ReLU, He's uniform start and biases of 0.01, a sigmoid
for data in [0, 1], positions scaled to the unit square, Adam on batches of 32, and an end when the loss of the last 5 %
of the pairs has not fallen for 10 epochs, with the weights that were best by it. Of their sizes this is the medium
one: its hidden layers have a sixteenth of the weights of those 2048 wide, so that it has all its epochs in minutes.
The loss is the square error, by which the sides are compared.
"""

import copy
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

LAYERS, WIDTH = 4, 512
BIAS = 0.01
BATCH = 32
KEPT_BACK = 0.05
EPOCHS = 300
PATIENCE, LEAST_FALL = 10, 1e-5


@dataclass(frozen=True)
class NNInv:
    """A fitted network, with what it took."""

    network: nn.Sequential
    low: Tensor  # (2,), of the positions it learned from
    high: Tensor
    seconds: float  # of the processor
    epochs: int

    @torch.inference_mode()
    def __call__(self, places: np.ndarray) -> Tensor:
        """Data (M, F) in [0, 1] at places (M, 2)."""
        return self.network((torch.from_numpy(places) - self.low) / (self.high - self.low))


def network(features: int) -> nn.Sequential:
    """Plane to so many features in [0, 1]."""
    hidden = [nn.Linear(inputs, WIDTH) for inputs in [2] + [WIDTH] * (LAYERS - 1)]
    last = nn.Linear(WIDTH, features)
    for layer in (*hidden, last):
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
        nn.init.constant_(layer.bias, 0 if layer is last else BIAS)
    return nn.Sequential(*(part for layer in hidden for part in (layer, nn.ReLU())), last, nn.Sigmoid())


def fit_nninv(positions: Tensor, data: Tensor) -> NNInv:
    """Learn data (N, F) in [0, 1] at positions (N, 2), in random order."""
    began = time.process_time()
    torch.manual_seed(0)
    low, high = positions.amin(0), positions.amax(0)
    x = (positions - low) / (high - low)
    learned = round(len(x) * (1 - KEPT_BACK))
    learner = network(data.shape[1])
    optimizer = torch.optim.Adam(learner.parameters())
    best, best_loss, best_epoch, epoch = copy.deepcopy(learner.state_dict()), float("inf"), 0, 0
    while epoch < min(EPOCHS, best_epoch + PATIENCE):
        epoch += 1
        for batch in torch.randperm(learned).split(BATCH):
            optimizer.zero_grad()
            F.mse_loss(learner(x[batch]), data[batch]).backward()
            optimizer.step()
        with torch.inference_mode():
            loss = float(F.mse_loss(learner(x[learned:]), data[learned:]))
        if loss < best_loss - LEAST_FALL:
            best, best_loss, best_epoch = copy.deepcopy(learner.state_dict()), loss, epoch
    learner.load_state_dict(best)
    return NNInv(learner, low, high, time.process_time() - began, epoch)
