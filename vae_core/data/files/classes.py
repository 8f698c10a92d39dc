"""Classes in the order in which people count, and which images of each are set aside for testing.

Where nobody says it, that depends on how many images each class has and on a fixed seed, never on what the images show,
so the same files give the same split on every machine. Each class gives its share; whenever there are two images or
more, at least one is for testing.
"""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

TEST_FRACTION = 0.1
_SEED = 20_240_229


def number_classes(labels: Sequence[str]) -> tuple[tuple[str, ...], list[int]]:
    """The class names, in the order a person counts, and for each label its class's place among them."""
    class_names = tuple(sorted(set(labels), key=counting_order))
    index = {name: position for position, name in enumerate(class_names)}
    return class_names, [index[label] for label in labels]


def counting_order(word: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sorts words as people count: 2 before 10; the word itself settles ties."""
    parts = re.findall(r"\d+|\D+", word)
    keys = [_number_order(part) if part.isdecimal() else (1, 0, part.lower()) for part in parts]
    return keys, word


def _number_order(digits: str) -> tuple[int, int, str]:
    """Numbers by how many digits they have, then by these: they may have more than Python makes a number of."""
    number = "".join(str(unicodedata.decimal(digit)) for digit in digits).lstrip("0")
    return 0, len(number), number


def quotas_for_testing(class_counts: Sequence[int], fraction: float = TEST_FRACTION) -> list[int]:
    """How many images of each class are for testing: `fraction` of all, shared out by largest remainder.

    A class keeps at least one image for training as long as other classes can give instead.
    """
    counts = np.asarray(class_counts, dtype=np.int64)
    total = int(counts.sum())
    wanted = 0 if total < 2 else max(1, round(total * fraction))
    shares = counts * wanted / max(total, 1)
    quotas = np.minimum(np.floor(shares).astype(np.int64), np.maximum(counts - 1, 0))
    # A stable sort gives ties to the earlier class.
    by_need = np.argsort(-(shares - quotas), kind="stable")
    for spare in (1, 0):
        for index in by_need:
            if quotas.sum() < wanted and quotas[index] < counts[index] - spare:
                quotas[index] += 1
    return [int(quota) for quota in quotas]


def class_order(class_index: int, count: int) -> np.ndarray:
    """The fixed shuffled order, int64 (count,), in which a class's images are taken: testing first."""
    return np.random.default_rng([_SEED, class_index]).permutation(count)


def split_indices(labels: np.ndarray, split: str, fraction: float = TEST_FRACTION) -> np.ndarray:
    """The ascending indices, int64, of the images in `split` for labels (N,) of 0…K−1."""
    counts = np.bincount(labels)
    chosen = []
    for index, quota in enumerate(quotas_for_testing(counts.tolist(), fraction)):
        members = np.flatnonzero(labels == index)[class_order(index, int(counts[index]))]
        chosen.append(members[:quota] if split == "test" else members[quota:])
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, dtype=np.int64)


def interleaved(class_counts: Sequence[int]) -> list[int]:
    """Class indices in a fixed random order, each as often as its class has images."""
    labels = np.repeat(np.arange(len(class_counts)), class_counts)
    return np.random.default_rng(_SEED).permutation(labels).tolist()


def random_places(testing: np.ndarray) -> np.ndarray:
    """For each image its place in a fixed random order of its split, int64 (N,); `testing` (N,) says which that is."""
    places = np.empty(len(testing), dtype=np.int64)
    for number, chosen in enumerate((~testing, testing)):
        places[chosen] = np.random.default_rng([_SEED, number]).permutation(int(chosen.sum()))
    return places
