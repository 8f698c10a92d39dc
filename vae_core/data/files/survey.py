"""A first look at all files of a source: which are pictures, of which class and split, how large, how to be seen."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import compress
from typing import TypeVar

import numpy as np
from PIL import Image

from vae_core.config import Crop
from vae_core.data.files.class_choice import choose_classes
from vae_core.data.files.classes import number_classes
from vae_core.data.files.decoding import Header, decode, has_colour, opened, read_header
from vae_core.data.files.framing import LARGEST, suggested_size
from vae_core.data.files.intake import (
    FileSource,
    SkippedFile,
    UnusableFileError,
    UploadLimits,
    is_table_name,
    own_name,
    title_of,
)
from vae_core.data.files.masks import masks_among
from vae_core.data.files.tables import read_tables
from vae_core.data.files.treatment import (
    AS_USUAL,
    BYTES,
    DARK,
    Ground,
    Kind,
    Treatment,
    ValueRange,
    contrasts,
    extremes,
    ground_for,
    range_of,
    type_of,
)
from vae_core.errors import DatasetError
from vae_core.progress import Pace, ProgressListener

SAMPLE = 64  # pictures that speak for all where they leave no doubt
ALONE = "A table that names pictures is handed in together with them."
MOST_PIXELS = 20_000_000_000  # of all pictures together: minutes of decoding
_BRIGHT = "Its transparent parts are laid on black: on white its bright drawings would not be seen."
_ON_WHITE = "Its transparent parts are laid on white."

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Survey:
    """The pictures of a source, class by class, and what to make of them unless told otherwise.

    Pictures are places in the source's `names`. `testing` are those that folders or a table set aside for testing, or
    None where none do; `columns` are those of tables, aligned to `pictures`; `notes` are sentences about the whole set.
    """

    pictures: tuple[int, ...]
    class_names: tuple[str, ...]
    members: tuple[list[int], ...]  # for each class
    testing: frozenset[int] | None
    sizes: dict[Crop, int]  # pixels a side that suggest themselves, by what is kept of a picture
    oblong: bool  # whether any is not square, so that the crop matters
    channels: int
    treatment: Treatment
    skipped: list[SkippedFile]
    notes: list[str] = field(default_factory=list)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)


def survey(source: FileSource, limits: UploadLimits, progress: ProgressListener, channels: int | None = None) -> Survey:
    """Reads every header, and pixels only of a sample unless that leaves a doubt.

    Whether the pictures are coloured is only looked for where no number of `channels` is given.

    Raises DatasetError when there are no files, none or only one of them is a picture, or they have more pixels in all
    than can be read in minutes.
    """
    headers, suspects, skipped = _headers(source, limits, progress)
    masks = {mask: source.names[of] for mask, of in masks_among(source.names).items() if headers.pop(mask, None)}
    skipped += [SkippedFile(source.names[mask], f"It is the mask of {picture}.") for mask, picture in masks.items()]
    names = [source.names[index] for index in headers]
    if not headers:
        alone = [SkippedFile(source.names[at], f"{why} {ALONE}") for at, why in suspects.items()]
        raise _nothing_found(source, skipped + alone)
    if len(headers) == 1:
        raise DatasetError(
            f"{own_name(source.path)} has only one readable picture; two are needed at least, one of them for testing."
        )
    tables, not_used = read_tables(source, suspects, names, progress)
    chosen = choose_classes(names, title_of(source.path), tables)
    class_names, classes = number_classes(chosen.labels)
    members: tuple[list[int], ...] = tuple([] for _ in class_names)
    for index, class_index in zip(headers, classes, strict=True):
        members[class_index].append(index)
    treatment, treated = choose_treatment(source, headers, limits, progress)
    if channels is None:
        channels = 3 if _any_colour(source, headers, treatment, limits, progress) else 1
    sides = np.array([(header.width, header.height) for header in headers.values()])
    return Survey(
        pictures=tuple(headers),
        class_names=class_names,
        members=members,
        testing=None if chosen.testing is None else frozenset(compress(headers, chosen.testing)),
        sizes={
            "middle": suggested_size(float(np.median(sides.min(axis=1)))),
            "padded": suggested_size(float(np.median(sides.max(axis=1)))),
        },
        oblong=bool((sides[:, 0] != sides[:, 1]).any()),
        channels=channels,
        treatment=treatment,
        skipped=skipped + not_used,
        notes=[*([_masks_note(len(masks))] if masks else []), *chosen.notes, *treated],
        columns=tables.columns,
    )


def _headers(
    source: FileSource, limits: UploadLimits, progress: ProgressListener
) -> tuple[dict[int, Header], dict[int, str], list[SkippedFile]]:
    """The headers of pictures, the files that may be tables, each with why it is no picture, and all others."""
    headers: dict[int, Header] = {}
    suspects: dict[int, str] = {}
    skipped = list(source.skipped)
    pace = Pace(progress, "Looking at the files", len(source.names))
    work = 0.0
    for index, name in enumerate(source.names):
        try:
            with source.open(index) as file:
                headers[index] = read_header(file, limits)
            work += headers[index].work
        except UnusableFileError as error:
            if is_table_name(name):
                suspects[index] = str(error)
            else:
                skipped.append(SkippedFile(name, str(error)))
        if work > MOST_PIXELS:
            raise DatasetError(
                f"{own_name(source.path)} has pictures of more than {MOST_PIXELS / 1e9:g} thousand million pixels in "
                f"all, the limit; make them smaller, or hand in fewer."
            )
        pace.at(index + 1)
    return headers, suspects, skipped


def _masks_note(count: int) -> str:
    are = "mask is left out, as it is of a picture" if count == 1 else "masks are left out, as they are of pictures"
    return f"{count:,} {are} beside: hand masks in without their pictures to learn from them."


def _any_colour(
    source: FileSource,
    headers: dict[int, Header],
    treatment: Treatment,
    limits: UploadLimits,
    progress: ProgressListener,
) -> bool:
    """Whether any picture shows a colour at the size that a model may see; a spread sample is asked first."""
    doubtful = [index for index, header in headers.items() if not header.surely_grey]
    first = spread(doubtful, SAMPLE)
    asked = set(first)
    pace = Pace(progress, "Looking for colour", len(doubtful))
    for done, index in enumerate([*first, *(index for index in doubtful if index not in asked)], 1):
        # What cannot be used is reported when it is to be decoded; here it only has no say.
        with suppress(UnusableFileError), source.open(index) as file:
            if has_colour(decode(file, limits, LARGEST, treatment).picture):
                return True
        pace.at(done)
    return False


def _nothing_found(source: FileSource, skipped: list[SkippedFile]) -> DatasetError:
    name = own_name(source.path)
    if not skipped:
        return DatasetError(f"{name} holds no files; put images into it, with sub-folders as classes.")
    first = skipped[0]
    return DatasetError(
        f"{name} has {len(skipped)} file{'s' * (len(skipped) > 1)} but no readable image; {first.name}: {first.reason}"
    )


def choose_treatment(
    source: FileSource, headers: dict[int, Header], limits: UploadLimits, progress: ProgressListener
) -> tuple[Treatment, list[str]]:
    """One treatment for the pictures `headers` tells of, by their places in the source; and a sentence on each thing
    in it that a person may not expect.
    """
    choice = _Choice(source, headers, limits, progress)
    return choice.treatment(), choice.notes


class _Choice:
    """Judges by a spread sample, and where there is doubt by all pictures."""

    def __init__(
        self, source: FileSource, headers: dict[int, Header], limits: UploadLimits, progress: ProgressListener
    ) -> None:
        self._source, self._headers, self._limits, self._progress = source, headers, limits, progress
        self.notes: list[str] = []

    def treatment(self) -> Treatment:
        treatment = Treatment(
            ground=self._ground(),
            of_bytes=self._bytes_range(),
            of_whole=self._range("whole numbers", AS_USUAL.of_whole),
            of_floats=self._range("floats", AS_USUAL.of_floats),
        )
        if inverted := sum(header.white_is_zero for header in self._headers.values()):
            which = f"in {inverted:,} of its {len(self._headers):,} pictures"
            self.notes.append(f"Black and white change places {which}: their files say that 0 is white.")
        return treatment

    def _ground(self) -> Ground:
        transparent = [index for index, header in self._headers.items() if header.transparent]
        found = [pair for pair in self._measured(spread(transparent, SAMPLE), contrasts) if pair]
        if not found:
            return AS_USUAL.ground
        ground = ground_for(found)
        self.notes.append(_BRIGHT if ground == "black" else _ON_WHITE)
        return ground

    def _bytes_range(self) -> ValueRange:
        sample = spread(self._of_kind("bytes"), SAMPLE)
        if any(high > DARK for _, high in self._measured(sample, extremes)):
            return BYTES
        return self._range("bytes", BYTES)

    def _range(self, kind: Kind, usual: ValueRange) -> ValueRange:
        indices = self._of_kind(kind)
        low, high = np.inf, -np.inf
        for least, greatest in self._measured(indices, extremes):
            low, high = min(low, least), max(high, greatest)
            if kind == "bytes" and high > DARK:
                return BYTES
        if low > high:
            return usual
        found = range_of(low, high, type_of(kind, low, high))
        if found.note and len(indices) == len(self._headers):
            self.notes.append(found.note)
        elif found.note:
            share = f"in {len(indices):,} of its {len(self._headers):,} pictures"
            self.notes.append(f"{found.note.removesuffix('.')}, {share}.")
        return found

    def _of_kind(self, kind: Kind) -> list[int]:
        return [index for index, header in self._headers.items() if header.kind == kind]

    def _measured(self, indices: Sequence[int], measure: Callable[[Image.Image], _Found]) -> Iterator[_Found]:
        """What `measure` finds on each of these pictures; one that cannot be used has no say."""
        pace = Pace(self._progress, "Looking at the values", len(indices))
        for done, index in enumerate(indices, 1):
            try:
                with self._source.open(index) as file, opened(file, self._limits) as image:
                    image.load()
                    found = measure(image)
            except UnusableFileError:
                continue
            finally:
                pace.at(done)
            yield found


def spread(items: Sequence[_Item], count: int) -> list[_Item]:
    """At most `count` of the items, as far apart as can be."""
    step = max(1.0, len(items) / count)
    return [items[int(place * step)] for place in range(min(count, len(items)))]
