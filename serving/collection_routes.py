"""What the Models page shows and hands out of a model beside its explorer files: its samples, and itself in the
forms that others can use, each as a ZIP that is made while it is sent.

A model without samples, as one of an earlier version, has them drawn when somebody first looks: once, by the process
for heavy work. A public demo draws nothing.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from serving.public_files import inside
from serving.workshop import FullError, Workshop
from vae_core.checkpoint.layout import DECODER_FILE, SAMPLES_FILE, WEIGHTS_FILE, CheckpointSummary
from vae_core.checkpoint.listing import find_checkpoint
from vae_core.errors import CheckpointError, shortened
from vae_core.files import Stamp, stamp
from vae_core.sharing.checkpoint_files import checkpoint_parcel, hub_parcel
from vae_core.sharing.onnx_pair import onnx_parcel
from vae_core.sharing.parcel import Parcel
from vae_core.sharing.static_site import site_parcel

FOR_EVER = "public, max-age=31536000, immutable"  # of an address that names the version
ASK_AGAIN = "no-cache"
DOWNLOAD, SITE_ADDRESS = "download", "explorer/site"
FORMS: dict[str, Callable[[Path], Parcel]] = {"onnx": onnx_parcel, "huggingface": hub_parcel}
MOST_MODELS = 100  # of one site

P = TypeVar("P")

_undrawable: dict[str, Stamp] = {}  # weights that gave no samples


async def samples(request: Request) -> Response:
    """The picture of a model's samples; `?v=` in the address stands for the picture that it was then."""
    summary = await to_thread.run_sync(find_checkpoint, request.path_params["name"])
    if inside(summary.path, SAMPLES_FILE) is None:
        await _draw(request, summary)
    path = inside(summary.path, SAMPLES_FILE)
    if path is None:
        raise HTTPException(404, f"{summary.name} has no picture of samples")
    headers = {"Cache-Control": FOR_EVER if "v" in request.query_params else ASK_AGAIN}
    return FileResponse(path, headers=headers, media_type="image/webp")


async def _draw(request: Request, summary: CheckpointSummary) -> None:
    """Ask for a model's samples and wait until they are there, or until it is known that they cannot be drawn."""
    weights = stamp(summary.path / (WEIGHTS_FILE if summary.origin is None else DECODER_FILE))
    folder = os.fspath(summary.path.resolve())
    if request.app.state.quota is not None or _undrawable.get(folder) == weights:
        return
    workshop: Workshop = request.app.state.workshop
    client = f"{request.client.host if request.client else ''} samples"  # who waits for a film has turns of his own
    try:
        workshop.check_room(client)
    except FullError as error:
        raise HTTPException(503, str(error), {"Retry-After": "60"}) from None
    async with aclosing(workshop.ask(client, "samples", summary.path.resolve(), "", "{}")) as lines:
        async for line in lines:
            if line.startswith(b'{"error"'):
                _undrawable[folder] = weights


async def download(request: Request) -> Response:
    """The model as a ZIP, named after its folder."""
    summary = await to_thread.run_sync(find_checkpoint, request.path_params["name"])
    return await _handed_out(checkpoint_parcel, summary.path, summary.name, summary.name)


async def give(request: Request) -> Response:
    """The model in another form, which is one of `FORMS`, as a ZIP."""
    summary = await to_thread.run_sync(find_checkpoint, request.path_params["name"])
    form = request.path_params["form"]
    if form not in FORMS:
        raise HTTPException(404, f"a model is handed out as {', '.join(FORMS)}, not as {shortened(repr(form))}")
    top = summary.name if form == "huggingface" else f"{summary.name}-{form}"
    return await _handed_out(FORMS[form], summary.path, top, f"{summary.name}-{form}")


async def give_site(request: Request) -> Response:
    """A static site of the models that `?model=` names, once or several times, as a ZIP."""
    names = request.query_params.getlist("model")
    if not names or len(names) > MOST_MODELS:
        raise HTTPException(422, f"a site is of 1 to {MOST_MODELS} models: ?model=NAME&model=NAME")
    folders = [(await to_thread.run_sync(find_checkpoint, name)).path for name in names]
    title = f"{names[0]}-site" if len(names) == 1 else "site"
    return await _handed_out(site_parcel, folders, title, title)


async def _handed_out(make: Callable[[P], Parcel], of: P, top: str, title: str) -> Response:
    """A ZIP, of which nothing is sent before it is known that its files can be read."""

    def begun() -> tuple[bytes, Iterator[bytes]]:
        blocks = make(of).zip_blocks(top)
        return next(blocks), blocks

    try:
        first, blocks = await to_thread.run_sync(begun)
    except OSError as error:
        raise CheckpointError(f"{title}: cannot be read ({error.strerror}).") from None
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(title)}.zip",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_from(first, blocks), media_type="application/zip", headers=headers)


async def _from(first: bytes, blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    block: bytes | None = first
    while block is not None:
        yield block
        block = await to_thread.run_sync(next, blocks, None)
