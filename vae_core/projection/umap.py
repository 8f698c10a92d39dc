"""UMAP of latents: exact neighbours, fuzzy graph, layout, with progress that counts real work.

McInnes, Healy and Melville, "UMAP: Uniform Manifold Approximation and Projection", 2018, with the defaults of
its reference implementation: 15 neighbours, minimum distance 0.1, spread 1, five negative samples.
Exact neighbours by matrix products and one small compiled kernel, stored once compiled, spare a first fit
nearly all of the compilation that it otherwise spends most of its time on.
"""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from importlib import import_module
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

from vae_core.errors import UserError
from vae_core.progress import Progress, ProgressListener, silent
from vae_core.projection.fuzzy_graph import fuzzy_graph
from vae_core.projection.linear import principal_components
from vae_core.projection.neighbours import nearest_neighbours

NEIGHBOURS = 15
KERNEL = "vae_core.projection.descent"
KERNEL_MODULES = (60, 430)  # loaded when its import, numba's above all, has hardly begun and when it ends
KERNEL_POINTS = 18_000  # whose neighbours take as long as that import
START_SIDE = 10.0
START_NOISE = 1e-4


def umap_positions(latents: Tensor, *, seed: int = 0, progress: ProgressListener = silent) -> Tensor:
    """Positions (N, 2) float32 of latents (N, D); the same seed gives the same positions.

    Raises:
        UserError: there are fewer than 16 latents, too few for a neighbourhood.
    """
    count = len(latents)
    if count <= NEIGHBOURS:
        raise UserError(f"UMAP needs at least {NEIGHBOURS + 1} images, not {count}: choose the method pca instead.")
    loading = 0.0 if KERNEL in sys.modules else 1 / (1 + (count / KERNEL_POINTS) ** 2)  # its part of the stage

    def report(share: float) -> None:
        progress(Progress("neighbours", share * count, count))

    layout = _kernel(lambda share: report(loading * share))
    indices, distances = nearest_neighbours(
        latents, NEIGHBOURS, progress=lambda told: report(1 - (1 - loading) * (1 - told.done / told.total))
    )
    epochs = 500 if count <= 10_000 else 200
    progress(Progress("layout", 0, epochs))
    graph = fuzzy_graph(indices.numpy(), distances.numpy(), epochs)
    positions = layout.optimise_layout(
        _start(latents, seed), graph, epochs, seed, lambda done: progress(Progress("layout", done, epochs))
    )
    return torch.from_numpy(positions)


def _kernel(report: Callable[[float], None]) -> ModuleType:
    """The module with the compiled layout. A process's first import of it takes a second or more.

    `report` hears meanwhile how far it is, 0 to 1, told by the number of modules that have come with it.
    """
    present = len(sys.modules)
    first, last = KERNEL_MODULES
    with ThreadPoolExecutor(1) as aside:
        module = aside.submit(import_module, KERNEL)
        while wait([module], timeout=0.05).not_done:
            report(min(max((len(sys.modules) - present - first) / (last - first), 0.0), 1.0))
        return module.result()


def _start(latents: Tensor, seed: int) -> np.ndarray:
    """The first two principal components, scaled to a square, with noise that parts duplicates."""
    positions = principal_components(latents).to_plane(latents)
    low, high = positions.amin(0), positions.amax(0)
    square = START_SIDE * (positions - low) / (high - low).clamp_min(torch.finfo(torch.float32).tiny)
    noise = np.random.default_rng(seed).normal(scale=START_NOISE, size=square.shape)
    return np.ascontiguousarray(square.numpy() + noise, dtype=np.float32)
