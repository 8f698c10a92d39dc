"""Names as people wrote them: in every language, by every program, and none that turns a screen upside down."""

import os
import sys
import time
import unicodedata
import zipfile
import zlib
from pathlib import Path
from typing import Literal

import pytest

from tests.made_archives import UTF8, Entry, made
from tests.picture_archives import packed, png, spots
from vae_core.data.dataset import load_dataset
from vae_core.data.files.archives import open_source
from vae_core.data.files.class_folders import read_folders
from vae_core.data.files.classes import number_classes
from vae_core.data.files.encodings import encoding_of_names
from vae_core.data.files.intake import DEFAULT_LIMITS, is_left_behind, own_name, shown

JAPANESE = [
    *["猫の写真", "ソファ", "表", "犬", "ウサギ", "手書き数字", "新しいフォルダー", "スクリーンショット"],
    *["能面", "十番", "予算", "学習用データ", "テスト", "ひまわり", "りんご", "空", "雪"],
    *["USBメモリ", "良品（A）", "第１回", "ボタン・大"],
]
SIMPLIFIED = [
    *["猫的照片", "汽车", "飞机", "老虎", "狐狸", "蝴蝶", "手写数字", "训练集", "测试集", "新建文件夹"],
    *["不良品", "划痕", "苹果", "公共汽车", "国画", "风景", "我的照片（二）", "第１组"],
]
TRADITIONAL = ["貓的照片", "汽車", "飛機", "烏龜", "手寫數字", "訓練集", "新增資料夾", "螢幕擷取", "蘋果", "向日葵"]
KOREAN = ["고양이", "강아지", "자동차", "호랑이", "새 폴더", "바탕 화면", "손글씨", "훈련", "테스트", "사과", "바나나"]
GERMAN = ["Müll", "Käfer", "Äpfel", "Öl", "Bäume", "Vögel", "Straße", "grün", "weiß", "Übung", "Tür", "Füße"]
FRENCH = ["élève", "école", "forêt", "garçon", "naïve", "à côté", "Été"]
PORTUGUESE = ["coração", "pão", "maçã", "avião", "limão"]
RUSSIAN = ["кошки", "Котики", "собаки", "машины", "Новая папка", "фото", "цифры", "самолёт", "БЕЛЫЕ"]
SINGLE_NAMES = [
    *(("cp932", name) for name in JAPANESE),
    *(("gb18030", name) for name in SIMPLIFIED),
    *(("cp437", name) for name in GERMAN),
    *(("cp850", name) for name in (*FRENCH[:-1], *PORTUGUESE)),
    *(("cp866", name) for name in RUSSIAN),
]


def names_in(path: Path) -> list[str]:
    with open_source(path, DEFAULT_LIMITS) as source:
        assert source.skipped == []
        return source.names


def classes_in(path: Path) -> tuple[str, ...]:
    return number_classes(read_folders(names_in(path), "alone").labels)[0]


def written(tmp_path: Path, names: list[str], encoding: str) -> Path:
    """An archive as by a program that writes names in one encoding without a word about it."""
    return made(tmp_path / "a.zip", [Entry(name.encode(encoding), png()) for name in names])


@pytest.mark.parametrize(("page", "name"), SINGLE_NAMES)
def test_a_single_name_tells_its_code_page(page: str, name: str) -> None:
    assert name.encode(page).decode(encoding_of_names([name.encode(page)])) == name
    raw = f"data/{name}/IMG_0001.jpg".encode(page)
    assert raw.decode(encoding_of_names([raw])) == f"data/{name}/IMG_0001.jpg"


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("cp932", JAPANESE),
        ("gb18030", SIMPLIFIED),
        ("cp950", TRADITIONAL),
        ("cp949", KOREAN),
        ("cp437", GERMAN),
        ("cp850", [*GERMAN, *FRENCH, *PORTUGUESE]),
        ("cp1252", [*GERMAN, *FRENCH, *PORTUGUESE]),
        ("cp866", RUSSIAN),
        ("utf-8", [*JAPANESE, *SIMPLIFIED, *TRADITIONAL, *KOREAN, *GERMAN, *FRENCH, *PORTUGUESE, *RUSSIAN]),
    ],
)
def test_names_without_a_word_on_their_encoding_are_read_as_written(
    tmp_path: Path, page: str, names: list[str]
) -> None:
    path = written(tmp_path, [f"{name}/{number}.png" for name in names for number in range(3)], page)
    assert set(classes_in(path)) == set(names)


def test_all_names_together_tell_the_encoding() -> None:
    # Of these alone one could be Greek capitals and one a letter of Latin; with others they are neither.
    raw = [name.encode("gb18030") for name in ("猫", "狗", "牛", "汽车")]
    assert encoding_of_names(raw[:1]) == "utf-8"
    assert encoding_of_names(raw) == "gb18030"


def test_names_that_say_that_they_are_utf_8_are(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for name in ("猫/1.png", "Müll/1.png", "ASCII/1.png"):
            file.writestr(name, png())
    assert set(classes_in(tmp_path / "a.zip")) == {"猫", "Müll", "ASCII"}


def test_a_false_word_on_the_encoding_is_not_believed(tmp_path: Path) -> None:
    entries = [Entry(f"{name}/1.png".encode("cp932"), png(), flags=UTF8) for name in JAPANESE]
    assert set(classes_in(made(tmp_path / "a.zip", entries))) == set(JAPANESE)


def unicode_name(raw: bytes, name: str, crc: int | None = None) -> bytes:
    """Info-ZIP's field of a name in UTF-8, beside one of another kind."""
    content = b"\1" + (zlib.crc32(raw) if crc is None else crc).to_bytes(4, "little") + name.encode()
    return b"UT\5\0\1" + bytes(4) + b"up" + len(content).to_bytes(2, "little") + content


def test_a_field_of_a_name_in_utf_8_wins_where_it_is_for_this_name(tmp_path: Path) -> None:
    entries = [
        Entry(b"___/1.png", png(), extra=unicode_name(b"___/1.png", "猫/1.png")),
        Entry(b"renamed/1.png", png(), extra=unicode_name(b"___/1.png", "stale/1.png")),
        Entry(b"wrong/1.png", png(), extra=unicode_name(b"wrong/1.png", "other/1.png", crc=7)),
        Entry("Käfer/1.png".encode("cp437"), png()),
    ]
    assert set(classes_in(made(tmp_path / "a.zip", entries))) == {"猫", "renamed", "wrong", "Käfer"}


def test_half_a_character_is_no_separator(tmp_path: Path) -> None:
    names = ["表/ソ.png", "能\\十.png", "ソ\\構.png"]
    assert [name.encode("cp932").count(b"\\") for name in names] == [2, 3, 3]
    assert sorted(names_in(written(tmp_path, names, "cp932"))) == sorted(name.replace("\\", "/") for name in names)


@pytest.mark.parametrize("encoding", ["utf-8", "cp437"])
def test_composed_and_decomposed_names_are_one(tmp_path: Path, encoding: str) -> None:
    entries = [Entry("Käfer/1.png".encode(encoding), png())]
    if encoding == "utf-8":
        entries.append(Entry(unicodedata.normalize("NFD", "Käfer/2.png").encode(), png()))
    assert classes_in(made(tmp_path / "a.zip", entries)) == ("Käfer",)


VERBATIM = [
    "👩\u200d🚀 astronauts",
    "می\u200cخواهم",
    "猫\u3000写真",
    "Snímek\u00a0obrazovky",
    "at 9.22.01\u202fPM",
    "क्\u200dष",
    "soft\u00adhyphen",
    "שלום \u200eabc",
    "![](http://127.0.0.1:9/seen)",
    "<b>bold</b> & $x$",
]
ESCAPED = {
    "evil\x1b[2J": r"evil\x1b[2J",
    "two\nlines": r"two\nlines",
    "bell\x07\x7f\x9f": r"bell\x07\x7f\x9f",
    "nothing\0more": r"nothing\x00more",
    "photo\u202egnp.exe": r"photo\u202egnp.exe",
    "\u2066apart\u2069": r"\u2066apart\u2069",
    "half\ud83d": r"half\ud83d",
}


@pytest.mark.parametrize("name", VERBATIM)
def test_what_languages_need_stays(tmp_path: Path, name: str) -> None:
    assert shown(name) == name
    (tmp_path / "set" / name.replace("/", "")).mkdir(parents=True)
    (tmp_path / "set" / name.replace("/", "") / "1.png").write_bytes(png())
    assert classes_in(tmp_path / "set") == (name.replace("/", ""),)
    assert classes_in(made(tmp_path / "a.zip", [Entry(f"{name}/1.png".encode(), png())]))


@pytest.mark.parametrize("name", ESCAPED)
def test_what_has_no_sight_or_turns_others_is_escaped(tmp_path: Path, name: str) -> None:
    assert shown(name) == ESCAPED[name]
    if "\ud83d" not in name:
        path = made(tmp_path / "a.zip", [Entry(f"a/{name}.png".encode(), png(), flags=UTF8)])
        assert names_in(path) == [f"a/{ESCAPED[name]}.png"]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text there")
def test_bytes_that_mean_nothing_on_a_disk_are_escaped(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/set/M\xfcll"
    os.makedirs(folder)
    with open(folder + b"/1.png", "wb") as written_file:
        written_file.write(png())
    with open_source(tmp_path / "set", DEFAULT_LIMITS) as source:
        assert source.names == [r"M\xfcll/1.png"]
        with source.open(0) as file:
            assert file.read() == png()


def test_composed_and_decomposed_folders_are_one_class(tmp_path: Path) -> None:
    for number, form in enumerate(("NFC", "NFD")):
        folder = tmp_path / "set" / unicodedata.normalize(form, "Käfer")  # type: ignore[arg-type]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(png())
    assert classes_in(tmp_path / "set") == ("Käfer",)


@pytest.mark.parametrize("of_names", ["NFC", "NFD"])
@pytest.mark.parametrize("of_table", ["NFC", "NFD"])
def test_what_a_table_says_is_the_same_however_composed(
    tmp_path: Path, of_names: Literal["NFC", "NFD"], of_table: Literal["NFC", "NFD"]
) -> None:
    """Of its rows some were written on a Mac, which takes letters apart; capitals still tell pictures apart."""
    names = [f"{letter}äfer {number}.png" for number in range(6) for letter in "Kk"]
    forms: list[Literal["NFC", "NFD"]] = ["NFC", "NFD", of_table]
    rows = [
        (name, unicodedata.normalize(forms[at % 3], "Äpfel" if at % 2 else "Käse")) for at, name in enumerate(names)
    ]
    table = unicodedata.normalize(of_table, "Bild,Größe\n")
    table += "".join(f"{unicodedata.normalize(of_table, name)},{kind}\n" for name, kind in rows)
    pictures = spots(unicodedata.normalize(of_names, name) for name in names)
    dataset = load_dataset(packed(tmp_path / "set.zip", pictures | {"labels.csv": table.encode()}))
    assert dataset.report.skipped == ()
    assert dataset.class_names == ("Käse", "Äpfel")
    assert set(dataset.columns) == {"Bild", "Größe"}


LEFT_BEHIND = [
    "__MACOSX/cats/._1.png",
    "cats/._1.png",
    "cats/.DS_Store",
    ".git/1.png",
    "cats/.ipynb_checkpoints/1.png",
    "cats/.@__thumb/1.png",
    "cats/Thumbs.db",
    "cats/THUMBS.DB",
    "cats/ehthumbs.db",
    "Desktop.ini",
    "Icon\r",
    "cats/Icon\r",
    "$RECYCLE.BIN/1.png",
    "System Volume Information/1.png",
    "lost+found/1.png",
    "cats/@eaDir/1.png/SYNOPHOTO_THUMB_M.jpg",
    "@tmp/1.png",
    "@Recycle/1.png",
    "@Recently-Snapshot/1.png",
    "#recycle/1.png",
    "#snapshot/1.png",
]
OF_PEOPLE = [
    "@alice/1.png",
    "#sunset/1.png",
    "cats/@2x.png",
    "Icon/1.png",
    "..",
    "a/./1.png",
    "Icons\r/1.png",
    "thumbs/1",
]


@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_what_systems_leave_is_passed_over_in_silence(tmp_path: Path, name: str) -> None:
    assert is_left_behind(name)
    entries = [Entry(b"cats/1.png", png()), Entry(name.encode(), png())]
    assert names_in(made(tmp_path / "a.zip", entries)) == ["cats/1.png"]
    for file in ("cats/1.png", name):
        (tmp_path / "set" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / file).write_bytes(png())
    assert names_in(tmp_path / "set") == ["cats/1.png"]


@pytest.mark.parametrize("name", OF_PEOPLE)
def test_what_people_name_is_not(name: str) -> None:
    assert not is_left_behind(name)


def test_a_file_is_called_as_its_owner_calls_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_name(tmp_path / "数字.zip") == "数字.zip"
    assert own_name(tmp_path / "a\x1b.zip") == r"a\x1b.zip"
    (tmp_path / "my set").mkdir()
    monkeypatch.chdir(tmp_path / "my set")
    assert own_name(Path(".")) == "my set"
    assert own_name(Path("/")) == "/"


def test_names_longer_than_any_disk_takes_cost_no_time(tmp_path: Path) -> None:
    long = ["a" + "\u0315\u0300" * 16_000, "\x01" * 60_000, "/" * 60_000 + "x", "日" * 20_000]
    entries = [Entry(f"{number}{name}.png".encode(), png()) for number in range(50) for name in long]
    entries.append(Entry("/".join("x" * 255 for _ in range(15)).encode(), png()))
    start = time.process_time()
    with open_source(made(tmp_path / "a.zip", entries), DEFAULT_LIMITS) as source:
        assert len(source.names) == 1
        assert {file.reason for file in source.skipped} == {
            "Its name is longer than any disk takes; give it a shorter one."
        }
        assert max(len(file.name) for file in source.skipped) < 500
    assert time.process_time() - start < 5


def test_an_encoding_is_told_in_no_time_from_names_without_end() -> None:
    raw = [bytes([0x81 + number % 100, 0x40 + number % 60]) * 30_000 for number in range(400)]
    start = time.process_time()
    assert raw[0].decode(encoding_of_names(raw))
    assert time.process_time() - start < 5
