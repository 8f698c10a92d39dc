"""A browser's window with a hand on its mouse: what a walk through a page needs, the same in every browser."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

LIMIT = 120.0  # seconds; a busy machine takes many times what a quiet one does
LOOK = 0.05  # seconds between two looks
STEP = 10  # milliseconds that the mouse takes from one place to the next
WIDTH, HEIGHT = 1400, 1000

Place = tuple[float, float]  # in pixels of the page, from its upper left corner


class Window(Protocol):
    """One window."""

    @property
    def complaints(self) -> list[str]:
        """What went wrong in its pages since it was last asked."""

    def open(self, url: str) -> None:
        """Goes there, and waits until the document and what it names have loaded."""

    def run(self, function: str, *values: Any) -> Any:
        """What a JavaScript function, asynchronous or not, makes of values; all of it can be written as JSON."""

    def press(self, place: Place) -> None:
        """Moves the mouse there and presses its button."""

    def move(self, places: Sequence[Place]) -> None:
        """Moves the mouse through the places, `STEP` milliseconds each."""

    def release(self) -> None:
        """Lets go of the button."""

    def saved(self, ending: str) -> bytes | None:
        """The content of a file that a page has saved under a name that ends so; None until it is whole."""


def until(window: Window, function: str, *values: Any) -> Any:
    """What a function answers as soon as it is something, and not false or null; raises TimeoutError after `LIMIT`."""
    deadline = time.monotonic() + LIMIT
    while not (answer := window.run(function, *values)):
        _give_up_after(deadline, f"this is still {answer!r}: {function} {values or ''}", window)
    return answer


def downloaded(window: Window, ending: str) -> bytes:
    """The content of a saved file whose name ends so, once it is whole; raises TimeoutError after `LIMIT`."""
    deadline = time.monotonic() + LIMIT
    while (content := window.saved(ending)) is None:
        _give_up_after(deadline, f"no file {ending} is saved", window)
    return content


def _give_up_after(deadline: float, words: str, window: Window) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError(f"After {LIMIT:.0f} s {words} ({'; '.join(window.complaints) or 'no complaints'})")
    time.sleep(LOOK)


def saved_in(downloads: Path, ending: str) -> bytes | None:
    """What `Window.saved` answers where files are saved in a folder; the file is taken from it."""
    files = list(downloads.iterdir())
    named = [path for path in files if path.name.endswith(ending)]
    # A file has its name before its content, which travels under another name beside it.
    if not named or len(files) > 1 or named[0].stat().st_size == 0:
        return None
    content = named[0].read_bytes()
    named[0].unlink()
    return content


def over_json(function: str) -> str:
    """The function from the text of a JSON list of values to the text of its answer."""
    return f"async (values) => JSON.stringify((await ({function})(...JSON.parse(values))) ?? null)"


def from_json(answer: str) -> Any:
    """What such a function has answered."""
    return json.loads(answer)


def pointer_actions(*steps: dict[str, Any]) -> list[dict[str, Any]]:
    """Steps of a mouse as WebDriver, old and new, takes them."""
    return [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": list(steps)}]


def pointer_move(place: Place, duration: int = STEP) -> dict[str, Any]:
    """One such step; places are whole pixels there."""
    return {"type": "pointerMove", "x": round(place[0]), "y": round(place[1]), "duration": duration}


PRESS = {"type": "pointerDown", "button": 0}
RELEASE = {"type": "pointerUp", "button": 0}
