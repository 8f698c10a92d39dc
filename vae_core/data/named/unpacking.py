"""Archives of the catalogue's data sets, unpacked by torchvision beside their places and moved there when whole."""

import shutil
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

from vae_core.data.named.download_errors import writing

_TOLD = 500  # members of a ZIP between two words about it


def unpack(name: str, archives: list[Path], folder: Path, scratch: Path, hear: Callable[[float], None]) -> None:
    """Unpack what is to be unpacked of a data set's `archives`, paths below `folder`, each beside its archive.

    `scratch` is a folder of nobody else's on the same disk, gone afterwards. `hear(share)`, 0 to 1, may raise. Raises
    DownloadError where the disk does not take it.
    """
    try:
        with writing(folder):
            shutil.rmtree(scratch, ignore_errors=True)
        for done, path in enumerate(archives):
            place = scratch / path.parent
            with writing(folder):
                place.mkdir(parents=True, exist_ok=True)

            def tell(share: float, done: int = done) -> None:
                hear((done + share) / len(archives))

            tell(0.0)
            _unpack_one(name, folder / path, place, tell)
        with writing(folder):
            _move_into(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _unpack_one(name: str, archive: Path, place: Path, hear: Callable[[float], None]) -> None:
    from torchvision.datasets.utils import extract_archive

    if archive.suffix == ".gz":
        with writing(place):
            extract_archive(str(archive), str(place))
    elif name == "emnist":
        _unpack_balanced(archive, place, hear)
    elif archive.suffix == ".zip":
        with ZipFile(archive) as file:
            _unpack_members(file, file.namelist(), place, hear)


def _unpack_balanced(archive: Path, place: Path, hear: Callable[[float], None]) -> None:
    """Of EMNIST's six ways to split it the one of the catalogue; the others would take ten times its room."""
    from torchvision.datasets.utils import extract_archive

    with ZipFile(archive) as file:
        names = [name for name in file.namelist() if "-balanced-" in name and name.endswith(".gz")]
        _unpack_members(file, names, place, hear)
    with writing(place):
        for name in names:
            extract_archive(str(place / name), str(place), remove_finished=True)
        for folder in {(place / name).parent for name in names} - {place}:
            folder.rmdir()


def _unpack_members(file: ZipFile, names: list[str], place: Path, hear: Callable[[float], None]) -> None:
    for index, name in enumerate(names):
        with writing(place):
            file.extract(name, place)
        if index % _TOLD == 0:
            hear(index / len(names))


def _move_into(source: Path, place: Path) -> None:
    """Each entry in one step, a folder that is not there yet as well: another process may read meanwhile."""
    for entry in source.iterdir():
        target = place / entry.name
        if entry.is_dir() and target.is_dir():
            _move_into(entry, target)
        else:
            entry.replace(target)
