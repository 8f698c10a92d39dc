"""log p(x) and KL[q(z|x) ‖ p(z|x)] by the trapezoid rule over all of latent space, in 64 bits.

Every density is SciPy's, or torch's own `ContinuousBernoulli`: of ours are the networks' outputs alone. Under a flow
the integral over z = f(u) is one over u ~ N(0, I), which no log-determinant enters; where the density of z itself is
needed, the determinant is that of the derivatives that autograd takes of the way back.

The trapezoid rule on an analytic integrand that has vanished at both ends converges faster than any power of the step
(Trefethen & Weideman, "The Exponentially Convergent Trapezoidal Rule", 2014), so the decoders must have no kinks. Each
integral is told twice, the second time with twice the step.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from scipy.integrate import trapezoid
from scipy.special import expit, log_softmax, logsumexp
from torch import Tensor

from vae_core.model.flow import RealNVP
from vae_core.model.posteriors import FullGaussian
from vae_core.model.priors import LearnedMixture
from vae_core.model.vae import VAE

Floats = NDArray[np.float64]
REACH = 8.0  # of the search for where the integrand is, from 0 both ways
SEARCHED = {1: 401, 2: 41}  # points along each of so many axes
FORGOTTEN = 25.0  # nats below the greatest value: e⁻²⁵ is 10⁻¹¹
FEWEST, MOST = 41, 161  # points along an axis that the integral is taken on, odd so that every second one is a grid too
SETTLED = 1e-7  # change of what half the points say, below which no more of them are asked for


def grid(axes: list[Floats]) -> Floats:
    """Every point of a product of D axes, (points, D)."""
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


def decoder_output(model: VAE, z: Floats) -> Floats:
    """What the decoder network says of latents (points, D), a number a pixel: (points, P)."""
    with torch.no_grad():
        return model.decoder(torch.from_numpy(z)).flatten(1).numpy()


def log_likelihood(model: VAE, output: Floats, x: Floats) -> Floats:
    """log p(x|z) of one image (P,) under each of the decoder's outputs (points, P)."""
    name = model.config.likelihood
    if name == "bernoulli":
        pixels = stats.bernoulli.logpmf(x, expit(output))
    elif name == "continuous-bernoulli":
        each = torch.distributions.ContinuousBernoulli(logits=torch.from_numpy(output))
        pixels = each.log_prob(torch.from_numpy(x)).numpy()
    elif name == "gaussian":
        pixels = stats.norm.logpdf(x, expit(output), np.exp(model.head.log_variance.item() / 2))
    else:  # of a Laplace's scale b the variance is 2b²
        pixels = stats.laplace.logpdf(x, expit(output), np.exp(model.head.log_variance.item() / 2) / np.sqrt(2))
    return pixels.sum(1)


def mixture_log_density(prior: LearnedMixture, z: Floats) -> Floats:
    """log Σ_k w_k N(z; m_k, diag(s_k²)), (points,)."""
    logits, means, log_scales = (tensor.detach().numpy() for tensor in (prior.logits, prior.means, prior.log_scales))
    parts = stats.norm.logpdf(z[:, None], means, np.exp(log_scales)).sum(-1)
    return logsumexp(parts + log_softmax(logits), axis=1)


def flow_log_density(prior: RealNVP, z: Floats) -> Floats:
    """log N(u; 0, I) + log |det ∂u/∂z|, (points,)."""
    points = torch.from_numpy(z).requires_grad_()
    u, _ = prior.inverse(points)
    rows = [torch.autograd.grad(column.sum(), points, retain_graph=True)[0] for column in u.unbind(1)]
    with torch.no_grad():
        np.testing.assert_allclose(prior(u)[0].numpy(), z, atol=1e-9)
    slopes = torch.stack(rows, dim=1).numpy()  # (points, D, D)
    return stats.norm.logpdf(u.detach().numpy()).sum(1) + np.linalg.slogdet(slopes)[1]


def log_prior(model: VAE, z: Floats) -> Floats:
    """log p(z) of latents (points, D), (points,)."""
    prior = model.learned_prior
    if isinstance(prior, LearnedMixture):
        return mixture_log_density(prior, z)
    return stats.norm.logpdf(z).sum(1) if prior is None else flow_log_density(prior, z)


def log_integrand(model: VAE, u: Floats, images: list[Floats]) -> list[Floats]:
    """log of what is integrated over u for p(x) of each image (P,): (points,) each. u is z, but under a flow."""
    flow = model.learned_prior if isinstance(model.learned_prior, RealNVP) else None
    if flow is None:
        output, density = decoder_output(model, u), log_prior(model, u)
    else:
        with torch.no_grad():
            output, density = decoder_output(model, flow(torch.from_numpy(u))[0].numpy()), stats.norm.logpdf(u).sum(1)
    return [density + log_likelihood(model, output, x) for x in images]


def integral(values: Floats, axes: list[Floats]) -> float:
    """∫ of values on a grid of D axes."""
    for axis in reversed(axes):
        values = trapezoid(values, axis, axis=-1)
    return float(values)


def by_two_grids(values_at: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """∫ of a function of (points, D) over a box of corners (D,), and the same by a grid of twice its step: (2,).

    The steps are halved until the two agree, or the grid is as fine as it may be.
    """
    count = FEWEST
    while True:
        axes = list(np.linspace(low, high, count).T)
        values = values_at(grid(axes)).reshape([count] * len(axes))
        coarse = values[(slice(None, None, 2),) * len(axes)]
        both = np.array([integral(values, axes), integral(coarse, [axis[::2] for axis in axes])])
        if abs(both[0] - both[1]) < SETTLED * abs(both[0]) or count >= MOST:
            return both
        count = 2 * count - 1


def where_it_is(points: Floats, values: Floats, step: Floats | float) -> tuple[Floats, Floats]:
    """The corners (D,) of what holds all points (points, D) whose log values are not forgotten, and one step more."""
    near = points[values > values.max() - FORGOTTEN]
    return near.min(0) - step, near.max(0) + step


def log_evidence(model: VAE, images: list[Floats]) -> Floats:
    """log p(x) of each image (P,) by two grids, the second with twice the step of the first: (images, 2)."""
    dimension = model.config.latent_dim
    search = np.linspace(-REACH, REACH, SEARCHED[dimension])
    everywhere = grid([search] * dimension)
    found = []
    for x, searched in zip(images, log_integrand(model, everywhere, images), strict=True):
        low, high = where_it_is(everywhere, searched, search[1] - search[0])
        closer = grid(list(np.linspace(low, high, FEWEST).T))
        (values,) = log_integrand(model, closer, [x])
        low, high = where_it_is(closer, values, (high - low) / (FEWEST - 1))
        greatest = values.max()

        def density(u: Floats, x: Floats = x, greatest: float = greatest) -> Floats:
            return np.exp(log_integrand(model, u, [x])[0] - greatest)

        found.append(np.log(by_two_grids(density, low, high)) + greatest)
    return np.array(found)


def divergence_from_posterior(model: VAE, image: Tensor, evidence: float) -> Floats:
    """KL[q(z|x) ‖ p(z|x)] of an image (1, C, H, W) whose log p(x) is known, in nats, by two grids as above: (2,)."""
    dimension = model.config.latent_dim
    with torch.no_grad():
        posterior = model.posterior(image)
    mean = posterior.mean[0].numpy()
    if isinstance(posterior, FullGaussian):
        covariance = (posterior.cholesky @ posterior.cholesky.mT)[0].numpy()
    else:
        covariance = np.diag(posterior.log_variance[0].exp().numpy())
    factor, q = np.linalg.cholesky(covariance), stats.multivariate_normal(mean, covariance)

    def log_ratio(noise: Floats) -> Floats:
        """log q(z|x) − log p(z|x) at z that is so many standard deviations of q from its mean, weighted by q."""
        z = mean + noise @ factor.T
        log_joint = log_prior(model, z) + log_likelihood(model, decoder_output(model, z), image.flatten().numpy())
        return stats.norm.pdf(noise).prod(1) * (q.logpdf(z).reshape(-1) - log_joint + evidence)

    return by_two_grids(log_ratio, np.full(dimension, -REACH), np.full(dimension, REACH))
