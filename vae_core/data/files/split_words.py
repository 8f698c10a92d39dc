"""Words that say what pictures are for: to train with, to validate with, to test on."""

import re
from collections import Counter
from collections.abc import Collection, Sequence

_TRAIN, _VALIDATE, _TEST = "train", "val", "test"
_WORDS = (
    dict.fromkeys(("train", "training"), _TRAIN)
    | dict.fromkeys(("val", "valid", "validation", "validate", "dev"), _VALIDATE)
    | dict.fromkeys(("test", "testing", "eval", "holdout"), _TEST)
)
_FILLERS = {"set", "sets", "data", "dataset", "image", "images", "img", "imgs", "photos", "pictures", "split"}
_IN_ONE = re.compile(rf"({'|'.join(_WORDS)})({'|'.join(_FILLERS)})")


def is_split_word(word: str) -> bool:
    """Whether a word alone says what pictures are for."""
    return word.lower() in _WORDS


def are_split_words(words: set[str]) -> bool:
    """Whether these say how a set is split, and so are no classes."""
    known = {_WORDS.get(word.lower()) for word in words}
    return None not in known and _TRAIN in known


def purposes(folders: Collection[str]) -> dict[str, str]:
    """What folders beside each other are for, by their names; those that do not say it are left out.

    What is said besides must be the same of all, as in `seg_train` and `seg_test`. Empty unless some are to train with
    and others are not.
    """
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for folder in folders:
        words = [word for word in re.split(r"[^a-z]+", folder.lower()) if word]
        words = [part[1] if (part := _IN_ONE.fullmatch(word)) else word for word in words if word not in _FILLERS]
        known = [word for word in words if word in _WORDS]
        if len(known) == 1:
            besides = tuple(word for word in words if word not in _WORDS)
            found.setdefault(besides, {})[folder] = _WORDS[known[0]]
    whole = [group for group in found.values() if _TRAIN in group.values() and len(set(group.values())) > 1]
    return max(whole, key=len, default={})


def is_training(purpose: str) -> bool:
    """Whether it is to train with."""
    return purpose == _TRAIN


def set_aside(words: Sequence[str]) -> list[bool]:
    """For each of such words whether it is for testing: for validation where there is no test; never where it is ""."""
    return for_testing([_WORDS.get(word.lower(), _TRAIN) for word in words])


def for_testing(each: Sequence[str]) -> list[bool]:
    """For each picture's purpose whether it is for testing: for validation where none is to be tested on."""
    counts = Counter(each)
    held_out = _TEST if counts[_TEST] else _VALIDATE
    return [purpose == held_out for purpose in each]
