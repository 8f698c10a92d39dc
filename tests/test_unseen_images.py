"""Test images that a model's server hands out: the data's own, the same for all models of them, and never fetched."""

import base64
import http.client
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import numpy as np
import pytest
import torch
from starlette.requests import Request

from serving.routes import explorer_application
from serving.unseen_images import NOBODY_WAITS, UNSEEN
from serving.unseen_images import test_images as images_route
from tests.serving_app import serving
from vae_core.collection.unseen import unseen_images
from vae_core.data.dataset import load_dataset
from vae_core.errors import DatasetError

AddCheckpoint = Callable[..., Path]
SHIPPED = Path(__file__).resolve().parents[1] / "checkpoints" / "digits-2d"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(explorer_application()) as port:
        yield port


def get(port: int, name: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("GET", f"/explorer/models/{name}/test-images")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_who_has_left_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch, add_checkpoint: AddCheckpoint) -> None:
    """However many have asked for what takes its time."""
    add_checkpoint("slow")
    never = SimpleNamespace(done=False)
    monkeypatch.setattr(UNSEEN, "of", lambda _folder: never)

    async def left() -> dict[str, str]:
        return {"type": "http.disconnect"}

    request = Request({"type": "http", "path_params": {"name": "slow"}}, left)
    assert anyio.run(images_route, request).status_code == NOBODY_WAITS


def test_they_are_of_the_test_split_and_of_many_classes() -> None:
    told = unseen_images(SHIPPED)
    test = load_dataset("digits", "test")
    pixels = np.frombuffer(base64.b64decode(told["pixels"]), np.uint8).reshape(8, 1, 8, 8)
    np.testing.assert_array_equal(pixels, test.images[told["numbers"]])
    assert told["labels"] == [test.class_names[label] for label in test.labels[told["numbers"]].tolist()]
    assert len(set(told["labels"])) >= 7
    assert told["labels"] == sorted(told["labels"])
    assert told == unseen_images(SHIPPED)


def test_of_a_model_of_binarised_images_they_are_binarised(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "model", ignore=shutil.ignore_patterns("training"))
    config = json.loads((SHIPPED / "config.json").read_text())
    config["model"] |= {"likelihood": "bernoulli", "variance": None}
    config["training"]["binarise"] = "dynamic"
    (tmp_path / "model" / "config.json").write_text(json.dumps(config))
    told = unseen_images(tmp_path / "model")
    pixels = np.frombuffer(base64.b64decode(told["pixels"]), np.uint8).reshape(8, 1, 8, 8)
    test = replace(load_dataset("digits", "test"), is_binarised=True)
    np.testing.assert_array_equal(pixels, test.batch(torch.tensor(told["numbers"])).numpy() * 255)
    assert set(np.unique(pixels)) == {0, 255}


def test_images_that_are_not_here_are_not_fetched(add_checkpoint: AddCheckpoint, tmp_path: Path) -> None:
    folder = add_checkpoint("one")
    config = json.loads((folder / "config.json").read_text())
    for data in ("celeba", str(tmp_path / "gone")):
        config["training"]["data"] = data
        (folder / "config.json").write_text(json.dumps(config))
        with pytest.raises(DatasetError, match="these images are not on this machine"):
            unseen_images(folder)


def test_a_server_reads_them_once(port: int, checkpoints: Path) -> None:
    shutil.copytree(SHIPPED, checkpoints / "digits", ignore=shutil.ignore_patterns("training"))
    status, told = get(port, "digits")
    assert (status, len(told["numbers"])) == (200, 8)
    work = UNSEEN.of(checkpoints / "digits")
    assert get(port, "digits") == (200, told)
    assert UNSEEN.of(checkpoints / "digits") is work


def test_what_cannot_be_read_is_said_without_places(port: int, add_checkpoint: AddCheckpoint, tmp_path: Path) -> None:
    folder = add_checkpoint("one")
    config = json.loads((folder / "config.json").read_text())
    config["training"]["data"] = str(tmp_path / "gone")
    (folder / "config.json").write_text(json.dumps(config))
    assert get(port, "one") == (404, {"error": "mnist: these images are not on this machine."})
    assert get(port, "nobody")[0] == 404
