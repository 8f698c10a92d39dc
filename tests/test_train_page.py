"""The Train page as Streamlit runs it: what it offers, what it asks for, and what it says of runs."""

import tomllib
from pathlib import Path

import pytest
from streamlit.config import get_option
from streamlit.testing.v1 import AppTest

from tests.run_folders import add_run
from tests.train_pages import PAGE, open_page, written


@pytest.mark.usefixtures("checkpoints")
def test_images_presets_and_costs_are_shown_before_anything_starts() -> None:
    app = open_page()
    assert not app.exception
    text = written(app)
    assert "1,797 images, 359 of them for testing; 8 × 8 px, grey, 10 classes" in text
    assert "GB of memory" in text
    assert "No run yet" in text
    assert [button.label for button in app.button if button.label == "Start training"]


def test_no_garbage_is_collected_after_each_run_of_a_page() -> None:
    """With PyTorch in the process each collection takes 0.2 s, and ten visitors cause ten a second."""
    option = "runner.postScriptGC"
    assert get_option(option) in (True, False), "Streamlit knows the option no more"
    settings = tomllib.loads((PAGE.parents[1] / ".streamlit" / "config.toml").read_text())
    section, name = option.split(".")
    assert settings[section][name] is False


def test_a_dead_run_is_named_as_interrupted_and_can_be_resumed(checkpoints: Path) -> None:
    add_run(checkpoints, "mine", "training", step=10, steps=100)
    app = open_page()
    assert not app.exception
    assert "interrupted" in written(app)
    labels = [button.label for button in app.button]
    assert {"Resume", "Discard"} <= set(labels)
    assert not {"Pause", "Stop and keep"} & set(labels)  # no epoch is whole yet


def test_a_paused_run_can_go_on_or_be_kept(checkpoints: Path) -> None:
    add_run(checkpoints, "mine", "paused", step=10, steps=100)
    labels = [button.label for button in open_page().button]
    assert {"Resume", "Stop and keep", "Discard"} <= set(labels)


def test_a_failed_run_says_why_and_what_to_change(checkpoints: Path) -> None:
    add_run(checkpoints, "mine", "failed", problem="The disk is full.", advice="Make room.")
    app = open_page()
    assert "The disk is full. Make room." in written(app)
    assert "Resume" not in [button.label for button in app.button]


def press(app: AppTest, label: str) -> None:
    (button,) = [button for button in app.button if button.label == label]
    button.click().run()
    assert not app.exception


def test_discarding_a_run_asks_first_and_removes_its_folder(checkpoints: Path) -> None:
    folder = add_run(checkpoints, "mine", "paused", step=10, steps=100)
    app = open_page()
    press(app, "Discard")
    assert "What it has learned is gone" in written(app)
    assert folder.exists()
    press(app, "Cancel")
    assert "What it has learned is gone" not in written(app)
    assert "Discard mine" not in [button.label for button in app.button]
    press(app, "Discard")
    press(app, "Discard mine")
    assert not folder.exists()
    assert "No run yet" in written(app)
