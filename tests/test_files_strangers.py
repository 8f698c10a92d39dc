"""Data sets as they are published and shared: folders and tables give the classes and the split that they mean."""

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.picture_archives import packed, set_notes, spots
from vae_core.data.dataset import Dataset, load_dataset
from vae_core.data.files.class_folders import read_folders
from vae_core.data.files.picture_names import PictureNames

NUMBERS = [f"{number}.png" for number in range(30)]
KINDS = ["cat", "dog", "owl"]
OTHERS = [(7 * number + 3) % 30 for number in range(30)]  # an order in which pictures come in a shuffled table


def loaded(tmp_path: Path, names: list[str], **tables: str) -> Dataset:
    """The training split of a ZIP with pictures and tables, `labels_csv` being `labels.csv`."""
    texts = {name.replace("_", "."): text.encode() for name, text in tables.items()}
    return load_dataset(packed(tmp_path / "set.zip", spots(names) | texts))


def classes_of(dataset: Dataset) -> dict[str, str]:
    """The class of each file of the training split."""
    named = zip(dataset.names, dataset.labels.tolist(), strict=True)
    return {name: dataset.class_names[label] for name, label in named}


def counted(names: list[str]) -> dict[str, int]:
    labels = read_folders(names, "set").labels
    return {label: labels.count(label) for label in set(labels)}


@pytest.mark.parametrize("header", [",filename,label", "age,filename,label", "id,filename,label"])
def test_a_column_of_file_names_comes_before_one_of_numbers(tmp_path: Path, header: str) -> None:
    rows = "".join(f"{place},{number}.png,{KINDS[number % 3]}\n" for place, number in enumerate(OTHERS))
    found = classes_of(loaded(tmp_path, NUMBERS, labels_csv=f"{header}\n{rows}"))
    assert found == {name: KINDS[int(name[:-4]) % 3] for name in found}


@pytest.mark.parametrize("written", ["{}", "{}.0"])
def test_numbers_name_pictures_whatever_noughts_stand_before_them(tmp_path: Path, written: str) -> None:
    rows = "".join(f"{written.format(number)},{KINDS[number % 3]}\n" for number in range(30))
    found = classes_of(loaded(tmp_path, [f"{number:04d}.png" for number in range(30)], labels_csv=f"id,label\n{rows}"))
    assert found == {name: KINDS[int(name[:-4]) % 3] for name in found}


def test_tables_without_titles_do_not_speak_for_each_other(tmp_path: Path) -> None:
    names = [f"{number:02d}.png" for number in range(24)]
    labels = "".join(f"{name} {KINDS[at % 3]}\n" for at, name in enumerate(names))
    cameras = "".join(f"{name} {'canon' if at % 2 else 'nikon'}\n" for at, name in enumerate(names))
    dataset = loaded(tmp_path, names, camera_txt=cameras, labels_txt=labels)
    assert dataset.class_names == ("set",)
    assert set(dataset.columns) == {"column 1", "column 2", "column 2 of labels.txt"}
    assert set(dataset.columns["column 2 of labels.txt"]) == set(KINDS)
    halves = labels.splitlines(keepends=True)
    dataset = loaded(tmp_path, names, train_txt="".join(halves[:12]), val_txt="".join(halves[12:]))
    assert classes_of(dataset) == {name: KINDS[int(name[:2]) % 3] for name in dataset.names}
    assert "Its classes are the column 2 of train.txt, val.txt." in set_notes(dataset)


@pytest.mark.parametrize("title", ["Flowers of 2024;;\n", ";;\n", "# flowers;2024;\n"])
def test_a_padded_title_is_no_header(tmp_path: Path, title: str) -> None:
    rows = "".join(f"{name};{KINDS[at % 3]};{at % 2}\n" for at, name in enumerate(NUMBERS))
    dataset = loaded(tmp_path, NUMBERS, labels_csv=f"{title}file;species;site\n{rows}")
    assert list(dataset.columns) == ["file", "species", "site"]
    assert dataset.class_names == ("cat", "dog", "owl")


ONE_HOT = [
    f"{name},{float(at % 3 == 0)},{float(at % 3 == 1)},{float(at % 3 == 2)}\n" for at, name in enumerate(NUMBERS)
]
TABLES = {
    "numbers without a title": ("".join(f"{name} {at % 3}\n" for at, name in enumerate(NUMBERS)), "0 1 2"),
    "noughts and ones": ("id,has_cactus\n" + "".join(f"{name},{at % 2}\n" for at, name in enumerate(NUMBERS)), "0 1"),
    "y": ("id,y\n" + "".join(f"{name},{at % 4}\n" for at, name in enumerate(NUMBERS)), "0 1 2 3"),
    "one column a class": ("image,MEL,NV,BCC\n" + "".join(ONE_HOT), "BCC MEL NV"),
    "another separator in words": (
        "".join(f"{name},{KINDS[at % 3]};animal\n" for at, name in enumerate(NUMBERS)),
        "cat;animal dog;animal owl;animal",
    ),
}


@pytest.mark.parametrize("kind", TABLES)
def test_classes_in_tables_of_numbers(tmp_path: Path, kind: str) -> None:
    table, classes = TABLES[kind]
    assert loaded(tmp_path, NUMBERS, labels_txt=table).class_names == tuple(classes.split())


def test_where_no_column_is_surely_the_classes_it_is_said(tmp_path: Path) -> None:
    rows = "".join(f"{name},{20 + at % 4},{at}\n" for at, name in enumerate(NUMBERS))
    dataset = loaded(tmp_path, NUMBERS, faces_csv=f"file,age,height\n{rows}")
    assert dataset.class_names == ("set",)
    told = "faces.csv has no column that is surely the classes (age, height); call one of them label."
    assert told in set_notes(dataset)


def many(folder: str, count: int = 10) -> list[str]:
    return [f"{folder}/{number}.png" for number in range(count)]


# Folders of ten pictures each, then the classes.
SPLITS = {
    "Tiny ImageNet": ("t/train/n1/images, t/train/n2/images, t/val/images, t/test/images", "n1 n2 set"),
    "test in test": ("train/a, train/b, test/test", "a b set"),
    "GTSRB": ("Train/0, Train/1, Test, Meta", "0 1 set Meta"),
    "once more in itself": ("x/train/a, x/train/b, x/test/a, x/x/train/a, x/x/train/b", "a b"),
    "Intel": (
        "seg_train/seg_train/sea, seg_train/seg_train/ice, seg_test/seg_test/sea, seg_pred/seg_pred",
        "sea ice seg_pred",
    ),
    "cats and dogs": ("training_set/training_set/cat, training_set/training_set/dog, test_set/test_set/cat", "cat dog"),
    "signs": ("asl_train/asl_train/A, asl_train/asl_train/B, asl_test/asl_test", "A B set"),
    "images": ("train_images, test_images", "set"),
    "sets": ("Train Set/a, Train Set/b, Test Set/a", "a b"),
    "in one word": ("trainset/a, trainset/b, testset/b", "a b"),
    "numbered": ("train, test1", "set"),
    "validate": ("train/a, train/b, validate/a", "a b"),
}


@pytest.mark.parametrize("kind", SPLITS)
def test_splits_as_they_are_called(kind: str) -> None:
    folders, classes = SPLITS[kind]
    found = read_folders([name for folder in folders.split(", ") for name in many(folder)], "set")
    assert set(found.labels) == set(classes.split())
    assert found.testing is not None
    assert sum(found.testing) == 10


def test_words_of_classes_are_no_split() -> None:
    for names in (many("test_tube") + many("train_station"), many("train/steam") + many("test/written")):
        assert read_folders(names, "set").testing is None


def test_a_stray_picture_above_the_classes_swallows_none() -> None:
    flowers = [f"flowers/{kind}/{number}.png" for kind in ("rose", "tulip", "daisy") for number in range(20)]
    assert counted([*flowers, "preview.png"]) == {"rose": 20, "tulip": 20, "daisy": 20, "flowers": 1}
    assert counted(["./0.png", "./1.png"]) == {"set": 2}


def test_folders_that_are_classes_though_they_sound_like_a_split_are_told(tmp_path: Path) -> None:
    dataset = loaded(tmp_path, [*many("train/steam"), *many("test/written")])
    assert dataset.class_names == ("test", "train")
    assert "Its folders test and train are taken for classes, not for a split." in set_notes(dataset)


def test_pictures_to_test_on_get_their_class_from_a_table(tmp_path: Path) -> None:
    train = [f"Train/{kind}/{kind}{number}.png" for kind in range(3) for number in range(8)]
    tested = [f"Test/t{number}.png" for number in range(9)]
    own = "".join(f"{name},{name[6]}\n" for name in train)
    of_tested = "".join(f"{name},{number % 3}\n" for number, name in enumerate(tested))
    loaded(tmp_path, train + tested, Train_csv=f"Path,ClassId\n{own}", Test_csv=f"Path,ClassId\n{of_tested}")
    test = load_dataset(tmp_path / "set.zip", "test")
    assert classes_of(test) == {name: str(number % 3) for number, name in enumerate(tested)}


def test_words_of_names_are_classes_where_those_to_test_on_have_none(tmp_path: Path) -> None:
    names = [f"train/{kind}.{number}.jpg" for kind in ("cat", "dog") for number in range(10)]
    dataset = loaded(tmp_path, [name.replace("jpg", "png") for name in names] + many("test"))
    assert dataset.class_names == ("cat", "dog", "without a label")
    assert set(classes_of(dataset).values()) == {"cat", "dog"}


def test_names_that_differ_in_capitals_are_two(tmp_path: Path) -> None:
    names = [f"letters/{letter}.png" for letter in "ABCDEFGHabcdefgh"]
    rows = "".join(f"{letter}.png,{'upper' if letter.isupper() else 'lower'}\n" for letter in "ABCDEFGHabcdefgh")
    found = classes_of(loaded(tmp_path, names, labels_csv=f"file,label\n{rows}"))
    assert found == {name: "upper" if name[8].isupper() else "lower" for name in found}


def test_names_that_are_those_of_several_pictures_are_said_to_be(tmp_path: Path) -> None:
    names = [f"{folder}/{number:04d}.png" for folder in ("left", "right") for number in range(8)]
    rows = "".join(f"{number:04d}.png,{KINDS[number % 3]}\n" for number in range(8))
    dataset = loaded(tmp_path, names, labels_csv=f"file,label\n{rows}")
    assert [entry.reason for entry in dataset.report.skipped] == [
        "It is a table, but its names are those of several pictures each; write their folders into it as well."
    ]


def test_pictures_of_one_name_in_many_folders_are_not_looked_through_for_each_row() -> None:
    def steps(count: int) -> int:
        """Steps of Python for finding each of so many pictures, of which every twelfth has the same name."""
        names = [f"renders/m{number // 12:05d}/{number % 12:02d}.png" for number in range(count)]
        taken = 0

        def trace(frame: FrameType, event: str, _: object) -> Any:
            nonlocal taken
            frame.f_trace_opcodes = True
            taken += event == "opcode"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            pictures = PictureNames(names)
            found = [pictures.find(name) for name in names]
        finally:
            sys.settrace(before)
        assert found == [(place, True) for place in range(count)]
        return taken

    assert steps(2400) < 12 * steps(240)


def test_an_odd_byte_spoils_itself_alone(tmp_path: Path) -> None:
    words = ["Käfer", "Löwe", "Mücke"]
    rows = "".join(f"{name},{words[at % 3]},x\n" for at, name in enumerate(NUMBERS)).encode()
    for odd in (b"99.png,Ren\xe9,x\n", b"99.png,Rene,\0\n"):
        files = {"labels.csv": b"file,label,note\n" + rows + odd}
        dataset = load_dataset(packed(tmp_path / "set.zip", spots(NUMBERS) | files))
        assert dataset.class_names == tuple(words)
