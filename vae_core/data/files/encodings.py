"""In which encoding names and tables were written that do not say so.

Those of an archive are told from all of its names together. Each code page is asked how many bits they would take in it
if they were text in a language that it is made for: what is usual there takes few, what is rare many. The page that
takes the fewest is right, since text that was written in another one turns into rare characters.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice

from vae_core.data.files.intake import MIB

SNIFFED = 64 * 1024  # bytes of a table
_JUDGED, _JUDGED_BYTES = 400, 100  # distinct parts of names, and bytes of each: more than enough to tell
_ASCII = 5.0  # bits a character
_RARE = 22.0
_MARK = 12.0  # of punctuation
_UNHEARD_OF = 30.0
_WITHIN_WORDS = "’·־"  # marks that stand between letters of a word
_SIGN = 9.0  # of the usual signs of measures
_SIGNS = "°²³µ·×±½¼¾£€§©®"
_LONE = 6.0  # more for a letter that has no such neighbour as in words
_BESIDE_SUCH = 2.0  # more for a letter beyond the plain ones that has none but its like beside it, where words mix them
_SWITCH = 5.0  # more for a plain letter beside one of another script

# One byte a character: the script of its letters beyond the plain ones, what such a letter takes, and the usual ones.
_WESTERN = re.compile("[äöüßéàçáíóúñåøæêâãôîûïœ]|è(?![ek])|[ùòì]\\b|õ(?=e)", re.IGNORECASE)
_CENTRAL = re.compile("[ąćęłńóśźżáčďéěíňřšťúůžäâîôöőüűăş]|ý\\b", re.IGNORECASE)
_CYRILLIC = re.compile("[оеаинтсрвлкмдпуіы]", re.IGNORECASE)
_LETTERS = {
    "cp437": ("LATIN", 8.0, _WESTERN),
    "cp850": ("LATIN", 8.5, _WESTERN),
    "cp1252": ("LATIN", 8.5, _WESTERN),
    "mac_roman": ("LATIN", 8.5, _WESTERN),
    "cp1250": ("LATIN", 8.5, _CENTRAL),
    "cp852": ("LATIN", 8.5, _CENTRAL),
    "iso8859_2": ("LATIN", 8.5, _CENTRAL),
    "cp1254": ("LATIN", 8.5, re.compile("[çğıöşüâ]", re.IGNORECASE)),
    "cp866": ("CYRILLIC", 6.25, _CYRILLIC),
    "cp1251": ("CYRILLIC", 6.25, _CYRILLIC),
    "koi8_u": ("CYRILLIC", 6.25, _CYRILLIC),
    "mac_cyrillic": ("CYRILLIC", 6.25, _CYRILLIC),
    "cp1257": ("LATIN", 8.5, re.compile("[ąčęėįšųūžāēģīķļņõäöü]", re.IGNORECASE)),
    "cp1255": ("HEBREW", 6.25, re.compile("[יוהלאמרתבשנםדחק]")),
    "cp1256": ("ARABIC", 6.25, re.compile("[اليمنرتبةعدسفحكقأو]")),
    "cp874": ("THAI", 6.25, re.compile("[านรอกเงมยลวดทตสะปิ่้ีคแัขบ]")),
    "cp1253": ("GREEK", 6.25, re.compile("[αοιετσνηυρπκλμςάόίέύή]", re.IGNORECASE)),
}
_LESS_USUAL = 1.5  # more for other letters of a page
# One or two bytes a character. What those take whose bytes lie between the bytes of two codes; the first that fits.
_CHARACTERS = {
    "cp932": (
        (0x829F, 0x82F1, 7.0),  # hiragana
        (0x8340, 0x8396, 7.5),  # katakana
        (0x815B, 0x815B, 7.5),  # its sign for a long vowel
        (0x8140, 0x8197, 11.0),  # punctuation
        (0x824F, 0x829A, 10.0),  # full-width letters and digits
        (0x8940, 0x97FC, 12.0),  # the usual kanji, and what their first and last row hold of them
        (0x889F, 0x88FC, 12.0),
        (0x9840, 0x9872, 12.0),
        (0x00A1, 0x00DF, 12.0),  # half-width katakana
        (0x8740, 0x879C, 15.0),  # digits in circles and the like
        (0x9840, 0xEAFC, 16.5),  # other kanji
    ),
    "euc_jp": (
        (0xA4A1, 0xA4F3, 7.0),  # in the order of cp932
        (0xA5A1, 0xA5F6, 7.5),
        (0xA1BC, 0xA1BC, 7.5),
        (0xA1A1, 0xA1FE, 11.0),
        (0xA3B0, 0xA3FA, 10.0),
        (0xB0A1, 0xCFFE, 12.0),
        (0x8EA1, 0x8EDF, 12.0),
        (0xADA1, 0xADBC, 15.0),
        (0xD0A1, 0xF4FE, 16.5),
    ),
    "gb18030": (
        (0xB0A1, 0xD7FE, 12.0),  # the usual characters of simplified Chinese
        (0xD8A1, 0xF7FE, 16.0),  # others
        (0xA1A1, 0xA1BF, 12.0),  # punctuation
        (0xA3A1, 0xA3FE, 12.0),  # full-width letters and digits
        (0xA1A1, 0xA3FE, 17.0),  # other signs
        (0xA4A1, 0xA4F3, 17.0),  # hiragana
        (0xA5A1, 0xA5F6, 17.0),  # katakana
        (0xA140, 0xA7FE, _UNHEARD_OF),  # what is left to everybody's own use
        (0xAAA1, 0xAFFE, _UNHEARD_OF),
        (0xF8A1, 0xFEFE, _UNHEARD_OF),
    ),
    "cp950": (
        (0xA440, 0xAFFE, 11.5),  # the usual characters of traditional Chinese, those of few strokes first
        (0xB040, 0xC6FE, 13.5),
        (0xA140, 0xA1AC, 12.5),  # punctuation
        (0xA240, 0xA3FE, 14.0),  # full-width letters and digits, other signs
        (0xC940, 0xF9FE, 18.0),  # others
    ),
    "cp949": (
        (0xB0A1, 0xC8FE, 14.0),  # Korean syllables, but for the most usual ones
        (0xA1A1, 0xA1BF, 14.0),  # punctuation
        (0xA3A1, 0xA3FE, 14.0),  # full-width letters and digits
        (0xCAA1, 0xFDFE, 19.0),  # Chinese characters
    ),
}
# Korean syllables have the codes of the usual Chinese characters: only that few of them make up most names tells.
_USUAL_SYLLABLES = (
    "가각간갈감강개거건검게겨격견결경계고곡공과관광교구국군권그극근글금급기길김까꽃나난날남내너네노농눈느는늘"
    "니다단달담당대더덕데도독동두드든들등디때라락란람래량러럭런레려력련령로록론료루류르른를름리린림립마막만말"
    "망매머먼메면명모목몰무문물미민바박반발방배백버번범법베벽변별병보복본볼봉부북분불브블비빛사산살상새색생서"
    "석선설성세소속손솔송수숙순술숨스슬습승시식신실심싸아악안알암애야약양어언얼업에여역연열염영예오온올와완왕"
    "외요용우운울원월위유육윤율은을음의이인일임입자작잔잡장재저적전절점접정제조족존종좌주죽준중즈지직진질집차"
    "찬찰참창채책처천철첫청체초총추축출충취치칙친카칼커컴코콘쿠크클키타탄탈태터테토통투트특티파판팔패퍼페편평"
    "포표푸품풍프플피필하학한할함합항해행향허험현형호혼홍화환활황회효후훈휴흐흑히힘"
)
_USUAL_SYLLABLE = 8.0
# Once, of what could be simplified Chinese, or Icelandic, as well.
_SELDOM = {"cp950": 4.0, "cp949": 5.0, "cp1254": 1.0, "cp1257": 1.0, "cp874": 4.0}
_EAST = ("cp932", "gb18030", "cp950", "cp949")
_WINDOWS = (  # as spreadsheets save tables; of alike ones the first
    *("cp1252", "cp1250", "cp1254", "cp1251", "cp1257", "cp1255", "cp1256", "cp874", "cp1253"),
    *_EAST,
)
# Of DOS, of Macs, as their spreadsheets still can save, and of Unix before UTF-8; KOI8-U has all letters of KOI8-R.
_OLD = {
    **dict.fromkeys(("cp850", "cp437", "mac_roman", "cp852", "cp866", "koi8_u", "mac_cyrillic"), 2.0),
    "iso8859_2": 1.0,
    "euc_jp": 13.0,  # its kana have the codes of the simplest characters of Big5
}
_OF_NAMES = {page: _SELDOM.get(page, 0.0) for page in ("cp437", "cp850", "cp1252", "cp866", *_EAST)}
_OF_TABLES = {page: _SELDOM.get(page, 0.0) for page in _WINDOWS} | _OLD
_BETWEEN_CELLS = re.compile(rb'[\r\n\t,;"]+')  # none of which is the second byte of a character


_TITLES = {
    "cp932": "Shift-JIS",
    "gb18030": "GB 18030",
    "cp950": "Big5",
    "cp949": "Windows-949",
    "iso8859_2": "ISO 8859-2",
    "mac_roman": "Mac Roman",
    "mac_cyrillic": "Mac Cyrillic",
    "koi8_u": "KOI8",
    "euc_jp": "EUC-JP",
}


def title_of_page(encoding: str) -> str | None:
    """What a code page is called that was found by what it says alone; None for an encoding that is sure."""
    if encoding not in _OF_TABLES:
        return None
    maker = "DOS" if encoding in _OLD else "Windows"
    return _TITLES.get(encoding, f"{maker}-{encoding.removeprefix('cp')}")


def encoding_of_names(names: Iterable[bytes]) -> str:
    """The encoding of all these names: UTF-8 where all are, else a code page in which all of them mean something."""
    raw = [name for name in names if not name.isascii()]
    if _all_decode(raw, "utf-8"):
        return "utf-8"
    distinct = dict.fromkeys(part for name in raw for part in name.split(b"/") if not part.isascii())
    return next(page for page in _likely_pages(distinct, _OF_NAMES) if _all_decode(raw, page))


def _likely_pages(parts: Iterable[bytes], pages: Mapping[str, float]) -> list[str]:
    """The pages in which these texts have a meaning, likely ones first; each with bits that it takes once."""
    judged = list(islice(parts, _JUDGED))
    possible = [page for page in pages if _all_decode(judged, page)]
    bits = {page: pages[page] + sum(_bits(part[:_JUDGED_BYTES], page) for part in judged) for page in possible}
    return sorted(possible, key=bits.__getitem__)


def _all_decode(names: Iterable[bytes], encoding: str) -> bool:
    try:
        for name in names:
            name.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _bits(part: bytes, page: str) -> float:
    """Bits of part of a name, the last character of which may be cut."""
    return _bits_of_letters(part.decode(page), *_LETTERS[page]) if page in _LETTERS else _bits_of_characters(part, page)


def _bits_of_letters(text: str, script: str, letter: float, usual: re.Pattern[str]) -> float:
    bits = -_LESS_USUAL * len(usual.findall(text))
    for before, character, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        if character.isascii():
            bits += _ASCII
            continue
        if not _is_of(character, script):
            within = before.isalpha() and after.isalpha() and character not in _WITHIN_WORDS
            is_mark = unicodedata.category(character).startswith("P") and not within
            bits += _SIGN if character in _SIGNS and script == "LATIN" else _MARK if is_mark else _RARE
            continue
        bits += letter + _LESS_USUAL
        capital_within = character.isupper() and (before.islower() or (before.isalpha() and after.islower()))
        plain = _is_plain(before) + _is_plain(after)
        if script == "LATIN":  # whose words mix such letters with plain ones
            beside = 0.0 if plain else _BESIDE_SUCH if _is_of(before, script) or _is_of(after, script) else _LONE
            bits += _LONE * capital_within + beside
        else:
            alone = not (_is_of(before, script) or _is_of(after, script))
            bits += _LONE * (capital_within + alone) + 2 * _SWITCH * plain
    return bits


def _bits_of_characters(part: bytes, page: str) -> float:
    codes = _codes(page)
    bits, at = 0.0, 0
    before = b""
    while at < len(part):
        length = 1 if part[at] < 0x80 or part[at] in codes else 2
        if length == 2 and part[at + 1 : at + 2].isdigit():
            length = 4  # of GB 18030 alone
        character = part[at : at + length]
        bits += _ASCII if part[at] < 0x80 else codes.get(int.from_bytes(character), _RARE)
        # One of the two is a plain letter, the other one none of ASCII at all.
        bits += _SWITCH * (character.isascii() != before.isascii() and (before.isalpha() or character.isalpha()))
        before = character
        at += length
    return bits


@cache
def _codes(page: str) -> dict[int, float]:
    """The bits of each character's code."""
    codes: dict[int, float] = {}
    for low, high, bits in reversed(_CHARACTERS[page]):
        for first in range(low >> 8, (high >> 8) + 1):
            codes |= {first << 8 | second: bits for second in range(low & 0xFF, (high & 0xFF) + 1)}
    if page == "cp949":
        codes |= {int.from_bytes(syllable.encode(page)): _USUAL_SYLLABLE for syllable in _USUAL_SYLLABLES}
    return codes


def _is_of(character: str, script: str) -> bool:
    return not character.isascii() and unicodedata.name(character, "").startswith(script)


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isalpha()


def encoding_of_table(data: bytes) -> str:
    """The encoding of a table's bytes: what their mark says, else UTF-8 where all are, else a likely code page."""
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = data[:SNIFFED]
    if 5 * start.count(0) > len(start):
        return "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
    if _is_utf_8(data):
        return "utf-8"
    distinct = dict.fromkeys(cell for cell in _BETWEEN_CELLS.split(data) if not cell.isascii())
    return next(iter(_likely_pages(distinct, _OF_TABLES)), "cp1252")


def _is_utf_8(data: bytes) -> bool:
    """Whether all is, or nearly all: what was pasted from elsewhere spoils itself alone."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    damaged = sound = 0
    for place in range(0, len(data), MIB):
        text = decoder.decode(data[place : place + MIB], final=place + MIB >= len(data))
        bad = text.count("\ufffd")
        damaged += bad
        sound += len(text) - len(text.encode("ascii", "ignore")) - bad
    return 4 * damaged <= sound
