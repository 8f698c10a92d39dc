"""What the server does from its start to its end, beside answering: each part a lifespan of its own.

Above all it is careful with open files, of which some systems allow 256: a visit holds four, a closed one three.
"""

import asyncio
import errno
import logging
import resource
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.session_manager import SessionInfo, SessionStorage

Part = Callable[[Any], AbstractAsyncContextManager[None]]

ENOUGH_FILES = 65_536
FILES_OF_ANY_SYSTEM = 10_240  # macOS calls its limit infinite and takes no more
FILES_BESIDE_SESSIONS = 128
FILES_A_SESSION = 3  # its event loop
MOST_SESSIONS_KEPT = 128
SILENCE = 60.0  # seconds between two complaints

_log = logging.getLogger(__name__)


def together(*parts: Part) -> Part:
    """One lifespan of several: begun in their order, ended in the opposite one."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for part in parts:
                await stack.enter_async_context(part(app))
            yield

    return lifespan


@asynccontextmanager
async def enough_files(_app: object = None) -> AsyncIterator[None]:
    """Raises the soft limit of open files to the hard one, or to as many as will ever be needed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (ENOUGH_FILES, FILES_OF_ANY_SYSTEM):
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft == resource.RLIM_INFINITY or limit <= soft:
            break
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        except (ValueError, OSError):
            continue
        break
    yield


class SessionsForAWhile(SessionStorage):
    """Sessions of closed visits, kept for `seconds` in case that the browser comes back, then shut down by the clock.

    Streamlit's own storage drops sessions only when it is given another one, and leaves it to the garbage collector to
    close their files. Of more than `most` the oldest go first.
    """

    def __init__(self, seconds: float, most: int) -> None:
        self.seconds, self.most = seconds, most
        self._kept: dict[str, tuple[SessionInfo, asyncio.TimerHandle]] = {}

    def get(self, session_id: str) -> SessionInfo | None:
        return self._kept[session_id][0] if session_id in self._kept else None

    def save(self, session_info: SessionInfo) -> None:
        name, loop = session_info.session.id, asyncio.get_running_loop()
        self.delete(name)
        for oldest in list(self._kept)[: max(0, len(self._kept) - self.most + 1)]:
            loop.call_soon(self._end, oldest)  # not now: Streamlit holds its lock
        self._kept[name] = session_info, loop.call_later(self.seconds, self._end, name)

    def delete(self, session_id: str) -> None:
        if session_id in self._kept:
            self._kept.pop(session_id)[1].cancel()

    def list(self) -> list[SessionInfo]:
        return [kept for kept, _ in self._kept.values()]

    def _end(self, name: str) -> None:
        if name in self._kept:
            ended = self._kept[name][0].session
            self.delete(name)
            ended.shutdown()


@asynccontextmanager
async def sessions_for_a_while(_app: object = None) -> AsyncIterator[None]:
    """Gives Streamlit's runtime, which has just started, another storage for the sessions of closed visits."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    affordable = (limit - FILES_BESIDE_SESSIONS) // 2 // FILES_A_SESSION
    most = MOST_SESSIONS_KEPT if limit == resource.RLIM_INFINITY else min(MOST_SESSIONS_KEPT, max(affordable, 1))
    storage = SessionsForAWhile(st.get_option("server.disconnectedSessionTTL"), most)
    runtime.get_instance()._session_mgr._session_storage = storage  # type: ignore[attr-defined]
    yield


@asynccontextmanager
async def brief_complaints(_app: object = None) -> AsyncIterator[None]:
    """Out of open files, asyncio fails to accept a connection again and again and logs each time: once will do.

    Each failure also makes it try again a second later, when the server may have been closed.
    """
    told = -SILENCE

    def complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal told
        error, message = context.get("exception"), context.get("message", "")
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            if time.monotonic() - told >= SILENCE:
                told = time.monotonic()
                limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
                _log.error("No more connections can be taken for now: of %s open files none is left.", f"{limit:,}")
        elif not (isinstance(error, ValueError) and "._start_serving(" in message):
            loop.default_exception_handler(context)

    asyncio.get_running_loop().set_exception_handler(complain)  # for good: the loop ends with the server
    yield
