"""Pictures, found by what a table calls them."""

import re
import unicodedata
from collections.abc import Sequence

_PICTURE_SUFFIX = re.compile(r"\.(png|jpe?g|jpe|jfif|webp|gif|bmp|tiff?|p[pgbn]m|heic|dcm)")


class PictureNames:
    """The pictures of a source, found by what tables call them."""

    def __init__(self, names: Sequence[str]) -> None:
        self._paths = [_plain_path(name) for name in names]
        self._by_stem: dict[str, list[int]] = {}
        for place, path in enumerate(self._paths):
            self._by_stem.setdefault(_stem(_last_part(path)), []).append(place)

    def __len__(self) -> int:
        return len(self._paths)

    def find(self, value: str, table: str = "") -> tuple[int, bool] | None:
        """The place of the picture that a cell of the file `table` names, and whether their folders agree.

        Among pictures of one name the folders that the cell writes decide, then the table's own folder, then its
        name. None where it names no picture, or no single one.
        """
        if not value or len(value) > 1000:
            return None
        path = _plain_path(value)
        own = _last_part(path)
        found = self._by_stem.get(own)
        if found is None:
            stem = _stem(own)
            found = self._by_stem.get(stem)
            if found is None:
                return None
            whole = [place for place in found if _last_part(self._paths[place]) == own]
            found = whole or [place for place in found if _may_be(own[len(stem) :], _last_part(self._paths[place]))]
        folder = path[: -len(own)]
        if len(found) > 1:
            found = self._nearest(found, folder, _plain_path(table))
        if len(found) != 1:
            return None
        own_folder = self._paths[found[0]].rpartition("/")[0]
        return found[0], not folder or not own_folder or _last_part(folder[:-1]) == _last_part(own_folder)

    def _nearest(self, found: list[int], folder: str, table: str) -> list[int]:
        own_folders = {place: f"/{self._paths[place].rpartition('/')[0]}/".replace("//", "/") for place in found}
        written = folder.strip("/").split("/") if folder else []
        for start in range(len(written)):
            tail = f"/{'/'.join(written[start:])}/"
            if agreeing := [place for place in found if own_folders[place].endswith(tail)]:
                return agreeing
        beside, _, table_name = table.rpartition("/")
        near = [place for place in found if beside and own_folders[place].startswith(f"/{beside}/")]
        called = [place for place in found if f"/{_stem(table_name)}/" in own_folders[place]]
        return next((chosen for chosen in (near, called) if len(chosen) == 1), found)


def is_picture_name(value: str) -> bool:
    """Whether a text ends as picture files do."""
    name = value.strip().lower()
    return _PICTURE_SUFFIX.fullmatch(name[len(_stem(name)) :]) is not None


def _plain_path(name: str) -> str:
    path = name.strip().replace("\\", "/").removeprefix("./")
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


def _last_part(path: str) -> str:
    return path.rpartition("/")[2]


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _may_be(suffix: str, name: str) -> bool:
    """Whether a file of this name may be meant by one with this suffix: it may have been converted since."""
    return name.endswith(suffix) or _PICTURE_SUFFIX.fullmatch(suffix) is not None
