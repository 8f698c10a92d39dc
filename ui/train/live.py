"""The runs as they are this second: the browser asks for them itself, without a run of the page."""

from typing import Any

from serving.public_files import ASSETS_ADDRESS, assets
from serving.run_routes import RUNS_ADDRESS, run_now
from ui.browser_half import browser_component
from vae_core.runs.run import Run

# The height that it will have: nothing below moves when it comes.
_progress = browser_component("run_progress", css=":host { display: block; min-height: 36px; }")
_learned = browser_component("run_learned")
_watcher = browser_component("runs_watcher", triggers={"onChange": "changed"})


def progress_row(run: Run, runs: list[Run]) -> None:
    """How far a run at work is, in words and as a bar. Raises NotBuiltError."""
    _progress(key=f"progress {run.name}", data=_options("progress", run=run_now(run, runs)))


def learned_view(run: Run, runs: list[Run]) -> None:
    """Curves, map and pictures of a run, drawn anew as it learns. Raises NotBuiltError."""
    _learned(key=f"learned {run.name}", data=_options("learned", run=run_now(run, runs)))


def watch(runs: list[Run]) -> None:
    """Runs the fragment it stands in again as soon as the runs are not what it shows. Raises NotBuiltError."""
    shown = {run.name: {"state": run.state, "actions": list(run.actions)} for run in runs}
    _watcher(key="runs watcher", data=_options("watcher", shown=shown), on_changed_change=lambda: None)


def _options(part: str, **options: Any) -> dict[str, Any]:
    """What `RunsOptions` in explorer/src/runs/options.ts asks for."""
    return {"module": ASSETS_ADDRESS + assets()["runs"], "runsUrl": RUNS_ADDRESS, "part": part, **options}
