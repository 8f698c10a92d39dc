"""What the arrays of a file are for, told by their names as Keras, MedMNIST, scikit-learn and people write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vae_core.data.files.array_pictures import ImageLayout, is_vector, layout_of
from vae_core.data.files.stored_array import StoredArray
from vae_core.errors import DatasetError

PartName = Literal["train", "val", "test"]

# Without letter case and marks; the first that is there counts.
IMAGES = (
    *("images", "image", "imgs", "img", "x", "pictures", "pics", "photos"),
    *("inputs", "input", "data", "features", "samples", "frames"),
)
LABELS = ("labels", "label", "y", "targets", "target")
CLASS_NAMES = ("classnames", "labelnames", "targetnames")
EITHER = ("classes", "class", "categories", "category")  # labels where there is one for each picture
NAMES = "names"  # of files where there is one for each picture
PARTS: dict[str, PartName] = {
    "training": "train",
    "train": "train",
    "tr": "train",
    "validation": "val",
    "valid": "val",
    "val": "val",
    "dev": "val",
    "eval": "val",
    "testing": "test",
    "test": "test",
    "te": "test",
}
BY_POSITION = re.compile(r"arr\d+")  # what numpy.savez calls arrays that were given no name
SHORTEST = 8  # pixels a side of pictures whose array has a name that does not say so
MOST_ARRAYS = 1000
LISTED = 6


@dataclass(frozen=True)
class ImagePart:
    """The pictures of one part of a data set, or of all where `name` is None, and their labels, if any."""

    name: PartName | None
    images: StoredArray
    layout: ImageLayout
    labels: StoredArray | None = None

    @property
    def count(self) -> int:
        """How many pictures."""
        return self.images.header.shape[0]


@dataclass(frozen=True)
class Roles:
    """The parts of a file, what names its classes, and arrays that might have been labels but do not say so.

    `labels` are those of all parts one after the other, training first, where no part has its own.
    """

    parts: tuple[ImagePart, ...]
    labels: StoredArray | None
    class_names: StoredArray | None
    unused: tuple[StoredArray, ...]


@dataclass(frozen=True)
class _Named:
    """An array, with the part that its name speaks of and the word that is left of it."""

    array: StoredArray
    part: PartName | None
    word: str

    @property
    def by_position(self) -> bool:
        return bool(BY_POSITION.fullmatch(self.word))


def find_roles(file_name: str, arrays: Sequence[StoredArray]) -> Roles:
    """Reads headers alone. Raises DatasetError, with what the file holds, where no pictures or several can be meant."""
    if not arrays:
        raise DatasetError(f"{file_name} holds no arrays; save the pictures as an array called images.")
    if len(arrays) > MOST_ARRAYS:
        raise DatasetError(
            f"{file_name} holds {len(arrays):,} arrays ({_listed(arrays)}); put all pictures into one array called "
            "images, as with numpy.stack."
        )
    named = [_Named(array, *part_and_word(array.name)) for array in arrays]
    parts = [_with_labels(part, named) for part in _named_images(named) or [_only_images(file_name, named)]]
    parts, of_all = _with_loose_labels(parts, named)
    taken = [of_all, *(array for part in parts for array in (part.images, part.labels))]
    free = [entry for entry in named if entry.array not in taken]
    # One for each picture: those are no names of classes.
    whole = {sum(part.count for part in parts), *(part.count for part in parts if part.name is None)}
    loose = [entry for entry in free if not any(_fits(entry.array, count) for count in whole)]
    unlabelled = of_all is None and not any(part.labels for part in parts)
    unused = tuple(entry.array for entry in free if unlabelled and _has_entries(entry.array, whole))
    return Roles(tuple(parts), of_all, _first(free, CLASS_NAMES) or _first(loose, (*EITHER, NAMES)), unused)


def part_and_word(name: str) -> tuple[PartName | None, str]:
    """`x_train`, `trainX`, `train/images` → train and x or images; the word is empty for `train` alone."""
    key = re.sub(r"[\W_]+", "", name.lower())
    for word, part in PARTS.items():
        for rest in (key.removeprefix(word), key.removesuffix(word)):
            if rest != key and rest in ("", *IMAGES, *LABELS, *EITHER):
                return part, rest
    return None, key


def _named_images(named: Sequence[_Named]) -> list[ImagePart]:
    """For each part the array that a name calls pictures, and that can be some; in the order of the file."""
    found: dict[PartName | None, ImagePart] = {}
    problems: dict[PartName | None, DatasetError] = {}
    # A part's name alone comes first: `train` is all of it.
    for word in ("", *IMAGES):
        for entry in named:
            if entry.word != word or entry.part in found or not (entry.part or word):
                continue
            try:
                found[entry.part] = ImagePart(entry.part, entry.array, layout_of(entry.array))
            except DatasetError as error:
                # A list called x or test need not be pictures; of what was meant as some it is said what it is.
                if (entry.part and word) or not is_vector(entry.array):
                    problems.setdefault(entry.part, error)
    for part, problem in problems.items():
        if part not in found:
            raise problem
    order = [entry.array for entry in named]
    return sorted(found.values(), key=lambda part: order.index(part.images))


def _only_images(file_name: str, named: Sequence[_Named]) -> ImagePart:
    """The one array that can be pictures, where none is called so."""
    found: list[ImagePart] = []
    problems: list[DatasetError] = []
    for entry in named:
        if entry.word in (*LABELS, *CLASS_NAMES, *EITHER, NAMES) and len(named) > 1:
            continue
        try:
            layout = layout_of(entry.array)
        except DatasetError as error:
            if len(named) == 1 or entry.word in IMAGES or not is_vector(entry.array):
                problems.append(error)
            continue
        if len(named) == 1 or entry.word in IMAGES or min(layout.height, layout.width) >= SHORTEST:
            found.append(ImagePart(None, entry.array, layout))
    # Rows of numbers are pictures only where nothing else is.
    found = [part for part in found if not part.layout.flat] or found
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(part.images.title for part in found[:LISTED])
        raise DatasetError(
            f"{file_name} holds several arrays that can be pictures ({several}); call the one to use images, or two of "
            "them x_train and x_test."
        )
    if problems:
        raise problems[0]
    raise DatasetError(
        f"{file_name} holds {_listed([entry.array for entry in named])}, but no array that can be pictures; save them "
        "as an array called images."
    )


def _with_labels(part: ImagePart, named: Sequence[_Named]) -> ImagePart:
    others = [entry for entry in named if entry.array is not part.images]
    own = [entry for entry in others if entry.part == part.name]
    labels = _first(own, LABELS) or _first([entry for entry in own if _fits(entry.array, part.count)], EITHER)
    if labels is None and any(entry.array is part.images and entry.by_position for entry in named):
        fitting = (entry.array for entry in others if entry.by_position and _fits(entry.array, part.count))
        labels = next(fitting, None)
    return ImagePart(part.name, part.images, part.layout, labels)


def _with_loose_labels(parts: list[ImagePart], named: Sequence[_Named]) -> tuple[list[ImagePart], StoredArray | None]:
    """Labels that speak of no part: those of the one part that they fit, else of all parts together."""
    loose = _first([entry for entry in named if entry.part is None], LABELS)
    if loose is None or len(parts) < 2 or any(part.labels for part in parts):
        return parts, None
    fitting = [part for part in parts if _fits(loose, part.count)]
    if len(fitting) == 1:
        return [replace(part, labels=loose) if part is fitting[0] else part for part in parts], None
    return parts, loose if not fitting and _fits(loose, sum(part.count for part in parts)) else None


def _first(entries: Sequence[_Named], words: Sequence[str]) -> StoredArray | None:
    """The array of the first of the words that an array is called."""
    by_word = {entry.word: entry.array for entry in reversed(entries)}
    return next((by_word[word] for word in words if word in by_word), None)


def _fits(array: StoredArray, count: int) -> bool:
    """Whether there is an entry, or a row of them, for each picture."""
    try:
        header = array.header
    except DatasetError:
        return False
    return header.is_column(count) or (len(header.shape) == 2 and header.shape[0] == count)


def _has_entries(array: StoredArray, counts: set[int]) -> bool:
    """Whether there is one number or word for each picture."""
    try:
        return array.header.dtype.kind in "biuUS" and any(map(array.header.is_column, counts))
    except DatasetError:
        return False


def _listed(arrays: Sequence[StoredArray]) -> str:
    """The first arrays, by name and shape."""
    told = []
    for array in arrays[:LISTED]:
        try:
            told.append(f"{array.title} of shape {array.header.shape}")
        except DatasetError:
            told.append(array.title)
    return ", ".join([*told, *(["…"] if len(arrays) > LISTED else [])])
