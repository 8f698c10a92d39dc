"""A sequence of images as a film: GIF, MP4 or WebP, as bytes that are whole or not there."""

from collections.abc import Callable, Iterator

from PIL import Image

from vae_core.export import film_gif, film_webp
from vae_core.export.film_pictures import picture
from vae_core.export.film_settings import FilmSettings
from vae_core.interpolation.paths import Floats
from vae_core.progress import Progress, ProgressListener, silent


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
        from vae_core.export.film_mp4 import mp4_bytes  # the codecs' libraries take a moment to load

        content = mp4_bytes(pictures(), settings.frames_per_second)
    elif settings.format == "gif":
        boundaries = settings.boundaries(len(order), film_gif.TICKS_PER_SECOND)
        content = film_gif.gif_bytes(pictures(), boundaries, settings.repeats)
    else:
        boundaries = settings.boundaries(len(order), film_webp.TICKS_PER_SECOND)
        content = film_webp.webp_bytes(pictures(), boundaries, settings.repeats)
    progress(Progress("film", len(order), len(order)))
    return content
