"""Which pictures are masks of others beside them: they say where something is in a picture, and are not learned from.

As in `images/001.png` and `masks/001.png`, or `001.jpg` and `001_mask.png`. Masks without their pictures are pictures.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from vae_core.data.files.picture_names import is_picture_name

# Folders by their letters alone. What lies beside masks has to say that it is pictures: `mask` may be a class, too.
_OF_PICTURES = {"image", "images", "img", "imgs", "picture", "pictures", "photo", "photos", "scan", "scans"}
_OF_PICTURES |= {"input", "inputs", "original", "originals"}
_OF_MASKS = {"mask", "masks", "label", "labels", "annotation", "annotations", "segmentation", "segmentations"}
_OF_MASKS |= {"groundtruth", "gt"}
_MASK = re.compile(r"[ _-](mask|seg|segmentation|groundtruth)([ _-]?\d+)?\Z", re.IGNORECASE)
_MOST_LEVELS = 4  # of a path: more folders in each other that say what is in them are nobody's


class _Level(NamedTuple):
    """A folder in a path that says what is in it: the path as far as it, and what is above and below it."""

    of_pictures: bool
    path: str
    beside: tuple[str, str]


def masks_among(names: Sequence[str]) -> dict[int, int]:
    """The places of masks among files of these names, each with that of the picture it is of.

    A folder is one of masks where each picture in it has one of the same name in a folder of pictures beside it.
    """
    in_folder: dict[str, dict[str, list[int]]] = {}  # pictures by their names without suffix
    for index, name in enumerate(names):
        if is_picture_name(name):
            folder, _, last = name.rpartition("/")
            in_folder.setdefault(folder, {}).setdefault(last.rpartition(".")[0], []).append(index)
    beside: dict[tuple[str, str], dict[str, list[int]]] = {}  # pictures, by what is above and below the folder of them
    of_masks: dict[str, list[tuple[tuple[str, str], dict[str, list[int]]]]] = {}
    found: dict[int, int] = {}
    for folder, stems in in_folder.items():
        for stem, masks in stems.items():
            if (picture := _without_word(stem)) != stem and picture in stems:
                found |= dict.fromkeys(masks, stems[picture][0])
        for level in _levels(folder):
            if level.of_pictures:
                beside[level.beside] = stems | beside.get(level.beside, {})
            else:
                of_masks.setdefault(level.path, []).append((level.beside, stems))
    for parts in of_masks.values():
        of_each: dict[int, int] = {}
        for place, stems in parts:
            pictures = beside.get(place, {})
            for stem, masks in stems.items():
                if of := pictures.get(stem) or pictures.get(_without_word(stem)):
                    of_each |= dict.fromkeys(masks, of[0])
        if len(of_each) == sum(len(masks) for _, stems in parts for masks in stems.values()):
            found |= of_each
    return found


def _levels(folder: str) -> list[_Level]:
    parts = folder.split("/")
    words = [_letters(part) for part in parts]
    saying = [level for level, word in enumerate(words) if word in _OF_PICTURES or word in _OF_MASKS]
    return [
        _Level(
            words[level] in _OF_PICTURES,
            "/".join(parts[: level + 1]),
            ("/".join(parts[:level]), "/".join(parts[level + 1 :])),
        )
        for level in saying[:_MOST_LEVELS]
    ]


@lru_cache(maxsize=1024)
def _letters(folder: str) -> str:
    return re.sub("[^a-z]", "", folder.lower())


def _without_word(stem: str) -> str:
    """What the picture of a mask of this name is called; the same name where it does not say that it is one."""
    word = _MASK.search(stem)
    return stem[: word.start()] if word else stem
