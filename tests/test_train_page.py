"""The Train page as Streamlit runs it: what it offers, what it asks for, and what it says of runs."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.config import get_option
from streamlit.testing.v1 import AppTest

from tests.run_folders import MODEL, add_run
from tests.train_pages import PAGE, open_page, written
from vae_core.checkpoint.about import About, write_about
from vae_core.checkpoint.layout import LOCK_FILE, REQUEST_FILE, write_config
from vae_core.checkpoint.provenance import DataDescription
from vae_core.config import TrainConfig
from vae_core.files import locked
from vae_core.runs import control
from vae_core.runs.report import SLOWER
from vae_core.runs.run import Run, RunStatus, State, list_runs, write_status
from vae_core.training.events import EpochMetrics, Terms, append_metrics


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


def test_a_run_and_its_figures_are_called_by_its_title(checkpoints: Path) -> None:
    write_about(add_run(checkpoints, "meine-kuhe", "paused", step=10, steps=100), About(title="Meine <Kühe>"))
    app = open_page()
    assert "**`Meine <Kühe>`**" in written(app)
    press(app, "Discard")
    assert "Discard `Meine <Kühe>`?" in written(app)
    assert "meine-kuhe" not in written(app)


@pytest.mark.usefixtures("checkpoints")
def test_a_name_that_is_too_long_is_told_and_starts_nothing() -> None:
    app = open_page()
    (name,) = [field for field in app.text_input if field.label == "Name of the model"]
    name.set_value("n" * 93).run()
    assert "The name has 93 characters, and 80 are the most: make that 13 fewer." in written(app)
    press(app, "Start training")
    assert not list_runs()


def test_a_paused_run_can_go_on_or_be_kept(checkpoints: Path) -> None:
    add_run(checkpoints, "mine", "paused", step=10, steps=100)
    labels = [button.label for button in open_page().button]
    assert {"Resume", "Stop and keep", "Discard"} <= set(labels)


def shown(app: AppTest) -> list[str]:
    return [element.value.strip("*") for element in app.markdown if element.value.startswith("**")]


def test_a_run_keeps_its_place_when_it_is_paused_and_new_ones_come_above(checkpoints: Path) -> None:
    folder = add_run(checkpoints, "first", "training", step=10, steps=100)
    request = add_run(checkpoints, "second", "paused", step=10, steps=100) / REQUEST_FILE
    request.write_text(json.dumps(json.loads(request.read_text()) | {"asked_at": 2.0}))
    with locked(folder / LOCK_FILE):
        app = open_page()
        assert shown(app) == ["first", "second"]
    write_status(folder, RunStatus(state="paused", step=10, steps=100))
    app.run()
    assert shown(app) == ["first", "second"], "no other run's buttons lie under the pointer"
    add_run(checkpoints, "third", "paused", step=10, steps=100)
    app.run()
    assert shown(app) == ["third", "first", "second"]


def test_a_finished_runs_figures_are_a_table_without_a_toolbar(add_checkpoint: Callable[..., Path], root: Path) -> None:
    figures = {"split": "test", "images": 359, "elbo": 5.0, "elbo_standard_error": 0.5}
    add_checkpoint("mine", metrics=figures, explorer=False)
    add_run(root, "mine", "finished", step=100, steps=100)
    write_about(root / "mine", About(title="My $x$"))
    app = open_page()
    assert not app.exception
    assert not [table for table in app.dataframe if "figure" in table.value]
    (table,) = [table.value for table in app.table]
    assert list(table.columns) == ["figure", "`My $x$`"]
    assert table.iloc[0].tolist() == ["ELBO", "5.0 ± 0.5"]
    assert table.iloc[1].tolist() == ["log p(x|z)", "—"]


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


def add_collapsed(root: Path, state: State = "paused") -> Path:
    """A run of the digits with a β far too high, whose encoder says nothing."""
    folder = add_run(root, "mine", state, step=300, steps=320)
    settings = TrainConfig(data="digits", epochs=20, beta=50.0)
    write_config(folder, MODEL, settings, DataDescription(name="digits", fingerprint="0", images=1438))
    for epoch in (18, 19, 20):
        metrics = EpochMetrics(epoch, 15 * epoch, 50.0, 1e-3, Terms(-9, -9, 0), None, -9.0, [0.0] * 2, 0.1, 0.05)
        append_metrics(folder, metrics)
    return folder


def test_what_is_wrong_is_said_with_a_button_that_starts_the_mended_run(root: Path) -> None:
    add_collapsed(root)
    app = open_page()
    assert not app.exception
    assert "The posterior has collapsed in all 2 latent dimensions" in written(app)
    assert "A mended run changes “β” from 50 to 1." in written(app)
    press(app, "Start the mended run")
    (mended,) = [run for run in list_runs(root) if run.name != "mine"]
    assert [toast.value for toast in app.toast] == ["mine mended is under way: it is the first of the runs."]
    assert (mended.name, mended.request.title) == ("mine-mended", "mine mended")
    assert mended.request.model == MODEL
    assert mended.request.training == TrainConfig(data="digits", epochs=20)
    before = Run.read(root / "mine")
    assert mended.request.preset == before.request.preset
    assert before.state == "paused", "the first one stays as it is"


def test_a_healthy_run_shows_no_such_button(checkpoints: Path) -> None:
    add_run(checkpoints, "mine", "paused", step=10, steps=100)
    assert "Start the mended run" not in [button.label for button in open_page().button]


def test_a_run_that_diverged_offers_its_advice_as_a_button(checkpoints: Path) -> None:
    problem = "The training diverged after step 30, in epoch 2: its figures became infinite or NaN."
    folder = add_run(checkpoints, "mine", "failed", problem=problem, advice=SLOWER)
    settings = TrainConfig(data="digits", learning_rate=0.5)
    write_config(folder, MODEL, settings, DataDescription(name="digits", fingerprint="0", images=1438))
    app = open_page()
    assert written(app).count(problem) == 1
    assert "“Learning rate” from 0.5 to 0.002, “Gradient clip” from 0 to 1" in written(app)
    assert "Start the mended run" in [button.label for button in app.button]


def heads(app: AppTest, *names: str) -> list[str]:
    """The names of runs, in the order in which they stand on the page."""
    return [words.value.strip("*") for words in app.markdown if words.value.strip("*") in names]


def test_what_was_started_is_told_where_the_start_is_and_stands_first(root: Path) -> None:
    add_run(root, "older", "paused", step=10, steps=100)
    app = open_page()
    press(app, "Start training")
    (started,) = [run.name for run in list_runs(root) if run.name != "older"]
    assert [toast.value for toast in app.toast] == [f"{started} is under way: it is the first of the runs."]
    assert heads(app, "older", started) == [started, "older"]
    assert not app.run().toast, "it is said once"


def test_a_resumed_run_is_opened_in_its_place_and_stands_first_for_who_comes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run(root, "older", "paused", step=10, steps=100)
    newer = add_run(root, "newer", "finished", step=100, steps=100)
    request = json.loads((newer / REQUEST_FILE).read_text())
    (newer / REQUEST_FILE).write_text(json.dumps(request | {"asked_at": 2.0}))
    app = open_page()
    assert heads(app, "older", "newer") == ["newer", "older"]

    def queued_again(run: Run) -> None:
        write_status(run.folder, RunStatus(state="queued"))

    monkeypatch.setattr(control, "resume", queued_again)
    with locked(root / "older" / LOCK_FILE):
        press(app, "Resume")
        assert heads(app, "older", "newer") == ["newer", "older"]
        assert [button.key for button in app.button if button.label == "Details"] == ["Details newer"]
        assert heads(open_page(), "older", "newer") == ["older", "newer"]
