"""`--read-only`, for demos that anybody may open: models are explored, and nothing is trained, uploaded or removed."""

import argparse
import math
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from vae_core.errors import ConfigError

READ_ONLY_VARIABLE = "LATENT_EXPLORER_READ_ONLY"
UPLOADS = "/_stcore/upload_file"
EACH, TOGETHER = 12, 60  # paths and films a minute
MINUTE = 60.0

_YES = ("1", "true", "yes", "on")
_NO = ("", "0", "false", "no", "off")


def read_only(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether LATENT_EXPLORER_READ_ONLY asks for it.

    Raises:
        ConfigError: it is neither yes nor no.
    """
    value = environment.get(READ_ONLY_VARIABLE, "").strip().lower()
    if value not in (*_YES, *_NO):
        raise ConfigError(f"{READ_ONLY_VARIABLE}: {value!r} is neither yes nor no; set it to 1 or leave it out.")
    return value in _YES


def take_arguments(called: Sequence[str] = sys.argv) -> None:
    """Hears `streamlit run app.py -- --read-only`, and ends the program at any other argument.

    A demo with a slip of the pen in its command must not be open for training.
    """
    if not called or Path(called[0]).name != "app.py":
        return
    parser = argparse.ArgumentParser(prog="streamlit run app.py --", description="Latent Explorer")
    parser.add_argument("--read-only", action="store_true", help="for public demos: no training, no uploads")
    if parser.parse_args(called[1:]).read_only:
        os.environ[READ_ONLY_VARIABLE] = "1"


class WithoutUploads:
    """ASGI middleware that refuses what Streamlit takes from every session, with or without a field for it: files."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        changes = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS")
        if changes and UPLOADS in scope["path"]:
            await PlainTextResponse("This demo takes no files.\n", 403)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class SpentError(Exception):
    """A share is used up; `seconds` from now there is some of it again."""

    def __init__(self, words: str, seconds: int) -> None:
        super().__init__(words)
        self.seconds = seconds


class Quota:
    """So many paths and films a minute, for `each` client address and for all `together`."""

    def __init__(self, each: int = EACH, together: int = TOGETHER, clock: Callable[[], float] = time.monotonic) -> None:
        self.each, self.together, self.clock = each, together, clock
        self._taken: deque[tuple[float, str]] = deque()

    def take(self, client: str) -> None:
        """Counts one.

        Raises:
            SpentError: there is none left; nothing is counted.
        """
        now = self.clock()
        while self._taken and self._taken[0][0] <= now - MINUTE:
            self._taken.popleft()
        own = [when for when, other in self._taken if other == client]
        if len(own) >= self.each:
            words = f"This demo makes {self.each} paths and films a minute for each visitor."
            raise SpentError(words, math.ceil(own[0] + MINUTE - now))
        if len(self._taken) >= self.together:
            words = f"This demo makes {self.together} paths and films a minute for all visitors."
            raise SpentError(words, math.ceil(self._taken[0][0] + MINUTE - now))
        self._taken.append((now, client))
