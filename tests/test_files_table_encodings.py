"""Tables as spreadsheets of each language save them, and older programs: in a code page that nothing in them tells."""

from pathlib import Path

import pytest

from tests.picture_archives import packed, set_notes, spots
from vae_core.data.dataset import load_dataset
from vae_core.data.files.encodings import encoding_of_table, title_of_page

WORDS = {
    ("cp1252", "German"): ["Kätzchen", "Hündin", "Vögel", "Größe", "Äpfel"],
    ("cp1252", "French"): ["chèvre", "zèbre", "forêt", "bœuf", "maïs", "août", "où"],
    ("cp1252", "Italian"): ["città", "virtù", "bambù", "caffè", "lunedì"],
    ("cp1252", "Portuguese"): ["leão", "pássaro", "leões", "maçã"],
    ("cp1252", "Spanish"): ["ratón", "año", "pingüino"],
    ("cp1252", "Danish"): ["får", "bjørn", "ræv", "kø"],
    ("cp1250", "Polish"): ["żółw", "kaczka żółta", "słoń", "źrebię", "jabłko"],
    ("cp1250", "Czech"): ["kočka", "kůň", "žába", "ještěrka", "měsíc"],
    ("cp1250", "Hungarian"): ["őz", "tyúk", "kígyó", "szőlő"],
    ("cp1252", "signs of measures"): ["10 µm", "20 °C", "5 m²", "3×3", "½", "£5", "±5"],
    ("cp1252", "words and measures"): ["Käfer", "Löwe", "Mücke", "3 µm"],
    ("cp1250", "Croatian"): ["mačka", "žena", "kuća", "škola"],
    ("cp1255", "Hebrew"): ["חתול", "כלב", "ינשוף"],
    ("cp1256", "Arabic"): ["قطة", "كلب", "بومة"],
    ("cp874", "Thai"): ["แมว", "สุนัข", "นกฮูก"],
    ("cp1257", "Lithuanian"): ["katė", "šuo", "pelėda"],
    ("cp1254", "Turkish"): ["balık", "kuş", "inek sığır", "ağaç", "köpek"],
    ("cp1251", "Russian"): ["кошка", "собака", "лошадь", "Белка"],
    ("cp1251", "Ukrainian"): ["кішка", "їжак", "ведмідь"],
    ("cp1253", "Greek"): ["γάτα", "σκύλος", "άλογο", "Μήλο"],
    ("cp932", "Japanese"): ["猫", "犬", "ウサギ", "良品", "ソファ", "ポスト"],
    ("gb18030", "simplified Chinese"): ["猫", "狗", "兔子", "苹果", "划痕"],
    ("cp950", "traditional Chinese"): ["貓", "兔子", "蘋果", "飛機", "功能"],
    ("cp949", "Korean"): ["고양이", "강아지", "토끼", "자동차"],
}
OLD = {
    "cp850": ("German", "Italian", "Spanish", "Portuguese", "Danish", "words and measures"),
    "cp437": ("German", "Spanish"),
    "mac_roman": ("French", "Italian", "Portuguese", "Spanish"),
    "cp852": ("Czech", "Polish", "Croatian"),
    "iso8859_2": ("Czech", "Polish"),
    "cp866": ("Russian",),
    "koi8_r": ("Russian",),
    "koi8_u": ("Ukrainian",),
    "mac_cyrillic": ("Ukrainian",),
    "euc_jp": ("Japanese",),
}
WORDS |= {
    (page, language): next(words for (_, other), words in WORDS.items() if other == language)
    for page, languages in OLD.items()
    for language in languages
}


@pytest.mark.parametrize(("page", "language"), WORDS)
def test_classes_are_read_as_written(tmp_path: Path, page: str, language: str) -> None:
    words = WORDS[page, language]
    names = [f"{number:03d}.png" for number in range(4 * len(words))]
    rows = "".join(f"{name},{words[number % len(words)]}\n" for number, name in enumerate(names))
    content = f"file,label\n{rows}".encode(page)
    dataset = load_dataset(packed(tmp_path / "set.zip", spots(names) | {"labels.csv": content}))
    assert set(dataset.class_names) == set(words)
    (told,) = [note for note in set_notes(dataset) if note.startswith("labels.csv does not tell its encoding, and was")]
    assert told.endswith("; save it as UTF-8 where its words look wrong.")


def test_an_old_encoding_is_named_as_people_know_it() -> None:
    named = [
        title_of_page(page)
        for page in ("cp850", "iso8859_2", "mac_roman", "koi8_u", "euc_jp", "cp1250", "cp932", "utf-8")
    ]
    assert named == ["DOS-850", "ISO 8859-2", "Mac Roman", "KOI8", "EUC-JP", "Windows-1250", "Shift-JIS", None]


@pytest.mark.parametrize("words", [["公", "母"], ["太", "中"]])
def test_simple_chinese_characters_are_no_kana_of_unix(words: list[str]) -> None:
    content = "file,label\n" + "".join(f"{number}.png,{word}\n" for number, word in enumerate(words))
    assert encoding_of_table(content.encode("cp950")) == "cp950"


def test_nothing_is_said_of_an_encoding_that_is_sure(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(6)]
    for encoding, words in (("utf-8", "äö"), ("utf-16", "äö"), ("ascii", "ab")):
        rows = "".join(f"{name},{words[at % 2]}\n" for at, name in enumerate(names))
        files = {"labels.csv": f"file,label\n{rows}".encode(encoding)}
        dataset = load_dataset(packed(tmp_path / f"{encoding}.zip", spots(names) | files))
        assert not any("encoding" in note for note in set_notes(dataset))


def test_a_long_text_that_is_cut_for_judging_is_judged() -> None:
    data = ("file,text\na.png," + "手書きの数字です。" * 40 + "\n").encode("cp932")
    assert encoding_of_table(data) == "cp932"


@pytest.mark.parametrize("words", [["кошка"], ["γάτα"], ["ウサギ"], ["苹果"], ["고양이"], ["Kätzchen"], ["café"]])
def test_one_word_tells_the_script(words: list[str]) -> None:
    pages = {"к": "cp1251", "γ": "cp1253", "ウ": "cp932", "苹": "gb18030", "고": "cp949", "K": "cp1252", "c": "cp1252"}
    page = pages[words[0][0]]
    assert f"a.png;{words[0]}\n".encode(page).decode(encoding_of_table(f"a.png;{words[0]}\n".encode(page))) == (
        f"a.png;{words[0]}\n"
    )


def test_bytes_of_no_encoding_are_read_for_what_they_hold() -> None:
    # Undefined in each page: what else the table holds is still read.
    data = b"file,label\na.png,\xff\x81\x8d\xff\x20\x98\xd2\x7f\xa1\n"
    assert "a.png" in data.decode(encoding_of_table(data), "replace")


def test_pictures_are_found_by_names_in_the_tables_own_encoding(tmp_path: Path) -> None:
    names = [f"图片{number}.png" for number in range(8)]
    content = "文件,标签\n" + "".join(f"{name},{'好坏'[number % 2]}\n" for number, name in enumerate(names))
    dataset = load_dataset(packed(tmp_path / "set.zip", spots(names) | {"labels.csv": content.encode("gbk")}))
    assert set(dataset.class_names) == {"好", "坏"}
    assert set(dataset.columns) == {"文件", "标签"}
