"""The list of files at the end of a ZIP archive, read within limits; an odd entry in it costs that file alone.

Layout: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3 and 4.4.
"""

import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from vae_core.data.files.encodings import encoding_of_names
from vae_core.data.files.intake import MIB, UploadLimits
from vae_core.errors import DatasetError

HEADER_BYTES = 30  # before a file's name, where the file itself lies
DAMAGED = "It is damaged within the archive."
_SHARED = "It shares its bytes with other files of the archive; zip the files anew."

_END = struct.Struct("<4s4H2LH")
_LOCATOR_64 = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4s12x2L4Q")
_ENTRY = struct.Struct("<4s4x2H4x3L3H4x2L")
_FIELD = struct.Struct("<2H")
_LONGEST_COMMENT = 0xFFFF
_UTF8_FLAG = 0x800
_ZIP64_FIELD, _IN_ZIP64_FIELD = 0x0001, 0xFFFFFFFF
_NAME_FIELD = 0x7075  # Info-ZIP's: the name in UTF-8, and the checksum of the one it stands for
_NAME_FIELD_MARK = _NAME_FIELD.to_bytes(2, "little")
_KINDS = {
    b"PK": "its end is missing, as when copying or loading it was broken off",
    b"Rar!": "it is a RAR archive",
    b"7z\xbc\xaf": "it is a 7-Zip archive",
    b"\x1f\x8b": "it is a gzip file",
    b"<!": "it is a web page",
    b"<h": "it is a web page",
}


class Member(NamedTuple):
    """A file as its entry tells it; the fields are named as in `zipfile.ZipInfo`, sizes and offsets are bytes."""

    filename: str
    flag_bits: int
    compress_type: int
    CRC: int
    compress_size: int
    file_size: int
    external_attr: int
    header_offset: int


@dataclass(frozen=True)
class Directory:
    """Members in the order of their entries, and where in the file each one begins, ascending, and where the list.

    Of several of one name the last one is a member, as whoever unpacks them is left with; `replaced` are the others.
    """

    members: list[Member]
    replaced: list[Member]
    beginnings: list[int]

    def end_of(self, member: Member) -> int:
        """Where the next one begins, or the list."""
        return self.beginnings[bisect_right(self.beginnings, member.header_offset)]

    def misplaced(self, member: Member) -> str | None:
        """A sentence on a member that is outside of the archive, or whose bytes are also others'."""
        if not 0 <= member.header_offset < self.beginnings[-1]:
            return DAMAGED
        following = bisect_right(self.beginnings, member.header_offset)
        again = following > 1 and self.beginnings[following - 2] == member.header_offset
        least = member.header_offset + HEADER_BYTES + member.compress_size
        return _SHARED if again or least > self.beginnings[following] else None


class _End(NamedTuple):
    """What the end of an archive says of its list: where that ends, its entries, its bytes, where it should begin."""

    place: int
    entries: int
    size: int
    offset: int


def read_directory(file: BinaryIO, name: str, suffix: str, limits: UploadLimits) -> Directory:
    """The directory of what a person calls `name` and takes for a file that deserves its `suffix`.

    Raises:
        DatasetError: it is none, damaged, one part of several, cannot be read, or lists more than the limits allow.
    """
    try:
        end = _read_end(file)
        too_many = DatasetError(f"{name} has more than {limits.members:,} files, the limit; make it smaller.")
        if end.entries > limits.members:
            raise too_many
        if end.size > limits.directory_bytes:
            raise DatasetError(
                f"{name} takes {end.size / MIB:,.0f} MiB to list its files, more than the limit of "
                f"{limits.directory_bytes / MIB:,.0f} MiB; make it smaller."
            )
        start = end.place - end.size
        if start < 0:
            raise _UnreadableError("its list of files is cut off")
        members = _read_members(_read(file, start, end.size), start - end.offset, limits.members + 1)
    except OSError as error:
        raise DatasetError(f"{name} cannot be read: {error.strerror}.") from error
    except _UnreadableError as error:
        raise DatasetError(f"{name} is not a readable {suffix} file ({error}); make it anew.") from error
    if len(members) > limits.members:
        raise too_many
    beginnings = sorted(member.header_offset for member in members if member.header_offset < start)
    return Directory(*_last_of_each_name(members), [*beginnings, start])


class _UnreadableError(Exception):
    """The message goes on where "is not a readable file" ends."""


def _read(file: BinaryIO, start: int, count: int) -> bytes:
    file.seek(start)
    content = file.read(count)
    if len(content) < count:
        raise _UnreadableError("it is cut off")
    return content


def _read_end(file: BinaryIO) -> _End:
    total = file.seek(0, 2)
    place, (_, disk, first_disk, _, entries, size, offset, _) = _find_end(file, total)
    if found := _find_long_end(file, place):
        place, (_, disk, first_disk, _, entries, size, offset) = found
    if disk or first_disk:
        raise _UnreadableError("it is one part of an archive in several; join them first")
    return _End(place, entries, size, offset)


def _find_end(file: BinaryIO, total: int) -> tuple[int, tuple[Any, ...]]:
    """Where the end record stands, and its fields: the last one that a comment of its own length follows."""
    start = max(0, total - _END.size - _LONGEST_COMMENT)
    tail = _read(file, start, total - start)
    nearly = None
    at = tail.rfind(b"PK\5\6")
    while at >= 0:
        if at + _END.size <= len(tail):
            record = _END.unpack_from(tail, at)
            if at + _END.size + record[-1] == len(tail):
                return start + at, record
            nearly = nearly or (start + at, record)
        at = tail.rfind(b"PK\5\6", 0, at)
    if nearly:
        return nearly  # somebody has put something behind the archive
    raise _UnreadableError(_other_kind(_read(file, 0, min(total, 4))))


def _find_long_end(file: BinaryIO, end: int) -> tuple[int, tuple[Any, ...]] | None:
    """The same of ZIP64's end record, which a locator before the usual one tells of; None where there is none."""
    locator = end - _LOCATOR_64.size
    if locator < 0:
        return None
    mark, _, told, _ = _LOCATOR_64.unpack(_read(file, locator, _LOCATOR_64.size))
    if mark != b"PK\6\7":
        return None
    # Nearly always right before; what is told leaves out whatever was put before the archive.
    for place in (locator - _END_64.size, told):
        if 0 <= place <= locator - _END_64.size:
            record = _END_64.unpack(_read(file, place, _END_64.size))
            if record[0] == b"PK\6\6":
                return place, record
    return None


def _other_kind(first: bytes) -> str:
    if not first:
        return "it is empty"
    return next((kind for mark, kind in _KINDS.items() if first.startswith(mark)), "it holds something else")


def _read_members(content: bytes, shift: int, most: int) -> list[Member]:
    """At most so many of the entries that a list of files holds, offsets moved by `shift`."""
    entries: list[tuple[int, ...]] = []
    names: list[tuple[bytes, bool, str | None]] = []
    at = 0
    while at < len(content) and len(entries) < most:
        if at + _ENTRY.size > len(content):
            raise _UnreadableError("its list of files is cut off")
        mark, flags, method, crc, packed, whole, *lengths, attributes, offset = _ENTRY.unpack_from(content, at)
        if mark != b"PK\1\2":
            raise _UnreadableError("its list of files is damaged")
        name_end = at + _ENTRY.size + lengths[0]
        raw, extra = content[at + _ENTRY.size : name_end], content[name_end : name_end + lengths[1]]
        if _IN_ZIP64_FIELD in (packed, whole, offset):
            whole, packed, offset = _long_numbers(extra, whole, packed, offset)
        names.append((raw, bool(flags & _UTF8_FLAG), _unicode_name(extra, raw)))
        entries.append((flags, method, crc, packed, whole, attributes, offset + shift))
        at = name_end + lengths[1] + lengths[2]
    if at > len(content):
        raise _UnreadableError("its list of files is cut off")
    return [Member(name, *entry) for name, entry in zip(_decoded(names), entries, strict=True)]


def _last_of_each_name(members: list[Member]) -> tuple[list[Member], list[Member]]:
    """The members that count, and those that later ones of their name replace."""
    last: dict[str, Member] = {}
    replaced = []
    for member in members:
        name = member.filename.replace("\\", "/")  # which Windows programs write in place of slashes
        if name in last:
            replaced.append(last.pop(name))
        last[name] = member
    return list(last.values()), replaced


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _FIELD.size <= len(extra):
        kind, length = _FIELD.unpack_from(extra, at)
        at += _FIELD.size
        yield kind, extra[at : at + length]
        at += length


def _long_numbers(extra: bytes, *numbers: int) -> Iterator[int]:
    """The numbers, those of more than 32 bits from the ZIP64 field, which holds only them, in this order."""
    content = next((content for kind, content in _fields(extra) if kind == _ZIP64_FIELD), b"")
    at = 0
    for number in numbers:
        if number == _IN_ZIP64_FIELD and at + 8 <= len(content):
            yield int.from_bytes(content[at : at + 8], "little")
            at += 8
        else:
            yield number


def _unicode_name(extra: bytes, raw: bytes) -> str | None:
    if _NAME_FIELD_MARK not in extra:
        return None
    for kind, content in _fields(extra):
        if kind == _NAME_FIELD and content[:5] == b"\1" + zlib.crc32(raw).to_bytes(4, "little"):
            return _as_utf8(content[5:])
    return None


def _as_utf8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _decoded(names: list[tuple[bytes, bool, str | None]]) -> list[str]:
    """Names from their bytes, whether these say that they are UTF-8, and what a field of its own says instead."""
    texts = [own or (_as_utf8(raw) if flagged else None) for raw, flagged, own in names]
    encoding = encoding_of_names(raw for (raw, _, _), text in zip(names, texts, strict=True) if text is None)
    return [raw.decode(encoding) if text is None else text for (raw, _, _), text in zip(names, texts, strict=True)]
