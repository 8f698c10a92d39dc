"""A small Hugging Face hub that can be written to; its one owner is somebody, who has one token."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_of_somebody"
Answer = dict[str, Any]


class WritableHub(BaseHTTPRequestHandler):
    """Repositories by name, each its files by name; weights go by way of large files where `large` says so."""

    repositories: dict[str, dict[str, bytes]]
    private: dict[str, bool]
    library: str | None
    stored: dict[str, bytes]
    large: bool

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        name = unquote(urlsplit(self.path).path).removeprefix("/api/models/")
        if (files := self.repositories.get(name)) is None:
            self._send(404, {"error": "not found"}, {"X-Error-Code": "RepoNotFound"})
            return
        siblings = [{"rfilename": file} for file in files]
        self._send(200, {"id": name, "siblings": siblings, "library_name": self.library})

    def do_PUT(self) -> None:
        content = self._body()
        self.stored[hashlib.sha256(content).hexdigest()] = content
        self._send(200, {})

    def do_POST(self) -> None:
        path, content = unquote(urlsplit(self.path).path), self._body()
        if path == "/api/validate-yaml":
            known = b"license: no-such-licence" not in content
            wrong = [] if known else [{"message": '"license" must be one of [apache-2.0, mit]'}]
            self._send(200 if known else 400, {"errors": wrong, "warnings": []})
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._send(401, {"error": "Invalid user token."})
        elif path == "/api/repos/create":
            self._create(json.loads(content))
        elif "/preupload/" in path:
            mode = "lfs" if self.large else "regular"
            names = [file["path"] for file in json.loads(content)["files"]]
            modes = {name: mode if name.endswith(".safetensors") else "regular" for name in names}
            files = [{"path": name, "uploadMode": modes[name], "shouldIgnore": False} for name in names]
            self._send(200, {"files": files})
        elif path.endswith("/info/lfs/objects/batch"):
            wanted = json.loads(content)["objects"]
            place = f"http://{self.headers['Host']}/store"
            objects = [{**one, "actions": {"upload": {"href": place}}} for one in wanted]
            self._send(200, {"transfer": "basic", "objects": objects})
        elif "/commit/" in path:
            self._commit(path.removeprefix("/api/models/").split("/commit/")[0], content)
        else:
            self._send(404, {"error": "not found"})

    def _create(self, wish: Answer) -> None:
        name = f"{wish.get('organization') or 'somebody'}/{wish['name']}"
        if not name.startswith("somebody/"):
            self._send(403, {"error": "You don't have the rights to create a model under this namespace"})
        elif name in self.repositories:
            self._send(409, {"error": "You already created this model repo", "url": f"/{name}"})
        else:
            self.repositories[name] = {".gitattributes": b""}
            self.private[name] = wish.get("private") or wish.get("visibility") == "private"
            self._send(200, {"url": f"http://{self.headers['Host']}/{name}", "name": name})

    def _commit(self, name: str, content: bytes) -> None:
        files = self.repositories[name]
        for line in map(json.loads, content.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.stored[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        self._send(200, {"commitUrl": f"http://{self.headers['Host']}/{name}/commit/1", "commitOid": "1" * 40})

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, status: int, answer: Answer, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def writable_hub() -> Iterator[tuple[type[WritableHub], str]]:
    """A hub with nothing in it, and its address."""
    state: Answer = {"repositories": {}, "private": {}, "library": None, "stored": {}, "large": False}
    served = type("Served", (WritableHub,), state)
    server = ThreadingHTTPServer(("127.0.0.1", 0), served)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield served, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
