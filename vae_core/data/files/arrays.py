"""Pictures in a file of arrays, .npz or .npy, opened without trust: headers are checked first, pictures streamed."""

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_core.data.files.archives import check_archive, open_archive
from vae_core.data.files.array_labels import Labels, number_classes, read_labels
from vae_core.data.files.array_roles import ImagePart, PartName, find_roles
from vae_core.data.files.intake import FileNote, UnusableFileError, UploadLimits, own_name
from vae_core.data.files.stored_array import StoredArray, array_of_file, array_of_member
from vae_core.data.files.treatment import BYTES, DARK, ValueRange, range_of
from vae_core.errors import DatasetError
from vae_core.progress import Progress, ProgressListener, silent

ARRAY_SUFFIXES = (".npz", ".npy")
ORDER: tuple[PartName | None, ...] = (None, "train", "val", "test")  # of pictures that are labelled together


def is_array_file(path: Path) -> bool:
    """Whether a file is one of arrays, by its suffix."""
    return path.suffix.lower() in ARRAY_SUFFIXES and path.is_file()


@contextmanager
def open_arrays(path: Path, limits: UploadLimits) -> Iterator["ArrayFile"]:
    """The pictures of an .npz or .npy file. Raises DatasetError, naming what it holds, where there are none."""
    with ExitStack() as files:
        if path.suffix.lower() == ".npy":
            arrays = [array_of_file(path, files, limits)]
            limits.check_whole(own_name(path), path.stat().st_size)
            replaced: list[str] = []
        else:
            archive = files.enter_context(open_archive(path))
            check_archive(path, archive, limits)
            members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
            replaced = [member.filename.removesuffix(".npy") for member in archive.directory.replaced]
            arrays = [array_of_member(own_name(path), archive, member, files, limits) for member in members]
        yield ArrayFile(own_name(path), arrays, replaced)


class ArrayFile:
    """Pictures of one size in one part or several, their labels, and what their numbers mean.

    `replaced` are the names of arrays that later ones of their name in the file replace; `beside` is what is to be said
    of other files.
    """

    def __init__(
        self,
        file_name: str,
        arrays: Sequence[StoredArray],
        replaced: Sequence[str] = (),
        beside: Sequence[FileNote] = (),
    ) -> None:
        self._name, self._beside = file_name, beside
        self._several = [array for array in arrays if array.name in replaced]
        self._roles = find_roles(file_name, arrays)
        self._ranges: dict[str, ValueRange] = {}
        self.parts = self._roles.parts
        first = self.parts[0]
        for part in self.parts[1:]:
            if _size(part) != _size(first):
                raise DatasetError(
                    f"{file_name}: {first.images.title} holds pictures of {_told(first)}, {part.images.title} of "
                    f"{_told(part)}; bring all to one size."
                )

    @property
    def image_shape(self) -> tuple[int, int, int, int]:
        """(N, C, H, W) of all parts together, whatever the order in the file."""
        layout = self.parts[0].layout
        return sum(part.count for part in self.parts), layout.channels, layout.height, layout.width

    def is_testing(self) -> NDArray[np.bool_] | None:
        """Which pictures of all parts the file itself sets aside, (N,); None where it does not say so.

        What is for validation is trained on where there are others for testing.
        """
        names = {part.name for part in self.parts}
        kind = next((name for name in ("test", "val") if name in names), None)
        if kind is None or len(names) == 1:
            return None
        return np.concatenate([np.full(part.count, part.name == kind) for part in self.parts])

    def classes(self) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        """Labels of 0…K−1 of all parts, int64 (N,), and K names; one class, called as the file, without labels."""
        counts = [part.count for part in self.parts]
        if self._roles.labels is None:
            labels = [read_labels(part.labels, part.count) if part.labels else None for part in self.parts]
        else:
            labels = self._cut(read_labels(self._roles.labels, sum(counts)))
        return number_classes(labels, counts, self._roles.class_names, Path(self._name).stem)

    def _cut(self, labels: Labels) -> list[Labels | None]:
        """Labels of all parts, for each part its own."""
        own: list[Labels | None] = [None] * len(self.parts)
        start = 0
        for place in sorted(range(len(own)), key=lambda place: ORDER.index(self.parts[place].name)):
            stop = start + self.parts[place].count
            own[place] = replace(labels, codes=labels.codes[start:stop])
            start = stop
        return own

    def blocks(self, part: ImagePart, stop: int | None = None) -> Iterator[NDArray[np.uint8]]:
        """The pictures of a part, or its first `stop`, in order, uint8 (B, C, H, W), some at a time.

        Raises DatasetError, naming the first picture, where some hold what is no number.
        """
        self.find_ranges()
        value_range = self._ranges[_kind(part.images)]
        for rows in part.images.rows(stop):
            yield part.layout.arrange(value_range.to_bytes(rows))

    def find_ranges(self, progress: ProgressListener = silent) -> None:
        """Reads what it takes to know which numbers are black and white; `blocks` does so by itself."""
        if self._ranges:
            return
        kinds: dict[str, list[StoredArray]] = {}
        for part in self.parts:
            kinds.setdefault(_kind(part.images), []).append(part.images)
        for kind, arrays in kinds.items():
            self._ranges[kind] = self._found_range(arrays, progress)

    def notes(self) -> tuple[FileNote, ...]:
        """What was done to the pictures that were read so far, and what was left out."""
        sentences = [found.note for found in self._ranges.values()] + [part.layout.note for part in self.parts]
        sentences += [
            f"{part.images.title} has no labels: its pictures are a class of their own."
            for part in self.parts
            if not part.labels and any(other.labels for other in self.parts)
        ]
        sentences += [
            f"{array.title} has one entry for each picture but is not used; call it labels to make it the classes."
            for array in self._roles.unused
        ]
        sentences += [f"{array.title} is in the file several times: the last one counts." for array in self._several]
        of_arrays = (FileNote(self._name, sentence) for sentence in dict.fromkeys(filter(None, sentences)))
        return *of_arrays, *self._beside

    def _found_range(self, arrays: Sequence[StoredArray], progress: ProgressListener) -> ValueRange:
        dtype = max((array.header.dtype for array in arrays), key=lambda dtype: dtype.itemsize)
        if dtype.kind == "b":
            return range_of(0, 1, dtype)
        number = float if dtype.kind == "f" else int
        low, high = math.inf, -math.inf
        for array in arrays:
            for start, block in array.stream():
                # Where there is a NaN, both are.
                least, most = number(block.min()), number(block.max())
                if not (math.isfinite(least) and math.isfinite(most)):
                    raise _not_finite(array)
                low, high = min(low, least), max(high, most)
                if dtype == np.uint8 and high > DARK:
                    return BYTES
                progress(Progress("Looking at the numbers", start + len(block), array.header.count))
        try:
            return range_of(low, high, dtype)
        except UnusableFileError as error:
            raise DatasetError(f"{self._name}: {arrays[0].title}: {error}") from error


def _kind(array: StoredArray) -> str:
    """Arrays of one kind have one range: bytes beside floats of 0 to 1 do not mean the same by 1."""
    kind = array.header.dtype.kind
    return "i" if kind == "u" else kind


def _not_finite(array: StoredArray) -> DatasetError:
    """The error for the first picture that holds what is no number."""
    first: int | None = None
    for start, block in array.stream():
        bad = np.flatnonzero(~np.isfinite(block))
        if len(bad):
            found = int(array.rows_of(bad + start).min())
            first = found if first is None else min(first, found)
    return array.refused(
        f"holds NaN or infinity, first in picture {first} (counted from 0); leave such pictures out, or replace what "
        "is missing, as with numpy.nan_to_num"
    )


def _size(part: ImagePart) -> tuple[Any, ...]:
    return part.layout.height, part.layout.width, part.layout.channels


def _told(part: ImagePart) -> str:
    layout = part.layout
    return f"{layout.width} × {layout.height} pixels {'in grey' if layout.channels == 1 else 'in colour'}"
