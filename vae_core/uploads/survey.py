"""A first look at all files by their headers: which are images, of which class, how large, grey or not."""

import re
import statistics
from dataclasses import dataclass
from typing import BinaryIO

from vae_core.config import Crop
from vae_core.errors import DatasetError
from vae_core.progress import Progress, ProgressListener
from vae_core.uploads.decoding import decode, has_colour, read_header
from vae_core.uploads.framing import suggested_size
from vae_core.uploads.import_report import SkippedFile, UnusableFileError
from vae_core.uploads.limits import UploadLimits
from vae_core.uploads.sources import FileSource


@dataclass(frozen=True)
class Survey:
    """The image files of a source, class by class, and what to make of them unless told otherwise."""

    class_names: tuple[str, ...]
    members: tuple[list[int], ...]  # for each class, indices into the source's names
    image_size: int
    channels: int
    skipped: list[SkippedFile]

    @property
    def class_counts(self) -> list[int]:
        """How many image files each class has."""
        return [len(indices) for indices in self.members]


def survey(source: FileSource, limits: UploadLimits, progress: ProgressListener, crop: Crop = "middle") -> Survey:
    """Reads every header, and pixels only until the first colour is met; `crop` says which side counts.

    Raises DatasetError when there are no files, or none of them is an image.
    """
    found: list[int] = []
    sides: list[int] = []
    skipped = list(source.skipped)
    coloured = False
    measure = max if crop == "padded" else min
    total = len(source.names)
    for index, name in enumerate(source.names):
        try:
            with source.open(index) as file:
                header = read_header(file, limits)
                found.append(index)
                sides.append(measure(header.width, header.height))
                if not coloured and not header.surely_grey:
                    file.seek(0)
                    coloured = _shows_colour(file, limits)
        except UnusableFileError as error:
            skipped.append(SkippedFile(name, str(error)))
        if index % 100 == 99 or index + 1 == total:
            progress(Progress("Looking at the files", index + 1, total))
    if not found:
        raise _nothing_found(source, skipped)
    names = [source.names[index] for index in found]
    class_names, classes = assign_classes(names, _stem(source))
    members: tuple[list[int], ...] = tuple([] for _ in class_names)
    for index, class_index in zip(found, classes, strict=True):
        members[class_index].append(index)
    return Survey(class_names, members, suggested_size(statistics.median(sides)), 3 if coloured else 1, skipped)


def assign_classes(names: list[str], alone: str) -> tuple[tuple[str, ...], list[int]]:
    """The class names, in the order a person counts, and each file's class.

    Folders that all files share are passed over; the next folder is the class. Files beside the class
    folders form a class of their own, named after the last shared folder or, without one, `alone`.
    """
    folders = [name.split("/")[:-1] for name in names]
    shared = 0
    while all(len(parts) > shared and parts[shared] == folders[0][shared] for parts in folders):
        shared += 1
    rest = folders[0][shared - 1] if shared else alone
    labels = [parts[shared] if len(parts) > shared else rest for parts in folders]
    class_names = tuple(sorted(set(labels), key=_counting_order))
    index = {name: position for position, name in enumerate(class_names)}
    return class_names, [index[label] for label in labels]


def _counting_order(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sorts 2 before 10; the name itself settles ties."""
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.lower()) for part in parts], name


def _shows_colour(file: BinaryIO, limits: UploadLimits) -> bool:
    try:
        return has_colour(decode(file, limits).picture)
    except UnusableFileError:
        # It is reported when it is to be decoded; here it only has no say.
        return False


def _stem(source: FileSource) -> str:
    return source.path.resolve().stem


def _nothing_found(source: FileSource, skipped: list[SkippedFile]) -> DatasetError:
    if not skipped:
        return DatasetError(f"{source.path} holds no files; put images into it, with sub-folders as classes.")
    first = skipped[0]
    return DatasetError(
        f"{source.path} has {len(skipped)} file{'s' * (len(skipped) > 1)} but no readable image; "
        f"{first.name}: {first.reason}"
    )
