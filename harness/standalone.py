"""The explorer on a page of its own, without Streamlit: `explorer/standalone.html` from a file server."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from harness.server import ROOT

EXPLORER = ROOT / "explorer"
PAGE = "/explorer/standalone.html?model=/model/"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a page that closes while it loads is no error
            super().handle_error(request, client_address)


@contextmanager
def serving(model: Path, explorer: Path = EXPLORER, policy: str | None = None) -> Iterator[str]:
    """Serves explorer/ under /explorer/ and a model's explorer files under /model/; yields the address.

    Its explorer is at the address followed by `PAGE`. `policy` is the Content-Security-Policy of every answer.
    """
    folders = {"explorer": explorer, "model": model}

    class Handler(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def translate_path(self, path: str) -> str:
            _, root, *rest = path.split("?")[0].split("/")
            return str(folders.get(root, Path("/nowhere")).joinpath(*rest))

        def end_headers(self) -> None:
            if policy is not None:
                self.send_header("Content-Security-Policy", policy)
            super().end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
