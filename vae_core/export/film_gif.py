"""Pictures as an animated GIF (GIF89a), frame by frame.

Pillow compresses each frame; the container is written here, since Pillow merges successive frames that are alike,
and a film must have as many frames as were asked for.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from PIL import GifImagePlugin, Image

COLOURS = 256
TICKS_PER_SECOND = 100
MILLISECONDS_PER_TICK = 10
NO_GLOBAL_COLOURS = b"\x70\x00\x00"
REPEAT_FOR_EVER = b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
END = b";"


def gif_bytes(pictures: Iterator[Image.Image], boundaries: Sequence[int], repeats: bool) -> bytes:
    """The whole file; frame i is shown from `boundaries[i]` to the next, in 1/100 s.

    Grey pictures are exact; colour ones are reduced to the 256 colours that suit each of them best.
    """
    size, shown = b"", []
    for picture, (start, end) in zip(pictures, pairwise(boundaries), strict=True):
        size = b"".join(side.to_bytes(2, "little") for side in picture.size)
        indexed = picture.convert("P") if picture.mode == "L" else picture.quantize(COLOURS, dither=Image.Dither.NONE)
        duration = (end - start) * MILLISECONDS_PER_TICK
        shown += GifImagePlugin.getdata(indexed, duration=duration, include_color_table=True)
    header = b"GIF89a" + size + NO_GLOBAL_COLOURS + (REPEAT_FOR_EVER if repeats else b"")
    return b"".join([header, *shown, END])
