"""Which class each image is of, and which are set aside for testing.

First what names of files, folders and columns say of it. Where they set none aside, the choice depends on how many
images each class has and on a fixed seed, never on what the images show, so the same files give the same split on every
machine. Each class gives its share; whenever there are two images or more, at least one is for testing.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

TEST_FRACTION = 0.1
_SEED = 20_240_229
MOST_BY_NAME = 100  # classes: more words than that before a number are titles
_TRAIN, _VALIDATE, _TEST = "train", "val", "test"
_SPLIT_WORDS = (
    dict.fromkeys(("train", "training"), _TRAIN)
    | dict.fromkeys(("val", "valid", "validation", "dev"), _VALIDATE)
    | dict.fromkeys(("test", "testing", "eval"), _TEST)
)
_NUMBERED = re.compile(r"(?P<word>[^\W\d_](?:\D*?[^\W\d_])?)[\s._\-(]+\d[\d\s._\-()]*")
# What cameras, phones and programs call pictures of anything.
_NO_CLASS = re.compile(
    "burst|capture|cimg|clip|copy|crop|dcim|dji|dsc[fn]?|export|fig|file|frame|gopr|hpim|images?|imgp?|mov|mvi(mg)?|new|"
    "output|p|page|pano|photos?|pict?|pictures?|pxl|render|rimg|sam|sample|scan|screen|screen ?shot|slice|snap(shot)?|"
    "thumb(nail)?|tile|unbenannt|untitled|vid|video|whatsapp( image)?|wp"
)
_PART = re.compile(r"(.*?)\d+")
_PARTS_OF_A_HEAP = {"part", "batch", "chunk", "images", "image", "img", "imgs", "photos", "pictures", "data", "folder"}
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


@dataclass(frozen=True)
class Folders:
    """For each file the class that its folders name, and whether they set it aside for testing.

    `testing` is None where no folders split the set; otherwise `for_testing` and `for_training` name those that do.
    """

    labels: list[str]
    testing: list[bool] | None = None
    for_testing: tuple[str, ...] = ()
    for_training: tuple[str, ...] = ()


def read_folders(names: Sequence[str], alone: str) -> Folders:
    """What the folders of all these files say; files without one that names their class are of the class `alone`.

    A level of folders called train, test and the like is the split, and of no account for the classes. Of the other
    folders those that all files share are passed over, and the next one is the class. Files beside the class folders
    form a class of their own, named after the last shared folder.
    """
    folders = [name.split("/")[:-1] for name in names]
    level = _split_level(folders)
    if level is None:
        return Folders(_labels(folders, alone))
    own = [parts[level] if len(parts) > level else "" for parts in folders]
    testing = set_aside(own)
    held_out = set(compress(own, testing))
    rest = [parts[:level] + parts[level + 1 :] for parts in folders]
    above = _shared(rest, level)
    return Folders(
        labels=_spelled_alike(_labels([parts[above:] for parts in rest], alone)),  # from part to part they may differ
        testing=testing,
        for_testing=tuple(sorted(held_out)),
        for_training=tuple(sorted(set(own) - held_out - {""})),
    )


def words_before_numbers(names: Sequence[str]) -> list[str] | None:
    """The class that each file's own name begins with, as in `cat.0.png` and `dog_001.jpg`.

    None unless every name has a word, there are 2 to 100 of them with several files each, and none of them is what
    a camera or a program calls its pictures.
    """
    words = []
    for name in names:
        found = _NUMBERED.fullmatch(name.rsplit("/", 1)[-1].rpartition(".")[0])
        if found is None:
            return None
        words.append(found["word"])
    labels = _spelled_alike(words)
    chosen = {label.casefold() for label in labels}
    plain = {re.sub(r"[\s._\-]+", " ", word) for word in chosen}
    if any(map(_NO_CLASS.fullmatch, plain)) or plain <= _SPLIT_WORDS.keys():
        return None
    return labels if 2 <= len(chosen) <= MOST_BY_NAME and min(Counter(labels).values()) >= 2 else None


def _spelled_alike(words: Sequence[str]) -> list[str]:
    """Each word as most of its like are written: `Cat` and `cat` are one."""
    chosen: dict[str, str] = {}
    for word, _ in sorted(Counter(words).items(), key=lambda item: (-item[1], item[0])):
        chosen.setdefault(word.casefold(), word)
    return [chosen[word.casefold()] for word in words]


def are_split_words(words: set[str]) -> bool:
    """Whether these say how a set is split, and so are no classes."""
    known = {_SPLIT_WORDS.get(word.lower()) for word in words}
    return None not in known and _TRAIN in known


def set_aside(words: Sequence[str]) -> list[bool]:
    """For each of such words whether it is for testing: for validation where there is no test; never where it is ""."""
    purposes = [_SPLIT_WORDS.get(word.lower(), _TRAIN) for word in words]
    held_out = _TEST if _TEST in purposes else _VALIDATE
    return [purpose == held_out for purpose in purposes]


def are_parts(labels: set[str]) -> bool:
    """Whether folders are one heap in pieces, such as images_part_1 and images_part_2."""
    found = [_PART.fullmatch(label) for label in labels]
    stems = {match[1].strip(" ._-").lower() if match else "" for match in found}
    words = re.split(r"[\s._\-]+", stems.pop()) if len(stems) == 1 else [""]
    return words[-1] in _PARTS_OF_A_HEAP


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


def _split_level(folders: list[list[str]]) -> int | None:
    """The depth of the folders that split the set, if any do."""
    for level in range(max(map(len, folders))):
        below: dict[str, set[str]] = {}
        deep_enough = 0
        for parts in folders:
            if len(parts) > level:
                deep_enough += 1
                below.setdefault(parts[level].lower(), set()).update(
                    part.lower() for part in parts[level + 1 : level + 2]
                )
        if 2 * deep_enough >= len(folders) and _is_split(below):
            return level
    return None


def _is_split(below: dict[str, set[str]]) -> bool:
    """Whether folders of these names, each with the folders in it, are parts of one set."""
    purposes = {_SPLIT_WORDS.get(name) for name in below}
    if None in purposes or _TRAIN not in purposes or len(purposes) == 1:
        return False
    trained = set().union(*(inside for name, inside in below.items() if _SPLIT_WORDS[name] == _TRAIN))
    # Pictures to be tested on often lie there without their classes; where both have several, they may be others.
    return all(not inside or inside & trained or min(len(inside), len(trained)) > 1 for inside in below.values())


def _labels(folders: list[list[str]], alone: str) -> list[str]:
    shared = _shared(folders)
    named = [part for part in folders[0][:shared] if part.lower() not in _SPLIT_WORDS]
    rest = named[-1] if named else alone
    return [parts[shared] if len(parts) > shared else rest for parts in folders]


def _shared(folders: list[list[str]], most: int | None = None) -> int:
    """How many folders, at most `most`, all files have in common."""
    first = folders[0] if most is None else folders[0][:most]
    count = 0
    while count < len(first) and all(len(parts) > count and parts[count] == first[count] for parts in folders):
        count += 1
    return count


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
