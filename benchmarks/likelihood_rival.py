"""pythae's default VAE on dynamically binarised images, trained by pythae's own trainer, in a network of ours."""

import time
from typing import Any

import torch

from benchmarks.pythae_trainer import train_pythae
from vae_core import ModelConfig
from vae_core.checkpoint.weights import build_model
from vae_core.data.dataset import Dataset
from vae_core.model.vae import VAE

TRAINED_ON = 50_000


def rival(dataset: Dataset, latent_dim: int, seed: int, cpu_seconds: float) -> tuple[VAE, int]:
    """What pythae makes of the first 50,000 images in so many seconds of one core, and its epochs.

    Its default networks are fully connected with one hidden layer of 512: ours with its weights, judged as ours are.
    """
    from pythae import models

    torch.manual_seed(seed)
    model = models.VAE(
        models.VAEConfig(input_dim=tuple(dataset.images.shape[1:]), latent_dim=latent_dim, reconstruction_loss="bce")
    )
    began = time.process_time()
    _train(model, dataset, epochs=1)
    an_epoch = time.process_time() - began
    epochs = max(1, round(cpu_seconds / an_epoch) - 1)
    _train(model, dataset, epochs)
    return _as_ours(model, dataset, latent_dim), epochs + 1


def _train(model: Any, dataset: Dataset, epochs: int) -> None:
    from pythae.data.datasets import BaseDataset, DatasetOutput

    class Binarised(BaseDataset):  # type: ignore[misc]  # pythae has no types
        """Drawn anew whenever an image is asked for."""

        def __getitem__(self, index: int) -> Any:
            return DatasetOutput(data=torch.bernoulli(self.data[index]), labels=self.labels[index])

    chosen = torch.arange(min(TRAINED_ON, len(dataset)))
    train_pythae(model, Binarised(dataset.grey(chosen), dataset.labels[chosen]), epochs)


def _as_ours(model: Any, dataset: Dataset, latent_dim: int) -> VAE:
    config = ModelConfig(
        network="mlp",
        latent_dim=latent_dim,
        hidden_layers=1,
        hidden_units=512,
        likelihood="bernoulli",
        image_size=dataset.image_size,
        channels=1,
    )
    ours, theirs = build_model(config, seed=0).eval(), model.state_dict()
    names = {
        "encoder.1.0": ["encoder.layers.0.0"],
        "encoder.1.2": ["encoder.embedding", "encoder.log_var"],
        "decoder.0.0": ["decoder.layers.0.0"],
        "decoder.0.2": ["decoder.layers.1.0"],
    }
    weights = {
        f"{own}.{kind}": torch.cat([theirs[f"{name}.{kind}"] for name in parts])
        for own, parts in names.items()
        for kind in ("weight", "bias")
    }
    ours.load_state_dict(weights)
    return ours
