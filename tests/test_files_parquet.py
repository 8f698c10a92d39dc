"""Parquet tables of pictures, as the Hugging Face hub has them."""

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch
from pyarrow import parquet as pq

from tests.picture_archives import png
from vae_core.data import library
from vae_core.data.dataset import load_dataset
from vae_core.data.files import picture_sources
from vae_core.data.files.intake import FileSource, UploadLimits
from vae_core.data.files.parquet_pictures import as_archive
from vae_core.data.look import Request
from vae_core.data.reader import look_at, read
from vae_core.errors import DatasetError

NAMES = ("T-shirt, top", "Trouser", "Bag")
FEATURES = {"image": {"_type": "Image"}, "label": {"names": list(NAMES), "_type": "ClassLabel"}}
FILES = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def parquet(path: Path, pictures: Sequence[Any], labels: Sequence[Any], **more: Sequence[Any]) -> Path:
    """As `datasets` writes one."""
    columns = {
        "image": pa.array(pictures, FILES),
        "label": pa.array(labels),
        **{k: pa.array(v) for k, v in more.items()},
    }
    about = {"huggingface": json.dumps({"info": {"features": FEATURES}})}
    path.parent.mkdir(exist_ok=True, parents=True)
    pq.write_table(pa.table(columns).replace_schema_metadata(about), path, row_group_size=7)
    return path


def pictures(start: int, count: int) -> list[dict[str, Any]]:
    return [{"bytes": png(start + at), "path": None} for at in range(count)]


def test_what_the_hub_hands_out_is_taken_with_its_splits_and_the_names_of_its_classes(tmp_path: Path) -> None:
    for shard, start in enumerate((0, 15)):
        parquet(
            tmp_path / "clothes" / "data" / f"train-0000{shard}-of-00002.parquet",
            pictures(start, 15),
            [at % 3 for at in range(15)],
            size=[0.5 * at for at in range(15)],
        )
    parquet(tmp_path / "clothes" / "data" / "test-00000-of-00001.parquet", pictures(40, 6), [0, 1, 2, 0, 1, 2])
    (tmp_path / "clothes" / "README.md").write_text("---\nlicense: mit\n---\n")
    train, test = (load_dataset(tmp_path / "clothes", split=split) for split in ("train", "test"))
    assert (train.name, len(train), len(test)) == ("clothes", 30, 6)
    assert set(train.class_names) == set(NAMES)
    for dataset, start in ((train, 0), (test, 40)):
        for index in range(len(dataset)):
            grey = round(float(dataset.batch(torch.tensor([index])).mean()) * 255)
            place = grey - start if start else grey % 15
            assert dataset.class_names[int(dataset.labels[index])] == NAMES[place % 3]
    assert "size" in train.columns


@pytest.mark.usefixtures("checkpoints")
def test_one_that_was_handed_in_alone_is_read(tmp_path: Path) -> None:
    content = parquet(tmp_path / "a.parquet", pictures(0, 20), ["cat", "dog"] * 10).read_bytes()
    source = library.add([("my pets.parquet", io.BytesIO(content))])
    assert source.title == "my pets"
    look = look_at(Request(source.path))
    assert look.classes == {"cat": 10, "dog": 10}
    assert look.title == "my pets"
    assert look.notes[0].startswith("Its classes are the column label of my pets.parquet.csv")


def test_pictures_are_taken_out_once_also_where_their_framing_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Path] = []

    def counted(source: FileSource, *others: Any) -> Path:
        taken.append(source.path)
        return as_archive(source, *others)

    monkeypatch.setattr(picture_sources, "as_archive", counted)
    wide = [{"bytes": png(at, (40, 20)), "path": None} for at in range(20)]
    path = parquet(tmp_path / "wide.parquet", wide, [0, 1] * 10)
    look = look_at(Request(path))
    assert look.examples[0].words == "40 × 20 → 20 × 20 px"
    assert taken == [path]


def test_bytes_without_a_record_are_pictures_too_and_rows_without_any_are_left_out(tmp_path: Path) -> None:
    table = pa.table({"picture": [png(at) if at % 5 else None for at in range(20)], "kind": ["a", "b"] * 10})
    pq.write_table(table, tmp_path / "plain.parquet")
    look = look_at(Request(tmp_path / "plain.parquet"))
    assert look.classes == {"a": 8, "b": 8}


def test_a_zip_of_it_is_the_same(tmp_path: Path) -> None:
    inner = parquet(tmp_path / "a.parquet", pictures(0, 20), [0, 1] * 10)
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        archive.write(inner, "data/train.parquet")
    assert look_at(Request(tmp_path / "pets.zip")).classes == {NAMES[0]: 10, NAMES[1]: 10}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"PAR1" + bytes(500) + b"PAR1", "set.parquet is damaged, or no Parquet table; download it anew."),
        (b"hello", "set.parquet is damaged, or no Parquet table; download it anew."),
    ],
)
def test_what_is_no_table_is_said_to_be_none(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "set.parquet").write_bytes(content)
    with pytest.raises(DatasetError) as refused:
        load_dataset(tmp_path / "set.parquet")
    assert str(refused.value) == problem


def test_one_that_is_cut_off_is_damaged(tmp_path: Path) -> None:
    path = parquet(tmp_path / "set.parquet", pictures(0, 20), [0, 1] * 10)
    data = bytearray(path.read_bytes())
    data[40:400] = bytes(360)
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r"^set\.parquet is damaged, or no Parquet table"):
        load_dataset(path)


def test_tables_without_pictures_are_told_what_they_hold(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "label": [1]}), tmp_path / "texts.parquet")
    with pytest.raises(DatasetError, match=r"^texts\.parquet has no column of picture files \(text, label\)"):
        load_dataset(tmp_path / "texts.parquet")
    elsewhere = parquet(tmp_path / "far.parquet", [{"bytes": None, "path": "/x/1.png"}], [0])
    with pytest.raises(DatasetError, match=r"^far\.parquet names its pictures and does not hold them; hand in those"):
        load_dataset(elsewhere)


def test_more_than_is_read_here_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "many.parquet", pictures(0, 20), [0, 1] * 10)
    for limits in (UploadLimits(members=10), UploadLimits(total_bytes=1000)):
        with pytest.raises(DatasetError, match=r"^many\.parquet (holds more pictures than are read here|has)"):
            read(Request(path), limits=limits)
