"""The Compare page as Streamlit runs it: which models it compares, what it says of them, and ways to it and on."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.Block_pb2 import Block
from streamlit.testing.v1 import AppTest

from vae_core.collection.changes import delete
from vae_core.training.events import EpochMetrics, Terms, write_history

AddCheckpoint = Callable[..., Path]
MAIN = Path(__file__).resolve().parents[1] / "ui" / "main.py"
Row = Block.FlexContainer
COMPARE, MODELS = "../pages/compare.py", "../pages/models.py"
ELBO = {"elbo": 5.0, "elbo_standard_error": 0.5, "active_units": 9}


def open_page(models: str | None, page: str = COMPARE) -> AppTest:
    app = AppTest.from_file(str(MAIN), default_timeout=60).run()
    app.switch_page(page)
    if models is not None:
        app.query_params["models"] = models
    app.run()
    assert not app.exception
    return app


def picked(app: AppTest) -> list[str]:
    return list(app.multiselect(key="compared models").value)


def written(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.warning, *app.error, *app.info, *app.code]
    return " ".join([element.value for element in elements] + [html.proto.body for html in app.get("html")])


def mounted(app: AppTest) -> list[dict[str, Any]]:
    """What the browser half was given."""
    return [json.loads(component.proto.json) for component in app.get("bidi_component")]


def links(app: AppTest) -> dict[str, str]:
    """The addresses that the page leads to, by their words."""
    return {link.proto.label: f"{link.proto.page}?{link.proto.query_string}" for link in app.get("page_link")}


@pytest.mark.parametrize(("count", "words"), [(0, "no model yet"), (1, "comparing takes two")])
def test_with_fewer_than_two_models_the_page_leads_to_more(
    count: int, words: str, add_checkpoint: AddCheckpoint
) -> None:
    for number in range(count):
        add_checkpoint(f"model {number}")
    app = open_page(None)
    assert words in written(app)
    assert "Train a model" in links(app)


def test_before_two_are_chosen_it_says_what_to_do(add_checkpoint: AddCheckpoint) -> None:
    for name in ("one", "two"):
        add_checkpoint(name)
    assert "Choose two to four models" in written(open_page(None))
    app = open_page("one")
    assert picked(app) == ["one"]
    assert "Choose another model" in written(app)
    assert links(app)["Look at the models"] == "models?"
    assert mounted(app) == []


def test_the_address_names_the_models(add_checkpoint: AddCheckpoint) -> None:
    for name in ("one", "two", "a, b"):
        add_checkpoint(name, metrics=ELBO)
    app = open_page("two,one")
    assert picked(app) == ["two", "one"]
    (given,) = mounted(app)
    assert [model["name"] for model in given["models"]] == ["two", "one"]
    assert given["models"][0]["modelUrl"] == "explorer/models/two/"
    app.multiselect(key="compared models").set_value(["one", "a, b"]).run()
    assert app.query_params["models"] == ["one", "a, b"]
    assert [model["name"] for model in mounted(app)[0]["models"]] == ["one", "a, b"]


def test_figures_and_settings_stand_side_by_side(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one", metrics=ELBO)
    folder = add_checkpoint("two", metrics={"elbo": -80.0})
    config = json.loads((folder / "config.json").read_text())
    config["model"] |= {"likelihood": "gaussian", "variance": "learned", "latent_dim": 2, "network": "linear"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "about.json").write_text(json.dumps({"title": "Two <b>"}))
    text = written(open_page("one,two"))
    assert "A · one" in text
    assert "B · Two &lt;b&gt;" in text
    assert '<th scope="row">Latent dimensions</th><td>16</td><td>2</td>' in text
    assert "network</td><td>linear network</td>" in text
    assert "<td>5.0 ± 0.5</td><td>−80.0</td>" in text
    assert "likelihoods that do not compare (bernoulli, gaussian)" in text


def test_models_that_have_gone_are_told_of_and_the_others_shown(
    add_checkpoint: AddCheckpoint, checkpoints: Path
) -> None:
    for name in ("one", "two", "three"):
        add_checkpoint(name)
    app = open_page("one,gone,two,three")
    assert picked(app) == ["one", "two", "three"]
    assert "no such model here: gone" in written(app)
    delete(checkpoints / "three")
    app.run()
    assert picked(app) == ["one", "two"]
    assert "no such model here: three" in written(app)


def test_four_at_most(add_checkpoint: AddCheckpoint) -> None:
    for name in "abcde":
        add_checkpoint(name)
    app = open_page("a,b,c,d,e")
    assert picked(app) == ["a", "b", "c", "d"]
    assert "4 models at most" in written(app)
    assert app.multiselect(key="compared models").proto.select_all == 0, "which would be more than four"


def kinds_in_rows(block: Any, *, in_row: bool = False) -> list[str]:
    """What stands beside each other on the page."""
    kinds: list[str] = []
    for child in block.children.values():
        if hasattr(child, "children"):
            lies = child.proto is not None and child.proto.flex_container.direction == Row.HORIZONTAL
            kinds += kinds_in_rows(child, in_row=in_row or lies)
        elif in_row:
            kinds.append(child.type)
    return kinds


def test_what_is_said_of_the_address_stands_below_the_picker_and_not_in_its_row(add_checkpoint: AddCheckpoint) -> None:
    for name in ("one", "two"):
        add_checkpoint(name)
    app = open_page("one,gone")
    assert sorted(kinds_in_rows(app.main)) == ["markdown", "multiselect"], "and no warning"
    assert "no such model here: gone" in app.warning[0].value


def test_only_models_of_the_same_images_are_said_to_follow(add_checkpoint: AddCheckpoint) -> None:
    for name in ("one", "two", "three"):
        add_checkpoint(name)
    path = add_checkpoint("other") / "explorer" / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"data": manifest["data"] | {"fingerprint": "1" * 64}}))
    (given,) = mounted(open_page("one,two,other"))
    assert [model["followed"] for model in given["models"]] == [True, True, False]
    (given,) = mounted(open_page("one,other"))
    assert [model["followed"] for model in given["models"]] == [False, False]


def test_a_model_without_a_map_is_compared_in_words(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one")
    add_checkpoint("bare", explorer=False)
    app = open_page("one,bare")
    assert "B (bare) cannot be explored" in written(app)
    assert [model["name"] for model in mounted(app)[0]["models"]] == ["one"]


def test_curves_of_those_that_keep_a_history(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one")
    folder = add_checkpoint("two")
    (folder / "training").mkdir()
    terms = Terms(-90.0, -80.0, 10.0)
    history = [EpochMetrics(epoch, epoch, 1.0, 0.1, terms, terms, -90.0, [1.0], 0.1, None) for epoch in (1, 2)]
    write_history(folder, history)
    app = open_page("one,two")
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert [[trace["name"] for trace in chart["data"]] for chart in charts] == [["B · two"], ["B · two"]]
    assert charts[0]["data"][0]["y"] == [-90.0, -90.0]
    assert "A keeps no history" in written(app)
    assert "hold no images out" not in written(app)
    write_history(folder, [dataclasses.replace(epoch, validation=None) for epoch in history])
    assert "B holds no images out: its curves are of training images." in written(open_page("one,two"))


def test_a_long_title_is_told_in_full_where_it_is_shown_in_part(add_checkpoint: AddCheckpoint) -> None:
    """The legend of a chart has room for its beginning, the columns of a table are of equal width."""
    title = "a title of eighty characters & more of them than there is room for, up to the end"[:80]
    add_checkpoint("two", metrics=ELBO)
    folder = add_checkpoint("one", metrics=ELBO)
    (folder / "about.json").write_text(json.dumps({"title": title}))
    terms = Terms(-90.0, -80.0, 10.0)
    (folder / "training").mkdir()
    write_history(folder, [EpochMetrics(1, 1, 1.0, 0.1, terms, terms, -90.0, [1.0], 0.1, None)])
    app = open_page("one,two")
    told = title.replace("&", "&amp;")
    assert written(app).count(f'style="width: 39%" title="{told}"><span>A · {told}</span>') == 1
    for chart in (json.loads(chart.proto.spec) for chart in app.get("plotly_chart")):
        (curve,) = chart["data"]
        assert curve["name"] == "A · a title of eighty characters &amp; …"
        assert curve["meta"] == f"A · {told}"


def test_ways_to_it_from_the_models(add_checkpoint: AddCheckpoint) -> None:
    for name in ("one", "two"):
        add_checkpoint(name)
    app = open_page(None, MODELS)
    assert links(app)["Compare"] == "compare?"
    app.menu_button(key="deeds two").set_value("Compare with …").run()
    assert not app.exception
    assert picked(app) == ["two"]


def test_what_was_compared_last_is_compared_again(add_checkpoint: AddCheckpoint) -> None:
    for name in ("one", "two"):
        add_checkpoint(name)
    app = open_page("one,two")
    app.switch_page(MODELS).run()
    app.switch_page(COMPARE).run()
    assert picked(app) == ["one", "two"]
