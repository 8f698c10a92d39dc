"""Files of arrays as people save them, and what is wrong with some; with NumPy as the judge of what they hold."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from vae_core.data.dataset import Dataset, load_dataset
from vae_core.data.files.arrays import ArrayFile, open_arrays
from vae_core.data.files.intake import DEFAULT_LIMITS, UploadLimits
from vae_core.errors import DatasetError

Images = NDArray[np.uint8]
Answer = TypeVar("Answer")


def random_bytes(*shape: int) -> Images:
    """Pixels of every level."""
    return np.random.default_rng(0).integers(256, size=shape, dtype=np.uint8)


def saved(path: Path, **arrays: Any) -> Path:
    """An .npz of the arrays, or the .npy of the only one."""
    if path.suffix == ".npy":
        (array,) = arrays.values()
        np.save(path, array)
    else:
        np.savez(path, **arrays)
    return path


def pictures_of(path: Path, limits: UploadLimits = DEFAULT_LIMITS) -> Images:
    """All pictures of a file in order, (N, C, H, W)."""
    with open_arrays(path, limits) as arrays:
        return np.concatenate([block for part in arrays.parts for block in arrays.blocks(part)])


def asked(path: Path, question: Callable[[ArrayFile], Answer]) -> Answer:
    """What a file says while it is open."""
    with open_arrays(path, DEFAULT_LIMITS) as arrays:
        return question(arrays)


def both_splits(path: Path) -> tuple[Dataset, Dataset]:
    """Those for training and those for testing."""
    return load_dataset(path, "train"), load_dataset(path, "test")


def refusal(path: Path, limits: UploadLimits = DEFAULT_LIMITS) -> str:
    """What is said of a file that cannot be used: it names the file as the person does, and not where it lies."""
    with pytest.raises(DatasetError) as caught:
        _read_all(path, limits)
    sentence = str(caught.value)
    assert path.name in sentence
    assert str(path.parent) not in sentence
    return sentence


def _read_all(path: Path, limits: UploadLimits) -> None:
    with open_arrays(path, limits) as arrays:
        arrays.classes()
        for part in arrays.parts:
            for _ in arrays.blocks(part):
                pass


def npy_bytes(shape: object, descr: object, data: bytes, fortran: object = False, version: int = 1) -> bytes:
    """An .npy file that says of itself what it likes."""
    header = f"{{'descr': {descr!r}, 'fortran_order': {fortran!r}, 'shape': {shape!r}, }}"
    return with_header(header, data, version)


def with_header(header: str, data: bytes, version: int = 1) -> bytes:
    """An .npy file with any text for a header."""
    text = header.encode() + b"\n"
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    """An .npz of raw members."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path
