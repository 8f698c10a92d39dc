"""Tables of pixels are told from other files, and the lines that are told turn them into what is read here."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from vae_core.data.dataset import load_dataset
from vae_core.data.files.pixel_tables import pixel_table
from vae_core.errors import DatasetError

Row = Callable[[int], list[object]]


def table(header: list[str], row: Row, separator: str = ",") -> bytes:
    rows = [header] * bool(header) + [row(number) for number in range(3)]
    return "".join(separator.join(map(str, cells)) + "\n" for cells in rows).encode()


def numbered(count: int, title: str = "pixel") -> list[str]:
    return [f"{title}{number}" for number in range(count)]


def pixels(number: int, count: int = 784) -> list[object]:
    return [(number * 7 + 3 * place) % 256 for place in range(count)]


TABLES: dict[str, tuple[bytes, str, str]] = {
    "Kaggle's digits": (table(["label", *numbered(784)], lambda at: [at, *pixels(at)]), "28 × 28 px", "1:"),
    "its test images": (table(numbered(784), pixels), "28 × 28 px", ":"),
    "without a head": (table([], lambda at: [at, *pixels(at)]), "28 × 28 px", "1:"),
    "labels behind": (
        table([*numbered(192), "label"], lambda at: [*pixels(at, 192), at]),
        "8 × 8 px in colour",
        ":-1",
    ),
    "rows and columns": (
        table(["label", *(f"{y}x{x}" for y in range(1, 29) for x in range(1, 29))], lambda at: [at, *pixels(at)]),
        "28 × 28 px",
        "1:",
    ),
    "tabs": (table(["class", *numbered(64, "")], lambda at: [at, *pixels(at, 64)], "\t"), "8 × 8 px", "1:"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_pixels_is_named_with_its_pictures_and_the_way_to_arrays(name: str) -> None:
    content, shape, slice_of = TABLES[name]
    words = pixel_table(BytesIO(content))
    assert words is not None
    assert f"a picture of {shape} in each row" in words
    assert f"t.iloc[:, {slice_of}]" in words
    assert ("header=None" in words) == (name == "without a head")


OTHERS = {
    "a table of labels": b"file,label\n1.png,3\n2.png,4\n",
    "features": table([f"f {letter}" for letter in "abcdefghij" * 7], lambda at: pixels(at, 70)),
    "words": b"These are cats.\nTaken by me, in May.\n",
    "nothing": b"",
    "bytes": bytes(5000),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_none(name: str) -> None:
    assert pixel_table(BytesIO(OTHERS[name])) is None


def test_the_file_by_itself_is_refused_in_these_words_and_the_told_line_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "train"
    source.mkdir()
    (source / "NAME.csv").write_bytes(TABLES["Kaggle's digits"][0])
    with pytest.raises(DatasetError, match=r"NAME\.csv: It is a table of pixels, a picture of 28 × 28 px") as refused:
        load_dataset(source)
    (line,) = re.findall("`(.*)`", str(refused.value))
    monkeypatch.chdir(source)
    exec(line, {})
    made = np.load("NAME.npz")
    assert made["images"].shape == (3, 28, 28)
    assert made["images"].dtype == np.uint8
    assert made["labels"].tolist() == [0, 1, 2]
