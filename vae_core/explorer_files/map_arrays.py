"""The arrays of a map, as its manifest describes them. Free of torch."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_core.errors import CheckpointError
from vae_core.explorer_files.manifest import Manifest
from vae_core.explorer_files.manifest_files import ArrayPart

Array = NDArray[Any]


def unpacked(content: bytes, file: ArrayPart) -> Array:
    """What a file's bytes hold, in its shape."""
    return np.frombuffer(content, _type(file)).reshape(file.shape)


def read_array(folder: str | Path, file: ArrayPart, rows: int | None = None) -> Array:
    """What lies in an explorer folder, all of it or so many rows from the start. Raises OSError."""
    shape = [file.shape[0] if rows is None else min(rows, file.shape[0]), *file.shape[1:]]
    return np.fromfile(Path(folder) / file.path, _type(file), math.prod(shape)).reshape(shape)


def check_array(folder: str | Path, manifest: Manifest, file: ArrayPart, values: Array) -> None:
    """Raises CheckpointError: numbers are not finite, a label has no class name, or indices name no such images."""
    path = Path(folder) / file.path
    if not np.isfinite(values).all():
        raise CheckpointError(f"{path}: holds values that are not finite (NaN or infinity).")
    if file is manifest.files.labels and values.max() >= len(manifest.data.class_names):
        raise CheckpointError(f"{path}: holds a label without a class name.")
    if file is manifest.files.indices:
        count, total = manifest.map.count, manifest.map.total
        if len(np.unique(values)) < count or values.max() >= total:
            raise CheckpointError(f"{path}: does not name {count} different images of {total}.")


def _type(file: ArrayPart) -> np.dtype[Any]:
    return np.dtype(file.dtype).newbyteorder("<")
