"""The commands that look at runs and checkpoints from outside, or tell a run what to do. Light: they load no torch."""

import argparse
from collections.abc import Callable
from pathlib import Path

from vae_core.checkpoint.layout import CheckpointSummary
from vae_core.checkpoint.listing import find_checkpoints
from vae_core.cli.reporting import Result
from vae_core.errors import UserError, shortened
from vae_core.runs import control
from vae_core.runs.report import run_line, run_values
from vae_core.runs.run import Run, is_unfinished_run, list_runs, scan_runs

ACTIONS: dict[str, tuple[Callable[[Run], None], str]] = {
    "pause": (control.pause, "pauses after the step it is in"),
    "resume": (control.resume, "goes on from where it was"),
    "keep": (control.keep, "becomes a model of what it has learned"),
    "discard": (control.discard, "is removed with all it made"),
}


def tell(options: argparse.Namespace) -> Result:
    """Tell a run what to do; returns at once."""
    act, told = ACTIONS[options.verb]
    found = _find(options.name)
    act(found)
    runs = list_runs()
    left = next((run for run in runs if run.name == found.name), None)
    if left is None:
        return Result({"name": found.name, "state": "discarded"}, f"{found.name} is removed with all it made.")
    return Result(run_values(left, runs), f"{found.name} {told}: see python -m vae_core list.")


def _find(name: str) -> Run:
    runs = list_runs()
    for found in runs:
        if found.name == name:
            return found
    known = ", ".join(other.name for other in runs) or "none"
    raise UserError(f"there is no run called {name} (there are: {known}).")


def list_all(options: argparse.Namespace) -> Result:
    """List checkpoints and runs that have no map yet, and name the broken ones; those do not make the list fail."""
    root = Path(options.root) if options.root else None
    if root and not root.is_dir():
        raise UserError(f"{root}: there is no such folder.")
    checkpoints = find_checkpoints(root)
    found, broken = checkpoints.readable.values(), checkpoints.problems.values()
    runs, problems = scan_runs(root)
    unfinished = {run.name: run for run in runs if is_unfinished_run(run.folder)}
    rows = [
        {
            "name": summary.name,
            "path": str(summary.path),
            "model": summary.model.model_dump(mode="json"),
            "data": summary.data.name,
            "metrics": summary.metrics,
            "explorer": summary.explorer_manifest is not None,
        }
        for summary in found
    ]
    lines = [_row(summary) for summary in found if summary.name not in unfinished]
    lines += [run_line(run, runs) for run in unfinished.values()]
    lines += [f"broken: {error}" for error in [*broken, *problems]]
    text = "\n".join(lines) or "No checkpoint yet: python -m vae_core train --data digits --output checkpoints/mine"
    values = {
        "checkpoints": rows,
        "runs": [run_values(run, runs) for run in unfinished.values()],
        "broken": [str(error) for error in [*broken, *problems]],
    }
    return Result(values, text)


def _row(summary: CheckpointSummary) -> str:
    model, measured = summary.model, summary.figure("elbo")
    elbo = "not evaluated" if measured is None else f"ELBO {measured:.2f}"
    return f"{summary.name:24} {shortened(summary.data.name):16} {model.network:7} {model.latent_dim:4}-D  {elbo}"
