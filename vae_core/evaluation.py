"""How good a trained model is: pure functions of a model and images, exact averages over every image.

Active units: Burda et al. (2016), section 5.1. NLL by importance sampling: Rezende et al. (2014), appendix E.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from vae_core.datasets.dataset import Dataset
from vae_core.model.objective import iwae_bound
from vae_core.model.posteriors import standard_normal
from vae_core.model.vae import VAE, mean_square_error
from vae_core.progress import Progress, ProgressListener, silent
from vae_core.randomness import generator

ACTIVE_ABOVE = 0.01  # variance of a dimension's posterior mean over the data, from which it counts as active
NEIGHBOURS = 10
DECODES_AT_ONCE = 2_000


def batches(dataset: Dataset, indices: Tensor, size: int, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    """(indices, images in [0, 1] on the device), in order, the last batch as small as it comes."""
    for chunk in indices.split(size):
        yield chunk, dataset.batch(chunk).to(device)


@dataclass(frozen=True)
class Bound:
    """The ELBO and its terms in nats per image; per-dimension KL (D,); the mean square error a pixel."""

    elbo: float
    log_likelihood: float
    kl: float
    kl_per_dimension: list[float]
    mean_square_error: float


@torch.no_grad()
def evaluate_bound(model: VAE, dataset: Dataset, indices: Tensor, seed: int, batch_size: int = 500) -> Bound:
    """The ELBO (β = 1) of the given images, one sample each, the same noise for the same seed."""
    device = next(model.parameters()).device
    dimension = model.config.latent_dim
    sums = torch.zeros(4, dtype=torch.float64)
    kl_per_dimension = torch.zeros(dimension, dtype=torch.float64)
    for number, (_, x) in enumerate(batches(dataset, indices, batch_size, device)):
        noise = standard_normal((1, len(x), dimension), x, generator(seed, "evaluation", number))
        posterior, _, likelihood = model(x, noise)
        log_likelihood, kl = likelihood.log_prob(x).squeeze(0), posterior.kl_divergence()
        error = mean_square_error(x, likelihood).squeeze(0)
        sums += torch.stack([log_likelihood - kl, log_likelihood, kl, error]).cpu().double().sum(1)
        kl_per_dimension += posterior.kl_per_dimension().cpu().double().sum(0)
    elbo, log_likelihood, kl, error = (sums / len(indices)).tolist()
    return Bound(elbo, log_likelihood, kl, (kl_per_dimension / len(indices)).tolist(), error)


@torch.no_grad()
def encode(model: VAE, dataset: Dataset, indices: Tensor, batch_size: int = 500) -> tuple[Tensor, Tensor]:
    """Posterior means and marginal log variances of the given images: two tensors (len(indices), D)."""
    device = next(model.parameters()).device
    posteriors = [model.posterior(x) for _, x in batches(dataset, indices, batch_size, device)]
    means = torch.cat([posterior.mean for posterior in posteriors])
    return means.cpu(), torch.cat([posterior.log_variance for posterior in posteriors]).cpu()


@torch.no_grad()
def negative_log_likelihood(
    model: VAE,
    dataset: Dataset,
    indices: Tensor,
    samples: int,
    seed: int,
    progress: ProgressListener = silent,
) -> Tensor:
    """−log p(x) of each image by importance sampling with q(z|x), in nats, (len(indices),)."""
    device = next(model.parameters()).device
    images_at_once = max(1, DECODES_AT_ONCE // samples)
    samples_at_once = min(samples, DECODES_AT_ONCE)
    results: list[Tensor] = []
    for number, (_, x) in enumerate(batches(dataset, indices, images_at_once, device)):
        source = generator(seed, "importance", number)
        rounds = [min(samples_at_once, samples - start) for start in range(0, samples, samples_at_once)]
        weights = torch.cat([model.log_weights(x, count, source) for count in rounds])  # (samples, n)
        results.append(-iwae_bound(weights.double()).cpu())
        progress(Progress("likelihood", sum(map(len, results)), len(indices)))
    return torch.cat(results)


def active_units(means: Tensor) -> Tensor:
    """Which latent dimensions carry information: (N, D) posterior means → (D,) booleans."""
    return means.var(0, unbiased=False) > ACTIVE_ABOVE


def label_agreement(latents: Tensor, labels: Tensor, neighbours: int = NEIGHBOURS) -> float:
    """Mean share of a point's nearest neighbours in latent space (itself left out) that have its label."""
    agreeing = 0.0
    neighbours = min(neighbours, len(latents) - 1)
    if neighbours < 1:
        return math.nan
    for start in range(0, len(latents), 1000):
        chunk = latents[start : start + 1000]
        distances = torch.cdist(chunk, latents, compute_mode="donot_use_mm_for_euclid_dist")
        distances[torch.arange(len(chunk)), torch.arange(start, start + len(chunk))] = torch.inf
        nearest = distances.topk(neighbours, largest=False).indices
        agreeing += (labels[nearest] == labels[start : start + len(chunk), None]).double().mean(1).sum().item()
    return agreeing / len(latents)


@dataclass(frozen=True)
class Evaluation:
    """Figures of one evaluation, and how they were obtained; all nats are per image, with every constant."""

    data: str
    split: str
    images: int
    elbo: float
    log_likelihood: float
    kl: float
    kl_per_dimension: list[float]
    negative_log_likelihood: float
    negative_log_likelihood_standard_error: float
    importance_samples: int
    likelihood_images: int
    active_units: int
    mean_square_error: float
    label_agreement: float | None
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Plain values for metrics.json."""
        return asdict(self)


def evaluate(
    model: VAE,
    dataset: Dataset,
    *,
    samples: int = 500,
    likelihood_images: int | None = None,
    seed: int = 0,
    progress: ProgressListener = silent,
) -> Evaluation:
    """Evaluate on every image of a data set; the NLL may be limited to the first `likelihood_images`.

    The standard error of the NLL is over images: their standard deviation divided by √images.
    """
    indices = torch.arange(len(dataset))
    bound = evaluate_bound(model, dataset, indices, seed)
    means, _ = encode(model, dataset, indices)
    sampled = indices[: likelihood_images or len(dataset)]
    nll = negative_log_likelihood(model, dataset, sampled, samples, seed, progress)
    agreement = label_agreement(means, dataset.labels) if len(dataset.class_names) > 1 else math.nan
    return Evaluation(
        data=dataset.name,
        split=dataset.split,
        images=len(dataset),
        elbo=bound.elbo,
        log_likelihood=bound.log_likelihood,
        kl=bound.kl,
        kl_per_dimension=bound.kl_per_dimension,
        negative_log_likelihood=nll.mean().item(),
        negative_log_likelihood_standard_error=(nll.std(unbiased=False) / math.sqrt(len(nll))).item(),
        importance_samples=samples,
        likelihood_images=len(nll),
        active_units=int(active_units(means).sum()),
        mean_square_error=bound.mean_square_error,
        label_agreement=None if math.isnan(agreement) else agreement,
        seed=seed,
    )
