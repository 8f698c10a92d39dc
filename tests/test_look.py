"""`look`: what will be made of images, measured over all of them."""

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vae_core.cli.command_line import main
from vae_core.data.dataset import load_dataset
from vae_core.data.look import Request
from vae_core.data.reader import look_at


def picture(seed: int, size: tuple[int, int] = (16, 16)) -> bytes:
    content = BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0]), dtype=np.uint8)
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """30 cats, 20 dogs, and two files that are no pictures."""
    path = tmp_path / "Haustiere 猫.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for kind, count in (("Katzen", 30), ("Hunde", 20)):
            for number in range(count):
                archive.writestr(f"{kind}/{number}.png", picture(number + count))
        archive.writestr("Katzen/notes.doc", b"no picture")
        archive.writestr("Hunde/empty.png", b"")
    return path


def look(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["look", *arguments, "--json"]) == 0
    seen: dict[str, Any] = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    return seen


def test_everything_that_a_model_would_be_trained_on_is_counted(pets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = look(capsys, str(pets))
    assert seen["title"] == "Haustiere 猫"
    assert (seen["train"], seen["test"]) == (45, 5)
    assert seen["classes"] == {"Hunde": 20, "Katzen": 30}
    assert (seen["image_size"], seen["channels"]) == (16, 1)
    assert [name.partition(":")[0] for name in sorted(seen["skipped"])] == ["Hunde/empty.png", "Katzen/notes.doc"]


def test_brightness_is_that_of_the_pixels_that_are_trained_on(pets: Path) -> None:
    pixels = np.concatenate([load_dataset(pets, split).images.numpy() for split in ("train", "test")]) / 255
    seen = look_at(Request(pets))
    assert (seen.mean, seen.spread) == pytest.approx((pixels.mean(), pixels.std()), abs=1e-6)


def test_other_sizes_colours_and_catalogue_sets_are_looked_at_too(
    pets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = look(capsys, str(pets), "--image-size", "32", "--channels", "3")
    assert (seen["image_size"], seen["channels"]) == (32, 3)
    digits = look(capsys, "digits")
    assert (digits["train"], digits["test"], len(digits["classes"])) == (1438, 359, 10)
    assert sum(digits["classes"].values()) == 1797


def test_in_words_it_names_classes_and_what_was_left_out(pets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["look", str(pets)]) == 0
    told = capsys.readouterr().out
    assert "Haustiere 猫: 50 images of 16 × 16 px, grey; 5 of them for testing." in told
    assert "Katzen: 30" in told
    assert "Left out: 2 files." in told


def test_a_refusal_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "holiday.zip").write_bytes(b"PK\x03\x04nonsense")
    assert main(["look", str(tmp_path / "holiday.zip"), "--json"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "holiday.zip" in told.err.splitlines()[-1]


def test_a_folder_of_a_catalogue_sets_name_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert look(capsys, "digits")["train"] == 1438
    (tmp_path / "digits").mkdir()
    for number in range(20):
        (tmp_path / "digits" / f"{number}.png").write_bytes(picture(number))
    assert main(["look", "digits"]) == 0
    told = capsys.readouterr()
    assert "1,797 images" in told.out
    assert "digits is handwritten digits (scikit-learn), a data set of the catalogue." in told.err
    assert "write ./digits" in told.err
    assert look(capsys, "./digits")["train"] == 18
