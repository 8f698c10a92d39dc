"""How far the data reach in latent space, for a page that has to say where a decoder only guesses.

A latent is far from any data where it is less dense under the prior that knows them, learned or fitted, and farther
from the nearest encoding, than nearly all of the data's own encodings are. Of a dimension that has collapsed no image
shows anything: a page takes the data's mean for whatever it holds.
"""

import numpy as np
import torch
from torch import Tensor

from vae_core.model.priors import Prior
from vae_core.projection.neighbours import nearest_neighbours

SHARE = 0.99  # of the data that each of the two limits takes in


@torch.inference_mode()
def measure_ground(prior: Prior, means: Tensor) -> dict[str, float] | None:
    """The limits of posterior means (M, D): the least log density, in nats, and the greatest distance to another mean.

    Each of the two leaves out one in a hundred. None where a mean has no other.
    """
    if len(means) < 2:
        return None
    _, distances = nearest_neighbours(means, 2)
    return {
        "log_density": float(np.quantile(prior.log_prob(means.double()).numpy(), 1 - SHARE)),
        "distance": float(np.quantile(distances[:, 1].numpy(), SHARE)),
    }
