"""What people hand in: kept under their own names, found again, needed by models, and removed when it is not."""

import io
import os
import zipfile
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from serving.run_routes import waiting_runs_go_on
from tests.picture_archives import spots
from tests.run_folders import add_run, wait_until
from vae_core.config import ModelConfig, TrainConfig
from vae_core.data import library
from vae_core.data.dataset import load_dataset
from vae_core.data.library import KEPT, Source, add, kept_name, remove, source_of, sources, sweep, users
from vae_core.errors import DatasetError
from vae_core.files import write_json
from vae_core.runs.run import RunRequest

WEEK = 7 * 24 * 3600


def archive(content: bytes = b"1") -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("a/one.png", content)
    return file


def need(root: Path, name: str, source: Source) -> None:
    """A run that was made of it."""
    folder = add_run(root, name, "paused")
    request = RunRequest(
        title=name,
        preset="quick look",
        model=ModelConfig(network="mlp", image_size=8),
        training=TrainConfig(data=str(source.path)),
        asked_at=1.0,
    )
    write_json(folder / "training" / "request.json", request.model_dump(mode="json"))


def test_a_file_is_kept_once_under_its_kept_name(checkpoints: Path) -> None:
    first = add([("Katzen & Hunde.ZIP", archive())])
    assert (first.path.name, first.title) == ("Katzen & Hunde.zip", "Katzen & Hunde")
    assert first.path.is_relative_to(checkpoints.resolve() / ".uploads")
    assert first.path.read_bytes() == archive().getvalue()
    assert first.size == len(archive().getvalue())
    again = add([("Katzen & Hunde.ZIP", archive())])
    assert again.path == first.path
    assert len(sources()) == 1
    other = add([("Katzen & Hunde.ZIP", archive(b"2"))])
    assert other.path != first.path
    assert other.title == first.title


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("数字.zip", "数字.zip"),
        ("Ka\u0308tzchen.ZIP", "K\u00e4tzchen.zip"),
        ("👩\u200d🚀 شماره\u200cها.npz", "👩\u200d🚀 شماره\u200cها.npz"),
        ("../../etc/passwd.zip", "passwd.zip"),
        ("C:\\Users\\me\\pets.zip", "pets.zip"),
        ("..zip", "zip"),
        ("a\nb\x00.zip", "ab.zip"),
        ("", "pictures"),
        ("/", "pictures"),
    ],
)
def test_names_are_those_that_people_wrote(given: str, name: str) -> None:
    assert kept_name(given) == name


@pytest.mark.parametrize("name", ["x" * 1000 + ".zip", "é" * 500 + ".zip", "a." + "x" * 1000])
def test_a_very_long_name_is_cut(name: str) -> None:
    assert 0 < len(kept_name(name).encode()) <= 200
    assert kept_name(name).endswith(".zip") or not name.endswith(".zip")


def test_pictures_are_packed_together_in_their_order(checkpoints: Path) -> None:  # noqa: ARG001
    pictures = [("../../one.png", io.BytesIO(b"1")), ("one.png", io.BytesIO(b"2"))]
    kept = add(pictures)
    assert kept.title == "2 pictures"
    with zipfile.ZipFile(kept.path) as packed:
        assert [(name, packed.read(name)) for name in packed.namelist()] == [
            ("one.png", b"1"),
            ("one (2).png", b"2"),
        ]
    assert add(pictures).path == kept.path, "equal pictures make an equal file"


@pytest.mark.usefixtures("checkpoints")
def test_a_picture_alone_keeps_its_own_name_in_all_that_is_said_of_it() -> None:
    content = spots(["1"])["1"]
    kept = add([("Mia.png", io.BytesIO(content))])
    assert (kept.name, kept.title) == ("Mia.png", "Mia")
    with pytest.raises(DatasetError, match=r"^Mia\.png has only one readable picture; two are needed"):
        load_dataset(kept.path)
    with_table = add([("Mia.png", io.BytesIO(content)), ("cats.csv", io.BytesIO(b"file,label"))])
    assert with_table.name == "Mia.png"
    assert add([("cats.csv", io.BytesIO(b"file,label"))]).name == "cats.csv"
    assert {source.name for source in sources()} == {"Mia.png", "cats.csv"}


@pytest.mark.usefixtures("checkpoints")
@pytest.mark.parametrize(
    ("names", "title"),
    [
        (("mnist_train.csv", "mnist_test.csv"), "mnist"),
        (("digits 1.2 train.csv", "digits 1.2 test.csv"), "digits 1.2"),
        (("train.csv", "test.csv"), "2 tables"),
    ],
)
def test_tables_are_called_together_what_all_of_them_begin_with(names: tuple[str, ...], title: str) -> None:
    assert add([(name, io.BytesIO(name.encode())) for name in names]).title == title


@pytest.mark.usefixtures("checkpoints")
def test_loose_pictures_and_a_table_of_them_are_a_data_set_of_the_tables_classes() -> None:
    names = [f"IMG_{number}.png" for number in range(20)]
    table = "file,label\n" + "".join(f"{name},{'ab'[at % 2]}\n" for at, name in enumerate(names))
    files = [(name, io.BytesIO(data)) for name, data in spots(names).items()]
    kept = add([*files, ("classes.csv", io.BytesIO(table.encode()))])
    assert kept.title == "20 pictures"
    dataset = load_dataset(kept.path)
    assert dataset.class_names == ("a", "b")
    assert [names.index(name) % 2 for name in dataset.names] == dataset.labels.tolist()


@pytest.mark.usefixtures("checkpoints")
def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(DatasetError, match="several of these"):
        add([("a.zip", archive()), ("b.png", io.BytesIO(b"1"))])
    with pytest.raises(DatasetError, match="No file"):
        add([])
    assert sources() == []


def test_they_are_found_by_what_a_run_calls_its_data(checkpoints: Path) -> None:
    kept = add([("pets.zip", archive())])
    assert source_of(str(kept.path)) == kept
    for other in ("digits", "pets.zip", str(checkpoints / "pets.zip"), str(kept.path.with_name("dogs.zip"))):
        assert source_of(other) is None


def test_models_and_runs_need_what_they_were_made_of(checkpoints: Path) -> None:
    first, second = add([("a.zip", archive(b"a"))]), add([("b.zip", archive(b"b"))])
    need(checkpoints, "one", first)
    need(checkpoints, "two", first)
    add_run(checkpoints, "of digits", "finished")
    (checkpoints / "damaged").mkdir()
    (checkpoints / "damaged" / "config.json").write_text("[")
    assert {path: sorted(names) for path, names in users().items()} == {first.path: ["one", "two"]}
    with pytest.raises(DatasetError, match=r"a\.zip is kept: one, two could not be trained on without it"):
        remove(first)
    remove(second)
    assert [source.path for source in sources()] == [first.path]
    assert not second.path.parent.exists()


def test_what_is_needed_is_known_where_the_checkpoints_were_elsewhere_before(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = add([("pets.zip", archive())])
    need(checkpoints, "mine", kept)
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(checkpoints.rename(tmp_path / "elsewhere")))
    assert list(users().values()) == [["mine"]]
    assert sweep(kept.used_at + 2 * WEEK) == []
    (moved,) = sources()
    assert source_of(str(kept.path)) == moved
    with pytest.raises(DatasetError, match=r"pets\.zip is kept"):
        remove(moved)


def test_a_week_after_its_last_use_what_nothing_needs_goes(checkpoints: Path) -> None:
    names = ("needed", "old", "fresh")
    needed, old, fresh = (add([(f"{name}.zip", archive(name.encode()))]) for name in names)
    need(checkpoints, "mine", needed)
    now = fresh.used_at
    for source in (needed, old):
        os.utime(source.path.parent, (now - WEEK - 60,) * 2)
    os.utime(fresh.path.parent, (now - WEEK + 60,) * 2)
    assert [source.title for source in sweep(now)] == ["old"]
    assert {source.title for source in sources()} == {"needed", "fresh"}
    library.mark_used(fresh)
    assert [source.title for source in sources()] == ["fresh", "needed"], "the last used comes first"
    assert sweep(now + KEPT - 60) == []


def test_without_any_there_are_none(checkpoints: Path) -> None:
    assert (sources(), users(), sweep()) == ([], {}, [])
    assert not (checkpoints / ".uploads").exists()


def test_a_server_that_starts_removes_what_has_had_its_time(checkpoints: Path) -> None:  # noqa: ARG001
    old, fresh = add([("old.zip", archive(b"old"))]), add([("fresh.zip", archive(b"fresh"))])
    os.utime(old.path.parent, (old.used_at - WEEK - 60,) * 2)

    async def start() -> None:
        async with waiting_runs_go_on(None):
            await to_thread.run_sync(wait_until, lambda: [source.title for source in sources()] == ["fresh"])

    anyio.run(start)
    assert fresh.path.exists()
