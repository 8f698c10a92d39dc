"""Runs from the command line: the same runs that the page shows, told in words and as JSON."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.run_folders import add_run, wait_for, wait_until
from tests.train_pages import PAGE, written
from vae_core.cli.command_line import main
from vae_core.explorer_files.explorer_folder import check_contents
from vae_core.runs import report
from vae_core.runs.run import Run, list_runs

SMALL = ["--latent-dim", "2", "--hidden-units", "32", "--batch-size", "64"]


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    """Exit code, JSON from stdout (None if empty), and what stderr says."""
    code = main([*arguments, "--json"])
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else None, captured.err


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The runs of the list, by name."""
    return {row["name"]: row for row in call(capsys, "list")[1]["runs"]}


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The list in words, line by line."""
    main(["list"])
    return capsys.readouterr().out.splitlines()


def test_a_run_goes_all_its_ways_by_command(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, started, _ = call(capsys, "run", "start", "--data", "digits", *SMALL, "--epochs", "5000", "--name", "Mine")
    assert (code, started["name"], started["preset"]) == (0, "mine", "quick look")
    assert started["estimated_seconds"] > 10
    assert 1e9 < started["estimated_memory"] < 2e9
    call(capsys, "run", "start", "--data", "digits", *SMALL, "--epochs", "3", "--preset", "balanced")
    first, second = list_runs(root)
    assert (first.request.model.latent_dim, first.request.model.hidden_units) == (2, 32)
    assert (first.request.training.epochs, second.request.model.network) == (5000, "conv")
    wait_until(lambda: Run.read(first.folder).status.epoch > 0)
    rows = listed(capsys)
    assert (rows["mine"]["state"], rows["digits"]["state"]) == ("training", "queued")
    assert 0 < rows["mine"]["progress"] < 100
    assert rows["mine"]["seconds_left"] > 0
    assert "Mine" in written(AppTest.from_file(str(PAGE), default_timeout=60).run())
    assert call(capsys, "run", "discard", "digits")[0] == 0
    assert call(capsys, "run", "pause", "mine")[0] == 0
    wait_for(first, "paused")
    wait_until(lambda: not Run.read(first.folder).alive)
    assert listed(capsys)["mine"]["seconds_left"] is None
    assert call(capsys, "run", "resume", "mine")[0] == 0
    wait_for(first, "training")
    code, _, told = call(capsys, "run", "resume", "mine")
    assert (code, told) == (2, "vae_core run: Mine is training: there is nothing to resume.\n")
    wait_until(lambda: Run.read(first.folder).status.step > 0)
    assert call(capsys, "run", "keep", "mine")[0] == 0
    assert wait_for(first, "finished", "failed").status.state == "finished"
    assert check_contents(first.folder / "explorer")
    assert listed(capsys) == {}  # it has its map: it is a model like any other
    code, _, told = call(capsys, "run", "discard", "mine")
    assert code == 2
    assert "Mine has finished: it is a model now. Delete it on the Models page, or by" in told
    assert first.folder.exists()


def test_every_run_without_a_map_is_listed_once(checkpoints: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_run(checkpoints, "killed", "training", step=25, steps=100, epoch=1, seconds_left=30.0)
    add_run(checkpoints, "ill", "failed", step=10, steps=40, problem="The loss became nan.", advice="Train again.")
    add_run(checkpoints, "resting", "paused", step=50, steps=100)
    done = add_run(checkpoints, "done", "finished", step=100, steps=100)
    (done / "explorer").mkdir()
    (done / "explorer" / "manifest.json").write_text("{}")
    rows = listed(capsys)
    assert sorted(rows) == ["ill", "killed", "resting"]
    assert (rows["killed"]["state"], rows["killed"]["progress"], rows["killed"]["seconds_left"]) == (
        "interrupted",
        25,
        None,
    )
    assert (rows["ill"]["problem"], rows["ill"]["advice"]) == ("The loss became nan.", "Train again.")
    lines = {line.split()[0]: line for line in printed(capsys)}
    assert sorted(lines) == ["ill", "killed", "resting"]
    assert lines["killed"].endswith("interrupted, 25 %")
    assert lines["ill"].endswith("failed, 25 %, The loss became nan. Train again.")


def test_the_time_left_and_the_queue_are_in_the_list(
    checkpoints: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run(checkpoints, "at-work", "training", step=25, steps=100, seconds_left=200.0)
    for name in ("one", "two", "three"):
        add_run(checkpoints, name, "queued")
    # A lock says that a process is alive; here every process is.
    monkeypatch.setattr("vae_core.runs.run.is_locked", lambda _path: True)
    lines = {line.split()[0]: line for line in printed(capsys)}
    assert lines["at-work"].endswith("training, 25 %, about 3 minutes left")
    assert sorted(line.partition("-D  ")[2] for line in lines.values() if "waits" in line) == [
        "waits behind 1 other",
        "waits behind 2 others",
    ]
    assert {row["waits_behind"] for row in listed(capsys).values()} == {None, 0, 1, 2}


@pytest.mark.parametrize("command", ["evaluate", "project", "fit-prior"])
def test_the_folder_of_a_run_that_is_not_done_is_changed_by_run_alone(
    command: str, checkpoints: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = checkpoints / "resting"
    words = ["--data", "digits", "--model", "linear", "--latent-dim", "2", "--epochs", "1", "--output", str(folder)]
    assert main(["train", *words]) == 0
    capsys.readouterr()
    add_run(checkpoints, "resting", "paused")
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    code, _, told = call(capsys, command, str(folder), "--data", "digits")
    assert code == 2
    assert "belongs to the run resting: go on with it by" in told
    assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == before
    assert "resting" in listed(capsys)


MISTAKES: dict[str, tuple[list[str], str]] = {
    "no run": (["pause", "nobody"], "there is no run called nobody (there are: resting)."),
    "a way out of the folder": (["discard", "../resting"], "there is no run called ../resting"),
    "nothing to pause": (["pause", "resting"], "resting is paused: there is nothing to pause."),
    "nothing to keep": (["keep", "resting"], "resting is paused: there is nothing to keep."),
    "no such data": (["start", "--data", "mnits"], "Did you mean mnist"),
    "a bad setting": (["start", "--data", "digits", "--latent-dim", "0"], "latent_dim: "),
    "a bad crop": (["start", "--data", "digits", "--crop", "left"], "crop: "),
    "a contradiction": (["start", "--data", "digits", "--likelihood", "bernoulli", "--variance", "1"], "variance bel"),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_one_line_and_starts_nothing(
    kind: str, checkpoints: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_run(checkpoints, "resting", "paused")
    arguments, sentence = MISTAKES[kind]
    code, values, told = call(capsys, "run", *arguments)
    assert (code, values) == (2, None)
    assert sentence in told.splitlines()[-1]
    assert [run.name for run in list_runs(checkpoints)] == ["resting"]


def test_own_data_are_found_from_any_folder(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np
    from sklearn.datasets import load_digits

    np.savez(tmp_path / "Mine of 2024.npz", images=load_digits().images[:200] / 16)
    monkeypatch.chdir(tmp_path)
    code, row, _ = call(capsys, "run", "start", "--data", "Mine of 2024.npz", *SMALL, "--epochs", "5000")
    assert (code, row["name"], row["data"]) == (0, "mine-of-2024", str(tmp_path / "Mine of 2024.npz"))
    (run,) = list_runs(root)
    assert report.data_name(run) == "Mine of 2024.npz"
    call(capsys, "run", "discard", run.name)


def test_what_only_reads_or_tells_imports_no_torch(checkpoints: Path) -> None:
    add_run(checkpoints, "resting", "paused", step=5, steps=10)
    for arguments in (["list"], ["run", "pause", "resting"], ["run", "discard", "resting"]):
        code = f"import sys; from vae_core.cli import command_line; command_line.main({arguments!r})"
        code += "; sys.exit('torch' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
