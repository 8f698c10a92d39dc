"""The path along the data: short in the image, and where the prior has density.

It has least Σ_i ½ (w(z_i) + w(z_{i+1})) (‖g(z_{i+1}) − g(z_i)‖² + c ‖z_{i+1} − z_i‖²) with w(z) = (p(z) / M)^(−2/D), g
being the decoder, p the density over the D latent dimensions and M a bound of it. It is the shortest where each change
counts p^(−1/D) of its length, which is as the distance between neighbours among points of that density: where latents
are twice as rare in each dimension, a change counts twice. (Density-weighted distances: Hwang, Damelin & Hero,
"Shortest path through random points", 2016.) c gives the latents' own way a share of LATENT_SHARE on the line.

With w = 1 and c = 0 it is the shortest path in pixels, which is a cross-fade: it leads where no image is encoded.
"""

from collections.abc import Callable

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from vae_core.config import ModelConfig
from vae_core.interpolation.descent import Descent, Geodesic, Terms, Weights
from vae_core.interpolation.frames import PIECES
from vae_core.interpolation.paths import Floats, checked_stops, polyline
from vae_core.model.priors import GaussianMixture, LearnedMixture, Prior
from vae_core.model.vae import VAE
from vae_core.progress import Progress, ProgressListener, silent
from vae_core.randomness import generator
from vae_core.sizes import decoder_side

LATENT_SHARE = 0.05
MOST_RARE = 60.0  # of −2/D · log (p / M): what is rarer still counts as much, so that no number is too large
STRETCH = 1.02  # of the line's length in image space, at most
# The first answer is there in a fraction of a second: a segment's pieces, the evaluations, and those of all segments.
SKETCH_PIECES, SKETCH_EVALUATIONS, SKETCH_WORK = 6, 12, 36
SKETCH_MULTIPLY_ADDS = 300_000_000  # of decoding one point of each segment in all evaluations
FEWEST_EVALUATIONS = 3
MOST_EVALUATIONS = 200
PEAK_DRAWS = 2000  # of a prior whose greatest density no formula tells
STAGE = "along the data"


def along_data(
    model: VAE,
    prior: Prior | None,
    stops: ArrayLike,
    *,
    on_sketch: Callable[[Geodesic], None] = lambda _sketch: None,
    progress: ProgressListener = silent,
    should_stop: Callable[[], bool] = lambda: False,
) -> Geodesic:
    """The path along the data through stops (K, D); of a model without a prior that knows the data, that of N(0, I).

    A coarse one is told to `on_sketch` first, and refined from there. No segment ever has more of what is made least
    than its straight line, nor is it longer in the image than STRETCH lines. When `should_stop` says so, the best
    so far is returned.

    Raises:
        UserError: there are not 2 to 6 finite stops, or the decoder has no finite value or slope on the line itself.
    """
    checked = checked_stops(stops)
    terms = Terms(rarity(prior, next(model.parameters())), LATENT_SHARE, STRETCH)
    first = _sketch_evaluations(model.config, len(checked) - 1)
    total = first + MOST_EVALUATIONS

    def search(pieces: int, evaluations: int, before: int, start: Floats | None = None) -> Geodesic:
        def on_evaluation(done: int) -> bool:
            progress(Progress(STAGE, before + done, total))
            return should_stop()

        descent = Descent(model, checked, pieces, on_evaluation, terms=terms, start=start)
        return descent.run(evaluations)

    sketch = search(SKETCH_PIECES, first, 0)
    if sketch.cancelled:
        return sketch
    on_sketch(sketch)
    found = search(PIECES, MOST_EVALUATIONS, first, refined(sketch, PIECES))
    progress(Progress(STAGE, total, total))
    return found


def _sketch_evaluations(config: ModelConfig, segments: int) -> int:
    """As many as take a fraction of a second; what an imported decoder takes is not known beforehand."""
    most = min(SKETCH_EVALUATIONS, SKETCH_WORK // segments)
    if config.network != "imported":
        side = decoder_side(config)
        a_point = side.multiply_adds(convolving=True) + side.multiply_adds(convolving=False)
        most = min(most, SKETCH_MULTIPLY_ADDS // (a_point * segments))
    return max(FEWEST_EVALUATIONS, most)


@torch.no_grad()
def mean_log_density(prior: Prior, points: Floats) -> float:
    """log p in nats, averaged over the way that leads straight from each of the points (N, D) to the next."""
    latents = torch.as_tensor(points)
    steps = latents.diff(dim=0).norm(dim=1)
    values = prior.log_prob(latents)
    between = (values[1:] + values[:-1]) / 2
    return ((between * steps).sum() / steps.sum() if steps.sum() > 0 else values.mean()).item()


def refined(chain: Geodesic, pieces: int) -> Floats:
    """The same chain in so many pieces a segment: (S·pieces + 1, D)."""
    segments = (len(chain.points) - 1) // chain.pieces
    return polyline(chain.points, chain.pieces, torch.arange(segments * pieces + 1).numpy() / pieces)


def rarity(prior: Prior | None, like: Tensor) -> Weights:
    """w(z) = (p(z) / M)^(−2/D) ≥ 1 of latents of the dtype and on the device of `like`; without a prior, of N(0, I).

    Of a mixture M = Σ_k w_k N(m_k; m_k, Σ_k), which no density of it passes; of a flow the greatest density of many
    draws, and where there is more of it w = 1.
    """
    if prior is None:
        return lambda latents: (latents.square().mean(1)).clamp(max=MOST_RARE).exp()
    if isinstance(prior, LearnedMixture):
        return _rarity_by_mixture(prior.as_mixture(), like)
    if isinstance(prior, GaussianMixture):
        return _rarity_by_mixture(prior, like)
    with torch.no_grad():
        draws = prior.sample(PEAK_DRAWS, generator(0, "peak"))
        highest_drawn = prior.log_prob(draws).max()

    def by_draws(latents: Tensor) -> Tensor:
        rareness = (highest_drawn - prior.log_prob(latents)) * (2 / latents.shape[1])
        return rareness.clamp(0, MOST_RARE).exp()

    return by_draws


def _rarity_by_mixture(prior: GaussianMixture, like: Tensor) -> Weights:
    # Few points and many components: all of them at once, by factors that are inverted once.
    components, dimensions = prior.means.shape
    factors = torch.linalg.inv(prior.cholesky.double())  # L⁻¹, (K, D, D)
    middles = (factors @ prior.means.double().unsqueeze(2)).squeeze(2).to(like)
    stacked = factors.flatten(0, 1).to(like)  # (K·D, D)
    log_determinants = prior.cholesky.double().diagonal(dim1=1, dim2=2).log().sum(1)
    peaks = (prior.log_weights.double() - log_determinants).to(like)  # but for what all have in common
    highest = peaks.logsumexp(0)

    def weights(latents: Tensor) -> Tensor:
        standardised = (latents @ stacked.T).unflatten(1, (components, dimensions)) - middles  # (N, K, D)
        log_density = (peaks - 0.5 * standardised.square().sum(2)).logsumexp(1)
        return ((highest - log_density) * (2 / dimensions)).clamp(max=MOST_RARE).exp()

    return weights
