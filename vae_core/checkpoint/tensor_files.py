"""Tensors in files: saved as safetensors, never as a pickle, and read from nothing else."""

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor

from vae_core.errors import CheckpointError
from vae_core.files import read_start, write_bytes

# Only of files that safetensors has refused: the length that its files begin with may be any of these.
PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
HEADER_START = b"{"  # of safetensors, after the eight bytes of its length


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None, *, make_folder: bool = True
) -> None:
    """Write tensors as one safetensors file, whole or not at all; in a folder that is made, unless it must be there."""
    write_bytes(path, tensor_bytes(tensors, metadata), make_folder=make_folder)


def tensor_bytes(tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """What a safetensors file of them holds."""
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    return save(contiguous, metadata)


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
