"""A run in words and in plain values, the same for the page and the command line. Free of torch."""

from typing import Any

from vae_core.runs.queue import waiting_before
from vae_core.runs.record import Run


def duration(seconds: float) -> str:
    """A time in words, as exact as an estimate deserves."""
    if seconds < 50:
        return f"{max(5, round(seconds / 5) * 5)} seconds"
    if seconds < 50 * 60:
        minutes = max(1, round(seconds / 60))
        return f"{minutes} minute{'s' * (minutes > 1)}"
    return f"{seconds / 3600:.1f} hours"


def state_words(run: Run, runs: list[Run]) -> str:
    """What a run is doing, or what it waits for among `runs`."""
    if run.state == "queued":
        before = waiting_before(run, runs)
        return "starts as soon as there is room" if before == 0 else f"waits behind {before} other{'s' * (before > 1)}"
    return " · ".join(part for part in (run.state, run.status.detail) if part)


def long_words(run: Run, runs: list[Run]) -> str:
    """What a run is doing; while it trains, also how far it is, how long it will take and how fast it is."""
    status = run.status
    parts = [state_words(run, runs)]
    if run.alive and status.stage == "training" and status.steps:
        parts.append(f"step {status.step:,} of {status.steps:,}")
        if status.seconds_left is not None:
            parts.append(f"about {duration(status.seconds_left)} left")
        if status.images_per_second:
            parts.append(f"{status.images_per_second:,.0f} images a second")
    return " · ".join(parts)


def progress(run: Run) -> float | None:
    """Per cent of a run's training steps that are done; None until they have been counted."""
    status = run.status
    return min(100.0, 100 * status.step / status.steps) if status.steps else None


def run_line(run: Run, runs: list[Run]) -> str:
    """A run on one line: name, data, network, what it is doing, how far it is, the time left, what went wrong."""
    model, status = run.request.model, run.status
    done = progress(run)
    parts = [state_words(run, runs)]
    if done is not None:
        parts.append(f"{done:.0f} %")
    if run.alive and status.seconds_left is not None:
        parts.append(f"about {duration(status.seconds_left)} left")
    if status.problem:
        parts.append(f"{status.problem} {status.advice or ''}".rstrip())
    return f"{run.name:24} {data_name(run):16} {model.network:7} {model.latent_dim:4}-D  {', '.join(parts)}"


def run_values(run: Run, runs: list[Run]) -> dict[str, Any]:
    """A run as plain values. `progress` is in per cent, `seconds_left` None where it is not known."""
    return {
        "name": run.name,
        "path": str(run.folder),
        "data": run.request.training.data,
        "preset": run.request.preset,
        "stage": run.state,
        "waits_behind": waiting_before(run, runs) if run.state == "queued" else None,
        "progress": progress(run),
        "seconds_left": run.status.seconds_left if run.alive else None,
        "problem": run.status.problem,
        "advice": run.status.advice,
    }


def data_name(run: Run) -> str:
    """The catalogue's name of a run's data, or the file's own."""
    return run.request.training.data.replace("\\", "/").rstrip("/").rpartition("/")[2]
