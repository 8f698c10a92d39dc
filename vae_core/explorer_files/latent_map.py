"""A data set seen through a model: encoded, laid out on a plane, and measured."""

from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.data.dataset import Dataset
from vae_core.errors import DatasetError, UserError
from vae_core.evaluation import active_units, batches
from vae_core.model.vae import VAE
from vae_core.progress import Progress, ProgressListener, silent
from vae_core.projection.neighbours import nearest_neighbours
from vae_core.projection.projection import Method, Projection, project
from vae_core.projection.refinement import refine
from vae_core.projection.trustworthiness import trustworthiness
from vae_core.projection.umap_settings import FEWEST_IMAGES, UmapSettings
from vae_core.randomness import stratified_sample

POINTS = 20_000
IMAGES_AT_ONCE = 500
START_NEIGHBOURS = 30
MARGIN = 0.02  # of a side, kept free around the outermost points


@dataclass(frozen=True)
class Encoding:
    """What the encoder says of M images, and how well the decoder gives them back."""

    means: Tensor  # (M, D)
    kl: Tensor  # (M,), nats
    kl_per_dimension: Tensor  # (D,), nats, averaged over the images
    reconstruction_error: Tensor  # (M,), mean square error a pixel


@dataclass(frozen=True)
class LatentMap:
    """Images `indices` of a data set on a plane, with the figures that say how far to trust it."""

    dataset: Dataset
    indices: Tensor  # (M,)
    encoding: Encoding
    projection: Projection
    trustworthiness: float
    round_trip_error: float  # mean square error a pixel, a point's latent taken from its neighbours on the map
    start: int  # the point to begin with
    seed: int = 0  # of the sample and of the layout

    @property
    def labels(self) -> Tensor:
        """Class of every point, (M,)."""
        return self.dataset.labels[self.indices]

    @property
    def active(self) -> Tensor:
        """Which latent dimensions carry information, (D,)."""
        return active_units(self.encoding.means)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top of the points, with a margin; no side is under a tenth of the other."""
        low, high = self.projection.positions.amin(0), self.projection.positions.amax(0)
        sides = high - low
        least = float(sides.max()) / 10 or 1.0
        margin = torch.where(sides < least, (least - sides) / 2, sides * MARGIN)
        left, bottom = (low - margin).tolist()
        right, top = (high + margin).tolist()
        return left, bottom, right, top


def map_dataset(
    model: VAE,
    dataset: Dataset,
    *,
    method: Method | None = None,
    settings: UmapSettings | None = None,
    axes: tuple[int, ...] | None = None,
    points: int = POINTS,
    seed: int = 0,
    progress: ProgressListener = silent,
) -> LatentMap:
    """Encode at most `points` images, of every class its share, and lay them out.

    Without a method, a latent space of one or two dimensions is shown as it is, and a larger one by UMAP, or by its
    principal components where there are too few images for that. `settings` are UMAP's, and choose it. The same seed
    gives the same map.

    Raises:
        DatasetError: the images do not fit the model.
        UserError: method, settings, axes or number of points do not fit.
    """
    config = model.config
    if (dataset.image_size, dataset.channels) != (config.image_size, config.channels):
        raise DatasetError(
            f"{dataset.name}: its images have {dataset.image_size} pixels a side and "
            f"{dataset.channels} channels, the model takes {config.image_size} and {config.channels}."
        )
    if points < 1 or not len(dataset):
        raise UserError(f"{dataset.name}: a map needs at least one image.")
    indices = stratified_sample(dataset.labels, points, seed=seed)
    if method is None:
        method = _usual_method(config.latent_dim, len(indices), settings, axes)
    encoding = encode_images(model, dataset, indices, progress=progress)
    labels = dataset.labels[indices]
    projection = project(
        encoding.means, method, settings=settings, labels=labels, axes=axes, seed=seed, progress=progress
    )
    device = next(model.parameters()).device
    projection = refine(projection, lambda latents: model.decode(latents.to(device)).cpu(), progress=progress)
    round_trip_error = _round_trip_error(model, dataset, indices, projection, progress)
    metric = projection.settings.metric if projection.settings else "euclidean"
    trust = trustworthiness(projection.latents, projection.positions, metric, seed=seed)
    start = choose_start(projection.positions, labels, encoding.reconstruction_error)
    return LatentMap(dataset, indices, encoding, projection, trust, round_trip_error, start, seed)


def _usual_method(latent_dim: int, count: int, settings: UmapSettings | None, axes: tuple[int, ...] | None) -> Method:
    """How `count` images are laid out unless a method is named."""
    if settings is not None:
        return "umap"
    if axes is not None or latent_dim <= 2:
        return "axes"
    return "umap" if count >= FEWEST_IMAGES else "pca"


@torch.inference_mode()
def encode_images(model: VAE, dataset: Dataset, indices: Tensor, *, progress: ProgressListener = silent) -> Encoding:
    """Encode the chosen images, and decode their posterior means."""
    device = next(model.parameters()).device
    means, kl, errors = [], [], []
    kl_per_dimension = torch.zeros(model.config.latent_dim, dtype=torch.float64)
    for number, (chunk, x) in enumerate(batches(dataset, indices, IMAGES_AT_ONCE, device)):
        posterior = model.posterior(x)
        means.append(posterior.mean.cpu())
        kl.append(posterior.kl_divergence().cpu())
        kl_per_dimension += posterior.kl_per_dimension().cpu().double().sum(0)
        errors.append((model.decode(posterior.mean) - x).square().flatten(1).mean(1).cpu())
        progress(Progress("Encoding images", number * IMAGES_AT_ONCE + len(chunk), len(indices)))
    return Encoding(torch.cat(means), torch.cat(kl), kl_per_dimension / len(indices), torch.cat(errors))


@torch.inference_mode()
def _round_trip_error(
    model: VAE, dataset: Dataset, indices: Tensor, projection: Projection, progress: ProgressListener
) -> float:
    device = next(model.parameters()).device
    total, done = 0.0, 0
    progress(Progress("Measuring the map", 0, len(indices)))
    latents = torch.split(projection.latents_from_others(), IMAGES_AT_ONCE)
    for (_, x), latent in zip(batches(dataset, indices, IMAGES_AT_ONCE, device), latents, strict=True):
        total += (model.decode(latent.to(device)) - x).square().flatten(1).mean(1).cpu().double().sum().item()
        done += len(latent)
        progress(Progress("Measuring the map", done, len(indices)))
    return total / len(indices)


def choose_start(positions: Tensor, labels: Tensor, reconstruction_error: Tensor) -> int:
    """The point that is recognised at once: among its own class, in a dense place, well reconstructed.

    Density and error are compared within a class, so that the class that is easiest to draw has no advantage.
    """
    count = len(positions)
    if count < 3:
        return 0
    indices, distances = nearest_neighbours(positions, min(START_NEIGHBOURS, count))
    purity = (labels[indices] == labels[:, None]).float().mean(1)
    badness = (_rank_within_class(distances[:, -1], labels) + _rank_within_class(reconstruction_error, labels)) / 2
    return int((purity - badness).argmax())


def _rank_within_class(values: Tensor, labels: Tensor) -> Tensor:
    """Each value's rank among its class, from 0 for the smallest to nearly 1."""
    ranks = torch.empty(len(values))
    for label in range(int(labels.max()) + 1):
        members = (labels == label).nonzero().squeeze(1)
        ranks[members[values[members].argsort(stable=True)]] = torch.arange(len(members)) / len(members)
    return ranks
