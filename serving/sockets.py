"""Connections: answers go out without delay, and a connection that sends no request is closed.

The socket of `streamlit run` makes small packets wait for the browser's last ACK: asyncio turns Nagle's algorithm off
only on sockets that were opened with an explicit protocol number, which Streamlit's is not; each HTTP answer then takes
some 40 ms more. Accepted connections inherit the option of the listening socket.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from serving.bodies import PATIENCE
from serving.lifespan import Part

_OPEN_FILES = Path("/dev/fd")
_LOOKS = 4  # within the time that a connection may be silent


@asynccontextmanager
async def without_nagle(_app: object) -> AsyncIterator[None]:
    """Lifespan of the app: sets TCP_NODELAY on the listening TCP sockets before the first answer."""
    for listener in _listening_sockets():
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    yield


def without_silence(patience: float = PATIENCE) -> Part:
    """Lifespan of the app: closes connections on which a request's head does not arrive within `patience` seconds.

    No route hears of these, and uvicorn would wait for ever.
    """

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        server = _own_server()
        task = None if server is None else asyncio.create_task(_close_silent(server, patience))
        yield
        if task is not None:
            task.cancel()

    return lifespan


async def _close_silent(server: uvicorn.Server, patience: float) -> None:
    silent: dict[Any, int] = {}
    while True:
        await asyncio.sleep(patience / _LOOKS)
        silent = {each: silent.get(each, 0) + 1 for each in server.server_state.connections if _awaits_request(each)}
        for connection, looks in silent.items():
            if looks > _LOOKS:
                connection.transport.abort()


def _awaits_request(connection: Any) -> bool:
    """Whether an HTTP connection is new or has been answered, and is no idle one, which uvicorn's own clock closes."""
    if not hasattr(connection, "cycle"):  # a WebSocket
        return False
    answered = connection.cycle is None or connection.cycle.response_complete
    return answered and connection.timeout_keep_alive_task is None


def _own_server() -> uvicorn.Server | None:
    """The server that runs this event loop: `self` of the coroutine `Server.serve`; None under another server."""
    for task in asyncio.all_tasks():
        frame = getattr(task.get_coro(), "cr_frame", None)
        owner = None if frame is None else frame.f_locals.get("self")
        if isinstance(owner, uvicorn.Server):
            return owner
    return None


def _listening_sockets() -> Iterator[socket.socket]:
    """The listening TCP sockets among the open files; none on systems that do not list them (Windows)."""
    if not _OPEN_FILES.is_dir():
        return
    for entry in list(_OPEN_FILES.iterdir()):
        with _borrowed(int(entry.name)) as candidate:
            if candidate is not None and _listens(candidate):
                yield candidate


@contextmanager
def _borrowed(descriptor: int) -> Iterator[socket.socket | None]:
    """The socket behind a descriptor, left open afterwards; None for anything that is not a socket."""
    try:
        borrowed = socket.socket(fileno=descriptor)
    except OSError:  # a file, a pipe, or the listing's own descriptor, closed by now
        yield None
        return
    try:
        yield borrowed
    finally:
        borrowed.detach()


def _listens(candidate: socket.socket) -> bool:
    over_tcp = candidate.family in (socket.AF_INET, socket.AF_INET6) and candidate.type == socket.SOCK_STREAM
    return over_tcp and bool(candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
