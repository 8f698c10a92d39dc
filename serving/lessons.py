"""What lessons train for whoever reads them: each in a process of its own, one at a time, the others wait.

What one has found stays for as long as the server runs, so that a reader who comes back finds it; whoever asks for the
same has the same.
"""

import threading
from collections import OrderedDict

from serving.side_work import SideWork
from vae_core.lessons.orders import Asked

KEPT = 40  # of those that have come to an end
DIED = (
    "The process that trained this has ended in the middle of it; perhaps the machine ran out of memory. What it had "
    "found until then is shown."
)


class Lesson(SideWork):
    """One under way, or at its end; `parts` are what it has found."""

    def __init__(self, order: Asked, room: threading.Semaphore) -> None:
        self.order = order
        super().__init__(
            "vae_core.lessons",
            order.model_dump(mode="json"),
            room,
            waiting="Waiting for what is being trained before",
            opening="Starting",
            died=DIED,
        )


class Lessons:
    """All that this server has trained or is training, and what they have found."""

    def __init__(self) -> None:
        self._room = threading.Semaphore(1)
        self._lock = threading.Lock()
        self._all: OrderedDict[Asked, Lesson] = OrderedDict()

    def start(self, order: Asked) -> Lesson:
        """Begin what is asked for, unless it is under way or done already."""
        with self._lock:
            known = self._all.get(order)
            if known is None or known.stopped or known.problem is not None:
                self._all[order] = Lesson(order, self._room)
            self._all.move_to_end(order)
            self._forget_old()
            return self._all[order]

    def of(self, order: Asked) -> Lesson | None:
        """What is known of it; None where nobody has asked for it."""
        return self._all.get(order)

    def _forget_old(self) -> None:
        ended = [order for order, lesson in self._all.items() if lesson.done]
        for order in ended[: max(0, len(self._all) - KEPT)]:
            del self._all[order]


LESSONS = Lessons()
