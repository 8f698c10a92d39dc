"""One door to every data set: a name of the catalogue, an image folder, a .zip, an .npz or an .npy."""

from pathlib import Path

from vae_core.config import Crop
from vae_core.datasets.catalogue import CATALOGUE, unknown_source
from vae_core.datasets.dataset import Dataset
from vae_core.datasets.named import load_named
from vae_core.datasets.npz import load_arrays
from vae_core.datasets.pictures import load_pictures
from vae_core.datasets.request import Request
from vae_core.datasets.storage import MEMORY_BUDGET
from vae_core.errors import DatasetError
from vae_core.progress import ProgressListener, silent
from vae_core.uploads.arrays import is_array_file, open_arrays
from vae_core.uploads.framing import check_frame
from vae_core.uploads.limits import DEFAULT_LIMITS

SPLITS = ("train", "test")


def load_dataset(
    source: str | Path,
    split: str = "train",
    *,
    data_dir: str | Path | None = None,
    image_size: int | None = None,
    channels: int | None = None,
    crop: Crop = "middle",
    progress: ProgressListener | None = None,
    memory_budget: int = MEMORY_BUDGET,
) -> Dataset:
    """Reads one split of a data set, downloading it when it belongs to the catalogue and is not on this
    machine.

    `source` is a name of the catalogue, or the path of an image folder, a .zip, an .npz or an .npy. Folders called
    train, val and test are the splits; the classes are the other folders, else a column of a table beside the pictures.
    Images are cropped to their middle square and scaled to `image_size` (a multiple of 4 from 8 to 128) with
    `channels` 1 or 3, by default those of the data set itself. With `crop="padded"` the pictures of a folder
    or a .zip are kept whole, on a square ground of their own edge's colour. Above `memory_budget` bytes the images are
    mapped from a file of the cache folder.

    Raises DatasetError, with what was wrong and what to do, for an unknown source, a bad option, a data set
    that is neither found nor downloadable, and files of which nothing can be read.
    """
    if split not in SPLITS:
        raise DatasetError(f"There is no split {split!r}; choose train or test.")
    check_frame(image_size, channels, crop)
    request = Request(split, image_size, channels, progress or silent, memory_budget, crop)
    if isinstance(source, str) and source in CATALOGUE:
        return load_named(source, data_dir, request)
    path = Path(source)
    if not path.exists():
        raise unknown_source(str(source))
    if is_array_file(path):
        if crop == "padded":
            _refuse_other_than_square(path)
        return load_arrays(path, request)
    if path.suffix.lower() == ".zip" or path.is_dir():
        return load_pictures(path, request)
    raise DatasetError(f"{path.name} is no image folder, .zip, .npz or .npy file; put its images into one of these.")


def _refuse_other_than_square(path: Path) -> None:
    """Arrays come framed by whoever made them; only files of pictures are padded here."""
    with open_arrays(path, DEFAULT_LIMITS) as arrays:
        _, _, height, width = arrays.image_shape
    if height != width:
        raise DatasetError(
            f"{path.name} has images of {width}×{height} pixels, and arrays are not padded here: leave the crop out, "
            "or make them square first."
        )
