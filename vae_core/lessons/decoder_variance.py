"""Lesson 5: what a fixed σ of p(x|z) = N(μ(z), σI) makes of a model, one that is learned, and none at all.

σ is a variance. −2σ·ELBO = ‖x − μ(z)‖² + 2σ·KL + a constant: a squared error with β = 2σ. Of all σ the likeliest is the
mean square error itself: Rybkin, Daniilidis & Levine, "Simple and effective VAE training with calibrated decoders"
(2021), eq. 5; where that can become 0 the likelihood has no upper limit: Dai & Wipf, "Diagnosing and enhancing VAE
models" (2019).
"""

import base64
from collections.abc import Callable

import torch
from torch import Tensor

from vae_core.checked_settings import Settings
from vae_core.checkpoint.weights import build_model
from vae_core.config import ModelConfig
from vae_core.evaluation import active_units
from vae_core.films.pictures import contact_sheet
from vae_core.lessons.digit_models import Training, digits, small_config
from vae_core.lessons.orders import LEARNED, BetaCheck, Memorised, Trained, VarianceOrder
from vae_core.model.posteriors import standard_normal
from vae_core.model.vae import VAE, mean_square_error, training_loss
from vae_core.progress import Pace, ProgressListener
from vae_core.randomness import generator

STEPS = 800
SHOWN = 8
DRAWS = 4  # of z an image, for figures
UNIT = 0.5  # the σ under which −log p(x|z) is ‖x − μ‖² and a constant
HANDFUL = 8
GLANCES = (50, 100, 200, 400, 800, 1600)
CHECKED = 0.03


def variance_lesson(order: VarianceOrder, progress: ProgressListener, told: Callable[[Settings], None]) -> None:
    """Trains a model for each σ, and one that learns it; tells of each at once; then of β, and of learning by heart."""
    images, held_out = digits(), digits("test")
    told(beta_check(CHECKED, images[:128], order.seed))
    variances: list[float | str] = [*order.variances, LEARNED]
    pace = Pace(progress, f"Training {len(variances)} models of digits", len(variances) * STEPS + GLANCES[-1])
    for number, variance in enumerate(variances):
        config = small_config(variance=variance, latent_dim=order.latent_dim)
        training = Training(config, images, STEPS, order.seed)
        training.go(STEPS, lambda taken, before=number * STEPS: pace.at(before + taken))  # type: ignore[misc]
        told(outcome(training.model, images, held_out, order.seed))
    before = len(variances) * STEPS
    told(memorised(images[:HANDFUL], held_out, order.seed, lambda taken: pace.at(before + taken)))


@torch.no_grad()
def outcome(model: VAE, images: Tensor, held_out: Tensor, seed: int) -> Trained:
    """The figures and the sheet of a trained model."""
    x, draws = held_out, _noise(model, held_out, seed, "held out")
    posterior, _, likelihood = model(x, draws)
    kl = posterior.kl_divergence().mean().item()
    variance = model.head.variance
    assert variance is not None
    return Trained(
        learned=model.config.variance == LEARNED,
        variance=variance,
        fitting_variance=fitting_variance(model, images, seed),
        image_error=mean_square_error(x, likelihood).mean().item(),
        kl=kl,
        elbo=likelihood.log_prob(x).mean().item() - kl,
        active_units=int(active_units(posterior.mean).sum()),
        latent_dim=model.config.latent_dim,
        sheet=base64.b64encode(_sheet(model, held_out[:SHOWN], seed)).decode(),
    )


@torch.no_grad()
def fitting_variance(model: VAE, images: Tensor, seed: int) -> float:
    """The σ of greatest likelihood for what the model draws of these images: the mean square error."""
    return mean_square_error(images, model(images, _noise(model, images, seed, "fitting"))[2]).mean().item()


def beta_check(variance: float, x: Tensor, seed: int) -> BetaCheck:
    """Compares the gradients of both losses at a new model's weights, in 64 bits."""
    beta = 2 * variance
    weighted = gradient(small_config(variance=UNIT), x, seed, beta=beta)
    likelihood = beta * gradient(small_config(variance=variance), x, seed)
    largest = torch.maximum(weighted.abs(), likelihood.abs()).max()
    difference = ((weighted - likelihood).abs().max() / largest).item()
    return BetaCheck(variance=variance, beta=beta, weights=len(weighted), largest_difference=difference)


def gradient(config: ModelConfig, x: Tensor, seed: int, beta: float = 1.0) -> Tensor:
    """The training loss's gradient at the first weights of a seed, all weights in one row, in 64 bits."""
    model = build_model(config, seed).double()
    assert isinstance(config.variance, float)
    model.head.set_variance(torch.tensor(config.variance, dtype=torch.float64))  # to the last bit
    x = x.double()
    noise = standard_normal((1, len(x), model.config.latent_dim), x, generator(seed, "beta check"))
    loss = training_loss(model, x, noise, images=len(x), beta=beta).value
    return torch.cat([each.flatten() for each in torch.autograd.grad(loss, list(model.parameters()))])


def memorised(few: Tensor, held_out: Tensor, seed: int, told: Callable[[int], None]) -> Memorised:
    """Trains on a handful of images with a learned σ, looking in at the steps of `GLANCES`."""
    training = Training(small_config(variance=LEARNED), few, GLANCES[-1], seed)
    variances, elbos, others = [], [], []
    for until in GLANCES:
        model = training.go(until - training.taken, told)
        variances.append(model.head.variance or 0.0)
        elbos.append(_elbo(model, few, seed))
        others.append(_elbo(model, held_out, seed))
    return Memorised(
        images=len(few),
        steps=GLANCES,
        variances=tuple(variances),
        elbos=tuple(elbos),
        held_out_elbos=tuple(others),
    )


@torch.no_grad()
def _elbo(model: VAE, x: Tensor, seed: int) -> float:
    posterior, _, likelihood = model(x, _noise(model, x, seed, "held out"))
    return (likelihood.log_prob(x).mean(0) - posterior.kl_divergence()).mean().item()


def _noise(model: VAE, x: Tensor, seed: int, purpose: str) -> Tensor:
    return standard_normal((DRAWS, len(x), model.config.latent_dim), x, generator(seed, purpose))


def _sheet(model: VAE, x: Tensor, seed: int) -> bytes:
    latents = standard_normal((len(x), model.config.latent_dim), x, generator(seed, "samples"))
    rows = torch.cat([x, model.decode(model.posterior(x).mean), model.decode(latents)])
    return contact_sheet(rows.numpy(), columns=len(x))
