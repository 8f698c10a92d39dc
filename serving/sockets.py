"""Answers without delay: the socket of `streamlit run` makes small packets wait for the browser's last ACK.

asyncio turns Nagle's algorithm off only on sockets that were opened with an explicit protocol number, which
Streamlit's is not; each HTTP answer then takes some 40 ms more. Accepted connections inherit the option of
the listening socket.
"""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from serving.run_routes import go_on_in_background

_OPEN_FILES = Path("/dev/fd")


@asynccontextmanager
async def without_nagle(_app: object) -> AsyncIterator[None]:
    """Lifespan of the app: sets TCP_NODELAY on the listening TCP sockets before the first answer; runs go on."""
    for listener in _listening_sockets():
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    go_on_in_background()
    yield


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
