"""Pictures as an MP4: H.264 in yuv420p, which every browser and player shows."""

import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import av
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

CODEC: Final = "libx264"
OPTIONS = {"crf": "14", "preset": "veryfast"}  # differences from the pictures can't be seen


def mp4_bytes(pictures: Iterator[Image.Image], frames_per_second: int) -> bytes:
    """The whole file. Odd sizes are made even by repeating a row or a column, since H.264's colour asks for it."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream(CODEC, rate=Fraction(frames_per_second), options=OPTIONS)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace = Colorspace.ITU709
        stream.codec_context.color_range = ColorRange.MPEG
        for index, picture in enumerate(pictures):
            width, height = (side + side % 2 for side in picture.size)
            if index == 0:
                stream.width, stream.height = width, height
            even = picture.convert("RGB").resize((width, height), Image.Resampling.NEAREST)
            frame = av.VideoFrame.from_image(even).reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()
