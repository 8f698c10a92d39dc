"""Models out of a Hugging Face repository, from a small hub on this machine."""

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.made_models import write_decoder, write_encoder
from tests.shipped_models import MODELS
from vae_core.checkpoint.card import kept_sentence, write_card
from vae_core.errors import ImportingError
from vae_core.imports import hub
from vae_core.imports.description import Description
from vae_core.imports.hub import fetched, is_repository
from vae_core.imports.recognition import examine

SHA = "0123456789012345678901234567890123456789"


class SmallHub(BaseHTTPRequestHandler):
    """One repository, `someone/vae`, of the files in `folder`."""

    folder: Path
    asked: list[str]

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self, body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        self.asked.append(f"{self.command} {path}")
        files = {str(file.relative_to(self.folder)): file for file in self.folder.rglob("*") if file.is_file()}
        api, resolve = "/api/models/someone/vae", f"/someone/vae/resolve/{SHA}/"
        if path in (api, f"{api}/revision/{SHA}"):
            siblings = [{"rfilename": name, "size": file.stat().st_size} for name, file in files.items()]
            self._send(json.dumps({"id": "someone/vae", "sha": SHA, "siblings": siblings}).encode(), body)
        elif path.startswith(f"{api}/tree/{SHA}"):
            tree = [
                {"type": "file", "path": name, "size": file.stat().st_size, "oid": SHA} for name, file in files.items()
            ]
            self._send(json.dumps(tree).encode(), body)
        elif path.startswith(resolve) and path.removeprefix(resolve) in files:
            content = files[path.removeprefix(resolve)].read_bytes()
            self._send(content, body, {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": SHA})
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _send(self, content: bytes, body: bool, headers: dict[str, str] | None = None) -> None:
        self.send_response(200)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "served"
    folder.mkdir()
    served = type("Served", (SmallHub,), {"folder": folder, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), served)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield folder
    server.shutdown()
    server.server_close()
    thread.join()


def test_which_sources_are_repositories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert is_repository("someone/vae-2.0_small")
    others = ("vae", "a/b/c", "./a/b", "/a/b", "../b", "a b/c", "a/", Path("someone/vae"))
    assert not any(is_repository(other) for other in others)
    (tmp_path / "someone").mkdir()
    (tmp_path / "someone" / "vae").mkdir()
    assert not is_repository("someone/vae")


def test_a_repository_of_onnx_files(repository: Path, tmp_path: Path) -> None:
    write_encoder(write_decoder(repository))
    (repository / "train.py").write_text("raise SystemExit")
    folder = fetched("someone/vae", tmp_path / "work")
    assert sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) == [
        "decoder.onnx",
        "encoder.onnx",
    ]
    found = examine(folder, Description(), tmp_path / "looked")
    assert (found.title, found.encoder) == ("vae", "mean and variance")


def test_a_repository_of_a_checkpoint_of_ours_comes_with_its_card(repository: Path, tmp_path: Path) -> None:
    shutil.copytree(MODELS / "digits-2d", repository, dirs_exist_ok=True)
    write_card(repository, to_know="Images blur.")
    found = examine(fetched("someone/vae", tmp_path / "work"), Description(), tmp_path / "looked")
    assert found.folder is not None
    assert kept_sentence(found.folder) == "Images blur."


def test_no_such_repository(repository: Path, tmp_path: Path) -> None:
    assert repository.is_dir()
    with pytest.raises(ImportingError, match=r"no such file or folder here, and no such repository on Hugging"):
        fetched("someone/else", tmp_path / "work")


def test_too_large_a_repository(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_decoder(repository)
    monkeypatch.setattr(hub, "LARGEST_REPOSITORY", 100)
    with pytest.raises(ImportingError, match="more than the limit"):
        fetched("someone/vae", tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_a_hub_that_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ImportingError, match=r"no such file or folder here, .* be fetched .* Download its files"):
        fetched("someone/vae", tmp_path / "work")
