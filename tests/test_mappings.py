"""A map drawn anew by a process of its own: it takes the old one's place when it is done, can be stopped, and tells."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from serving.mappings import Mappings
from tests.browser.model import make_model
from vae_core.checkpoint.layout import LOCK_FILE, SAMPLES_FILE
from vae_core.collection.changes import delete
from vae_core.errors import TrainingError
from vae_core.explorer_files.explorer_folder import check_contents
from vae_core.files import locked

LIMIT = 300.0  # seconds; a busy machine takes many times what a quiet one does


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints") / "digits"
    make_model(folder)
    return folder


def wait_until(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_a_map_takes_the_old_ones_place_with_samples_and_the_model_stays_meanwhile(folder: Path) -> None:
    before = check_contents(folder / "explorer")
    assert before.map.method == "umap"
    mappings = Mappings()
    mapping = mappings.start(folder, "pca")
    assert mappings.start(folder, "pca") is mapping, "one for all who ask"
    wait_until(lambda: mapping.progress.stage == "Fitting the prior", "the images were not read")
    assert mappings.of(folder) is mapping
    with pytest.raises(TrainingError, match="digits is in use"):
        delete(folder)
    assert mapping.wait(LIMIT)
    assert (mapping.problem, mapping.stopped) == (None, False)
    assert mappings.of(folder) is None, "there is nothing to tell any more"
    assert check_contents(folder / "explorer").map.method == "pca"
    assert (folder / SAMPLES_FILE).exists()


def test_one_that_is_stopped_leaves_the_map_as_it_was(folder: Path) -> None:
    manifest = (folder / "explorer" / "manifest.json").read_bytes()
    mappings = Mappings()
    mapping = mappings.start(folder, "umap")
    wait_until(lambda: mapping.progress.stage != "Opening the model", "nothing was begun")
    mapping.stop()
    assert mapping.wait(LIMIT)
    assert (mapping.problem, mappings.of(folder)) == (None, None)
    assert (folder / "explorer" / "manifest.json").read_bytes() == manifest
    check_contents(folder / "explorer")
    with locked(folder / LOCK_FILE) as free:
        assert free


@pytest.fixture
def failed(folder: Path, tmp_path: Path) -> tuple[Path, Mappings]:
    """A model whose images are gone, and what has been told of it."""
    content = json.loads((folder / "config.json").read_text())
    content["training"]["data"] = str(tmp_path / "gone.zip")
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text(json.dumps(content))
    mappings = Mappings()
    mapping = mappings.start(other, None)
    assert mapping.wait(LIMIT)
    assert mapping.problem is not None
    assert "gone.zip" in mapping.problem
    assert mappings.of(other) is mapping
    return other, mappings


def test_why_there_is_no_map_is_told_until_it_was_seen(failed: tuple[Path, Mappings]) -> None:
    other, mappings = failed
    mappings.forget(other)
    assert mappings.of(other) is None


@pytest.mark.parametrize("name", ["config.json", "explorer/manifest.json"])
def test_why_there_was_no_map_is_not_told_of_another_model_nor_beside_a_map(
    failed: tuple[Path, Mappings], folder: Path, name: str
) -> None:
    """Of the same name, trained where the first was deleted; or drawn by the command line meanwhile."""
    other, mappings = failed
    (other / name).unlink(missing_ok=True)
    (other / name).parent.mkdir(exist_ok=True)
    shutil.copy(folder / name, other / name)
    assert mappings.of(other) is None


def test_one_that_is_stopped_while_it_waits_is_gone_at_once_and_can_be_asked_for_again(
    folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    make_model(other)
    mappings = Mappings()
    first = mappings.start(folder, "umap")
    wait_until(lambda: first.progress.stage != "Waiting for other maps", "nothing was begun")
    waiting = mappings.start(other, "pca")
    waiting.stop()
    assert waiting.done
    assert mappings.of(other) is None, "there is nothing to tell"
    again = mappings.start(other, "pca")
    assert again is not waiting
    first.stop()
    assert again.wait(LIMIT)
    assert (again.problem, again.stopped, waiting.answer) == (None, False, {})
    assert check_contents(other / "explorer").map.method == "pca"
