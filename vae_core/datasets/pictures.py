"""Image folders and ZIP archives as data sets: surveyed, split by folder or class, decoded straight to their place."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae_core.datasets.dataset import Dataset
from vae_core.datasets.request import Request
from vae_core.datasets.splits import class_order, quotas_for_testing
from vae_core.datasets.storage import Batch, Plan, build_dataset, open_mapped
from vae_core.errors import DatasetError
from vae_core.progress import Pace
from vae_core.uploads.decoding import decode
from vae_core.uploads.framing import frame_picture
from vae_core.uploads.import_report import FileNote, ImportReport, SkippedFile, UnusableFileError
from vae_core.uploads.limits import DEFAULT_LIMITS, UploadLimits
from vae_core.uploads.sources import FileSource, open_source
from vae_core.uploads.survey import Survey, own_name, survey, title_of

FEW = 17  # pictures, at most: too few for the neighbours that a map needs
_BLOCK = 256
_WAY_OF_READING = 2  # part of the name of a mapped file: what was read in an older way is read anew


def load_pictures(path: Path, request: Request, limits: UploadLimits = DEFAULT_LIMITS) -> Dataset:
    """One split of an image folder or a ZIP. Its report lists what was left out or changed.

    Raises DatasetError when nothing can be read, or too little to make two splits.
    """
    name = title_of(path)
    with open_source(path, limits) as source:
        key = request.key(_WAY_OF_READING, name, source.version())
        mapped = open_mapped(key, name, request.split)
        if mapped is not None and mapped.images.numel() > request.memory_budget:
            return mapped
        found = survey(source, limits, request.progress, request.crop, request.channels)
        reader = _Reader(source, found, request, limits)
        plan = Plan(
            name=name,
            split=request.split,
            class_names=found.class_names,
            capacity=reader.capacity,
            shape=reader.shape,
            key=key,
            memory_budget=request.memory_budget,
            treatment=found.treatment,
        )
        return build_dataset(plan, reader.batches(), reader.report, reader.columns)


class _Reader:
    """Decodes one split, and keeps account of it.

    Unless folders say which pictures are for testing, a class's first readable ones, in its fixed order, are.
    """

    def __init__(self, source: FileSource, found: Survey, request: Request, limits: UploadLimits) -> None:
        self._source, self._found, self._request, self._limits = source, found, request, limits
        size = request.image_size or found.image_size
        self.shape = (found.channels, size, size)
        self._testing = request.split == "test"
        self._by_quota = found.testing is None
        held_out = found.testing or frozenset()
        self._members = tuple(
            [index for index in members if self._by_quota or (index in held_out) == self._testing]
            for members in found.members
        )
        counts = [len(members) for members in self._members]
        self._quotas = quotas_for_testing(counts) if self._by_quota else [0] * len(counts)
        for_testing = sum(self._quotas)
        self._to_decode = for_testing if self._by_quota and self._testing else sum(counts)
        self.capacity = self._to_decode if self._testing else sum(counts) - for_testing
        self._skipped = list(found.skipped)
        self._notes: list[FileNote] = []
        self._taken: list[int] = []
        self._seen: Counter[int] = Counter()

    def report(self) -> ImportReport:
        """What was left out or changed so far, what is odd about the set, and how many images each split has."""
        damaged = len(self._skipped) - len(self._found.skipped)
        if self._by_quota and not self._testing:
            others = self._seen.total() - len(self._taken)
        elif self._by_quota:
            others = len(self._found.pictures) - len(self._taken) - damaged
        else:
            others = len(self._found.pictures) - sum(map(len, self._members))
        counts = {"train": len(self._taken), "test": others}
        if self._testing:
            counts = {"train": others, "test": len(self._taken)}
        remarks = [*self._found.notes, *self._remarks(sum(counts.values()))]
        of_set = [FileNote(own_name(self._source.path), remark) for remark in remarks]
        return ImportReport(tuple(self._skipped), (*of_set, *self._notes), counts)

    def columns(self) -> dict[str, tuple[str, ...]]:
        """The columns of tables beside the pictures, aligned to the images read so far."""
        if not self._found.columns:
            return {}
        row = {index: place for place, index in enumerate(self._found.pictures)}
        rows = [row[index] for index in self._taken]
        return {title: tuple(cells[place] for place in rows) for title, cells in self._found.columns.items()}

    def batches(self) -> Iterator[Batch]:
        """Images and labels, a block at a time. Raises DatasetError when a split turns out to be empty."""
        images = np.empty((_BLOCK, *self.shape), dtype=np.uint8)
        labels = np.empty(_BLOCK, dtype=np.int64)
        count = 0
        for image, label in self._readable():
            images[count], labels[count] = image, label
            count += 1
            if count == _BLOCK:
                yield images, labels
                count = 0
        without_test = self._by_quota and self._seen.total() == len(self._taken) and not self._testing
        if not self._taken or without_test:
            raise self._too_few("test" if without_test else self._request.split)
        yield images[:count], labels[:count]

    def _readable(self) -> Iterator[tuple[NDArray[np.uint8], int]]:
        pace = Pace(self._request.progress, "Reading images", self._to_decode)
        decoded = 0
        for label, members in enumerate(self._members):
            readable, quota = 0, self._quotas[label]
            for position in class_order(label, len(members)):
                if self._by_quota and self._testing and readable == quota:
                    break
                image = self._decode(members[position])
                decoded += 1
                pace.at(decoded)
                if image is None:
                    continue
                readable += 1
                self._seen[hash(image.tobytes())] += 1
                if self._testing or readable > quota:
                    self._taken.append(members[position])
                    yield image, label

    def _decode(self, index: int) -> NDArray[np.uint8] | None:
        name = self._source.names[index]
        channels, size, _ = self.shape
        try:
            with self._source.open(index) as file:
                decoded = decode(file, self._limits, size, self._found.treatment, self._request.crop)
        except UnusableFileError as error:
            self._skipped.append(SkippedFile(name, str(error)))
            return None
        if decoded.note:
            self._notes.append(FileNote(name, decoded.note))
        return frame_picture(decoded.picture, size, channels, self._request.crop)

    def _remarks(self, total: int) -> list[str]:
        """Sentences on a set of few pictures, or of equal ones: it can be trained on, but there is little to learn."""
        remarks = []
        if total <= FEW:
            remarks.append(f"It has {total} pictures: few to learn from; some hundred make a map worth looking at.")
        seen = self._seen.total()
        ((kind, equal),) = self._seen.most_common(1)
        which = "pictures"
        if self._testing or not self._by_quota:
            which += " for testing" if self._testing else " for training"
        if 2 * equal > seen > 1:
            black = " and black" if kind == hash(bytes(int(np.prod(self.shape)))) else ""
            learn = "; there is nothing to learn from them" if equal == seen else ""
            share = f"All {seen:,}" if equal == seen else f"{equal:,} of its {seen:,}"
            remarks.append(f"{share} {which} are equal{black}{learn}.")
        return remarks

    def _too_few(self, split: str) -> DatasetError:
        first = self._skipped[0] if self._skipped else None
        because = f" ({first.name}: {first.reason})" if first else ""
        return DatasetError(
            f"{own_name(self._source.path)} has too few readable images for a {split} split{because}; at least two are "
            f"needed."
        )
