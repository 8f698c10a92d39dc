"""What killed writers leave: put back where it is all there is, removed once nobody can be writing it."""

import os
import time
from pathlib import Path

import pytest

from vae_core import unfinished
from vae_core.data import library, shelves
from vae_core.files import replacing, replacing_folder, write_bytes
from vae_core.runs import control
from vae_core.unfinished import remove_unfinished_files, sibling, sweep_unfinished

LONG_AGO = time.time() - 2 * unfinished.STALE


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def left(path: Path, *, folder: bool = False, age: float = LONG_AGO) -> Path:
    """What a writer of `path` that was killed has left."""
    half = sibling(path, "tmp")
    half.parent.mkdir(parents=True, exist_ok=True)
    if folder:
        half.mkdir()
        (half / "images").write_bytes(b"half")
        os.utime(half / "images", (age, age))
    else:
        half.write_bytes(b"half")
    os.utime(half, (age, age))
    return half


def test_what_a_killed_writer_has_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    killed = replacing(tmp_path / "state.bin")
    left = killed.__enter__()
    write_bytes(tmp_path / "state.bin", b"whole")
    (tmp_path / ".hidden").touch()
    (tmp_path / "notes.tmp").touch()
    assert left.name in names(tmp_path)
    remove_unfinished_files(tmp_path)
    assert names(tmp_path) == [".hidden", "notes.tmp", "state.bin"]


def test_only_what_nobody_writes_any_more_is_swept(tmp_path: Path) -> None:
    given_up = [left(tmp_path / "state.bin"), left(tmp_path / "data [2]", folder=True)]
    at_work = [left(tmp_path / "state.bin", age=time.time()), left(tmp_path / "data", folder=True)]
    (at_work[1] / "images").write_bytes(b"more")
    others = [tmp_path / ".hidden.tmp", tmp_path / ".x.1.tmp", tmp_path / "state.bin"]
    for path in others:
        path.touch()
        os.utime(path, (LONG_AGO, LONG_AGO))
    sweep_unfinished(tmp_path)
    assert not any(path.exists() for path in given_up)
    assert all(path.exists() for path in (*at_work, *others))
    sweep_unfinished(tmp_path / "missing")


def test_a_link_is_removed_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").touch()
    link = sibling(tmp_path / "data", "tmp")
    link.symlink_to(tmp_path / "mine")
    os.utime(link, (LONG_AGO, LONG_AGO), follow_symlinks=False)
    os.utime(tmp_path / "mine" / "file", (LONG_AGO, LONG_AGO))
    sweep_unfinished(tmp_path)
    assert names(tmp_path) == ["mine"]
    assert names(tmp_path / "mine") == ["file"]


def test_a_folder_that_was_aside_comes_back_or_goes(tmp_path: Path) -> None:
    alone, replaced = sibling(tmp_path / "alone", "old"), sibling(tmp_path / "replaced", "old")
    for folder in (alone, replaced, tmp_path / "replaced" / "new"):
        folder.mkdir(parents=True)
    sweep_unfinished(tmp_path)
    assert names(tmp_path) == ["alone", "replaced"]
    assert names(tmp_path / "replaced") == ["new"]


def test_whoever_writes_a_folder_tidies_up_beside_it(tmp_path: Path) -> None:
    left(tmp_path / "other", folder=True)
    with replacing_folder(tmp_path / "data"):
        pass
    assert names(tmp_path) == ["data"]


def test_the_start_of_a_server_leaves_nothing_half_written(checkpoints: Path) -> None:
    places = ["cats", "cats/config.json", "cats/training/state.json", "cats/explorer/manifest.json", ".runs/speed.json"]
    halves = [left(checkpoints / place, folder=place == "cats") for place in places]
    control.go_on()
    assert not any(half.exists() for half in halves)


@pytest.mark.usefixtures("checkpoints")
def test_what_was_handed_in_or_decoded_by_half_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "cache"))
    upload = left(library.uploads_folder() / "0123" / "pets.zip")
    os.utime(upload.parent, (LONG_AGO, LONG_AGO))
    store = left(shelves.stores_folder() / "4567" / "64px-3ch-middle", folder=True)
    library.sweep()
    assert not upload.exists()
    assert not store.exists()
    assert store.parent.exists(), "somebody has opened it within a week"
    library.sweep(time.time() + 2 * unfinished.STALE)
    assert not upload.parent.exists()
