"""Data sets on their way to a store: of picture files and of arrays, split, in a random order, each image once."""

from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae_core.config import Crop
from vae_core.data.files.arrays import ArrayFile
from vae_core.data.files.classes import (
    class_order,
    counting_order,
    interleaved,
    quotas_for_testing,
    random_places,
    split_indices,
)
from vae_core.data.files.decoding import decode
from vae_core.data.files.framing import frame_array, frame_picture
from vae_core.data.files.intake import (
    FileNote,
    FileSource,
    ImportReport,
    SkippedFile,
    UnusableFileError,
    UploadLimits,
    own_name,
    title_of,
)
from vae_core.data.files.survey import Survey
from vae_core.data.store import SPLITS, Columns, Contents, Rows, StoreWriter
from vae_core.errors import DatasetError
from vae_core.progress import Pace, Progress, ProgressListener

FEW = 17  # pictures, at most: too few for the neighbours that a map needs


def store_pictures(
    source: FileSource,
    found: Survey,
    crop: Crop,
    writer: StoreWriter,
    limits: UploadLimits,
    progress: ProgressListener,
) -> None:
    """Write both splits of a surveyed folder or ZIP, and what was left out or changed.

    Unless folders say which pictures are for testing, a class's first readable ones, in its fixed order, are.

    Raises DatasetError when too little can be read to make the splits.
    """
    _Reader(source, found, crop, writer, limits).read(progress)


class _Reader:
    """Decodes all pictures in a random order, and keeps account of them."""

    def __init__(
        self, source: FileSource, found: Survey, crop: Crop, writer: StoreWriter, limits: UploadLimits
    ) -> None:
        self._source, self._found, self._crop, self._writer, self._limits = source, found, crop, writer, limits
        in_order = sorted(found.pictures, key=lambda index: counting_order(source.names[index]))
        self._places = {index: place for place, index in enumerate(in_order)}
        self._skipped = list(found.skipped)
        self._notes: list[FileNote] = []
        self._members: dict[str, list[int]] = {split: [] for split in SPLITS}  # of the source, in the rows' order
        self._labels: dict[str, list[int]] = {split: [] for split in SPLITS}
        self._equal: dict[str, Counter[int]] = {split: Counter() for split in SPLITS}

    def read(self, progress: ProgressListener) -> None:
        found = self._found
        counts = [len(members) for members in found.members]
        quotas = quotas_for_testing(counts)
        orders = [iter(class_order(label, count)) for label, count in enumerate(counts)]
        pace = Pace(progress, "Reading images", sum(counts))
        for done, label in enumerate(interleaved(counts), 1):
            index = found.members[label][next(orders[label])]
            if (image := self._decode(index)) is not None:
                if found.testing is None:
                    for_testing = quotas[label] > 0
                    quotas[label] -= for_testing
                else:
                    for_testing = index in found.testing
                self._put("test" if for_testing else "train", index, label, image)
            pace.at(done)
        if not self._members["train"] or (found.testing is None and not self._members["test"]):
            raise self._too_few("test" if self._members["train"] else "train")
        self._writer.finish(self._contents())

    def _put(self, split: str, index: int, label: int, image: NDArray[np.uint8]) -> None:
        self._writer.put(split, len(self._members[split]), image)
        self._members[split].append(index)
        self._labels[split].append(label)
        self._equal[split][hash(image.tobytes())] += 1

    def _decode(self, index: int) -> NDArray[np.uint8] | None:
        name = self._source.names[index]
        channels, size, _ = self._writer.shape
        try:
            with self._source.open(index) as file:
                decoded = decode(file, self._limits, size, self._found.treatment, self._crop)
        except UnusableFileError as error:
            self._skipped.append(SkippedFile(name, str(error)))
            return None
        if decoded.note:
            self._notes.append(FileNote(name, decoded.note))
        return frame_picture(decoded.picture, size, channels, self._crop)

    def _contents(self) -> Contents:
        counts = {split: len(members) for split, members in self._members.items()}
        remarks = [*self._found.notes, *self._remarks(sum(counts.values()))]
        of_set = [FileNote(own_name(self._source.path), remark) for remark in remarks]
        return Contents(
            title=title_of(self._source.path),
            class_names=self._found.class_names,
            rows={split: self._rows(split) for split in SPLITS},
            report=ImportReport(tuple(self._skipped), (*of_set, *self._notes), counts),
            treatment=self._found.treatment,
        )

    def _rows(self, split: str) -> Rows:
        members = self._members[split]
        columns: Columns = {}
        if self._found.columns:
            row = {index: at for at, index in enumerate(self._found.pictures)}
            columns = {
                title: tuple(cells[row[index]] for index in members) for title, cells in self._found.columns.items()
            }
        names = tuple(self._source.names[index] for index in members)
        labels = np.array(self._labels[split], dtype=np.int64)
        places = np.array([self._places[index] for index in members], dtype=np.int64)
        return Rows(labels, places, names, columns)

    def _remarks(self, total: int) -> list[str]:
        """Sentences on a set of few pictures, or of equal ones: it can be trained on, but there is little to learn."""
        remarks = []
        if total <= FEW:
            remarks.append(f"It has {total} pictures: few to learn from; some hundred make a map worth looking at.")
        if self._found.testing is None:
            return remarks + self._equal_remark(self._equal["train"] + self._equal["test"], "pictures")
        for split, which in (("train", "pictures for training"), ("test", "pictures for testing")):
            remarks += self._equal_remark(self._equal[split], which)
        return remarks

    def _equal_remark(self, kinds: "Counter[int]", which: str) -> list[str]:
        seen = kinds.total()
        kind, equal = next(iter(kinds.most_common(1)), (0, 0))
        if not 2 * equal > seen > 1:
            return []
        black = " and black" if kind == hash(bytes(int(np.prod(self._writer.shape)))) else ""
        learn = "; there is nothing to learn from them" if equal == seen else ""
        share = f"All {seen:,}" if equal == seen else f"{equal:,} of its {seen:,}"
        return [f"{share} {which} are equal{black}{learn}."]

    def _too_few(self, split: str) -> DatasetError:
        first = self._skipped[0] if self._skipped else None
        because = f" ({first.name}: {first.reason})" if first else ""
        return DatasetError(
            f"{own_name(self._source.path)} has too few readable images for a {split} split{because}; at least two are "
            f"needed."
        )


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
            name = own_name(path)
            raise DatasetError(f"{name} has only one picture, so there is none for a {split} split; add some.")
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
    writer.finish(Contents(title_of(path), class_names, rows, ImportReport(notes=arrays.notes(), counts=counts)))
