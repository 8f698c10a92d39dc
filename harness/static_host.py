"""A plain host of static files on 127.0.0.1, which has other people's pages beside ours: a folder below a sub-path."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SUB_PATH = "/people/one/"


@dataclass
class StaticHost:
    """Where the folder is, and what was asked for with its answer: paths from the server's root, statuses."""

    url: str
    answers: list[tuple[str, int]] = field(default_factory=list)


class _Handler(SimpleHTTPRequestHandler):
    """What is not below the sub-path is not there, not even a favicon."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: Any, host: StaticHost, **more: Any) -> None:
        self._host = host
        super().__init__(*arguments, **more)

    def translate_path(self, path: str) -> str:
        below = path.removeprefix(SUB_PATH)
        return super().translate_path(f"/{below}") if path.startswith(SUB_PATH) else "/nowhere"

    def log_request(self, code: Any = "-", size: Any = "-") -> None:  # noqa: ARG002
        self._host.answers.append((self.path, int(code)))

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        pass  # a page that closes while it loads is no error


@contextmanager
def static_host(folder: Path) -> Iterator[StaticHost]:
    """A running host of a folder's files."""
    host = StaticHost("")
    server = _Server(("127.0.0.1", 0), partial(_Handler, host=host, directory=str(folder)))
    host.url = f"http://127.0.0.1:{server.server_port}{SUB_PATH}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
