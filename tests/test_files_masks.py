"""Masks beside their pictures are no pictures to learn from, and take no label from these; masks alone are."""

from pathlib import Path

import pytest

from tests.picture_archives import packed, set_notes, spots
from vae_core.data.dataset import load_dataset
from vae_core.data.files.masks import masks_among

PAIRS = {
    "folders": ("images/{}.png", "masks/{}.png"),
    "folders in one": ("set/Images/{}.jpg", "set/Ground Truth/{}.png"),
    "folders with others in them": ("img/train/a/{}.png", "labels/train/a/{}.png"),
    "folders in classes": ("COVID/images/COVID-{}.png", "COVID/masks/COVID-{}.png"),
    "a word in a folder": ("images/{}.jpg", "masks/{}_mask.gif"),
    "a word": ("benign/benign ({}).png", "benign/benign ({})_mask.png"),
    "a word and a number": ("benign/benign ({}).png", "benign/benign ({})_mask_1.png"),
    "a long word": ("ISIC_{}.jpg", "ISIC_{}_segmentation.png"),
}
NONE = {
    "classes, one of which is masks": ("mask/{}.png", "no mask/{}.png"),
    "other folders": ("cats/{}.png", "masks/{}.png"),
    "other names": ("images/{}.png", "masks/m{}.png"),
    "masks alone": ("masks/{}.png", "masks/b{}.png"),
    "no pictures": ("images/{}.txt", "masks/{}.txt"),
}


@pytest.mark.parametrize("kind", PAIRS)
def test_masks_are_known_by_their_pictures(kind: str) -> None:
    names = [name.format(number) for number in range(5) for name in PAIRS[kind]]
    assert masks_among(names) == {2 * number + 1: 2 * number for number in range(5)}


@pytest.mark.parametrize("kind", NONE)
def test_whatever_may_be_something_else_is_no_mask(kind: str) -> None:
    names = [name.format(number) for number in range(5) for name in NONE[kind]]
    assert masks_among(names) == {}


def test_a_folder_in_which_some_are_without_a_picture_is_none_of_masks() -> None:
    names = [f"{folder}/{number}.png" for folder in ("images", "masks") for number in range(5)]
    assert len(masks_among(names)) == 5
    assert masks_among([*names, "masks/9.png"]) == {}


def test_a_table_labels_the_pictures_and_not_their_masks(tmp_path: Path) -> None:
    table = "\n".join(f"{number:03},{'ab'[number % 2]}" for number in range(20))
    pictures = spots(f"{folder}/{number:03}.png" for folder in ("images", "masks") for number in range(20))
    sets = [
        load_dataset(packed(tmp_path / "set.zip", {**pictures, "labels.csv": table.encode()}), split)
        for split in ("train", "test")
    ]
    assert [dataset.class_names for dataset in sets] == [("a", "b")] * 2
    label_of = {
        name: label for dataset in sets for name, label in zip(dataset.names, dataset.labels.tolist(), strict=True)
    }
    assert label_of == {f"images/{number:03}.png": number % 2 for number in range(20)}
    said = {file.name: file.reason for file in sets[0].report.skipped}
    assert said == {f"masks/{number:03}.png": f"It is the mask of images/{number:03}.png." for number in range(20)}
    assert (
        "20 masks are left out, as they are of pictures beside: hand masks in without their pictures to learn from "
        "them." in set_notes(sets[0])
    )


def test_masks_alone_are_pictures(tmp_path: Path) -> None:
    path = packed(tmp_path / "set.zip", spots(f"masks/{number}.png" for number in range(20)))
    assert sum(len(load_dataset(path, split)) for split in ("train", "test")) == 20
