"""What is told of runs: in true words, of every run, wherever its name is opened."""

import errno
import fcntl
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from harness.server import running_server
from tests.conftest import AddCheckpoint
from tests.run_folders import MODEL, add_run, training, wait_until
from tests.train_pages import open_page, written
from vae_core import TrainConfig, load_dataset
from vae_core.checkpoint.layout import LOCK_FILE, ORDER_FILE, QUEUE_FOLDER, REQUEST_FILE, STATUS_FILE
from vae_core.checkpoint.weights import build_model
from vae_core.cli.command_line import main
from vae_core.evaluation import evaluate
from vae_core.files import locked
from vae_core.progress import Progress
from vae_core.runs import control
from vae_core.runs.by_hand import training_by_hand
from vae_core.runs.queue import places
from vae_core.runs.report import diagnose, long_words, progress, state_words, unfinished_words
from vae_core.runs.run import Run, list_runs, scan_runs
from vae_core.runs.worker import FINISHING, finishing

EXPLORE = Path(__file__).resolve().parents[1] / "pages" / "explore.py"


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_one_unreadable_run_hides_none_and_is_named(checkpoints: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("cut", "empty", "good", "odd", "![](http://e.example/a.png)"):
        add_run(checkpoints, name, "paused", step=1, steps=2)
    (checkpoints / "cut" / STATUS_FILE).write_text('{"state": ')
    (checkpoints / "empty" / STATUS_FILE).unlink()
    change(checkpoints / "odd" / STATUS_FILE, state="dancing")
    (checkpoints / "![](http:").mkdir(exist_ok=True)
    runs, problems = scan_runs(checkpoints)
    assert "good" in [run.name for run in runs]
    assert sorted(str(problem).split(":")[0] for problem in problems) == ["cut", "empty", "odd"]
    assert not any(str(checkpoints) in str(problem) for problem in problems)
    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    assert all(f"broken: {name}: this run cannot be read" in listed for name in ("cut", "empty", "odd"))
    assert "good" in listed
    app = open_page()
    assert not app.exception
    assert all(f"{name}: this run cannot be read" in written(app) for name in ("cut", "empty", "odd"))
    assert not any("![](" in element.value for element in [*app.markdown, *app.caption, *app.warning])


def test_runs_of_an_older_and_of_a_newer_version_are_read(checkpoints: Path) -> None:
    folder = add_run(checkpoints, "mine", "paused", step=5, steps=10)
    change(folder / STATUS_FILE, mood="good")
    change(folder / REQUEST_FILE, wish="none")
    assert Run.read(folder).state == "paused"
    status = json.loads((folder / STATUS_FILE).read_text())
    status["stage"] = status.pop("state")
    (folder / STATUS_FILE).write_text(json.dumps(status))
    assert Run.read(folder).state == "paused"
    for damaged in ("[]", '{"order": "dance"}', "{"):
        (folder / ORDER_FILE).write_text(damaged)
        assert Run.read(folder).order is None


def test_starting_is_not_waiting_for_room(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def words(name: str) -> str:
        runs = list_runs(checkpoints)
        return state_words(next(run for run in runs if run.name == name), runs)

    add_run(checkpoints, "one", "queued")
    add_run(checkpoints, "two", "queued")
    (checkpoints / QUEUE_FOLDER).mkdir(exist_ok=True)
    place = checkpoints / QUEUE_FOLDER / "place-0.lock"
    with locked(checkpoints / "one" / LOCK_FILE), locked(checkpoints / "two" / LOCK_FILE):
        assert (words("one"), words("two")) == ("starting", "waits behind 1 other")
        folder = add_run(checkpoints, "zero", "training", step=1, steps=10, seconds_left=180.0)
        with locked(folder / LOCK_FILE), locked(place):
            assert words("one") == "waits for zero to finish, about 3 minutes left"
            change(folder / STATUS_FILE, state="finishing", seconds_left=None)
            assert words("one") == "waits for zero to finish"
            monkeypatch.setenv("LATENT_EXPLORER_RUNS", "2")
            assert places() == 2
            assert words("one") == "starting"
        assert words("two") == "starting"
    assert words("one") == "interrupted"


def test_the_last_bar_moves_and_says_in_plain_words_what_is_made(checkpoints: Path) -> None:
    share, said = 0.0, []
    for stage in FINISHING:
        for done in (0.0, 1.0, 2.0, 3.0):  # some tell more than there is
            words, now = finishing(Progress(stage, done, 2.0), share)
            assert share <= now <= 1.0
            share = now
            said.append(words)
    assert share == 1.0
    parts = ["fitting its prior", "measuring its figures", "drawing its map", "writing its files"]
    assert list(dict.fromkeys(said)) == parts
    assert finishing(Progress("of a later version", 1, 2), 0.4) == ("drawing its map", 0.4)
    folder = add_run(checkpoints, "mine", "finishing", step=9, steps=9, finished_share=0.4, detail="drawing its map")
    with locked(folder / LOCK_FILE):
        run = Run.read(folder)
        assert progress(run) == 40
        assert long_words(run, [run]) == "finishing · drawing its map · 40 %"


def test_the_stages_of_a_real_finish_are_all_known() -> None:
    """A stage that the table does not know would leave the bar where it is."""
    source = Path(__file__).resolve().parents[1] / "vae_core"
    told = [
        source / "evaluation.py",
        source / "fitting.py",
        *(source / "explorer_files").glob("*.py"),
        *(source / "projection").glob("*.py"),
    ]
    names = {name for path in told for name in re.findall(r'Progress\(\s*"([^"]+)"', path.read_text())}
    assert names == set(FINISHING)


def test_an_evaluation_never_tells_more_than_there_is() -> None:
    digits = load_dataset("digits", "test")
    few = type(digits)(
        name="few",
        split="test",
        images=digits.images[:37],
        labels=digits.labels[:37],
        class_names=digits.class_names,
        fingerprint="0",
    )
    heard: list[Progress] = []
    torch.manual_seed(0)
    evaluate(build_model(MODEL, seed=0), few, samples=100, progress=heard.append)
    assert all(told.done <= told.total for told in heard)
    assert heard[-1].done == heard[-1].total == 37


def test_a_run_that_is_still_training_is_told_as_such_where_its_name_is_opened(
    checkpoints: Path, add_checkpoint: AddCheckpoint
) -> None:
    add_checkpoint("whole")
    folder = add_run(checkpoints, "mine", "training", step=95, steps=100)
    with locked(folder / LOCK_FILE):
        assert unfinished_words("mine") == "mine is still training, 95 %: follow it in Train."
        app = AppTest.from_file(str(EXPLORE), default_timeout=60)
        app.query_params["model"] = "mine"
        app.run()
        (warning,) = app.warning
        assert warning.value == "mine is still training, 95 %: follow it in Train. Showing whole instead."
    assert unfinished_words("mine") == "mine is not trained to its end (it is interrupted, 95 %): see it in Train."
    for other in ("whole", "nobody", "../mine", "x" * 300, ""):
        assert unfinished_words(other) is None


SMALL = ["--data", "digits", "--model", "mlp", "--hidden-units", "16", "--latent-dim", "2", "--epochs", "1"]


def test_train_and_runs_go_through_the_same_lock(
    checkpoints: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = add_run(checkpoints, "mine", "paused", step=5, steps=10)
    for more in ([], ["--resume", *SMALL[2:]]):
        assert main(["train", *SMALL, "--output", str(folder), *more]) == 2
        assert "belongs to the run mine: go on with it by python -m vae_core run resume mine" in capsys.readouterr().err
    mine = tmp_path / "by hand"
    (mine / "training").mkdir(parents=True)
    with locked(mine / LOCK_FILE):
        assert main(["train", *SMALL, "--output", str(mine)]) == 2
        assert "another process trains into this folder" in capsys.readouterr().err
    assert main(["train", *SMALL, "--output", str(mine)]) == 0


def test_a_disk_without_locks_trains_nothing_and_says_so_and_shows_all_it_has(
    checkpoints: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run(checkpoints, "resting", "paused", step=5, steps=10)

    def refuse(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(OSError, match="knows no file locks") as caught:
        control.ask("mine", "quick look", MODEL, TrainConfig(data="digits"))
    assert "LATENT_EXPLORER_CHECKPOINTS" in diagnose(caught.value).words
    assert [run.name for run in list_runs(checkpoints)] == ["resting"]
    assert main(["list"]) == 0
    assert "resting" in capsys.readouterr().out
    assert main(["run", "resume", "resting"]) == 1
    assert "this disk knows no file locks" in capsys.readouterr().err
    app = open_page()
    assert not app.exception
    (start,) = [button for button in app.button if button.label == "Start training"]
    start.click().run()
    assert not app.exception
    assert any("knows no file locks" in error.value for error in app.error)
    assert training_by_hand(checkpoints / "new").__enter__() is None  # at one's own risk, with a word
    assert "Make sure that nobody else trains into this folder" in capsys.readouterr().err


def test_queued_runs_go_on_when_a_server_starts(root: Path) -> None:
    """As after a restart of the machine; a run that a person has paused stays paused."""
    add_run(root, "waiting", "queued")
    add_run(root, "resting", "paused", step=1, steps=2)
    change(root / "waiting" / REQUEST_FILE, model=MODEL.model_dump(), training=training(epochs=5000).model_dump())
    with running_server(environment={"LATENT_EXPLORER_CHECKPOINTS": str(root)}):
        wait_until(lambda: Run.read(root / "waiting").status.step > 0)
    assert Run.read(root / "waiting").state == "training", "it has outlived the server"
    assert Run.read(root / "resting").state == "paused"
