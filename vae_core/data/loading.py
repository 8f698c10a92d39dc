"""One door to every data set: a name of the catalogue, an image folder, a .zip, an .npz or an .npy."""

from pathlib import Path

from vae_core.config import Crop
from vae_core.data.dataset import Dataset, stored_dataset
from vae_core.data.files.file_names import own_name
from vae_core.data.look import Look, class_counts, read_look, sheet_of, write_look
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.catalogue_sets import load_named
from vae_core.data.reading import is_stored, read
from vae_core.data.request import Request
from vae_core.data.shelves import Shelf
from vae_core.data.store import SPLITS, brightness, levels_of
from vae_core.errors import DatasetError
from vae_core.files import replacing_folder
from vae_core.progress import ProgressListener, silent


def load_dataset(
    source: str | Path,
    split: str = "train",
    *,
    data_dir: str | Path | None = None,
    image_size: int | None = None,
    channels: int | None = None,
    crop: Crop = "middle",
    progress: ProgressListener = silent,
) -> Dataset:
    """Reads one split of a data set, downloading it when it belongs to the catalogue and is not on this
    machine.

    `source` is a name of the catalogue, or the path of an image folder, a .zip, an .npz or an .npy. Folders called
    train, val and test are the splits; the classes are the other folders, else a column of a table beside the pictures.
    Images are cropped to their middle square and scaled to `image_size` (a multiple of 4 from 8 to 128) with
    `channels` 1 or 3, by default those of the data set itself. With `crop="padded"` the pictures of a folder
    or a .zip are kept whole, on a square ground of their own edge's colour.

    What lies at a path is decoded once, into mapped files of the cache folder, in a random order that is always the
    same; `places` and `names` tell which image is which. The catalogue's sets keep their order and are in memory.

    Raises DatasetError, with what was wrong and what to do, for an unknown source, a bad option, a data set
    that is neither found nor downloadable, and files of which nothing can be read.
    """
    if split not in SPLITS:
        raise DatasetError(f"There is no split {split!r}; choose train or test.")
    request = Request(source, image_size, channels, crop, data_dir)
    if not is_stored(request):
        return load_named(request, split, progress)
    dataset = stored_dataset(read(request, progress), split)
    if not len(dataset):
        raise _too_few(dataset, own_name(request.path))
    return dataset


def look_at(request: Request, progress: ProgressListener = silent) -> Look:
    """What a model would be trained on. Raises DatasetError as `load_dataset`."""
    if is_stored(request):
        folder = read(request, progress).folder
        if (look := read_look(folder)) is None:
            raise DatasetError(f"{folder} was removed while it was being read; start again.")
        return look
    entry = CATALOGUE[str(request.source)]
    splits = [load_named(request, split, progress) for split in SPLITS]
    train, test = splits
    mean, spread = brightness(levels_of(train.images.numpy()) + levels_of(test.images.numpy()))
    return Look(
        title=entry.title,
        train=len(train),
        test=len(test),
        classes=class_counts(train.class_names, [dataset.labels.numpy() for dataset in splits]),
        image_size=train.image_size,
        channels=train.channels,
        mean=mean,
        spread=spread,
        sheet=sheet_of(train.images.numpy(), train.labels.numpy()),
    )


def keep_look(request: Request, look: Look) -> None:
    """Keep what was seen of a data set of the catalogue, for whoever has no time to read it. Raises OSError."""
    if is_stored(request):
        return  # it lies beside the images
    folder = Shelf(request).framed()
    assert folder is not None  # the catalogue says what suits its images
    with replacing_folder(folder) as temporary:
        write_look(look, temporary)


def _too_few(dataset: Dataset, name: str) -> DatasetError:
    first = next(iter(dataset.report.skipped), None)
    because = f" ({first.name}: {first.reason})" if first else ""
    return DatasetError(
        f"{name} has too few readable images for a {dataset.split} split{because}; at least two are needed."
    )
