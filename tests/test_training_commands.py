"""Models of one's own images by the command line: what the card says trains them again, from wherever one works."""

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ui.models.images_at_hand import hinders_mapping
from vae_core.checkpoint.card import training_command
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.cli.command_line import main
from vae_core.collection.unseen import unseen_images

SMALL = ["--model", "mlp", "--hidden-units", "8", "--latent-dim", "2", "--epochs", "1"]


@pytest.fixture(autouse=True)
def _pictures_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty grey pictures of 20 pixels a side in the folder one works in."""
    monkeypatch.chdir(tmp_path)
    source = np.random.default_rng(0)
    for number in range(40):
        path = tmp_path / "pics" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(source.integers(0, 256, (20, 20), dtype=np.uint8)).save(path)


def trained(*words: str) -> Any:
    assert main(["train", *words]) == 0
    return read_checkpoint(words[words.index("--output") + 1])


def test_a_model_of_another_size_than_its_pictures_suggest_is_trained_again_by_its_cards_command() -> None:
    shaped = ["--image-size", "16", "--channels", "3", "--prior", "mixture", "--components", "3", "--beta", "2"]
    first = trained("--data", "pics", *SMALL, *shaped, "--output", "first")
    command = training_command(first)
    words = shlex.split(command)
    assert words[:4] == ["python", "-m", "vae_core", "train"]
    again = trained(*words[4 : words.index("--output")], "--output", "again")
    assert (again.model, again.training, again.data) == (first.model, first.training, first.data)


def test_pictures_named_from_here_are_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = trained("--data", "pics", *SMALL, "--output", str(tmp_path / "mine"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert hinders_mapping(summary) is None
    assert len(unseen_images(summary.path)["numbers"]) > 0
    assert main(["train", "--output", str(tmp_path / "mine"), "--resume"]) == 0


def test_a_run_goes_on_that_began_with_a_name_from_here() -> None:
    """As earlier versions wrote it."""
    trained("--data", "pics", *SMALL, "--output", "mine")
    settings = json.loads(Path("mine/config.json").read_text())
    settings["training"]["data"] = "pics"
    Path("mine/config.json").write_text(json.dumps(settings))
    for named in ([], ["--data", "pics"], ["--data", str(Path("pics").resolve())]):
        assert main(["train", *named, "--output", "mine", "--resume"]) == 0


def test_images_that_are_not_there_are_named_as_they_were_typed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--data", "nothing", *SMALL, "--output", "mine"]) == 2
    told = capsys.readouterr().err
    assert "nothing" in told
    assert str(Path.cwd()) not in told
    assert not Path("mine").exists()


def test_a_folder_with_other_files_is_refused_before_images_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--data", "pics", *SMALL, "--output", "."]) == 2
    assert capsys.readouterr().err == (
        "vae_core train: . holds pics: a model gets a folder of its own. Name one that is new or empty.\n"
    )
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["pics"]
