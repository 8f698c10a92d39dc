"""Weights by name, out of files that may hold anything: safetensors, and torch's own with nothing but tensors in them.

Nothing that is stored as code is ever run: torch reads with `weights_only=True`.
"""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor

from vae_core.errors import ImportingError, shortened
from vae_core.imports.bridge import bridge
from vae_core.imports.refusals import NOT_WEIGHTS, TORCH_EXPORT, TORCHSCRIPT

MOST_NUMBERS = 1 << 28
MOST_TENSORS = 10_000
SHOWN = 10
HOLDERS = ("state_dict", "model_state_dict", "model", "net", "vae", "ema", "weights")
PREFIXES = ("_orig_mod.", "module.", "model.", "vae.", "net.")

Weights = dict[str, NDArray[np.float32]]


def read_weights(name: str, content: bytes) -> Weights:
    """Every tensor of a file as float32, without the prefix that all names may share.

    Raises:
        ImportingError: the file holds code, something else, or numbers that are not finite.
    """
    tensors = _safetensors(name, content) if name.lower().endswith(".safetensors") else _torchs(name, content)
    if not tensors:
        raise ImportingError(f"{shortened(name)}: it holds no weights. {bridge()}")
    if len(tensors) > MOST_TENSORS:
        raise ImportingError(f"{shortened(name)}: it holds {len(tensors):,} tensors, more than the limit.")
    weights: Weights = {}
    for key, tensor in _without_prefix(tensors).items():
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta or tensor.is_complex():
            raise ImportingError(f"{shortened(name)}: {shortened(key)} is no plain tensor of numbers.")
        if tensor.numel() > MOST_NUMBERS:
            raise ImportingError(
                f"{shortened(name)}: {shortened(key)} has {tensor.numel():,} numbers, above the limit."
            )
        values = tensor.detach().to(torch.float32)
        if not bool(torch.isfinite(values).all()):
            raise ImportingError(f"{shortened(name)}: {shortened(key)} holds values that are not finite.")
        weights[key] = values.numpy().copy()
    return weights


def unknown_weights(name: str, weights: Weights) -> ImportingError:
    """What is said of weights that no known network has: their first names and shapes, and the way out."""
    lines = [f"{shortened(key)} {tuple(values.shape)}" for key, values in list(weights.items())[:SHOWN]]
    more = f", and {len(weights) - SHOWN:,} more" if len(weights) > SHOWN else ""
    return ImportingError(
        f"{shortened(name)}: these weights are of no network that is known here ({'; '.join(lines)}{more}). {bridge()}"
    )


def _safetensors(name: str, content: bytes) -> dict[str, Tensor]:
    try:
        return load_safetensors(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise ImportingError(f"{shortened(name)}: it is cut off or no safetensors file ({error}).") from None


def _torchs(name: str, content: bytes) -> dict[str, Tensor]:
    _refuse_programs(name, content)
    try:
        loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception:  # whatever a damaged or hostile file makes of torch's reader
        raise ImportingError(
            f"{shortened(name)}: it is damaged, no file of weights, or holds more than weights, and nothing in it is "
            f"run; save the model's state_dict() alone. {bridge()}"
        ) from None
    return _tensors(loaded)


def _refuse_programs(name: str, content: bytes) -> None:
    """Refuse what torch writes beside weights, by the names inside alone."""
    if not content.startswith(b"PK"):
        return
    try:
        inside = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return
    if any("/code/" in f"/{entry}" or entry.endswith("constants.pkl") for entry in inside):
        raise ImportingError(f"{shortened(name)}: {TORCHSCRIPT} {bridge()}")
    if any(entry.endswith(("archive_format", "serialized_exported_program.json")) for entry in inside):
        raise ImportingError(f"{shortened(name)}: {TORCH_EXPORT} {bridge()}")
    if not any(entry.endswith("data.pkl") for entry in inside):
        raise ImportingError(f"{shortened(name)}: {NOT_WEIGHTS} {bridge()}")


def _tensors(loaded: Any) -> dict[str, Tensor]:
    """The tensors by name in what was loaded, in whichever dictionary of it they are."""
    for _ in range(3):
        if not isinstance(loaded, Mapping):
            return {}
        found = {str(key): value for key, value in loaded.items() if isinstance(value, Tensor)}
        inner = next((loaded[key] for key in HOLDERS if isinstance(loaded.get(key), Mapping)), None)
        if inner is None or len(found) > 1:
            return found
        loaded = inner
    return {}


def _without_prefix(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    names = list(tensors)
    for _ in range(4):
        prefix = next((word for word in PREFIXES if all(name.startswith(word) for name in names)), None)
        if prefix is None:
            break
        names = [name[len(prefix) :] for name in names]
    return dict(zip(names, tensors.values(), strict=True))
