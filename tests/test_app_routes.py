"""What the web server hands out of the explorer's files, and what it keeps: asked over a real socket."""

import gzip
import http.client
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPMessage
from pathlib import Path
from typing import Any

import pytest

from serving.routes import explorer_application
from tests.run_folders import add_learned, add_run
from tests.serving_app import serving
from vae_core.checkpoint.layout import LOCK_FILE, MAP_FILE, METRICS_LINES, PICTURE_FILE, REQUEST_FILE, checkpoints_root
from vae_core.files import locked
from vae_core.runs.run import RunStatus, write_status

AddCheckpoint = Callable[..., Path]
COMPONENT = "/explorer/assets/component.0123456789ab.js"
WASM = "/explorer/assets/ort.0123456789ab.wasm"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    content: bytes

    def json(self) -> Any:
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.content)


@dataclass(frozen=True)
class Client:
    """Sends a path exactly as given, which well-meaning clients would tidy up first."""

    port: int

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self.ask("GET", path, headers)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving(explorer_application()) as port:
        yield Client(port)


def named_by_manifest(folder: Path, role: str) -> str:
    path: str = json.loads((folder / "explorer" / "manifest.json").read_text())["files"][role]["path"]
    return path


@pytest.mark.usefixtures("dist")
def test_browser_files_come_compressed_where_that_is_accepted(client: Client) -> None:
    plain = client.get(COMPONENT)
    compressed = client.get(COMPONENT, {"Accept-Encoding": "br, gzip"})
    assert plain.headers["content-encoding"] is None
    assert compressed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(compressed.content) == plain.content == b"export const mount = () => {};"
    assert plain.headers["vary"] == compressed.headers["vary"] == "Accept-Encoding"
    assert compressed.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br", "br"),
        ("*", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0, *", "gzip"),
        ("*;q=0, gzip;q=0.5", "gzip"),
        ("*;q=0", None),
        ("deflate", None),
    ],
)
def test_a_browser_file_comes_in_the_smallest_form_that_is_accepted(
    client: Client, dist: Path, accepted: str, coding: str | None
) -> None:
    brotli = dist / f"{Path(COMPONENT).name}.br"
    brotli.write_bytes(b"as brotli has it")
    answer = client.get(COMPONENT, {"Accept-Encoding": accepted})
    assert answer.headers["content-encoding"] == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert (answer.content == brotli.read_bytes()) == (coding == "br")
    head = client.ask("HEAD", COMPONENT, {"Accept-Encoding": accepted})
    assert head.headers["content-length"] == str(len(answer.content))
    part = client.get(COMPONENT, {"Accept-Encoding": accepted, "Range": "bytes=1-3"})
    assert (part.status, part.content) == (206, answer.content[1:4])
    known = {"Accept-Encoding": accepted, "If-None-Match": answer.headers["etag"]}
    again = client.get(COMPONENT, known)
    assert (again.status, again.headers["content-encoding"]) == (304, None)
    assert client.get(f"{COMPONENT}.br").status == 404


@pytest.mark.usefixtures("dist")
def test_a_browser_that_refuses_gzip_is_heard(client: Client) -> None:
    assert "content-encoding" not in client.get(COMPONENT, {"Accept-Encoding": "gzip;q=0, br"}).headers


@pytest.mark.usefixtures("dist")
def test_hashed_names_are_cached_for_ever(client: Client) -> None:
    answer = client.get(WASM)
    assert answer.content == b"\0asm" * 1000
    assert answer.headers["content-type"] == "application/wasm"
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize(
    "name", ["secret.txt", "assets.json", "component.0123456789ab.js.gz", "..%2Fsecret.txt", "%2e%2e/x"]
)
def test_unlisted_browser_files_are_not_served(client: Client, name: str) -> None:
    answer = client.get(f"/explorer/assets/{name}")
    assert answer.status == 404
    assert answer.json()["error"]


@pytest.mark.usefixtures("no_dist")
def test_an_unbuilt_browser_half_is_named_with_its_command(client: Client) -> None:
    answer = client.get(COMPONENT)
    assert answer.status == 404
    assert "make build" in answer.json()["error"]


def test_a_model_file_is_served_whole(client: Client, add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("small")
    decoder = named_by_manifest(folder, "decoder")
    answer = client.get(f"/explorer/models/small/{decoder}", {"Accept-Encoding": "gzip"})
    assert answer.content == (folder / "explorer" / decoder).read_bytes()
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert "content-encoding" not in answer.headers
    assert "immutable" in answer.headers["cache-control"]


def test_head_tells_the_size_and_sends_nothing(client: Client, add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("small")
    points = named_by_manifest(folder, "points")
    for name in (points, "manifest.json"):
        answer = client.ask("HEAD", f"/explorer/models/small/{name}")
        assert answer.status == 200
        assert answer.headers["content-length"] == str((folder / "explorer" / name).stat().st_size)
        assert answer.content == b""


def test_the_manifest_is_asked_for_anew_and_answered_briefly(client: Client, add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("small")
    address = "/explorer/models/small/manifest.json"
    first = client.get(address)
    assert first.headers["content-type"] == "application/json"
    assert first.headers["cache-control"] == "no-cache"
    known = {"If-None-Match": first.headers["etag"]}
    assert client.get(address, known).status == 304

    manifest = folder / "explorer" / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    again = client.get(address, known)
    assert again.status == 200
    assert again.headers["etag"] != first.headers["etag"]


@pytest.mark.usefixtures("dist")
def test_a_file_that_is_known_is_not_sent_again(client: Client, add_checkpoint: AddCheckpoint) -> None:
    decoder = named_by_manifest(add_checkpoint("small"), "decoder")
    for address, takes in (
        (f"/explorer/models/small/{decoder}", "identity"),
        (COMPONENT, "identity"),
        (COMPONENT, "gzip"),
        ("/explorer/models/small/manifest.json", "identity"),
    ):
        first = client.get(address, {"Accept-Encoding": takes})
        tag = first.headers["etag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = client.get(address, {"Accept-Encoding": takes, "If-None-Match": known})
            assert (again.status, again.content, again.headers["etag"]) == (304, b"", tag)
            assert again.headers["cache-control"] == first.headers["cache-control"]
            assert again.headers["vary"] == first.headers["vary"]
        assert client.get(address, {"Accept-Encoding": takes, "If-None-Match": '"other"'}).status == 200
    kinds = {takes: client.get(COMPONENT, {"Accept-Encoding": takes}).headers["etag"] for takes in ("identity", "gzip")}
    assert kinds["identity"] != kinds["gzip"], "one tag for two contents"


@pytest.mark.parametrize(
    "address",
    [
        "/explorer/models/small/unlisted.bin",
        "/explorer/models/small/../config.json",
        "/explorer/models/small/..%2Fconfig.json",
        "/explorer/models/small/%2e%2e/config.json",
        "/explorer/models/../small/manifest.json",
        "/explorer/models/%2e%2e/manifest.json",
        "/explorer/models/./manifest.json",
        "/explorer/models/absent/manifest.json",
        f"/explorer/models/{'x' * 300}/manifest.json",
        f"/explorer/models/{'%D1%8F' * 130}/manifest.json",
        f"/explorer/models/small/{'x' * 300}",
        f"/explorer/runs/{'x' * 300}/learned",
        f"/explorer/runs/{'x' * 300}/picture",
        "/explorer/models/%ff/manifest.json",
        "/explorer/models/small",
        "/explorer/models/",
        "/explorer/",
    ],
)
def test_everything_else_is_a_404_in_json(client: Client, add_checkpoint: AddCheckpoint, address: str) -> None:
    folder = add_checkpoint("small")
    (folder / "explorer" / "unlisted.bin").write_bytes(b"private")
    answer = client.get(address)
    assert answer.status == 404
    assert answer.json()["error"]
    assert len(answer.content) < 300
    assert str(folder.parent) not in answer.content.decode()


def test_other_methods_are_refused_in_json(client: Client, add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("small")
    answer = client.ask("POST", "/explorer/models/small/manifest.json")
    assert answer.status == 405
    assert answer.json()["error"]


def test_a_name_in_the_manifest_cannot_lead_out(client: Client, add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("small")
    manifest = folder / "explorer" / "manifest.json"
    content = json.loads(manifest.read_text())
    content["files"]["decoder"]["path"] = "../config.json"
    manifest.write_text(json.dumps(content))
    for name in ("../config.json", "..%2Fconfig.json", "config.json"):
        assert client.get(f"/explorer/models/small/{name}").status == 404


def test_symbolic_links_lead_nowhere(client: Client, add_checkpoint: AddCheckpoint, tmp_path: Path) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(b"private")
    linked_file = add_checkpoint("linked-file")
    decoder = named_by_manifest(linked_file, "decoder")
    (linked_file / "explorer" / decoder).unlink()
    (linked_file / "explorer" / decoder).symlink_to(secret)
    assert client.get(f"/explorer/models/linked-file/{decoder}").status == 404

    linked_folder = add_checkpoint("linked-folder")
    points = named_by_manifest(linked_folder, "points")
    (linked_folder / "explorer").rename(tmp_path / "elsewhere")
    (linked_folder / "explorer").symlink_to(tmp_path / "elsewhere")
    for name in ("manifest.json", points):
        assert client.get(f"/explorer/models/linked-folder/{name}").status == 404


@pytest.mark.parametrize("content", ["", "{", "[]", '{"files": []}', '{"files": {"decoder": {}}}', "\x00"])
def test_a_damaged_manifest_is_named(client: Client, add_checkpoint: AddCheckpoint, content: str) -> None:
    folder = add_checkpoint("small")
    (folder / "explorer" / "manifest.json").write_text(content)
    answer = client.get("/explorer/models/small/manifest.json")
    assert answer.status == 404
    assert answer.json()["error"].startswith("small/explorer/manifest.json: ")
    assert str(checkpoints_root()) not in answer.content.decode()


def test_the_runs_are_told_as_they_are_now(client: Client, checkpoints: Path) -> None:
    folder = add_learned(checkpoints)
    answer = client.get("/explorer/runs/now")
    assert answer.headers["cache-control"] == "no-store"
    (run,) = answer.json()
    assert (run["name"], run["state"], run["progress"]) == ("mine", "paused", 0.25)
    (folder / METRICS_LINES).write_text("")
    (changed,) = client.get("/explorer/runs/now").json()
    assert changed["change"] != run["change"]
    write_status(folder, RunStatus(state="paused", step=0, steps=40))
    (emptied,) = client.get("/explorer/runs/now").json()
    assert "keep" in run["actions"]
    assert "keep" not in emptied["actions"], "there is nothing left to keep"


def test_a_paused_run_can_go_on_at_once_even_while_its_process_is_on_its_way_out(
    client: Client, checkpoints: Path
) -> None:
    folder = add_run(checkpoints, "mine", "paused")
    with locked(folder / LOCK_FILE, 1.0):
        (ending,) = client.get("/explorer/runs/now").json()
    (gone,) = client.get("/explorer/runs/now").json()
    assert ending == gone
    assert "resume" in gone["actions"]


def test_what_a_run_has_learned_comes_as_curves_map_and_picture(client: Client, checkpoints: Path) -> None:
    add_learned(checkpoints)
    told = client.get("/explorer/runs/mine/learned").json()
    assert (told["epochs"], told["training"], told["validation"]) == ([1, 2], [-9.0, -7.0], None)
    assert (told["log_likelihood"], told["kl"], told["kl_per_dimension"]) == ([-7.0, -5.0], [2.0, 2.0], [2.0, 0.0])
    assert told["remark"] == "1 of 2 latent dimensions say nothing: the model does without them."
    assert told["map"] == {"positions": [[0.5, -1.0]], "labels": [3]}
    picture = client.get("/explorer/runs/mine/picture")
    assert (picture.content, picture.headers["content-type"]) == (b"a picture", "image/png")


def test_a_run_that_has_learned_nothing_yet_is_told_as_that(client: Client, checkpoints: Path) -> None:
    add_run(checkpoints, "mine", "queued")
    told = client.get("/explorer/runs/mine/learned").json()
    assert (told["epochs"], told["map"], told["pictured"], told["remark"]) == ([], None, False, None)
    assert client.get("/explorer/runs/mine/picture").status == 404


def test_one_bad_run_hurts_no_other(client: Client, checkpoints: Path) -> None:
    add_learned(checkpoints)
    bad = add_run(checkpoints, "bad", "paused")
    (bad / REQUEST_FILE).write_text("[" * 100_000 + "\n")
    assert [run["name"] for run in client.get("/explorer/runs/now").json()] == ["mine"]
    (bad / REQUEST_FILE).unlink()
    os.mkfifo(bad / REQUEST_FILE)
    assert [run["name"] for run in client.get("/explorer/runs/now").json()] == ["mine"]


@pytest.mark.parametrize("file", [METRICS_LINES, MAP_FILE])
def test_a_damaged_file_of_a_run_is_told(client: Client, checkpoints: Path, file: Path) -> None:
    (add_learned(checkpoints) / file).write_text("[" * 100_000 + "\n")
    answer = client.get("/explorer/runs/mine/learned")
    assert answer.status == 404
    assert "nested too deeply" in answer.json()["error"]


def test_a_picture_that_leads_elsewhere_is_none(client: Client, checkpoints: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"private")
    picture = add_learned(checkpoints) / PICTURE_FILE
    picture.unlink()
    picture.symlink_to(tmp_path / "secret")
    assert client.get("/explorer/runs/mine/picture").status == 404
    picture.unlink()
    os.mkfifo(picture)
    assert client.get("/explorer/runs/mine/picture").status == 404


@pytest.mark.parametrize("name", ["another", "..", "%2e%2e", "..%2f..", ".hidden", "mine%00"])
@pytest.mark.parametrize("what", ["learned", "picture"])
def test_no_other_folder_is_taken_for_a_run(client: Client, checkpoints: Path, name: str, what: str) -> None:
    add_learned(checkpoints)
    assert client.get(f"/explorer/runs/{name}/{what}").status == 404
