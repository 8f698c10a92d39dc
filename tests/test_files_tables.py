"""Tables beside the pictures: found, read in whatever form, joined to them; what is no table costs a sentence."""

import resource
import time
from pathlib import Path

import pytest

from tests.picture_archives import encoded, packed, set_notes, spot, spots
from vae_core.data.dataset import Dataset, load_dataset
from vae_core.data.files import table_reader, tables

NAMES = [f"{number:03d}.png" for number in range(12)]
KINDS = ["cat", "dog", "cow"]
ROWS = [(name, KINDS[number % 3]) for number, name in enumerate(NAMES)]


def table(separator: str = ",", header: str | None = "file_name,label", quote: str = "", end: str = "\n") -> str:
    lines = [header.replace(",", separator)] if header else []
    lines += [separator.join(f"{quote}{cell}{quote}" for cell in row) for row in ROWS]
    return end.join(lines) + end


def loaded(tmp_path: Path, content: str | bytes, name: str = "labels.csv", names: list[str] = NAMES) -> Dataset:
    """The training split of a ZIP with twelve pictures and one table."""
    data = content.encode() if isinstance(content, str) else content
    return load_dataset(packed(tmp_path / "set.zip", spots(names) | {name: data}))


def assert_has_kinds(dataset: Dataset) -> None:
    """Each picture is of the class that its row says."""
    assert dataset.class_names == ("cat", "cow", "dog")
    assert dataset.report.skipped == ()
    told = dict(ROWS)
    expected = [told[name] for name in _names_of(dataset)]
    assert [dataset.class_names[label] for label in dataset.labels.tolist()] == expected


def _names_of(dataset: Dataset) -> list[str]:
    """The files of the images, found by what is on them."""
    by_pixels = {spot(number).tobytes(): name for number, name in enumerate(NAMES)}
    return [by_pixels[image.numpy().tobytes()] for image in dataset.images[:, 0]]


FORMS: dict[str, tuple[str, bytes]] = {
    "commas": ("labels.csv", table().encode()),
    "semicolons": ("labels.csv", table(";").encode()),
    "tabs": ("annotations.tsv", table("\t").encode()),
    "bars": ("labels.txt", table("|").encode()),
    "quoted": ("labels.csv", table(header='"file_name","label"', quote='"').encode()),
    "spaces behind commas": ("labels.csv", table(", ", quote='"').encode()),
    "a mark before UTF-8": ("labels.csv", table().encode("utf-8-sig")),
    "UTF-16": ("labels.csv", table("\t").encode("utf-16")),
    "UTF-16, little end first, unmarked": ("labels.csv", table().encode("utf-16-le")),
    "UTF-16, big end first, unmarked": ("labels.csv", table().encode("utf-16-be")),
    "Windows' line ends": ("labels.csv", table(end="\r\n").encode()),
    "old Macs' line ends": ("labels.csv", table(end="\r").encode()),
    "no header": ("labels.csv", table(header=None).encode()),
    "empty lines": ("labels.csv", table(end="\n\n").encode()),
    "in a folder": ("about/Metadata.CSV", table().encode()),
    "no suffix in its names": ("labels.csv", table().replace(".png", "").encode()),
    "another suffix in its names": ("labels.csv", table().replace(".png", ".jpg").encode()),
    "folders in its names": ("labels.csv", table().replace("\n0", "\n../input/images/0").encode()),
    "backslashes in its names": ("labels.csv", table().replace("\n0", "\ndata\\0").encode()),
    "capitals in its names": ("labels.csv", table().replace(".png", ".PNG").encode()),
    "more columns": ("labels.csv", table(header="file_name,label,x,y").encode()),
    "a header that numbers call the first column": ("labels.csv", ("," + table(header="a,label")[1:]).encode()),
    "names last": ("labels.csv", ("label;file\n" + "".join(f"{kind};{name}\n" for name, kind in ROWS)).encode()),
    "a word for every file": (
        "labels.csv",
        ("id,photographer,class\n" + "".join(f"{n},author {n},{k}\n" for n, k in ROWS)).encode(),
    ),
    "one column of few words": (
        "labels.csv",
        ("image,width,animal\n" + "".join(f"{n},{640 + i % 2},{k}\n" for i, (n, k) in enumerate(ROWS))).encode(),
    ),
    "a code and its name": (
        "labels.csv",
        ("image,label_id,label_name\n" + "".join(f"{n},{KINDS.index(k)},{k}\n" for n, k in ROWS)).encode(),
    ),
    "decimal commas": (
        "labels.csv",
        ("image;size;kind\n" + "".join(f"{n};{i},5;{k}\n" for i, (n, k) in enumerate(ROWS))).encode(),
    ),
    "several rows a picture": (
        "labels.csv",
        ("image,label\n" + "".join(f"{n},{k}\n{n},owl\n" for n, k in ROWS)).encode(),
    ),
    "which are for testing": (
        "labels.csv",
        (
            "image,split,label\n"
            + "".join(f"{n},{'train' if i % 4 else 'test'},{k}\n" for i, (n, k) in enumerate(ROWS))
        ).encode(),
    ),
    "spaces, as lists of images have them": ("train.txt", table(" ", header=None).encode()),
    "several spaces": ("labels.txt", "".join(f"  {n}   {k} \n" for n, k in ROWS).encode()),
    "a count, and a space behind the header": (
        "list_attr.txt",
        (f"{len(ROWS)}\nlabel Young Smiling \n" + "".join(f"{n} {k} -1  1\n" for n, k in ROWS)).encode(),
    ),
    "a header without the names' column, as R's": (
        "labels.csv",
        ('"label","size"\n' + "".join(f'"{n}","{k}",{i}\n' for i, (n, k) in enumerate(ROWS))).encode(),
    ),
    "a header without the column of numbers, as R's": (
        "labels.txt",
        ('"file" "label"\n' + "".join(f'"{i}" "{n}" "{k}"\n' for i, (n, k) in enumerate(ROWS, 1))).encode(),
    ),
    "what separates cells said first": ("labels.csv", ("sep=;\r\n" + table(";", end="\r\n")).encode()),
    "comments first": ("labels.csv", ("# made by a camera\n# on a Monday, at noon\n" + table()).encode()),
    "a header that is a comment": ("labels.csv", table(header="# file_name,label").encode()),
    "a title first": ("labels.csv", ("My pictures\n\n" + table()).encode()),
    "more titles than cells": ("labels.csv", table(header="file_name,label,remark").encode()),
    "words in quotes among others": (
        "labels.csv",
        ("file,label,text\n" + "".join(f'{n},{k},"big" {k}\n' for n, k in ROWS)).encode(),
    ),
    "texts with commas last": (
        "labels.csv",
        ("file,label,text\n" + "".join(f"{n},{k}{', more' * (i % 5)}\n" for i, (n, k) in enumerate(ROWS))).encode(),
    ),
    "rows of other pictures": (
        "labels.csv",
        (table() + "".join(f"other {number},owl\n" for number in range(500))).encode(),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_gives_the_classes(tmp_path: Path, form: str) -> None:
    name, data = FORMS[form]
    assert_has_kinds(loaded(tmp_path, data, name))


@pytest.mark.parametrize(
    ("words", "for_testing"),
    [
        (("train", "train", "test", ""), {2}),
        (("Train", "Validation", "Train", "Train"), {1}),
        (("train", "val", "test", "train"), {2}),
    ],
)
def test_a_column_of_the_table_splits_the_set(tmp_path: Path, words: tuple[str, ...], for_testing: set[int]) -> None:
    content = "image,label,fold\n" + "".join(f"{n},{k},{words[i % 4]}\n" for i, (n, k) in enumerate(ROWS))
    train = loaded(tmp_path, content)
    test = load_dataset(tmp_path / "set.zip", "test")
    assert sorted(test.names) == sorted(name for at, name in enumerate(NAMES) if at % 4 in for_testing)
    assert sorted(train.names + test.names) == sorted(NAMES)
    assert "Which pictures are for testing is the column fold of labels.csv." in [
        note.note for note in train.report.notes
    ]
    assert_has_kinds(train)


@pytest.mark.parametrize("words", [("train",), ("train", "other"), ("val", "test")])
def test_a_column_that_sets_nothing_aside_or_says_more_is_no_split(tmp_path: Path, words: tuple[str, ...]) -> None:
    content = "image,label,fold\n" + "".join(f"{n},{k},{words[i % len(words)]}\n" for i, (n, k) in enumerate(ROWS))
    loaded(tmp_path, content)
    assert len(load_dataset(tmp_path / "set.zip", "test")) == 1


def test_folders_split_before_a_column_does(tmp_path: Path) -> None:
    names = [f"{'test' if number < 4 else 'train'}/{number}.png" for number in range(12)]
    content = "image,label,fold\n" + "".join(
        f"{name},{'ab'[at % 2]},{'train' if at < 6 else 'test'}\n" for at, name in enumerate(names)
    )
    loaded(tmp_path, content, names=names)
    assert sorted(load_dataset(tmp_path / "set.zip", "test").names) == sorted(names[:4])


def test_words_of_windows_code_page_are_read(tmp_path: Path) -> None:
    dataset = loaded(tmp_path, table(";").replace("cow", "Kälbchen").encode("cp1252"))
    assert dataset.class_names == ("cat", "dog", "Kälbchen")


def test_numbers_under_a_name_that_says_so_are_classes_in_their_order(tmp_path: Path) -> None:
    content = "name,label\n" + "".join(f"{name},{(number % 3) * 5}\n" for number, name in enumerate(NAMES))
    assert loaded(tmp_path, content).class_names == ("0", "5", "10")


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("age", [str(20 + number % 4) for number in range(12)]),
        ("caption", [f"a caption of its own {number}" for number in range(12)]),
        ("label", ["cat"] * 12),
        ("label", [f"{number} of its own" for number in range(12)]),
        ("subset", ["train"] * 8 + ["test"] * 4),
        ("text", ["long " * 20, "longer " * 20] * 6),
    ],
)
def test_other_columns_are_no_classes_and_are_kept(tmp_path: Path, column: str, cells: list[str]) -> None:
    rows = "".join(f"{name},{cell}\n" for name, cell in zip(NAMES, cells, strict=True))
    dataset = loaded(tmp_path, f"file,{column}\n{rows}")
    assert dataset.class_names == ("set",)
    told = dict(zip(NAMES, cells, strict=True))
    assert dataset.columns[column] == tuple(told[name].strip() for name in dataset.columns["file"])


def test_columns_are_those_of_the_images(tmp_path: Path) -> None:
    content = "file_name,label,weight\n" + "".join(f"{n},{k},{i / 2}\n" for i, (n, k) in enumerate(ROWS))
    path = packed(tmp_path / "set.zip", spots(NAMES) | {"labels.csv": content.encode()})
    train, test = load_dataset(path), load_dataset(path, "test")
    for dataset in (train, test):
        assert list(dataset.columns) == ["file_name", "label", "weight"]
        assert dataset.columns["file_name"] == tuple(_names_of(dataset))
        assert dataset.columns["weight"] == tuple(str(NAMES.index(name) / 2) for name in _names_of(dataset))
    assert sorted(train.columns["file_name"] + test.columns["file_name"]) == NAMES


def test_images_keep_their_columns_and_names_the_second_time(tmp_path: Path) -> None:
    path = packed(tmp_path / "set.zip", spots(NAMES) | {"labels.csv": table().encode()})
    first, again = load_dataset(path), load_dataset(path)
    assert first.columns["file_name"] == first.names
    assert (again.columns, again.names) == (first.columns, first.names)
    assert (again.report, again.treatment) == (first.report, first.treatment)


def test_folders_that_are_classes_stay_and_the_columns_are_kept(tmp_path: Path) -> None:
    names = [f"{'ab'[number % 2]}/{number}.png" for number in range(12)]
    content = "file,label\n" + "".join(f"{number},{KINDS[number % 3]}\n" for number in range(12))
    dataset = loaded(tmp_path, content, names=names)
    assert dataset.class_names == ("a", "b")
    assert set(dataset.columns["label"]) == set(KINDS)


def test_folders_that_are_parts_of_a_heap_give_way(tmp_path: Path) -> None:
    names = [f"images_part_{1 + number // 6}/{name}" for number, name in enumerate(NAMES)]
    assert_has_kinds(loaded(tmp_path, table(), names=names))


def test_pictures_without_a_row_are_counted_and_a_class_of_their_own(tmp_path: Path) -> None:
    content = "".join(line for number, line in enumerate(table().splitlines(keepends=True)) if number not in (3, 5))
    dataset = loaded(tmp_path, content)
    assert dataset.class_names == ("cat", "cow", "dog", "without a label")
    assert "2 of its 12 pictures have no row in labels.csv." in set_notes(dataset)
    assert "Its classes are the column label of labels.csv." in set_notes(dataset)


def test_pictures_of_several_rows_that_differ_are_counted(tmp_path: Path) -> None:
    """As where each row is an object that was found in a picture."""
    rows = [f"{name},{kind}\n" for name, kind in ROWS]
    dataset = loaded(tmp_path, "file,label\n" + "".join([*rows, rows[3], rows[4].replace("dog", "owl"), rows[4]]))
    assert_has_kinds(dataset)
    assert "1 picture has several rows in labels.csv: the first one of each counts." in set_notes(dataset)
    assert not any("several rows" in note for note in set_notes(loaded(tmp_path, table())))


def test_several_columns_that_may_be_classes_are_told(tmp_path: Path) -> None:
    rows = "".join(f"{name},{'ab'[number % 2]}x,{'cd'[number % 2]}y\n" for number, name in enumerate(NAMES))
    dataset = loaded(tmp_path, f"file,left,right\n{rows}")
    assert dataset.class_names == ("set",)
    assert "labels.csv has several columns that may be the classes (left, right); call one of them label." in set_notes(
        dataset
    )


def test_tables_are_joined_by_the_names_of_their_columns(tmp_path: Path) -> None:
    first, second = (f"image,label\n{''.join(f'{n},{k}{chr(10)}' for n, k in rows)}" for rows in (ROWS[:7], ROWS[7:]))
    third = "image,weight\n" + "".join(f"{name},{number}\n" for number, name in enumerate(NAMES))
    files = {"train.csv": first.encode(), "test.csv": second.encode(), "weights.csv": third.encode()}
    dataset = load_dataset(packed(tmp_path / "set.zip", spots(NAMES) | files))
    assert_has_kinds(dataset)
    assert dataset.columns["weight"] == tuple(str(NAMES.index(name)) for name in _names_of(dataset))


def test_a_table_means_the_pictures_of_its_own_folder(tmp_path: Path) -> None:
    names = [f"{part}/{number}.png" for part in ("one", "two") for number in range(6)]
    files = {
        f"{part}/labels.csv": f"file,label\n{''.join(f'{n}.png,{part}{n % 2}{chr(10)}' for n in range(6))}".encode()
        for part in ("one", "two")
    }
    dataset = load_dataset(packed(tmp_path / "set.zip", spots(names) | files))
    for folder, label in zip(_folders(dataset, names), dataset.columns["label"], strict=True):
        assert label.startswith(folder)


def test_a_table_means_the_folder_that_bears_its_name(tmp_path: Path) -> None:
    names = [f"{part}/{number}.png" for part in ("train", "test") for number in range(6)]
    content = "id,label\n" + "".join(f"{number},{'ab'[number % 2]}\n" for number in range(6))
    dataset = loaded(tmp_path, content, "train.csv", names)
    assert dataset.class_names == ("a", "b", "without a label")
    assert set(dataset.columns["label"]) == {"a", "b"}


def test_folders_in_a_table_tell_pictures_of_one_name_apart(tmp_path: Path) -> None:
    names = [f"images/{part}/{number}.png" for part in ("one", "two") for number in range(6)]
    content = "path,label\n" + "".join(f"data/{name[7:]},{name[7:10]}{name[11]}\n" for name in names)
    dataset = loaded(tmp_path, content, "set.csv", names)
    for folder, label in zip(_folders(dataset, names), dataset.columns["label"], strict=True):
        assert label.startswith(folder)


def test_a_suffix_in_a_table_tells_pictures_of_one_stem_apart(tmp_path: Path) -> None:
    names = [f"images/{number:03d}.jpg" for number in range(12)] + [f"edges/{number:03d}.png" for number in range(12)]
    content = "file,label\n" + "".join(f"{number:03d}.jpg,{KINDS[number % 3]}\n" for number in range(12))
    dataset = load_dataset(packed(tmp_path / "set.zip", spots(names) | {"labels.csv": content.encode()}))
    assert dataset.columns["label"].count("") > 0  # of the edges, to which it says nothing
    told = {name: word for name, word in zip(dataset.names, dataset.columns["label"], strict=True) if word}
    assert told
    for name, word in told.items():
        assert name.startswith("images/")
        assert word == KINDS[int(name[7:10]) % 3]


def test_a_row_of_another_folders_picture_is_not_taken(tmp_path: Path) -> None:
    names = [f"dogs/{number}.png" for number in range(6)]
    rows = [f"{kind}/{number}.png,{kind}{number % 2}\n" for kind in ("cats", "dogs") for number in range(6)]
    dataset = loaded(tmp_path, "path,label\n" + "".join(rows), names=names)
    assert dataset.class_names == ("dogs0", "dogs1")


def _folders(dataset: Dataset, names: list[str]) -> list[str]:
    """The last folder of each image's file, found by what is on it."""
    by_pixels = {spot(number).tobytes(): name.split("/")[-2] for number, name in enumerate(names)}
    return [by_pixels[image.numpy().tobytes()] for image in dataset.images[:, 0]]


def test_titles_stand_above_their_own_columns(tmp_path: Path) -> None:
    rows = "".join(f"{number} {name} {kind}\n" for number, (name, kind) in enumerate(ROWS, 1))
    columns = loaded(tmp_path, f'"file" "label"\n{rows}', "set.txt").columns
    assert list(columns) == ["column 1", "file", "label"]
    assert set(columns["label"]) == set(KINDS)


def test_headers_without_a_name_or_twice_the_same_get_one(tmp_path: Path) -> None:
    rows = "".join(f"{number},{name},{kind},{kind}\n" for number, (name, kind) in enumerate(ROWS))
    assert list(loaded(tmp_path, f",file,label,label\n{rows}").columns) == ["column 1", "file", "label", "label (2)"]


def test_control_characters_of_a_table_reach_no_screen(tmp_path: Path) -> None:
    dataset = loaded(tmp_path, table().replace("cow", "co\x1b[2Jw").replace("label", "la\x07bel"))
    assert all(name.isprintable() for name in (*dataset.class_names, *dataset.columns))


NO_TABLES: dict[str, tuple[str, bytes, str]] = {
    "prose": ("README.txt", b"These are cats.\nTaken by me, in May.\n", "It is not an image that can be read here"),
    "numbers in a column beside pictures": (
        "x.txt",
        b"".join(b"0 0.5 0.25 %d 1\n" % number for number in range(9)),
        "It is not an image that can be read here",
    ),
    "another table": ("costs.csv", b"item,price\nfood,3\ntoys,4\n", "It is a table, but none of its columns names"),
    "a column of numbers": (
        "x.csv",
        b"label,size\n" + b"".join(b"%d,%d\n" % (number % 2, 500 + number) for number in range(12)),
        "It is a table, but none of its columns names",
    ),
    "a quote that never closes": (
        "x.csv",
        table().replace("dog", '"dog', 1).encode(),
        "It cannot be read as a table",
    ),
    "a long cell": (
        "x.csv",
        table().encode() + b"012.png," + b"x" * 300_000,
        "It cannot be read as a table",
    ),
    "one line": ("x.csv", b"000.png,cat," * 100_000, "It has a line of more than a million characters."),
    "many columns": ("x.csv", (table() + "013.png" + ",1" * 2000).encode(), "It has more than 1,000,000 rows or 1,000"),
    "a pointer": ("x.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "It is a Git LFS pointer"),
    "noise": ("x.csv", bytes(range(256)) * 50, "It "),
}


@pytest.mark.parametrize("kind", NO_TABLES)
def test_what_is_no_table_costs_a_sentence(tmp_path: Path, kind: str) -> None:
    name, data, sentence = NO_TABLES[kind]
    dataset = loaded(tmp_path, data, name)
    ((skipped, reason),) = [(entry.name, entry.reason) for entry in dataset.report.skipped]
    assert skipped == name
    assert reason.startswith(sentence)
    assert len(dataset) == 11
    assert dataset.columns == {}


@pytest.mark.parametrize(("start", "rest"), [(b"", b"000.png,cat,"), (b'file,label\n000.png,"', b"many more  \n")])
def test_sixty_million_characters_cost_little(tmp_path: Path, start: bytes, rest: bytes) -> None:
    (tmp_path / "set").mkdir()
    for name, data in spots(NAMES).items():
        (tmp_path / "set" / name).write_bytes(data)
    (tmp_path / "set" / "labels.csv").write_bytes(start + rest * 5_000_000)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    dataset = load_dataset(tmp_path / "set")
    assert [entry.name for entry in dataset.report.skipped] == ["labels.csv"]
    assert time.process_time() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


def test_tables_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_BYTES", 300)
    files = {"a.csv": table().encode(), "b.csv": table().encode()}
    dataset = load_dataset(packed(tmp_path / "set.zip", spots(NAMES) | files))
    assert_has_kinds_but_for(dataset, "b.csv")


def assert_has_kinds_but_for(dataset: Dataset, name: str) -> None:
    assert dataset.class_names == ("cat", "cow", "dog")
    ((skipped, reason),) = [(entry.name, entry.reason) for entry in dataset.report.skipped]
    assert (skipped, reason[:26]) == (name, "The tables have more than ")


def test_rows_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_reader, "MOST_ROWS", 12)
    dataset = loaded(tmp_path, table())
    assert [entry.reason for entry in dataset.report.skipped] == ["It has more than 12 rows or 1,000 columns."]
    assert_has_kinds(loaded(tmp_path, table(header=None)))


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [",".join(str(number + column / 7) for column in range(50)) for number in range(12)]
    numbers = "".join(f"{name},{row}\n" for name, row in zip(NAMES, cells, strict=True))
    monkeypatch.setattr(table_reader, "_SHARED_TEXTS", 10)
    monkeypatch.setattr(table_reader, "MOST_KEPT", 30_000)
    dataset = loaded(tmp_path, f"file,{','.join(f'f{column}' for column in range(50))}\n{numbers}")
    assert [entry.reason[:30] for entry in dataset.report.skipped] == ["Its rows take more than 0 MiB "]
    assert_has_kinds(loaded(tmp_path, table()))


def test_a_table_alone_is_no_data_set_and_a_picture_named_so_is_one(tmp_path: Path) -> None:
    members = {"one.csv": encoded(spot(1)), "two.csv": encoded(spot(2))}
    assert len(load_dataset(packed(tmp_path / "set.zip", members))) == 1
