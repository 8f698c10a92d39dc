"""Runs as the Train page follows them: how far each one is, and what it has learned, asked for anew again and again.

The browser asks by itself. A page of Streamlit that looks once a second runs its script and draws itself anew each
time, which takes more than a tenth of a training that runs on the same two cores.
"""

import logging
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vae_core.checkpoint.layout import MAP_FILE, METRICS_LINES, PICTURE_FILE, checkpoints_root, is_plain_name
from vae_core.data import library
from vae_core.errors import TrainingError, UserError, shortened
from vae_core.files import read_small
from vae_core.runs import control
from vae_core.runs.report import finding, learned, long_words, progress
from vae_core.runs.run import Run, list_runs
from vae_core.scratch import sweep_scratch

logger = logging.getLogger(__name__)
RUNS_ADDRESS = "explorer/runs/"
LARGEST_PICTURE = 64 << 20  # bytes
BEFORE_CONTAINER_ENDS = 7.0  # seconds, of the ten after which docker kills what is left
NOT_KEPT = {"Cache-Control": "no-store"}


@asynccontextmanager
async def waiting_runs_go_on(_app: object) -> AsyncIterator[None]:
    """Lifespan of the app: runs that were waiting for their turn when the machine was switched off go on.

    They outlive the server, but for a container that ends with it.
    """
    threading.Thread(target=_go_on, daemon=True).start()
    yield
    if os.getpid() == 1:
        await to_thread.run_sync(control.end_with_container, BEFORE_CONTAINER_ENDS)


def _go_on() -> None:
    try:
        control.go_on()
    except (OSError, UserError) as error:
        logger.warning("The runs that wait for their turn do not go on: %s", error)
    sweep_scratch()
    for source in library.sweep():
        logger.info(
            "%s was handed in, no model needs it, and nobody has used it for a week: it is removed", source.title
        )


def runs_now(_request: Request) -> Response:
    """Every run, the oldest first."""
    runs = list_runs()
    return JSONResponse([run_now(run, runs) for run in runs], headers=NOT_KEPT)


def run_now(run: Run, runs: list[Run]) -> dict[str, Any]:
    """What `RunNow` in explorer/src/runs/poll.ts describes. `progress` is between 0 and 1."""
    done, found = progress(run), finding(run) if run.alive else None
    return {
        "name": run.name,
        "title": run.title,
        "state": run.state,
        "actions": list(run.actions),
        "finding": found.kind if found else None,
        "change": _last_change(run.folder),
        "words": long_words(run, runs),
        "progress": None if done is None else done / 100,
    }


def _last_change(folder: Path) -> str:
    """Another one whenever there is more to see of a run than before."""
    return "-".join(str(_changed(folder / name)) for name in (METRICS_LINES, PICTURE_FILE, MAP_FILE))


def _changed(path: Path) -> int:
    """When a file was last written, in nanoseconds since 1970; 0 while it is not there."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def run_learned(request: Request) -> Response:
    """What `Learned` in explorer/src/runs/learned.ts describes."""
    return JSONResponse(learned(_run(request)), headers=NOT_KEPT)


def run_picture(request: Request) -> Response:
    """A PNG: images, their reconstructions, samples of the prior."""
    try:
        picture = read_small(_run(request).folder / PICTURE_FILE, LARGEST_PICTURE)
    except OSError:
        raise HTTPException(404, "this run has drawn no picture yet") from None
    return Response(picture, media_type="image/png", headers=NOT_KEPT)


def _run(request: Request) -> Run:
    name = request.path_params["name"]
    if not is_plain_name(name):
        raise HTTPException(404, f"no run is called {shortened(repr(name))}")
    try:
        return Run.read(checkpoints_root() / name)
    except TrainingError:
        raise HTTPException(404, f"no run is called {shortened(repr(name))}") from None
