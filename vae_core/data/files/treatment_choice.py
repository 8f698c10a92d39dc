"""How the pictures of one set are made visible: judged by a spread sample, and where there is doubt by all of them."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from PIL import Image

from vae_core.data.files.decoding import Header, opened
from vae_core.data.files.import_report import UnusableFileError
from vae_core.data.files.limits import UploadLimits
from vae_core.data.files.ranges import BYTES, DARK, ValueRange, range_of
from vae_core.data.files.sources import FileSource
from vae_core.data.files.treatment import AS_USUAL, Ground, Kind, Treatment, contrasts, extremes, ground_for, type_of
from vae_core.progress import Pace, ProgressListener

SAMPLE = 64  # pictures
_BRIGHT = "Its transparent parts are laid on black: on white its bright drawings would not be seen."
_ON_WHITE = "Its transparent parts are laid on white."

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")


def spread(items: Sequence[_Item], count: int) -> list[_Item]:
    """At most `count` of the items, as far apart as can be."""
    step = max(1.0, len(items) / count)
    return [items[int(place * step)] for place in range(min(count, len(items)))]


def choose_treatment(
    source: FileSource, headers: dict[int, Header], limits: UploadLimits, progress: ProgressListener
) -> tuple[Treatment, list[str]]:
    """One treatment for the pictures `headers` tells of, by their places in the source; and a sentence on each thing
    in it that a person may not expect.
    """
    choice = _Choice(source, headers, limits, progress)
    return choice.treatment(), choice.notes


class _Choice:
    def __init__(
        self, source: FileSource, headers: dict[int, Header], limits: UploadLimits, progress: ProgressListener
    ) -> None:
        self._source, self._headers, self._limits, self._progress = source, headers, limits, progress
        self.notes: list[str] = []

    def treatment(self) -> Treatment:
        return Treatment(
            ground=self._ground(),
            of_bytes=self._bytes_range(),
            of_whole=self._range("whole numbers", AS_USUAL.of_whole),
            of_floats=self._range("floats", AS_USUAL.of_floats),
        )

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
