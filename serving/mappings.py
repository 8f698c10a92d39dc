"""Maps being drawn anew for models: each in a process of its own, one at a time, the others wait."""

import threading
from pathlib import Path

from serving.side_work import SideWork

DIED = (
    "The process that drew the map has ended in the middle of it; perhaps the machine ran out of memory. The model has "
    "the map that it had before."
)


class Mapping(SideWork):
    """One under way."""

    def __init__(self, folder: Path, method: str | None, room: threading.Semaphore) -> None:
        self.name = folder.name
        super().__init__(
            "vae_core.collection.mapper",
            {"folder": str(folder.resolve()), "method": method},
            room,
            waiting="Waiting for other maps",
            opening="Opening the model",
            died=DIED,
        )


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
        return None if mapping is None or (mapping.done and mapping.problem is None) else mapping

    def forget(self, folder: Path) -> None:
        """Its end has been seen."""
        with self._lock:
            if (known := self._all.get(folder)) is not None and known.done:
                del self._all[folder]


MAPPINGS = Mappings()
