"""The prior that knows the data: a Gaussian mixture fitted to draws of the posteriors of many images.

Dimensions that have collapsed lie as N(0, 1) and depend on nothing, so that every component has them as they are: in
those that are left, the same images are enough for many more components.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture as ScikitMixture
from torch import Tensor

from vae_core.checkpoint.prior_file import write_prior
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.data.dataset import Dataset
from vae_core.errors import not_finite
from vae_core.evaluation import batches
from vae_core.model.posteriors import SaidPerDimension, narrow_posterior, standard_normal
from vae_core.model.priors import GaussianMixture
from vae_core.model.vae import VAE
from vae_core.progress import Progress, ProgressListener, silent
from vae_core.randomness import generator

COMPONENTS = (1, 2, 5, 10, 20, 50, 100)
IMAGES = 10_000  # at most: as many give the same mixture as all
DRAWS = 2_000  # at least: of few images each gives several
HELD_OUT = 0.2  # of the images, to choose the number of components by
MOST_NUMBERS = 20_000  # in all covariances together that are fitted; a single component has as many as it needs
MOST_KEPT = 50_000  # with those that are as they are: a browser weighs them all as a latent is dragged
UNUSED_BELOW = 0.01  # nats that a dimension says of an image: more, N(0, 1) in it can't cost
FEWEST_IMAGES = 2  # a component
ENCODED_AT_ONCE = 500
PATIENCE = 2  # numbers of components that may be worse than the best before
ROUNDS = 60  # of EM, at most
LEAST_VARIANCE = 1e-4  # added to every variance, so that a component of equal draws stays a density


def fit_prior(
    model: VAE,
    dataset: Dataset,
    *,
    seed: int = 0,
    latents: Tensor | None = None,
    progress: ProgressListener = silent,
) -> GaussianMixture:
    """The full-covariance mixture whose number of components makes held-out images' draws most likely.

    The same seed gives the same mixture. Fitted by EM (scikit-learn); images are held out whole, so that draws of one
    image never judge a component that another of its draws has made. Where the images' `latents` (N, D) are known,
    nothing is encoded.

    Raises:
        DivergedError: the encodings are not finite.
    """
    count = len(dataset)
    chosen = torch.randperm(count, generator=generator(seed, "prior images"))[:IMAGES]
    each = -(-DRAWS // len(chosen))
    said = SaidPerDimension(model.config.latent_dim, under_standard_normal=True)
    parts = _posterior_draws(model, dataset, chosen, each, seed, latents, said, progress)
    all_draws = torch.cat(list(parts), dim=1).double().numpy()
    if not np.isfinite(all_draws).all():
        raise not_finite(f"The model's encodings of {dataset.name} are infinite or NaN")
    used = _used(said.nats)
    draws = all_draws[..., used]
    held_out = int(HELD_OUT * len(chosen))
    judged, learned = (part.reshape(-1, part.shape[-1]) for part in (draws[:, :held_out], draws[:, held_out:]))
    possible = _possible_components(len(used), model.config.latent_dim, len(chosen) - held_out)
    best, highest, worse = None, -np.inf, 0
    for done, components in enumerate(possible if held_out else ()):
        progress(Progress("Fitting the prior", done, len(possible) + 1))
        fitted = _fitted(learned, components, seed)
        if (likelihood := float(fitted.score(judged))) > highest:
            best, highest, worse = fitted, likelihood, 0
        elif (worse := worse + 1) == PATIENCE:
            break
    progress(Progress("Fitting the prior", len(possible), len(possible) + 1))
    fitted = _fitted(draws.reshape(-1, draws.shape[-1]), possible[0], seed, best)
    progress(Progress("Fitting the prior", len(possible) + 1, len(possible) + 1))
    return _with_unused(fitted, used, model.config.latent_dim)


def keep_fitted_prior(
    path: str | Path, dataset: Dataset, *, seed: int = 0, progress: ProgressListener = silent
) -> GaussianMixture | None:
    """Fit a checkpoint's prior to its training images, and keep it in its folder; None where it has learned its own.

    Raises:
        CheckpointError: the checkpoint is damaged.
        OSError: the disk is full, or the folder was removed.
    """
    model = load_checkpoint(path).model
    if model.learned_prior is not None:
        return None
    prior = fit_prior(model, dataset, seed=seed, progress=progress)
    write_prior(Path(path), prior)
    return prior


@torch.inference_mode()
def _posterior_draws(
    model: VAE,
    dataset: Dataset,
    indices: Tensor,
    each: int,
    seed: int,
    latents: Tensor | None,
    said: SaidPerDimension,
    progress: ProgressListener,
) -> Iterator[Tensor]:
    """Draws (each, n, D) of q(z|x) of the images, batch by batch; `said` hears of each posterior."""
    device = next(model.parameters()).device
    done = 0
    for number, (chunk, x) in enumerate(batches(dataset, indices, ENCODED_AT_ONCE, device)):
        posterior = model.posterior(x) if latents is None else narrow_posterior(latents[chunk].to(device))
        said.hear(posterior)
        shape = (each, len(chunk), model.config.latent_dim)
        noise = standard_normal(shape, posterior.mean, generator(seed, "prior draws", number))
        yield posterior.reparameterise(noise).cpu()
        done += len(chunk)
        progress(Progress("Drawing encodings", done, len(indices)))


def _used(nats: Tensor) -> np.ndarray:
    """Indices of the dimensions that have not collapsed, of nats (D,); of the one that says most where all have."""
    used = nats >= UNUSED_BELOW
    used[nats.argmax()] = True
    return used.nonzero().flatten().numpy()


def _with_unused(fitted: ScikitMixture, used: np.ndarray, latent_dim: int) -> GaussianMixture:
    """A mixture over the dimensions that are used, times N(0, I) over the others."""
    components = len(fitted.weights_)
    means = torch.zeros(components, latent_dim)
    means[:, used] = torch.from_numpy(fitted.means_).float()
    cholesky = torch.eye(latent_dim).repeat(components, 1, 1)
    factors = torch.linalg.cholesky(torch.from_numpy(fitted.covariances_)).float()
    cholesky[:, used[:, None], used] = factors  # lower triangular still: `used` ascends
    return GaussianMixture(torch.from_numpy(np.log(fitted.weights_)).float(), means, cholesky)


def _possible_components(used: int, latent_dim: int, images: int) -> list[int]:
    most = min(MOST_NUMBERS // used**2, MOST_KEPT // latent_dim**2, images // FEWEST_IMAGES)
    return [count for count in COMPONENTS if count <= max(1, most)]


def _fitted(draws: np.ndarray, components: int, seed: int, begin: ScikitMixture | None = None) -> ScikitMixture:
    """By EM from k-means, or from where another mixture, of fewer draws, has come to."""
    start = {}
    if begin is not None:
        components = begin.n_components
        start = {"weights_init": begin.weights_, "means_init": begin.means_, "precisions_init": begin.precisions_}
    mixture = ScikitMixture(components, reg_covar=LEAST_VARIANCE, max_iter=ROUNDS, random_state=seed % 2**32, **start)
    with warnings.catch_warnings():
        # After so many rounds what is left to gain is less than the draws' own chance.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(draws)
