"""Which arrays of a file are pictures, labels and parts, told by the names that software and people give them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.array_files import asked, both_splits, pictures_of, random_bytes, refusal, saved
from vae_core.data.dataset import load_dataset
from vae_core.data.files.array_roles import part_and_word

COUNT = 200
# Each picture's own number in its first two pixels.
IMAGES = random_bytes(COUNT, 16, 16)
IMAGES[:, 0, 0], IMAGES[:, 0, 1] = 255, np.arange(COUNT)
LABELS = np.arange(COUNT) % 4
LATENTS = np.zeros((COUNT, 6))


class Opened:
    """Says so when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (pytest.fail, ("a pickle was opened",))


PICKLE = np.array({"title": Opened()}, dtype=object)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x_train", ("train", "x")),
        ("Y_Train", ("train", "y")),
        ("trainX", ("train", "x")),
        ("X_tr", ("train", "x")),
        ("yte", ("test", "y")),
        ("train/images", ("train", "images")),
        ("train-images", ("train", "images")),
        ("training_images", ("train", "images")),
        ("images_test", ("test", "images")),
        ("testing data", ("test", "data")),
        ("validation_labels", ("val", "labels")),
        ("valid_x", ("val", "x")),
        ("val_images", ("val", "images")),
        ("x_dev", ("val", "x")),
        ("eval_data", ("val", "data")),
        ("test", ("test", "")),
        ("images", (None, "images")),
        ("latest", (None, "latest")),
        ("values", (None, "values")),
        ("state", (None, "state")),
        ("class_names", (None, "classnames")),
        ("Bilder", (None, "bilder")),
        ("___", (None, "")),
    ],
)
def test_names_of_parts(name: str, expected: tuple[str | None, str]) -> None:
    assert part_and_word(name) == expected


def parts(names: dict[str, slice], images: str = "x_{}", labels: str | None = "y_{}") -> dict[str, Any]:
    """Arrays of parts that are cut out of all pictures, by their names."""
    arrays = {images.format(name): IMAGES[cut] for name, cut in names.items()}
    return arrays | ({labels.format(name): LABELS[cut, None] for name, cut in names.items()} if labels else {})


TRAIN, VAL, TEST = slice(0, 150), slice(150, 175), slice(175, 200)
KERAS = {"train": TRAIN, "test": slice(150, 200)}
MEDMNIST = {"train": TRAIN, "val": VAL, "test": TEST}
SPLIT: dict[str, tuple[dict[str, Any], range]] = {
    "Keras": (parts(KERAS), range(150, 200)),
    "MedMNIST": (parts(MEDMNIST, "{}_images", "{}_labels"), range(175, 200)),
    "without labels": (parts(KERAS, labels=None), range(150, 200)),
    "parts alone": (parts(KERAS, "{}", "{}_labels"), range(150, 200)),
    "validation in place of a test": (parts({"train": TRAIN, "valid": slice(150, 200)}), range(150, 200)),
    "validation and test": (parts({"validation": slice(0, 175), "test": TEST}), range(175, 200)),
    "test before train": (parts({"test": TRAIN, "train": slice(150, 200)}), range(150)),
    "a rest and a test": (
        {"x": IMAGES[:175], "y": LABELS[:175], "x_test": IMAGES[175:], "y_test": LABELS[175:]},
        range(175, 200),
    ),
    "folders": (parts(MEDMNIST, "{}/images", "{}/labels"), range(175, 200)),
}


@pytest.mark.parametrize("kind", SPLIT)
def test_the_split_in_the_file_is_the_split(tmp_path: Path, kind: str) -> None:
    arrays, testing = SPLIT[kind]
    train, test = both_splits(saved(tmp_path / "set.npz", **arrays))
    assert sorted(test.images[:, 0, 0, 1].tolist()) == sorted(testing)
    assert sorted(train.images[:, 0, 0, 1].tolist()) == sorted(set(range(COUNT)) - set(testing))
    if len(train.class_names) > 1:
        assert train.class_names == ("0", "1", "2", "3")
        for dataset in (train, test):
            assert dataset.labels.tolist() == (dataset.images[:, 0, 0, 1] % 4).tolist()


NAMED: dict[str, dict[str, Any]] = {
    "images and labels": {"images": IMAGES, "labels": LABELS},
    "x and y": {"X": IMAGES, "y": LABELS},
    "x and y, as Matlab has them": {"X": IMAGES, "Y": LABELS[None]},
    "data and target": {"data": IMAGES.reshape(COUNT, -1), "target": LABELS},
    "scikit-learn": {"data": IMAGES.reshape(COUNT, -1), "images": IMAGES, "target": LABELS, "frame": PICKLE},
    "numpy.savez(file, x, y)": {"arr_0": IMAGES, "arr_1": LABELS},
    "numpy.savez(file, y, x)": {"arr_0": LABELS, "arr_1": IMAGES},
    "by position, flat": {"arr_0": IMAGES.reshape(COUNT, -1), "arr_1": LABELS},
    "by position, one-hot of square numbers": {"arr_0": IMAGES, "arr_1": np.eye(64)[LABELS]},
    "a list called x": {"x": np.arange(COUNT), "scans": IMAGES, "y": LABELS},
    "points called data": {"data": np.zeros((COUNT, 2)), "scans": IMAGES, "label": LABELS},
    "indices of parts": {"images": IMAGES, "labels": LABELS, "train": np.arange(150), "test": np.arange(150, 200)},
    "classes as labels": {"images": IMAGES, "classes": LABELS},
    "Python objects beside": {"images": IMAGES, "labels": LABELS, "info": PICKLE},
    "names of files": {"images": IMAGES, "labels": LABELS, "names": [f"{number}.png" for number in range(COUNT)]},
    "small pictures beside": {"images": IMAGES, "y": LABELS, "thumbs": IMAGES[:, :8, :8], "mask": IMAGES > 9},
}


@pytest.mark.parametrize("kind", NAMED)
def test_names_that_people_and_software_give(tmp_path: Path, kind: str) -> None:
    path = saved(tmp_path / "set.npz", **NAMED[kind])
    np.testing.assert_array_equal(pictures_of(path)[:, 0], IMAGES)
    train, test = both_splits(path)
    assert (len(train), len(test)) == (180, 20)
    assert train.class_names == ("0", "1", "2", "3")
    for dataset in (train, test):
        assert dataset.labels.tolist() == (dataset.images[:, 0, 0, 1] % 4).tolist()
        assert dataset.report.notes == ()
    assert test.labels.bincount().tolist() == [5, 5, 5, 5]


@pytest.mark.parametrize(
    "arrays",
    [
        {"imgs": IMAGES, "latents_classes": LATENTS.astype(int), "latents_values": LATENTS, "metadata": PICKLE},
        {"Bilder": IMAGES},
        {"train_images": IMAGES},
        {"arr_0": IMAGES},
        {"anything": IMAGES.reshape(COUNT, -1), "points": LATENTS},
        {"anything": IMAGES, "boxes": np.zeros((COUNT, 4, 2)), "embedding": np.zeros((COUNT, 64))},
    ],
)
def test_the_only_array_that_can_be_pictures_is_them(tmp_path: Path, arrays: dict[str, Any]) -> None:
    path = saved(tmp_path / "set.npz", **arrays)
    np.testing.assert_array_equal(pictures_of(path)[:, 0], IMAGES)
    assert load_dataset(path).class_names == ("set",)
    assert load_dataset(path).report.notes == ()


def test_one_array_in_a_file_of_its_own(tmp_path: Path) -> None:
    train, test = both_splits(saved(tmp_path / "Scans.NPY".lower(), images=IMAGES))
    assert (len(train), len(test)) == (180, 20)
    assert train.class_names == ("scans",)
    np.save(tmp_path / "flat.npy", IMAGES.reshape(COUNT, -1))
    np.testing.assert_array_equal(pictures_of(tmp_path / "flat.npy")[:, 0], IMAGES)


def test_an_array_that_may_have_been_labels_is_told(tmp_path: Path) -> None:
    dataset = load_dataset(saved(tmp_path / "set.npz", images=IMAGES, species=LABELS, weights=LATENTS[:, 0]))
    assert [(note.name, note.note) for note in dataset.report.notes] == [
        ("set.npz", "species has one entry for each picture but is not used; call it labels to make it the classes.")
    ]


def test_parts_of_other_sizes_do_not_fit(tmp_path: Path) -> None:
    path = saved(tmp_path / "set.npz", x_train=IMAGES, x_test=np.zeros((9, 3, 20, 18), np.uint8))
    assert refusal(path) == (
        "set.npz: x_train holds pictures of 16 × 16 pixels in grey, x_test of 18 × 20 pixels in colour; bring all to "
        "one size."
    )


SEVERAL = "holds several arrays that can be pictures (cats, dogs); call the one to use images, or two of them x_train"


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({}, "holds no arrays; save the pictures as an array called images"),
        ({"cats": IMAGES, "dogs": IMAGES}, SEVERAL),
        ({"arr_0": IMAGES, "arr_1": LABELS, "arr_2": IMAGES, "arr_3": LABELS}, "(arr_0, arr_2); call"),
        ({"points": LATENTS, "kinds": LABELS}, "holds points of shape (200, 6), kinds of shape (200,), but no array"),
        ({f"img_{n}": IMAGES[0] for n in range(1001)}, "holds 1,001 arrays (img_0 of shape (16, 16), img_1 of"),
        ({f"img_{n}": IMAGES[0] for n in range(9)}, "img_5 of shape (16, 16), …, but no array that can be pictures"),
        ({"images": IMAGES[0]}, "images has shape (16, 16), but pictures are (N, H, W), (N, H, W, C) or (N, C, H, W)"),
        ({"images": LABELS}, "images has shape (200,), but pictures are"),
        ({"images": LATENTS}, "images has shape (200, 6), but pictures are"),
        ({"images": np.array(7)}, "images has shape (), but pictures are"),
        ({"images": IMAGES[:0]}, "images has shape (0, 16, 16), so there are no pictures"),
        ({"x_train": IMAGES, "x_test": IMAGES[:0]}, "x_test has shape (0, 16, 16), so there are no pictures"),
        ({"x_train": IMAGES, "x_test": LABELS}, "x_test has shape (200,), but pictures are"),
        ({"images": np.zeros((64, 64, 3))}, "images has shape (64, 64, 3), which is one picture in colour; put many"),
        ({"x": np.zeros((9, 3072))}, "32 × 32 pixels in an order that it does not say; save x.reshape(-1, 3, 32, 32)"),
        ({"x": np.zeros((9, 1, 3072))}, "has shape (9, 1, 3072): colours of 32 × 32 pixels in an order"),
        (
            {"a b": np.zeros((9, 3072))},
            "a b has shape (9, 3072): colours of 32 × 32 pixels in an order that it does not",
        ),
        ({"a b": np.zeros((9, 3072))}, "save x.reshape(-1, 3, 32, 32) where all red comes first, or .reshape(-1, 32"),
        ({"x": np.zeros((9, 20, 20, 13))}, "13 channels (or slices) of 20 × 20 pixels, and pictures have 1 to 4; keep"),
        ({"x": np.zeros((9, 6, 16, 16))}, "6 channels (or slices) of 16 × 16 pixels, and pictures have 1 to 4; keep"),
        ({"x": np.zeros((9, 20, 28, 28))}, "one or three of them, such as x[:, :3]"),
        (
            {"X": np.zeros((32, 32, 3, 60))},
            "60 pictures of 32 × 32 pixels, counted by the last axis; save X",
        ),
        ({"train_images": np.zeros((9, 28, 28, 28))}, "volumes of 28 × 28 × 28, not pictures (or films)"),
        ({"x": np.zeros((9, 28, 28, 28, 1))}, "volumes of 28 × 28 × 28, not pictures (or films); save one slice"),
        ({"x": np.zeros((9, 1, 28, 28, 28))}, "volumes of 28 × 28 × 28, not pictures (or films); save one slice of "),
        ({"x": np.zeros((9, 1, 28, 28, 28))}, "such as x[:, 0, 14]"),
        ({"x": np.zeros((9, 10, 64, 48, 3))}, "volumes of 10 × 64 × 48, not pictures (or films)"),
        ({"x": np.zeros((2, 3, 4, 5, 6, 7))}, "x has shape (2, 3, 4, 5, 6, 7), but pictures are"),
        ({"images": IMAGES * 1j}, "images holds complex numbers, which are no pixels; save numbers"),
        ({"images": IMAGES.astype("U3")}, "images holds text, which are no pixels"),
        ({"images": IMAGES.astype("M8[s]")}, "images holds dates, which are no pixels"),
        ({"images": IMAGES.view([("a", "u1")])}, "images holds records, which are no pixels"),
        ({"images": np.array([IMAGES[0], None, Opened()], object)}, "Python objects, such as pictures of mixed sizes"),
        ({"arr_0": np.array([Opened()] * 9, object), "arr_1": LABELS[:9]}, "arr_0 holds Python objects, such as"),
    ],
)
def test_every_other_file_is_refused_by_what_it_holds(tmp_path: Path, arrays: dict[str, Any], sentence: str) -> None:
    assert sentence in refusal(saved(tmp_path / "set.npz", **arrays))


def test_one_picture_is_too_few_for_testing(tmp_path: Path) -> None:
    path = saved(tmp_path / "set.npz", images=IMAGES[:1])
    assert asked(path, lambda arrays: arrays.is_testing()) is None
    with pytest.raises(ValueError, match=r"^set\.npz has only one picture, so there is none for a test split"):
        load_dataset(path, "test")
