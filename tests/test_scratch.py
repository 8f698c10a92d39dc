"""Temporary folders: gone with whoever made them, and removed by the next one where that was killed."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving import run_routes
from serving.bringings import Bringing
from vae_core.scratch import LOCK, PREFIX, Scratch, sweep_scratch

MAKES_ONE = "import sys; from vae_core.scratch import Scratch; it = Scratch(); print(it.folder, flush=True); input()"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files lie."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return place


@pytest.fixture
def other() -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Another process, and its folder with something in it."""
    command = [sys.executable, "-c", MAKES_ONE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().decode().strip())
        (folder / "handed in").mkdir()
        (folder / "handed in" / "model.onnx").write_bytes(b"large")
        yield process, folder
        process.kill()


@pytest.mark.parametrize("next_one", [sweep_scratch, Scratch, run_routes._go_on])
@pytest.mark.usefixtures("checkpoints")
def test_what_a_killed_process_has_left_goes_and_not_before(
    next_one: object, other: tuple[subprocess.Popen[bytes], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert callable(next_one)
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "cache"))
    process, folder = other
    next_one()
    assert (folder / "handed in" / "model.onnx").exists()
    process.kill()
    process.wait()
    next_one()
    assert not folder.exists()


def test_one_that_ends_in_order_leaves_nothing(other: tuple[subprocess.Popen[bytes], Path], place: Path) -> None:
    process, _ = other
    process.communicate(b"\n")
    assert not list(place.iterdir())


def test_what_others_have_put_there_stays(place: Path, tmp_path: Path) -> None:
    for name in ("mine", f"{PREFIX}of-somebody"):
        (place / name).mkdir()
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / LOCK).touch()
    (place / f"{PREFIX}link").symlink_to(tmp_path / "linked")
    sweep_scratch()
    assert len(list(place.iterdir())) == 3
    assert (tmp_path / "linked" / LOCK).exists()


def test_a_model_being_brought_keeps_its_folder_until_it_is_closed(place: Path, tmp_path: Path) -> None:
    source = tmp_path / "model.onnx"
    source.write_bytes(b"model")
    with source.open("rb") as content:
        bringing = Bringing(files=[("model.onnx", content)])
    sweep_scratch()
    assert Path(bringing.source).read_bytes() == b"model"
    bringing.close()
    assert not list(place.iterdir())
