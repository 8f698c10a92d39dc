"""The variational autoencoder and what training maximises: the ELBO with its two knobs, or the IWAE bound.

log p(x) ≥ E_q[log p(x|z)] − KL[q(z|x) ‖ p(z)], with q(z|x) = N(μ(x), Σ(x)). All in nats per image. p(z) is N(0, I),
and the KL a closed form; or it is learned, and the KL is estimated by log q(z|x) − log p(z), by the draws that the
likelihood is estimated by (Kingma & Welling, section 2.3, estimator A).

Kingma & Welling (2014), Rezende et al. (2014). β: Higgins et al. (2017). Free bits: Kingma et al. (2016), appendix C.
IWAE: Burda, Grosse & Salakhutdinov (2016). β on the total correlation alone: see `total_correlation`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vae_core.config import ModelConfig, Objective
from vae_core.model.likelihoods import Gaussian, Likelihood, LikelihoodHead
from vae_core.model.networks import build_decoder, build_encoder
from vae_core.model.posteriors import DiagonalGaussian, FullGaussian, Posterior, SaidPerDimension
from vae_core.model.priors import LearnedPrior, Prior, StandardNormal, learned_prior
from vae_core.model.total_correlation import SumOverWorkers, total_correlation

LogDensity = Callable[[Tensor], Tensor]  # (…, D) → (…), nats


class VAE(nn.Module):
    """Encoder q(z|x), decoder p(x|z) and prior p(z) on images (N, C, H, W) in [0, 1]."""

    learned_prior: LearnedPrior | None

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        dimension = config.latent_dim
        below = dimension * (dimension - 1) // 2 if config.posterior == "full" else 0
        self.encoder = build_encoder(config, covariance_numbers=dimension + below)
        self.decoder = build_decoder(config)
        self.head = LikelihoodHead(config)
        self.learned_prior = learned_prior(config)

    @property
    def prior(self) -> Prior:
        """p(z), which the model was trained under."""
        return self.learned_prior or StandardNormal(self.config.latent_dim)

    def posterior(self, x: Tensor) -> Posterior:
        """q(z|x) of images (N, C, H, W)."""
        dimension = self.config.latent_dim
        numbers = _precise(self.encoder(x))  # (N, D + covariance's)
        mean, covariance = numbers[:, :dimension], numbers[:, dimension:]
        if self.config.posterior == "diagonal":
            return DiagonalGaussian(mean, covariance)
        return FullGaussian.from_parameters(mean, covariance[:, :dimension], covariance[:, dimension:])

    def likelihood(self, z: Tensor) -> Likelihood:
        """p(x|z) of latents (…, N, D); leading axes are kept: (…, N, C, H, W)."""
        output = _precise(self.decoder(z.flatten(0, -2)))
        likelihood: Likelihood = self.head(output.unflatten(0, z.shape[:-1]))
        return likelihood

    def mean_image(self, z: Tensor) -> Tensor:
        """The mean of p(x|z), by which images are judged: (N, D) → (N, C, H, W); a linear network may leave [0, 1]."""
        return self.likelihood(z).mean

    def decode(self, z: Tensor) -> Tensor:
        """The mean image of p(x|z) as it is shown: (N, D) → (N, C, H, W) in [0, 1]."""
        mean = self.mean_image(z)
        return mean.clamp(0, 1) if self.config.network == "linear" else mean

    def forward(self, x: Tensor, noise: Tensor) -> tuple[Posterior, Tensor, Likelihood]:
        """One reparameterised pass: x (N, C, H, W), noise (K, N, D) → q(z|x), z (K, N, D), p(x|z)."""
        posterior = self.posterior(x)
        z = posterior.reparameterise(noise)
        return posterior, z, self.likelihood(z)

    def said_per_dimension(self) -> SaidPerDimension:
        """What is to hear posteriors, for what they say in each dimension."""
        return SaidPerDimension(self.config.latent_dim, under_standard_normal=self.learned_prior is None)

    def kl_divergence(self, posterior: Posterior, z: Tensor) -> Tensor:
        """KL[q(z|x) ‖ p(z)] in nats, (N,): exact under N(0, I), else by the draws z (K, N, D), and maybe below 0."""
        if self.learned_prior is None:
            return posterior.kl_divergence()
        return (posterior.log_prob(z) - self.learned_prior.log_prob(z)).mean(0)

    def log_weights(
        self,
        x: Tensor,
        samples: int,
        generator: torch.Generator,
        log_priors: Sequence[LogDensity] | None = None,
    ) -> Tensor:
        """log w_k of so many draws of q(z|x) under each prior, the model's own without `log_priors`: (priors, K, N)."""
        posterior = self.posterior(x)
        z = posterior.sample(generator, samples)  # (K, N, D)
        return log_weights(x, posterior, z, self.likelihood(z), log_priors or (self.prior.log_prob,))


def _precise(numbers: Tensor) -> Tensor:
    """What autocast has made of a network's output, in 32 bits; in 64 where the weights have them."""
    return numbers.to(torch.promote_types(numbers.dtype, torch.float32))


def log_weights(
    x: Tensor, posterior: Posterior, z: Tensor, likelihood: Likelihood, log_priors: Sequence[LogDensity]
) -> Tensor:
    """log w_k = log p(x|z_k) + log p(z_k) − log q(z_k|x) under each prior, by the same draws z (K, N, D), in nats.

    Their mean over k estimates the ELBO, their log-mean-exp the IWAE bound and log p(x). Returns (priors, K, N).
    """
    rest = likelihood.log_prob(x) - posterior.log_prob(z)
    return torch.stack([rest + log_prior(z) for log_prior in log_priors])


def mean_square_error(x: Tensor, likelihood: Likelihood) -> Tensor:
    """Square error between x and the likelihood's mean, averaged over pixels: (…, N)."""
    return (likelihood.mean - x).square().flatten(-3).mean(-1)


def iwae_bound(weights: Tensor) -> Tensor:
    """log (1/K Σ_k w_k) from log w_k: (K, N) → (N,)."""
    return torch.logsumexp(weights, dim=0) - math.log(len(weights))


@dataclass(frozen=True)
class Loss:
    """`value` is what to minimise: this worker's share of the batch's mean. The sums are over its images."""

    value: Tensor
    sums: Tensor  # (3,): bound, log-likelihood, KL, in nats

    NAMES = ("bound", "log_likelihood", "kl")


def with_optimal_variance(x: Tensor, likelihood: Likelihood, total: SumOverWorkers) -> Likelihood:
    """Replace σ by the batch's mean square error: Rybkin et al., σ-VAE (2021).

    The gradient of −½·P·log σ*, σ* the error itself, equals that of a Gaussian whose σ is held at that error, so
    the error is detached, and a batch spread over workers needs only its sum.
    """
    if not isinstance(likelihood, Gaussian):
        return likelihood
    square_error = (likelihood.mean.detach() - x).square().sum()
    count = torch.tensor(float(likelihood.mean.numel()), device=x.device)
    error, count = total(torch.stack([square_error, count]))
    return Gaussian(likelihood.mean, (error / count).clamp(min=1e-8))


def _free_bits_penalty(kl: Tensor, free_bits: float, images: int, total: SumOverWorkers) -> Tensor:
    """Σ_d max(0, free_bits − KL_d), KL_d averaged over the whole batch; its gradient stays on this worker.

    `kl` is (n, D) of this worker's images, or (n, 1) where the dimensions are one group.
    """
    own = kl.sum(0) / images  # this worker's share of the mean
    below = total(own.detach().clone()) < free_bits
    share = len(kl) / images
    return torch.where(below, free_bits * share - own, 0.0).sum()


def training_loss(
    model: VAE,
    x: Tensor,
    noise: Tensor,
    *,
    images: int,
    beta: float = 1.0,
    free_bits: float = 0.0,
    objective: Objective = "elbo",
    places: Tensor | None = None,
    total: SumOverWorkers = lambda tensor: tensor,
) -> Loss:
    """The loss of one worker's images x (n, C, H, W) with noise (K, n, D), out of a batch of `images`.

    One sample (K = 1) trains the ELBO, with the closed-form KL where there is one; more train the IWAE bound. `total`
    sums a tensor over all workers; summing the gradients of `value` over them gives the whole batch's gradient. Under a
    learned prior, whose KL has no parts by dimension, free bits are given to all dimensions together. `objective`
    beta-tcvae takes one sample and no free bits, and needs to know the images' `places` in the batch (n,), by default
    the whole of it.
    """
    posterior, z, likelihood = model(x, noise)
    if model.head.variance_is_optimal:
        likelihood = with_optimal_variance(x, likelihood, total)
    with torch.set_grad_enabled(torch.is_grad_enabled() and len(noise) == 1):
        kl = model.kl_divergence(posterior, z)  # (n,), which the IWAE bound has no need of
    if len(noise) == 1:
        log_likelihood = likelihood.log_prob(x).squeeze(0)  # (n,)
        bound = log_likelihood - kl
        weight = beta if objective == "elbo" else 1.0
        maximised = (log_likelihood - weight * kl).sum() / images
        if objective == "beta-tcvae":
            maximised = maximised - (beta - 1) * total_correlation(posterior, z[0], images, places, total)
        elif free_bits:
            if model.learned_prior is None:
                penalty = _free_bits_penalty(posterior.kl_per_dimension(), free_bits, images, total)
            else:
                penalty = _free_bits_penalty(kl.unsqueeze(1), free_bits * z.shape[-1], images, total)
            maximised = maximised - beta * penalty
    else:
        (weights,) = log_weights(x, posterior, z, likelihood, [model.prior.log_prob])
        tighter = iwae_bound(weights)
        log_likelihood = likelihood.log_prob(x).detach().mean(0)
        bound = log_likelihood - kl  # the ELBO, as it is measured of images held out
        maximised = tighter.sum() / images
    with torch.no_grad():
        sums = torch.stack([bound.sum(), log_likelihood.sum(), kl.sum()])
    return Loss(-maximised, sums)
