"""An .npz file as a data set: checked, split by class, streamed to where it stays."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vae_core.datasets.dataset import Dataset
from vae_core.datasets.request import Request
from vae_core.datasets.splits import split_indices
from vae_core.datasets.storage import Batch, Plan, build_dataset
from vae_core.errors import DatasetError
from vae_core.progress import Progress
from vae_core.uploads.arrays import ArrayFile
from vae_core.uploads.framing import frame_array, suggested_size
from vae_core.uploads.limits import DEFAULT_LIMITS, UploadLimits
from vae_core.uploads.sources import open_archive


def load_npz(path: Path, request: Request, limits: UploadLimits = DEFAULT_LIMITS) -> Dataset:
    """One split of `images` (or `x`), with `labels` (or `y`) and `class_names` where the file has them.

    Raises DatasetError, naming the array, for anything that is not images and their labels.
    """
    with open_archive(path) as archive:
        arrays = ArrayFile(path, archive, limits)
        total, own_channels, height, width = arrays.image_shape
        labels, class_names = arrays.labels_and_names()
        in_split = np.zeros(total, dtype=bool)
        in_split[split_indices(labels, request.split)] = True
        if not in_split.any():
            raise DatasetError(f"{path} has only one image, so there is none for a {request.split} split; add some.")
        channels = request.channels or own_channels
        image_size = request.image_size or suggested_size(min(height, width))

        def batches() -> Iterator[Batch]:
            start = 0
            for block in arrays.blocks():
                end = start + len(block)
                chosen = in_split[start:end]
                yield frame_array(block[chosen], image_size, channels), labels[start:end][chosen]
                request.progress(Progress("Reading images", end, total))
                start = end

        plan = Plan(
            name=path.resolve().stem,
            split=request.split,
            class_names=class_names,
            capacity=int(in_split.sum()),
            shape=(channels, image_size, image_size),
            key=request.key(path.resolve().stem, arrays.version()),
            memory_budget=request.memory_budget,
        )
        return build_dataset(plan, batches())
