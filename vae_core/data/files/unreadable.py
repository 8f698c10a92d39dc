"""What a file is that no picture could be read from, by its first bytes: its suffix may say anything."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

_START = 1024  # bytes looked at
_TO_DO = "convert it to JPEG or PNG"
# Where the bytes stand, what they are, and whose they are.
_SIGNATURES = (
    (0, b"FUJIFILMCCD-RAW", "a camera's raw file (RAF)"),
    (0, b"IIRO", "a camera's raw file (ORF)"),
    (0, b"IIRS", "a camera's raw file (ORF)"),
    (0, b"MMOR", "a camera's raw file (ORF)"),
    (0, b"IIU\0", "a camera's raw file (RW2)"),
    (0, b"FOVb", "a camera's raw file (X3F)"),
    (0, b"\0MRM", "a camera's raw file (MRW)"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (0, b"#?RADIANCE", "a Radiance picture"),
    (128, b"DICM", "a DICOM picture"),
)
# The brands of the container that films and newer pictures share.
_HEIC, _AVIF = "a HEIC picture", "an AVIF picture"
_BRANDS = dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), _HEIC)
_BRANDS |= {b"avif": _AVIF, b"avis": _AVIF, b"crx ": "a camera's raw file (CR3)"}

_SUBTYPE, _BITS, _COMPRESSION, _PHOTOMETRIC, _MAKE, _SAMPLES, _SAMPLE_FORMAT = 254, 258, 259, 262, 271, 277, 339
_DNG = 50706
_COLOUR_FILTER, _PREVIEW = 32803, 1
_RAW_COMPRESSIONS = {32767, 32769, 34713, 65535}  # Sony's, Kodak's, Nikon's, Pentax'
_NUMBERS = {1: "whole numbers", 2: "whole numbers", 3: "floats"}
_MOST_ENTRIES, _MOST_VALUES = 1000, 64
_TYPES = {1: "B", 3: "H", 4: "I", 16: "Q"}


def why_unreadable(file: BinaryIO) -> str | None:
    """A sentence on what the file is and what to do, or None where that is not known."""
    try:
        return _what_it_is(file)
    except OSError:  # its disk, or what it is on a disk, gives none of it
        return None


def _what_it_is(file: BinaryIO) -> str | None:
    file.seek(0)
    start = file.read(_START)
    if start.startswith(b"version https://git-lfs.github.com/spec/"):
        return "It is a Git LFS pointer in place of the picture; fetch the pictures with git lfs pull."
    if (name := _name_of(start)) or (name := raw_file(file)):
        return f"It is {name}; {_TO_DO}."
    if start.startswith(b"PAR1"):
        return "It is a Parquet table; hand it in by itself, without other pictures."
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"<svg") or (text.startswith((b"<?xml", b"<!--", b"<!doctype svg")) and b"<svg" in text):
        return "It is an SVG drawing; save it as PNG."
    return _bands(tiff_tags(file))


def raw_file(file: BinaryIO) -> str | None:
    """Its name, where a TIFF is what a camera's sensor saw; the picture in front of it is a small preview."""
    file.seek(0)
    if file.read(10)[8:] == b"CR":
        return "a camera's raw file (CR2)"
    tags = tiff_tags(file)
    if _DNG in tags:
        return "a camera's raw file (DNG)"
    filtered = _COLOUR_FILTER in tags.get(_PHOTOMETRIC, ())
    preview = _PREVIEW in tags.get(_SUBTYPE, ()) or _RAW_COMPRESSIONS & set(tags.get(_COMPRESSION, ()))
    return "a camera's raw file" if filtered or (_MAKE in tags and preview) else None


def _name_of(start: bytes) -> str | None:
    if start[4:8] == b"ftyp":
        length = min(int.from_bytes(start[:4], "big"), len(start))
        brands = [start[8:12], *(start[place : place + 4] for place in range(16, length, 4))]
        return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), None)
    return next((name for place, sign, name in _SIGNATURES if start[place:].startswith(sign)), None)


def _bands(tags: dict[int, tuple[int, ...]]) -> str | None:
    """The sentence for a TIFF of numbers that no picture for the eye has."""
    bits = tags.get(_BITS)
    if not bits:
        return None
    count = tags.get(_SAMPLES, (len(bits),))[0]
    numbers = _NUMBERS.get(tags.get(_SAMPLE_FORMAT, (1,))[0], "numbers")
    to_do = "with 8, 16 or 32 bits" if count == 1 else "as grey or RGB"
    return f"It has {count} band{'s' * (count != 1)} of {bits[0]}-bit {numbers}; save it {to_do}."


def tiff_tags(file: BinaryIO) -> dict[int, tuple[int, ...]]:
    """The whole numbers of a TIFF's first directory, tag by tag; a text's are its bytes. Empty for other files."""
    try:
        return dict(_entries(file))
    except (struct.error, OSError, OverflowError):
        return {}


def _entries(file: BinaryIO) -> Iterator[tuple[int, tuple[int, ...]]]:
    file.seek(0)
    start = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(start[:2])
    if order is None:
        return
    version = struct.unpack_from(f"{order}H", start, 2)[0]
    if version not in (42, 43):
        return
    # A TIFF that may pass 4 GiB has wider counts and places.
    place_at, count_form, entry_form, inline = (4, "H", "HHII", 4) if version == 42 else (8, "Q", "HHQQ", 8)
    (place,) = struct.unpack_from(f"{order}{'I' if version == 42 else 'Q'}", start, place_at)
    file.seek(place)
    (count,) = struct.unpack(f"{order}{count_form}", file.read(struct.calcsize(f"{order}{count_form}")))
    size = struct.calcsize(f"{order}{entry_form}")
    directory = file.read(min(count, _MOST_ENTRIES) * size)
    for at in range(0, len(directory) - size + 1, size):
        tag, kind, values, value_place = struct.unpack_from(f"{order}{entry_form}", directory, at)
        form = f"{order}{min(values, _MOST_VALUES)}{_TYPES.get(kind, 'B')}"
        length = struct.calcsize(form)
        if length <= inline:
            yield tag, struct.unpack_from(form, directory, at + size - inline)
        else:
            file.seek(value_place)
            yield tag, struct.unpack(form, file.read(length))
