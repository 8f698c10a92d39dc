"""Weights in the place of others: what was fitted to those, drawn by them or measured of them goes with them."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from vae_core.checkpoint.layout import CARD_FILE, METRICS_FILE, PRIOR_FILE, SAMPLES_FILE, WEIGHTS_FILE
from vae_core.checkpoint.tensor_files import tensor_bytes
from vae_core.files import write_bytes

OF_WEIGHTS = (PRIOR_FILE, SAMPLES_FILE, METRICS_FILE, CARD_FILE)


def replace_weights(folder: Path, tensors: Mapping[str, Tensor]) -> None:
    """Keep weights in a checkpoint folder, which must be there; the same once more change nothing of it."""
    path, content = folder / WEIGHTS_FILE, tensor_bytes(tensors)
    if path.is_file() and path.read_bytes() == content:
        return
    for name in OF_WEIGHTS:  # first: no kill leaves figures beside weights that they are not of
        (folder / name).unlink(missing_ok=True)
    write_bytes(path, content, make_folder=False)
