"""The Explore page as Streamlit runs it: which model it opens, and what it says when something is missing."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.elements.lib import policies
from streamlit.testing.v1 import AppTest

from tests.run_folders import add_run
from vae_core.collection.changes import delete

AddCheckpoint = Callable[..., Path]
MAIN = Path(__file__).resolve().parents[1] / "ui" / "main.py"
INTERPOLATE = str(MAIN.parents[1] / "pages" / "interpolate.py")


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(MAIN), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def shown_model(app: AppTest) -> str:
    """The address that the explorer component was given."""
    (component,) = app.get("bidi_component")
    address: str = json.loads(component.proto.json)["modelUrl"]
    return address


def written(app: AppTest) -> str:
    return " ".join(element.value for element in [*app.markdown, *app.caption, *app.warning, *app.error, *app.code])


@pytest.mark.usefixtures("checkpoints", "dist")
def test_without_a_checkpoint_the_page_says_how_to_make_one(checkpoints: Path) -> None:
    app = open_page()
    assert not app.exception
    assert "python -m vae_core run start --data digits" in written(app)
    assert [link.proto.page for link in app.get("page_link")] == ["train"]
    assert str(checkpoints) not in written(app)


@pytest.mark.usefixtures("dist")
def test_the_preferred_model_opens_first(add_checkpoint: AddCheckpoint) -> None:
    for name in ("a-first", "mnist-16d", "zebra"):
        add_checkpoint(name)
    app = open_page()
    assert not app.exception
    assert shown_model(app) == "explorer/models/mnist-16d/"


@pytest.mark.usefixtures("dist")
def test_a_picked_model_is_shown_and_described(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one")
    add_checkpoint("two", metrics={"elbo": -98.76})
    app = open_page()
    assert shown_model(app) == "explorer/models/one/"
    app.button_group(key="model").set_value("two").run()
    assert not app.exception
    assert shown_model(app) == "explorer/models/two/"
    assert "MNIST · 16 latent dimensions · convolutional network · ELBO −98.8 nats an image" in written(app)
    add_checkpoint("three", metrics={"elbo": -5.0, "data": "kmnist"})
    assert "network · ELBO −5.0 nats an image of kmnist" in written(open_page(model="three"))


@pytest.mark.usefixtures("dist")
def test_many_models_are_picked_from_a_list(add_checkpoint: AddCheckpoint) -> None:
    for index in range(9):
        add_checkpoint(f"model-{index}")
    app = open_page()
    app.selectbox(key="model").set_value("model-7").run()
    assert not app.exception
    assert shown_model(app) == "explorer/models/model-7/"


@pytest.mark.usefixtures("dist")
def test_a_link_opens_its_model(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one")
    add_checkpoint("two")
    assert shown_model(open_page(model="two")) == "explorer/models/two/"


@pytest.mark.usefixtures("dist")
def test_a_link_to_a_deleted_model_says_where_it_is(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one")
    delete(add_checkpoint("two"))
    app = open_page(model="two")
    assert "It is in the trash of the Models page, and can be brought back there." in app.warning[0].value


@pytest.mark.usefixtures("dist")
def test_another_page_says_that_the_model_of_the_last_one_was_deleted(add_checkpoint: AddCheckpoint) -> None:
    """In another tab, perhaps: the address of the next page names no model."""
    add_checkpoint("mnist-16d")
    folder = add_checkpoint("two")
    app = open_page(model="two")
    delete(folder)
    app.query_params.clear()
    app.switch_page(INTERPOLATE).run()
    assert not app.exception
    (warning,) = app.warning
    assert warning.value.endswith("can be brought back there. Showing mnist-16d instead.")
    app.run()
    assert not app.warning, "said once"


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize("count", [2, 9])
def test_another_page_keeps_the_model_and_no_field_is_filled_twice(
    add_checkpoint: AddCheckpoint, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Which Streamlit logs, on a server: of segments as of a list. An address with `?model=` names no model."""
    told: list[str] = []
    monkeypatch.setattr("streamlit.runtime.exists", lambda: True)
    monkeypatch.setattr(policies._LOGGER, "warning", lambda *words, **_: told.append(str(words)))
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    for name in ["mnist-16d", "two", *map(str, range(count - 2))]:
        add_checkpoint(name)
    app = open_page(model="two")
    assert shown_model(app) == "explorer/models/two/"
    app.query_params.clear()
    app.query_params["model"] = ""
    app.switch_page(INTERPOLATE).run()
    assert not app.exception
    assert shown_model(app) == "explorer/models/two/"
    assert not told


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize("count", [2, 9])
def test_models_are_picked_by_their_titles(add_checkpoint: AddCheckpoint, count: int) -> None:
    for name in ["mnist-16d", "two", *map(str, range(count - 2))]:
        add_checkpoint(name)
    (add_checkpoint("kuhe") / "about.json").write_text(json.dumps({"title": "Meine Kühe"}))
    (add_checkpoint("same") / "about.json").write_text(json.dumps({"title": "two"}))
    app = open_page(model="kuhe")
    assert shown_model(app) == "explorer/models/kuhe/"
    field = app.selectbox(key="model") if count > 2 else app.button_group(key="model")
    assert {"Meine Kühe", "mnist-16d", "two (same)", "two (two)"} <= set(field.options)
    app.switch_page(INTERPOLATE).run()
    assert shown_model(app) == "explorer/models/kuhe/"


@pytest.mark.usefixtures("dist")
def test_a_pick_counts_that_comes_before_the_address_has_been_told_of_the_last(add_checkpoint: AddCheckpoint) -> None:
    for name in ("one", "two", "three"):
        add_checkpoint(name)
    app = open_page(model="one")
    app.button_group(key="model").set_value("two").run()
    app.query_params["model"] = "one"  # as a browser asks that has not heard of the pick
    app.button_group(key="model").set_value("three").run()
    assert shown_model(app) == "explorer/models/three/"
    assert app.query_params["model"] == "three"


@pytest.mark.usefixtures("dist")
def test_a_link_to_an_unknown_model_says_so_and_opens_another(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one")
    app = open_page(model="gone")
    assert not app.exception
    assert shown_model(app) == "explorer/models/one/"
    assert "gone" in app.warning[0].proto.title


@pytest.mark.usefixtures("dist")
def test_damaged_checkpoints_are_named_with_the_reason(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("good")
    broken = add_checkpoint("broken")
    (broken / "config.json").write_text("{")
    bare = add_checkpoint("bare", explorer=False)
    app = open_page()
    assert not app.exception
    assert shown_model(app) == "explorer/models/good/"
    assert "`broken/config.json`: not valid JSON" in written(app)
    assert "`python -m vae_core project checkpoints/bare --data NAME`" in written(app)
    assert str(bare.parent) not in written(app)


@pytest.mark.usefixtures("dist")
def test_only_damaged_checkpoints_leave_an_explained_page(add_checkpoint: AddCheckpoint) -> None:
    broken = add_checkpoint("broken")
    (broken / "config.json").write_text('{"format": 99}')
    app = open_page()
    assert not app.exception
    assert not app.get("bidi_component")
    assert "99" in app.error[0].value
    assert app.error[0].value.startswith("`broken/config.json`: ")
    assert str(broken.parent) not in app.error[0].value


@pytest.mark.usefixtures("no_dist")
def test_an_unbuilt_explorer_is_named_with_its_command(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one")
    app = open_page()
    assert not app.exception
    assert "make build" in app.error[0].value


@pytest.mark.usefixtures("dist")
def test_names_are_quoted_in_addresses(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("my model #1")
    assert shown_model(open_page()) == "explorer/models/my%20model%20%231/"


@pytest.mark.usefixtures("dist")
def test_a_page_looks_through_the_folder_once(
    add_checkpoint: AddCheckpoint, checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        add_checkpoint(name)
    scanned: list[str] = []
    plain = os.scandir

    def counting(path: Any = ".") -> Any:
        scanned.append(str(path))
        return plain(path)

    monkeypatch.setattr(os, "scandir", counting)
    assert not open_page().exception
    assert scanned.count(str(checkpoints)) == 1


STRANGE = "![x](http://e.example/a.png) :material/bug: $x$"


@pytest.mark.usefixtures("dist")
def test_names_of_strangers_are_code_and_cut(add_checkpoint: AddCheckpoint) -> None:
    for name, data in (("one", STRANGE), ("two", "x" * 1_000_000)):
        config = add_checkpoint(name) / "config.json"
        content = json.loads(config.read_text())
        content["data"]["name"] = data
        config.write_text(json.dumps(content))
    app = open_page()
    assert app.caption[0].value.startswith(r"`![x](http://e.example/a.png) :material`\/`bug: $x$` · 16 latent")
    app.button_group(key="model").set_value("two").run()
    assert len(app.caption[0].value) < 200


@pytest.mark.usefixtures("dist")
def test_a_folder_with_a_strange_name_is_picked_from_a_list(add_checkpoint: AddCheckpoint) -> None:
    """Segments are Markdown, a list's entries are not."""
    strange = ":red[![x](http:&#47;&#47;e.example&#47;a.png)]"
    add_checkpoint("one")
    add_checkpoint(strange)
    app = open_page()
    assert not app.get("button_group")
    assert app.selectbox(key="model").options == [strange, "one"]


@pytest.mark.usefixtures("dist")
def test_a_run_that_is_still_training_is_told_as_that(add_checkpoint: AddCheckpoint, checkpoints: Path) -> None:
    add_checkpoint("one")
    add_run(checkpoints, "mine", "training")
    app = open_page(model="mine")
    assert not app.exception
    assert "not trained to its end (it is interrupted)" in app.warning[0].value
    assert [link.proto.page for link in app.get("page_link")] == ["train"]


@pytest.mark.usefixtures("dist")
def test_of_very_many_problems_some_are_shown_and_all_are_counted(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("good")
    for number in range(60):
        add_checkpoint(f"bare-{number:02}", explorer=False)
    app = open_page()
    assert "… and 10 more" in written(app)
    assert "bare-49" in written(app)
    assert "bare-50" not in written(app)
