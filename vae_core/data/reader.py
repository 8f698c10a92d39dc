"""Reads pictures that were handed in, once: both splits into a store, and a look at them for whoever chooses.

Free of torch but for the catalogue's photographs. For the page a process of its own does it, `python -m
vae_core.data.reader`, with its request as JSON in its input. It tells how far it is in lines of JSON, `{"stage": …,
"done": …, "total": …}`, and at last `{"ready": true}` or `{"problem": …}`, in words. It ends when its input is closed:
whoever asked has gone, or wants no more of it.
"""

import json
import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from vae_core.asked import end_with_input, say, tell
from vae_core.config import Crop
from vae_core.data.files.arrays import ArrayFile, is_array_file, open_arrays
from vae_core.data.files.framing import suggested_size
from vae_core.data.files.intake import (
    DEFAULT_LIMITS,
    FileSource,
    UploadLimits,
    holds_rows,
    own_name,
    shown,
    title_of,
)
from vae_core.data.files.picture_sources import open_pictures
from vae_core.data.files.survey import survey
from vae_core.data.files.table_pictures import open_tables, tables_of_pixels
from vae_core.data.look import (
    Example,
    Look,
    Request,
    class_counts,
    examples,
    read_look,
    sentences,
    sheet_of,
    write_look,
)
from vae_core.data.named.catalogue import CATALOGUE, unknown_source
from vae_core.data.named.catalogue_sets import read_named, store_faces
from vae_core.data.named.emoji import store_emoji, store_faces_of_emoji
from vae_core.data.named.letters import store_letters
from vae_core.data.shelves import Shelf, sweep
from vae_core.data.store import SPLITS, Store, StoreWriter, brightness, levels_of, open_store, writing_store
from vae_core.data.stored_sets import store_arrays, store_pictures
from vae_core.errors import DatasetError, UserError
from vae_core.files import replacing_folder
from vae_core.progress import ProgressListener, silent

EXAMPLES = 6
# Of the catalogue what has many files, or says more of its images than their class; the others are read whole.
STORED = {
    "celeba": store_faces,
    "fonts": store_letters,
    "emoji": store_emoji,
    "emoji-faces": store_faces_of_emoji,
}
ATTEMPTS = 3  # to read it, to read it again where it has changed, to open what was read
MOST_MEMORY = 1 << 30  # bytes of the process's own, mapped files not counted


def is_stored(request: Request) -> bool:
    """Whether images are decoded into a store."""
    return not request.is_named or request.source in STORED


def read(request: Request, progress: ProgressListener = silent, limits: UploadLimits = DEFAULT_LIMITS) -> Store:
    """Both splits of what `is_stored`, read now or before.

    Raises DatasetError for a source that is not there, files of which nothing can be read, and a full disk.
    """
    if not request.is_named and not request.path.exists():
        raise unknown_source(shown(str(request.source)))
    changed = False
    for _ in range(ATTEMPTS):
        shelf = Shelf(request)
        folder = shelf.ready()
        if folder is not None and (store := open_store(folder)) is not None:
            shelf.mark_used()
            return store
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)  # damaged, or of another version
        try:
            _Reading(request, shelf, progress, limits).run()
        except _ChangedError:
            changed = True
    removed = "was removed while it was being read; start again."
    changing = "changes while it is being read; wait until it is whole, then start again."
    raise DatasetError(f"{own_name(request.path)} {changing if changed else removed}")


def look_at(request: Request, progress: ProgressListener = silent) -> Look:
    """What a model would be trained on. Raises DatasetError as `load_dataset`."""
    if is_stored(request):
        for _ in range(2):
            folder = read(request, progress).folder
            if (look := read_look(folder)) is not None:
                return look
            shutil.rmtree(folder, ignore_errors=True)  # damaged
        raise DatasetError(f"{own_name(request.path)} was removed while it was being read; start again.")
    train, test = (read_named(request, split, progress) for split in SPLITS)
    mean, spread = brightness(levels_of(train.images) + levels_of(test.images))
    return Look(
        title=CATALOGUE[str(request.source)].title,
        train=len(train.images),
        test=len(test.images),
        classes=class_counts(train.class_names, [train.labels, test.labels]),
        image_size=train.images.shape[-1],
        channels=train.images.shape[1],
        mean=mean,
        spread=spread,
        sheet=sheet_of(train.images, train.labels),
    )


def keep_look(request: Request, look: Look) -> None:
    """Keep what was seen of a data set of the catalogue, for whoever has no time to read it. Raises OSError."""
    if is_stored(request):
        return  # it lies beside the images
    folder = Shelf(request).framed()
    assert folder is not None  # the catalogue says what suits its images
    with replacing_folder(folder) as temporary:
        write_look(look, temporary)


class _ChangedError(Exception):
    """The source is no longer what it was when its reading began."""


class _Reading:
    def __init__(self, request: Request, shelf: Shelf, progress: ProgressListener, limits: UploadLimits) -> None:
        self.request, self.shelf, self.progress, self.limits = request, shelf, progress, limits
        self.path = request.path

    def run(self) -> None:
        if self.request.is_named:
            self._named()
        elif is_array_file(self.path):
            with open_arrays(self.path, self.limits) as arrays:
                self._arrays(arrays)
        elif self.path.is_dir() or self.path.suffix.lower() == ".zip" or holds_rows(self.path.name):
            self._files()
        else:
            raise DatasetError(
                f"{own_name(self.path)} is no image folder, .zip, .npz, .npy, .csv or .parquet file; put its images "
                "into one of these."
            )

    def _named(self) -> None:
        name = str(self.request.source)
        if self.request.crop != "middle":
            raise DatasetError(f"{name} is always cropped to the middle, where its images are; leave the crop out.")
        entry, store = CATALOGUE[name], STORED[name]
        self._store(
            entry.title,
            {"middle": entry.image_size},
            entry.channels,
            entry.train_count + entry.test_count,
            lambda writer: store(self.request.data_dir, writer, self.progress),
        )

    def _files(self) -> None:
        with open_pictures(self.path, self.limits, self.progress) as source:
            if tables := tables_of_pixels(source):
                with open_tables(source, tables, self.limits, self.progress) as arrays:
                    self._arrays(arrays)
            else:
                self._pictures(source)

    def _arrays(self, arrays: ArrayFile) -> None:
        count, channels, height, width = arrays.image_shape
        if self.request.crop == "padded" and height != width:
            raise DatasetError(
                f"{own_name(self.path)} has images of {width}×{height} pixels, and arrays are not padded here: "
                "leave the crop out, or make them square first."
            )
        size = suggested_size(min(height, width))
        self._store(
            title_of(self.path),
            {"middle": size, "padded": size},
            channels,
            count,
            lambda writer: store_arrays(self.path, arrays, writer, self.progress),
        )

    def _pictures(self, source: FileSource) -> None:
        request = self.request
        found = survey(source, self.limits, self.progress, request.channels)
        self._store(
            title_of(self.path),
            found.sizes,
            found.channels,
            len(found.pictures),
            lambda writer: store_pictures(source, found, request.crop, writer, self.limits, self.progress),
            oblong=found.oblong,
            place=source.path,
        )

    def _store(
        self,
        title: str,
        sizes: dict[Crop, int],
        channels: int,
        count: int,
        fill: Callable[[StoreWriter], None],
        oblong: bool = False,
        place: Path | None = None,
    ) -> None:
        """Unless it is there already; then it is only written down what the images suggest.

        `place` is where pictures lie that were taken out of what was handed in.
        """
        request = self.request
        suited = replace(
            request, image_size=request.image_size or sizes[request.crop], channels=request.channels or channels
        )
        shelf = Shelf(suited) if request.is_named else self.shelf.framed_as(suited)  # what is fetched is new now
        folder = shelf.framed()
        assert folder is not None  # nothing is left open
        size, channels = int(suited.image_size or 0), int(suited.channels or 0)
        if shelf.ready() is None:
            sweep()  # room is made before more is taken
            with writing_store(folder, (channels, size, size), count, title) as writer:
                fill(writer)
                write_look(self._look(writer.folder, title, suited, oblong, place or self.path), writer.folder)
                self._refuse_what_has_changed()
        self._refuse_what_has_changed()
        # Colour is not looked for where it was said.
        found = {} if request.channels else {"channels": channels}
        if not request.is_named:
            self.shelf.suggest(sizes=sizes, oblong=oblong, **found)

    def _refuse_what_has_changed(self) -> None:
        """What was read in parts of two versions is none of either."""
        if not self.request.is_named and not self.shelf.is_of_now():
            raise _ChangedError

    def _look(self, folder: Path, title: str, suited: Request, oblong: bool, place: Path) -> Look:
        store = open_store(folder)
        assert store is not None  # it was written just now
        contents = store.contents
        notes, skipped = sentences(contents.report, own_name(self.path))
        splits = [store.split(name) for name in SPLITS]
        mean, spread = brightness(store.levels)
        return Look(
            title=title,
            train=store.counts["train"],
            test=store.counts["test"],
            classes=class_counts(contents.class_names, [split.rows.labels for split in splits]),
            image_size=store.shape[-1],
            channels=store.shape[0],
            mean=mean,
            spread=spread,
            notes=notes,
            skipped=skipped,
            oblong=oblong,
            sheet=sheet_of(splits[0].images, splits[0].rows.labels),
            examples=() if suited.is_named else self._examples(store, suited.crop, place),
        )

    def _examples(self, store: Store, crop: Crop, place: Path) -> tuple[Example, ...]:
        channels, size, _ = store.shape
        found = examples(place, size, channels, crop, EXAMPLES, store.contents.treatment, self.limits)
        return tuple(Example(pair.sheet, f"{pair.width} × {pair.height} → {size} × {size} px") for pair in found)


def main() -> None:
    """Read what the first line of the input asks for."""
    request = Request(**json.loads(sys.stdin.readline()))
    threading.Thread(target=end_with_input, daemon=True).start()
    if not request.is_named:
        _limit_memory()
    try:
        keep_look(request, look_at(request, tell))
    except UserError as error:
        say({"problem": str(error)})
    except OSError as error:
        say({"problem": f"A file could not be read or written: {error}."})
    except MemoryError:
        say({"problem": f"Reading them takes more than {MOST_MEMORY / 2**30:g} GiB of memory; hand in smaller files."})
    else:
        say({"ready": True})


def _limit_memory() -> None:
    """What strangers hand in may not take the machine's memory. Windows and macOS have no such limit."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


if __name__ == "__main__":
    main()
