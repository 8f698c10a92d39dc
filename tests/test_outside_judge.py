"""The likelihood figures against exhaustive quadrature: log p(x), the bounds below it, and the errors of both.

The estimate log (1/K Σ w) of K importance weights has, to first order, the standard error √r and lies low by r/2, with
r = var(w) / (K mean(w)²): Nowozin, "Debiasing Evidence Approximations" (2018), section 2. The standard errors of an
`Evaluation` are over images, and r is a part of what makes these differ; here r is measured by itself, on other draws.
"""

import copy
import dataclasses
import math
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.exhaustive_quadrature import Floats, divergence_from_posterior, log_evidence
from vae_core import ModelConfig, load_dataset
from vae_core.checkpoint.weights import build_model
from vae_core.data.dataset import Dataset
from vae_core.evaluation import evaluate, image_terms, importance_sampled
from vae_core.model.vae import VAE, training_loss
from vae_core.training.epoch import fit_variance

Case = tuple[tuple[str, str | float | None], str, tuple[int, str]]  # likelihood, posterior, latents and prior

LIKELIHOODS: list[tuple[str, str | float | None]] = [
    ("bernoulli", None),
    ("continuous-bernoulli", None),
    ("gaussian", 0.08),
    ("gaussian", "learned"),
    ("gaussian", "optimal"),
    ("laplace", "learned"),
]
LATENTS = [(1, "standard"), (1, "mixture"), (2, "standard"), (2, "mixture"), (2, "flow")]
CASES: list[Case] = list(product(LIKELIHOODS, ["diagonal", "full"], LATENTS))
TRAINED_ON, STEPS = 60, 60
JUDGED = 2  # images
SAMPLES = 1000
SINGLE_PRECISION = 1e-4  # nats: sums of 64 pixels' terms in 32 bits


def case_name(case: Case) -> str:
    (likelihood, variance), posterior, (dimension, prior) = case
    return f"{likelihood}-{variance}-{posterior}-{dimension}d-{prior}"


@pytest.fixture(scope="module")
def digits() -> Dataset:
    whole = load_dataset("digits")
    return dataclasses.replace(whole, images=whole.images[:TRAINED_ON], labels=whole.labels[:TRAINED_ON])


def first(dataset: Dataset, count: int) -> Dataset:
    return dataclasses.replace(dataset, images=dataset.images[:count], labels=dataset.labels[:count])


def black_and_white(grey: Dataset) -> Dataset:
    """Every pixel white with its grey value's chance."""
    chances = grey.images / 255
    drawn = torch.rand(chances.shape, generator=torch.Generator().manual_seed(0)) < chances
    return dataclasses.replace(grey, images=255 * drawn.to(torch.uint8))


def images_for(likelihood: str, grey: Dataset) -> Dataset:
    """A Bernoulli is a density on 0 and 1 alone, and where a Laplace's mean may cross a grey pixel it has a kink."""
    return black_and_white(grey) if likelihood in ("bernoulli", "laplace") else grey


def smooth(model: VAE) -> VAE:
    """The same model with tanh for the decoder's ReLU, whose kinks would cost a grid its accuracy."""
    model.decoder[0][1] = nn.Tanh()  # type: ignore[index]
    return model


def trained(config: ModelConfig, dataset: Dataset) -> VAE:
    model = smooth(build_model(config, seed=0))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    x, source = dataset.batch(torch.arange(len(dataset))), torch.Generator().manual_seed(1)
    for _ in range(STEPS):
        noise = torch.randn(1, len(x), config.latent_dim, generator=source)
        optimizer.zero_grad()
        training_loss(model, x, noise, images=len(x)).value.backward()
        optimizer.step()
    fit_variance(model, dataset, torch.arange(len(dataset)), seed=0)
    return model.eval()


def model_config(case: Case) -> ModelConfig:
    (likelihood, variance), posterior, (dimension, prior) = case
    network = {"network": "mlp", "hidden_layers": 1, "hidden_units": 24, "image_size": 8}
    settings = network | {"latent_dim": dimension, "posterior": posterior}
    flow = {"couplings": 2, "coupling_units": 8} if prior == "flow" else {}
    mixture = {"components": 3} if prior == "mixture" else {}
    of_pixels = {"likelihood": likelihood, "variance": variance}
    return ModelConfig.parse(settings | of_pixels | {"prior": prior} | flow | mixture)


@dataclass(frozen=True)
class Judged:
    """What quadrature says of each image: log p(x) and KL[q(z|x) ‖ p(z|x)], (images,) each."""

    evidence: Floats
    divergence: Floats


def judge(model: VAE, dataset: Dataset) -> Judged:
    """By the model's own numbers in 64 bits; twice the step must change nothing."""
    exact = copy.deepcopy(model).double()
    x = dataset.batch(torch.arange(len(dataset))).double()
    evidence = log_evidence(exact, [image.flatten().numpy() for image in x])
    divergence = np.array(
        [divergence_from_posterior(exact, image[None], found[0]) for image, found in zip(x, evidence, strict=True)]
    )
    for fine, coarse in (evidence.T, divergence.T):
        np.testing.assert_allclose(fine, coarse, atol=1e-6, rtol=0)
    return Judged(evidence[:, 0], divergence[:, 0])


def relative_variance(log_weights: Tensor) -> Floats:
    """var(w) / (K mean(w)²) of log w (K, N): (N,)."""
    weights = (log_weights - log_weights.amax(0)).exp()
    return (weights.var(0) / (len(weights) * weights.mean(0) ** 2)).numpy()


@torch.no_grad()
def other_draws(model: VAE, dataset: Dataset) -> Tensor:
    """log w of draws that no figure is made of, (K, N)."""
    x = dataset.batch(torch.arange(len(dataset)))
    return model.log_weights(x, SAMPLES, torch.Generator().manual_seed(99))[0].double()


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_figures_are_those_of_exhaustive_quadrature(case: Case, digits: Dataset) -> None:
    config = model_config(case)
    data = images_for(config.likelihood, digits)
    model, few = trained(config, data), first(data, JUDGED)
    exact, drawn = judge(model, few), other_draws(model, few)
    (found,), (elbo,) = (each.numpy() for each in importance_sampled(model, few, torch.arange(JUDGED), SAMPLES, seed=1))

    variance = relative_variance(drawn)
    assert (np.sqrt(variance) < 0.2).all()  # nats: what is told is worth something
    assert (np.abs(found + variance / 2 - exact.evidence) < 4 * np.sqrt(variance) + SINGLE_PRECISION).all()

    assert (exact.divergence > 0).all()
    elbo_error = drawn.std(0).numpy() / math.sqrt(SAMPLES)
    below = exact.evidence - exact.divergence
    assert (np.abs(elbo - below) < 4 * elbo_error + SINGLE_PRECISION).all()

    told = evaluate(model, few, samples=SAMPLES, seed=1)
    error = math.sqrt(variance.sum()) / JUDGED
    assert told.negative_log_likelihood == pytest.approx(-exact.evidence.mean(), abs=4 * error + variance.mean() / 2)
    spread = np.std(exact.evidence, ddof=1) / math.sqrt(JUDGED)
    assert told.negative_log_likelihood_standard_error == pytest.approx(spread, abs=4 * error)

    again = torch.arange(JUDGED).repeat(SAMPLES)  # one draw each, as training has it, and the KL exact where it can be
    bounds = image_terms(model, few, again, seed=1).elbo.reshape(SAMPLES, JUDGED).mean(1).numpy()
    assert bounds.mean() == pytest.approx(below.mean(), abs=4 * np.std(bounds, ddof=1) / math.sqrt(SAMPLES))


def narrowed(model: VAE, by: float) -> VAE:
    """The same model, but each posterior's standard deviation is divided by so much."""
    narrow = copy.deepcopy(model)
    with torch.no_grad():
        narrow.encoder[1][-1].bias[model.config.latent_dim :] -= 2 * math.log(by)  # type: ignore[index]
    return narrow


@pytest.mark.parametrize("dimension", [1, 2])
def test_a_posterior_that_is_too_narrow_keeps_the_bounds_low_and_the_stated_error_large(
    dimension: int, digits: Dataset
) -> None:
    data = first(black_and_white(digits), JUDGED)
    config = model_config((("bernoulli", None), "diagonal", (dimension, "standard")))
    good = smooth(build_model(config, seed=0)).eval()
    narrow = narrowed(good, by=3)
    exact = judge(narrow, data)
    np.testing.assert_allclose(exact.evidence, judge(good, data).evidence, atol=1e-9)  # the encoder has no part in it
    every = torch.arange(JUDGED)
    found = torch.stack([importance_sampled(narrow, data, every, SAMPLES, seed)[0][0] for seed in range(6)]).numpy()
    (_, (elbo,)) = importance_sampled(narrow, data, every, SAMPLES, 0)
    assert (elbo.numpy() < found).all()
    assert found.mean() < exact.evidence.mean()
    # Of a q of less than half the posterior's variance, w has no variance: what is measured says only that it is large.
    variances = [relative_variance(other_draws(model, data)) for model in (good, narrow)]
    assert (np.sqrt(variances[1]) > 3 * np.sqrt(variances[0])).all()
    assert (np.abs(found[0] - exact.evidence) > 4 * np.sqrt(variances[0])).any()  # the other's error would be no excuse
    np.testing.assert_allclose(exact.evidence - elbo.numpy(), exact.divergence, rtol=0.1)
