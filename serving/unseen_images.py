"""Test images of a model's data, to put through it beside other models: read by a process of its own, then kept."""

import threading
from pathlib import Path

from anyio import sleep, to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from serving.public_files import for_visitors
from serving.side_work import SideWork
from vae_core.checkpoint.layout import CONFIG_FILE
from vae_core.checkpoint.listing import find_checkpoint
from vae_core.files import Stamp, stamp

TEST_IMAGES = "test-images"
KEPT = 64  # models
GLANCE = 0.1  # seconds between two looks at whether it is done
NOBODY_WAITS = 499
DIED = "The process that read the test images has ended in the middle of it; perhaps the machine ran out of memory."


class UnseenImages:
    """What was read of each model, for as long as its settings stay the same; a failure is tried again."""

    def __init__(self) -> None:
        self._room = threading.Semaphore(1)
        self._lock = threading.Lock()
        self._all: dict[tuple[Path, Stamp], SideWork] = {}

    def of(self, folder: Path) -> SideWork:
        """The work that reads them, begun now unless it was before."""
        key = folder, stamp(folder / CONFIG_FILE)
        with self._lock:
            known = self._all.pop(key, None)
            if known is None or (known.done and known.problem is not None):
                known = SideWork(
                    "vae_core.collection.unseen",
                    {"folder": str(folder.resolve())},
                    self._room,
                    waiting="Waiting for others",
                    opening="Reading test images",
                    died=DIED,
                )
            self._all[key] = known
            while len(self._all) > KEPT:
                self._all.pop(next(iter(self._all)))
            return known


UNSEEN = UnseenImages()


async def test_images(request: Request) -> Response:
    """Eight images as `vae_core.collection.unseen` tells them; 404 in words where they cannot be had here."""
    summary = await to_thread.run_sync(find_checkpoint, request.path_params["name"])
    work = UNSEEN.of(summary.path)
    while not work.done:  # in no thread, of which there are few for all
        if await request.is_disconnected():
            return Response(status_code=NOBODY_WAITS)
        await sleep(GLANCE)
    if work.problem is not None:
        raise HTTPException(404, for_visitors(work.problem))
    return JSONResponse(work.answer, headers={"Cache-Control": "no-cache"})
