"""A checkpoint's fitted prior: kept beside the weights as safetensors, and checked when it is read."""

from pathlib import Path

import torch

from vae_core.checkpoint.layout import CARD_FILE, METRICS_FILE, PRIOR_FILE, SAMPLES_FILE
from vae_core.checkpoint.tensor_files import read_tensors, write_tensors
from vae_core.errors import CheckpointError
from vae_core.model.priors import GaussianMixture

MOST_COMPONENTS = 1000


def write_prior(folder: Path, prior: GaussianMixture) -> None:
    """Keep a fitted prior in a checkpoint folder, which must be there; whole or not at all."""
    tensors = {"log_weights": prior.log_weights, "means": prior.means, "cholesky": prior.cholesky}
    write_tensors(folder / PRIOR_FILE, tensors, make_folder=False)


def forget_figures(folder: Path) -> None:
    """Its weights are others now than those that the prior was fitted to, and that samples, figures and card are of."""
    for name in (PRIOR_FILE, SAMPLES_FILE, METRICS_FILE, CARD_FILE):
        (folder / name).unlink(missing_ok=True)


def read_prior(folder: Path, latent_dim: int) -> GaussianMixture | None:
    """The fitted prior in a checkpoint folder; None where there is none.

    Raises:
        CheckpointError: the file is damaged, or is no mixture over so many latent dimensions.
    """
    path = folder / PRIOR_FILE
    if not path.exists():
        return None
    tensors, _ = read_tensors(path)
    names = ("log_weights", "means", "cholesky")
    if set(tensors) != set(names):
        raise CheckpointError(f"{path}: holds {', '.join(sorted(tensors)) or 'nothing'}, expected {', '.join(names)}.")
    log_weights, means, cholesky = (tensors[name] for name in names)
    components = len(log_weights) if log_weights.dim() == 1 else 0
    shapes = [tuple(tensor.shape) for tensor in (means, cholesky)]
    if not 1 <= components <= MOST_COMPONENTS or shapes != [
        (components, latent_dim),
        (components, latent_dim, latent_dim),
    ]:
        raise CheckpointError(f"{path}: is no mixture over {latent_dim} latent dimensions; fit the prior again.")
    finite = all(tensor.dtype == torch.float32 and bool(tensor.isfinite().all()) for tensor in tensors.values())
    if not finite or bool((cholesky.diagonal(dim1=-2, dim2=-1) <= 0).any()):
        raise CheckpointError(f"{path}: holds what is no density; fit the prior again.")
    return GaussianMixture(log_weights, means, cholesky)
