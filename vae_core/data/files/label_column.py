"""Which column of a table says what is on the pictures."""

import re
from collections.abc import Collection, Mapping, Sequence

from vae_core.data.files.classes import are_split_words, set_aside

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
)
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)


def label_column(columns: Mapping[str, Sequence[str]], name_columns: Collection[str]) -> tuple[str | None, list[str]]:
    """The column of classes, or None; and all columns that might have been it.

    It has a name that says so and from 2 to 300 different words, fewer than there are pictures; or it is the only
    one of few words, no numbers among them. Words are taken rather than codes.
    """
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
        elif not numbers and 2 * len(words) <= len(filled):
            unnamed.append(title)
    candidates = [title for *_, title in named] + unnamed
    words_alone = len(unnamed) == 1 and all(is_code for is_code, *_ in named)
    if named and not words_alone:
        return min(named, key=lambda entry: entry[:3])[3], candidates
    return unnamed[0] if words_alone else None, candidates


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
