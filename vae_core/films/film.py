"""A sequence of images as a film: GIF, MP4 or WebP, as bytes that are whole or not there.

Pillow compresses the frames of GIF and WebP, but their containers are written here: Pillow and libwebp merge
successive frames that are alike, and a film must have as many frames as were asked for. Formats: GIF89a, and
"WebP Container Specification" (RFC 9649).
"""

import io
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final

import av
from av.video.reformatter import ColorRange, Colorspace
from PIL import GifImagePlugin, Image

from vae_core.films.pictures import FilmSettings, picture
from vae_core.interpolation.paths import Floats
from vae_core.progress import Progress, ProgressListener, silent

GIF_TICKS = 100  # a second
GIF_MILLISECONDS = 10  # a tick
GIF_COLOURS = 256
GIF_NO_GLOBAL_COLOURS = b"\x70\x00\x00"
GIF_REPEAT_FOR_EVER = b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
GIF_END = b";"

WEBP_TICKS = 1000  # a second
WEBP_METHOD = 4  # of 6: the least that sees the repeats of enlarged pixels, for a tenth of the size or less
WEBP_ANIMATED = 0x02
WEBP_OPAQUE = 0x02  # replaces what was there instead of blending with it
RIFF_HEADER = 12  # "RIFF", size, "WEBP"

MP4_CODEC: Final = "libx264"
MP4_OPTIONS = {"crf": "14", "preset": "veryfast"}  # differences from the pictures can't be seen


class FilmCancelledError(Exception):
    """`should_stop` said so; there is no film."""


def film_bytes(
    images: Floats,
    settings: FilmSettings,
    *,
    progress: ProgressListener = silent,
    should_stop: Callable[[], bool] = lambda: False,
) -> bytes:
    """A file with one frame for each image (N, 1 or 3, H, W) in [0, 1], or with the way back as well.

    WebP is lossless, GIF exact for grey images, MP4 as near as makes no visible difference.

    Raises:
        FilmCancelledError: `should_stop` said so between two frames.
    """
    order = settings.order(len(images))

    def pictures() -> Iterator[Image.Image]:
        for done, index in enumerate(order):
            if should_stop():
                raise FilmCancelledError
            progress(Progress("film", done, len(order)))
            yield picture(images[index], settings.side)

    if settings.format == "mp4":
        content = _mp4(pictures(), settings.frames_per_second)
    elif settings.format == "gif":
        boundaries = settings.boundaries(len(order), GIF_TICKS)
        content = _gif(pictures(), boundaries, settings.repeats)
    else:
        boundaries = settings.boundaries(len(order), WEBP_TICKS)
        content = _webp(pictures(), boundaries, settings.repeats)
    progress(Progress("film", len(order), len(order)))
    return content


def _gif(pictures: Iterator[Image.Image], boundaries: Sequence[int], repeats: bool) -> bytes:
    """A GIF; frame i is shown from `boundaries[i]` to the next, in 1/100 s.

    Grey pictures are exact; colour ones are reduced to the 256 colours that suit each of them best.
    """
    size, shown = b"", []
    for frame, (start, end) in zip(pictures, pairwise(boundaries), strict=True):
        size = b"".join(side.to_bytes(2, "little") for side in frame.size)
        indexed = frame.convert("P") if frame.mode == "L" else frame.quantize(GIF_COLOURS, dither=Image.Dither.NONE)
        duration = (end - start) * GIF_MILLISECONDS
        shown += GifImagePlugin.getdata(indexed, duration=duration, include_color_table=True)
    header = b"GIF89a" + size + GIF_NO_GLOBAL_COLOURS + (GIF_REPEAT_FOR_EVER if repeats else b"")
    return b"".join([header, *shown, GIF_END])


def _webp(pictures: Iterator[Image.Image], boundaries: Sequence[int], repeats: bool) -> bytes:
    """An animated, lossless WebP; frame i is shown from `boundaries[i]` to the next, in milliseconds."""
    canvas, shown = b"", []
    for frame, (start, end) in zip(pictures, pairwise(boundaries), strict=True):
        canvas = b"".join(_number(side - 1, 3) for side in frame.size)
        placed = bytes(6) + canvas + _number(end - start, 3) + bytes([WEBP_OPAQUE])
        shown.append(_chunk(b"ANMF", placed + _compressed(frame)))
    header = _chunk(b"VP8X", bytes([WEBP_ANIMATED, 0, 0, 0]) + canvas)
    animation = _chunk(b"ANIM", bytes(4) + _number(0 if repeats else 1, 2))
    return _chunk(b"RIFF", b"".join([b"WEBP", header, animation, *shown]))


def _compressed(frame: Image.Image) -> bytes:
    """The chunk that holds a picture's pixels in a WebP of its own."""
    buffer = io.BytesIO()
    frame.convert("RGB").save(buffer, "WEBP", lossless=True, quality=0, method=WEBP_METHOD)
    return buffer.getvalue()[RIFF_HEADER:]


def _number(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + _number(len(content), 4) + content + bytes(len(content) % 2)


def _mp4(pictures: Iterator[Image.Image], frames_per_second: int) -> bytes:
    """H.264 in yuv420p, which every browser and player shows.

    Odd sizes are made even by repeating a row or a column, since H.264's colour asks for it.
    """
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream(MP4_CODEC, rate=Fraction(frames_per_second), options=MP4_OPTIONS)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace = Colorspace.ITU709
        stream.codec_context.color_range = ColorRange.MPEG
        for index, frame in enumerate(pictures):
            width, height = (side + side % 2 for side in frame.size)
            if index == 0:
                stream.width, stream.height = width, height
            even = frame.convert("RGB").resize((width, height), Image.Resampling.NEAREST)
            encoded = av.VideoFrame.from_image(even).reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
            )
            container.mux(stream.encode(encoded))
        container.mux(stream.encode())
    return buffer.getvalue()
