"""Image folders and ZIP archives as data sets: surveyed, split by class, decoded straight to their place."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae_core.datasets.dataset import Dataset
from vae_core.datasets.request import Request
from vae_core.datasets.splits import class_order, quotas_for_testing
from vae_core.datasets.storage import Batch, Plan, build_dataset, open_mapped
from vae_core.errors import DatasetError
from vae_core.progress import Progress
from vae_core.uploads.decoding import decode
from vae_core.uploads.framing import frame_picture
from vae_core.uploads.import_report import FileNote, ImportReport, SkippedFile, UnusableFileError
from vae_core.uploads.limits import DEFAULT_LIMITS, UploadLimits
from vae_core.uploads.sources import FileSource, open_source
from vae_core.uploads.survey import Survey, survey

_BLOCK = 256


def load_pictures(path: Path, request: Request, limits: UploadLimits = DEFAULT_LIMITS) -> Dataset:
    """One split of an image folder or a ZIP. Its report lists what was left out or changed.

    Raises DatasetError when nothing can be read, or too little to make two splits.
    """
    name = path.resolve().stem
    with open_source(path, limits) as source:
        key = request.key(name, source.version())
        mapped = open_mapped(key, name, request.split)
        if mapped is not None and mapped.images.numel() > request.memory_budget:
            return mapped
        found = survey(source, limits, request.progress, request.crop)
        reader = _Reader(source, found, request, limits)
        plan = Plan(
            name=name,
            split=request.split,
            class_names=found.class_names,
            capacity=reader.capacity,
            shape=reader.shape,
            key=key,
            memory_budget=request.memory_budget,
        )
        return build_dataset(plan, reader.batches(), reader.report)


class _Reader:
    """Decodes one split. A class's first readable images, in its fixed order, are those for testing."""

    def __init__(self, source: FileSource, found: Survey, request: Request, limits: UploadLimits) -> None:
        self._source, self._found, self._request, self._limits = source, found, request, limits
        self._quotas = quotas_for_testing(found.class_counts)
        self._skipped = list(found.skipped)
        self._notes: list[FileNote] = []
        size = request.image_size or found.image_size
        self.shape = (request.channels or found.channels, size, size)
        test_count = sum(self._quotas)
        self.capacity = test_count if request.split == "test" else sum(found.class_counts) - test_count

    def report(self) -> ImportReport:
        """What was left out or changed so far."""
        return ImportReport(tuple(self._skipped), tuple(self._notes))

    def batches(self) -> Iterator[Batch]:
        """Images and labels, a block at a time. Raises DatasetError when the split turns out to be empty."""
        images = np.empty((_BLOCK, *self.shape), dtype=np.uint8)
        labels = np.empty(_BLOCK, dtype=np.int64)
        count = done = 0
        for image, label in self._readable():
            images[count], labels[count] = image, label
            count += 1
            if count == _BLOCK:
                yield images, labels
                done += count
                count = 0
                self._request.progress(Progress("Reading images", done, self.capacity))
        if done + count == 0:
            raise self._too_few()
        yield images[:count], labels[:count]
        self._request.progress(Progress("Reading images", self.capacity, self.capacity))

    def _readable(self) -> Iterator[tuple[NDArray[np.uint8], int]]:
        testing = self._request.split == "test"
        for label, members in enumerate(self._found.members):
            readable, quota = 0, self._quotas[label]
            for position in class_order(label, len(members)):
                if testing and readable == quota:
                    break
                image = self._decode(members[position])
                if image is not None:
                    readable += 1
                    if testing or readable > quota:
                        yield image, label

    def _decode(self, index: int) -> NDArray[np.uint8] | None:
        name = self._source.names[index]
        channels, size, _ = self.shape
        try:
            with self._source.open(index) as file:
                decoded = decode(file, self._limits, smallest_side=size)
        except UnusableFileError as error:
            self._skipped.append(SkippedFile(name, str(error)))
            return None
        if decoded.note:
            self._notes.append(FileNote(name, decoded.note))
        return frame_picture(decoded.picture, size, channels, self._request.crop)

    def _too_few(self) -> DatasetError:
        because = f" ({self._skipped[0].name}: {self._skipped[0].reason})" if self._skipped else ""
        return DatasetError(
            f"{self._source.path} has too few readable images for a {self._request.split} split{because}; "
            f"at least two are needed."
        )
