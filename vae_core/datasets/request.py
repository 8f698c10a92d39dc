"""What the caller of load_dataset asked for, handed down to whoever reads the data."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vae_core.config import Crop
from vae_core.datasets.dataset import Dataset
from vae_core.datasets.storage import Batch, Plan, build_dataset
from vae_core.progress import Progress, ProgressListener
from vae_core.uploads.framing import frame_array

_BLOCK = 1024


@dataclass(frozen=True)
class Request:
    """The options of load_dataset; None for size and channels means the data set's own."""

    split: str
    image_size: int | None
    channels: int | None
    progress: ProgressListener
    memory_budget: int
    crop: Crop = "middle"

    def key(self, *content: object) -> str:
        """A name for what reading this content with these options gives; equal for equal ones."""
        about = [self.split, self.image_size, self.channels, self.crop, *content]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]


def array_dataset(
    name: str,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    class_names: tuple[str, ...],
    request: Request,
) -> Dataset:
    """The Dataset of images uint8 (N, C, H, W) and labels int64 (N,) that were read whole."""
    image_size = request.image_size or min(images.shape[-2:])
    channels = request.channels or images.shape[1]

    def batches() -> Iterator[Batch]:
        for start in range(0, len(images), _BLOCK):
            end = min(start + _BLOCK, len(images))
            yield frame_array(images[start:end], image_size, channels), labels[start:end]
            request.progress(Progress("Preparing images", end, len(images)))

    content = hashlib.sha256(np.ascontiguousarray(images).data)
    content.update(labels.tobytes())
    plan = Plan(
        name=name,
        split=request.split,
        class_names=class_names,
        capacity=len(images),
        shape=(channels, image_size, image_size),
        key=request.key(name, content.hexdigest()),
        memory_budget=request.memory_budget,
    )
    return build_dataset(plan, batches())
