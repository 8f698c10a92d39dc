"""The runs as they are this second: the browser asks for them itself, and for a new page when there is more to see."""

from typing import TYPE_CHECKING, Any

from serving.explorer_files import ASSETS_ADDRESS, assets
from serving.runs import RUNS_ADDRESS, run_now
from ui.browser_half import browser_component

if TYPE_CHECKING:
    from vae_core.runs.record import Run

# The height that it will have: nothing below moves when it comes.
_progress = browser_component("run_progress", css=":host { display: block; min-height: 36px; }")
_watcher = browser_component("runs_watcher", triggers={"onChange": "changed"})


def progress_row(run: "Run", runs: "list[Run]") -> None:
    """How far a run at work is, in words and as a bar, once a second. Raises NotBuiltError."""
    _progress(key=f"progress {run.name}", data=_options(row=run_now(run, runs), shown=None))


def watch(runs: "list[Run]", opened: "Run | None", change: str | None) -> None:
    """Runs the fragment it stands in again as soon as the runs' states or the opened one's charts are others.

    `change` is what the opened run had to show when it was drawn. Raises NotBuiltError.
    """
    shown = {"states": {run.name: run.state for run in runs}, "opened": opened and opened.name, "change": change}
    _watcher(key="runs watcher", data=_options(row=None, shown=shown), on_changed_change=lambda: None)


def _options(**options: Any) -> dict[str, Any]:
    """What `RunsOptions` in explorer/src/runs/component.ts asks for."""
    return {"module": ASSETS_ADDRESS + assets()["runs"], "runsUrl": RUNS_ADDRESS, **options}
