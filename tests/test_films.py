"""Films, sheets and tables of latents, read back with Pillow, PyAV and csv."""

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from vae_core.errors import UserError
from vae_core.films.film import FilmCancelledError, film_bytes
from vae_core.films.pictures import FilmFormat, FilmSettings, Loop, sheet_bytes
from vae_core.interpolation.latents_csv import latents_csv, parse_latents, read_latents
from vae_core.interpolation.paths import Floats
from vae_core.progress import Progress


def fading(count: int, channels: int = 1, size: int = 8) -> Floats:
    """Images from noise to other noise."""
    a, b = np.random.default_rng(0).random((2, channels, size, size))
    shares = np.linspace(0, 1, count)[:, None, None, None]
    return (1 - shares) * a + shares * b


def enlarged(images: Floats, side: int) -> NDArray[np.uint8]:
    """What the frames of a film should be: (N, side, side, 3)."""
    pixels = np.rint(images * 255).astype(np.uint8)
    pixels = pixels.repeat(side // images.shape[2], 2).repeat(side // images.shape[3], 3)
    return np.broadcast_to(pixels, (len(pixels), 3, side, side)).transpose(0, 2, 3, 1)


def frames_of(content: bytes) -> tuple[list[NDArray[Any]], list[int], dict[str, Any]]:
    """Frames as RGB, how long each is shown in milliseconds, and the file's first notes."""
    frames, durations = [], []
    with Image.open(io.BytesIO(content)) as film:
        notes = {str(key): value for key, value in film.info.items()}
        for frame in ImageSequence.Iterator(film):
            frames.append(np.asarray(frame.convert("RGB")))
            durations.append(film.info["duration"])
    return frames, durations, notes


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("form", ["gif", "webp"])
def test_lossless_films_have_exactly_the_frames_that_were_given(form: FilmFormat, channels: int) -> None:
    images = fading(7, channels)
    frames, durations, notes = frames_of(film_bytes(images, FilmSettings(form, side=24, frames_per_second=10)))
    assert sum(durations) == 700
    assert notes["loop"] == 0
    np.testing.assert_array_equal(frames, enlarged(images, 24))  # fewer than 256 colours, so GIF is exact as well


def test_a_gif_of_many_colours_comes_near_to_them() -> None:
    images = fading(3, 3, 64)
    frames, _, _ = frames_of(film_bytes(images, FilmSettings("gif", side=64)))
    errors = np.abs(np.array(frames, int) - enlarged(images, 64))
    assert errors.mean() < 16


@pytest.mark.parametrize("form", ["gif", "webp", "mp4"])
def test_equal_frames_are_not_merged(form: FilmFormat) -> None:
    content = film_bytes(np.full((9, 1, 8, 8), 0.3), FilmSettings(form, side=16, frames_per_second=9))
    if form == "mp4":
        with av.open(io.BytesIO(content), "r") as film:
            assert len(list(film.decode(video=0))) == 9
    else:
        frames, durations, _ = frames_of(content)
        assert (len(frames), sum(durations)) == (9, 1000)


@pytest.mark.parametrize("frames_per_second", [1, 7, 24, 30, 48, 50])
def test_the_whole_lasts_as_long_as_it_should(frames_per_second: int) -> None:
    for form, tick in (("gif", 10), ("webp", 1)):
        _, durations, _ = frames_of(film_bytes(fading(25), FilmSettings(form, 8, frames_per_second)))  # type: ignore[arg-type]
        assert sum(durations) == pytest.approx(25_000 / frames_per_second, abs=tick / 2)
        assert min(durations) >= 20  # what is shown for less, players slow down
        assert max(durations) - min(durations) <= tick


@pytest.mark.parametrize(("form", "repeats"), [("gif", None), ("webp", 1)])
def test_how_a_film_ends(form: FilmFormat, repeats: int | None) -> None:
    images = fading(5)
    expected: dict[Loop, tuple[int | None, list[int]]] = {
        "once": (repeats, [0, 1, 2, 3, 4]),
        "loop": (0, [0, 1, 2, 3, 4]),
        "ping-pong": (0, [0, 1, 2, 3, 4, 3, 2, 1]),
    }
    for loop, (count, order) in expected.items():
        settings = FilmSettings(form, side=8, frames_per_second=20, loop=loop)
        frames, _, notes = frames_of(film_bytes(images, settings))
        assert notes.get("loop") == count
        np.testing.assert_array_equal(frames, enlarged(images[order], 8))
        assert settings.duration(5) == len(order) / 20


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("side", "shown"), [(64, 64), (65, 66)])
def test_mp4_is_h264_that_every_player_shows(side: int, shown: int, channels: int) -> None:
    images = fading(31, channels)
    content = film_bytes(images, FilmSettings("mp4", side=side, frames_per_second=25, loop="ping-pong"))
    with av.open(io.BytesIO(content), "r") as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.codec.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height, stream.frames, stream.average_rate) == (shown, shown, 60, Fraction(25))
        assert stream.duration is not None
        assert stream.time_base is not None
        assert float(stream.duration * stream.time_base) == pytest.approx(60 / 25)
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(frames) == 60
    if side == 64:
        errors = np.abs(np.array(frames, int)[:31] - enlarged(images, 64)).mean((1, 2, 3))
        assert errors.max() < (3 if channels == 1 else 12)  # colour has half the resolution


def test_smaller_pictures_are_averages() -> None:
    images = fading(2, 3, 32)
    frames, _, _ = frames_of(film_bytes(images, FilmSettings("webp", side=16)))
    blocks = np.rint(images * 255).reshape(2, 3, 16, 2, 16, 2).mean((3, 5)).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(frames, blocks, atol=1.01)  # rounded twice: along rows and columns


@pytest.mark.parametrize("form", ["gif", "webp", "mp4"])
def test_a_film_tells_of_every_frame_and_can_be_cancelled(form: FilmFormat) -> None:
    told: list[Progress] = []
    film_bytes(fading(6), FilmSettings(form, side=8), progress=told.append)
    assert [entry.done for entry in told] == list(range(7))
    told.clear()
    with pytest.raises(FilmCancelledError):
        film_bytes(fading(6), FilmSettings(form, side=8), progress=told.append, should_stop=lambda: len(told) == 3)
    assert len(told) == 3


@pytest.mark.parametrize("channels", [1, 3])
def test_sheets_are_exact(channels: int) -> None:
    images = fading(5, channels)
    with Image.open(io.BytesIO(sheet_bytes(images, side=16))) as strip:
        np.testing.assert_array_equal(np.asarray(strip.convert("RGB")), np.concatenate(enlarged(images, 16), axis=1))
    with Image.open(io.BytesIO(sheet_bytes(images, side=16, columns=2))) as grid:
        assert grid.size == (32, 48)
        pixels = np.asarray(grid.convert("RGB")).reshape(3, 16, 2, 16, 3).swapaxes(1, 2).reshape(6, 16, 16, 3)
    np.testing.assert_array_equal(pixels[:5], enlarged(images, 16))
    assert not pixels[5].any()


MISTAKES = {
    "format": (lambda: FilmSettings("avi"), "gif, mp4, webp"),  # type: ignore[arg-type]
    "loop": (lambda: FilmSettings("gif", loop="twice"), "ping-pong"),  # type: ignore[arg-type]
    "side": (lambda: FilmSettings("gif", side=4), "8 to 1024 pixels a side"),
    "rate": (lambda: FilmSettings("mp4", frames_per_second=0), "1 to 60"),
    "fast GIF": (lambda: FilmSettings("gif", frames_per_second=51), "at most 50 .* WebP or MP4"),
    "columns": (lambda: sheet_bytes(fading(3), columns=4), "columns must be 1 to 3"),
    "sheet": (lambda: sheet_bytes(fading(100), side=1024), "too large a picture"),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_setting_outside_its_limits_is_named(kind: str) -> None:
    ask, message = MISTAKES[kind]
    with pytest.raises(UserError, match=message):
        ask()


@pytest.mark.parametrize("names", [None, ["a", 'b, "c"\nd', ""]])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_latents_come_back_exactly(tmp_path: Path, names: list[str] | None, dtype: type) -> None:
    latents: Floats = np.random.default_rng(0).normal(size=(3, 4)).astype(dtype)
    (tmp_path / "z.csv").write_text(latents_csv(latents, names), newline="")
    found = read_latents(tmp_path / "z.csv", 4)
    np.testing.assert_array_equal(found.latents.astype(dtype), latents)
    assert found.names == tuple(names or ["", "", ""])


def test_the_trays_own_file_is_read() -> None:
    found = parse_latents("name,z1,z2\r\nboot,1,-2.5e-3\r\n\r\n", 2, source="tray.csv")
    np.testing.assert_array_equal(found.latents, [[1, -0.0025]])
    assert found.names == ("boot",)


BAD_FILES = {
    "empty": (b"", "row 1 must name the columns"),
    "no rows": (b"z1,z2\n", "holds no latents"),
    "no header": (b"1,2\n3,4\n", "row 1 must name the columns of a 2-dimensional latent"),
    "another model's": (b"frame,z1,z2,z3\n0,1,2,3\n", "row 1 .* z1 to z2"),
    "unknown column": (b"colour,z1,z2\n0,1,2\n", "row 1"),
    "short row": (b"frame,z1,z2\n0,1,2\n1,2\n", "row 3 has 2 columns, but the header has 3"),
    "words": (b"z1,z2\n1,two\n", "row 2 holds 'two', which is not a number"),
    "NaN": (b"z1,z2\n1,2\n1,nan\n", "row 3 holds 'nan', which is not a finite number"),
    "infinite": (b"z1,z2\n-inf,2\n", "row 2 holds '-inf', which is not a finite"),
    "enormous": (b"z1,z2\n1,1e300\n", "row 2 holds '1e300', .* at most 1,000,000"),
    "too many": (b"z1,z2\n" + 4 * b"1,2\n", "more than 3 rows"),
    "endless field": (b'z1,z2\n"' + 200_000 * b"1", "row 2 is not CSV"),
    "endless number": (b"z1,z2\n1," + 100_000 * b"x", "holds 'x{40}', which"),
    "not text": (b"z1,z2\n\xff\xfe\n", "not a CSV file in UTF-8"),
    "zeros": (b"z1,z2\n\0,\0\n", "row 2"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_what_is_wrong_with_a_file_of_latents_is_named_with_its_row(tmp_path: Path, kind: str) -> None:
    content, message = BAD_FILES[kind]
    (tmp_path / "z.csv").write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        read_latents(tmp_path / "z.csv", 2, most_rows=3)
    assert str(caught.value).startswith(str(tmp_path / "z.csv"))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_missing_file_is_named() -> None:
    with pytest.raises(UserError, match=r"nowhere\.csv: cannot be read"):
        read_latents("nowhere.csv", 2)
