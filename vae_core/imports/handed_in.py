"""A model's files as somebody hands them in: a folder, a ZIP or a single file, each read whole and within limits."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from vae_core.data.files.archives import open_source
from vae_core.data.files.intake import MIB, FileSource, UnusableFileError, UploadLimits, own_name
from vae_core.errors import ConfigError, DatasetError, ImportingError, shortened
from vae_core.files import read_start
from vae_core.json_files import parse_json

LARGEST_FILE = 512 * MIB
LIMITS = UploadLimits(members=50_000, total_bytes=2048 * MIB, file_bytes=LARGEST_FILE, ratio_free_bytes=16 * MIB)
LARGEST_JSON = MIB
SHOWN = 5  # of the names in a sentence
ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")  # the latter of an empty one
TORCHS_OWN = (".pt", ".pth", ".ckpt", ".bin", ".pt2")  # ZIP files inside, but no archive of anybody's files
TORCHS_MEMBERS = re.compile(r"[^/]+/(data\.pkl|version|data/0)")


class HandedIn:
    """Files by their names, `/` between the parts, without the one folder that may stand around all of them."""

    def __init__(self, path: Path, names: list[str], read: Callable[[int], bytes], skipped: dict[str, str]) -> None:
        self.path = path
        self.title = Path(own_name(path)).stem if path.is_file() else own_name(path)
        self._read = read
        self.skipped = skipped
        root = _common_root(names)
        self._places = {name[len(root) :]: place for place, name in enumerate(names)}
        self.root = root

    @property
    def names(self) -> list[str]:
        """All that can be read."""
        return list(self._places)

    def with_suffix(self, *suffixes: str) -> list[str]:
        """The names that end so, whatever their case."""
        return [name for name in self.names if PurePosixPath(name).suffix.lower() in suffixes]

    def called(self, name: str) -> list[str]:
        """All files of this name, those in the uppermost folders first."""
        found = [path for path in self.names if PurePosixPath(path).name == name]
        return sorted(found, key=lambda path: (path.count("/"), path))

    def uppermost(self, name: str) -> list[str]:
        """All files of this name in folders as far up as the uppermost that has one."""
        found = self.called(name)
        return [path for path in found if path.count("/") == found[0].count("/")]

    def refuse_several(self, names: list[str], what: str) -> None:
        """Raises ImportingError, naming their folders, where there is more than one file of these."""
        if len(names) > 1:
            folders = [shortened(str(PurePosixPath(name).parent)) for name in names]
            shown = ", ".join(folders[:SHOWN]) + (", …" if len(folders) > SHOWN else "")
            raise ImportingError(f"{self.title}: it holds {len(names)} {what} ({shown}); hand in one of them alone.")

    def read(self, name: str) -> bytes:
        """A file's content. Raises ImportingError where it can't be read."""
        try:
            return self._read(self._places[name])
        except UnusableFileError as error:
            raise ImportingError(f"{shortened(name)}: {error}") from None

    def read_json(self, name: str) -> dict[str, object] | None:
        """The object in a JSON file; None where it holds something else, or more than any such file of ours.

        Raises:
            ImportingError: it can't be read, or is no JSON.
        """
        content = self.read(name)
        if len(content) > LARGEST_JSON:
            return None
        try:
            value = parse_json(content)
        except ConfigError as error:
            raise ImportingError(f"{shortened(name)}: {error}") from None
        return value if isinstance(value, dict) else None


def _common_root(names: list[str]) -> str:
    """The folders around all files, `/` at the end."""
    root = ""
    while names and all(name.startswith(root) and "/" in name[len(root) :] for name in names):
        first = names[0][len(root) :].split("/")[0]
        longer = f"{root}{first}/"
        if not all(name.startswith(longer) for name in names):
            break
        root = longer
    return root


@contextmanager
def open_files(path: Path) -> Iterator[HandedIn]:
    """What lies at a path.

    Raises:
        ImportingError: nothing lies there, or it can't be read.
    """
    with ExitStack() as stack:
        yield _opened(path, stack)


def _opened(path: Path, stack: ExitStack) -> HandedIn:
    name = own_name(path)
    try:
        if path.is_dir() or _is_archive(path):
            return _of(path, stack.enter_context(open_source(path, LIMITS)))
        content, size = read_start(path, LARGEST_FILE + 1)
    except DatasetError as error:
        raise ImportingError(str(error)) from None
    except OSError as error:
        raise ImportingError(f"{name}: it cannot be read ({error.strerror}).") from None
    if size > LARGEST_FILE:
        raise ImportingError(f"{name}: it has {size / MIB:,.0f} MiB, more than the limit of {LARGEST_FILE // MIB} MiB.")
    if not size:
        raise ImportingError(f"{name}: it is empty.")
    return HandedIn(path, [name], lambda _: content, {})


def _is_archive(path: Path) -> bool:
    if path.suffix.lower() in TORCHS_OWN or read_start(path, 4)[0] not in ZIP_STARTS:
        return False
    with path.open("rb") as file:
        return not _is_of_torch(file)


def is_of_torch(content: bytes) -> bool:
    """Whether this is what torch.save writes, a ZIP file, whatever it is called."""
    return content[:4] in ZIP_STARTS and _is_of_torch(io.BytesIO(content))


def _is_of_torch(file: BinaryIO) -> bool:
    try:
        names = zipfile.ZipFile(file).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    found = {name.partition("/")[2] for name in names if TORCHS_MEMBERS.fullmatch(name)}
    return "data.pkl" in found and len(found) > 1


def _of(path: Path, source: FileSource) -> HandedIn:
    def read(place: int) -> bytes:
        with source.open(place) as file:
            return file.read()

    return HandedIn(path, source.names, read, {file.name: file.reason for file in source.skipped})
