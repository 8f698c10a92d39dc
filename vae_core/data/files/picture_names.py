"""Pictures, found by what a table calls them."""

import re
import unicodedata
from collections.abc import Sequence

_PICTURE_SUFFIX = re.compile(r"\.(png|jpe?g|jpe|jfif|webp|gif|bmp|tiff?|p[pgbn]m|heic|dcm)")
_WHOLE_NUMBER = re.compile(r"0*(\d+)(\.0+)?")
_LONGEST = 1000  # characters of a cell that may be a name
_FEW = 8  # pictures of one name in one folder, but for capitals


class PictureNames:
    """The pictures of a source, found by what tables call them."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._paths = [_plain_path(name) for name in names]
        self._called: dict[str, list[int]] = {}  # by their names, and by these without suffix
        self._numbered: dict[str, list[int]] = {}
        for place, path in enumerate(self._paths):
            name = _last_part(path)
            stem = _stem(name)
            for key in {name, stem}:
                self._called.setdefault(key, []).append(place)
            if number := _WHOLE_NUMBER.fullmatch(stem):
                self._numbered.setdefault(number[1], []).append(place)
        # Of pictures with namesakes: what is asked for again and again is put in order once.
        self._converted: dict[str, list[int]] = {}
        self._in_folders: dict[str, dict[str, list[int]]] = {}
        self._for_tables: dict[tuple[str, str], list[int]] = {}

    def __len__(self) -> int:
        return len(self._paths)

    def numbered(self, value: str) -> int | None:
        """The place of the one picture whose name is this number, with or without noughts before it."""
        number = _WHOLE_NUMBER.fullmatch(value.strip())
        found = self._numbered.get(number[1], []) if number else []
        return found[0] if len(found) == 1 else None

    def find(self, value: str, table: str = "") -> tuple[int, bool] | None:
        """The place of the picture that a cell of the file `table` names, and whether their folders agree.

        Among pictures of one name the folders that the cell writes decide, then the table's own folder, then its
        name, then capitals. None where it names no picture, or no single one.
        """
        if not value or len(value) > _LONGEST:
            return None
        path = _plain_path(value)
        own = _last_part(path)
        folder = path[: -len(own)] if own else path
        found = self._all_called(own)
        if len(found) > 1:
            found = self._nearest(found, own, folder, _plain_path(table))
        if 1 < len(found) <= _FEW:
            as_written = _last_part(unicodedata.normalize("NFC", value.strip()))
            found = [place for place in found if _last_part(self._names[place]) == as_written] or found
        if len(found) != 1:
            return None
        own_folder = self._paths[found[0]].rpartition("/")[0]
        return found[0], not folder or not own_folder or _last_part(folder[:-1]) == _last_part(own_folder)

    def are_several(self, value: str) -> bool:
        """Whether a cell is the name of more than one picture."""
        return 0 < len(value) <= _LONGEST and len(self._all_called(_last_part(_plain_path(value)))) > 1

    def _all_called(self, own: str) -> list[int]:
        """By the whole name or the name without suffix, else with another suffix."""
        if own in self._called:
            return self._called[own]
        stem = _stem(own)
        if own not in self._converted and stem in self._called:
            suffix = own[len(stem) :]
            alike = [place for place in self._called[stem] if _may_be(suffix, _last_part(self._paths[place]))]
            self._converted[own] = alike
        return self._converted.get(own, [])

    def _nearest(self, found: list[int], own: str, folder: str, table: str) -> list[int]:
        """Of the pictures of one name those in the folders that are written, else those that are the table's."""
        if own not in self._in_folders:
            tails: dict[str, list[int]] = {}
            for place in found:
                parts = self._paths[place].split("/")[:-1]
                for start in range(len(parts)):
                    tails.setdefault("/".join(parts[start:]), []).append(place)
            self._in_folders[own] = tails
        written = folder.strip("/").split("/")
        for start in range(len(written)):
            if agreeing := self._in_folders[own].get("/".join(written[start:])):
                return agreeing
        if (own, table) not in self._for_tables:
            self._for_tables[own, table] = self._of_table(found, table)
        return self._for_tables[own, table]

    def _of_table(self, found: list[int], table: str) -> list[int]:
        beside, _, table_name = table.rpartition("/")
        folders = {place: f"/{self._paths[place].rpartition('/')[0]}/".replace("//", "/") for place in found}
        near = [place for place in found if beside and folders[place].startswith(f"/{beside}/")]
        called = [place for place in found if f"/{_stem(table_name)}/" in folders[place]]
        return next((chosen for chosen in (near, called) if len(chosen) == 1), found)


def is_picture_name(value: str) -> bool:
    """Whether a text ends as picture files do."""
    name = value.strip().lower()
    return _PICTURE_SUFFIX.fullmatch(name[len(_stem(name)) :]) is not None


def _plain_path(name: str) -> str:
    path = name.strip().replace("\\", "/").removeprefix("./")
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


def _last_part(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _may_be(suffix: str, name: str) -> bool:
    """Whether a file of this name may be meant by one with this suffix: it may have been converted since."""
    return name.endswith(suffix) or _PICTURE_SUFFIX.fullmatch(suffix) is not None
