"""Models being pushed to the Hugging Face hub: each in a process of its own, which alone is told the token."""

import threading

from serving.side_work import SideWork
from vae_core.sharing.publication import Publication

AT_ONCE = 2
DIED = "The process that pushed the model has ended in the middle of it. Push it again: what is there already is kept."

_room = threading.Semaphore(AT_ONCE)


class Pushing(SideWork):
    """One under way."""

    def __init__(self, wish: Publication) -> None:
        self.repository = wish.repository
        super().__init__(
            "vae_core.sharing.pushing",
            wish.model_dump(mode="json"),
            _room,
            waiting="Waiting for other models",
            opening="Asking the hub",
            died=DIED,
        )

    @property
    def address(self) -> str | None:
        """Where the model is, once it is there."""
        address: str | None = self.answer.get("address")
        return address
