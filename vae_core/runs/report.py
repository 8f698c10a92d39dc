"""What is told of a run: what it is doing, what it has learned, and what went wrong with it."""

import errno
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vae_core.checkpoint.layout import LOG_FILE, MAP_FILE, METRICS_LINES, PICTURE_FILE, read_checkpoint
from vae_core.config import LARGEST_JSON, parse_json
from vae_core.errors import CheckpointError, UserError
from vae_core.files import read_small
from vae_core.runs.queue import waiting_before
from vae_core.runs.run import Run
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


def last_change(folder: Path) -> str:
    """Another one whenever there is more to see of a run than before."""
    return "-".join(str(_changed(folder / name)) for name in (METRICS_LINES, PICTURE_FILE, MAP_FILE))


def _changed(path: Path) -> int:
    """When a file was last written, in nanoseconds since 1970; 0 while it is not there."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


COLLAPSED = 0.01  # nats: a dimension that says less says nothing
PATIENCE = 2  # epochs before silence counts as collapse
LEAST_ROOM = 1 << 20  # bytes: with less, a run can save nothing
MEMORY_WORDS = ("not enough memory", "out of memory", "can't allocate memory")
SMALLER = "a smaller batch, smaller images or a smaller network"
SLOWER = "Train again with a tenth of the learning rate, or with a gradient clip of 1."


@dataclass(frozen=True)
class Problem:
    """What went wrong as a sentence, the way out of it, and whether it may pass, so that the run can go on."""

    words: str
    advice: str
    passes: bool


def diagnose(error: BaseException) -> Problem:
    """What an error that ended a run means to the person who asked for it."""
    text = str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(
            "The disk is full: nothing more could be saved.",
            "What was saved before is whole. Make room (delete models that you no longer need), then go on.",
            passes=True,
        )
    # PyTorch says it with a RuntimeError, in words that differ by device and system.
    if isinstance(error, MemoryError) or any(words in text for words in MEMORY_WORDS):
        return Problem(
            "There was not enough memory.",
            f"Resume when other programs need less, or train again with {SMALLER}.",
            passes=True,
        )
    if isinstance(error, OSError):
        return Problem(
            f"A file could not be read or written ({error}).",
            "Check the folder's permissions, then resume.",
            passes=True,
        )
    if "not JSON compliant" in text:
        return Problem("The figures of an epoch became infinite or NaN.", SLOWER, passes=False)
    if isinstance(error, UserError):
        advice = SLOWER if "learning rate" in text else "Change what the sentence names, and train again."
        return Problem(text, advice, passes=False)
    return Problem(
        f"It stopped at something that was not foreseen ({type(error).__name__}: {text}).",
        f"Its {LOG_FILE} says where. Train again, with other settings if it happens twice.",
        passes=False,
    )


def interruption(run: Run) -> str:
    """Why an interrupted run may have ended, and what to do; nobody saw it end."""
    if shutil.disk_usage(run.folder.parent).free < LEAST_ROOM:
        return "Its process ended before it was done, and the disk is full. Make room, then resume it."
    return (
        "Its process ended before it was done: it was killed, or the machine was switched off. Resume it: it goes on "
        f"from where it was, to the same result. If memory was short, train again with {SMALLER} instead."
    )


def collapsed_dimensions(history: Sequence[EpochMetrics]) -> int:
    """How many latent dimensions say next to nothing; none are counted in the first epochs."""
    if len(history) < PATIENCE:
        return 0
    return sum(kl < COLLAPSED for kl in history[-1].kl_per_dimension)


def collapse(history: Sequence[EpochMetrics], beta: float) -> str | None:
    """Says so if the posterior has collapsed to the prior: every dimension's KL is next to nothing.

    Bowman et al., "Generating Sentences from a Continuous Space" (2016), section 3.1.
    """
    collapsed = collapsed_dimensions(history)
    if not collapsed or collapsed < len(history[-1].kl_per_dimension):
        return None
    cause = (
        f"β is {beta:g}: the KL term outweighs what the image says. Train again with a smaller β (1 is the ELBO)."
        if beta > 1
        else "Train again with a smaller decoder variance, a KL warm-up of a few epochs, or free bits."
    )
    dimensions = "the one latent dimension" if collapsed == 1 else f"all {collapsed} latent dimensions"
    return (
        f"The posterior has collapsed in {dimensions}: the encoder says nothing about any image, and every image is "
        f"decoded to the same blur. {cause}"
    )


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
    """What is odd about the latent dimensions, in words."""
    if sentence := collapse(history, run.request.training.beta):
        return sentence
    if collapsed := collapsed_dimensions(history):
        dimensions = run.request.model.latent_dim
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
