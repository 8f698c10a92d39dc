"""Data sets that are not on the machine: offered with their size, downloaded on request alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from torchvision import datasets as vision

from harness.file_server import FileServer, file_server
from tests.offered_data import offer_mnist
from tests.train_pages import open_page, written
from vae_core.data.named import locations

BUTTON = "Download 12 MB"


@pytest.fixture(autouse=True)
def _machine_without_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkpoints: Path) -> None:  # noqa: ARG001
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LATENT_EXPLORER_DATA", raising=False)
    monkeypatch.setattr(locations, "SYSTEM_FOLDER", tmp_path / "system")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as files:
        yield files


def choose(name: str) -> AppTest:
    app = open_page()
    app.selectbox(key="set").select(name).run()
    assert not app.exception
    return app


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_choosing_downloads_nothing_until_a_button_is_pressed(
    server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_mnist(server, monkeypatch)
    app = choose("mnist")
    assert BUTTON in labels(app)
    assert "Start training" not in labels(app)
    assert "Not on this machine yet" in written(app)
    assert server.served == []
    next(button for button in app.button if button.label == BUTTON).click().run()
    assert not app.exception
    assert server.served
    assert "28 × 28 px, grey, 10 classes" in written(app)
    assert "Start training" in labels(app)


def test_what_cannot_be_downloaded_is_said_and_the_button_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vision.MNIST, "mirrors", ["http://127.0.0.1:1/"])
    app = choose("mnist")
    next(button for button in app.button if button.label == BUTTON).click().run()
    assert not app.exception
    assert "mnist is not on this machine" in app.error[0].value
    app.run()
    assert BUTTON in labels(app)


def test_what_needs_a_package_that_is_not_there_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locations, "find_spec", lambda _package: None)
    offered = open_page().selectbox(key="set")
    assert "MNIST" in offered.options
    assert "CelebA" not in offered.options
    assert "gdown" in offered.help
