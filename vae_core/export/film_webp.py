"""Pictures as an animated, lossless WebP, frame by frame.

Pillow compresses each frame; the container is written here, since libwebp merges successive frames that are alike,
and a film must have as many frames as were asked for. Format: "WebP Container Specification" (RFC 9649).
"""

import io
from collections.abc import Iterator, Sequence
from itertools import pairwise

from PIL import Image

TICKS_PER_SECOND = 1000
METHOD = 4  # of 6: the least that sees the repeats of enlarged pixels, for a tenth of the size or less
RIFF_HEADER = 12  # "RIFF", size, "WEBP"
ANIMATED = 0x02
OPAQUE = 0x02  # replaces what was there instead of blending with it


def webp_bytes(pictures: Iterator[Image.Image], boundaries: Sequence[int], repeats: bool) -> bytes:
    """The whole file; frame i is shown from `boundaries[i]` to the next, in milliseconds."""
    canvas, shown = b"", []
    for picture, (start, end) in zip(pictures, pairwise(boundaries), strict=True):
        canvas = b"".join(_number(side - 1, 3) for side in picture.size)
        placed = bytes(6) + canvas + _number(end - start, 3) + bytes([OPAQUE])
        shown.append(_chunk(b"ANMF", placed + _compressed(picture)))
    header = _chunk(b"VP8X", bytes([ANIMATED, 0, 0, 0]) + canvas)
    animation = _chunk(b"ANIM", bytes(4) + _number(0 if repeats else 1, 2))
    return _chunk(b"RIFF", b"".join([b"WEBP", header, animation, *shown]))


def _compressed(picture: Image.Image) -> bytes:
    """The chunk that holds a picture's pixels in a WebP of its own."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "WEBP", lossless=True, quality=0, method=METHOD)
    return buffer.getvalue()[RIFF_HEADER:]


def _number(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + _number(len(content), 4) + content + bytes(len(content) % 2)
