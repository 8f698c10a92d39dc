"""Which labels an array holds, or which names of classes, and the classes of all pictures by them."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_core.data.files.classes import counting_order
from vae_core.data.files.intake import MIB
from vae_core.data.files.stored_array import StoredArray
from vae_core.errors import shortened

Value = int | str  # of numbers also True and False, which are called so

UNLABELLED = "unlabelled"
LONGEST_WORD = 4096  # bytes
MOST_NAME_BYTES = 16 * MIB
_SURROGATES = (0xD800, 0xDFFF)
_LAST_CHARACTER = 0x10FFFF
ONE_EACH = "one label for each picture is wanted"


@dataclass(frozen=True)
class Labels:
    """Which of `values` each picture of a part has: `codes` int64 (N,)."""

    array: StoredArray
    codes: NDArray[np.int64]
    values: tuple[Value, ...]


def read_labels(array: StoredArray, count: int) -> Labels:
    """One label for each of `count` pictures. Raises DatasetError, with what to do, for anything else."""
    header = array.header
    if header.dtype.hasobject:
        raise array.refused(
            f"holds Python objects, which are never loaded; save {array.variable}.astype(str) where they are words"
        )
    if header.dtype.kind not in "biufUS":
        raise array.refused(f"is of type {header.dtype}; labels are whole numbers or words")
    if header.is_column(count):
        return _column(array)
    if len(header.shape) == 2 and header.shape[0] == count:
        return _one_hot(array)
    raise array.refused(f"has shape {header.shape}, but there are {count:,} pictures; {ONE_EACH}")


def read_class_names(array: StoredArray) -> tuple[str, ...]:
    """The names of classes, in the order of their numbers. Raises DatasetError where they are no list of some."""
    header = array.header
    if header.dtype.hasobject:
        raise array.refused(f"holds Python objects, which are never loaded; save {array.variable}.astype(str)")
    if header.dtype.kind not in "biuUS" or not header.count or not header.is_column(header.count):
        raise array.refused("is no list of words, one for each class; save one, or leave it out")
    if header.count * header.dtype.itemsize > MOST_NAME_BYTES:
        raise array.refused("is too long for names of classes; save one word for each class")
    return tuple(str(value) for _, block in array.stream() for value in _values(array, block))


def number_classes(
    parts: Sequence[Labels | None], counts: Sequence[int], names: StoredArray | None, alone: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels 0…K−1 of all pictures, int64 (N,), part after part, and K names in the order that people count.

    Of parts some of which have labels, the others are a class of their own; where none has, all are the class `alone`.

    Raises DatasetError where labels and names do not fit.
    """
    labelled = [part for part in parts if part]
    if not labelled:
        return np.zeros(sum(counts), dtype=np.int64), (alone,)
    class_names, tables = _tables(labelled, names)
    missing = len(class_names)
    found = []
    for part, count in zip(parts, counts, strict=True):
        found.append(tables.pop(0)[part.codes] if part else np.full(count, missing, dtype=np.int64))
    return np.concatenate(found), class_names if len(labelled) == len(parts) else (*class_names, UNLABELLED)


def _tables(parts: Sequence[Labels], names: StoredArray | None) -> tuple[tuple[str, ...], list[NDArray[np.int64]]]:
    """Names of all classes, and for each part the class of each of its values."""
    seen = {value for part in parts for value in _seen(part)}
    words = any(isinstance(value, str) for value in seen)
    if names is not None:
        class_names = read_class_names(names)
        in_words = words or not all(0 <= int(value) < len(class_names) for value in seen)
        ordered: Sequence[Value] = class_names if in_words else range(len(class_names))
    else:
        in_words = words
        ordered = sorted({str(value) if words else value for value in seen}, key=_order)
        class_names = tuple(map(str, ordered))
    index = {value: place for place, value in enumerate(ordered)}
    tables = []
    for part in parts:
        if names is not None and in_words:
            _check_names(part, names, class_names)
        keys = [str(value) if in_words else value for value in part.values]
        # Values that are never met may have no class.
        tables.append(np.array([index.get(key, 0) for key in keys], dtype=np.int64))
    return class_names, tables


def _check_names(part: Labels, names: StoredArray, class_names: Sequence[str]) -> None:
    """Raises DatasetError for a label that is none of the names."""
    known = set(class_names)
    strange = [value for value in _seen(part) if str(value) not in known]
    if strange:
        # Of numbers, one that is no place in the list either.
        told = min(strange, key=lambda value: isinstance(value, int) and 0 <= value < len(class_names))
        raise part.array.refused(
            f"holds {shortened(str(told))}, but {names.title} has names for 0 to {len(class_names) - 1:,} alone; make "
            "them fit, or leave the names out"
        )


def _order(value: Value) -> Any:
    return counting_order(value) if isinstance(value, str) else value


def _seen(part: Labels) -> list[Value]:
    used = np.bincount(part.codes, minlength=len(part.values)) > 0
    return [value for value, is_used in zip(part.values, used, strict=True) if is_used]


def _column(array: StoredArray) -> Labels:
    if array.header.dtype.kind in "US" and array.header.dtype.itemsize > LONGEST_WORD:
        raise array.refused("holds texts too long for labels; save one word for each picture")
    codes = np.empty(array.header.count, dtype=np.int64)
    index: dict[Value, int] = {}
    for start, block in array.stream():
        _check(array, block)
        values, inverse = np.unique(block, return_inverse=True)
        places = [index.setdefault(value, len(index)) for value in _values(array, values)]
        codes[start : start + len(block)] = np.array(places, dtype=np.int64)[inverse]
    return Labels(array, codes, tuple(index))


def _one_hot(array: StoredArray) -> Labels:
    shape, dtype = array.header.shape, array.header.dtype
    several = array.refused(
        f"has {shape[1]:,} labels for each picture, and one is wanted; keep one column, such as {array.variable}[:, 0]"
        + (f", or the place of the largest, {array.variable}.argmax(axis=1)" if dtype.kind == "f" else "")
    )
    if dtype.kind in "US":
        raise several
    codes = [np.empty(0, dtype=np.int64)]
    for rows in array.rows():
        ones = rows == 1
        if not (ones | (rows == 0)).all() or (ones.sum(axis=1) != 1).any():
            raise several
        codes.append(ones.argmax(axis=1).astype(np.int64))
    return Labels(array, np.concatenate(codes), tuple(range(shape[1])))


def _check(array: StoredArray, block: NDArray[Any]) -> None:
    """Raises DatasetError for numbers that can be no labels."""
    if block.dtype.kind != "f":
        return
    whole = np.isfinite(block)
    whole[whole] = block[whole] == np.rint(block[whole])
    if not whole.all():
        raise array.refused(
            f"holds {block[~whole][0]:g}, and labels are whole numbers or words; round them, or leave them out"
        )


def _values(array: StoredArray, block: NDArray[Any]) -> list[Value]:
    """Numbers or words as Python's own; words are composed in one way, however they were typed."""
    if block.dtype.kind == "U":
        characters = np.ascontiguousarray(block).view(np.dtype(np.uint32).newbyteorder(block.dtype.byteorder))
        surrogate = (characters >= _SURROGATES[0]) & (characters <= _SURROGATES[1])
        if (surrogate | (characters > _LAST_CHARACTER)).any():
            raise array.refused("holds characters that there are not; save the file anew")
    if block.dtype.kind in "US":
        words = [word.decode("utf-8", "replace") if isinstance(word, bytes) else word for word in block.tolist()]
        return [unicodedata.normalize("NFC", word) for word in words]
    if block.dtype.kind == "b":
        return [bool(value) for value in block.view(np.uint8).tolist()]
    return [int(value) for value in block.tolist()]
