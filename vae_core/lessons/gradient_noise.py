"""Lesson 4: how far the gradient of a batch is from the gradient of all images, by images B and samples K.

By the law of total variance the covariance of (1/B) Σ_b (1/K) Σ_k g(x_b, ε_bk), of independent draws, has the trace
(V_images + V_noise / K) / B: V_images of E[g|x] between images, V_noise of g about it. At equal cost C = K·B that is
(K·V_images + V_noise) / C, least for K = 1. The IWAE bound's gradient of the encoder loses its signal with K: Rainforth
et al., "Tighter variational bounds are not necessarily better" (2018).
"""

import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap

from vae_core.lessons.orders import Spread
from vae_core.model.posteriors import standard_normal
from vae_core.model.vae import VAE, iwae_bound, log_weights
from vae_core.randomness import generator

AT_ONCE = 16_384  # passes through the decoder
NUMBERS_AT_ONCE = 4_000_000  # of gradients


def elbo_loss(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
    """−ELBO in nats an image, its expectation by K samples and its KL in closed form: noise (K, B, D).

    With one sample what `training_loss` minimises; with more it is the same bound, less noisy.
    """
    posterior, _, likelihood = model(x, noise)
    return (posterior.kl_divergence() - likelihood.log_prob(x).mean(0)).mean()


def iwae_loss(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
    """−IWAE bound of K samples in nats an image: noise (K, B, D)."""
    posterior, z, likelihood = model(x, noise)
    (weights,) = log_weights(x, posterior, z, likelihood, [model.prior.log_prob])
    return -iwae_bound(weights).mean()


class Gradients:
    """Gradients of a model as it is, many at once."""

    def __init__(self, model: VAE, *, of: str = "", iwae: bool = False) -> None:
        """`of` is what the names of the weights begin with that count, all by default."""
        weights = {name: value.detach() for name, value in model.named_parameters()}
        self._counting = {name: value for name, value in weights.items() if name.startswith(of)}
        others = {name: value for name, value in weights.items() if name not in self._counting}
        fixed = others | dict(model.named_buffers())
        self.latent_dim = model.config.latent_dim
        self.count = sum(value.numel() for value in self._counting.values())

        module = _Loss(model, iwae)

        def loss(counting: dict[str, Tensor], x: Tensor, noise: Tensor) -> Tensor:
            values = {f"model.{name}": value for name, value in (counting | fixed).items()}
            return functional_call(module, values, (x, noise))

        self._gradients = vmap(grad(loss), (None, 0, 0))

    def of(self, x: Tensor, noise: Tensor) -> Tensor:
        """Of R batches x (R, B, C, H, W) with noise (R, K, B, D): (R, weights)."""
        passes = noise.shape[1] * noise.shape[2]
        at_once = max(1, min(AT_ONCE // passes, NUMBERS_AT_ONCE // self.count))
        parts = zip(x.split(at_once), noise.split(at_once), strict=True)
        return torch.cat([self._flat(self._gradients(self._counting, images, draws)) for images, draws in parts])

    def _flat(self, gradients: dict[str, Tensor]) -> Tensor:
        return torch.cat([value.flatten(1) if value.dim() > 1 else value[:, None] for value in gradients.values()], 1)


class _Loss(torch.nn.Module):
    """What `functional_call` calls."""

    def __init__(self, model: VAE, iwae: bool) -> None:
        super().__init__()
        self.model, self._loss = model, iwae_loss if iwae else elbo_loss

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        return self._loss(self.model, x, noise)


def measure_spread(
    gradients: Gradients, images: Tensor, *, samples: int, batch: int, repeats: int, seed: int
) -> Spread:
    """The spread of the gradient of `batch` images with `samples` each, over so many independent batches.

    Each batch is drawn with replacement, so that every image is independent, and gets two independent noises: half
    their square distance is the noise's share, and what each varies between batches is the whole.
    """
    source = generator(seed, f"gradient noise {samples} x {batch}")
    x = images[torch.randint(len(images), (repeats, batch), generator=source)]
    shape = (repeats, samples, batch, gradients.latent_dim)
    first, second = (gradients.of(x, standard_normal(shape, x, source)) for _ in range(2))
    noise = 0.5 * (first - second).square().sum(1).double()  # (R,)
    offsets = [(each - each.mean(0)).square().sum(1).double() for each in (first, second)]
    whole = 0.5 * (offsets[0] + offsets[1]) * repeats / (repeats - 1)
    error = repeats**-0.5
    return Spread(
        samples=samples,
        images=batch,
        spread=whole.mean().item(),
        spread_error=whole.std().item() * error,
        noise=noise.mean().item(),
        noise_error=noise.std().item() * error,
    )


def signal(gradients: Gradients, images: Tensor, *, samples: int, repeats: int, seed: int) -> float:
    """The length of the mean gradient of one batch, over the root of its noise's variance: signal to noise.

    The mean of R gradients keeps 1/R of the noise's variance, which is taken off its square.
    """
    source = generator(seed, f"gradient signal {samples}")
    shape = (repeats, samples, len(images), gradients.latent_dim)
    found = gradients.of(images.expand(repeats, *images.shape), standard_normal(shape, images, source))
    mean = found.mean(0)
    noise = ((found - mean).square().sum() / (repeats - 1)).item()
    return max(0.0, mean.square().sum().item() - noise / repeats) ** 0.5 / noise**0.5
