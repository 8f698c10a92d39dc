"""Files under the names that they will have elsewhere, written as a folder or as one ZIP. Free of torch."""

import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vae_core.errors import UserError
from vae_core.files import open_regular, replacing, replacing_folder

Source = Path | bytes
EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a ZIP can name
READABLE = 0o100644 << 16  # a regular file that everybody may read, where a ZIP keeps it
UNIX = 3


@dataclass(frozen=True)
class Parcel:
    """Where the content of each file is: a file of this machine, or bytes. Names are relative, with slashes."""

    files: Mapping[str, Source]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(size_of(source) for source in self.files.values())

    def write_folder(self, output: Path, replaces: Callable[[Path], bool] = lambda _folder: False) -> None:
        """Write a folder that is new or empty, or that `replaces` takes for its forerunner, whole or not at all.

        Raises:
            UserError: something else lies there.
            OSError: the disk is full or the folder can't be written; what lay there is as it was.
        """
        folder = output.resolve()
        if folder.exists() and not folder.is_dir():
            raise UserError(f"{output}: is a file; name a folder.")
        if folder.is_dir() and any(folder.iterdir()) and not replaces(folder):
            raise UserError(f"{output}: holds other files, which are left alone; name a new or an empty folder.")
        with replacing_folder(folder) as unfinished:
            for name, source in self.files.items():
                target = unfinished / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as file:
                    _copy(source, file)

    def write_zip(self, output: Path, top: str) -> None:
        """Write a ZIP with all files below the folder `top`, whole or not at all; equal files make equal ZIPs.

        Nothing is compressed: what is large is weights and pictures, and another zlib would make other bytes.

        Raises:
            UserError: `output` is a folder.
            OSError: the disk is full or the file can't be written; what lay there is as it was.
        """
        if output.is_dir():
            raise UserError(f"{output}: is a folder; name the file to write, as {output / top}.zip.")
        with replacing(output) as unfinished, zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
            for name, source in sorted(self.files.items()):
                member = zipfile.ZipInfo(f"{top}/{name}", EARLIEST)
                member.create_system, member.external_attr = UNIX, READABLE
                member.file_size = size_of(source)
                with archive.open(member, "w") as file:
                    _copy(source, file)


def size_of(source: Source) -> int:
    """Bytes of one file."""
    return len(source) if isinstance(source, bytes) else source.stat().st_size


def megabytes(size: int) -> str:
    """A size as a person reads it."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"


def _copy(source: Source, file: IO[bytes]) -> None:
    if isinstance(source, bytes):
        file.write(source)
        return
    with open_regular(source) as content:
        shutil.copyfileobj(content, file)
