"""What the Interpolate page needs the server for: paths that ask the decoder, and films.

Each answer comes as lines of JSON, so that a browser sees how far the work is: `{"step": …}` again and again, of a
path along the data a coarse `{"sketch": …}` as soon as there is one, then `{"result": …}` or `{"error": …}`. A browser
that goes away stops the work.

Only a request that calls itself JSON is taken: another site's page cannot send one without being allowed to,
and nobody here allows it.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import lru_cache
from typing import Annotated, TypeVar

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, FailFast, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from serving.bodies import json_body
from serving.public_demo import Quota, SpentError
from serving.public_files import ModelFiles, for_visitors, model_files
from serving.workshop import FullError, Workshop
from vae_core.errors import UserError
from vae_core.films.pictures import FilmFormat, FilmSettings, Loop
from vae_core.interpolation.latents_csv import LARGEST_VALUE
from vae_core.interpolation.paths import FRAMES, STOPS, ComputedMode

BYTES_A_NUMBER = 32  # 20 digits, sign, point, exponent, a comma and some room
BYTES_BESIDE = 4096

Value = Annotated[float, Field(allow_inf_nan=False, ge=-LARGEST_VALUE, le=LARGEST_VALUE)]
Latent = Annotated[list[Value], FailFast()]


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GeodesicWish(_Wish):
    """Stops (K, D) that a path is to go through, and which: along the data, or the shortest in pixels."""

    stops: Annotated[list[Latent], FailFast(), Field(min_length=STOPS[0], max_length=STOPS[1])]
    mode: ComputedMode


class FilmWish(_Wish):
    """Latents (F, D) of a film's frames, and how it is shown: see `FilmSettings`."""

    latents: Annotated[list[Latent], FailFast(), Field(min_length=FRAMES[0], max_length=FRAMES[1])]
    format: FilmFormat
    side: int
    frames_per_second: int
    repeat: Loop


class ReadyWish(_Wish):
    """That whatever is asked next of this model is begun at once."""


W = TypeVar("W", bound=_Wish)


async def geodesic(request: Request) -> Response:
    """POST a `GeodesicWish`: the points of the path, and how it compares with the straight line."""
    model, wish = await _wish(request, GeodesicWish, STOPS[1])
    _check_rows(request, model, wish.stops)
    return _answer(request, "geodesic", model, wish)


async def film(request: Request) -> Response:
    """POST a `FilmWish`: the film in base64."""
    model, wish = await _wish(request, FilmWish, FRAMES[1])
    try:
        FilmSettings(wish.format, wish.side, wish.frames_per_second, wish.repeat)
    except UserError as error:
        raise HTTPException(422, str(error)) from None
    _check_rows(request, model, wish.latents)
    return _answer(request, "film", model, wish)


async def ready(request: Request) -> Response:
    """POST a `ReadyWish` when a person has come who may ask for a path: the process starts and opens the model."""
    model, wish = await _wish(request, ReadyWish, 0)
    if request.app.state.quota is not None:  # visitors of a demo who only look cost it no process
        return Response(status_code=204)
    return _answer(request, "ready", model, wish)


async def _wish(request: Request, kind: type[W], most_rows: int) -> tuple[ModelFiles, W]:
    """The model that is asked, and the wish: no longer than so many latents of this model are."""
    if request.headers.get("Content-Type", "").split(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "only application/json is taken here")
    model = await to_thread.run_sync(model_files, request.path_params["name"])
    values = most_rows * _latent_dim(model.manifest)
    return model, await json_body(
        request,
        kind,
        most_bytes=BYTES_BESIDE + BYTES_A_NUMBER * values,
        # Twice as many: a little too much is to be called by its name.
        most_lists=2 * (most_rows + 1),
        most_values=2 * (values + len(kind.model_fields)),
    )


@lru_cache(maxsize=16)
def _latent_dim(manifest: bytes) -> int:
    return int(json.loads(manifest)["model"]["latent_dim"])


def _check_rows(request: Request, model: ModelFiles, rows: list[list[float]]) -> None:
    dimensions = _latent_dim(model.manifest)
    wrong = next((len(row) for row in rows if len(row) != dimensions), None)
    if wrong is not None:
        name = request.path_params["name"]
        raise HTTPException(422, f"{name} has {dimensions} latent dimensions, and a latent of this request {wrong}.")


def _answer(request: Request, what: str, model: ModelFiles, wish: _Wish) -> Response:
    workshop: Workshop = request.app.state.workshop
    quota: Quota | None = request.app.state.quota
    client = request.client.host if request.client else ""
    try:
        workshop.check_room(client)
        if quota is not None:
            quota.take(client)
    except FullError as error:
        raise HTTPException(503, str(error), {"Retry-After": "60"}) from None
    except SpentError as error:
        raise HTTPException(429, str(error), {"Retry-After": str(error.seconds)}) from None
    folder = model.folder.parent.resolve()
    lines = workshop.ask(client, what, folder, model.version, wish.model_dump_json())
    return StreamingResponse(
        _without_places(lines), media_type="application/x-ndjson", headers={"Cache-Control": "no-store"}
    )


async def _without_places(lines: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(lines):
        async for line in lines:
            if line.startswith(b'{"error"'):
                line = json.dumps({"error": for_visitors(UserError(json.loads(line)["error"]))}).encode() + b"\n"
            yield line
