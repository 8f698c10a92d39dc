"""What the Interpolate page needs the server for: a decoder's geodesics, and films.

Each answer comes as lines of JSON, so that a browser sees how far the work is: `{"step": …}` again and again,
then `{"result": …}` or `{"error": …}`. A browser that goes away stops the work.

Only a request that calls itself JSON is taken: another site's page cannot send one without being allowed to,
and nobody here allows it.
"""

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from typing import Annotated, Any, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from serving.public_files import for_visitors, model_files
from vae_core.checkpoint.layout import checkpoints_root
from vae_core.errors import UserError
from vae_core.films.film_settings import FilmFormat, FilmSettings, Loop
from vae_core.interpolation.paths import FRAMES, STOPS
from vae_core.progress import Progress, ProgressListener

LARGEST_BODY = 1 << 20
GLANCE = 0.1  # seconds between two looks at how far the work is
MODELS_KEPT = 2

Latent = list[Annotated[float, Field(allow_inf_nan=False)]]
Work = Callable[[ProgressListener, Callable[[], bool]], dict[str, Any]]


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GeodesicWish(_Wish):
    """Stops (K, D) that the shortest path is to go through."""

    stops: list[Latent] = Field(min_length=STOPS[0], max_length=STOPS[1])


class FilmWish(_Wish):
    """Latents (F, D) of a film's frames, and how it is shown: see `FilmSettings`."""

    latents: list[Latent] = Field(min_length=FRAMES[0], max_length=FRAMES[1])
    format: FilmFormat
    side: int
    frames_per_second: int
    repeat: Loop


W = TypeVar("W", bound=_Wish)


class _StoppedError(Exception):
    """Nobody waits for the work any more."""


async def geodesic(request: Request) -> Response:
    """POST a `GeodesicWish`: the points of the geodesic, and how long it and the straight line are."""
    wish = await _wish(request, GeodesicWish)
    name = request.path_params["name"]
    model_files(name)

    def work(progress: ProgressListener, should_stop: Callable[[], bool]) -> dict[str, Any]:
        from vae_core.interpolation.geodesics import geodesic as shortest

        progress(Progress("Opening the model", 0, 1))
        found = shortest(_model(name), _rows(name, wish.stops), progress=progress, should_stop=should_stop)
        return {
            "points": found.points.tolist(),
            "points_per_segment": found.pieces,
            "length": found.length,
            "line_length": found.line_length,
        }

    return _streamed(request, work)


async def film(request: Request) -> Response:
    """POST a `FilmWish`: the film in base64."""
    wish = await _wish(request, FilmWish)
    try:
        settings = FilmSettings(wish.format, wish.side, wish.frames_per_second, wish.repeat)
    except UserError as error:
        raise HTTPException(422, str(error)) from None
    name = request.path_params["name"]
    model_files(name)

    def work(progress: ProgressListener, should_stop: Callable[[], bool]) -> dict[str, Any]:
        from vae_core.films.film import film_bytes
        from vae_core.interpolation.geodesics import decoder
        from vae_core.interpolation.measures import decoded

        progress(Progress("Opening the model", 0, 1))
        images = decoded(decoder(_model(name)), _rows(name, wish.latents))
        content = film_bytes(images, settings, progress=progress, should_stop=should_stop)
        return {"media_type": _MEDIA_TYPES[wish.format], "base64": base64.b64encode(content).decode()}

    return _streamed(request, work)


_MEDIA_TYPES = {"gif": "image/gif", "mp4": "video/mp4", "webp": "image/webp"}


async def _wish(request: Request, kind: type[W]) -> W:
    if request.headers.get("Content-Type", "").split(";")[0].strip() != "application/json":
        raise HTTPException(415, "only application/json is taken here")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise HTTPException(413, f"a request has at most {LARGEST_BODY:,} bytes")
    try:
        return kind.model_validate_json(bytes(body))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise HTTPException(422, f"{place or 'the request'}: {first['msg']}") from None


@lru_cache(maxsize=MODELS_KEPT)
def _loaded(name: str, version: str) -> Any:
    from vae_core.checkpoint.weights import load_checkpoint

    del version
    return load_checkpoint(checkpoints_root() / name).model.eval()


def _model(name: str) -> Any:
    """The model, loaded anew when its explorer files have changed."""
    return _loaded(name, model_files(name).version)


def _rows(name: str, rows: list[Latent]) -> np.ndarray[Any, np.dtype[np.float32]]:
    dimensions = _model(name).config.latent_dim
    wrong = next((len(row) for row in rows if len(row) != dimensions), None)
    if wrong is not None:
        raise UserError(f"{name} has {dimensions} latent dimensions, and a latent of this request {wrong}.")
    return np.asarray(rows, dtype=np.float32)


# One at a time: two would share the processor's cores and both take twice as long.
_turn = threading.Lock()


def _streamed(request: Request, work: Work) -> Response:
    return StreamingResponse(
        _lines(request, work), media_type="application/x-ndjson", headers={"Cache-Control": "no-store"}
    )


async def _lines(request: Request, work: Work) -> AsyncIterator[str]:
    """Does the work in a thread and tells of it, line by line, until it is done or nobody listens."""
    stopped = threading.Event()
    newest: list[Progress] = []

    def run() -> dict[str, Any]:
        while not _turn.acquire(timeout=GLANCE):
            newest.append(Progress("Waiting for another path to be done", 0, 1))
            if stopped.is_set():
                raise _StoppedError
        try:
            if stopped.is_set():
                raise _StoppedError
            return work(newest.append, stopped.is_set)
        finally:
            _turn.release()

    task = asyncio.ensure_future(asyncio.to_thread(run))
    # Of work that nobody waits for any more the end is of no interest, and neither is how it came about.
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    try:
        while True:
            done, _ = await asyncio.wait({task}, timeout=GLANCE)
            if done:
                yield _last_line(task)
                return
            if await request.is_disconnected():
                return
            if newest:
                step = newest[-1]
                newest.clear()
                yield json.dumps({"step": {"stage": step.stage, "done": step.done, "total": step.total}}) + "\n"
    finally:
        stopped.set()


def _last_line(task: "asyncio.Future[dict[str, Any]]") -> str:
    error = task.exception()
    if error is None:
        return json.dumps({"result": task.result()}) + "\n"
    if isinstance(error, UserError):
        return json.dumps({"error": for_visitors(error)}) + "\n"
    raise error
