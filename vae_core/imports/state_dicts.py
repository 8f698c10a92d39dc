"""Weights by name, out of files that may hold anything: safetensors, and torch's own with nothing but tensors in them.

Nothing that is stored as code is ever run: torch reads with `weights_only=True`.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
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
SIDES = (("encoder", "decoder"), ("encoder_state_dict", "decoder_state_dict"))
DEPTH = 3  # of mappings in mappings
PREFIXES = ("_orig_mod.", "module.", "model.", "vae.", "net.")
TAR = slice(257, 262), b"ustar"

Weights = dict[str, NDArray[np.float32]]


def read_weights(name: str, content: bytes, known: Sequence[str] = ()) -> Weights:
    """The tensors of a file as float32, without the prefix that all names may share.

    Of `known`, a name out of each network that is looked for, it is told where among others a model lies.

    Raises:
        ImportingError: the file holds code, something else, several models, or numbers that are not finite.
    """
    is_safe = name.lower().endswith(".safetensors")
    tensors = _safetensors(name, content) if is_safe else _torchs(name, content, known)
    if not tensors:
        raise ImportingError(f"{shortened(name)}: it holds no weights. {bridge()}")
    if len(tensors) > MOST_TENSORS:
        raise ImportingError(f"{shortened(name)}: it holds {len(tensors):,} tensors, more than the limit.")
    weights: Weights = {}
    for key, tensor in _without_prefix(name, tensors, known).items():
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


def _torchs(name: str, content: bytes, known: Sequence[str]) -> dict[str, Tensor]:
    _refuse_programs(name, content)
    place, mark = TAR
    if content[place] == mark:
        raise ImportingError(f"{shortened(name)}: it is an archive; unpack it and hand in its files, or a ZIP of them.")
    try:
        loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception:  # whatever a damaged or hostile file makes of torch's reader
        raise ImportingError(
            f"{shortened(name)}: it is damaged, no file of weights, or holds more than weights, and nothing in it is "
            f"run; save the model's state_dict() alone. {bridge()}"
        ) from None
    return _tensors(name, loaded, known)


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


def _tensors(name: str, loaded: Any, known: Sequence[str], depth: int = DEPTH) -> dict[str, Tensor]:
    """The tensors by name in what was loaded, in whichever dictionary of it they are.

    Those of an optimizer, and single numbers such as a loss, are no weights.
    """
    if not isinstance(loaded, Mapping) or not depth or "param_groups" in loaded:
        return {}
    for key in HOLDERS:
        if held := _tensors(name, loaded.get(key), known, depth - 1):
            return held
    own = {str(key): value for key, value in loaded.items() if isinstance(value, Tensor)}
    weights = [value for value in own.values() if value.dim()]
    inner = {str(key): held for key, value in loaded.items() if (held := _tensors(name, value, known, depth - 1))}
    for encoder, decoder in SIDES:
        if encoder in inner and decoder in inner:
            return _joined(inner[encoder], inner[decoder], known)
    if len(weights) > max(map(len, inner.values()), default=0):
        return own
    return _the_one(name, inner, known) if inner else {}


def _joined(encoder: dict[str, Tensor], decoder: dict[str, Tensor], known: Sequence[str]) -> dict[str, Tensor]:
    """Both under the names that they have in a known network, else under those of one with these two parts."""
    plain = {**encoder, **decoder}
    if len(plain) == len(encoder) + len(decoder) and _prefixes(plain, known):
        return plain
    parts = {"encoder": encoder, "decoder": decoder}
    return {f"{side}.{key}": value for side, part in parts.items() for key, value in part.items()}


def _the_one(name: str, inner: dict[str, dict[str, Tensor]], known: Sequence[str]) -> dict[str, Tensor]:
    found = [key for key, tensors in inner.items() if _prefixes(tensors, known)] or list(inner)
    if len(found) > 1:
        raise ImportingError(
            f"{shortened(name)}: it holds several sets of weights ({', '.join(map(shortened, found[:SHOWN]))}); save "
            "that of the VAE alone."
        )
    return inner[found[0]]


def _prefixes(tensors: Mapping[str, Tensor], known: Sequence[str]) -> list[str]:
    """What stands before the names of a known network; a network of which only one side lies there is another."""
    found = {key.removesuffix(mark) for key in tensors for mark in known if key == mark or key.endswith(f".{mark}")}
    return sorted(prefix for prefix in found if not prefix.endswith(("encoder.", "decoder.")))


def _without_prefix(name: str, tensors: Mapping[str, Tensor], known: Sequence[str]) -> dict[str, Tensor]:
    found = _prefixes(tensors, known)
    if len(found) > 1 and "" not in found:
        shown = ", ".join(f"{shortened(prefix)}*" for prefix in found[:SHOWN])
        raise ImportingError(f"{shortened(name)}: it holds several models ({shown}); save that of the VAE alone.")
    if found and "" not in found:
        return {key.removeprefix(found[0]): value for key, value in tensors.items() if key.startswith(found[0])}
    names = list(tensors)
    for _ in range(4):
        prefix = next((word for word in PREFIXES if all(key.startswith(word) for key in names)), None)
        if prefix is None:
            break
        names = [key[len(prefix) :] for key in names]
    return dict(zip(names, tensors.values(), strict=True))
