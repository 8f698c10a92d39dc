"""Variational autoencoders: models, training, evaluation, projection and export. Knows no screen.

Names are looked up on first use, so that importing a light part (`vae_core.config`) loads no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vae_core.checkpoint import load_checkpoint
    from vae_core.config import ModelConfig, TrainConfig
    from vae_core.datasets import load_dataset
    from vae_core.model import VAE
    from vae_core.training import train

_HOMES = {
    "VAE": "vae_core.model",
    "ModelConfig": "vae_core.config",
    "TrainConfig": "vae_core.config",
    "load_checkpoint": "vae_core.checkpoint",
    "load_dataset": "vae_core.datasets",
    "train": "vae_core.training",
}

__all__ = ["VAE", "ModelConfig", "TrainConfig", "load_checkpoint", "load_dataset", "train"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'vae_core' has no attribute {name!r}")
