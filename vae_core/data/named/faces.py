"""CelebA: faces decoded one at a time from its folder, found by torchvision; the label is the attribute Smiling."""

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae_core.data.files.decoding import decode
from vae_core.data.files.framing import frame_picture
from vae_core.data.files.import_report import ImportReport, UnusableFileError
from vae_core.data.files.limits import DEFAULT_LIMITS
from vae_core.data.named.locations import data_roots
from vae_core.data.named.photographs import open_photographs
from vae_core.data.store import SPLITS, Contents, Rows, StoreWriter
from vae_core.errors import DatasetError
from vae_core.progress import Pace, ProgressListener

_SMILES = ("not smiling", "smiling")


def store_faces(data_dir: str | Path | None, writer: StoreWriter, progress: ProgressListener) -> None:
    """Write both splits. Raises DatasetError where CelebA is neither found nor downloadable, or a face is damaged."""
    from torchvision.datasets import CelebA  # seconds to load

    roots = data_roots(data_dir)
    channels, size, _ = writer.shape
    found = {split: open_photographs("celeba", roots, progress, partial(CelebA, split=split)) for split in SPLITS}
    pace = Pace(progress, "Reading faces", sum(len(part.filename) for part in found.values()))
    rows, done = {}, 0
    for split, part in found.items():
        folder = Path(part.root) / part.base_folder / "img_align_celeba"
        for row, name in enumerate(part.filename):
            writer.put(split, row, _read_face(folder / name, size, channels))
            done += 1
            pace.at(done)
        labels = part.attr[:, part.attr_names.index("Smiling")].numpy().astype(np.int64)
        rows[split] = Rows(labels, np.arange(len(labels)), tuple(part.filename))
    counts = {split: len(rows[split].labels) for split in SPLITS}
    writer.finish(Contents("celeba", _SMILES, rows, ImportReport(counts=counts)))


def _read_face(path: Path, size: int, channels: int) -> NDArray[np.uint8]:
    try:
        with path.open("rb") as file:
            return frame_picture(decode(file, DEFAULT_LIMITS).picture, size, channels)
    except (OSError, UnusableFileError) as error:
        raise DatasetError(f"{path} cannot be read ({error}); fetch CelebA anew.") from error
