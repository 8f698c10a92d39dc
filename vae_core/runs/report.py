"""What is told of a run: what it is doing, what it has learned, and what went wrong with it."""

import errno
import math
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from vae_core.checkpoint.about import LONGEST_TITLE
from vae_core.checkpoint.layout import (
    CONFIG_FILE,
    LOG_FILE,
    MAP_FILE,
    METRICS_LINES,
    PICTURE_FILE,
    checkpoints_root,
    is_plain_name,
    read_checkpoint,
)
from vae_core.errors import CheckpointError, DivergedError, TrainingError, UserError
from vae_core.files import read_small, stamp
from vae_core.json_files import LARGEST_JSON, parse_json
from vae_core.runs.doctor import Finding, diverged, evidence_of, examine
from vae_core.runs.queue import free_places, waiting_before
from vae_core.runs.run import Run, RunStatus, is_unfinished_run
from vae_core.runs.symptoms import collapsed_dimensions
from vae_core.training.events import EpochMetrics, read_history


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
    if run.alive and run.order == "discard":
        return "being removed"
    if run.state == "queued":
        return _waiting_words(run, runs)
    parts = [run.state, run.status.detail]
    if run.alive and run.order == "pause":
        parts.append("pausing")
    return " · ".join(part for part in parts if part)


def _waiting_words(run: Run, runs: list[Run]) -> str:
    before = waiting_before(run, runs)
    if before < free_places(run.folder.parent):
        return "starting"
    if before:
        return f"waits behind {before} other{'s' * (before > 1)}"
    at_work = [other for other in runs if other.alive and other.state in ("training", "finishing")]
    if not at_work:
        return "starting"  # whose place that was has just come to its end
    first = min(at_work, key=lambda other: (other.status.seconds_left is None, other.status.seconds_left or 0.0))
    left = first.status.seconds_left
    return f"waits for {first.title} to finish" + (f", about {duration(left)} left" if left is not None else "")


def unfinished_words(name: str) -> str | None:
    """Why a model of this name cannot be opened yet, where it is that of a run which is not done; else None."""
    folder = checkpoints_root() / name
    try:
        if not is_plain_name(name) or not is_unfinished_run(folder):
            return None
        run = Run.read(folder)
    except TrainingError:
        return None
    done = progress(run)
    share = f", {done:.0f} %" if done is not None else ""
    if run.alive and run.state != "queued":
        return f"{run.title} is still {run.state}{share}: follow it in Train."
    if run.state == "queued":
        return f"{run.title} has not been trained yet, it waits for its turn: follow it in Train."
    return f"{run.title} is not trained to its end (it is {run.state}{share}): see it in Train."


def long_words(run: Run, runs: list[Run]) -> str:
    """What a run is doing; while it trains, also how far it is, how long it will take and how fast it is."""
    status = run.status
    parts = [state_words(run, runs)]
    if run.alive and status.state == "training" and status.steps:
        parts.append(f"step {status.step:,} of {status.steps:,}")
        if status.seconds_left is not None:
            parts.append(f"about {duration(status.seconds_left)} left")
        if status.images_per_second:
            parts.append(f"{status.images_per_second:,.0f} images a second")
    if run.alive and status.state == "finishing":
        parts.append(f"{progress(run):.0f} %")
    return " · ".join(parts)


def progress(run: Run) -> float | None:
    """Per cent that is done: of the training steps, None until they have been counted; of finishing, once trained."""
    status = run.status
    if status.state == "finishing":
        return 100 * status.finished_share
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
        "state": run.state,
        "waits_behind": waiting_before(run, runs) if run.state == "queued" else None,
        "progress": progress(run),
        "seconds_left": run.status.seconds_left if run.alive else None,
        "problem": run.status.problem,
        "advice": run.status.advice,
    }


def data_name(run: Run) -> str:
    """The catalogue's name of a run's data, or the file's own."""
    return run.request.training.data.replace("\\", "/").rstrip("/").rpartition("/")[2]


MENDED = " mended"
LEAST_ROOM = 1 << 20  # bytes: with less, a run can save nothing
SMALLER = "a smaller batch, smaller images or a smaller network"
SLOWER = "Train again with a tenth of the learning rate, or with a gradient clip of 1."


@dataclass(frozen=True)
class Problem:
    """What went wrong as a sentence, the way out of it, and whether it may pass, so that the run can go on."""

    words: str
    advice: str
    passes: bool


def diagnose(error: BaseException, status: RunStatus | None = None) -> Problem:
    """What an error means to the person who asked for the run, by its type; `status` is how far the run had come."""
    if isinstance(error, MemoryError):
        return Problem(
            "There was not enough memory.",
            f"Resume when other programs need less, or train again with {SMALLER}.",
            passes=True,
        )
    if isinstance(error, OSError):
        return _diagnose_files(error)
    if isinstance(error, DivergedError):
        place = f" after step {status.step:,}, in epoch {status.epoch + 1:,}" if status and status.step else ""
        return Problem(f"The training diverged{place}: its figures became infinite or NaN.", SLOWER, passes=False)
    if isinstance(error, UserError):
        return Problem(str(error), "Change what the sentence names, and train again.", passes=False)
    return Problem(
        f"It stopped at something that was not foreseen ({type(error).__name__}: {error}).",
        f"Its {LOG_FILE} says where. Train again, with other settings if it happens twice.",
        passes=False,
    )


def _diagnose_files(error: OSError) -> Problem:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(
            "The disk is full: nothing more could be saved.",
            "What was saved before is whole. Make room (delete models that you no longer need), then go on.",
            passes=True,
        )
    if error.errno == errno.ENOLCK:
        return Problem(f"Nothing can be trained here: {error.strerror}.", "Then start it there.", passes=True)
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return Problem(
            "Too many files were open at once on this machine.",
            "Resume; if it happens again, raise the limit (ulimit -n) and start the server anew.",
            passes=True,
        )
    return Problem(
        f"A file could not be read or written ({error}).",
        "Check the folder's permissions, then resume.",
        passes=True,
    )


def keeping_words(run: Run) -> str:
    """Whether something can be kept of a run that failed."""
    if run.keepable:
        return "Its last whole epoch can be kept as a model."
    return "It went wrong before the first epoch was done: there is nothing to keep."


def interruption(run: Run) -> str:
    """Why an interrupted run may have ended, and what to do; nobody saw it end."""
    if shutil.disk_usage(run.folder.parent).free < LEAST_ROOM:
        return "Its process ended before it was done, and the disk is full. Make room, then resume it."
    return (
        "Its process ended before it was done: it was killed, or the machine was switched off. Resume it: it goes on "
        f"from where it was, to the same result. If memory was short, train again with {SMALLER} instead."
    )


def finding(run: Run) -> Finding | None:
    """What the doctor finds in a run, while it trains and afterwards; of a failed one, only that it diverged."""
    if run.state == "failed" and run.status.problem and run.status.advice == SLOWER:
        return diverged(run.folder, run.status.problem)
    if run.state in ("queued", "failed"):
        return None
    over, begun = run.state in ("finishing", "finished"), stamp(run.folder / CONFIG_FILE)
    return _examined(run.folder, over, (begun, stamp(run.folder / METRICS_LINES) if over else _amount(run.folder)))


def _amount(folder: Path) -> int:
    """How much a run has told of its epochs, in steps of a tenth more: all of it is read to be judged."""
    try:
        size = (folder / METRICS_LINES).stat().st_size
    except OSError:
        return 0
    return round(10 * math.log1p(size))


@lru_cache(maxsize=64)
def _examined(folder: Path, over: bool, _seen: object) -> Finding | None:
    """Not anew before there is more to judge by."""
    evidence = evidence_of(folder, over=over)
    return examine(evidence) if evidence else None


def mended_title(run: Run) -> str:
    """What a run is called that is to do better than this one."""
    return f"{run.request.title.removesuffix(MENDED)[: LONGEST_TITLE - len(MENDED)]}{MENDED}"


def learned(run: Run) -> dict[str, Any]:
    """The run's figures in nats per image, a value an epoch; `validation` is None where no images are held out.

    The terms are those of the images held out, else of the training images. `map` is None before the first preview.
    """
    history = read_history(run.folder)
    held_out = [metrics.validation.bound for metrics in history if metrics.validation]
    terms = [metrics.validation or metrics.training for metrics in history]
    return {
        "epochs": [metrics.epoch for metrics in history],
        "training": [metrics.training.bound for metrics in history],
        "validation": held_out or None,
        "log_likelihood": [term.log_likelihood for term in terms],
        "kl": [term.kl for term in terms],
        "kl_per_dimension": history[-1].kl_per_dimension if history else [],
        "remark": remark(run, history),
        "map": _map(run),
        "class_names": _class_names(run),
        "pictured": (run.folder / PICTURE_FILE).exists(),
    }


def remark(run: Run, history: list[EpochMetrics]) -> str | None:
    """What is odd about the latent dimensions, in words; where all of them are silent, the doctor says it."""
    # A run that is over, however early, is judged by what it has become.
    steps = run.status.steps if run.state != "finished" else 0
    collapsed, dimensions = collapsed_dimensions(history, steps), run.request.model.latent_dim
    if 0 < collapsed < dimensions:
        return f"{collapsed} of {dimensions} latent dimensions say nothing: the model does without them."
    return None


def _map(run: Run) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = parse_json(read_small(run.folder / MAP_FILE, LARGEST_JSON))
    except FileNotFoundError:
        return None
    return content


def _class_names(run: Run) -> list[str]:
    try:
        return list(read_checkpoint(run.folder).data.class_names)
    except CheckpointError:  # before its first epoch's end it is no checkpoint
        return []
