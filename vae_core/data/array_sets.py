"""A file of arrays as a data set: split as it says itself or by class, streamed to a random place each."""

from pathlib import Path

import numpy as np

from vae_core.data.files.arrays import ArrayFile
from vae_core.data.files.framing import frame_array
from vae_core.data.files.import_report import ImportReport
from vae_core.data.files.splits import random_places, split_indices
from vae_core.data.store import SPLITS, Contents, Rows, StoreWriter
from vae_core.errors import DatasetError
from vae_core.progress import Progress, ProgressListener


def store_arrays(path: Path, arrays: ArrayFile, writer: StoreWriter, progress: ProgressListener) -> None:
    """Write both splits of the pictures in an .npz or .npy file, with labels and names of classes where it has them.

    Parts that are called train and test in the file are the splits. The report says what was done to the numbers.

    Raises DatasetError, naming the array, for pictures that cannot be read, and where there is only one.
    """
    labels, class_names = arrays.classes()
    testing = arrays.is_testing()
    if testing is None:
        testing = np.zeros(len(labels), dtype=bool)
        testing[split_indices(labels, "test")] = True
    for split, chosen in (("train", ~testing), ("test", testing)):
        if not chosen.any():
            raise DatasetError(f"{path.name} has only one picture, so there is none for a {split} split; add some.")
    places = random_places(testing)
    channels, size, _ = writer.shape
    arrays.find_ranges(progress)
    done = 0
    for part in arrays.parts:
        for block in arrays.blocks(part):
            for image in frame_array(block, size, channels):
                writer.put(SPLITS[int(testing[done])], int(places[done]), image)
                done += 1
            progress(Progress("Reading images", done, len(labels)))
    rows = {}
    for split, chosen in (("train", ~testing), ("test", testing)):
        order = np.empty(int(chosen.sum()), dtype=np.int64)
        order[places[chosen]] = np.flatnonzero(chosen)
        rows[split] = Rows(labels[order], order)
    counts = {split: len(rows[split].labels) for split in SPLITS}
    writer.finish(Contents(path.resolve().stem, class_names, rows, ImportReport(notes=arrays.notes(), counts=counts)))
