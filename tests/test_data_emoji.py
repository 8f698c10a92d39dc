"""Noto's colour emoji, from a tiny font of coloured squares."""

from pathlib import Path

import pytest

from tests.made_fonts import make_emoji_font, make_font
from vae_core.data.dataset import load_dataset
from vae_core.data.named import font_files
from vae_core.data.named.locations import present, unavailable
from vae_core.errors import DatasetError

FILE = "NotoColorEmoji.ttf"
FACES = "😀😃😄😁😆😅🤣😂🙂🙃🫠😉😊😇🥰😍🤩😘😗😚😙🥲😋😛😜🤪😝🤑🤗🤭🫢🫣🤫🤔🫡🤐🤨😐😑😶"
SEQUENCES = {
    "❤️": (255, 0, 0),
    "👍": (250, 200, 0),
    "👍🏻": (250, 220, 190),
    "👍🏿": (90, 60, 50),
    "👩‍🚒": (10, 20, 30),
    "👨🏽‍🚒": (40, 50, 60),
    "🧑🏻‍🤝‍🧑🏿": (1, 1, 1),  # of two tones
    "🧜": (70, 80, 90),  # drawn from head to fin
    "A": (2, 2, 2),  # not an emoji
}


@pytest.fixture(autouse=True)
def _no_other_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LATENT_EXPLORER_DATA", str(tmp_path))
    monkeypatch.setattr(font_files, "_usual_folders", list)
    monkeypatch.setattr(font_files, "_fontconfig_folders", tuple)


@pytest.fixture
def font(tmp_path: Path) -> Path:
    colours = {face: (200, 5 * number, 100) for number, face in enumerate(FACES)}
    return make_emoji_font(tmp_path / "emoji" / FILE, colours | SEQUENCES)


@pytest.mark.usefixtures("font")
def test_each_picture_is_an_image_with_what_unicode_says_of_it() -> None:
    train, test = (load_dataset("emoji", split) for split in ("train", "test"))
    rows = {
        name: (group, subgroup, tone, said, dataset.images[place, :, 32, 32].tolist())
        for dataset in (train, test)
        for place, (name, said, group, subgroup, tone) in enumerate(
            zip(
                dataset.names,
                *(dataset.columns[title] for title in ("name", "group", "subgroup", "skin tone")),
                strict=True,
            )
        )
    }
    assert len(rows) == len(train) + len(test) == len(FACES) + 7
    people = "People & Body"
    assert rows["👍🏿"] == (people, "hand-fingers-closed", "dark", "thumbs up sign", [90, 60, 50])
    assert rows["❤"] == ("Smileys & Emotion", "heart", "none", "heavy black heart", [255, 0, 0])
    assert rows["👨🏽‍🚒"] == (people, "person-role", "medium", "man firefighter", [40, 50, 60])
    assert train.class_names[:2] == ("Smileys & Emotion", people)
    assert [train.class_names[label] for label in train.labels] == list(train.columns["group"])


@pytest.mark.usefixtures("font")
def test_pictures_are_whole_and_in_the_middle_of_white() -> None:
    image = load_dataset("emoji").images[0].permute(1, 2, 0)
    assert image.shape == (64, 64, 3)
    for corner in (image[0, 0], image[-1, -1], image[0, -1], image[-1, 0]):
        assert corner.tolist() == [255, 255, 255]
    # 16 by 12 of 24 pixels a side, which become 64.
    coloured = (image < 200).any(dim=2)
    assert int(coloured.any(dim=1).sum()) == pytest.approx(32, abs=2)
    assert int(coloured.any(dim=0).sum()) == pytest.approx(43, abs=2)


@pytest.mark.usefixtures("font")
def test_all_tones_and_genders_of_one_emoji_are_on_the_same_side() -> None:
    names = {split: load_dataset("emoji", split).names for split in ("train", "test")}
    for together in ({"👍", "👍🏻", "👍🏿"}, {"👩‍🚒", "👨🏽‍🚒"}):
        assert [split for split, some in names.items() if together & set(some)] in (["train"], ["test"])


@pytest.mark.usefixtures("font")
def test_faces_and_people_alone_can_be_asked_for() -> None:
    datasets = [load_dataset("emoji-faces", split) for split in ("train", "test")]
    classes = {
        name: dataset.class_names[label]
        for dataset in datasets
        for name, label in zip(dataset.names, dataset.labels, strict=True)
    }
    assert set(classes) == {*FACES, "👩‍🚒", "👨🏽‍🚒"}
    assert (classes["😀"], classes["👩‍🚒"]) == ("smiley", "role")
    assert datasets[0].class_names == ("smiley", "animal", "person", "gesture", "role", "fantasy")


@pytest.mark.usefixtures("font")
def test_other_sizes_and_grey_can_be_asked_for() -> None:
    assert load_dataset("emoji", image_size=32, channels=1).images.shape[1:] == (1, 32, 32)


def test_without_the_font_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"NotoColorEmoji.ttf, is not on this machine: .* fonts-noto-color-emoji"):
        load_dataset("emoji")
    assert not present("emoji")
    assert "apt install fonts-noto-color-emoji" in str(unavailable("emoji"))
    make_emoji_font(tmp_path / FILE, {"😀": (1, 2, 3)})
    assert present("emoji")
    assert unavailable("emoji") is None


def test_among_the_fonts_of_the_machine_it_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_emoji_font(tmp_path / "system" / "noto" / FILE, {"😀": (1, 2, 3)})
    assert not present("emoji")
    monkeypatch.setattr(font_files, "_usual_folders", lambda: [tmp_path / "system"])
    assert present("emoji")


def test_a_font_without_pictures_and_a_damaged_one_are_refused(font: Path) -> None:
    whole = font.read_bytes()
    for content in (whole[: len(whole) // 2], b"words", make_font(font.parent / "other.ttf", "Plain").read_bytes()):
        font.write_bytes(content)
        with pytest.raises(DatasetError, match="is not the font of coloured pictures that it should be"):
            load_dataset("emoji")


def test_a_font_of_few_emoji_is_refused(font: Path) -> None:
    make_emoji_font(font, {"A": (1, 2, 3)})
    with pytest.raises(DatasetError, match="too few emoji"):
        load_dataset("emoji")
