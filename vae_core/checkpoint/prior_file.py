"""A checkpoint's fitted prior: kept beside the weights as safetensors, and checked when it is read."""

from pathlib import Path

import torch

from vae_core.checkpoint.card import kept_sentence, write_card
from vae_core.checkpoint.layout import METRICS_FILE, PRIOR_FILE, read_checkpoint
from vae_core.checkpoint.tensor_files import read_tensors, write_tensors
from vae_core.errors import CheckpointError
from vae_core.files import write_json
from vae_core.model.priors import GaussianMixture

MOST_COMPONENTS = 1000
UNDER_IT = "fitted_prior_"  # what the names of figures under the fitted prior begin with


def write_prior(folder: Path, prior: GaussianMixture) -> None:
    """Keep a fitted prior in a checkpoint folder, which must be there; whole or not at all.

    Figures under another one go with it, from the card as well.
    """
    path = folder / PRIOR_FILE
    tensors = {"log_weights": prior.log_weights, "means": prior.means, "cholesky": prior.cholesky}
    before = path.read_bytes() if path.exists() else b""
    write_tensors(path, tensors, make_folder=False)
    if path.read_bytes() != before and (folder / METRICS_FILE).exists():
        _forget_figures_under_it(folder)


def _forget_figures_under_it(folder: Path) -> None:
    metrics = read_checkpoint(folder).metrics or {}
    measured = [name for name, value in metrics.items() if name.startswith(UNDER_IT) and value is not None]
    if measured:
        write_json(folder / METRICS_FILE, metrics | dict.fromkeys(measured))
        write_card(folder, to_know=kept_sentence(folder))


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
