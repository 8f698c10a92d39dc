"""Letters in this machine's fonts, from tiny fonts that are made on the spot."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.made_fonts import LETTERS, make_font
from vae_core.data.dataset import Dataset, load_dataset
from vae_core.data.look import Request
from vae_core.data.named import font_files
from vae_core.data.named.font_faces import BROKEN, faces
from vae_core.data.named.font_files import font_files as find_fonts
from vae_core.data.named.letters import families_for_testing
from vae_core.data.named.locations import present, unavailable
from vae_core.data.reader import look_at
from vae_core.errors import DatasetError


@pytest.fixture(autouse=True)
def _no_other_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LATENT_EXPLORER_DATA", str(tmp_path))
    monkeypatch.setattr(font_files, "_usual_folders", list)
    monkeypatch.setattr(font_files, "_fontconfig_folders", tuple)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three families: one of two weights, one in italics, one of a fixed width."""
    fonts = tmp_path / "fonts"
    make_font(fonts / "plain.ttf", "Plain Sans")
    make_font(fonts / "plain-bold.ttf", "Plain Sans", weight=700, style="Bold", thicker=60)
    make_font(fonts / "deep" / "lean.ttf", "Lean", style="Italic", panose=(2, 5), thicker=25)
    make_font(fonts / "even.woff2", "Even Mono", mono=True, thicker=40)
    return fonts


def both_splits() -> list[Dataset]:
    return [load_dataset("fonts", split) for split in ("train", "test")]


def told(datasets: list[Dataset], *columns: str) -> set[tuple[str, ...]]:
    rows = [zip(*(dataset.columns[name] for name in columns), strict=True) for dataset in datasets]
    return {row for some in rows for row in some}


@pytest.mark.usefixtures("folder")
def test_each_face_gives_each_letter_once_with_what_its_tables_say() -> None:
    datasets = both_splits()
    train, test = datasets
    assert len(train) + len(test) == 4 * len(LETTERS)
    assert train.class_names == tuple(LETTERS)
    assert train.images.shape[1:] == (1, 64, 64)
    assert told(datasets, "family", "weight", "italic", "style") == {
        ("Plain Sans", "400", "no", "sans"),
        ("Plain Sans", "700", "no", "sans"),
        ("Lean", "400", "yes", "serif"),
        ("Even Mono", "400", "no", "monospace"),
    }
    assert not set(train.columns["family"]) & set(test.columns["family"])


@pytest.mark.usefixtures("folder")
def test_letters_are_white_on_black_in_the_middle_and_as_large_as_their_images() -> None:
    for dataset in both_splits():
        for image in dataset.images[:, 0].numpy():
            box = Image.fromarray(np.where(image > 127, 255, 0).astype(np.uint8)).getbbox()
            assert box is not None
            left, top, right, bottom = box
            assert max(right - left, bottom - top) == pytest.approx(64, abs=1)
            assert left == pytest.approx(64 - right, abs=1)
            assert top == pytest.approx(64 - bottom, abs=1)
            assert image.max() == 255


@pytest.mark.usefixtures("folder")
def test_letters_have_their_shapes() -> None:
    """The lower half of the tiny A is its stem alone, which is at the left."""
    train = load_dataset("fonts")
    lower = train.images[train.labels == 0][:, 0, 45:60].float()
    assert lower[..., 16:22].mean() > 250
    assert lower[..., 50:].mean() < 5


@pytest.mark.usefixtures("folder")
def test_other_sizes_and_colours_can_be_asked_for() -> None:
    dataset = load_dataset("fonts", image_size=32, channels=3)
    assert dataset.images.shape[1:] == (3, 32, 32)
    assert torch.equal(dataset.images[:, 0], dataset.images[:, 2])
    with pytest.raises(DatasetError, match="fonts is always cropped to the middle"):
        load_dataset("fonts", image_size=28, crop="padded")


def test_what_other_faces_draw_as_well_is_left_out(folder: Path) -> None:
    before = [dataset.fingerprint for dataset in both_splits()]
    make_font(folder / "zz-copy.ttf", "Zzz Copy of Plain")
    assert [dataset.fingerprint for dataset in both_splits()] == before
    assert "6 drawings that other faces have as well are left out." in look_at(Request("fonts")).notes[0]


def test_a_font_that_is_added_is_seen_and_changes_the_fingerprint(folder: Path) -> None:
    before = load_dataset("fonts").fingerprint
    assert load_dataset("fonts").fingerprint == before
    make_font(folder / "new.ttf", "Even More", thicker=90)
    assert len({before, load_dataset("fonts").fingerprint}) == 2


def test_letters_that_a_font_lacks_are_left_out(folder: Path) -> None:
    make_font(folder / "capitals.ttf", "Capitals Only", letters={"A": LETTERS["A"], "R": LETTERS["R"]}, thicker=70)
    counts = look_at(Request("fonts")).classes
    assert counts == {"A": 5, "R": 5, "a": 4, "e": 4, "g": 4, "t": 4}


def test_small_letters_that_are_capitals_again_are_left_out(folder: Path) -> None:
    shapes = dict(LETTERS) | {"a": [(0, 0, 100, 400), (0, 150, 250, 250)]}
    make_font(folder / "unicase.ttf", "Unicase", letters=shapes)
    assert look_at(Request("fonts")).classes["e"] == 4


@pytest.mark.parametrize("panose", [(5, 0), (2, 11)])
def test_fonts_of_pictures_are_left_out(folder: Path, panose: tuple[int, int]) -> None:
    box = {letter: [(0, 0, 500, 500)] for letter in LETTERS}
    shapes = LETTERS if panose[0] == 5 else box
    make_font(folder / "pictures.ttf", "Pictures", letters=shapes, panose=panose, thicker=77)
    assert sum(look_at(Request("fonts")).classes.values()) == 4 * len(LETTERS)


def test_variable_fonts_are_drawn_at_their_named_weights_else_at_the_hundreds(tmp_path: Path) -> None:
    named = make_font(tmp_path / "named.ttf", "Named", variable=True, instances=(200, 640, 900))
    nameless = make_font(tmp_path / "nameless.ttf", "Nameless", variable=True)
    widths = [(face.weight, face.font.getmask("A").getbbox()[2]) for face in faces(named)]
    assert [weight for weight, _ in widths] == [200, 640, 900]
    assert len({width for _, width in widths}) == 3
    assert widths == sorted(widths)
    assert [face.weight for face in faces(nameless)] == list(range(100, 1000, 100))


def test_a_package_of_web_fonts_says_the_style_where_the_font_does_not(tmp_path: Path) -> None:
    font = make_font(tmp_path / "package" / "files" / "x-latin-400-normal.woff2", "Quiet", panose=(0, 0))
    assert [face.style for face in faces(font)] == ["unknown"]
    (tmp_path / "package" / "metadata.json").write_text(json.dumps({"category": "handwriting"}))
    assert [face.style for face in faces(font)] == ["script"]


def test_broken_files_are_named_and_the_others_read(folder: Path) -> None:
    whole = (folder / "plain.ttf").read_bytes()
    (folder / "cut.ttf").write_bytes(whole[:300])
    (folder / "words.otf").write_text("not a font")
    (folder / "empty.ttf").touch()
    look = look_at(Request("fonts"))
    assert sorted(line.split(":")[0] for line in look.skipped) == ["cut.ttf", "words.otf"]
    assert sum(look.classes.values()) == 4 * len(LETTERS)


@pytest.mark.parametrize("name", ["plain.ttf", "even.woff2", "wide.ttf"])
def test_damaged_fonts_are_drawn_or_refused_in_the_known_ways(folder: Path, tmp_path: Path, name: str) -> None:
    make_font(folder / "wide.ttf", "Wide", variable=True, instances=(200, 640, 900))
    whole, chance = (folder / name).read_bytes(), random.Random(0)
    refused = 0
    for number in range(80):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path = tmp_path / f"damaged{number}{Path(name).suffix}"
        path.write_bytes(damaged)
        try:
            for face in faces(path):
                face.font.getmask("A")
        except BROKEN:
            refused += 1
    assert refused > 0


def test_a_machine_without_fonts_says_what_to_do(tmp_path: Path) -> None:
    words = r"too few fonts: letters of at least two families are needed. .*folder called fonts in one of these"
    with pytest.raises(DatasetError, match=words):
        load_dataset("fonts")
    assert not present("fonts")
    assert str(tmp_path) in str(unavailable("fonts"))
    make_font(tmp_path / "fonts" / "only.ttf", "Only")
    assert present("fonts")
    with pytest.raises(DatasetError, match=words):
        load_dataset("fonts")


def test_fonts_are_found_once_by_suffix_size_and_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "alias.ttf").symlink_to(folder / "plain.ttf")
    (folder / "nowhere.ttf").symlink_to(folder / "gone.ttf")
    (folder / "notes.txt").write_text("x")
    monkeypatch.setattr(font_files, "_usual_folders", lambda: [folder, folder / "deep"])
    roots = [folder.parent]
    assert sorted(path.stem.replace("alias", "plain") for path in find_fonts(roots)) == [
        "even",
        "lean",
        "plain",
        "plain-bold",
    ]
    monkeypatch.setattr(font_files, "MOST_BYTES", (folder / "even.woff2").stat().st_size)
    assert [path.name for path in find_fonts(roots)] == ["even.woff2"]


def test_families_are_for_testing_by_their_first_word_alone() -> None:
    names = {f"{head} {tail}" for head in map(str, range(1000)) for tail in ("Sans", "Serif")}
    testing = families_for_testing(names)
    assert len(testing) / len(names) == pytest.approx(0.1, abs=0.03)
    assert all(f"{name.split()[0]} {tail}" in testing for name in testing for tail in ("Sans", "Serif"))
    some = {name for name in names if int(name.split()[0]) < 500}
    assert families_for_testing(some) == testing & some
    assert len(families_for_testing({"One", "Two"})) == 1
    assert families_for_testing({"One Sans", "One Serif"}) == set()
