"""What a film of images can be: its formats, and the limits of its settings. Light, so that a command can list them."""

from dataclasses import dataclass
from typing import Literal, get_args

from vae_core.errors import UserError

FilmFormat = Literal["gif", "mp4", "webp"]
Loop = Literal["once", "loop", "ping-pong"]

SIDE = (8, 1024)
FRAMES_PER_SECOND = (1, 60)
GIF_FRAMES_PER_SECOND = 50  # players slow down what is shown for less than 2/100 s


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
