"""What the server hands out of a model: our own ZIP, an ONNX pair, a folder for the hub, a site of several."""

import http.client
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.server import ROOT
from serving.routes import explorer_application
from tests.serving_app import serving
from vae_core.checkpoint.layout import write_config
from vae_core.checkpoint.provenance import DataDescription
from vae_core.config import ModelConfig, TrainConfig
from vae_core.sharing import static_site

NAMES = ("digits-2d", "sprites 8")
MODELS = "/explorer/models"


@pytest.fixture
def port(checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server of two models with maps and one without, the browser half a stand-in."""
    shutil.copytree(ROOT / "checkpoints" / "digits-2d", checkpoints / NAMES[0])
    shutil.copytree(ROOT / "checkpoints" / "digits-2d", checkpoints / NAMES[1])
    own = TrainConfig(data="/home/me/private/cats")
    write_config(checkpoints / "bare", ModelConfig(), own, DataDescription(name="cats", fingerprint="0" * 64, images=3))
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text("<!doctype html>")
    listing = {"page": {"index.html": "index.html"}, "onnxruntime": {}}
    (tmp_path / "dist" / "site.json").write_text(json.dumps(listing))
    monkeypatch.setattr(static_site, "BUILT", tmp_path / "dist")
    with serving(explorer_application()) as port:
        yield port


def get(port: int, path: str) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Disposition", ""), answer.read()
    finally:
        connection.close()


def names_in(content: bytes) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return set(archive.namelist())


def test_each_form_is_one_zip(port: int) -> None:
    status, title, content = get(port, f"{MODELS}/sprites%208/download")
    assert (status, title) == (200, "attachment; filename*=UTF-8''sprites%208.zip")
    assert {"sprites 8/config.json", "sprites 8/model.safetensors"} <= names_in(content)
    status, title, content = get(port, f"{MODELS}/digits-2d/download/onnx")
    assert (status, title) == (200, "attachment; filename*=UTF-8''digits-2d-onnx.zip")
    assert names_in(content) == {f"digits-2d-onnx/{name}" for name in ("decoder.onnx", "encoder.onnx", "model.json")}
    status, _, content = get(port, f"{MODELS}/digits-2d/download/huggingface")
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("digits-2d/README.md").startswith(b"---\nlibrary_name: latent-explorer\n")


def test_a_site_is_of_all_models_that_are_named(port: int) -> None:
    status, title, content = get(port, "/explorer/site?model=digits-2d&model=sprites%208")
    assert (status, title) == (200, "attachment; filename*=UTF-8''site.zip")
    found = names_in(content)
    assert {"site/index.html", "site/models.json", "site/models/digits-2d/manifest.json"} <= found
    assert "site/models/sprites 8/manifest.json" in found
    assert get(port, "/explorer/site?model=digits-2d")[1].endswith("digits-2d-site.zip")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        (f"{MODELS}/digits-2d/download/pickle", 404, b"onnx, huggingface"),
        (f"{MODELS}/gone/download/onnx", 404, b"gone"),
        (f"{MODELS}/bare/download/onnx", 404, b"no map yet"),
        ("/explorer/site", 422, b"?model=NAME"),
        ("/explorer/site?model=bare", 404, b"no map yet"),
        ("/explorer/site?model=gone", 404, b"gone"),
    ],
)
def test_what_cannot_be_given_is_said(path: str, status: int, words: bytes, port: int) -> None:
    found, _, content = get(port, path)
    assert found == status
    assert words in content


def test_no_place_on_this_machine_is_given_away(port: int) -> None:
    content = get(port, f"{MODELS}/bare/download")[2]
    assert b'"data": "cats"' in content
    assert b"/home/me" not in content


def test_a_public_demo_hands_out_our_own_zip_alone(checkpoints: Path) -> None:
    shutil.copytree(ROOT / "checkpoints" / "digits-2d", checkpoints / "digits-2d")
    with serving(explorer_application(public=True)) as port:
        assert get(port, f"{MODELS}/digits-2d/download")[0] == 200
        assert get(port, f"{MODELS}/digits-2d/download/onnx")[0] == 404
        assert get(port, "/explorer/site?model=digits-2d")[0] == 404
