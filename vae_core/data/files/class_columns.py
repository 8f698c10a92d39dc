"""Which columns of a table beside the pictures hold their classes, and which ones split the set."""

import re
from collections.abc import Collection, Mapping, Sequence

from vae_core.data.files.split_words import are_split_words, set_aside
from vae_core.data.files.table_reader import is_invented

MOST_CLASSES = 300
_LONGEST_WORD = 60  # characters: what is longer describes one picture
# Of several columns the one with the foremost name is taken.
_NAMES = (
    "label",
    "class",
    "category",
    "target",
    "species",
    "diagnosis",
    "dx",
    "breed",
    "variety",
    "type",
    "kind",
    "genre",
    "style",
    "emotion",
    "expression",
    "digit",
    "y",
)
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)
_ON, _OFF = ("1", "1.0", "true"), ("0", "0.0", "false")


def label_column(columns: Mapping[str, Sequence[str]], name_columns: Collection[str]) -> tuple[str | None, list[str]]:
    """The column of classes, or None; and all columns that might have been it.

    It has a name that says so and from 2 to 300 different words, fewer than there are pictures; or it is the only
    one of few words, no numbers among them. Words are taken rather than codes. Numbers of a column that is the only
    one beside the pictures' names will do where it has no title, or is of noughts and ones.
    """
    beside = [title for title in columns if title not in name_columns]
    named: list[tuple[bool, int, bool, str]] = []
    unnamed: list[str] = []
    for title, cells in columns.items():
        filled = [cell for cell in cells if cell]
        words = set(filled)
        if title in name_columns or not 2 <= len(words) <= MOST_CLASSES or are_split_words(words):
            continue
        if max(map(len, words)) > _LONGEST_WORD:
            continue
        numbers = all(_NUMBER.fullmatch(word) for word in words)
        rank, is_code = _rank(title)
        if rank is not None and len(words) < len(filled):
            named.append((is_code, rank, numbers, title))
        elif 2 * len(words) <= len(filled) and (
            not numbers or (len(beside) == 1 and (is_invented(title) or words <= {*_ON, *_OFF}))
        ):
            unnamed.append(title)
    candidates = [title for *_, title in named] + unnamed
    words_alone = len(unnamed) == 1 and all(is_code for is_code, *_ in named)
    if named and not words_alone:
        return min(named, key=lambda entry: entry[:3])[3], candidates
    return unnamed[0] if words_alone else None, candidates


def one_hot_classes(columns: Mapping[str, Sequence[str]], name_columns: Collection[str]) -> dict[str, list[bool]]:
    """Columns of noughts and ones of which each picture that has a row has a one in just one: which have it, by title.

    Empty where there are no such columns.
    """
    found: dict[str, list[bool]] = {}
    for title, cells in columns.items():
        words = {cell.lower() for cell in cells if cell}
        if title not in name_columns and words and words <= {*_ON, *_OFF}:
            found[title] = [cell.lower() in _ON for cell in cells]
    filled = [any(columns[title][place] for title in found) for place in range(len(next(iter(found.values()), [])))]
    alone = all(sum(ones) == row for ones, row in zip(zip(*found.values(), strict=True), filled, strict=True))
    return found if 2 <= len(found) <= MOST_CLASSES and alone and sum(map(any, found.values())) > 1 else {}


def split_column(columns: Mapping[str, Sequence[str]]) -> str | None:
    """The first column of nothing but words for training and for testing or validation."""
    for title, cells in columns.items():
        words = {cell for cell in cells if cell}
        if len(words) > 1 and are_split_words(words) and any(set_aside(cells)):
            return title
    return None


def _rank(title: str) -> tuple[int | None, bool]:
    """How surely a column of this name holds classes, 0 for most, and whether it holds their codes."""
    plain = re.sub(r"[^a-z]+", "", title.lower())
    code = re.fullmatch(r"(.+?)(id|ids|index|idx|code|no|number)", plain)
    bare = (code[1] if code else plain).removesuffix("name")
    for rank, name in enumerate(_NAMES):
        if bare in (name, f"{name}s", f"{name}es", f"{name[:-1]}ies"):
            return rank, code is not None
    return None, False
