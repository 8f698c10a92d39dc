"""The command `interpolate`: a path between latents as a film, a strip of pictures or a table."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from vae_core.cli.commands import Result
from vae_core.errors import UserError
from vae_core.export.film_settings import FilmFormat, FilmSettings, Loop
from vae_core.interpolation.choices import FRAMES, STOPS, Mode, Spacing
from vae_core.progress import ProgressListener

if TYPE_CHECKING:
    from vae_core.interpolation import Frames

FILMS = get_args(FilmFormat)
FORMATS = (*FILMS, "png", "csv")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    default = FilmSettings("mp4")
    parser.add_argument("checkpoint", metavar="DIR")
    parser.add_argument(
        "--from",
        dest="stops",
        required=True,
        metavar="CSV",
        help=f"the {STOPS[0]} to {STOPS[1]} latents to pass through: columns z1, z2, …, as the tray saves them",
    )
    parser.add_argument(
        "--output", required=True, help=f"the file to write; its suffix says as what: .{', .'.join(FORMATS)}"
    )
    parser.add_argument("--mode", choices=get_args(Mode), default="line", help="straight, spherical or shortest way")
    parser.add_argument("--frames", type=int, default=60, help=f"{FRAMES[0]} to {FRAMES[1]} (default: 60)")
    parser.add_argument("--spacing", choices=get_args(Spacing), default="latent", help="what is equal between frames")
    parser.add_argument("--extrapolate", type=float, default=0.0, help="go on beyond both ends, in shares of a segment")
    parser.add_argument("--size", type=int, default=default.side, help=f"pixels a side (default: {default.side})")
    parser.add_argument(
        "--fps", type=int, default=default.frames_per_second, help=f"default: {default.frames_per_second}"
    )
    parser.add_argument("--loop", choices=get_args(Loop), default=default.loop, help=f"default: {default.loop}")
    parser.add_argument("--columns", type=int, help="pictures a row of a .png (default: all in one)")


def interpolate(options: argparse.Namespace) -> Result:
    """Find the path, place the frames, write them, and say how long the path is in image space."""
    output = Path(options.output)
    suffix = output.suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        raise UserError(f"{output}: cannot tell the format; end the name in .{', .'.join(FORMATS)}.")
    form = cast(FilmFormat, suffix) if suffix in FILMS else None
    film = FilmSettings(form, options.size, options.fps, options.loop) if form else None
    from vae_core.interpolation.frames import check_limits

    check_limits(options.frames, options.extrapolate)

    from vae_core.checkpoint import load_checkpoint
    from vae_core.cli.reporting import ProgressLine
    from vae_core.export.latents_file import read_latents
    from vae_core.files import write_bytes
    from vae_core.interpolation import decoder, frames_along, image_length, line_path, path_through

    checkpoint = load_checkpoint(options.checkpoint)
    latents = read_latents(options.stops, checkpoint.summary.model.latent_dim, most_rows=STOPS[1]).latents
    stops, decode, line = latents.astype("float32"), decoder(checkpoint.model), ProgressLine()
    path = path_through(checkpoint.model, stops, options.mode, progress=line)
    frames = frames_along(
        path, decode, frames=options.frames, spacing=options.spacing, extrapolation=options.extrapolate
    )
    write_bytes(output, _content(suffix, film, frames, options, line))
    line.finish()
    values = {
        "file": str(output),
        "frames": options.frames,
        "duration": film.duration(options.frames) if film else None,
        "length": image_length(path, decode),
        "line_length": image_length(line_path(stops), decode),
    }
    shown = f", {values['duration']:.2f} s" if film else ""
    text = (
        f"{output}: {options.frames} frames{shown}. The path is {values['length']:.2f} long in image space, "
        f"the straight line {values['line_length']:.2f}."
    )
    return Result(values, text)


def _content(
    suffix: str,
    film: FilmSettings | None,
    frames: "Frames",
    options: argparse.Namespace,
    progress: ProgressListener,
) -> bytes:
    """The file's bytes, in the format that its suffix asks for."""
    if film:
        from vae_core.export.film import film_bytes

        return film_bytes(frames.images, film, progress=progress)
    if suffix == "png":
        from vae_core.export.film_sheet import sheet_bytes

        return sheet_bytes(frames.images, side=options.size, columns=options.columns)
    from vae_core.export.latents_file import latents_csv

    return latents_csv(frames.latents).encode()
