"""Pictures being read for whoever looks: each in a process of its own, one for all who ask for the same.

Two read at once, the others wait.
"""

import threading
from dataclasses import asdict, replace

from serving.side_work import SideWork
from vae_core.data.look import Request

AT_ONCE = 2
DIED = (
    "The process that read the images has ended in the middle of it; perhaps the machine ran out of memory. Hand in "
    "fewer or smaller ones."
)


class Reading(SideWork):
    """One under way."""

    def __init__(self, request: Request, room: threading.Semaphore) -> None:
        self.request = request
        # The process works in another folder.
        source = request.source if request.is_named else str(request.path.absolute())
        super().__init__(
            "vae_core.data.reader",
            asdict(replace(request, source=source)),
            room,
            waiting="Waiting for others to be read",
            opening="Opening the files",
            died=DIED,
        )


class Readings:
    """All that are under way on this server."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._room = threading.Semaphore(at_once)
        self._lock = threading.Lock()
        self._all: dict[Request, Reading] = {}

    def of(self, request: Request) -> Reading:
        """The one that reads what is asked for, begun now unless somebody else has."""
        with self._lock:
            self._all = {asked: one for asked, one in self._all.items() if not (one.done or one.stopped)}
            if request not in self._all:
                self._all[request] = Reading(request, self._room)
            return self._all[request]


READINGS = Readings()
