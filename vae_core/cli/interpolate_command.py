"""The command `interpolate`: a path between latents as a film, a strip of pictures or a table."""

import argparse
from pathlib import Path
from typing import cast

from vae_core.checkpoint.weights import load_checkpoint
from vae_core.cli.arguments import FILMS, PICTURE_FORMATS
from vae_core.cli.reporting import ProgressLine, Result
from vae_core.errors import UserError
from vae_core.files import write_bytes
from vae_core.films.film import film_bytes
from vae_core.films.pictures import FilmFormat, FilmSettings, sheet_bytes
from vae_core.interpolation.frames import Frames, check_limits, frames_along, image_length
from vae_core.interpolation.latents_csv import latents_csv, read_latents
from vae_core.interpolation.model_paths import decoder, path_through
from vae_core.interpolation.paths import STOPS, line_path
from vae_core.progress import ProgressListener


def interpolate(options: argparse.Namespace) -> Result:
    """Find the path, place the frames, write them, and say how long the path is in image space."""
    output = Path(options.output)
    suffix = output.suffix.lower().removeprefix(".")
    if suffix not in PICTURE_FORMATS:
        raise UserError(f"{output}: cannot tell the format; end the name in .{', .'.join(PICTURE_FORMATS)}.")
    form = cast(FilmFormat, suffix) if suffix in FILMS else None
    film = FilmSettings(form, options.size, options.fps, options.loop) if form else None
    check_limits(options.frames, options.extrapolate)

    checkpoint = load_checkpoint(options.checkpoint)
    latents = read_latents(options.stops, checkpoint.summary.model.latent_dim, most_rows=STOPS[1]).latents
    stops, decode, line = latents.astype("float32"), decoder(checkpoint.model), ProgressLine()
    path = path_through(checkpoint.model, stops, options.mode, prior=checkpoint.data_prior, progress=line)
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
    frames: Frames,
    options: argparse.Namespace,
    progress: ProgressListener,
) -> bytes:
    """The file's bytes, in the format that its suffix asks for."""
    if film:
        return film_bytes(frames.images, film, progress=progress)
    if suffix == "png":
        return sheet_bytes(frames.images, side=options.size, columns=options.columns)
    return latents_csv(frames.latents).encode()
