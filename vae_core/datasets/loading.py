"""One door to every data set: a name of the catalogue, an image folder, a .zip or an .npz."""

from pathlib import Path

from vae_core.datasets.catalogue import CATALOGUE, unknown_source
from vae_core.datasets.dataset import Dataset
from vae_core.datasets.named import load_named
from vae_core.datasets.npz import load_npz
from vae_core.datasets.pictures import load_pictures
from vae_core.datasets.request import Request
from vae_core.datasets.storage import MEMORY_BUDGET
from vae_core.errors import DatasetError
from vae_core.progress import ProgressListener, silent
from vae_core.uploads.framing import check_frame

SPLITS = ("train", "test")


def load_dataset(
    source: str | Path,
    split: str = "train",
    *,
    data_dir: str | Path | None = None,
    image_size: int | None = None,
    channels: int | None = None,
    progress: ProgressListener | None = None,
    memory_budget: int = MEMORY_BUDGET,
) -> Dataset:
    """Reads one split of a data set, downloading it when it belongs to the catalogue and is not on this
    machine.

    `source` is a name of the catalogue, or the path of an image folder, a .zip or an .npz; images are
    cropped to their middle square and scaled to `image_size` (a multiple of 4 from 8 to 128) with
    `channels` 1 or 3, by default those of the data set itself. Above `memory_budget` bytes the images are
    mapped from a file of the cache folder.

    Raises DatasetError, with what was wrong and what to do, for an unknown source, a bad option, a data set
    that is neither found nor downloadable, and files of which nothing can be read.
    """
    if split not in SPLITS:
        raise DatasetError(f"There is no split {split!r}; choose train or test.")
    check_frame(image_size, channels)
    request = Request(split, image_size, channels, progress or silent, memory_budget)
    if isinstance(source, str) and source in CATALOGUE:
        return load_named(source, data_dir, request)
    path = Path(source)
    if not path.exists():
        raise unknown_source(str(source))
    if path.suffix.lower() == ".npz" and path.is_file():
        return load_npz(path, request)
    if path.suffix.lower() == ".zip" or path.is_dir():
        return load_pictures(path, request)
    raise DatasetError(f"{path} is not an image folder, a .zip or an .npz file; put its images into one of these.")
