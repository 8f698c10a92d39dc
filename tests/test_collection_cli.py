"""The commands that look after the models do what the page does, and say what went wrong in one line."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.run_folders import add_run
from tests.test_cli import run
from vae_core.cli.command_line import main

AddCheckpoint = Callable[..., Path]


def test_models_rename_delete_restore(
    add_checkpoint: AddCheckpoint, checkpoints: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = add_checkpoint("one", metrics={"elbo": -9.0, "elbo_standard_error": 0.5})
    add_checkpoint("two")
    code, told, _ = run(capsys, "rename", str(folder), "The one", "--notes", "good", "--json")
    assert (code, told) == (0, {"name": "one", "title": "The one", "notes": "good"})
    code, told, _ = run(capsys, "models", "--search", "good", "--json")
    assert (code, [model["title"] for model in told["models"]]) == (0, ["The one"])
    assert (told["models"][0]["elbo"], told["models"][0]["elbo_standard_error"]) == (-9.0, 0.5)

    code, told, _ = run(capsys, "delete", str(folder), "--json")
    assert (code, told["name"]) == (0, "one")
    assert not folder.exists()
    _, told, _ = run(capsys, "models", str(checkpoints), "--sort", "name", "--json")
    assert [model["name"] for model in told["models"]] == ["two"]
    assert [deleted["title"] for deleted in told["deleted"]] == ["The one"]
    code, told, _ = run(capsys, "restore", "one", "--json")
    assert (code, told) == (0, {"name": "one", "path": str(folder)})
    assert json.loads((folder / "about.json").read_text())["title"] == "The one"

    assert run(capsys, "delete", "two", "--json")[0] == 0, "a bare name is one of the checkpoints"
    assert run(capsys, "restore", str(checkpoints / "two"), "--json")[0] == 0, "a folder is what it was"


def test_the_list_is_for_readers(add_checkpoint: AddCheckpoint, capsys: pytest.CaptureFixture[str]) -> None:
    add_checkpoint("one", metrics={"elbo": -9.0, "elbo_standard_error": 0.5})
    add_checkpoint("two", metrics={"elbo": -5.0, "data": "kmnist"})
    (add_checkpoint("bad") / "config.json").write_text("{")
    add_checkpoint("gone")
    assert main(["delete", "gone"]) == 0
    assert "restore gone" in capsys.readouterr().out
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.match(r"one +mnist +28 px × 1 +16-D .* ELBO -9\.00 ± 0\.50 .* copied here", lines[0])
    assert re.match(r"two +mnist .* ELBO -5\.00 of kmnist ", lines[1])
    assert lines[2].startswith("broken: ")
    assert re.match(r"deleted: gone, \d{4}-.*restore gone\)", lines[3])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["delete", "nowhere"], "no model called nowhere"),
        (["rename", "nowhere", "x"], "no model called nowhere"),
        (["rename", "one", "x" * 81], "title: .*at most 80"),
        (["rename", "one", "two\nlines"], "title: .*one line"),
        (["restore", "nowhere"], "no deleted model called nowhere"),
        (["delete", "mine"], "belongs to a run that is paused"),
        (["delete", "elsewhere/one"], "there is no such checkpoint folder"),
        (["models", "nowhere"], "there is no such folder"),
        (["samples", "nowhere"], "there is no such checkpoint folder"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(
    words: list[str],
    message: str,
    add_checkpoint: AddCheckpoint,
    checkpoints: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_checkpoint("one")
    add_checkpoint("mine")
    add_run(checkpoints, "mine", "paused")
    code, printed, told = run(capsys, *words)
    assert (code, printed) == (2, None)
    (line,) = told.strip().splitlines()
    assert re.search(message, line), line
    assert {"one", "mine"} <= {path.name for path in checkpoints.iterdir()}
    assert not (checkpoints / "one" / "about.json").exists()
