"""What people have handed in, kept under its content and its own name until nothing needs it.

`.uploads/DIGEST/NAME` beside the checkpoints: whoever reads the file reads the person's own name for it.
"""

import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from vae_core.checkpoint.about import read_about
from vae_core.checkpoint.layout import CONFIG_FILE, REQUEST_FILE, TRASH_FOLDER, UPLOADS_FOLDER, checkpoints_root
from vae_core.data import shelves
from vae_core.data.files.intake import PACKED, is_table_name, own_name, title_of
from vae_core.errors import ConfigError, DatasetError
from vae_core.files import replacing
from vae_core.json_files import read_json
from vae_core.unfinished import STALE, sweep_unfinished

BLOCK = 1 << 20
PACKED_IN_MEMORY = 64 << 20  # bytes
DIGEST_DIGITS = 24
WHOLE = (".zip", ".npz", ".npy")
_WORDS = re.compile(r"([ _.-])")  # with what is between them
LONGEST_NAME = 200  # bytes: every common file system takes 255
KEPT = 7 * 24 * 3600.0  # seconds that files stay which nothing needs, in case somebody trains on them again


@dataclass(frozen=True)
class Source:
    """Files that were handed in: a .zip, .npz or .npy of the person's own name, as all that read it are given it.

    Pictures that came without an archive lie in one, which bears their name.
    """

    path: Path
    size: int  # bytes, as it was handed in
    added_at: float  # seconds since 1970
    used_at: float

    @property
    def name(self) -> str:
        """What the person calls the file."""
        return own_name(self.path)

    @property
    def title(self) -> str:
        """The person's own name for the set."""
        return title_of(self.path)


def uploads_folder() -> Path:
    """Where they lie. Absolute: whoever resumes a run may work in another folder."""
    return checkpoints_root().resolve() / UPLOADS_FOLDER


def add(files: Sequence[tuple[str, BinaryIO]]) -> Source:
    """Keep one ZIP, .npz or .npy as it is, or pictures and tables on them together as a ZIP.

    Equal content of an equal name is kept once. Nothing is unpacked here.

    Raises:
        DatasetError: the files don't belong together.
        OSError: there is no room for them.
    """
    if not files:
        raise DatasetError("No file was handed in.")
    names = [kept_name(name) for name, _ in files]
    if not any(map(is_whole, names)):
        with tempfile.SpooledTemporaryFile(PACKED_IN_MEMORY) as packed:
            _pack(names, [content for _, content in files], packed)
            return _keep(f"{_name_of(names)}{PACKED}", packed)
    if len(files) > 1:
        raise DatasetError(
            "Hand in one ZIP, .npz or .npy file, or pictures: not several of these at once. Arrays become one file by "
            "numpy.savez(file, images=..., labels=...)."
        )
    return _keep(names[0], files[0][1])


def is_whole(name: str) -> bool:
    """Whether a file is a data set by itself, and no picture or table among others."""
    return PurePosixPath(kept_name(name)).suffix in WHOLE


def kept_name(name: str) -> str:
    """A file's name as the person wrote it, as far as a folder can hold it; its suffix in small letters."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    plain = "".join(character for character in last if unicodedata.category(character) not in ("Cc", "Cs"))
    path = PurePosixPath(plain.lstrip(". "))
    stem, suffix = path.stem, path.suffix.lower()
    while len(f"{stem}{suffix}".encode()) > LONGEST_NAME:
        stem = stem[:-1] if stem else stem
        suffix = suffix if stem else ""
    return f"{stem or 'pictures'}{suffix}"


def sources() -> list[Source]:
    """Everything that is there, the last used first."""
    paths = [path for folder in _folders(uploads_folder()) for path in _files(folder)]
    found = [source for path in paths if (source := _read(path)) is not None]
    return sorted(found, key=lambda source: source.used_at, reverse=True)


def source_of(data: str) -> Source | None:
    """The upload that a run's `data` names; None for a data set's name, and for a file that was not handed in."""
    path = _upload(data)
    return _read(path) if path is not None else None


def _upload(data: str) -> Path | None:
    """Where an upload lies, by what a run called it: the checkpoints' folder may have been elsewhere then."""
    *_, folder, digest, name = ("", "", "", *Path(data).parts)
    return uploads_folder() / digest / name if folder == UPLOADS_FOLDER else None


def space(sources: Sequence[Source]) -> int:
    """Bytes on the disk, with what was decoded of them."""
    return sum(source.size for source in sources) + shelves.space(source.path for source in sources)


def mark_used(source: Source) -> None:
    """Somebody looks at it or trains on it. Nothing happens where somebody else has just removed it."""
    with suppress(FileNotFoundError):
        os.utime(source.path.parent)


def users() -> dict[Path, list[str]]:
    """The titles of the models and runs that were made of each upload, by its path; also of those in the trash."""
    found: dict[Path, list[str]] = {}
    root = checkpoints_root()
    deleted = (model for place in _folders(root / TRASH_FOLDER) for model in _folders(place))
    for model in (*_folders(root), *deleted):
        paths = {_upload(data) for record in (CONFIG_FILE, REQUEST_FILE) if (data := _data_of(model / record))}
        for path in paths:
            if path is not None:
                found.setdefault(path, []).append(read_about(model)[0].title or model.name)
    return found


def remove(source: Source) -> None:
    """Remove what was handed in.

    Raises:
        DatasetError: a model or a run still needs it.
    """
    if names := users().get(source.path):
        raise DatasetError(f"{source.name} is kept: {', '.join(sorted(names))} could not be trained on without it.")
    _remove(source)


def sweep(now: float | None = None) -> list[Source]:
    """Remove what no model or run needs and nobody has used for a week; returns what has gone.

    So does what was left half written. What was decoded goes a week after its last use in any case: it can be read
    again.
    """
    now = time.time() if now is None else now
    shelves.sweep(now)
    for folder in _folders(uploads_folder()):
        sweep_unfinished(folder)
        with suppress(OSError):
            if now - folder.stat().st_mtime > STALE:  # nobody is about to write into it
                folder.rmdir()  # where there is nothing in it
    needed = users()
    gone = [source for source in sources() if source.path not in needed and now - source.used_at > KEPT]
    for source in gone:
        _remove(source)
    return gone


def _remove(source: Source) -> None:
    source.path.unlink(missing_ok=True)
    shelves.remove(source.path)
    with suppress(OSError):  # the same content under another name is there still, or somebody else has done it
        source.path.parent.rmdir()


def _name_of(names: Sequence[str]) -> str:
    """What pictures, and tables of them, are called together: one alone as itself, tables by what begins them all."""
    pictures = [name for name in names if not is_table_name(name)] or names
    if len(pictures) == 1:
        return pictures[0]
    if not is_table_name(pictures[0]):
        return f"{len(pictures):,} pictures"
    alike = takewhile(lambda words: len(set(words)) == 1, zip(*map(_WORDS.split, pictures), strict=False))
    common = "".join(word for word, *_ in alike).rstrip(" _.-")
    return f"{common or f'{len(pictures):,} tables'}{PurePosixPath(pictures[0]).suffix}"


def _pack(names: Sequence[str], contents: Sequence[BinaryIO], packed: IO[bytes]) -> None:
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in zip(_told_apart(names), contents, strict=True):
            # A fixed date: equal pictures make an equal file.
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                content.seek(0)
                shutil.copyfileobj(content, member, BLOCK)


def _told_apart(names: Sequence[str]) -> Iterator[str]:
    """The names as they are, but for those of files from several folders that have the same."""
    taken: set[str] = set()
    for name in names:
        path, number, other = PurePosixPath(name), 1, name
        while other in taken:
            number += 1
            other = f"{path.stem} ({number}){path.suffix}"
        taken.add(other)
        yield other


def _keep(name: str, content: IO[bytes]) -> Source:
    digest = hashlib.sha256()
    content.seek(0)
    while block := content.read(BLOCK):
        digest.update(block)
    path = uploads_folder() / digest.hexdigest()[:DIGEST_DIGITS] / name
    if path.exists():
        os.utime(path.parent)
    else:
        content.seek(0)
        with replacing(path) as temporary, temporary.open("wb") as file:
            shutil.copyfileobj(content, file, BLOCK)
    about, folder = path.stat(), path.parent.stat()
    return Source(path, about.st_size, about.st_mtime, folder.st_mtime)


def _read(path: Path) -> Source | None:
    """None where it is none, or somebody else has just removed it."""
    try:
        about, folder = path.lstat(), path.parent.stat()
    except OSError:
        return None
    whole = path.suffix in WHOLE and not path.name.startswith(".") and stat.S_ISREG(about.st_mode)
    return Source(path, about.st_size, about.st_mtime, folder.st_mtime) if whole else None


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _folders(folder: Path) -> Iterator[Path]:
    """The visible folders in a folder."""
    try:
        with os.scandir(folder) as entries:
            found = [entry.path for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    except OSError:
        return
    yield from map(Path, found)


def _data_of(record: Path) -> str | None:
    """What a record of a model or run names as its data."""
    try:
        data = read_json(record)["training"]["data"]
    except (ConfigError, OSError, KeyError, TypeError):  # none, or one that nobody can train on again
        return None
    return data if isinstance(data, str) else None
