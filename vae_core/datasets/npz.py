"""A file of arrays as a data set: checked, split as it says itself or by class, streamed to where it stays."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vae_core.datasets.dataset import Dataset
from vae_core.datasets.request import Request
from vae_core.datasets.splits import split_indices
from vae_core.datasets.storage import Batch, Plan, build_dataset
from vae_core.errors import DatasetError
from vae_core.progress import Progress
from vae_core.uploads.arrays import open_arrays
from vae_core.uploads.framing import frame_array, suggested_size
from vae_core.uploads.import_report import ImportReport
from vae_core.uploads.limits import DEFAULT_LIMITS, UploadLimits


def load_arrays(path: Path, request: Request, limits: UploadLimits = DEFAULT_LIMITS) -> Dataset:
    """One split of the pictures in an .npz or .npy file, with labels and names of classes where the file has them.

    Parts that are called train and test in the file are the splits. Its report says what was done to the numbers.

    Raises DatasetError, naming the array, for anything that is not pictures and their labels.
    """
    with open_arrays(path, limits) as arrays:
        total, own_channels, height, width = arrays.image_shape
        labels, class_names = arrays.classes()
        testing = arrays.is_testing()
        if testing is None:
            testing = np.zeros(total, dtype=bool)
            testing[split_indices(labels, "test")] = True
        in_split = testing if request.split == "test" else ~testing
        count = int(in_split.sum())
        if not count:
            raise DatasetError(
                f"{path.name} has only one picture, so there is none for a {request.split} split; add some."
            )
        channels = request.channels or own_channels
        image_size = request.image_size or suggested_size(min(height, width))

        def batches() -> Iterator[Batch]:
            arrays.find_ranges(request.progress)
            start = done = 0
            for part in arrays.parts:
                behind = start + part.count
                if in_split[start:behind].any():
                    for block in arrays.blocks(part):
                        end = start + len(block)
                        chosen = in_split[start:end]
                        yield frame_array(block[chosen], image_size, channels), labels[start:end][chosen]
                        done += int(chosen.sum())
                        request.progress(Progress("Reading images", done, count))
                        start = end
                start = behind

        plan = Plan(
            name=path.resolve().stem,
            split=request.split,
            class_names=class_names,
            capacity=count,
            shape=(channels, image_size, image_size),
            key=request.key(path.resolve().stem, arrays.version()),
            memory_budget=request.memory_budget,
        )
        return build_dataset(plan, batches(), lambda: ImportReport(notes=arrays.notes()))
