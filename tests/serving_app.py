"""An ASGI application behind a real socket, in a thread of the test's own process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from harness.server import free_port


@contextmanager
def serving(application: Any) -> Iterator[int]:
    """The port of 127.0.0.1 on which the application answers."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(application, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join()
