"""What can be seen of a model while it learns: the same images given back, samples, and a map that moves."""

import json
import time
from pathlib import Path

import torch
from torch import Tensor

from vae_core.checkpoint.layout import MAP_FILE, PICTURE_FILE
from vae_core.data.dataset import Dataset
from vae_core.files import write_bytes, write_text
from vae_core.films.sheets import contact_sheet
from vae_core.model.vae import VAE
from vae_core.projection.linear import principal_components
from vae_core.randomness import generator, stratified_sample

IMAGES = 8
MAPPED = 1000
PAUSE = 1.5  # seconds between two previews: short epochs are not slowed down by them


class Previews:
    """Draws previews of one run into its folder."""

    def __init__(self, folder: Path, dataset: Dataset, seed: int) -> None:
        self.folder, self.dataset = folder, dataset
        self.shown = stratified_sample(dataset.labels, IMAGES, seed=seed)
        self.mapped = stratified_sample(dataset.labels, MAPPED, seed=seed)
        self.seed = seed
        self.placed: Tensor | None = None
        self.drawn_at = -PAUSE
        (folder / PICTURE_FILE).parent.mkdir(exist_ok=True)

    def draw(self, model: VAE) -> None:
        """Replace the previews, unless they are fresh."""
        if time.monotonic() - self.drawn_at < PAUSE:
            return
        was_training = model.training
        with torch.inference_mode():
            model.eval()
            self._draw_images(model)
            self._draw_map(model)
            model.train(was_training)
        self.drawn_at = time.monotonic()

    def _draw_images(self, model: VAE) -> None:
        """Three rows: images, their reconstructions, samples of the prior."""
        x = self.dataset.batch(self.shown).to(next(model.parameters()).device)
        latents = torch.randn(len(x), model.config.latent_dim, generator=generator(self.seed, "preview")).to(x.device)
        images = torch.cat([x, model.decode(model.posterior(x).mean), model.decode(latents)])
        write_bytes(self.folder / PICTURE_FILE, contact_sheet(images.cpu().numpy(), columns=len(x)), make_folder=False)

    def _draw_map(self, model: VAE) -> None:
        device = next(model.parameters()).device
        parts = [model.posterior(self.dataset.batch(part).to(device)).mean.cpu() for part in self.mapped.split(500)]
        means = torch.cat(parts)
        placed = means if means.shape[1] == 2 else principal_components(means).to_plane(means)
        placed = aligned(placed, self.placed)
        self.placed = placed
        positions = [[round(x, 4), round(y, 4)] for x, y in placed.tolist()]
        content = {"positions": positions, "labels": self.dataset.labels[self.mapped].tolist()}
        write_text(self.folder / MAP_FILE, json.dumps(content), make_folder=False)


def aligned(positions: Tensor, before: Tensor | None) -> Tensor:
    """Positions (N, 2) turned and mirrored to lie as close as can be to where they lay before.

    The orthogonal Procrustes problem: Schönemann (1966).
    """
    centred = positions - positions.mean(0)
    if before is None or before.shape != positions.shape:
        return centred
    left, _, right = torch.linalg.svd(centred.T @ before)
    return centred @ left @ right
