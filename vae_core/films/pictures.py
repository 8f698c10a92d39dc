"""Images of a model as pictures: one, many side by side, and what a film of them can be. Light: commands list it."""

import io
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vae_core.errors import UserError
from vae_core.interpolation.paths import Floats

FilmFormat = Literal["gif", "mp4", "webp"]
Loop = Literal["once", "loop", "ping-pong"]

SIDE = (8, 1024)
FRAMES_PER_SECOND = (1, 60)
GIF_FRAMES_PER_SECOND = 50  # players slow down what is shown for less than 2/100 s


LARGEST_SHEET = 1 << 26  # pixels; viewers refuse more
LEAST_TILE = 64  # pixels a side of a contact sheet's images, by whole multiples of their own
GAP = 4  # between them


@dataclass(frozen=True)
class FilmSettings:
    """How a film is shown: pixels a side, frames a second, and what happens at its end.

    "ping-pong" appends the way back, without the two end frames, and repeats. MP4 has no notion of repeating: there
    "loop" is "once", and it is for the player to start again.

    Raises:
        UserError: a setting is outside its limits.
    """

    format: FilmFormat
    side: int = 256
    frames_per_second: int = 24
    loop: Loop = "loop"

    def __post_init__(self) -> None:
        if self.format not in get_args(FilmFormat):
            raise UserError(f"a film is {', '.join(get_args(FilmFormat))} (got {self.format!r}).")
        if self.loop not in get_args(Loop):
            raise UserError(f"loop is {', '.join(get_args(Loop))} (got {self.loop!r}).")
        check_side(self.side)
        least, most = FRAMES_PER_SECOND
        if not least <= self.frames_per_second <= most:
            raise UserError(f"frames a second must be {least} to {most} (got {self.frames_per_second}).")
        if self.format == "gif" and self.frames_per_second > GIF_FRAMES_PER_SECOND:
            raise UserError(
                f"a GIF shows at most {GIF_FRAMES_PER_SECOND} frames a second (got {self.frames_per_second}); "
                "take fewer, or WebP or MP4."
            )

    @property
    def repeats(self) -> bool:
        """Whether the file asks its player to start again."""
        return self.loop != "once"

    def order(self, frames: int) -> list[int]:
        """Which frame is shown when: indices into the images."""
        back = range(frames - 2, 0, -1) if self.loop == "ping-pong" else ()
        return [*range(frames), *back]

    def duration(self, frames: int) -> float:
        """How many seconds the film lasts, until it starts again."""
        return len(self.order(frames)) / self.frames_per_second

    def boundaries(self, shown: int, units_per_second: int) -> list[int]:
        """When each of the frames shown begins and the last ends, rounded to a clock's ticks.

        Rounding times rather than durations keeps the whole as long as it should be.
        """
        return [round(units_per_second * index / self.frames_per_second) for index in range(shown + 1)]


def check_side(side: int) -> None:
    """Refuse a picture's side in pixels outside its limits.

    Raises:
        UserError: it is.
    """
    least, most = SIDE
    if not least <= side <= most:
        raise UserError(f"pictures have {least} to {most} pixels a side (got {side}).")


def sheet_bytes(images: Floats, *, side: int = 256, columns: int | None = None) -> bytes:
    """A PNG of images (N, 1 or 3, H, W) in [0, 1], row by row without gaps; by default all in one row.

    Places that are left over in the last row are black.

    Raises:
        UserError: the side or the number of columns is outside its limits, or the sheet would be too large.
    """
    check_side(side)
    count = len(images)
    columns = count if columns is None else columns
    if not 1 <= columns <= count:
        raise UserError(f"columns must be 1 to {count}, the number of images (got {columns}).")
    rows = -(-count // columns)
    if columns * rows * side * side > LARGEST_SHEET:
        raise UserError(f"{count} images of {side} pixels a side make too large a picture; take fewer or smaller ones.")
    first = picture(images[0], side)
    sheet = Image.new(first.mode, (columns * first.width, rows * first.height))
    for index, image in enumerate(images):
        sheet.paste(picture(image, side), (index % columns * first.width, index // columns * first.height))
    return _png(sheet)


def picture(image: Floats, side: int) -> Image.Image:
    """An image (1 or 3, H, W) in [0, 1] as a grey or colour picture, its longer side `side` pixels.

    Enlarged by repeating pixels, so that they stay crisp; reduced by averaging them.
    """
    pixels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    whole = Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0))
    longer = max(whole.size)
    size = (max(1, round(whole.width * side / longer)), max(1, round(whole.height * side / longer)))
    return whole.resize(size, Image.Resampling.NEAREST if side >= longer else Image.Resampling.BOX)


def contact_sheet(images: Floats, columns: int) -> bytes:
    """A PNG of images (N, 1 or 3, H, W) in [0, 1], row by row; the gaps between them are transparent."""
    tile = _tile(images.shape[-1])
    pitch, rows = tile + GAP, -(-len(images) // columns)
    sheet = Image.new("RGBA", (columns * pitch - GAP, rows * pitch - GAP))
    for index, image in enumerate(images):
        sheet.paste(picture(image, tile).convert("RGB"), (index % columns * pitch, index // columns * pitch))
    return _png(sheet)


def on_contact_sheet(sheet: bytes, size: int, count: int) -> NDArray[np.uint8]:
    """Images of a contact sheet, evenly from all of it, exactly as they were: (count, 3, size, size), or all it has."""
    tile = _tile(size)
    with Image.open(io.BytesIO(sheet)) as opened:
        pixels = np.asarray(opened.convert("RGBA"))
    step, pitch = tile // size, tile + GAP
    corners = [(y, x) for y in range(0, pixels.shape[0], pitch) for x in range(0, pixels.shape[1], pitch)]
    tiles = [pixels[y : y + tile : step, x : x + tile : step] for y, x in corners if pixels[y, x, 3]]
    chosen = np.linspace(0, len(tiles) - 1, min(count, len(tiles))).round().astype(int)
    return np.stack(tiles)[chosen][..., :3].transpose(0, 3, 1, 2)


def _tile(size: int) -> int:
    """Pixels a side of an image on a contact sheet."""
    return size * -(-LEAST_TILE // size)


def _png(sheet: Image.Image) -> bytes:
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()
