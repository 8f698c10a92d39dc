"""A data set in memory or mapped from disk: uint8 images, labels, class names, a fingerprint of all."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from vae_core.uploads.import_report import ImportReport
from vae_core.uploads.treatment import AS_USUAL, Treatment

Columns = dict[str, tuple[str, ...]]  # what tables beside the images say, N texts each


@dataclass(frozen=True)
class Dataset:
    """One split of a data set. Images stay bytes; `batch` makes the floats that a model sees."""

    name: str
    split: str  # "train" or "test"
    images: torch.Tensor  # uint8 (N, C, H, W)
    labels: torch.Tensor  # int64 (N,)
    class_names: tuple[str, ...]
    fingerprint: str  # sha256, hexadecimal
    report: ImportReport = field(default_factory=ImportReport)
    columns: Columns = field(default_factory=dict)
    treatment: Treatment = AS_USUAL  # how the numbers of files became these bytes

    def __len__(self) -> int:
        return int(self.images.shape[0])

    @property
    def image_size(self) -> int:
        """Pixels a side; images are square."""
        return int(self.images.shape[-1])

    @property
    def channels(self) -> int:
        """1 for grey, 3 for red, green and blue."""
        return int(self.images.shape[1])

    def batch(self, indices: torch.Tensor) -> torch.Tensor:
        """The chosen images as float32 in [0, 1], (B, C, H, W); reads only those from a mapped file."""
        return self.images[indices].to(torch.float32).div_(255)


def fingerprint(shape: Sequence[int], images_digest: bytes, labels: np.ndarray, class_names: Sequence[str]) -> str:
    """Identifies content whatever its name: sha256 over shape, dtype, class names, labels and the images'
    own sha256.

    `images_digest` is the sha256 of the images' bytes in (N, C, H, W) order, so that it can be made while
    streaming.
    """
    digest = hashlib.sha256()
    about = {"shape": [int(side) for side in shape], "dtype": "uint8", "class_names": list(class_names)}
    digest.update(json.dumps(about, sort_keys=True).encode())
    digest.update(np.ascontiguousarray(labels, dtype="<i8").tobytes())
    digest.update(images_digest)
    return digest.hexdigest()
