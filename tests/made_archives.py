"""ZIP archives written byte by byte, so that they can be what no honest program makes."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

STORED, DEFLATED = 0, 8
UTF8 = 0x800
_IN_ZIP64_FIELD = 0xFFFFFFFF


@dataclass(frozen=True)
class Entry:
    """A file: its name and its bytes as they lie in the archive; what is None is told as it is."""

    name: bytes
    packed: bytes = b""
    method: int = STORED
    size: int | None = None  # that the entry declares
    crc: int | None = None
    flags: int = 0
    extra: bytes = b""
    same_as: int | None = None  # the number of another one whose place it claims, without bytes of its own


def deflated(name: bytes, content: bytes, *, size: int | None = None, crc: int | None = None, flags: int = 0) -> Entry:
    """A file as every program packs it; `size` and `crc` are what its entry declares instead of the truth."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(content) + packer.flush()
    declared = len(content) if size is None else size
    return Entry(name, packed, DEFLATED, declared, zlib.crc32(content) if crc is None else crc, flags)


def zeros(mebibytes: int) -> bytes:
    """So many MiB of zeros, deflated to some 1,024 bytes each; made without inflating them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    one = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)  # stands for itself, so it can be repeated
    return one * mebibytes + b"\x03\x00"


def made(path: Path, entries: Sequence[Entry], *, comment: bytes = b"", zip64: bool = False) -> Path:
    """Writes an archive of these files; `zip64` puts every number where large ones belong."""
    body, listed, places = bytearray(), bytearray(), list[int]()
    for entry in entries:
        size = len(entry.packed) if entry.size is None else entry.size
        crc = zlib.crc32(entry.packed) if entry.crc is None else entry.crc
        place = len(body) if entry.same_as is None else places[entry.same_as]
        places.append(place)
        same = (entry.flags, entry.method, 0, 33, crc)
        lengths = (len(entry.packed), size)
        if entry.same_as is None:
            body += struct.pack("<4sH4H3L2H", b"PK\3\4", 45, *same, *lengths, len(entry.name), 0)
            body += entry.name + entry.packed
        extra = entry.extra
        if zip64:
            extra += struct.pack("<2H3Q", 1, 24, size, len(entry.packed), place)
            lengths, place = (_IN_ZIP64_FIELD, _IN_ZIP64_FIELD), _IN_ZIP64_FIELD
        listed += struct.pack("<4s2H4H3L", b"PK\1\2", 0x031E, 45, *same, *lengths)
        listed += struct.pack("<5H2L", len(entry.name), len(extra), 0, 0, 0, 0, place)
        listed += entry.name + extra
    count, size, place = len(entries), len(listed), len(body)
    end = b""
    if zip64:
        end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, place)
        end += struct.pack("<4sLQL", b"PK\6\7", 0, place + size, 1)
        count, size, place = 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
    end += struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count & 0xFFFF, count & 0xFFFF, size, place, len(comment))
    path.write_bytes(body + listed + end + comment)
    return path
