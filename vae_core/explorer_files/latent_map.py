"""A data set seen through a model: encoded, laid out on a plane, measured, and pictured in small."""

import io
import itertools
import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from sklearn.manifold import trustworthiness as scikit_learns
from torch import Tensor

from vae_core.data.dataset import Dataset
from vae_core.errors import DatasetError, UserError
from vae_core.evaluation import active_units, batches
from vae_core.model.imported import has_gradients, tells_variance
from vae_core.model.posteriors import narrow_posterior
from vae_core.model.vae import VAE
from vae_core.progress import Progress, ProgressListener, silent
from vae_core.projection.neighbours import nearest_neighbours, straightened
from vae_core.projection.projection import Method, Projection, project
from vae_core.projection.refining import refine
from vae_core.projection.umap_settings import FEWEST_IMAGES, Metric, UmapSettings
from vae_core.randomness import generator, stratified_sample
from vae_core.workload import AT_ONCE

POINTS = 20_000
START_NEIGHBOURS = 30
MARGIN = 0.02  # of a side, kept free around the outermost points
COMPARED = 2000  # points: scikit-learn sorts a full distance matrix: 2,000 take 100 MB
COMPARED_NEIGHBOURS = 10
LARGEST_TILE = 32
SHEET_SIDE = 32  # tiles
KL_DRAWS = 16  # of each image's posterior, where its KL is estimated
QUALITY = 75  # 180 bytes for a 28 × 28 grey picture of clothing
LOSSLESS_PIXELS = 1 << 18  # below this, the exact sheet is small anyway


@dataclass(frozen=True)
class Encoding:
    """What the encoder says of M images, and how well the decoder gives them back."""

    means: Tensor  # (M, D)
    log_variances: Tensor  # (M, D), of the posteriors' marginals
    kl: Tensor  # (M,), nats
    kl_per_dimension: Tensor  # (D,), nats, averaged over the images
    reconstruction_error: Tensor  # (M,), mean square error a pixel
    tells_posteriors: bool = True  # or else the variances are made up, and the KL with them


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
    latents: Tensor | None = None,
    progress: ProgressListener = silent,
) -> LatentMap:
    """Encode at most `points` images, of every class its share, and lay them out.

    Without a method, a latent space of one or two dimensions is shown as it is, and a larger one by UMAP, or by its
    principal components where there are too few images for that. `settings` are UMAP's, and choose it. The same seed
    gives the same map. Where the images' `latents` (N, D) are known, nothing is encoded.

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
    encoding = encode_images(model, dataset, indices, latents, progress=progress)
    labels = dataset.labels[indices]
    projection = project(
        encoding.means, method, settings=settings, labels=labels, axes=axes, seed=seed, progress=progress
    )
    device = next(model.parameters()).device
    if has_gradients(model):
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
def encode_images(
    model: VAE, dataset: Dataset, indices: Tensor, latents: Tensor | None = None, *, progress: ProgressListener = silent
) -> Encoding:
    """Encode the chosen images, or take their known `latents` (N, D), and decode their posterior means."""
    device = next(model.parameters()).device
    means, log_variances, kl, errors = [], [], [], []
    said = model.said_per_dimension()
    for number, (chunk, x) in enumerate(batches(dataset, indices, AT_ONCE, device)):
        posterior = model.posterior(x) if latents is None else narrow_posterior(latents[chunk].to(device))
        means.append(posterior.mean.cpu())
        log_variances.append(posterior.log_variance.cpu())
        draws = posterior.mean.unsqueeze(0)  # of which a closed form needs none
        if model.learned_prior is not None:
            draws = posterior.sample(generator(0, "kl", number), KL_DRAWS)
        kl.append(model.kl_divergence(posterior, draws).cpu())
        said.hear(posterior)
        errors.append((model.mean_image(posterior.mean) - x).square().flatten(1).mean(1).cpu())
        progress(Progress("Encoding images", number * AT_ONCE + len(chunk), len(indices)))
    return Encoding(
        torch.cat(means),
        torch.cat(log_variances),
        torch.cat(kl),
        said.nats,
        torch.cat(errors),
        tells_posteriors=latents is None and tells_variance(model),
    )


@torch.inference_mode()
def _round_trip_error(
    model: VAE, dataset: Dataset, indices: Tensor, projection: Projection, progress: ProgressListener
) -> float:
    device = next(model.parameters()).device
    total, done = 0.0, 0
    progress(Progress("Measuring the map", 0, len(indices)))
    latents = torch.split(projection.latents_from_others(), AT_ONCE)
    for (_, x), latent in zip(batches(dataset, indices, AT_ONCE, device), latents, strict=True):
        total += (model.mean_image(latent.to(device)) - x).square().flatten(1).mean(1).cpu().double().sum().item()
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


def trustworthiness(latents: Tensor, positions: Tensor, metric: Metric = "euclidean", *, seed: int = 0) -> float:
    """How far neighbours on the map are neighbours in latent space, 0 to 1, on at most 2,000 points.

    Latents (N, D) by the metric, positions (N, 2) by their distance. Venna and Kaski, "Neighborhood preservation in
    nonlinear projection methods", 2001; ten neighbours.
    """
    chosen = torch.randperm(len(latents), generator=torch.Generator().manual_seed(seed))[:COMPARED]
    if len(chosen) < 3:
        return 1.0  # two points are always each other's neighbours
    neighbours = max(1, min(COMPARED_NEIGHBOURS, (len(chosen) - 1) // 2))
    compared = straightened(latents, metric)[chosen].numpy()
    by = "euclidean" if metric in ("cosine", "correlation") else metric
    return float(scikit_learns(compared, positions[chosen].numpy(), n_neighbors=neighbours, metric=by))


@dataclass(frozen=True)
class Sheet:
    """Small images row by row; `content` is a WebP file."""

    content: bytes
    tile: int
    columns: int
    rows: int


def order_on_sheets(positions: np.ndarray, room: int) -> np.ndarray:
    """The points, float32 (N, 2), in the order of their small images, `room` a sheet: neighbours share a sheet.

    The map is cut into strips from left to right, each strip into sheets from bottom to top; points with equal
    coordinates stay in their own order. The browser finds the same order: `placesOnSheets`.
    """
    count = len(positions)
    sheets = math.ceil(count / room)
    strips = max(1, round(math.sqrt(sheets)))
    edges = [strip * sheets // strips * room for strip in range(strips + 1)]
    across = np.argsort(positions[:, 0], kind="stable")
    order = []
    for left, right in itertools.pairwise(edges):
        strip = np.sort(across[left:right])
        order.append(strip[np.argsort(positions[strip, 1], kind="stable")])
    return np.concatenate(order)


def make_thumbnails(
    dataset: Dataset, indices: Tensor, positions: np.ndarray, *, progress: ProgressListener = silent
) -> list[Sheet]:
    """The images of the points in small, at most 32 pixels a side: a single sheet in the points' own order, several
    by their places on the map.
    """
    room = SHEET_SIDE * SHEET_SIDE
    if len(indices) > room:
        indices = indices[torch.from_numpy(order_on_sheets(positions, room))]
    columns = min(SHEET_SIDE, math.ceil(math.sqrt(len(indices))))
    tile = min(LARGEST_TILE, dataset.image_size)
    sheets = []
    for first in range(0, len(indices), room):
        images = dataset.batch(indices[first : first + room])
        if tile != dataset.image_size:
            images = F.interpolate(images, size=(tile, tile), mode="bilinear", antialias=True, align_corners=False)
        pixels = (images.clamp(0, 1) * 255).round().to(torch.uint8)
        sheets.append(_sheet(pixels.permute(0, 2, 3, 1).numpy(), columns, lossless=pixels.numel() <= LOSSLESS_PIXELS))
        progress(Progress("Making thumbnails", first + len(pixels), len(indices)))
    return sheets


def _sheet(tiles: np.ndarray, columns: int, *, lossless: bool) -> Sheet:
    """Tiles, uint8 (N, tile, tile, C), on a sheet of so many columns."""
    count, tile, _, channels = tiles.shape
    rows = math.ceil(count / columns)
    blank = np.zeros((rows * columns - count, tile, tile, channels), np.uint8)
    grid = np.concatenate([tiles, blank]).reshape(rows, columns, tile, tile, channels)
    whole = grid.swapaxes(1, 2).reshape(rows * tile, columns * tile, channels)
    picture = Image.fromarray(whole.squeeze(2) if channels == 1 else whole)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=lossless, quality=QUALITY, method=4)
    return Sheet(buffer.getvalue(), tile, columns, rows)
