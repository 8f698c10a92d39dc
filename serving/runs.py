"""How every run is, as the Train page asks for it: a second's look that costs no run of the page.

A page of Streamlit that looks by itself runs its script and draws itself anew in the browser, which on two
cores takes a tenth of the training's time.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vae_core.runs.history import last_change
from vae_core.runs.record import Run, list_runs
from vae_core.runs.words import long_words, progress

RUNS_ADDRESS = "explorer/runs.json"


def runs_now(_request: Request) -> Response:
    """Every run, the oldest first."""
    runs = list_runs()
    return JSONResponse([run_now(run, runs) for run in runs], headers={"Cache-Control": "no-store"})


def run_now(run: Run, runs: list[Run]) -> dict[str, Any]:
    """What `RunNow` in explorer/src/runs/poll.ts describes. `progress` is between 0 and 1."""
    done = progress(run)
    return {
        "name": run.name,
        "state": run.state,
        "change": last_change(run.folder),
        "words": long_words(run, runs),
        "progress": None if done is None else done / 100,
    }
