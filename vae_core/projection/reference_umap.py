"""UMAP of latents by umap-learn itself, for the knobs that the fast engine does not know.

McInnes, Healy and Melville, "UMAP: Uniform Manifold Approximation and Projection", 2018; densMAP: Narayan, Berger and
Cho, "Assessing single-cell transcriptomic variability through density-preserving data visualization", 2021. The
neighbours are exact and handed in, the layout begins where the fast engine's does, and a seed makes it repeatable.
A process's first map waits some ten seconds for umap-learn to compile.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from umap.distances import named_distances_with_gradients
from umap.umap_ import (
    discrete_metric_simplicial_set_intersection,
    fuzzy_simplicial_set,
    simplicial_set_embedding,
)

from vae_core.errors import UserError
from vae_core.progress import Progress, ProgressListener
from vae_core.projection.fast_umap import NEGATIVE_SAMPLES, similarity_curve
from vae_core.projection.umap_settings import UmapSettings

# umap-learn's own defaults, which its class would fill in
CLASSES_APART = 5.0  # a target weight of a half
DENSITY = {"lambda": 2.0, "frac": 0.3, "var_shift": 0.1}


def lay_out(
    start: Tensor,
    neighbours: tuple[Tensor, Tensor],
    settings: UmapSettings,
    *,
    labels: Tensor | None,
    seed: int,
    progress: ProgressListener,
) -> Tensor:
    """Positions (N, 2) from `start` (N, 2) and the neighbours' indices and distances (N, K), own point first.

    Labels (N,) draw points of a class together. The same seed gives the same positions.

    Raises:
        UserError: densMAP finds no densities, or umap-learn ends with positions that are not finite.
    """
    epochs = settings.epochs(len(start))
    progress(Progress("Laying out the map", 0, epochs))
    indices, distances = (tensor.numpy() for tensor in neighbours)
    if settings.densmap and not np.ptp(distances[:, 1:]):
        raise UserError("densMAP finds all places equally dense: leave densmap out.")
    randomness = np.random.RandomState(np.random.MT19937(seed))
    graph, lengths = _graph(indices, distances, settings, labels, randomness)
    a, b = similarity_curve(settings.min_dist, settings.spread)
    positions, _ = simplicial_set_embedding(
        _unused_latents(len(start)),
        graph,
        n_components=2,
        initial_alpha=1.0,
        a=a,
        b=b,
        gamma=1.0,
        negative_sample_rate=NEGATIVE_SAMPLES,
        n_epochs=epochs,
        init=start.numpy(),
        random_state=randomness,
        metric=settings.metric,
        metric_kwds={},
        densmap=settings.densmap,
        densmap_kwds={**DENSITY, "n_neighbors": indices.shape[1], "graph_dists": lengths},
        output_dens=False,
        output_metric=named_distances_with_gradients["euclidean"],
        output_metric_kwds={},
        euclidean_output=True,
        parallel=False,
        tqdm_kwds=_told_to(lambda done: progress(Progress("Laying out the map", done, epochs))),
    )
    if not np.isfinite(positions).all():
        raise UserError("umap-learn finds no map with these settings: take its defaults, or the method pca.")
    return torch.from_numpy(np.ascontiguousarray(positions, np.float32))


def _graph(
    indices: NDArray[np.int64],
    distances: NDArray[np.float32],
    settings: UmapSettings,
    labels: Tensor | None,
    randomness: np.random.RandomState,
) -> tuple[Any, Any]:
    """The fuzzy graph of the neighbours (N, K), classes apart where there are labels; and densMAP's lengths."""
    graph, _, _, lengths = fuzzy_simplicial_set(
        _unused_latents(len(indices)),
        indices.shape[1],
        randomness,
        settings.metric,
        knn_indices=indices,
        knn_dists=distances,
        return_dists=settings.densmap,
    )
    if labels is not None:
        graph = discrete_metric_simplicial_set_intersection(graph, labels.numpy(), far_dist=CLASSES_APART)
    return graph, lengths


def _unused_latents(count: int) -> NDArray[np.float64]:
    """Asked for by umap-learn's functions, and used by neither with what they are given."""
    return np.empty((count, 0))


def _told_to(on_epoch: Callable[[int], None]) -> dict[str, Any]:
    """Options of umap-learn's progress bar with which it is "drawn" after every epoch as that epoch's number."""
    return {
        "disable": False,
        "file": _Drawn(on_epoch),
        "bar_format": "{n}",
        "mininterval": 0,
        "miniters": 1,
    }


class _Drawn:
    """What a progress bar is drawn to: as much of a file as it takes."""

    def __init__(self, on_epoch: Callable[[int], None]) -> None:
        self.on_epoch = on_epoch
        self.last = 0

    def write(self, text: str) -> None:
        """Hear of each number once; the rest moves a cursor."""
        number = text.strip()
        if number.isdigit() and int(number) > self.last:
            self.last = int(number)
            self.on_epoch(self.last)

    def flush(self) -> None:
        """Nothing is kept back."""
