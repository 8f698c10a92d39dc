"""Labels in every way that people write them, and classes in the order that people count."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.array_files import asked, both_splits, random_bytes, refusal, saved
from vae_core.data.dataset import load_dataset
from vae_core.data.files.arrays import ArrayFile
from vae_core.data.files.classes import counting_order

COUNT = 40
NUMBERS = np.arange(COUNT) % 4
WORDS = np.array(["cat", "dog", "cow", "owl"])
IMAGES = random_bytes(COUNT, 16, 16)

Array = NDArray[Any]
WHOLE = [*"bBhHiIlLqQ", "f2", "f4", "f8", "g", ">i2", ">u8", ">f4", ">f8"]
SHAPES: dict[str, Callable[[Array], Array]] = {
    "a list": lambda x: x,
    "a column": lambda x: x[:, None],
    "a row": lambda x: x[None],
    "two axes too many": lambda x: x[:, None, None],
}


def classes_of(path: Path) -> tuple[list[str], tuple[str, ...]]:
    """The name of each picture's class, and those of all."""
    labels, names = asked(path, ArrayFile.classes)
    assert labels.dtype == np.int64
    return [names[label] for label in labels], names


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", WHOLE)
def test_whole_numbers_of_any_type_and_shape(tmp_path: Path, kind: str, shape: str) -> None:
    numbers = (NUMBERS * 3).astype(kind)
    path = saved(tmp_path / "set.npz", images=IMAGES, labels=SHAPES[shape](numbers))
    assert classes_of(path) == ([str(int(value)) for value in numbers], ("0", "3", "6", "9"))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["U", "S", ">U9", "U40"])
def test_words_of_any_type_and_shape(tmp_path: Path, kind: str, shape: str) -> None:
    words = WORDS[NUMBERS].astype(kind)
    path = saved(tmp_path / "set.npz", images=IMAGES, labels=SHAPES[shape](words))
    assert classes_of(path) == (WORDS[NUMBERS].tolist(), ("cat", "cow", "dog", "owl"))


def test_labels_of_all_parts_are_those_of_training_first(tmp_path: Path) -> None:
    path = saved(tmp_path / "set.npz", x_test=IMAGES[:10], x_train=IMAGES[10:], labels=NUMBERS)
    each, names = classes_of(path)  # of the parts as they lie in the file
    assert each == [str(value) for value in (*NUMBERS[30:], *NUMBERS[:30])]
    assert names == ("0", "1", "2", "3")


def test_labels_that_fit_one_part_are_its_own(tmp_path: Path) -> None:
    path = saved(tmp_path / "set.npz", x_train=IMAGES[:30], x_test=IMAGES[30:], labels=NUMBERS[:30])
    each, names = classes_of(path)
    assert each == [*(str(value) for value in NUMBERS[:30]), *["unlabelled"] * 10]
    assert names[-1] == "unlabelled"


def test_true_and_false_are_called_so(tmp_path: Path) -> None:
    path = saved(tmp_path / "set.npz", images=IMAGES, labels=NUMBERS > 2)
    assert classes_of(path) == ([str(value) for value in NUMBERS > 2], ("False", "True"))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["?", "u1", "i8", "f2", "f4", "f8", ">f8"])
def test_one_hot_rows_are_the_numbers_of_their_columns(tmp_path: Path, kind: str, order: Any) -> None:
    one_hot = np.array(np.eye(4, dtype=kind)[NUMBERS], order=order)
    path = saved(tmp_path / "set.npz", images=IMAGES, labels=one_hot)
    assert classes_of(path) == ([str(value) for value in NUMBERS], ("0", "1", "2", "3"))
    named = saved(tmp_path / "named.npz", images=IMAGES, labels=one_hot, class_names=WORDS)
    assert classes_of(named) == (WORDS[NUMBERS].tolist(), tuple(WORDS))


def test_columns_that_no_row_has_are_no_classes_unless_they_have_names(tmp_path: Path) -> None:
    one_hot = np.eye(6)[NUMBERS]
    assert classes_of(saved(tmp_path / "a.npz", images=IMAGES, y=one_hot))[1] == ("0", "1", "2", "3")
    names = np.array(list("abcdef"))
    assert classes_of(saved(tmp_path / "b.npz", images=IMAGES, y=one_hot, names=names))[1] == tuple("abcdef")


@pytest.mark.parametrize("name", ["class_names", "label_names", "classes", "names", "target_names", "Class Names"])
@pytest.mark.parametrize("kind", ["U", "S", ">U5"])
def test_names_of_classes(tmp_path: Path, name: str, kind: str) -> None:
    arrays = {"images": IMAGES, "labels": NUMBERS.astype(np.uint8), name: WORDS.astype(kind)}
    assert classes_of(saved(tmp_path / "set.npz", **arrays)) == (WORDS[NUMBERS].tolist(), tuple(WORDS))


def test_words_that_are_names_of_classes_come_in_the_order_of_these(tmp_path: Path) -> None:
    path = saved(tmp_path / "set.npz", images=IMAGES, labels=WORDS[NUMBERS], class_names=[*WORDS[::-1], "emu"])
    assert classes_of(path) == (WORDS[NUMBERS].tolist(), ("owl", "cow", "dog", "cat", "emu"))


def test_numbers_that_are_names_of_classes_are_these_classes(tmp_path: Path) -> None:
    tens = (NUMBERS + 1) * 10
    path = saved(tmp_path / "values.npz", images=IMAGES, labels=tens, classes=np.array([40, 30, 20, 10]))
    assert classes_of(path) == ([str(value) for value in tens], ("40", "30", "20", "10"))
    path = saved(tmp_path / "places.npz", images=IMAGES, labels=NUMBERS, classes=np.array([40, 30, 20, 10]))
    assert classes_of(path)[0] == [str(40 - 10 * value) for value in NUMBERS]
    path = saved(tmp_path / "truth.npz", images=IMAGES, labels=NUMBERS > 2, classes=["no", "yes"])
    assert classes_of(path)[0] == ["yes" if value > 2 else "no" for value in NUMBERS]


def test_classes_are_in_counting_order(tmp_path: Path) -> None:
    numbers = np.array([10, 9, -3, 100])[NUMBERS]
    assert classes_of(saved(tmp_path / "a.npz", images=IMAGES, y=numbers))[1] == ("-3", "9", "10", "100")
    words = np.array(["b10", "b9", "B2", "a"])[NUMBERS]
    assert classes_of(saved(tmp_path / "b.npz", images=IMAGES, y=words))[1] == ("a", "B2", "b9", "b10")
    assert classes_of(saved(tmp_path / "c.npz", images=IMAGES, y=numbers.astype(str)))[1][:3] == ("9", "10", "100")
    digits = ["9" * 5000, "1" + "0" * 5000, "007", "7", "8"]
    assert sorted(digits, key=counting_order) == ["007", "7", "8", "9" * 5000, "1" + "0" * 5000]


def test_a_word_is_one_class_however_its_letters_are_composed(tmp_path: Path) -> None:
    words = np.array(["Käfer", "Ka\u0308fer", "Müll", "猫"])[NUMBERS]
    assert classes_of(saved(tmp_path / "set.npz", images=IMAGES, labels=words))[1] == ("Käfer", "Müll", "猫")
    encoded = np.char.encode(words, "utf-8")
    assert classes_of(saved(tmp_path / "bytes.npz", images=IMAGES, labels=encoded))[1] == ("Käfer", "Müll", "猫")


def test_parts_share_their_classes_whatever_type_their_labels_have(tmp_path: Path) -> None:
    train, test = both_splits(
        saved(
            tmp_path / "set.npz",
            x_train=IMAGES[:30],
            y_train=NUMBERS[:30].astype(np.uint8),
            x_test=IMAGES[30:],
            y_test=np.eye(6, dtype=np.float32)[NUMBERS[30:] + 2],
        )
    )
    assert train.class_names == test.class_names == ("0", "1", "2", "3", "4", "5")
    assert train.labels.tolist() == NUMBERS[train.places].tolist()
    assert test.labels.tolist() == (NUMBERS[test.places] + 2).tolist()
    truth = saved(tmp_path / "t.npz", x_train=IMAGES, y_train=NUMBERS > 1, x_test=IMAGES, y_test=NUMBERS * 1.0)
    assert classes_of(truth)[0][: COUNT + 4] == ["False", "False", "True", "True"] * 10 + ["False", "True", "2", "3"]
    words = saved(tmp_path / "w.npz", x_train=IMAGES, y_train=WORDS[NUMBERS], x_test=IMAGES, y_test=NUMBERS)
    assert classes_of(words)[1] == ("0", "1", "2", "3", "cat", "cow", "dog", "owl")


def test_a_part_without_labels_is_a_class_of_its_own_and_said(tmp_path: Path) -> None:
    path = saved(tmp_path / "set.npz", x_train=IMAGES, y_train=NUMBERS, x_test=IMAGES[:10])
    train, test = both_splits(path)
    assert train.class_names == ("0", "1", "2", "3", "unlabelled")
    assert set(test.labels.tolist()) == {4}
    assert [note.note for note in test.report.notes] == ["x_test has no labels: its pictures are a class of their own."]


def test_without_labels_there_is_one_class_called_as_the_file(tmp_path: Path) -> None:
    dataset = load_dataset(saved(tmp_path / "Käfer von 2024.npz", images=IMAGES))
    assert dataset.class_names == ("Käfer von 2024",)
    assert set(dataset.labels.tolist()) == {0}


class Opened:
    """Says so when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"labels": np.zeros((COUNT, 14), np.uint8)}, "labels has 14 labels for each picture, and one is wanted; keep"),
        ({"labels": np.eye(4, dtype=int)[NUMBERS] * 2}, "labels has 4 labels for each picture"),
        ({"labels": np.ones((COUNT, 2), bool)}, "such as labels[:, 0]."),
        ({"labels": np.full((COUNT, 10), 0.1)}, "or the place of the largest, labels.argmax(axis=1)."),
        ({"labels": np.full((COUNT, 10), np.nan)}, "labels has 10 labels for each picture"),
        ({"labels": np.array([["a", "b"]] * COUNT)}, "labels has 2 labels for each picture"),
        ({"labels": NUMBERS[1:]}, "labels has shape (39,), but there are 40 pictures; one label for each"),
        ({"labels": np.zeros((8, 5), int)}, "labels has shape (8, 5), but there are 40 pictures"),
        ({"labels": IMAGES}, "labels has shape (40, 16, 16), but"),
        ({"labels": NUMBERS / 2}, "labels holds 0.5, and labels are whole numbers or words; round them"),
        ({"labels": np.where(NUMBERS == 3, np.nan, NUMBERS)}, "labels holds nan, and labels are"),
        ({"labels": np.where(NUMBERS == 3, -np.inf, NUMBERS)}, "labels holds -inf, and labels are"),
        ({"labels": NUMBERS * 1j}, "labels is of type complex128; labels are whole numbers or words"),
        ({"labels": NUMBERS.astype("M8[s]")}, "labels is of type datetime64[s]"),
        (
            {"labels": np.array([Opened()] * COUNT, object)},
            "Python objects, which are never loaded; save labels.astype",
        ),
        ({"labels": np.full(COUNT, "x" * 5000)}, "labels holds texts too long for labels"),
        (
            {"y": NUMBERS, "class_names": np.array(["a"])},
            "y holds 1, but class_names has names for 0 to 0 alone",
        ),
        ({"y": WORDS[NUMBERS], "class_names": WORDS[:3]}, "y holds owl, but class_names has names for 0 to 2 alone"),
        ({"y": NUMBERS - 1, "names": WORDS}, "y holds -1, but names has names for 0 to 3 alone"),
        ({"y": NUMBERS, "class_names": np.zeros((2, 2))}, "class_names is no list of words, one for each class"),
        ({"y": NUMBERS, "class_names": np.zeros(0, "U3")}, "class_names is no list of words"),
        ({"y": NUMBERS, "class_names": np.array([Opened()], object)}, "save class_names.astype(str)"),
        ({"y": NUMBERS, "class_names": np.zeros(5000, "U1000")}, "class_names is too long for names of classes"),
    ],
)
def test_what_is_no_label_is_refused_with_what_to_do(tmp_path: Path, arrays: dict[str, Any], sentence: str) -> None:
    assert sentence in refusal(saved(tmp_path / "set.npz", images=IMAGES, **arrays))
