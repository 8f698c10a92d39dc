"""Models being brought by whoever visits: what was handed in, in a folder of its own, and the looks at it.

Each look, and the taking at last, is a process of its own; a few at once on this server, the others wait.
"""

import shutil
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from serving.side_work import SideWork
from vae_core.collection.bringing import MapImages, Wish
from vae_core.data.library import kept_name
from vae_core.errors import ImportingError
from vae_core.imports.description import Description, Found
from vae_core.imports.model_look import IMPORTING
from vae_core.scratch import Scratch

AT_ONCE = 2
LOOKS_KEPT = 2  # as it is, and with several questions answered
MOST_FILES = 1000
MOST_BYTES = 2 << 30
MOST_OF_NAMES = 80  # characters
BLOCK = 1 << 20
DIED = (
    "The process that opened the model has ended in the middle of it; perhaps the machine ran out of memory. Hand in a "
    "smaller one."
)

_room = threading.Semaphore(AT_ONCE)


class Opening(SideWork):
    """One look at a model, or its taking."""

    def __init__(self, wish: Wish, keeps: object = None) -> None:
        """`keeps` is what has to be there for as long as it is under way."""
        self.wish, self._keeps = wish, keeps
        super().__init__(
            "vae_core.collection.bringer",
            wish.model_dump(mode="json"),
            _room,
            waiting="Waiting for other models",
            opening="Opening the model" if wish.title is None else IMPORTING,
            died=DIED,
        )

    @property
    def found(self) -> Found | None:
        """What a look has found; None until then, and where it has found nothing."""
        found = self.answer.get("found")
        return None if found is None else Found.model_validate(found)


def _stop_all(looks: dict[tuple[str, MapImages], Opening]) -> None:
    for look in looks.values():
        look.stop()


class Bringing:
    """One model on its way. What lies in its folder goes with it: when it is closed, or nobody knows of it any more."""

    def __init__(self, source: str = "", files: Sequence[tuple[str, BinaryIO]] = ()) -> None:
        """A path of this machine, a repository `owner/name` of the hub, or files.

        Raises:
            ImportingError: there are too many files, or they are too large.
            OSError: there is no room for them.
        """
        self._scratch = Scratch()
        self._folder = self._scratch.folder
        self._looks: dict[tuple[str, MapImages], Opening] = {}  # the last one that was asked for behind the others
        weakref.finalize(self, _stop_all, self._looks)
        self._count = 0
        self._called = ", ".join(name for name, _ in files)[:MOST_OF_NAMES] or None
        self.answers: dict[str, str] = {}
        self.corrections: dict[str, str] = {}
        self.name = ""  # that the model is to have, once somebody has said it
        self.taking: Opening | None = None
        self.seen = False  # whether its end has been
        self.source = self._keep(files) if files else str(Path(source.strip()).expanduser())

    def look(self, said: Description, images: MapImages) -> Opening:
        """The look at the model with what a person says of it and images to show it with, begun now unless it was.

        Nobody waits any more for one that is under way when another is begun.
        """
        key = said.model_dump_json(), images
        if key in self._looks:
            self._looks[key] = self._looks.pop(key)
            return self._looks[key]
        under_way = [other for other, look in self._looks.items() if not look.done]
        for old in under_way or list(self._looks)[: 1 - LOOKS_KEPT]:
            self._forget(self._looks.pop(old))
        self._count += 1
        work = str(self._folder / f"look {self._count}")
        self._looks[key] = Opening(Wish(source=self.source, work=work, said=said, images=images))
        return self._looks[key]

    @property
    def title(self) -> str:
        """What was handed in, in words."""
        return self._called or self.source

    def begin_again(self) -> None:
        """What was found is looked for once more when somebody asks."""
        for key in list(self._looks):
            self._forget(self._looks.pop(key))

    def take(self, look: Opening, said: Description, images: MapImages, title: str) -> None:
        """Make one of this server's models of what a look has found."""
        path, called = look.answer["path"], self._called or look.answer["called"]
        work = str(self._folder / "taken")
        self.taking = Opening(Wish(source=path, work=work, said=said, images=images, called=called, title=title), self)

    def close(self) -> None:
        """Nobody wants any more of it."""
        self.begin_again()
        if self.taking is not None:
            self.taking.stop()
        self._scratch.close()

    def _forget(self, look: Opening) -> None:
        look.stop()
        shutil.rmtree(look.wish.work, ignore_errors=True)

    def _keep(self, files: Sequence[tuple[str, BinaryIO]]) -> str:
        """One file under its own name, several in a folder; of one name each has one by itself."""
        if len(files) > MOST_FILES:
            raise ImportingError(f"{len(files):,} files are more than a model has; at most {MOST_FILES:,} are taken.")
        if sum(content.seek(0, 2) for _, content in files) > MOST_BYTES:
            raise ImportingError(f"These files have more than {MOST_BYTES >> 30} GiB together, the limit.")
        folder = self._folder / ("handed in" if len(files) == 1 else "model")
        folder.mkdir()
        names = [kept_name(name) for name, _ in files]
        for number, (name, (_, content)) in enumerate(zip(names, files, strict=True), 1):
            place = folder / str(number) if names.count(name) > 1 else folder
            place.mkdir(exist_ok=True)
            content.seek(0)
            with (place / name).open("wb") as file:
                shutil.copyfileobj(content, file, BLOCK)
        return str(folder / kept_name(files[0][0]) if len(files) == 1 else folder)
