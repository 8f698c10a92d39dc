"""What is known of the models that are there, and what is done to them: titles, notes, the trash and the way back."""

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving.explorable_models import find_models
from tests.run_folders import add_run
from vae_core.checkpoint.about import LARGEST_ABOUT, About, read_about
from vae_core.checkpoint.layout import LOCK_FILE, read_checkpoint, write_config
from vae_core.checkpoint.provenance import DataDescription
from vae_core.collection.changes import delete, describe, empty_trash, restore, trash
from vae_core.collection.records import Order, chosen, find_collection
from vae_core.config import ModelConfig, TrainConfig
from vae_core.data import library
from vae_core.errors import CheckpointError, ConfigError, TrainingError
from vae_core.files import locked
from vae_core.runs.control import go_on
from vae_core.runs.run import State, list_runs

AddCheckpoint = Callable[..., Path]
NO_WEIGHTS = (2).to_bytes(8, "little") + b"{}"  # a safetensors file of no tensors
FIGURES = {
    "elbo": -98.7,
    "elbo_standard_error": 0.5,
    "negative_log_likelihood": 95.2,
    "negative_log_likelihood_standard_error": 0.4,
    "active_units": 12,
}


def add_about(folder: Path, **content: Any) -> None:
    (folder / "about.json").write_text(json.dumps(content))


def titles(*records: Any, search: str = "", order: Order = "name") -> list[str]:
    return [record.title for record in chosen(list(records), search, order)]


def test_a_record_tells_what_a_card_shows(add_checkpoint: AddCheckpoint, checkpoints: Path) -> None:
    folder = add_checkpoint("one", metrics=FIGURES)
    (folder / "model.safetensors").write_bytes(NO_WEIGHTS)
    os.utime(folder / "model.safetensors", (1e9, 1e9))
    (record,) = find_collection().records.values()
    assert (record.title, record.origin, record.made_at, record.samples) == ("one", "copied here", 1e9, None)
    assert record.with_error("elbo") == (-98.7, 0.5)
    assert record.with_error("negative_log_likelihood") == (95.2, 0.4)
    assert record.with_error("mean_square_error") is None
    assert record.size == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert record.values()["latent_dim"] == 16
    first = record.samples
    (folder / "samples.webp").write_bytes(b"a picture")
    drawn = find_collection().records["one"].samples
    assert drawn != first
    (folder / "samples.webp").write_bytes(b"another picture")
    assert find_collection().records["one"].samples != drawn
    assert list(find_collection(checkpoints).records) == ["one"]


@pytest.mark.parametrize("title", ["Family 👨‍👩‍👧 digits", "می‌خواهم", "क्‍ष"])
def test_titles_are_written_with_whatever_joins_letters(title: str, add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("one")
    describe(folder, title=title, notes=f"{title}\n{title}")
    assert read_checkpoint(folder).title == title


@pytest.mark.parametrize(
    ("about", "trained", "origin", "made_at"),
    [
        ({"origin": "shipped", "made_at": 5.0}, False, "shipped", 5.0),
        ({"origin": "shipped"}, False, "shipped", None),
        ({"origin": "imported", "way": "a pythae folder"}, False, "imported: a pythae folder", 1e9),
        ({}, True, "trained here", 1e9),
        ({"title": "x", "some": "newer word"}, False, "copied here", 1e9),
    ],
)
def test_where_a_model_came_from(
    about: dict[str, Any], trained: bool, origin: str, made_at: float | None, add_checkpoint: AddCheckpoint
) -> None:
    folder = add_checkpoint("one")
    (folder / "model.safetensors").write_bytes(NO_WEIGHTS)
    os.utime(folder / "model.safetensors", (1e9, 1e9))
    add_about(folder, **about)
    if trained:
        (folder / "training").mkdir()
        (folder / "training" / "metrics.jsonl").touch()
    (record,) = find_collection().records.values()
    assert (record.origin, record.made_at) == (origin, made_at)


def test_search_finds_words_in_title_name_data_notes_and_origin(add_checkpoint: AddCheckpoint) -> None:
    for name, about in {
        "a": {"title": "Zwei Ziffern", "notes": "σ fixed\nblurred"},
        "b": {"title": "Faces", "origin": "imported"},
        "plain-name": {},
    }.items():
        add_about(add_checkpoint(name), **about)
    records = find_collection().records.values()
    assert titles(*records) == ["Faces", "plain-name", "Zwei Ziffern"]
    assert titles(*records, search="ZIFF blur") == ["Zwei Ziffern"]
    assert titles(*records, search="imported") == ["Faces"]
    assert titles(*records, search="plain mnist") == ["plain-name"]
    assert titles(*records, search="faces blurred") == []


def test_elbos_are_compared_within_the_same_data_only(add_checkpoint: AddCheckpoint) -> None:
    for name, data, elbo in [("a", "few", 900.0), ("b", "mnist", -9.0), ("c", "mnist", -7.0), ("d", "mnist", None)]:
        folder = add_checkpoint(name, metrics=None if elbo is None else {"elbo": elbo})
        content = json.loads((folder / "config.json").read_text())
        content["data"]["name"] = data
        (folder / "config.json").write_text(json.dumps(content))
    assert titles(*find_collection().records.values(), order="ELBO") == ["c", "b", "d", "a"]


def test_an_elbo_of_other_images_is_compared_with_those_of_these_and_says_so(add_checkpoint: AddCheckpoint) -> None:
    for name, elbo in [("a", -90.0), ("c", -80.0)]:
        add_checkpoint(name, metrics={"elbo": elbo, "data": "mnist"})
    for name, elbo in [("b", -5.0), ("d", -4.0)]:
        add_checkpoint(name, metrics={"elbo": elbo, "data": "kmnist"})
    add_checkpoint("e", metrics={"elbo": -85.0})
    records = find_collection().records
    assert titles(*records.values(), order="ELBO") == ["c", "e", "a", "d", "b"]
    assert [record.measured_on for record in records.values()] == [None, "kmnist", None, "kmnist", None]
    assert records["b"].values()["measured_on"] == "kmnist"


def test_newest_and_largest_first(add_checkpoint: AddCheckpoint) -> None:
    for name, made_at, size in [("old", 1.0, 30_000), ("new", 2.0, 10), ("undated", None, 20_000)]:
        folder = add_checkpoint(name)
        add_about(folder, origin="shipped", **({} if made_at is None else {"made_at": made_at}))
        (folder / "extra").write_bytes(bytes(size))
    records = find_collection().records.values()
    assert titles(*records, order="newest") == ["new", "old", "undated"]
    assert titles(*records, order="size") == ["old", "undated", "new"]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'{"title": 3}',
        b'{"title": "two\\nlines"}',
        b'{"title": "' + b"x" * 81 + b'"}',
        b'{"notes": "' + b"x" * LARGEST_ABOUT + b'"}',
        b'{"notes": "\\u0000"}',
        b'{"made_at": -1}',
    ],
    ids=["no JSON", "no object", "no text", "two lines", "too long", "too large", "unprintable", "before 1970"],
)
def test_a_broken_title_is_said_and_hinders_nothing(content: bytes, add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("one")
    (folder / "about.json").write_bytes(content)
    (record,) = find_collection().records.values()
    assert record.title == "one"
    assert record.summary.about_problem is not None
    assert "about.json" in record.summary.about_problem
    assert list(find_models().explorable) == ["one"]
    describe(folder, title="Mended")
    (record,) = find_collection().records.values()
    assert (record.title, record.summary.about_problem) == ("Mended", None)


def test_a_title_changes_and_the_folder_stays(add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("one")
    add_about(folder, origin="imported", way="a ZIP", notes="kept")
    describe(folder, title="  Another title ")
    assert read_about(folder) == (About(title="Another title", notes="kept", origin="imported", way="a ZIP"), None)
    assert folder.is_dir()
    describe(folder, title="", notes="a\nb")
    assert find_collection().records["one"].title == "one"
    with pytest.raises(ConfigError, match="title"):
        describe(folder, title="x" * 81)
    with pytest.raises(CheckpointError, match="no model called gone"):
        describe(folder.with_name("gone"), title="x")
    assert not folder.with_name("gone").exists()


def test_two_who_change_title_and_notes_at_once_lose_neither(add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("one")
    together([lambda: describe(folder, title="T"), lambda: describe(folder, notes="N")])
    assert read_about(folder)[0] == About(title="T", notes="N")


def together(acts: list[Callable[[], object]]) -> list[CheckpointError]:
    """What went wrong when all were done at once."""
    gate, wrong = threading.Barrier(len(acts)), []

    def do(act: Callable[[], object]) -> None:
        gate.wait()
        try:
            act()
        except CheckpointError as error:
            wrong.append(error)

    threads = [threading.Thread(target=do, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_what_is_deleted_is_seen_nowhere_and_comes_back_whole(add_checkpoint: AddCheckpoint, checkpoints: Path) -> None:
    add_checkpoint("other")
    folder = add_checkpoint("one", metrics=FIGURES)
    add_about(folder, title="The one")
    before = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    began = time.time()
    deleted = delete(folder)
    assert (deleted.name, deleted.title) == ("one", "The one")
    assert deleted.size == sum(map(len, before.values()))
    assert began - 5 < deleted.deleted_at < time.time() + 5
    assert list(find_collection().records) == list(find_models().explorable) == ["other"]
    assert not list_runs()
    assert trash() == trash(checkpoints) == [deleted]
    assert restore("one") == folder
    assert {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert trash() == []
    assert list(find_collection().records) == ["one", "other"]


def test_restoring_overwrites_nothing(add_checkpoint: AddCheckpoint) -> None:
    delete(add_checkpoint("one", metrics={"elbo": 1.0}))
    delete(add_checkpoint("one", metrics={"elbo": 2.0}))
    folder = add_checkpoint("one", metrics={"elbo": 3.0})
    with pytest.raises(CheckpointError, match="one is there again"):
        restore("one")
    assert find_collection().records["one"].with_error("elbo") == (3.0, None)
    delete(folder)
    places = [deleted.place for deleted in trash()]
    restore("one", places[2])
    assert find_collection().records["one"].with_error("elbo") == (1.0, None)
    delete(folder)
    restore("one")  # the last that was deleted
    assert find_collection().records["one"].with_error("elbo") == (1.0, None)
    with pytest.raises(CheckpointError, match="no deleted model called two"):
        restore("two")


def test_of_two_who_delete_or_restore_at_once_one_does(add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("one")
    (error,) = together([lambda: delete(folder)] * 2)
    assert "somebody else has deleted it" in str(error)
    assert len(trash()) == 1
    (error,) = together([lambda: restore("one")] * 2)
    assert "somebody else has restored it" in str(error)
    assert list(find_collection().records) == ["one"]


def test_the_trash_is_emptied_of_what_was_seen(add_checkpoint: AddCheckpoint, checkpoints: Path) -> None:
    seen = [delete(add_checkpoint("one")), delete(add_checkpoint("two"))]
    late = delete(add_checkpoint("three"))
    assert empty_trash([deleted.place for deleted in seen]) == 2
    assert trash() == [late]
    assert empty_trash([deleted.place for deleted in seen]) == 0
    assert not list(checkpoints.glob(".*.discarded"))


def test_what_is_left_of_an_emptied_trash_goes_with_the_next_start(
    add_checkpoint: AddCheckpoint, checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted = delete(add_checkpoint("one"))
    with monkeypatch.context() as patch:
        patch.setattr("vae_core.collection.changes.shutil.rmtree", lambda *_, **__: None)  # killed in the middle
        empty_trash([deleted.place])
    assert trash() == []
    assert list(checkpoints.glob(".*.discarded"))
    go_on(checkpoints)
    assert not list(checkpoints.glob(".*.discarded"))


@pytest.mark.parametrize("state", ["queued", "training", "finishing", "paused", "failed"])
def test_the_folder_of_a_run_that_is_not_done_stays(state: State, checkpoints: Path) -> None:
    folder = add_run(checkpoints, "mine", state)
    write_config(
        folder,
        ModelConfig(),
        TrainConfig(data="digits"),
        DataDescription(name="digits", fingerprint="0", images=3),
    )
    with pytest.raises(TrainingError, match=r"mine belongs to a run that is \w+: discard it on the Train page"):
        delete(folder)
    assert folder.is_dir()
    assert trash() == []


def test_a_finished_run_is_a_model_like_others(add_checkpoint: AddCheckpoint, checkpoints: Path) -> None:
    add_run(checkpoints, "mine", "finished")
    folder = add_checkpoint("mine")
    delete(folder)
    assert list_runs() == []
    restore("mine")
    assert [run.state for run in list_runs()] == ["finished"]


def test_what_a_process_is_at_work_on_stays(add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("one")
    (folder / "training").mkdir()
    with locked(folder / LOCK_FILE) as mine:
        assert mine
        with pytest.raises(TrainingError, match="one is in use"):
            delete(folder)
    delete(folder)


@pytest.mark.parametrize("name", ["lost+found", ".trash", ".runs", "..", "pictures"])
def test_what_is_no_model_is_not_deleted(name: str, add_checkpoint: AddCheckpoint, checkpoints: Path) -> None:
    delete(add_checkpoint("one"))
    (checkpoints / "pictures").mkdir()
    with pytest.raises(CheckpointError, match="no model called"):
        delete(checkpoints / name)
    assert len(trash()) == 1


def test_a_damaged_checkpoint_can_be_deleted(add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("one")
    (folder / "config.json").write_text("{")
    assert list(find_collection().problems) == ["one"]
    delete(folder)
    assert find_collection().problems == {}


def test_what_was_handed_in_stays_while_a_model_of_it_is_in_the_trash(
    add_checkpoint: AddCheckpoint, tmp_path: Path
) -> None:
    path = tmp_path / "mine.zip"
    path.write_bytes(b"pictures")
    with path.open("rb") as file:
        source = library.add([("mine.zip", file)])
    folder = add_checkpoint("one")
    content = json.loads((folder / "config.json").read_text())
    content["training"]["data"] = str(source.path)
    (folder / "config.json").write_text(json.dumps(content))
    deleted = delete(folder)
    week = time.time() + 30 * 24 * 3600
    assert library.users() == {source.path: ["one"]}
    assert library.sweep(week) == []
    empty_trash([deleted.place])
    assert [gone.path for gone in library.sweep(week)] == [source.path]


def test_a_trash_that_others_have_filled_is_taken_as_it_is(checkpoints: Path) -> None:
    (checkpoints / ".trash").mkdir()
    (checkpoints / ".trash" / "a file").touch()
    (checkpoints / ".trash" / "20260101-000000-aa").mkdir()
    assert trash() == []
    assert empty_trash([]) == 0
