"""How good a trained model is: pure functions of a model and images, exact averages over every image.

Active units: Burda et al. (2016), section 5.1. NLL by importance sampling: Rezende et al. (2014), appendix E.
What is summed over images is summed in float64 on the CPU: not every accelerator has it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from vae_core.data.dataset import Dataset
from vae_core.disentanglement import Disentanglement, measure
from vae_core.errors import not_finite
from vae_core.model.posteriors import standard_normal
from vae_core.model.priors import Prior
from vae_core.model.vae import VAE, LogDensity, iwae_bound, mean_square_error
from vae_core.progress import Progress, ProgressListener, silent
from vae_core.randomness import generator
from vae_core.workload import AT_ONCE

ACTIVE_ABOVE = 0.01  # variance of a dimension's posterior mean over the data, from which it counts as active
NEIGHBOURS = 10
DECODES_AT_ONCE = 200  # 2,000 took a conv decoder twice as long: its activations leave the processor's cache


def batches(dataset: Dataset, indices: Tensor, size: int, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    """(indices, images in [0, 1] on the device), in order, the last batch as small as it comes."""
    for chunk in indices.split(size):
        yield chunk, dataset.batch(chunk).to(device)


@dataclass(frozen=True)
class ImageTerms:
    """What one pass with one sample each says of N images: nats and mean square errors a pixel (N,), float64.

    What is not of the fitted prior is under the model's own.
    """

    log_likelihood: Tensor
    kl: Tensor
    mean_square_error: Tensor
    kl_per_dimension: Tensor  # (D,), averaged over the images
    means: Tensor  # (N, D), of the posteriors
    prior_log_ratio: Tensor  # log q(z|x) − log p(z) under the fitted prior, of the one draw; (0,) without one

    @property
    def elbo(self) -> Tensor:
        """Under the model's own prior, (N,)."""
        return self.log_likelihood - self.kl

    @property
    def fitted_prior_elbo(self) -> Tensor:
        """Under the fitted prior, (N,)."""
        return self.log_likelihood - self.prior_log_ratio


@torch.no_grad()
def image_terms(
    model: VAE,
    dataset: Dataset,
    indices: Tensor,
    seed: int,
    batch_size: int = AT_ONCE,
    progress: ProgressListener = silent,
    prior: Prior | None = None,
) -> ImageTerms:
    """Encode and decode each of the given images once, with the same noise for the same seed."""
    device = next(model.parameters()).device
    dimension = model.config.latent_dim
    terms: list[Tensor] = []
    means: list[Tensor] = []
    ratios: list[Tensor] = []
    said = model.said_per_dimension()
    done = 0
    for number, (_, x) in enumerate(batches(dataset, indices, batch_size, device)):
        noise = standard_normal((1, len(x), dimension), x, generator(seed, "evaluation", number))
        posterior, z, likelihood = model(x, noise)
        log_likelihood, kl = likelihood.log_prob(x).squeeze(0), model.kl_divergence(posterior, z)
        error = mean_square_error(x, likelihood).squeeze(0)
        terms.append(torch.stack([log_likelihood, kl, error]).cpu().double())
        said.hear(posterior)
        means.append(posterior.mean.cpu())
        if prior is not None:
            ratios.append((posterior.log_prob(z) - prior.log_prob(z)).squeeze(0).cpu().double())
        done += len(x)
        progress(Progress("Measuring images", done, len(indices)))
    log_likelihood, kl, error = torch.cat(terms, dim=1)
    ratio = torch.cat(ratios) if ratios else torch.empty(0)
    return ImageTerms(log_likelihood, kl, error, said.nats, torch.cat(means), ratio)


@dataclass(frozen=True)
class Bound:
    """The ELBO and its terms in nats per image; per-dimension KL (D,); the mean square error a pixel."""

    elbo: float
    log_likelihood: float
    kl: float
    kl_per_dimension: list[float]
    mean_square_error: float

    @classmethod
    def of(cls, terms: ImageTerms) -> "Bound":
        """The averages over images."""
        averages = (terms.elbo, terms.log_likelihood, terms.kl)
        elbo, log_likelihood, kl = (values.mean().item() for values in averages)
        return cls(elbo, log_likelihood, kl, terms.kl_per_dimension.tolist(), terms.mean_square_error.mean().item())


def evaluate_bound(model: VAE, dataset: Dataset, indices: Tensor, seed: int, batch_size: int = AT_ONCE) -> Bound:
    """The ELBO (β = 1) of the given images, one sample each, the same noise for the same seed."""
    return Bound.of(image_terms(model, dataset, indices, seed, batch_size))


@torch.no_grad()
def importance_sampled(
    model: VAE,
    dataset: Dataset,
    indices: Tensor,
    samples: int,
    seed: int,
    progress: ProgressListener = silent,
    log_priors: Sequence[LogDensity] | None = None,
) -> tuple[Tensor, Tensor]:
    """log p(x) of each image under each prior by importance sampling with q(z|x), and its ELBO by the same samples.

    Without `log_priors` there is one, the model's own.

    Both in nats, (priors, images), float64. The first is low by half the weights' relative variance over `samples`.
    """
    device = next(model.parameters()).device
    images_at_once = max(1, DECODES_AT_ONCE // samples)
    samples_at_once = min(samples, DECODES_AT_ONCE)
    results: list[Tensor] = []
    done = 0
    for number, (_, x) in enumerate(batches(dataset, indices, images_at_once, device)):
        source = generator(seed, "importance", number)
        rounds = [min(samples_at_once, samples - start) for start in range(0, samples, samples_at_once)]
        drawn = [model.log_weights(x, count, source, log_priors) for count in rounds]
        weights = torch.cat(drawn, dim=1).cpu().double()  # (priors, samples, n)
        results.append(torch.stack([iwae_bound(weights.movedim(1, 0)), weights.mean(1)]))
        done += len(x)
        progress(Progress("Estimating likelihoods", done, len(indices)))
    log_likelihood, elbo = torch.cat(results, dim=2)
    return log_likelihood, elbo


def standard_error(values: Tensor) -> float | None:
    """Of the mean of (N,) values: their standard deviation (N − 1 degrees of freedom) over √N; None of fewer than 2."""
    return (values.std() / math.sqrt(len(values))).item() if len(values) > 1 else None


def mean_log_likelihood(
    elbo: Tensor, chosen: Tensor, log_likelihood: Tensor, chosen_elbo: Tensor
) -> tuple[float, float | None]:
    """The mean of log p(x) over N images, measured on n of them only, and its standard error.

    The mean `elbo` (N,) of all, and the mean gap between `log_likelihood` and `chosen_elbo` (n,) of the images
    `chosen` (n,): the difference estimator of double sampling, Cochran, "Sampling Techniques" (1977), chapter 12.
    The gap varies far less than log p itself. Where every image was chosen, log p is averaged as it is.
    """
    total, count = len(elbo), len(chosen)
    if count == total:
        return log_likelihood.mean().item(), standard_error(log_likelihood)
    gap = log_likelihood - chosen_elbo
    mean = (elbo.mean() + gap.mean()).item()
    if count < 2:
        return mean, None
    covariance = torch.cov(torch.stack([elbo[chosen], gap]))[0, 1]
    variance = elbo.var() / total + gap.var() / count + 2 * covariance / total
    return mean, variance.clamp(min=0).sqrt().item()


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
    """Figures of one evaluation, and how they were obtained; all nats are per image, with every constant.

    Standard errors are over images, and None where there are too few to tell. What is not called otherwise is under the
    model's own prior, N(0, I) unless it is learned; the figures under the fitted prior are None where there is none.
    """

    data: str
    split: str
    images: int
    elbo: float
    elbo_standard_error: float | None
    log_likelihood: float
    kl: float
    kl_per_dimension: list[float]
    negative_log_likelihood: float
    negative_log_likelihood_standard_error: float | None
    fitted_prior_elbo: float | None
    fitted_prior_elbo_standard_error: float | None
    fitted_prior_negative_log_likelihood: float | None
    fitted_prior_negative_log_likelihood_standard_error: float | None
    importance_samples: int
    likelihood_images: int
    active_units: int
    mean_square_error: float
    label_agreement: float | None
    disentanglement: Disentanglement | None
    fingerprint: str  # of the images: sha256, hexadecimal
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
    prior: Prior | None = None,
    factors: bool = False,
    progress: ProgressListener = silent,
) -> Evaluation:
    """Evaluate on every image of a data set; importance samples may be limited to `likelihood_images` drawn of them.

    With a fitted `prior`, also under that. With `factors`, also how far each factor that the data set's columns tell is
    held by one latent dimension.

    Raises:
        DivergedError: a figure is not finite.
    """
    everything = torch.arange(len(dataset))
    terms = image_terms(model, dataset, everything, seed, progress=progress, prior=prior)
    drawn = torch.randperm(len(dataset), generator=generator(seed, "likelihood"))
    chosen = drawn[: likelihood_images or len(dataset)].sort().values
    log_priors = [model.prior.log_prob, *([prior.log_prob] if prior else [])]
    sampled, sampled_elbo = importance_sampled(model, dataset, chosen, samples, seed, progress, log_priors)
    log_likelihood, error = mean_log_likelihood(terms.elbo, chosen, sampled[0], sampled_elbo[0])
    bound = Bound.of(terms)
    fitted_elbo = fitted_elbo_error = fitted_log_likelihood = fitted_error = None
    if prior is not None:
        elbos = terms.fitted_prior_elbo
        fitted_elbo, fitted_elbo_error = elbos.mean().item(), standard_error(elbos)
        fitted_log_likelihood, fitted_error = mean_log_likelihood(elbos, chosen, sampled[1], sampled_elbo[1])
    for name, value in {"ELBO": bound.elbo, "log-likelihood": log_likelihood}.items():
        if not math.isfinite(value):
            raise not_finite(f"The model's {name} on {dataset.name} is {value}")
    agreement = label_agreement(terms.means, dataset.labels) if len(dataset.class_names) > 1 else math.nan
    return Evaluation(
        data=dataset.name,
        split=dataset.split,
        images=len(dataset),
        elbo=bound.elbo,
        elbo_standard_error=standard_error(terms.elbo),
        log_likelihood=bound.log_likelihood,
        kl=bound.kl,
        kl_per_dimension=bound.kl_per_dimension,
        negative_log_likelihood=-log_likelihood,
        negative_log_likelihood_standard_error=error,
        fitted_prior_elbo=fitted_elbo,
        fitted_prior_elbo_standard_error=fitted_elbo_error,
        fitted_prior_negative_log_likelihood=None if fitted_log_likelihood is None else -fitted_log_likelihood,
        fitted_prior_negative_log_likelihood_standard_error=fitted_error,
        importance_samples=samples,
        likelihood_images=len(chosen),
        active_units=int(active_units(terms.means).sum()),
        mean_square_error=bound.mean_square_error,
        label_agreement=None if math.isnan(agreement) else agreement,
        disentanglement=measure(terms.means.numpy(), dataset.columns, seed) if factors else None,
        fingerprint=dataset.fingerprint,
        seed=seed,
    )
