"""What the Models page shows and hands out of a model beside its explorer files: its samples, and itself as a ZIP.

A model without samples, as one of an earlier version, has them drawn when somebody first looks: once, by the process
for heavy work. A public demo draws nothing.
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from urllib.parse import quote

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from serving.public_files import inside
from serving.workshop import FullError, Workshop
from vae_core.checkpoint.layout import SAMPLES_FILE, WEIGHTS_FILE, CheckpointSummary
from vae_core.checkpoint.listing import find_checkpoint
from vae_core.collection.parcel import parcel
from vae_core.errors import CheckpointError
from vae_core.files import Stamp, stamp

FOR_EVER = "public, max-age=31536000, immutable"  # of an address that names the version
ASK_AGAIN = "no-cache"
DOWNLOAD = "download"

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
    weights = stamp(summary.path / WEIGHTS_FILE)
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
    blocks = parcel(summary)
    try:
        first = await to_thread.run_sync(next, blocks)  # what is damaged is told before anything is sent
    except OSError as error:
        raise CheckpointError(f"{summary.path}: cannot be read ({error.strerror}).") from None
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(summary.name)}.zip",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_from(first, blocks), media_type="application/zip", headers=headers)


async def _from(first: bytes, blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    block: bytes | None = first
    while block is not None:
        yield block
        block = await to_thread.run_sync(next, blocks, None)
