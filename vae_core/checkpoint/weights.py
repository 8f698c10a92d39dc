"""A checkpoint with its weights, checked whole when it is loaded, and what it can draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from vae_core.checkpoint.graph_files import read_graphs
from vae_core.checkpoint.layout import WEIGHTS_FILE, CheckpointSummary, read_checkpoint, write_config
from vae_core.checkpoint.prior_file import read_prior
from vae_core.checkpoint.provenance import DataDescription
from vae_core.checkpoint.tensor_files import read_tensors, write_tensors
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import CheckpointError, UserError
from vae_core.model.priors import GaussianMixture, Prior, StandardNormal
from vae_core.model.vae import VAE

PriorName = Literal["fitted", "standard", "learned"]
DECODED_AT_ONCE = 200


@dataclass(frozen=True)
class Checkpoint:
    """A loaded checkpoint; the model is in evaluation mode, on the device that was asked for."""

    summary: CheckpointSummary
    model: VAE
    fitted_prior: GaussianMixture | None = None

    @torch.inference_mode()
    def sample(self, count: int, generator: torch.Generator, prior: PriorName | None = None) -> Tensor:
        """Images (count, C, H, W) in [0, 1], decoded from draws of a prior (see `vae_core.model.priors`): of the named
        one, or of the one that knows the data, learned with the model or fitted to its encodings.

        Raises:
            UserError: there is no such prior.
        """
        device = next(self.model.parameters()).device
        known: PriorName = "fitted" if self.model.learned_prior is None else "learned"
        latents = self.prior(prior or known).sample(count, generator).to(device)
        return torch.cat([self.model.decode(chunk).cpu() for chunk in latents.split(DECODED_AT_ONCE)])

    def prior(self, name: PriorName) -> Prior:
        """The prior of this name. Raises UserError where the model has none such."""
        if name == "standard":
            return StandardNormal(self.model.config.latent_dim)
        if name == "learned":
            if self.model.learned_prior is None:
                raise UserError(f"{self.summary.name} was trained under the standard prior: it has learned no other.")
            return self.model.learned_prior
        if self.model.learned_prior is not None:
            raise UserError(f"{self.summary.name} has learned a prior of its own: no other is fitted, draw from that.")
        if self.fitted_prior is None:
            raise UserError(
                f"{self.summary.name} has no fitted prior: fit it with python -m vae_core fit-prior, or draw from the "
                "standard one."
            )
        return self.fitted_prior

    @property
    def data_prior(self) -> Prior | None:
        """The prior that knows the data: learned with the model, or fitted to its encodings; None where neither was."""
        return self.model.learned_prior or self.fitted_prior


def check_weights(path: Path, tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Compare loaded tensors with the model's own: names, shapes, dtypes, finiteness.

    Raises:
        CheckpointError: naming the first tensor that is wrong, and how.
    """
    for name, own in expected.items():
        if name not in tensors:
            raise CheckpointError(f"{path}: the weights {name} are missing.")
        found = tensors[name]
        if found.shape != own.shape:
            raise CheckpointError(
                f"{path}: {name} has shape {tuple(found.shape)}, but the config asks for {tuple(own.shape)}."
            )
        if found.dtype != own.dtype:
            raise CheckpointError(f"{path}: {name} holds {found.dtype}, expected {own.dtype}.")
        if found.is_floating_point() and not bool(torch.isfinite(found).all()):
            raise CheckpointError(f"{path}: {name} holds values that are not finite (NaN or infinity).")
    for name in tensors:
        if name not in expected:
            raise CheckpointError(f"{path}: holds weights the model does not have: {name}.")


def save_checkpoint(path: str | Path, model: VAE, training: TrainConfig, data: DataDescription) -> CheckpointSummary:
    """Write a checkpoint's settings and weights, each file whole or not at all."""
    folder = Path(path)
    write_tensors(folder / WEIGHTS_FILE, model.state_dict())
    write_config(folder, model.config, training, data)
    return read_checkpoint(folder)


def build_model(config: ModelConfig, seed: int) -> VAE:
    """A new VAE whose initial weights are fixed by the seed; the global generator is left as it was.

    Raises:
        UserError: its network is one that only imported models have.
    """
    if config.network == "imported":
        raise UserError("A model that was imported is not trained here: choose network linear, mlp or conv.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return VAE(config)


def load_checkpoint(path: str | Path, device: str | torch.device = "cpu") -> Checkpoint:
    """Load a checkpoint folder.

    Raises:
        CheckpointError: anything about it is wrong: see `read_checkpoint`, `read_tensors`, `check_weights`,
            `read_graphs`, `read_prior`.
    """
    summary = read_checkpoint(path)
    model = _trained_here(summary) if summary.origin is None else read_graphs(summary)
    prior = None if model.learned_prior else read_prior(summary.path, summary.model.latent_dim)
    return Checkpoint(summary, model.to(device).eval(), prior)


def _trained_here(summary: CheckpointSummary) -> VAE:
    weights_path = summary.path / WEIGHTS_FILE
    tensors, _ = read_tensors(weights_path)
    model = build_model(summary.model, seed=0)
    check_weights(weights_path, tensors, model.state_dict())
    model.load_state_dict(tensors)
    return model
