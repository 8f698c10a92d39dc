"""A prior as a browser gets it: what the manifest says of a learned one, and the numbers of any."""

from typing import Any

from vae_core.interpolation.packed_priors import pack_flow, pack_mixture
from vae_core.interpolation.paths import Floats
from vae_core.model.flow import RealNVP
from vae_core.model.priors import GaussianMixture, LearnedMixture, LearnedPrior


def describe_prior(prior: LearnedPrior | None) -> dict[str, Any] | None:
    """What a manifest says of a learned prior."""
    if isinstance(prior, RealNVP):
        units = prior.couplings[0].get_parameter("first.bias").numel()
        return {"kind": "flow", "couplings": len(prior.couplings), "units": units}
    return None if prior is None else {"kind": "mixture"}


def pack_prior(prior: GaussianMixture | LearnedPrior) -> Floats:
    """A mixture's numbers (K, 1 + D + D(D + 1)/2), or all of a flow's in a row, as `packed_priors` has them."""
    if isinstance(prior, RealNVP):
        return pack_flow(tensor.detach().cpu().numpy() for tensor in prior.parameters())
    if isinstance(prior, LearnedMixture):
        prior = prior.as_mixture()
    return pack_mixture(*(part.numpy() for part in (prior.log_weights, prior.means, prior.cholesky)))
