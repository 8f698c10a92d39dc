"""Bringing a model on the Models page: what is asked of it, what is refused, and what becomes of it."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from serving.bringings import Bringing
from serving.mappings import MAPPINGS
from tests.made_models import weights, write_decoder, write_encoder
from tests.shipped_models import MODELS
from tests.test_imports_encoder_outputs import X, raw, three
from ui.models.bring import BRINGING
from vae_core.checkpoint.card import write_card
from vae_core.checkpoint.layout import CheckpointSummary, read_checkpoint
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.collection import taking
from vae_core.collection.bringing import Wish
from vae_core.imports.bridge import KERAS
from vae_core.imports.description import Description
from vae_core.imports.importing import import_model
from vae_core.imports.mapped import images_of
from vae_core.imports.previews import preview
from vae_core.imports.recognition import examine

PAGES = Path(__file__).resolve().parents[1] / "pages"
MAIN = f"""
import streamlit as st
pages = [st.Page("{PAGES}/" + name + ".py", default=name == "models") for name in ("models", "explore", "interpolate")]
st.session_state["explore page"], st.session_state["interpolate page"] = pages[1:]
st.navigation(pages).run()
"""
LIMIT = 240.0  # seconds; a busy machine takes many times what a quiet one does


def open_page() -> AppTest:
    return AppTest.from_string(MAIN, default_timeout=60).run()


def hand_in(app: AppTest, place: Path) -> Bringing:
    app.button(key="bring").click().run()
    app.text_input(key="model place").set_value(str(place)).run()
    until_done(app)
    bringing: Bringing = app.session_state[BRINGING]
    return bringing


def until_done(app: AppTest) -> None:
    """The browser asks again and again; the page itself waits a little each time."""
    deadline = time.monotonic() + LIMIT
    while any(button.key == "stop opening" for button in app.button):
        assert time.monotonic() < deadline
        app.run()
    assert not app.exception


def written(app: AppTest) -> str:
    shown: list[Any] = [*app.markdown, *app.caption, *app.warning, *app.error, *app.success, *app.code]
    return " ".join(element.value for element in shown).replace("\\", "").replace("`", "")


@pytest.mark.usefixtures("dist")
def test_from_a_question_to_a_model(checkpoints: Path, tmp_path: Path) -> None:
    app = open_page()
    bringing = hand_in(app, write_encoder(write_decoder(tmp_path / "theirs", "Identity")))
    assert "Recognised: theirs, ONNX; latents of 2, images of 8 × 8 px, grey" in written(app)
    (field,) = [field for field in app.selectbox if field.key and field.key.startswith("answer ")]
    assert field.options[3].startswith("logits")
    assert not [field for field in app.selectbox if field.key == "say pixels"], "which are asked for already"
    looks = len(bringing._looks)
    before = app.image[0].proto.imgs[0].url
    field.set_value("signed").run()
    assert app.image[0].proto.imgs[0].url != before, "the answer is seen at once"
    assert len(bringing._looks) == looks, "without another look"
    name = app.text_input(key="name of the model that is brought")
    name.set_value("n" * 81).run()
    assert "The name has 81 characters, and 80 are the most: make that 1 fewer." in written(app)
    assert app.button(key="import").disabled
    app.text_input(key="name of the model that is brought").set_value("My model").run()
    app.button(key="import").click().run()
    until_done(app)
    assert "My model is one of the models here." in written(app)
    about = json.loads((checkpoints / "my-model" / "about.json").read_text())
    assert about["title"] == "My model"
    assert (about["origin"], about["way"]) == ("imported", "ONNX")
    assert (checkpoints / "my-model" / "explorer" / "manifest.json").is_file()
    assert "imported (ONNX)" in " ".join(element.proto.body for element in app.get("html"))
    app.button(key="close bringing").click().run()
    assert not Path(bringing.source).is_relative_to(checkpoints)
    assert BRINGING not in app.session_state


@pytest.mark.usefixtures("dist", "checkpoints")
def test_a_laplace_likelihood_is_told_with_its_variance(tmp_path: Path) -> None:
    app = open_page()
    bringing = hand_in(app, write_encoder(write_decoder(tmp_path / "theirs")))
    app.selectbox(key="say likelihood").set_value("Laplace").run()
    until_done(app)
    assert "The variance of its Laplace likelihood is not known" in written(app)
    app.text_input(key="say variance").set_value("0.02").run()
    until_done(app)
    assert "likelihood laplace" in written(app)
    assert bringing.corrections == {"likelihood": "laplace", "variance": "0.02"}
    bringing.close()


@pytest.mark.usefixtures("dist")
def test_the_pixels_are_corrected_where_nothing_is_asked(checkpoints: Path, tmp_path: Path) -> None:
    app = open_page()
    hand_in(app, write_encoder(write_decoder(tmp_path / "theirs")))
    keys = [str(field.key) for field in (*app.selectbox, *app.text_input)]
    said = {key.removeprefix("say ") for key in keys if key.startswith("say ")}
    assert said == {*Description.model_fields} - {"variance"}, "all that the command takes, and that in its turn"
    before = app.image[0].proto.imgs[0].url
    app.selectbox(key="say pixels").set_value("0 to 255").run()
    until_done(app)
    assert app.image[0].proto.imgs[0].url != before, "the picture follows"
    assert not [field for field in app.text_input if field.key == "say scale"], "a range has its scale"
    app.selectbox(key="say pixels").set_value("as its files say").run()
    until_done(app)
    app.text_input(key="say scale").set_value("2").run()
    until_done(app)
    app.text_input(key="say shift").set_value("-1").run()
    until_done(app)
    app.button(key="import").click().run()
    until_done(app)
    model = load_checkpoint(checkpoints / "theirs").model
    expected = (2 * X - 1).flatten(1).numpy() @ weights()["M"]
    np.testing.assert_allclose(model.posterior(X).mean.numpy(), expected, atol=1e-5)


@pytest.mark.usefixtures("dist")
def test_which_outputs_are_meant_is_answered_on_the_page(checkpoints: Path, tmp_path: Path) -> None:
    app = open_page()
    hand_in(app, three(tmp_path))
    app.selectbox(key="answer outputs").set_value("2,3").run()
    until_done(app)
    app.button(key="import").click().run()
    until_done(app)
    model = load_checkpoint(checkpoints / "pair").model
    assert np.allclose(model.posterior(X).mean.numpy(), raw()[0], atol=1e-5)


def wide_pictures() -> bytes:
    """A ZIP of pictures of which most lies beside the middle square."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(24):
            sheet = io.BytesIO()
            Image.new("L", (24, 8), 10 * number).save(sheet, "PNG")
            archive.writestr(f"{number}.png", sheet.getvalue())
    return content.getvalue()


@pytest.mark.usefixtures("dist")
def test_pictures_of_ones_own_are_made_square_as_one_says(checkpoints: Path, tmp_path: Path) -> None:
    app = open_page()
    bringing = hand_in(app, write_encoder(write_decoder(tmp_path / "theirs")))
    choose_of(app, "images for a map", "Your own")
    (uploader,) = app.file_uploader
    uploader.set_value([("wide.zip", wide_pictures(), "application/zip")]).run()
    until_done(app)
    choose_of(app, "crop for a map", "padded")
    images = next(reversed(bringing._looks.values())).wish.images
    assert (Path(images.data or "").name, images.crop) == ("wide.zip", "padded")
    app.button(key="import").click().run()
    until_done(app)
    assert read_checkpoint(checkpoints / "theirs").training.crop == "padded"


def choose_of(app: AppTest, key: str, value: str) -> None:
    """Of what stands side by side, one."""
    app.button_group(key=key).set_value(value).run()
    until_done(app)


@pytest.mark.usefixtures("dist", "checkpoints")
def test_what_would_run_code_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "vae.keras", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", b"whatever")
    app = open_page()
    bringing = hand_in(app, tmp_path / "vae.keras")
    assert "it is a Keras model, which can hold code; it is not opened here." in written(app)
    assert "--bridge" not in written(app)
    assert app.code[0].value.strip() == KERAS.strip()
    bringing.close()


def test_a_map_that_could_not_be_drawn_is_told_where_the_model_was_taken(
    add_checkpoint: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = add_checkpoint("theirs", explorer=False)
    failed = SimpleNamespace(done=True, has_failed=True, problem="The machine ran out of memory.")
    monkeypatch.setattr(MAPPINGS, "_all", {folder: failed})
    app = AppTest.from_string("from ui.models.bring import _show_taken\n_show_taken('theirs')").run()
    assert not app.exception
    assert "The machine ran out of memory. Draw it again" in " ".join(
        [*(element.value for element in app.error), *(element.value for element in app.caption)]
    )
    assert "being drawn" not in written(app)


@pytest.mark.usefixtures("dist", "checkpoints")
def test_a_public_demo_takes_no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_EXPLORER_READ_ONLY", "1")
    assert not [button for button in open_page().button if button.key == "bring"]


@pytest.mark.usefixtures("checkpoints")
def test_what_was_handed_in_goes_with_it(tmp_path: Path) -> None:
    paths = [write_decoder(tmp_path / "a") / "decoder.onnx", write_encoder(tmp_path / "a") / "encoder.onnx"]
    with paths[0].open("rb") as first, paths[1].open("rb") as second:
        bringing = Bringing(files=[("C:\\x\\../decoder.onnx", first), ("encoder.onnx", second)])
    folder = Path(bringing.source)
    assert sorted(path.name for path in folder.iterdir()) == ["decoder.onnx", "encoder.onnx"]
    bringing.close()
    assert not folder.exists()


@pytest.mark.usefixtures("checkpoints")
def test_files_of_one_name_are_all_kept(tmp_path: Path) -> None:
    first, second = (write_decoder(tmp_path / "a") / "decoder.onnx", write_encoder(tmp_path / "a") / "encoder.onnx")
    for order in ((first, second), (second, first)):
        bringing = Bringing(files=[("model.onnx", io.BytesIO(path.read_bytes())) for path in order])
        found = examine(Path(bringing.source), Description(), tmp_path / order[0].stem)
        assert found.encoder == "mean and variance"
        bringing.close()


def take_meanwhile(checkpoints: Path, source: Path, monkeypatch: pytest.MonkeyPatch, work: Path) -> dict[str, Any]:
    """Takes a model called Faces; in the middle of it somebody else gets a folder of that name."""

    def importing(*given: Any, **named: Any) -> CheckpointSummary:
        summary = import_model(*given, **named)
        (checkpoints / "faces").mkdir()
        (checkpoints / "faces" / "of somebody").write_text("else")
        return summary

    monkeypatch.setattr(taking, "import_model", importing)
    return taking.take(Wish(source=str(source), work=str(work), said=Description(), title="Faces"))


def test_whatever_gets_its_folder_meanwhile_stays(
    checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = take_meanwhile(checkpoints, write_decoder(tmp_path / "theirs"), monkeypatch, tmp_path / "work")
    assert taken == {"name": "faces-2"}
    assert [path.name for path in (checkpoints / "faces").iterdir()] == ["of somebody"]
    made = read_checkpoint(checkpoints / "faces-2")
    assert (made.title, made.about.origin) == ("Faces", "imported")
    assert (checkpoints / "faces-2" / "README.md").read_text().startswith("# Faces\n")
    assert not list(checkpoints.glob(".*.tmp"))


def test_what_its_card_says_of_its_training_goes_with_it(
    checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def importing(*given: Any, **named: Any) -> CheckpointSummary:
        summary = import_model(*given, **named)
        write_card(summary.path, to_know="Images blur.")
        return summary

    monkeypatch.setattr(taking, "import_model", importing)
    wish = Wish(source=str(MODELS / "digits-2d"), work=str(tmp_path / "work"), said=Description(), title="Digits")
    assert taking.take(wish) == {"name": "digits"}
    assert "- **What to know**: Images blur.\n" in (checkpoints / "digits" / "README.md").read_text()


def test_the_preview_is_of_images_reconstructions_and_samples(tmp_path: Path) -> None:
    found = examine(write_encoder(write_decoder(tmp_path / "theirs")), Description(), tmp_path / "work")
    pictures = [
        preview(found, tmp_path / "work", images) for images in (images_of("digits", found, None, "middle"), None)
    ]
    heights = [Image.open(io.BytesIO(picture)).height for picture in pictures]
    assert heights[0] > 2.5 * heights[1]
