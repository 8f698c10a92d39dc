"""Maps being drawn anew for models: each in a process of its own, one at a time, the others wait."""

import threading
from pathlib import Path

from serving.side_work import SideWork
from vae_core.checkpoint.layout import CONFIG_FILE, EXPLORER_MANIFEST
from vae_core.files import Stamp, stamp

DIED = (
    "The process that drew the map has ended in the middle of it; perhaps the machine ran out of memory. The model has "
    "the map that it had before."
)


class Mapping(SideWork):
    """One under way."""

    def __init__(self, folder: Path, method: str | None, room: threading.Semaphore) -> None:
        self.name = folder.name
        self._folder = folder
        self._before = self._found()
        super().__init__(
            "vae_core.collection.mapper",
            {"folder": str(folder.resolve()), "method": method},
            room,
            waiting="Waiting for other maps",
            opening="Opening the model",
            died=DIED,
        )

    @property
    def has_failed(self) -> bool:
        """Whether there is no new map yet of what is the same model still."""
        return self.done and self.problem is not None and self._found() == self._before

    def _found(self) -> tuple[Stamp, ...]:
        return tuple(stamp(self._folder / name) for name in (CONFIG_FILE, EXPLORER_MANIFEST))


class Mappings:
    """All that are under way on this server, and how the last one of each model ended."""

    def __init__(self) -> None:
        self._room = threading.Semaphore(1)
        self._lock = threading.Lock()
        self._all: dict[Path, Mapping] = {}

    def start(self, folder: Path, method: str | None) -> Mapping:
        """Draw a model's map by a method, by the one that suits it where none is given; unless it is being drawn."""
        with self._lock:
            if (known := self._all.get(folder)) is None or known.done or known.stopped:
                self._all[folder] = Mapping(folder, method, self._room)
            return self._all[folder]

    def of(self, folder: Path) -> Mapping | None:
        """The one that is under way for a model, or that has failed; None where there is nothing to tell."""
        mapping = self._all.get(folder)
        return mapping if mapping is not None and (not mapping.done or mapping.has_failed) else None

    def forget(self, folder: Path) -> None:
        """Its end has been seen."""
        with self._lock:
            if (known := self._all.get(folder)) is not None and known.done:
                del self._all[folder]


MAPPINGS = Mappings()
