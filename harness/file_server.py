"""A server of files on 127.0.0.1 in this process, with the faults that servers and networks have."""

import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

MODIFIED = "Wed, 21 Oct 2015 07:28:00 GMT"
_RANGE = re.compile(r"bytes=(\d+)-$")
_CHUNK = 1 << 14  # bytes


@dataclass
class Served:
    """One request: what it asked for, and how much of a body it was sent."""

    path: str
    range: str | None
    if_range: str | None
    status: int = 0
    sent: int = 0


@dataclass
class FileServer:
    """Files by name and what goes wrong with them; `served` lists the requests in their order.

    Of the answers in turn, `cuts` says after how many bytes of the body the connection ends, and `holds` after how
    many it stands still until `release` is set, None for not at all; where these are used up, answers are whole.
    With `weak` the ETag promises less, and only the date MODIFIED says that a file is still the same.
    """

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    validators: bool = True
    weak: bool = False
    lengths: bool = True
    html: bool = False
    statuses: dict[str, int] = field(default_factory=dict)
    redirections: dict[str, str] = field(default_factory=dict)
    cuts: deque[int] = field(default_factory=deque)
    holds: deque[int | None] = field(default_factory=deque)
    release: threading.Event = field(default_factory=threading.Event)
    served: list[Served] = field(default_factory=list)

    @property
    def ranges_asked(self) -> list[str | None]:
        """The Range of each request."""
        return [one.range for one in self.served]

    @property
    def bytes_sent(self) -> list[int]:
        """The bytes of each answer's body."""
        return [one.sent for one in self.served]


class _Handler(BaseHTTPRequestHandler):
    files: FileServer

    def log_message(self, format: str, *_arguments: object) -> None:
        """Requests are not part of a test's output."""

    def do_GET(self) -> None:
        files, name = self.files, unquote(self.path).lstrip("/")
        one = Served(name, self.headers["Range"], self.headers["If-Range"])
        files.served.append(one)
        if target := files.redirections.get(name):
            self._start(one, 302, {"Location": target, "Content-Length": "0"})
            return
        status = files.statuses.get(name, 200 if name in files.files else 404)
        if status >= 400:
            self._start(one, status, {"Content-Length": "0"})
            return
        self._send_file(one, files.files[name])

    def _send_file(self, one: Served, content: bytes) -> None:
        files = self.files
        tag = MODIFIED if files.weak else f'"{sha256(content).hexdigest()[:16]}"'
        headers = {"Content-Type": "text/html; charset=utf-8" if files.html else "application/octet-stream"}
        if files.weak:
            headers |= {"ETag": 'W/"1"', "Last-Modified": MODIFIED}
        elif files.validators:
            headers["ETag"] = tag
        status, start, asked = 200, 0, _RANGE.match(one.range or "")
        if asked and files.ranges and one.if_range in (None, tag):
            start = int(asked[1])
            if start >= len(content):
                self._start(one, 416, {"Content-Range": f"bytes */{len(content)}", "Content-Length": "0"})
                return
            status = 206
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        if files.lengths:
            headers["Content-Length"] = str(len(content) - start)
        self._start(one, status, headers)
        try:
            self._send_body(one, content[start:])
        except ConnectionError:
            return  # whoever asked has gone

    def _send_body(self, one: Served, body: bytes) -> None:
        files = self.files
        end = min(files.cuts.popleft(), len(body)) if files.cuts else len(body)
        hold = files.holds.popleft() if files.holds else None
        if hold is not None:
            self._send_until(one, body, min(hold, end))
            files.release.wait()
        self._send_until(one, body, end)

    def _send_until(self, one: Served, body: bytes, end: int) -> None:
        while one.sent < end:
            block = body[one.sent : min(end, one.sent + _CHUNK)]
            one.sent += len(block)  # before: whoever asked may look as soon as the last of it has come
            self.wfile.write(block)

    def _start(self, one: Served, status: int, headers: dict[str, str]) -> None:
        one.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


@contextmanager
def file_server() -> Iterator[FileServer]:
    """A running server without files."""
    files = FileServer("")
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"files": files}))
    files.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield files
    finally:
        files.release.set()
        server.shutdown()
        thread.join()
        server.server_close()
