"""Augmentation on the Train page: on where images are few, shown as training will see it, and off when asked."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.train_pages import open_page, written
from ui.train.variants_sheet import SHOWN, variants_sheet
from vae_core import load_dataset
from vae_core.augmentation import AUGMENTATION, draw
from vae_core.config import TrainConfig, title_of
from vae_core.data.look import Look, sheet_of
from vae_core.films.pictures import on_contact_sheet
from vae_core.runs.run import Run
from vae_core.training.variants import Variants


def fields(app: AppTest) -> dict[str, Any]:
    shown = {widget.label: widget for widget in [*app.number_input, *app.selectbox]}
    return {name: shown[title_of(name)] for name in AUGMENTATION}


def pictures(app: AppTest) -> int:
    return len(app.get("image"))


@pytest.mark.usefixtures("checkpoints")
def test_few_images_are_varied_and_shown_until_it_is_turned_off() -> None:
    app = open_page()
    (size,) = [widget for widget in app.selectbox if widget.label == "Size"]
    size.set_value("16 × 16 px").run()
    assert not app.exception
    assert "In training, images are moved by up to" in written(app)
    assert "fewer than 2,000" in written(app)
    values = {name: field.value for name, field in fields(app).items()}
    assert values["rotation"] > 0
    assert (values["mirror"], values["brightness"], values["contrast"]) == ("off", 0, 0)
    with_variants = pictures(app)
    for name in ("shift", "rotation", "scale"):
        fields(app)[name].set_value(0.0).run()
    assert not app.exception
    assert "Images are not varied" in written(app)
    assert pictures(app) == with_variants - 1
    fields(app)["contrast"].set_value(0.2).run()
    assert "In training, images are changed in contrast by up to 20 %" in written(app)
    assert pictures(app) == with_variants


@pytest.mark.usefixtures("checkpoints")
def test_many_images_are_as_they_are_until_it_is_asked_for() -> None:
    app = open_page()
    (choice,) = [widget for widget in app.selectbox if widget.label == "Data set"]
    choice.set_value("sprites").run()
    assert not app.exception
    assert {field.value for field in fields(app).values()} == {0, "off"}
    assert "varied" not in written(app)
    fields(app)["mirror"].set_value("on").run()
    assert "In training, images are mirrored half the time, in each epoch otherwise." in written(app)


@pytest.mark.usefixtures("checkpoints")
def test_what_is_chosen_is_what_the_run_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def ask(*settings: Any) -> Run:
        asked.extend(settings)
        raise OSError("far enough")

    monkeypatch.setattr("vae_core.runs.control.ask", ask)
    app = open_page()
    chosen = {"shift": 0.2, "rotation": 45.0, "scale": 0.0, "mirror": "on", "brightness": 0.3, "contrast": 0.4}
    for name, value in chosen.items():
        fields(app)[name].set_value(value).run()
        assert not app.exception
    (start,) = [button for button in app.button if button.label == "Start training"]
    start.click().run()
    assert {name: getattr(asked[-1], name) for name in AUGMENTATION} == chosen


@pytest.mark.parametrize(("channels", "side", "count"), [(1, 8, 30), (3, 20, 30), (3, 64, 4)])
def test_the_sheet_is_the_images_and_below_each_what_training_sees(channels: int, side: int, count: int) -> None:
    random = np.random.default_rng(0)
    images = random.integers(256, size=(count, channels, side, side), dtype=np.uint8)
    about = Look("noise", count, 0, {}, side, channels, 0.5, 0.1)
    look = replace(about, sheet=sheet_of(images, np.arange(count)))
    settings = TrainConfig(data="noise", shift=0.1, rotation=15, mirror="on", contrast=0.2, seed=3)
    columns = min(SHOWN, count)
    tiles = on_contact_sheet(variants_sheet(look, settings), side, 3 * SHOWN)[:, :channels]
    assert len(tiles) == 3 * columns
    originals = tiles[:columns]
    assert {tile.tobytes() for tile in originals} <= {image.tobytes() for image in images}
    x = torch.from_numpy(originals.astype(np.float32) / 255)
    for epoch in range(2):
        seen = Variants(draw(settings, epoch, columns), torch.device("cpu")).of(x, torch.arange(columns))
        shown = tiles[(epoch + 1) * columns : (epoch + 2) * columns]
        assert np.abs(shown - 255 * seen.numpy()).max() < 0.6


@pytest.mark.usefixtures("checkpoints")
def test_the_digits_are_read_off_their_sheet_as_they_are() -> None:
    digits = load_dataset("digits")
    sheet = sheet_of(digits.images.numpy(), digits.labels.numpy())
    found = on_contact_sheet(sheet, 8, SHOWN)[:, :1]
    labels = {image.tobytes(): int(label) for image, label in zip(digits.images.numpy(), digits.labels, strict=True)}
    assert [labels[image.tobytes()] for image in found] == sorted(labels[image.tobytes()] for image in found)
    assert len({labels[image.tobytes()] for image in found}) == SHOWN
