"""What the names of files and folders say: the split, the classes, words before numbers."""

import pytest

from vae_core.data.files.class_folders import Folders, are_parts, read_folders
from vae_core.data.files.class_folders import words_before_numbers as words
from vae_core.data.files.classes import number_classes
from vae_core.data.files.split_words import are_split_words


def held_out_by(folders: Folders, names: list[str]) -> set[str]:
    """The names of the files that are for testing."""
    assert folders.testing is not None
    return {name for name, held_out in zip(names, folders.testing, strict=True) if held_out}


@pytest.mark.parametrize(
    ("parts", "held_out"),
    [
        (("train", "test"), "test"),
        (("training", "testing"), "testing"),
        (("Train", "VAL"), "VAL"),
        (("train", "valid"), "valid"),
        (("train", "validation"), "validation"),
        (("TRAIN", "dev"), "dev"),
        (("train", "eval"), "eval"),
        (("train", "val", "test"), "test"),
        (("training", "dev", "eval"), "eval"),
    ],
)
@pytest.mark.parametrize("above", ["", "pets/", "all/pets/"])
@pytest.mark.parametrize("flat", [False, True])
def test_folders_of_a_split_are_the_split(parts: tuple[str, ...], held_out: str, above: str, flat: bool) -> None:
    kinds = ("",) if flat else ("cats/", "dogs/")
    names = [f"{above}{part}/{kind}{number}.png" for part in parts for kind in kinds for number in range(3)]
    found = read_folders(names, "set")
    assert held_out_by(found, names) == {name for name in names if f"{held_out}/" in name}
    assert (found.for_testing, set(found.for_training)) == ((held_out,), set(parts) - {held_out})
    assert set(found.labels) == ({"set"} if flat else {"cats", "dogs"})
    if not flat:
        assert all(f"{label}/" in name for label, name in zip(found.labels, names, strict=True))


def test_a_split_may_lie_below_the_classes() -> None:
    names = [
        f"{kind}/{part}/{number}.png" for kind in ("cats", "dogs") for part in ("train", "test") for number in "123"
    ]
    found = read_folders(names, "set")
    assert found.labels == ["cats"] * 6 + ["dogs"] * 6
    assert held_out_by(found, names) == {name for name in names if "/test/" in name}


def test_classes_are_written_as_most_of_their_pictures_have_it_from_part_to_part() -> None:
    names = [f"train/{kind}/{number}.png" for kind in ("Cat", "dog") for number in range(4)]
    names += [f"test/{kind}/{number}.png" for kind in ("cat", "DOG") for number in range(2)]
    assert read_folders(names, "set").labels == ["Cat"] * 4 + ["dog"] * 4 + ["Cat"] * 2 + ["dog"] * 2
    assert set(read_folders(["Cat/1.png", "cat/2.png", "dog/3.png"], "set").labels) == {"Cat", "cat", "dog"}


def test_one_class_below_a_split_bears_its_own_name() -> None:
    names = ["train/cats/1.png", "train/cats/2.png", "test/cats/3.png"]
    assert read_folders(names, "set").labels == ["cats"] * 3


def test_pictures_to_test_on_may_come_without_classes() -> None:
    names = ["train/cats/1.png", "train/dogs/2.png", "test/3.png"]
    found = read_folders(names, "set")
    assert (found.labels, held_out_by(found, names)) == (["cats", "dogs", "set"], {"test/3.png"})


def test_classes_that_only_the_test_has_are_classes() -> None:
    names = ["train/good/1.png", "test/good/2.png", "test/broken/3.png"]
    found = read_folders(names, "set")
    assert found.labels == ["good", "good", "broken"]
    assert held_out_by(found, names) == set(names[1:])


def test_what_is_tested_on_may_be_of_other_classes_altogether() -> None:
    names = [
        f"{part}/{kind}/{number}.png"
        for part, kinds in (("train", "abc"), ("test", "xy"))
        for kind in kinds
        for number in "12"
    ]
    found = read_folders(names, "set")
    assert set(found.labels) == set("abcxy")
    assert held_out_by(found, names) == {name for name in names if name.startswith("test/")}


def test_pictures_beside_a_split_are_for_training() -> None:
    names = ["cover.png", "train/1.png", "train/2.png", "test/3.png"]
    assert held_out_by(read_folders(names, "set"), names) == {"test/3.png"}


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["train/1.png", "tests/2.png"], ["train", "tests"]),
        (["train/1.png", "test/2.png", "car/3.png"], ["train", "test", "car"]),
        (["val/1.png", "test/2.png"], ["val", "test"]),
        (["train/steam/1.png", "test/written/2.png"], ["train", "test"]),
        (["train/1.png", "test/written/2.png"], ["train", "test"]),
        (["a/1.png", "a/2.png", "a/3.png", "b/train/4.png", "b/test/5.png"], ["a", "a", "a", "b", "b"]),
    ],
    ids=["another word", "a class beside it", "none to train on", "other things in it", "other depths", "of a part"],
)
def test_what_only_looks_like_a_split_are_classes(names: list[str], labels: list[str]) -> None:
    found = read_folders(names, "set")
    assert (found.labels, found.testing) == (labels, None)


def test_a_lone_part_of_a_split_is_no_class() -> None:
    assert read_folders(["train/1.png", "train/2.png"], "set") == Folders(["set", "set"], frozenset({0, 1}))
    assert read_folders(["train/a/1.png", "train/b/2.png"], "set") == Folders(["a", "b"])


def test_three_hundred_classes_stand_in_the_order_of_counting() -> None:
    names = [f"{number}/a.png" for number in range(300)]
    class_names, classes = number_classes(read_folders(names, "set").labels)
    assert class_names == tuple(map(str, range(300)))
    assert classes == list(range(300))


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["cat.0.png", "cat.1.png", "dog.0.png", "dog.1.png"], ["cat", "cat", "dog", "dog"]),
        (
            ["train/dog_001.jpg", "train/dog_002.jpg", "train/cat_1.jpg", "train/cat_2.jpg"],
            ["dog", "dog", "cat", "cat"],
        ),
        (["cat (1).jpg", "cat (2).jpg", "Dog-1.jpg", "dog-2.jpg", "dog-3.jpg"], ["cat"] * 2 + ["dog"] * 3),
        (["great_dane_01.png", "great_dane_2.png", "pug_1_2.png", "pug_3.png"], ["great_dane"] * 2 + ["pug"] * 2),
        (["猫_1.png", "猫_2.png", "犬_1.png", "犬_2.png"], ["猫"] * 2 + ["犬"] * 2),
    ],
)
def test_words_before_numbers_are_classes(names: list[str], labels: list[str]) -> None:
    assert words(names) == labels


@pytest.mark.parametrize(
    "names",
    [
        ["IMG_0001.JPG", "IMG_0002.JPG"],
        ["IMG_0001.JPG", "IMG_0002.JPG", "DSC_0001.JPG", "DSC_0002.JPG"],
        ["IMG-1.JPG", "IMG-2.JPG", "cat-1.jpg", "cat-2.jpg"],
        ["image-3.png", "image-4.png", "photo-1.png", "photo-2.png"],
        ["Screenshot 1.png", "Screenshot 2.png", "Screen Shot 1.png", "Screen Shot 2.png"],
        ["at 9.22.01 PM.png", "at 9.22.02 PM.png"],
        ["0.png", "1.png", "2.png"],
        ["cat.0.png", "cat.1.png", "cat.2.png"],
        ["cat.0.png", "cat.1.png", "dog.0.png"],
        ["cat.0.png", "cat.1.png", "dog.0.png", "dog.1.png", "cover.png"],
        ["cat0.png", "cat1.png", "dog0.png", "dog1.png"],
        ["train_1.png", "train_2.png", "test_1.png", "test_2.png"],
        ["2024-01-05 a.png", "2024-01-06 b.png"],
        ["cat_1", "cat_2", "dog_1", "dog_2"],
    ],
)
def test_other_names_are_no_classes(names: list[str]) -> None:
    assert words(names) is None


def test_more_words_than_a_hundred_are_titles() -> None:
    two_of_each = [
        f"{chr(97 + number // 26)}{chr(97 + number % 26)}q_{copy}.png" for number in range(101) for copy in "12"
    ]
    assert words(two_of_each) is None
    assert len(set(words(two_of_each[:-2]) or [])) == 100


@pytest.mark.parametrize("names", [{"images_part_1", "images_part_2"}, {"HAM10000_images_1", "HAM10000_images_02"}])
def test_parts_of_a_heap_are_known(names: set[str]) -> None:
    assert are_parts(names)


@pytest.mark.parametrize("names", [{"1", "2"}, {"cat 1", "cat 2"}, {"part_1", "dogs"}, {"images", "masks"}])
def test_classes_with_numbers_are_no_parts(names: set[str]) -> None:
    assert not are_parts(names)


def test_words_of_a_split_are_known() -> None:
    assert are_split_words({"train", "Val", "TEST"})
    assert not are_split_words({"val", "test"})
    assert not are_split_words({"train", "bus"})
