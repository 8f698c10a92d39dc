"""What the tests share: checkpoint folders made by hand, the app's own server and a Chromium."""

import gzip
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness.chromium import find_chromium, launched_chromium
from harness.firefox import find_firefox
from harness.server import Server, running_server
from harness.webkit import find_webkit
from serving import public_files
from tests.run_folders import discard_all
from vae_core.checkpoint.layout import write_config
from vae_core.checkpoint.provenance import DataDescription
from vae_core.config import ModelConfig, TrainConfig
from vae_core.runs.run import list_runs
from vae_core.speed import keep_speed, typical_speed

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before any test imports onnxruntime: see vae_core.onnx_graphs.runtime

AddCheckpoint = Callable[..., Path]
DISCARD_LIMIT = 60.0  # seconds; a busy machine takes many times what a quiet one does


def pytest_report_header() -> str:
    """Which browsers this session walks through."""
    found = {"Chromium": find_chromium(), "Firefox": find_firefox(), "WebKit": find_webkit()}
    return "browsers: " + ", ".join(f"{name} {path or 'not found'}" for name, path in found.items())


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests decode is not kept among what the person at this machine has decoded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoints folder without models that the software reads in place of the shipped one.

    The machine's speed is known there, so that no page measures it.
    """
    root = tmp_path / "checkpoints"
    root.mkdir()
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(root))
    keep_speed(typical_speed())
    return root


@pytest.fixture
def root(checkpoints: Path) -> Iterator[Path]:
    """An empty checkpoints folder for training runs; whatever still runs there at the end is discarded."""
    yield checkpoints
    discard_all(checkpoints)
    deadline = time.monotonic() + DISCARD_LIMIT
    while any(run.alive for run in list_runs(checkpoints)):
        assert time.monotonic() < deadline, "a discarded run is still at work"
        time.sleep(0.05)


@pytest.fixture
def add_checkpoint(checkpoints: Path) -> AddCheckpoint:
    """Writes a checkpoint's settings and explorer files by hand: all that server and pages read."""

    def add(name: str, *, metrics: dict[str, Any] | None = None, explorer: bool = True) -> Path:
        folder = checkpoints / name
        write_config(
            folder,
            ModelConfig(likelihood="bernoulli"),
            TrainConfig(data="mnist", epochs=3),
            DataDescription(name="mnist", fingerprint="0" * 64, images=3, class_names=("0", "1")),
        )
        if metrics is not None:
            (folder / "metrics.json").write_text(json.dumps(metrics))
        if explorer:
            write_explorer_files(folder / "explorer", name)
        return folder

    return add


def write_explorer_files(folder: Path, name: str) -> None:
    """A map of three points under a valid manifest; the graphs and the thumbnails are arbitrary bytes."""
    folder.mkdir()
    files: dict[str, Any] = {}

    def add(role: str, extension: str, content: bytes, **described: Any) -> None:
        digest = hashlib.sha256(content).hexdigest()
        path = f"{role}.{digest[:12]}.{extension}"
        (folder / path).write_bytes(content)
        file = {"path": path, "bytes": len(content), "sha256": digest, **described}
        files[role] = [*files.get(role, []), file] if role == "thumbnails" else file

    for role in ("decoder", "encoder"):
        add(role, "onnx", f"{role} of {name}".encode() * 400)
    add("points", "f32", bytes(24), dtype="float32", shape=[3, 2])
    add("latents", "f16", bytes(96), dtype="float16", shape=[3, 16])
    add("labels", "u8", bytes([0, 1, 1]), dtype="uint8", shape=[3])
    add("kl", "f16", bytes(6), dtype="float16", shape=[3])
    add("reconstruction_error", "f16", bytes(6), dtype="float16", shape=[3])
    for sheet in (b"thumbnails", b"more thumbnails"):
        add("thumbnails", "webp", sheet, tile=28, columns=2, rows=1)
    manifest = {
        "format": 1,
        "name": name,
        "model": {
            "network": "conv",
            "posterior": "diagonal",
            "likelihood": "bernoulli",
            "variance": None,
            "latent_dim": 16,
            "image_size": 28,
            "channels": 1,
        },
        "data": {
            "name": "mnist",
            "split": "train",
            "class_names": ["0", "1"],
            "fingerprint": "0" * 64,
            "framing": "mass",
            "background": 0.0,
            "ground": "white",
            "levels": [0, 255],
            "whole_levels": [0, 65535],
            "binarised": False,
        },
        "map": {
            "method": "pca",
            "axes": None,
            "count": 3,
            "total": 3,
            "sampled": False,
            "bounds": [-1.0, -1.0, 1.0, 1.0],
            "trustworthiness": 1.0,
            "round_trip_error": 0.0,
            "start": 0,
            "start_latent": [0.0] * 16,
            "start_position": [0.0, 0.0],
            "class_counts": [1, 2],
        },
        "latent": {
            "mean": [0.0] * 16,
            "standard_deviation": [1.0] * 16,
            "kl_per_dimension": [1.0] * 16,
            "order": list(range(16)),
            "active": [True] * 16,
        },
        "files": files,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the built browser half: a component with a ready-made .gz, and a .wasm without one."""
    folder = tmp_path / "dist"
    folder.mkdir()
    listing = {"component": "component.0123456789ab.js", "wasm": "ort.0123456789ab.wasm"}
    (folder / "assets.json").write_text(json.dumps(listing))
    (folder / listing["component"]).write_text("export const mount = () => {};")
    (folder / f"{listing['component']}.gz").write_bytes(gzip.compress(b"export const mount = () => {};"))
    (folder / listing["wasm"]).write_bytes(b"\0asm" * 1000)
    (folder / "secret.txt").write_text("not listed")
    monkeypatch.setattr(public_files, "DIST", folder)
    return folder


@pytest.fixture
def no_dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place where the browser half has not been built."""
    monkeypatch.setattr(public_files, "DIST", tmp_path / "nowhere")


@pytest.fixture(scope="session")
def app_server() -> Iterator[Server]:
    """The app itself on the shipped checkpoints, in a process of its own."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium; for a module only, since Playwright occupies the thread's event loop meanwhile."""
    with launched_chromium() as browser:
        yield browser
