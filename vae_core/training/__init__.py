"""Training a VAE into a checkpoint folder, with events for whoever listens and exact resume."""

from vae_core.training.loop import TrainingResult, train

__all__ = ["TrainingResult", "train"]
