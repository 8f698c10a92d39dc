"""How far a map can be trusted."""

import torch
from sklearn.manifold import trustworthiness as measured
from torch import Tensor

from vae_core.projection.neighbours import straightened
from vae_core.projection.umap_settings import Metric

SAMPLE = 2000  # scikit-learn sorts a full distance matrix: 2,000 points take 100 MB
NEIGHBOURS = 10


def trustworthiness(latents: Tensor, positions: Tensor, metric: Metric = "euclidean", *, seed: int = 0) -> float:
    """How far neighbours on the map are neighbours in latent space, 0 to 1, on at most 2,000 points.

    Latents (N, D) by the metric, positions (N, 2) by their distance. Venna and Kaski, "Neighborhood preservation in
    nonlinear projection methods", 2001; ten neighbours.
    """
    chosen = torch.randperm(len(latents), generator=torch.Generator().manual_seed(seed))[:SAMPLE]
    if len(chosen) < 3:
        return 1.0  # two points are always each other's neighbours
    neighbours = max(1, min(NEIGHBOURS, (len(chosen) - 1) // 2))
    compared = straightened(latents, metric)[chosen].numpy()
    by = "euclidean" if metric in ("cosine", "correlation") else metric
    return float(measured(compared, positions[chosen].numpy(), n_neighbors=neighbours, metric=by))
