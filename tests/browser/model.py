"""A small model that the explorer can open, and what torch and numpy know of it."""

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vae_core.checkpoint.prior_file import write_prior
from vae_core.checkpoint.provenance import DataDescription
from vae_core.checkpoint.weights import Checkpoint, load_checkpoint, save_checkpoint
from vae_core.config import ModelConfig, TrainConfig
from vae_core.data.dataset import load_dataset
from vae_core.explorer_files.latent_map import POINTS, LatentMap, map_dataset
from vae_core.explorer_files.writer import write_explorer
from vae_core.model.priors import GaussianMixture
from vae_core.model.vae import VAE
from vae_core.projection.projection import Projection

LATENT_DIM = 6


@dataclass(frozen=True)
class ExplorableModel:
    """A trained model, its map, and the folder with its explorer files."""

    checkpoint: Checkpoint
    latent_map: LatentMap
    folder: Path

    @cached_property
    def plane(self) -> torch.nn.Module:
        """The torch module that the map must agree with: position (M, 2) → latent (M, D), distance (M,)."""
        return self.latent_map.projection.plane_to_latent()

    @torch.inference_mode()
    def decode(self, latent: list[float]) -> Tensor:
        """The image (H, W) that torch decodes from one latent."""
        return self.checkpoint.model.decode(torch.tensor([latent]))[0, 0]

    @torch.inference_mode()
    def latent_on_plane(self, position: list[float]) -> Tensor:
        """The latent (D,) of a place on the map, no data point's residual added."""
        return self.plane(torch.tensor([position]))[0][0]

    def stored_latent(self, point: int) -> Tensor:
        """A data point's latent (D,) as the explorer's files hold it, in half precision."""
        return self.latent_map.encoding.means[point].half().float()

    @cached_property
    def latents(self) -> np.ndarray:
        """All latents (N, D) as the explorer's files hold them."""
        return self.latent_map.encoding.means.half().float().numpy()

    @cached_property
    def positions(self) -> np.ndarray:
        """All positions (N, 2) on the model's own map."""
        return self.latent_map.projection.positions.numpy()

    @cached_property
    def labels(self) -> np.ndarray:
        return self.latent_map.labels.numpy()

    def name_of(self, label: int) -> str:
        return str(self.latent_map.dataset.class_names[label])


def make_model(folder: Path, *, points: int = POINTS, spread: float = 1, **settings: object) -> ExplorableModel:
    """The embedded digits in the space of their own principal components, the last dimension left unused.

    The map is two principal components as well, but its plane is that of a UMAP map, by nearest neighbours: it is what
    most models have. Neither needs training or UMAP's fit, which would take longer than all the tests. A `spread` far
    below 1 is a collapsed model's: all images are encoded to next to the same latent.
    """
    dataset = load_dataset("digits")
    images = dataset.batch(torch.arange(len(dataset))).flatten(1)
    shape = {"network": "linear", "latent_dim": LATENT_DIM, "image_size": 8, "likelihood": "gaussian"}
    model = VAE(ModelConfig.parse(shape | settings))
    give_principal_components(model, images)
    if spread != 1:
        model.load_state_dict(
            {name: value * spread if "encoder.mean" in name else value for name, value in model.state_dict().items()}
        )
    if model.learned_prior is not None:
        give_a_bend(model.learned_prior)
    if model.config.posterior == "full":
        give_correlations(model)
    data = DataDescription(name=dataset.name, fingerprint=dataset.fingerprint, images=len(dataset))
    save_checkpoint(folder, model, TrainConfig(data="digits"), data)
    if model.learned_prior is None:
        write_prior(folder, gaussian_of(model, images))
    checkpoint = load_checkpoint(folder)
    drawn = map_dataset(checkpoint.model, dataset, method="pca", points=points)
    projection = Projection("umap", drawn.projection.latents, drawn.projection.positions, linear=None, axes=None)
    latent_map = dataclasses.replace(drawn, projection=projection)
    write_explorer(checkpoint, latent_map, folder / "explorer")
    return ExplorableModel(checkpoint, latent_map, folder / "explorer")


@torch.inference_mode()
def gaussian_of(model: VAE, images: Tensor) -> GaussianMixture:
    """A fitted prior of one component: the normal distribution of the images' encodings (N, D)."""
    means = model.posterior(images.reshape(-1, 1, 8, 8)).mean
    covariance = means.T.cov() + 1e-4 * torch.eye(LATENT_DIM)
    return GaussianMixture(torch.zeros(1), means.mean(0)[None], torch.linalg.cholesky(covariance)[None])


@torch.no_grad()
def give_a_bend(prior: torch.nn.Module) -> None:
    """A learned prior as after some training: not N(0, I) any more."""
    source = torch.Generator().manual_seed(3)
    for parameter in prior.parameters():
        parameter.add_(0.15 * torch.randn(parameter.shape, generator=source))


@torch.no_grad()
def give_correlations(model: VAE) -> None:
    """A full covariance with entries of its own off the diagonal, of the same shape for all images."""
    source = torch.Generator().manual_seed(4)
    covariance = model.encoder.covariance
    assert isinstance(covariance, torch.Tensor)
    covariance.copy_(0.7 * torch.randn(covariance.shape, generator=source))


@torch.no_grad()
def give_principal_components(model: VAE, images: Tensor) -> None:
    """Makes a linear model's latents the standardised components of images (N, pixels), the last one unused."""
    mean = images.mean(0)
    _, singular_values, components = torch.linalg.svd(images - mean, full_matrices=False)
    deviations = singular_values[:LATENT_DIM] / len(images) ** 0.5
    weight = components[:LATENT_DIM] / deviations[:, None]  # (D, pixels)
    weight[-1] = 0
    body = components[:LATENT_DIM].T * deviations  # (pixels, D)
    body[:, -1] = 0
    model.load_state_dict(
        model.state_dict()
        | {"encoder.mean.weight": weight, "encoder.mean.bias": -weight @ mean}
        | {"decoder.0.weight": body, "decoder.0.bias": mean}
    )
