"""The variational autoencoder: Kingma & Welling (2014), Rezende et al. (2014).

log p(x) ≥ E_q[log p(x|z)] − KL[q(z|x) ‖ p(z)], with p(z) = N(0, I) and q(z|x) = N(μ(x), Σ(x)).
"""

import torch
from torch import Tensor, nn

from vae_core.config import ModelConfig
from vae_core.model.likelihoods import Likelihood, LikelihoodHead
from vae_core.model.networks import build_decoder, build_encoder
from vae_core.model.posteriors import DiagonalGaussian, FullGaussian, Posterior, standard_normal_log_prob


class VAE(nn.Module):
    """Encoder q(z|x), decoder p(x|z) and prior N(0, I) on images (N, C, H, W) in [0, 1]."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        dimension = config.latent_dim
        below = dimension * (dimension - 1) // 2 if config.posterior == "full" else 0
        self.encoder = build_encoder(config, covariance_numbers=dimension + below)
        self.decoder = build_decoder(config)
        self.head = LikelihoodHead(config)

    def posterior(self, x: Tensor) -> Posterior:
        """q(z|x) of images (N, C, H, W)."""
        dimension = self.config.latent_dim
        numbers = self.encoder(x).float()  # (N, D + covariance's)
        mean, covariance = numbers[:, :dimension], numbers[:, dimension:]
        if self.config.posterior == "diagonal":
            return DiagonalGaussian(mean, covariance)
        return FullGaussian.from_parameters(mean, covariance[:, :dimension], covariance[:, dimension:])

    def likelihood(self, z: Tensor) -> Likelihood:
        """p(x|z) of latents (…, N, D); leading axes are kept: (…, N, C, H, W)."""
        output = self.decoder(z.flatten(0, -2)).float()
        likelihood: Likelihood = self.head(output.unflatten(0, z.shape[:-1]))
        return likelihood

    def decode(self, z: Tensor) -> Tensor:
        """The mean image of p(x|z): (N, D) → (N, C, H, W) in [0, 1]."""
        mean = self.likelihood(z).mean
        return mean.clamp(0, 1) if self.config.network == "linear" else mean

    def forward(self, x: Tensor, noise: Tensor) -> tuple[Posterior, Tensor, Likelihood]:
        """One reparameterised pass: x (N, C, H, W), noise (K, N, D) → q(z|x), z (K, N, D), p(x|z)."""
        posterior = self.posterior(x)
        z = posterior.reparameterise(noise)
        return posterior, z, self.likelihood(z)

    def log_weights(self, x: Tensor, samples: int, generator: torch.Generator) -> Tensor:
        """log w_k = log p(x|z_k) + log p(z_k) − log q(z_k|x), in nats: (samples, N).

        Their mean over k estimates the ELBO, their log-mean-exp the IWAE bound and log p(x).
        """
        posterior = self.posterior(x)
        z = posterior.sample(generator, samples)  # (K, N, D)
        return log_weights(x, posterior, z, self.likelihood(z))


def log_weights(x: Tensor, posterior: Posterior, z: Tensor, likelihood: Likelihood) -> Tensor:
    """log p(x|z) + log p(z) − log q(z|x): (K, N) for z (K, N, D)."""
    return likelihood.log_prob(x) + standard_normal_log_prob(z) - posterior.log_prob(z)


def mean_square_error(x: Tensor, likelihood: Likelihood) -> Tensor:
    """Square error between x and the likelihood's mean, averaged over pixels: (…, N)."""
    return (likelihood.mean - x).square().flatten(-3).mean(-1)
