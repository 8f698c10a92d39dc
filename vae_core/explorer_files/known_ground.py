"""How far the data reach in latent space, for a page that has to say where a decoder only guesses.

A latent is far from any data where it is less dense under the prior that knows them, learned or fitted, and farther
from the nearest encoding, than nearly all of the data's own encodings are. Of a dimension that has collapsed no image
shows anything: a page takes the data's mean for whatever it holds.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from vae_core.model.flow import RealNVP
from vae_core.model.priors import GaussianMixture, LearnedMixture, LearnedPrior, Prior
from vae_core.projection.neighbours import nearest_neighbours

SHARE = 0.99  # of the data that each of the two limits takes in


def describe_prior(prior: LearnedPrior | None) -> dict[str, Any] | None:
    """What a manifest says of a learned prior."""
    if isinstance(prior, RealNVP):
        units = prior.couplings[0].get_parameter("first.bias").numel()
        return {"kind": "flow", "couplings": len(prior.couplings), "units": units}
    return None if prior is None else {"kind": "mixture"}


def pack_prior(prior: GaussianMixture | LearnedPrior) -> np.ndarray:
    """A mixture of K components over D dimensions as little-endian float32 (K, 1 + D + D(D + 1)/2), or all of a flow's.

    A row is a component: its log weight, its mean, and its Cholesky factor's lower triangle row by row. A flow's
    numbers stand in the order of its state (see `vae_core.model.flow`), one layer after the other.
    """
    if isinstance(prior, RealNVP):
        return torch.cat([tensor.detach().flatten().cpu() for tensor in prior.parameters()]).numpy().astype("<f4")
    if isinstance(prior, LearnedMixture):
        prior = prior.as_mixture()
    rows, columns = torch.tril_indices(*prior.cholesky.shape[1:])
    parts = [prior.log_weights[:, None], prior.means, prior.cholesky[:, rows, columns]]
    return torch.cat(parts, dim=1).numpy().astype("<f4")


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
