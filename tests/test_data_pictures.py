"""Folders and archives of pictures as data sets: the split that folders make, odd sets, and what is called how."""

from pathlib import Path

import numpy as np
import pytest

from tests.picture_archives import encoded, packed, set_notes, spot, spots
from vae_core.data.dataset import Dataset, load_dataset
from vae_core.errors import DatasetError

SPLITS = ("train", "test")


def seeds_of(dataset: Dataset, count: int) -> list[int]:
    """Which of the first `count` spots the images are."""
    by_pixels = {spot(number).tobytes(): number for number in range(count)}
    return [by_pixels[image.numpy().tobytes()] for image in dataset.images[:, 0]]


def class_counts(dataset: Dataset) -> dict[str, int]:
    return {name: dataset.labels.tolist().count(index) for index, name in enumerate(dataset.class_names)}


def split_set(tmp_path: Path, parts: dict[str, int]) -> tuple[Path, list[str]]:
    """A ZIP with so many pictures of each class in each of these folders, and the names of its files."""
    names = [
        f"pets/{part}/{kind}/{n}.png"
        for part, count in parts.items()
        for kind in ("cats", "dogs")
        for n in range(count)
    ]
    return packed(tmp_path / "pets.zip", spots(names)), names


def test_val_joins_train_where_there_is_a_test(tmp_path: Path) -> None:
    path, names = split_set(tmp_path, {"train": 12, "val": 3, "test": 4})
    train, test = (load_dataset(path, split) for split in SPLITS)
    assert (class_counts(train), class_counts(test)) == ({"cats": 15, "dogs": 15}, {"cats": 4, "dogs": 4})
    for dataset, parts in ((train, ("train", "val")), (test, ("test",))):
        read = [names[seed] for seed in seeds_of(dataset, len(names))]
        assert sorted(read) == sorted(name for name in names if name.split("/")[1] in parts)
        assert [name.split("/")[2] for name in read] == [dataset.class_names[label] for label in dataset.labels]
        assert dataset.report.counts == {"train": 30, "test": 8}
        assert set_notes(dataset) == [
            "Its folders say which pictures are for testing (test) and which for training (train, val)."
        ]


def test_val_is_the_test_where_there_is_none(tmp_path: Path) -> None:
    path, names = split_set(tmp_path, {"Training": 12, "Validation": 3})
    test = load_dataset(path, "test")
    assert class_counts(test) == {"cats": 3, "dogs": 3}
    assert all("Validation" in names[seed] for seed in seeds_of(test, len(names)))


def test_a_damaged_picture_leaves_the_split_of_folders_as_it_is(tmp_path: Path) -> None:
    path, names = split_set(tmp_path, {"train": 12, "test": 4})
    members = spots(names)
    members["pets/test/cats/0.png"] = members["pets/test/cats/0.png"][:60]
    train, test = (load_dataset(packed(path, members), split) for split in SPLITS)
    assert (class_counts(train), class_counts(test)) == ({"cats": 12, "dogs": 12}, {"cats": 3, "dogs": 4})
    assert [entry.name for entry in test.report.skipped] == ["pets/test/cats/0.png"]
    assert test.report.counts == {"train": 24, "test": 7}


def test_a_test_folder_of_damaged_pictures_is_too_few(tmp_path: Path) -> None:
    members = spots(f"train/{n}.png" for n in range(5)) | {"test/1.png": encoded(spot(1))[:60]}
    with pytest.raises(
        DatasetError, match=r"^set\.zip has too few readable images for a test split \(test/1\.png: It is"
    ):
        load_dataset(packed(tmp_path / "set.zip", members), "test")


def test_the_same_files_give_the_same_data_set(tmp_path: Path) -> None:
    """Whatever order they lie in, and however often they are read."""
    names = [f"{kind}/{number}.png" for kind in "ab" for number in range(30)]
    members = spots(names)
    first = packed(tmp_path / "set.zip", members)
    (tmp_path / "other").mkdir()
    second = packed(tmp_path / "other" / "set.zip", dict(reversed(members.items())))
    for split in SPLITS:
        fingerprints = {load_dataset(path, split).fingerprint for path in (first, second, first)}
        assert len(fingerprints) == 1


@pytest.mark.parametrize("folders", [True, False])
def test_counts_are_of_both_splits(tmp_path: Path, folders: bool) -> None:
    names = [f"{'test' if n < 6 else 'train'}/{n}.png" if folders else f"{n}.png" for n in range(63)]
    for split in SPLITS:
        assert load_dataset(packed(tmp_path / "set.zip", spots(names)), split).report.counts == {"train": 57, "test": 6}


def test_damaged_pictures_are_not_counted(tmp_path: Path) -> None:
    members = spots(f"{n}.png" for n in range(10))
    members |= {name: members[name][:60] for name in ("2.png", "4.png")}
    counts = [load_dataset(packed(tmp_path / "set.zip", members), split).report.counts for split in SPLITS]
    assert counts[0] == {"train": 7, "test": 1}


def test_words_that_names_begin_with_are_classes_where_folders_are_none(tmp_path: Path) -> None:
    flat = {f"{('cat', 'dog')[n % 2]}.{n}.png": encoded(spot(n)) for n in range(20)}
    dataset = load_dataset(packed(tmp_path / "set.zip", flat))
    assert class_counts(dataset) == {"cat": 9, "dog": 9}
    assert "Its classes are the words that the names of its files begin with." in set_notes(dataset)
    in_folders = {f"{'ab'[n // 10]}/{name}": data for n, (name, data) in enumerate(flat.items())}
    assert load_dataset(packed(tmp_path / "set.zip", in_folders)).class_names == ("a", "b")


@pytest.mark.parametrize("count", [2, 10, 17, 18])
def test_few_pictures_are_told(tmp_path: Path, count: int) -> None:
    path = packed(tmp_path / "set.zip", spots(f"{n}.png" for n in range(count)))
    few = f"It has {count} pictures: few to learn from; some hundred make a map worth looking at."
    for split in SPLITS:
        dataset = load_dataset(path, split)
        assert (few in set_notes(dataset)) == (count <= 17)
        assert sum(dataset.report.counts.values()) == count


@pytest.mark.parametrize(
    ("equal", "count", "value", "said"),
    [
        (60, 60, 90, "All 60 pictures are equal; there is nothing to learn from them."),
        (60, 60, 0, "All 60 pictures are equal and black; there is nothing to learn from them."),
        (58, 60, 90, "58 of its 60 pictures are equal."),
        (31, 60, 0, "31 of its 60 pictures are equal and black."),
        (30, 60, 0, None),
        (1, 60, 90, None),
    ],
)
def test_equal_pictures_are_told(tmp_path: Path, equal: int, count: int, value: int, said: str | None) -> None:
    same = encoded(np.full((16, 16), value, dtype=np.uint8))
    members = {f"{n}.png": same if n < equal else encoded(spot(n)) for n in range(count)}
    notes = [note for note in set_notes(load_dataset(packed(tmp_path / "set.zip", members))) if "equal" in note]
    assert notes == ([said] if said else [])


def test_equal_pictures_of_one_split_are_told_of_it(tmp_path: Path) -> None:
    same = encoded(np.full((16, 16), 90, dtype=np.uint8))
    members = {f"train/{n}.png": same for n in range(20)} | {f"test/{n}.png": encoded(spot(n)) for n in range(5)}
    path = packed(tmp_path / "set.zip", members)
    assert "All 20 pictures for training are equal; there is nothing to learn from them." in set_notes(
        load_dataset(path)
    )
    assert not any("equal" in note and "testing" in note for note in set_notes(load_dataset(path, "test")))


@pytest.mark.parametrize("split", SPLITS)
def test_one_picture_is_refused(tmp_path: Path, split: str) -> None:
    sentence = r"^set\.zip has only one readable picture; two are needed at least, one of them for testing\.$"
    with pytest.raises(DatasetError, match=sentence):
        load_dataset(packed(tmp_path / "set.zip", {"1.png": encoded(spot(1)), "about.txt": b"me"}), split)


def test_two_of_which_one_is_damaged_are_refused(tmp_path: Path) -> None:
    members = {"1.png": encoded(spot(1)), "2.png": encoded(spot(2))[:60]}
    with pytest.raises(DatasetError, match=r"^set\.zip has too few readable images .*\(2\.png: It is damaged or cut"):
        load_dataset(packed(tmp_path / "set.zip", members))


def test_messages_name_what_was_handed_in_and_no_folder_above(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    sources = [tmp_path / "empty", tmp_path / "notes.txt", packed(tmp_path / "prose.zip", {"a.txt": b"a"})]
    for source in sources:
        with pytest.raises(DatasetError) as caught:
            load_dataset(source)
        assert str(caught.value).startswith(f"{source.name} ")
        assert str(tmp_path) not in str(caught.value)


def test_a_set_bears_the_name_that_its_owner_gave_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = packed(tmp_path / "0f3a.zip", spots(f"{n}.png" for n in range(4)))
    (tmp_path / "Котики.zip").symlink_to(stored)
    folder = tmp_path / "leaves.2024"
    folder.mkdir()
    for name, data in spots(f"{n}.png" for n in range(4)).items():
        (folder / name).write_bytes(data)
    linked = load_dataset(tmp_path / "Котики.zip")
    assert (linked.name, linked.class_names) == ("Котики", ("Котики",))
    assert load_dataset(folder).class_names == ("leaves.2024",)
    monkeypatch.chdir(folder)
    assert load_dataset(".").name == "leaves.2024"


def test_a_folder_called_digits_is_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "digits").mkdir()
    for name, data in spots(f"{n}.png" for n in range(60)).items():
        (tmp_path / "digits" / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    for source in (tmp_path / "digits", str(tmp_path / "digits"), Path("digits"), "./digits", "digits/"):
        dataset = load_dataset(source)
        assert (len(dataset), dataset.name, dataset.class_names) == (54, "digits", ("digits",))
    assert len(load_dataset("digits")) > 1000
