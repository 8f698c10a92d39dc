"""Small files in the place of the real data sets, offered by a server on this machine."""

import gzip
import hashlib

import numpy as np
import pytest
from numpy.typing import NDArray
from torchvision import datasets as vision

from harness.file_server import FileServer

GENERATOR = np.random.default_rng(0)


def pixels(*shape: int) -> NDArray[np.uint8]:
    return GENERATOR.integers(256, size=shape, dtype=np.uint8)


def idx(array: NDArray[np.uint8]) -> bytes:
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return gzip.compress(header + array.tobytes(), mtime=0)


def idx_pair(prefix: str, count: int, classes: int) -> dict[str, bytes]:
    return {
        f"{prefix}-images-idx3-ubyte.gz": idx(pixels(count, 28, 28)),
        f"{prefix}-labels-idx1-ubyte.gz": idx((np.arange(count) % classes).astype(np.uint8)),
    }


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def offer_mnist(server: FileServer, monkeypatch: pytest.MonkeyPatch, name: str = "MNIST") -> list[str]:
    """Puts small files in the place of the real ones, on two mirrors of which the first is gone; their names."""
    files = idx_pair("train", 60, 10) | idx_pair("t10k", 20, 10)
    server.files.update(files)
    source = getattr(vision, name)
    monkeypatch.setattr(source, "mirrors", ["http://127.0.0.1:1/", server.url])
    monkeypatch.setattr(source, "resources", [(file, md5(content)) for file, content in files.items()])
    return list(files)
