"""The Models page as Streamlit runs it: cards and table, search and order, what is done from a card, and undone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from serving import mappings
from tests.run_folders import add_run
from vae_core.checkpoint.about import read_about
from vae_core.collection.changes import delete, trash

AddCheckpoint = Callable[..., Path]
MAIN = Path(__file__).resolve().parents[1] / "ui" / "main.py"
PAGE = "../pages/models.py"
COMPARE, EDIT, AGAIN, MAP, GIVE, DELETE = (
    ":material/compare: Compare with …",
    ":material/edit: Title and notes",
    ":material/model_training: Train again with these settings",
    ":material/map: Map anew",
    ":material/redeem: Give away",
    ":material/delete: Delete",
)


@pytest.fixture(autouse=True)
def _no_map_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mappings.MAPPINGS, "_all", {})


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(MAIN), default_timeout=60).run()
    app.switch_page(PAGE)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def cards(app: AppTest) -> list[str]:
    """The HTML of each card, in their order."""
    return [html.proto.body for html in app.get("html") if "<h3>" in html.proto.body]


def shown(app: AppTest) -> list[str]:
    return [card.partition("<h3>")[2].partition("</h3>")[0] for card in cards(app)]


def written(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.warning, *app.error, *app.code, *app.toast]
    return " ".join(element.value for element in elements)


def deed(app: AppTest, name: str, what: str) -> None:
    app.menu_button(key=f"deeds {name}").set_value(what.partition(": ")[2]).run()
    assert not app.exception


def press(app: AppTest, label: str) -> None:
    (button,) = [button for button in app.button if button.label == label]
    button.click().run()
    assert not app.exception


def add_about(folder: Path, **content: Any) -> None:
    (folder / "about.json").write_text(json.dumps(content))


@pytest.mark.usefixtures("checkpoints")
def test_without_a_model_the_page_says_how_to_come_by_one() -> None:
    text = written(open_page())
    assert "No model yet." in text
    assert "python -m vae_core run start" in text


def test_a_card_tells_figures_with_their_errors(add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint(
        "one", metrics={"elbo": -98.76, "elbo_standard_error": 0.5, "negative_log_likelihood": 95.0, "active_units": 9}
    )
    add_about(folder, title="Digits <b>", notes="A & B", origin="imported", way="a ZIP", made_at=86400.0 * 365)
    (folder / "samples.webp").write_bytes(b"a picture")
    (card,) = cards(open_page())
    assert "<h3>Digits &lt;b&gt;</h3>" in card
    assert "MNIST · 28 × 28 px, grey · 16 latent dimensions · " in card
    assert "<th>ELBO</th><td>−98.8 ± 0.5</td>" in card
    assert "<th>NLL</th><td>95.0</td>" in card
    assert "<th>Active units</th><td>9 of 16</td>" in card
    assert "1 January 1971 · imported (a ZIP) · " in card
    assert "A &amp; B" in card
    assert 'src="explorer/models/one/samples.webp?v=' in card
    assert 'href="explorer/models/one/download"' in card


def test_figures_of_other_images_are_told_with_their_name(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one", metrics={"elbo": -98.76, "data": "mnist"})
    add_checkpoint("two", metrics={"elbo": -5.0, "data": "<b>"})
    first, second = cards(open_page(sort="name"))
    assert "Measured on" not in first
    assert "<th>Measured on</th><td>&lt;b&gt;</td></tr><tr><th>ELBO</th><td>−5.0</td>" in second


def test_a_card_tells_how_far_known_factors_have_dimensions_of_their_own(add_checkpoint: AddCheckpoint) -> None:
    scores = {
        "factors": ["x", "y"],
        "mutual_information_gap": 0.04,
        "dci_disentanglement": 0.5,
        "factor_vae_score": 0.608,
    }
    add_checkpoint("one", metrics={"elbo": 1.0, "disentanglement": scores})
    add_checkpoint("two", metrics={"elbo": 1.0, "disentanglement": "none"})
    first, second = cards(open_page())
    assert "<th>Disentanglement</th><td>MIG 0.04 · DCI 0.50 · FactorVAE 0.61</td>" in first
    assert "Disentanglement" not in second


def test_a_model_without_a_map_is_there_but_cannot_be_opened(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("bare", explorer=False)
    app = open_page()
    assert shown(app) == ["bare"]
    assert "No map yet" in written(app)
    assert not app.get("page_link")
    assert app.menu_button(key="deeds bare").options == [COMPARE, EDIT, AGAIN, MAP, GIVE, DELETE]


def test_cards_lead_to_explore_and_interpolate(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("my model")
    links = [(link.proto.page, link.proto.query_string) for link in open_page().get("page_link")]
    assert links == [("", "model=my+model"), ("interpolate", "model=my+model")]


def test_runs_that_are_not_done_are_left_to_the_train_page(add_checkpoint: AddCheckpoint, checkpoints: Path) -> None:
    add_checkpoint("one")
    add_run(checkpoints, "unborn", "paused")
    assert shown(open_page()) == ["one"]


def test_what_cannot_be_read_is_named_and_hides_no_other(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("good")
    (add_checkpoint("bad") / "config.json").write_text("{")
    (add_checkpoint("untitled") / "about.json").write_text("{")
    app = open_page()
    assert shown(app) == ["good", "untitled"]
    assert "bad/config.json" in written(app)
    assert "untitled/about.json: not valid JSON" in cards(app)[1]


def test_search_and_order(add_checkpoint: AddCheckpoint) -> None:
    for name, elbo in (("low", 1.0), ("high", 9.0), ("none", None)):
        add_checkpoint(name, metrics=None if elbo is None else {"elbo": elbo})
    app = open_page()
    app.selectbox(key="sort").set_value("ELBO").run()
    assert shown(app) == ["high", "low", "none"]
    app.text_input(key="search").set_value("LOW mnist").run()
    assert shown(app) == ["low"]
    app.text_input(key="search").set_value("nothing of that kind").run()
    assert shown(app) == []
    assert "None of 3 models has nothing of that kind" in written(app)


def test_many_models_are_shown_in_pages(add_checkpoint: AddCheckpoint) -> None:
    for number in range(30):
        add_checkpoint(f"model-{number:02}")
    app = open_page(sort="name")
    assert len(shown(app)) == 12
    app.pagination(key="page").set_value(3).run()
    assert shown(app) == [f"model-{number:02}" for number in range(24, 30)]
    app.text_input(key="search").set_value("model-03").run()
    assert shown(app) == ["model-03"]


def test_the_table_says_the_same(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one", metrics={"elbo": -98.76, "elbo_standard_error": 0.5})
    add_checkpoint("two")
    app = open_page(shown="Table", sort="name")
    assert shown(app) == []
    assert app.dataframe[0].proto.placeholder == "–", "of what was not measured, and no None"
    table = app.dataframe[0].value
    assert list(table["Title"]) == ["one", "two"]
    assert list(table["Size"]) == ["28 × 28 × 1"] * 2
    assert table["ELBO"][0] == -98.76
    assert table["ELBO ±"][0] == 0.5
    assert table["ELBO"].isna()[1]


def test_a_title_and_notes_are_changed_in_a_dialog(add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("one")
    app = open_page()
    deed(app, "one", EDIT)
    assert app.text_input(key="new title one").value == "one"
    app.text_input(key="new title one").set_value("A title")
    app.text_area(key="notes one").set_value("and notes")
    press(app, "Save")
    assert read_about(folder)[0].model_dump(include={"title", "notes"}) == {"title": "A title", "notes": "and notes"}
    assert shown(app) == ["A title"]
    assert not [field for field in app.text_input if field.label == "Title"], "the dialog is closed"


def test_a_title_or_notes_too_long_to_keep_stay_in_the_dialog_with_the_reason(add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("one")
    app = open_page()
    deed(app, "one", EDIT)
    app.text_input(key="new title one").set_value("n" * 81)
    press(app, "Save")
    assert "The name has 81 characters, and 80 are the most: make that 1 fewer." in written(app)
    app.text_input(key="new title one").set_value("short")
    app.text_area(key="notes one").set_value("n" * 4001)
    press(app, "Save")
    assert "The notes have 4,001 characters, and 4,000 are the most: make that 1 fewer." in written(app)
    assert not (folder / "about.json").exists()
    assert app.text_input(key="new title one").value == "short"


def test_deleting_can_be_undone_in_the_same_place(add_checkpoint: AddCheckpoint) -> None:
    for name in "abc":
        add_checkpoint(name)
    app = open_page(sort="name")
    deed(app, "b", DELETE)
    assert shown(app) == ["a", "c"]
    words = [element.value for element in app.markdown if "trash" in element.value]
    assert words == ["b is in the trash."]
    press(app, "Undo")
    assert shown(app) == ["a", "b", "c"]
    assert trash() == []


def test_the_trash_is_restored_from_and_emptied_when_it_is_confirmed(add_checkpoint: AddCheckpoint) -> None:
    for name in "ab":
        delete(add_checkpoint(name))
    app = open_page()
    assert app.expander[0].label.startswith("Trash: 2 models, ")
    app.button(key=f"restore {trash()[0].place}").click().run()
    assert shown(app) == ["b"]
    press(app, "Empty the trash")
    assert "Nothing brings that back" in written(app)
    press(app, "Cancel")
    assert len(trash()) == 1
    press(app, "Empty the trash")
    press(app, "Remove for good")
    assert trash() == []
    assert not app.expander


def test_what_cannot_be_done_is_said(add_checkpoint: AddCheckpoint, checkpoints: Path) -> None:
    add_checkpoint("one")
    app = open_page()
    add_run(checkpoints, "one", "paused")  # asked for again meanwhile
    deed(app, "one", DELETE)
    assert "one belongs to a run that is paused" in written(app)
    assert shown(app) == ["one"]


def test_training_again_needs_the_images(add_checkpoint: AddCheckpoint, tmp_path: Path) -> None:
    folder = add_checkpoint("one")
    content = json.loads((folder / "config.json").read_text())
    for data, reason in (
        (str(tmp_path / "gone.zip"), "are no longer on this machine"),
        (str(tmp_path), "read from a folder of this machine"),
    ):
        content["training"]["data"] = data
        (folder / "config.json").write_text(json.dumps(content))
        app = open_page()
        deed(app, "one", AGAIN)
        assert reason in written(app)
        assert "python -m vae_core train" in app.code[0].value
        assert str(tmp_path) not in written(app)


def test_train_is_filled_in_with_every_setting(add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("one")
    content = json.loads((folder / "config.json").read_text())
    content["model"] |= {"network": "mlp", "latent_dim": 5, "image_size": 8, "hidden_units": 33}
    content["training"] |= {"data": "digits", "epochs": 77, "beta": 2.5, "seed": 4}
    (folder / "config.json").write_text(json.dumps(content))
    app = open_page()
    deed(app, "one", AGAIN)
    assert "don't fit" not in " ".join(error.proto.title for error in app.error)
    numbers = {field.label: field.value for field in app.number_input}
    assert app.button_group(key="preset").value == "same again"
    assert (numbers["Latent dimensions"], numbers["Hidden units"], numbers["Epochs"]) == (5, 33, 77)
    assert (numbers["β"], numbers["Seed"]) == (2.5, 4)
    assert next(field.value for field in app.selectbox if field.label.startswith("Likelihood")) == "bernoulli"


def test_train_is_filled_in_with_a_size_that_it_does_not_offer_by_itself(add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("one")
    content = json.loads((folder / "config.json").read_text())
    content["model"] |= {"network": "mlp", "image_size": 24}
    content["training"] |= {"data": "digits"}
    (folder / "config.json").write_text(json.dumps(content))
    app = open_page()
    deed(app, "one", AGAIN)
    size = next(field for field in app.selectbox if field.label == "Size")
    assert size.value == "24 × 24 px"
    assert "24 × 24 px, grey" in written(app)


def test_a_map_is_drawn_only_of_images_that_are_there(
    add_checkpoint: AddCheckpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = add_checkpoint("one")
    content = json.loads((folder / "config.json").read_text())
    content["training"]["data"] = str(tmp_path / "gone.zip")
    (folder / "config.json").write_text(json.dumps(content))
    app = open_page()
    deed(app, "one", MAP)
    assert "are no longer on this machine" in written(app)
    assert "Draw the map" not in [button.label for button in app.button]

    started: list[tuple[Path, str | None]] = []
    monkeypatch.setattr(mappings.MAPPINGS, "start", lambda folder, method: started.append((folder, method)))
    content["training"]["data"] = "digits"
    (folder / "config.json").write_text(json.dumps(content))
    app = open_page()
    deed(app, "one", MAP)
    app.selectbox(key="method one").set_value("PCA: the plane of the largest spread")
    press(app, "Draw the map")
    assert started == [(folder, "pca")]


def test_in_a_public_demo_models_are_looked_at_and_taken_away(
    add_checkpoint: AddCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete(add_checkpoint("gone"))
    add_checkpoint("one")
    monkeypatch.setenv("LATENT_EXPLORER_READ_ONLY", "1")
    app = open_page()
    assert shown(app) == ["one"]
    assert 'href="explorer/models/one/download"' in cards(app)[0]
    assert len(app.get("page_link")) == 2
    assert not [*app.menu_button, *app.button, *app.expander]
