"""What the server hands out of a model beside its explorer files: its samples, drawn once, and itself as a ZIP."""

import http.client
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from http.client import HTTPMessage
from pathlib import Path

import pytest

from serving.routes import explorer_application
from serving.workshop import Workshop
from tests.serving_app import serving
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.explorer_files.explorer_folder import read_manifest

AddCheckpoint = Callable[..., Path]

# Draws into the folder what it was asked for, unless the folder has a file that says it cannot; counts in a third.
DESK = """
import json, pathlib, sys
for line in sys.stdin:
    order = json.loads(line)
    folder = pathlib.Path(order["folder"])
    with (folder.parent / "asked").open("a") as asked:
        asked.write(order["what"] + " " + folder.name + "\\n")
    if (folder / "undrawable").exists():
        print(json.dumps({"error": "it draws nothing"}), flush=True)
    else:
        (folder / "samples.webp").write_bytes(b"drawn")
        print(json.dumps({"result": {}}), flush=True)
"""


def get(port: int, path: str) -> tuple[int, HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", f"/explorer/models/{path}")
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(explorer_application(Workshop((sys.executable, "-c", DESK)))) as port:
        yield port


def test_samples_are_kept_by_browsers_under_the_address_of_their_version(
    port: int, add_checkpoint: AddCheckpoint
) -> None:
    (add_checkpoint("my model") / "samples.webp").write_bytes(b"a picture")
    status, headers, content = get(port, "my%20model/samples.webp?v=1-2")
    assert (status, headers["content-type"], content) == (200, "image/webp", b"a picture")
    assert "immutable" in headers["cache-control"]
    assert get(port, "my%20model/samples.webp")[1]["cache-control"] == "no-cache"


def test_a_model_without_samples_has_them_drawn_once(
    port: int, add_checkpoint: AddCheckpoint, checkpoints: Path
) -> None:
    add_checkpoint("one", explorer=False)
    for _ in range(2):
        status, _, content = get(port, "one/samples.webp")
        assert (status, content) == (200, b"drawn")
    assert (checkpoints / "asked").read_text() == "samples one\n"


def test_what_cannot_be_drawn_is_asked_for_once_for_its_weights(
    port: int, add_checkpoint: AddCheckpoint, checkpoints: Path
) -> None:
    folder = add_checkpoint("one")
    (folder / "undrawable").touch()
    for _ in range(2):
        status, _, content = get(port, "one/samples.webp")
        assert (status, json.loads(content)) == (404, {"error": "one has no picture of samples"})
    assert (checkpoints / "asked").read_text() == "samples one\n"
    (folder / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    (folder / "undrawable").unlink()
    assert get(port, "one/samples.webp")[0] == 200


def test_a_link_in_place_of_samples_leads_nowhere(port: int, add_checkpoint: AddCheckpoint, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = add_checkpoint("one")
    (folder / "undrawable").touch()
    (folder / "samples.webp").symlink_to(tmp_path / "secret")
    assert get(port, "one/samples.webp")[0] == 404


@pytest.mark.parametrize("path", ["gone/samples.webp", "gone/download", "..%2fone/download", ".trash/download"])
def test_of_what_is_no_model_there_is_nothing(path: str, port: int, add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one")
    status, headers, content = get(port, path)
    assert (status, headers["content-type"]) == (404, "application/json")
    assert json.loads(content)["error"]


def test_a_public_demo_draws_nothing_and_hands_out_models(add_checkpoint: AddCheckpoint, checkpoints: Path) -> None:
    add_checkpoint("one")
    with serving(explorer_application(Workshop((sys.executable, "-c", DESK)), public=True)) as port:
        assert get(port, "one/samples.webp")[0] == 404
        assert get(port, "one/download")[0] == 200
    assert not (checkpoints / "asked").exists()


def test_a_download_is_the_model_and_nothing_of_this_machine(
    port: int, add_checkpoint: AddCheckpoint, tmp_path: Path
) -> None:
    folder = add_checkpoint("my model", metrics={"elbo": -9.0})
    (folder / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}" * 1)
    (folder / "samples.webp").write_bytes(b"a picture")
    (folder / "about.json").write_text('{"title": "Mine"}')
    (folder / "explorer" / "unlisted").write_bytes(b"secret")
    (folder / "training").mkdir()
    (folder / "training" / "log.txt").write_text("secret")
    content = json.loads((folder / "config.json").read_text())
    content["training"]["data"] = "/home/secret/pictures.zip"
    (folder / "config.json").write_text(json.dumps(content))
    status, headers, sent = get(port, "my%20model/download")
    assert (status, headers["content-type"]) == (200, "application/zip")
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''my%20model.zip"
    assert b"secret" not in sent
    with zipfile.ZipFile(io.BytesIO(sent)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "taken")
    taken = tmp_path / "taken" / "my model"
    assert {path.name for path in (tmp_path / "taken").iterdir()} == {"my model"}
    summary = read_checkpoint(taken)
    assert (summary.title, summary.figure("elbo"), summary.training.data) == ("Mine", -9.0, "pictures.zip")
    assert read_manifest(taken / "explorer").name == "my model"
    for path in taken.rglob("*"):
        if path.is_file() and path.name != "config.json":
            assert path.read_bytes() == (folder / path.relative_to(taken)).read_bytes()
    assert {"model.safetensors", "samples.webp"} <= {path.name for path in taken.iterdir()}


def test_a_damaged_model_is_refused_before_anything_is_sent(port: int, add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("one")
    next((folder / "explorer").glob("decoder.*")).unlink()
    status, headers, content = get(port, "one/download")
    assert (status, headers["content-type"]) == (404, "application/json")
    assert "decoder file is missing" in json.loads(content)["error"]
