"""A ZIP of files as they are, block by block, whose every file has its length and checksum before it. Free of torch.

So it can be read from its start to its end, by what cannot go back in it. Format: PKWARE, APPNOTE.TXT, section 4.3.
"""

import errno
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import IO

Opening = Callable[[], IO[bytes]]  # the content of a file, from its start
EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a ZIP can name
READABLE = 0o100644 << 16  # a regular file that everybody may read, where a ZIP keeps it
UNIX = 3
BLOCK = 1 << 18  # bytes


def stored_zip(files: Mapping[str, Opening]) -> Iterator[bytes]:
    """The blocks of a ZIP; equal files make equal ZIPs. Each file is read twice, and a block is in memory at a time.

    Nothing is compressed: what is large is weights and pictures, and another zlib would make other bytes. Of a file
    that grows meanwhile, what it was at first is sent.

    Raises:
        OSError: a file cannot be read, or has changed in the middle.
    """
    outline = _Outline()
    with zipfile.ZipFile(outline, "w", zipfile.ZIP_STORED) as archive:
        for name, opening in sorted(files.items()):
            member = zipfile.ZipInfo(name, EARLIEST)
            member.create_system, member.external_attr = UNIX, READABLE
            with opening() as content:
                member.file_size = content.seek(0, io.SEEK_END)
                content.seek(0)
                outline.add(archive, member, content)
    for part in outline.parts():
        if isinstance(part, bytes):
            yield part
        else:
            yield from _content(part, files[part.filename])


def _content(member: zipfile.ZipInfo, opening: Opening) -> Iterator[bytes]:
    checksum, left = 0, member.file_size
    with opening() as file:
        while block := file.read(min(BLOCK, left)):
            checksum, left = zlib.crc32(block, checksum), left - len(block)
            yield block
    if left or checksum != member.CRC:
        raise OSError(errno.EIO, "The file was changed while it was being read", member.filename)


class _Outline:
    """What stands in a ZIP around its files. What is written to it of a file is not kept, its place is."""

    def __init__(self) -> None:
        self._parts: dict[int, bytes | zipfile.ZipInfo] = {}  # by the place at which each begins
        self._place = 0
        self._within = False  # a file

    def add(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, content: IO[bytes]) -> None:
        """Let the archive that writes to this one take in a file."""
        with archive.open(member, "w") as file:
            self._parts[self._place] = member
            self._within = True
            left = member.file_size
            while block := content.read(min(BLOCK, left)):
                file.write(block)
                left -= len(block)
            self._within = False

    def parts(self) -> list[bytes | zipfile.ZipInfo]:
        """Bytes, and the files that come between them, in their order."""
        return [part for _, part in sorted(self._parts.items(), key=lambda entry: entry[0])]

    def write(self, block: bytes) -> int:
        if not self._within:
            self._parts[self._place] = bytes(block)
        self._place += len(block)
        return len(block)

    def tell(self) -> int:
        return self._place

    def seek(self, place: int) -> int:
        self._place = place
        return place

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Its parts can be had still."""
