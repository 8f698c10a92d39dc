"""Files under the names that they will have elsewhere, as a folder or as one ZIP, written or sent. Free of torch."""

import io
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from vae_core.errors import UserError
from vae_core.files import open_regular, replacing, replacing_folder
from vae_core.sharing.stored_zip import stored_zip
from vae_core.unfinished import sweep_unfinished

Source = Path | bytes


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
        """Write the ZIP of `zip_blocks`, whole or not at all.

        Raises:
            UserError: `output` is a folder.
            OSError: the disk is full or the file can't be written; what lay there is as it was.
        """
        if output.is_dir():
            raise UserError(f"{output}: is a folder; name the file to write, as {output / top}.zip.")
        sweep_unfinished(output.parent)
        with replacing(output) as unfinished, unfinished.open("wb") as file:
            for block in self.zip_blocks(top):
                file.write(block)

    def zip_blocks(self, top: str) -> Iterator[bytes]:
        """A ZIP with all files below the folder `top`, block by block, as `stored_zip` makes it.

        Raises:
            OSError: a file cannot be read, or has changed in the middle.
        """
        return stored_zip({f"{top}/{name}": partial(_opened, source) for name, source in self.files.items()})


def size_of(source: Source) -> int:
    """Bytes of one file."""
    return len(source) if isinstance(source, bytes) else source.stat().st_size


def megabytes(size: int) -> str:
    """A size as a person reads it."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"


def _copy(source: Source, file: IO[bytes]) -> None:
    with _opened(source) as content:
        shutil.copyfileobj(content, file)


def _opened(source: Source) -> IO[bytes]:
    return io.BytesIO(source) if isinstance(source, bytes) else open_regular(source)
