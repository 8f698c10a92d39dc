"""One's own pictures on the Train page: what size, colour and crop do is seen, and the run trains on just that."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sklearn.datasets import load_digits
from streamlit.testing.v1 import AppTest

from tests.run_folders import wait_for
from tests.train_pages import open_page, written
from vae_core.checkpoint.layout import LOG_FILE, read_checkpoint
from vae_core.data.dataset import load_dataset
from vae_core.runs.run import Run, list_runs

IMAGES = 120


def wide_digits(width: int = 24) -> bytes:
    """A ZIP of handwritten digits in the middle of a wide sheet, of two classes."""
    digits = load_digits()
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for index in range(IMAGES):
            sheet = Image.new("L", (width, 8))
            sheet.paste(Image.fromarray((digits.images[index] * 255 / 16).astype("uint8")), ((width - 8) // 2, 0))
            picture = BytesIO()
            sheet.save(picture, "PNG")
            archive.writestr(f"{'even' if digits.target[index] % 2 == 0 else 'odd'}/{index}.png", picture.getvalue())
    return content.getvalue()


def with_upload(content: bytes, name: str = "wide.zip") -> AppTest:
    app = open_page()
    (kind,) = [choice for choice in app.button_group if "Your own" in choice.options]
    kind.set_value("Your own").run()
    (uploader,) = app.file_uploader
    uploader.set_value([(name, content, "application/zip")]).run()
    assert not app.exception
    return app


def previews(app: AppTest) -> list[str]:
    """What stands below each pair of pictures."""
    captions = [image.caption for element in app.get("image") for image in element.proto.imgs]
    return [caption for caption in captions if "→" in caption]


def test_what_is_cut_off_is_shown_and_can_be_kept(root: Path) -> None:
    app = with_upload(wide_digits())
    assert "120 images, 12 of them for testing; 8 × 8 px, grey, 2 classes" in written(app)
    assert "left your picture with what is kept of it outlined" in written(app)
    assert previews(app) == ["24 × 8 → 8 × 8 px"] * 6
    (crop,) = [box for box in app.selectbox if box.label == "Crop"]
    assert crop.options == ["middle square", "whole picture, padded"]
    crop.set_value("padded").run()
    assert not app.exception
    assert "120 images, 12 of them for testing; 24 × 24 px" in written(app)
    assert previews(app) == ["24 × 8 → 24 × 24 px"] * 6
    (epochs,) = [field for field in app.number_input if field.label == "Epochs"]
    epochs.set_value(3).run()
    (start,) = [button for button in app.button if button.label == "Start training"]
    start.click().run()
    assert not app.exception
    (run,) = list_runs(root)
    done = wait_for(run, "finished", "failed", "paused")
    assert done.status.state == "finished", (run.folder / LOG_FILE).read_text()
    summary = read_checkpoint(run.folder)
    source = run.request.training.data
    assert summary.training.crop == "padded"
    assert summary.data.fingerprint == load_dataset(source, image_size=24, crop="padded").fingerprint
    assert summary.data.fingerprint != load_dataset(source, image_size=24).fingerprint
    assert Run.read(run.folder).request.training.crop == "padded"


@pytest.mark.usefixtures("checkpoints")
def test_square_pictures_leave_no_choice_of_crop() -> None:
    app = with_upload(wide_digits(width=8))
    assert [box.label for box in app.selectbox if box.label == "Crop"] == []
    assert previews(app) == []
    (size,) = [box for box in app.selectbox if box.label == "Size"]
    size.set_value("16 × 16 px").run()
    assert previews(app) == ["8 × 8 → 16 × 16 px"] * 6


@pytest.mark.usefixtures("checkpoints")
def test_what_cannot_be_opened_is_said_without_a_traceback() -> None:
    app = with_upload(b"PK\3\4 and then nothing")
    assert any("is not a readable .zip file" in error.value.replace("`", "") for error in app.error)
