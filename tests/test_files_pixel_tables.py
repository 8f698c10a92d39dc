"""Tables of pixels, a picture in each row: told from other files, and read as what they are."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.picture_archives import png
from vae_core.data import library
from vae_core.data.dataset import Dataset, load_dataset
from vae_core.data.files.intake import UploadLimits
from vae_core.data.files.pixel_tables import PixelTable, pixel_table
from vae_core.data.look import Request
from vae_core.data.reader import look_at, read
from vae_core.errors import DatasetError

Row = Callable[[int], Sequence[object]]


def table(header: list[str], row: Row, separator: str = ",", rows: int = 3) -> bytes:
    lines = [header] * bool(header) + [row(number) for number in range(rows)]
    return "".join(separator.join(map(str, cells)) + "\n" for cells in lines).encode()


def numbered(count: int, title: str = "pixel") -> list[str]:
    return [f"{title}{number}" for number in range(count)]


def pixels(number: int, count: int = 784) -> list[int]:
    return [(number * 7 + 3 * place) % 256 for place in range(count)]


DIGITS = table(["label", *numbered(784)], lambda at: [at % 10, *pixels(at)], rows=40)
TABLES: dict[str, tuple[bytes, PixelTable]] = {
    "Kaggle's digits": (DIGITS, PixelTable(",", ",", True, 1, 0, 0, 28, 1)),
    "its test images": (table(numbered(784), pixels), PixelTable(",", ",", True, 0, 0, None, 28, 1)),
    "without a head": (table([], lambda at: [at, *pixels(at)]), PixelTable(",", ",", False, 1, 0, 0, 28, 1)),
    "words behind": (table([], lambda at: [*pixels(at, 64), "cat"]), PixelTable(",", ",", False, 0, 1, 0, 8, 1)),
    "labels behind": (
        table([*numbered(192), "label"], lambda at: [*pixels(at, 192), at]),
        PixelTable(",", ",", True, 0, 1, 0, 8, 3),
    ),
    "rows and columns": (
        table(["label", *(f"{y}x{x}" for y in range(1, 29) for x in range(1, 29))], lambda at: [at, *pixels(at)]),
        PixelTable(",", ",", True, 1, 0, 0, 28, 1),
    ),
    "tabs": (
        table(["class", *numbered(64, "")], lambda at: [at, *pixels(at, 64)], "\t"),
        PixelTable("\t", "\t", True, 1, 0, 0, 8, 1),
    ),
    "pandas' own index": (
        table(["", "sign", *numbered(64)], lambda at: [at, "A", *pixels(at, 64)]),
        PixelTable(",", ",", True, 2, 0, 1, 8, 1),
    ),
    "pixels in one cell": (
        table(["emotion", "pixels", "Usage"], lambda at: [at, " ".join(map(str, pixels(at, 64))), "Training"]),
        PixelTable(",", " ", True, 1, 1, 0, 8, 1),
    ),
    "numbers of pictures": (
        table(["id", *numbered(64)], lambda at: [at, *pixels(at, 64)]),
        PixelTable(",", ",", True, 1, 0, None, 8, 1),
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_it_is_told_how_pictures_lie_in_a_table(name: str) -> None:
    content, expected = TABLES[name]
    assert pixel_table(content) == expected


OTHERS = {
    "a table of labels": b"file,label\n1.png,3\n2.png,4\n",
    "features": table([f"f {letter}" for letter in "abcdefghij" * 7], lambda at: pixels(at, 70)),
    "words": b"These are cats.\nTaken by me, in May.\n",
    "words among pixels": table(numbered(64), lambda at: [*pixels(at, 63), "x"]),
    "numbers on pictures": table(["file", *numbered(64)], lambda at: [f"{at}.png", *pixels(at, 64)]),
    "a column between": table([*numbered(32), "label", *numbered(32)], lambda at: pixels(at, 65)),
    "nothing": b"",
    "one row": table([], pixels, rows=1),
    "bytes": bytes(5000),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_none(name: str) -> None:
    assert pixel_table(OTHERS[name]) is None


def archive(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path


def rows_of(dataset: Dataset) -> set[tuple[int, ...]]:
    """The pictures, as the rows of a table."""
    images = dataset.batch(torch.arange(len(dataset))).flatten(1)
    return {tuple(row) for row in (images * 255).round().int().tolist()}


def test_a_table_alone_is_a_data_set_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "digits.csv").write_bytes(DIGITS)
    train, test = (load_dataset(tmp_path / "digits.csv", split) for split in ("train", "test"))
    assert train.name == "digits"
    assert train.class_names == tuple("0123456789")
    assert rows_of(train) | rows_of(test) == {tuple(pixels(at)) for at in range(40)}
    for number in range(10):
        expected = {tuple(pixels(at)) for at in range(number, 40, 10)}
        chosen = train.batch(torch.from_numpy(np.flatnonzero(train.labels.numpy() == number))).flatten(1)
        assert {tuple(row) for row in (chosen * 255).round().int().tolist()} <= expected


def test_what_a_competition_hands_out_is_taken_as_it_is(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "digit-recognizer.zip",
        {
            "train.csv": DIGITS,
            "test.csv": table(numbered(784), lambda at: pixels(100 + at), rows=20),
            "sample_submission.csv": b"ImageId,Label\n1,0\n2,0\n",
        },
    )
    look = look_at(Request(path))
    assert (look.train, look.test, look.image_size, look.channels) == (40, 20, 28, 1)
    assert "sample_submission.csv: It is left out beside the tables of pixels." in look.notes


def test_a_table_is_taken_that_is_larger_than_any_picture(tmp_path: Path) -> None:
    limits = UploadLimits(file_bytes=10_000)
    path = archive(tmp_path / "digits.zip", {"digits.csv": DIGITS})
    assert sum(read(Request(path), limits=limits).counts.values()) == 40
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "digits.csv").write_bytes(DIGITS)
    assert sum(read(Request(tmp_path / "folder"), limits=limits).counts.values()) == 40
    (tmp_path / "folder").rename(tmp_path / "other")
    with pytest.raises(DatasetError, match=r"digits\.csv has 0 MiB, more than the limit of 0 MiB"):
        read(Request(tmp_path / "other"), limits=UploadLimits(total_bytes=20_000))


@pytest.mark.usefixtures("checkpoints")
def test_a_table_that_was_handed_in_alone_is_read() -> None:
    source = library.add([("my digits.csv", io.BytesIO(DIGITS))])
    assert source.title == "my digits"
    look = look_at(Request(source.path))
    assert look.train + look.test == 40


def test_words_are_classes_in_whatever_encoding(tmp_path: Path) -> None:
    words = ("Gr\u00fcn", "Wei\u00df", "Bl\u00e4ulich")
    text = table(["class", *numbered(64)], lambda at: [f'"{words[at % 3]}"', *pixels(at, 64)], ";", rows=30)
    (tmp_path / "colours.csv").write_bytes(text.decode().replace("\n", "\r\n").encode("cp1252"))
    assert set(load_dataset(tmp_path / "colours.csv").class_names) == set(words)


def test_pixels_that_share_a_cell_are_read(tmp_path: Path) -> None:
    text = table(["emotion", "pixels"], lambda at: [at % 2, " ".join(map(str, pixels(at, 64)))], rows=20)
    (tmp_path / "faces.csv").write_bytes(text)
    train, test = (load_dataset(tmp_path / "faces.csv", split=split) for split in ("train", "test"))
    assert train.class_names == ("0", "1")
    assert rows_of(train) | rows_of(test) == {tuple(pixels(at, 64)) for at in range(20)}
    (tmp_path / "torn.csv").write_bytes(text.replace(b"14 17 20", b"14 17", 1))
    with pytest.raises(
        DatasetError, match=r"torn\.csv: row 4 is no picture of 8 × 8 numbers; mend it, or leave it out"
    ):
        load_dataset(tmp_path / "torn.csv")


def test_pixels_of_0_to_1_are_stretched_as_in_arrays(tmp_path: Path) -> None:
    text = table(numbered(64), lambda at: [number / 255 for number in pixels(at, 64)], rows=20)
    (tmp_path / "floats.csv").write_bytes(text)
    train, test = (load_dataset(tmp_path / "floats.csv", split) for split in ("train", "test"))
    assert rows_of(train) | rows_of(test) == {tuple(pixels(at, 64)) for at in range(20)}


def spoilt(row: int, old: bytes, new: bytes) -> bytes:
    lines = DIGITS.split(b"\n")
    assert old in lines[row - 1]
    lines[row - 1] = lines[row - 1].replace(old, new, 1)
    return b"\n".join(lines)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (spoilt(17, b",3,", b","), "row 17 has 784 cells, and the first one 785; mend it, or leave it out."),
        (spoilt(20, b",9,", b",?,"), "row 20 is no picture of 28 × 28 numbers; mend it, or leave it out."),
        (spoilt(20, b",9,", b",,"), "row 20 is no picture of 28 × 28 numbers; mend it, or leave it out."),
        (DIGITS + bytes([65]) * (5 << 20), "row 42 is too long for a picture; mend it, or leave it out."),
    ],
)
def test_a_row_that_is_no_picture_is_named(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "digits.csv").write_bytes(content)
    with pytest.raises(DatasetError) as refused:
        load_dataset(tmp_path / "digits.csv")
    assert str(refused.value) == f"digits.csv: {problem}"


def test_tables_that_do_not_say_which_is_which_are_named(tmp_path: Path) -> None:
    path = archive(tmp_path / "two.zip", {"a.csv": DIGITS, "b.csv": DIGITS})
    with pytest.raises(DatasetError, match=r"two\.zip holds several tables of pixels \(a\.csv, b\.csv\); hand in one"):
        load_dataset(path)


def test_beside_pictures_a_table_of_pixels_is_left_out_with_its_reason(tmp_path: Path) -> None:
    path = archive(tmp_path / "both.zip", {"digits.csv": DIGITS} | {f"{at}.png": png(at) for at in range(12)})
    report = load_dataset(path).report
    reason = "It is a table of pixels, a picture of 28 × 28 px in each row; hand it in by itself, without the pictures."
    assert [(file.name, file.reason) for file in report.skipped] == [("digits.csv", reason)]


def test_colours_of_no_known_order_are_refused_with_the_lines_that_mend_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "NAME.csv").write_bytes(TABLES["labels behind"][0])
    with pytest.raises(DatasetError, match=r"8 × 8 px in colour in each row, in an order that it does not") as refused:
        load_dataset(tmp_path / "NAME.csv")
    (line,) = re.findall("`(.*)`", str(refused.value))
    monkeypatch.chdir(tmp_path)
    exec(line, {})
    with np.load("NAME.npz") as made:
        assert made["images"].shape == (3, 8, 8, 3)
        assert made["images"].dtype == np.uint8
        assert made["labels"].tolist() == [0, 1, 2]


def test_a_table_of_names_without_the_pictures_is_told_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"file,label\n1.png,3\n2.png,4\n")
    with pytest.raises(
        DatasetError, match=r"labels\.csv: .* A table that names pictures is handed in together with them"
    ):
        load_dataset(tmp_path / "labels.csv")
