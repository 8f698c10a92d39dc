"""A few pictures as they were handed in, and what a model will see of each. Free of torch."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from vae_core.config import Crop
from vae_core.data.files.arrays import is_array_file, open_arrays
from vae_core.data.files.decoding import decode, read_header
from vae_core.data.files.framing import frame_picture, kept_box
from vae_core.data.files.intake import DEFAULT_LIMITS, UnusableFileError, UploadLimits
from vae_core.data.files.sources import FileSource, open_source
from vae_core.data.files.survey import spread
from vae_core.data.files.treatment import AS_USUAL, Treatment

LOOKED_AT = 500  # headers, spread over all files
HEIGHT = 160  # pixels of a picture shown
WIDEST = 2  # times its height
GAP = 8


@dataclass(frozen=True)
class Pair:
    """One picture of width × height pixels: a PNG of it, what is kept outlined, beside what a model sees."""

    width: int
    height: int
    sheet: bytes


def examples(
    path: Path,
    image_size: int,
    channels: int,
    crop: Crop,
    count: int,
    treatment: Treatment = AS_USUAL,
    limits: UploadLimits = DEFAULT_LIMITS,
) -> list[Pair]:
    """At most `count` pictures of a folder, .zip or file of arrays that framing changes, spread over those not square.

    `treatment` is the data set's own, so that the pictures are seen here as they are learned. None where every picture
    that was looked at has the wanted size. Raises DatasetError where `path` cannot be opened.
    """
    pictures: Iterable[tuple[Image.Image, tuple[int, int]]]
    if is_array_file(path):
        pictures = ((picture, picture.size) for picture in _of_arrays(path, image_size, count, limits))
    else:
        pictures = _of_files(path, image_size, count, limits, treatment)
    return [Pair(*size, _side_by_side(picture, image_size, channels, crop)) for picture, size in pictures]


def _of_files(
    path: Path, image_size: int, count: int, limits: UploadLimits, treatment: Treatment
) -> Iterator[tuple[Image.Image, tuple[int, int]]]:
    """Pictures as large as they are shown, and the sizes they have in their files."""
    with open_source(path, limits) as source:
        changed = [(index, size) for index, size in _sizes(source, limits) if size != (image_size, image_size)]
        oblong = [(index, size) for index, size in changed if size[0] != size[1]]
        for index, _ in spread(oblong or changed, count):
            try:
                with source.open(index) as file:
                    decoded = decode(file, limits, max(image_size, HEIGHT), treatment)
            except UnusableFileError:
                continue  # the import report names it
            yield decoded.picture, (decoded.width, decoded.height)


def _sizes(source: FileSource, limits: UploadLimits) -> Iterator[tuple[int, tuple[int, int]]]:
    """Index, width and height of readable pictures, spread over the source."""
    for index in spread(range(len(source.names)), LOOKED_AT):
        try:
            with source.open(index) as file:
                header = read_header(file, limits)
        except UnusableFileError:
            continue  # the import report names it
        yield index, (header.width, header.height)


def _of_arrays(path: Path, image_size: int, count: int, limits: UploadLimits) -> Iterator[Image.Image]:
    with open_arrays(path, limits) as arrays:
        if arrays.image_shape[2:] == (image_size, image_size):
            return
        for block in arrays.blocks(arrays.parts[0], count):
            for image in block:
                yield Image.fromarray(image[0] if len(image) == 1 else np.ascontiguousarray(image.transpose(1, 2, 0)))


def _side_by_side(picture: Image.Image, image_size: int, channels: int, crop: Crop) -> bytes:
    """The picture with what is kept of it outlined, and the framed image enlarged to the same height."""
    scale = min(HEIGHT / picture.height, WIDEST * HEIGHT / picture.width)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    shown = picture.convert("RGBA").resize((width, height))
    left, top, right, bottom = (round(edge * scale) for edge in kept_box(*picture.size, crop))
    draw = ImageDraw.Draw(shown)
    # A white line on a black one: it is seen on any picture.
    for colour, breadth in (("black", 3), ("white", 1)):
        draw.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), outline=colour, width=breadth)
    framed = frame_picture(picture, image_size, channels, crop)
    seen = Image.fromarray(framed[0] if channels == 1 else np.ascontiguousarray(framed.transpose(1, 2, 0)))
    sheet = Image.new("RGBA", (width + GAP + HEIGHT, HEIGHT))
    sheet.paste(shown, (0, (HEIGHT - height) // 2))
    sheet.paste(seen.convert("RGBA").resize((HEIGHT, HEIGHT), Image.Resampling.NEAREST), (width + GAP, 0))
    buffer = BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()
