"""The weights of a checkpoint: saved as safetensors, never as a pickle, and checked whole when loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor

from vae_core.checkpoint.layout import WEIGHTS_FILE, CheckpointSummary, read_checkpoint, write_config
from vae_core.config import DataDescription, ModelConfig, TrainConfig
from vae_core.errors import CheckpointError
from vae_core.files import read_start, write_bytes
from vae_core.model.vae import VAE

# Only of files that safetensors has refused: the length that its files begin with may be any of these.
PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
HEADER_START = b"{"  # of safetensors, after the eight bytes of its length


@dataclass(frozen=True)
class Checkpoint:
    """A loaded checkpoint; the model is in evaluation mode, on the device that was asked for."""

    summary: CheckpointSummary
    model: VAE


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None, *, make_folder: bool = True
) -> None:
    """Write tensors as one safetensors file, whole or not at all; in a folder that is made, unless it must be there."""
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_bytes(path, save(contiguous, metadata), make_folder=make_folder)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a safetensors file: its tensors and its metadata.

    Raises:
        CheckpointError: the file is missing, no regular file, a pickle, truncated or otherwise not safetensors.
    """
    try:
        read_start(path, 0)  # whatever is no regular file is refused, and nobody waits at a pipe
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror}).") from None
    try:
        tensors = load(content)
        with safe_open(path, "pt") as file:
            return tensors, file.metadata() or {}
    except (SafetensorError, ValueError, KeyError) as error:
        if content.startswith(PICKLE_STARTS) and content[8:9] != HEADER_START:
            reason = "is a pickle, which can run code when loaded; only safetensors files are read"
        else:
            reason = f"truncated or not a safetensors file ({error}); copy it again or train again"
        raise CheckpointError(f"{path}: {reason}.") from None


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
    """A new VAE whose initial weights are fixed by the seed; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return VAE(config)


def load_checkpoint(path: str | Path, device: str | torch.device = "cpu") -> Checkpoint:
    """Load a checkpoint folder.

    Raises:
        CheckpointError: anything about it is wrong: see `read_checkpoint`, `read_tensors`, `check_weights`.
    """
    summary = read_checkpoint(path)
    weights_path = Path(path) / WEIGHTS_FILE
    tensors, _ = read_tensors(weights_path)
    model = build_model(summary.model, seed=0)
    check_weights(weights_path, tensors, model.state_dict())
    model.load_state_dict(tensors)
    return Checkpoint(summary, model.to(device).eval())
