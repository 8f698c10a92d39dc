"""Variational autoencoders: models, training, evaluation, projection and export. Knows no screen.

These names are looked up on first use, here and nowhere else: every module below passes through this one, and the
light ones (`vae_core.config`) are to load no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vae_core.checkpoint.weights import load_checkpoint
    from vae_core.config import ModelConfig, TrainConfig
    from vae_core.data.dataset import load_dataset
    from vae_core.model.vae import VAE
    from vae_core.training.loop import train

_HOMES = {
    "VAE": "vae_core.model.vae",
    "ModelConfig": "vae_core.config",
    "TrainConfig": "vae_core.config",
    "load_checkpoint": "vae_core.checkpoint.weights",
    "load_dataset": "vae_core.data.dataset",
    "train": "vae_core.training.loop",
}

__all__ = ["VAE", "ModelConfig", "TrainConfig", "load_checkpoint", "load_dataset", "train"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'vae_core' has no attribute {name!r}")
