"""Which class each image is of and which are for testing, by what folders and files are called."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

from vae_core.data.files.split_words import for_testing, is_split_word, is_training, purposes

MOST_BY_NAME = 100  # classes: more words than that before a number are titles
_STRAY = 0.1  # at most such a share of the files lies beside the one folder of all others
_NUMBERED = re.compile(r"(?P<word>[^\W\d_](?:\D*?[^\W\d_])?)[\s._\-(]+\d[\d\s._\-()]*")
# What cameras, phones and programs call pictures of anything.
_NO_CLASS = re.compile(
    "burst|capture|cimg|clip|copy|crop|dcim|dji|dsc[fn]?|export|fig|file|frame|gopr|hpim|images?|imgp?|mov|mvi(mg)?|new|"
    "output|p|page|pano|photos?|pict?|pictures?|pxl|render|rimg|sam|sample|scan|screen|screen ?shot|slice|snap(shot)?|"
    "thumb(nail)?|tile|unbenannt|untitled|vid|video|whatsapp( image)?|wp"
)
_PART = re.compile(r"(.*?)\d+")
_PARTS_OF_A_HEAP = {"part", "batch", "chunk", "images", "image", "img", "imgs", "photos", "pictures", "data", "folder"}
# Folders in one of those that split a set, which say nothing of classes.
_SAYING_NOTHING = {"all", "image", "images", "img", "imgs", "pictures", "unknown", "unlabeled", "unlabelled", "test"}


@dataclass(frozen=True)
class Folders:
    """For each file the class that its folders name, and whether they set it aside for testing.

    `unnamed` are the places of files whose folders name no class. `testing` is None where no folders split the set;
    otherwise `for_testing` and `for_training` name those that do, `beside` those that lie beside them.
    """

    labels: list[str]
    unnamed: frozenset[int] = frozenset()
    testing: list[bool] | None = None
    for_testing: tuple[str, ...] = ()
    for_training: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def read_folders(names: Sequence[str], alone: str) -> Folders:
    """What the folders of all these files say; files without one that names their class are of the class `alone`.

    A level of folders called train, test and the like is the split, and of no account for the classes; folders beside
    these are classes to train with. Of the other folders those that all files share are passed over, and the next one
    is the class. Files beside the class folders form a class of their own, named after the last shared folder.
    """
    folders = [_path(name) for name in names]
    split = _find_split(folders)
    if split is None:
        labels, unnamed = _labels(folders, alone)
        return Folders(labels, unnamed)
    level, purpose_of, idle = split
    own = [parts[level] if len(parts) > level else "" for parts in folders]
    testing = for_testing([purpose_of.get(folder, "") for folder in own])
    held_out = set(compress(own, testing))
    rest = []
    for folder, parts in zip(own, folders, strict=True):
        after = parts[level + (folder in purpose_of) :]
        rest.append(parts[:level] + (after[1:] if (folder.lower(), *after[:1]) in idle else after))
    above = _shared([parts for parts, folder in zip(rest, own, strict=True) if folder in purpose_of], level)
    labels, unnamed = _labels([parts[above:] for parts in rest], alone)
    return Folders(
        labels=_spelled_alike(labels),  # from part to part they may differ
        unnamed=unnamed,
        testing=testing,
        for_testing=tuple(sorted(held_out)),
        for_training=tuple(sorted({folder for folder in own if folder in purpose_of} - held_out)),
        beside=tuple(sorted(set(own) - purpose_of.keys() - {""})),
    )


def _path(name: str) -> list[str]:
    """A file's folders, each that bears its parent's name left out."""
    path: list[str] = []
    for part in name.split("/")[:-1]:
        if part != "." and path[-1:] != [part]:
            path.append(part)
    return path


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
    if any(map(_NO_CLASS.fullmatch, plain)) or all(map(is_split_word, plain)):
        return None
    return labels if 2 <= len(chosen) <= MOST_BY_NAME and min(Counter(labels).values()) >= 2 else None


def _spelled_alike(words: Sequence[str]) -> list[str]:
    """Each word as most of its like are written: `Cat` and `cat` are one."""
    chosen: dict[str, str] = {}
    for word, _ in sorted(Counter(words).items(), key=lambda item: (-item[1], item[0])):
        chosen.setdefault(word.casefold(), word)
    return [chosen[word.casefold()] for word in words]


def are_parts(labels: set[str]) -> bool:
    """Whether folders are one heap in pieces, such as images_part_1 and images_part_2."""
    found = [_PART.fullmatch(label) for label in labels]
    stems = {match[1].strip(" ._-").lower() if match else "" for match in found}
    words = re.split(r"[\s._\-]+", stems.pop()) if len(stems) == 1 else [""]
    return words[-1] in _PARTS_OF_A_HEAP


def _find_split(folders: list[list[str]]) -> tuple[int, dict[str, str], set[tuple[str, ...]]] | None:
    """The depth of the folders that split the set, what each of these is for, and folders in them that say nothing."""
    for level in range(max(map(len, folders))):
        inside: dict[str, set[str]] = {}
        for parts in folders:
            if len(parts) > level:
                inside.setdefault(parts[level], set()).update(parts[level + 1 : level + 2])
        deep_enough = sum(len(parts) > level for parts in folders)
        purpose_of = purposes(inside)
        if 2 * deep_enough >= len(folders) and purpose_of:
            idle = _is_split(inside, purpose_of)
            if idle is not None:
                return level, purpose_of, idle
    return None


def _is_split(inside: dict[str, set[str]], purpose_of: dict[str, str]) -> set[tuple[str, ...]] | None:
    """Those in them that say nothing, where folders of these names, with folders in them, are parts of one set."""
    below = {folder: {part.lower() for part in inside[folder]} for folder in purpose_of}
    trained = set().union(*(below[folder] for folder, purpose in purpose_of.items() if is_training(purpose)))
    beside = inside.keys() - purpose_of.keys()
    if beside and len(trained) < 2:  # they may all be classes
        return None
    idle: set[tuple[str, ...]] = set()
    for folder, parts in below.items():
        if parts and not parts & trained:
            if len(parts) == 1 and parts <= _SAYING_NOTHING:
                idle |= {(folder.lower(), part) for part in inside[folder]}
            elif len(trained) < 2:  # what is tested on may be of other classes altogether, where there are classes
                return None
    return idle


def _labels(folders: list[list[str]], alone: str) -> tuple[list[str], frozenset[int]]:
    """For each file the folder that is its class, and the places of those that have none."""
    shared = _shared(folders)
    first = max(folders, key=len)
    named = [part for part in first[:shared] if not is_split_word(part)]
    rest = named[-1] if named else alone
    unnamed = frozenset(place for place, parts in enumerate(folders) if len(parts) <= shared)
    return [parts[shared] if len(parts) > shared else rest for parts in folders], unnamed


def _shared(folders: list[list[str]], most: int | None = None) -> int:
    """How many folders, at most `most`, all files have in common, but for a few strays above them."""
    strict = _in_common(folders, most)
    deeper = [parts for parts in folders if len(parts) > strict]
    if len(folders) - len(deeper) <= _STRAY * len(folders):
        common = _in_common(deeper, most)
        if len({tuple(parts[common : common + 1]) for parts in deeper}) > 1:
            return common
    return strict


def _in_common(folders: list[list[str]], most: int | None) -> int:
    first = folders[0][:most]
    count = 0
    while count < len(first) and all(len(parts) > count and parts[count] == first[count] for parts in folders):
        count += 1
    return count
