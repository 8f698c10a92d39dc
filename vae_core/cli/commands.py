"""What each command does: read the options, call the package, say what came of it."""

import argparse
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vae_core.checkpoint.folder import CheckpointSummary, broken_checkpoints, read_checkpoint
from vae_core.checkpoint.folder import list_checkpoints as readable_checkpoints
from vae_core.cli.options import given_options
from vae_core.config import ModelConfig, TrainConfig, read_json
from vae_core.errors import ConfigError, UserError
from vae_core.runs.record import is_unfinished_run, list_runs
from vae_core.runs.words import run_line, run_values

STOPPED = 130


@dataclass(frozen=True)
class Result:
    """What a command found: as values, as words, and as an exit code."""

    values: Any = field(default_factory=dict)
    text: str = ""
    exit_code: int = 0
    show: bool = True


@contextmanager
def _stop_requests() -> Iterator[list[int]]:
    """Collect interrupts instead of dying of them, so that a run can save before it ends."""
    caught: list[int] = []
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda number, _frame: caught.append(number)) for number in signals]
    try:
        yield caught
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def _settings(options: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """Model and training settings: those of the run to resume or of --config, overridden by options."""
    content: dict[str, Any] = {"model": {}, "training": {}}
    if options.resume and Path(options.output).is_dir():
        summary = read_checkpoint(options.output)
        content = {
            "model": summary.model.model_dump(),
            "training": summary.training.model_dump(),
        }
    elif options.config:
        content = read_json(Path(options.config))
        if not isinstance(content, dict) or not set(content) <= {"model", "training"}:
            raise ConfigError(f'{options.config}: expected an object with "model" and "training".')
    model, training = dict(content.get("model", {})), dict(content.get("training", {}))
    given = given_options(options, "model")
    if "likelihood" in given and given["likelihood"] != "gaussian":
        model.pop("variance", None)
    return model | given, training | given_options(options, "training")


def train(options: argparse.Namespace) -> Result:
    """Train, or go on with a run; the first Ctrl+C saves and ends it."""
    model_settings, training_settings = _settings(options)
    if options.data:
        training_settings["data"] = options.data
    if not training_settings.get("data"):
        raise UserError("which data set? Give --data, a catalogue name or a path.")
    training = TrainConfig.parse(training_settings)
    ModelConfig.parse({"image_size": 28, **model_settings})

    from vae_core.cli.reporting import ProgressLine, TrainingLines
    from vae_core.datasets import load_dataset
    from vae_core.training import train as run
    from vae_core.training.events import nobody

    line = ProgressLine()
    dataset = load_dataset(
        training.data,
        data_dir=options.data_dir,
        image_size=options.image_size or model_settings.get("image_size"),
        channels=options.channels or model_settings.get("channels"),
        crop=training.crop,
        progress=line,
    )
    line.finish()
    shape = {"image_size": dataset.image_size, "channels": dataset.channels}
    model = ModelConfig.parse(model_settings | shape)
    is_first = os.environ.get("RANK", "0") == "0"
    with _stop_requests() as caught:
        result = run(
            dataset,
            model,
            training,
            options.output,
            resume=options.resume,
            device=options.device,
            listener=TrainingLines() if is_first else nobody,
            should_stop=lambda: bool(caught),
        )
    stopped = result.outcome == "stopped"
    text = f"{result.path}: {result.outcome} after {len(result.history)} of {training.epochs} epochs."
    if stopped:
        text += " Go on with the same command and --resume."
    values = {"checkpoint": str(result.path), "outcome": result.outcome, "epochs": len(result.history)}
    values["metrics"] = result.history[-1].to_json() if result.history else None
    return Result(values, text, STOPPED if stopped else 0, show=is_first)


def _dataset_of(options: argparse.Namespace, summary: CheckpointSummary, split: str) -> Any:
    from vae_core.cli.reporting import ProgressLine
    from vae_core.datasets import load_dataset

    line = ProgressLine()
    dataset = load_dataset(
        options.data,
        split,
        data_dir=options.data_dir,
        image_size=summary.model.image_size,
        channels=summary.model.channels,
        crop=summary.training.crop,
        progress=line,
    )
    line.finish()
    return dataset


def evaluate(options: argparse.Namespace) -> Result:
    """Measure a checkpoint on a data set; keep the figures and rewrite its model card."""
    from vae_core.checkpoint import load_checkpoint
    from vae_core.checkpoint.card import write_card
    from vae_core.checkpoint.folder import METRICS_FILE
    from vae_core.cli.reporting import ProgressLine
    from vae_core.evaluation import evaluate as measure
    from vae_core.files import write_json
    from vae_core.training.workers import choose_device

    _at_least_one("samples", options.samples)
    _at_least_one("likelihood-images", options.likelihood_images)
    checkpoint = load_checkpoint(options.checkpoint, choose_device(options.device))
    dataset = _dataset_of(options, checkpoint.summary, options.split)
    line = ProgressLine()
    evaluation = measure(
        checkpoint.model,
        dataset,
        samples=options.samples,
        likelihood_images=options.likelihood_images,
        seed=options.seed,
        progress=line,
    )
    line.finish()
    folder = Path(options.checkpoint)
    write_json(folder / METRICS_FILE, evaluation.to_json())
    write_card(folder)
    text = (
        f"ELBO {evaluation.elbo:.2f} nats = {evaluation.log_likelihood:.2f} − KL {evaluation.kl:.2f}; "
        f"NLL {evaluation.negative_log_likelihood:.2f} ± {evaluation.negative_log_likelihood_standard_error:.2f}; "
        f"{evaluation.active_units} of {checkpoint.summary.model.latent_dim} dimensions active."
    )
    return Result(evaluation.to_json(), text)


def _at_least_one(name: str, value: int | None) -> None:
    if value is not None and value < 1:
        raise UserError(f"--{name} must be at least 1 (got {value}).")


def project(options: argparse.Namespace) -> Result:
    """Draw a checkpoint's map and write its explorer files."""
    from vae_core.cli.reporting import ProgressLine
    from vae_core.export import project_checkpoint

    _at_least_one("points", options.points)
    summary = read_checkpoint(options.checkpoint)
    dataset = _dataset_of(options, summary, "train")
    line = ProgressLine()
    manifest = project_checkpoint(
        options.checkpoint,
        dataset,
        method=options.method,
        axes=tuple(options.axes) if options.axes else None,
        points=options.points,
        seed=options.seed,
        progress=line,
    )
    line.finish()
    described = manifest.model_dump(mode="json")["map"]
    text = (
        f"{summary.name}: {described['count']:,} of {described['total']:,} images mapped by {described['method']}, "
        f"trustworthiness {described['trustworthiness']:.3f}. Open it on the Explore page."
    )
    return Result(described, text)


def export(options: argparse.Namespace) -> Result:
    """Copy a checkpoint out as ONNX graphs or as the files that the browser reads."""
    from vae_core.checkpoint import load_checkpoint
    from vae_core.export import copy_explorer, export_onnx

    if options.format == "onnx":
        paths = export_onnx(load_checkpoint(options.checkpoint).model, options.output)
    else:
        summary = read_checkpoint(options.checkpoint)
        if summary.explorer_manifest is None:
            raise UserError(f"{summary.path} has no map yet: make it with python -m vae_core project.")
        folder = copy_explorer(summary.explorer_manifest.parent, options.output)
        paths = sorted(folder.iterdir())
    return Result({"files": [str(path) for path in paths]}, "\n".join(str(path) for path in paths))


def list_checkpoints(options: argparse.Namespace) -> Result:
    """List checkpoints and runs that have no map yet, and name the broken ones; those do not make the list fail."""
    root = Path(options.root) if options.root else None
    if root and not root.is_dir():
        raise UserError(f"{root}: there is no such folder.")
    found, broken = readable_checkpoints(root), broken_checkpoints(root)
    runs = list_runs(root)
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
    lines = [
        _row(summary.name, summary.data.name, summary.model, summary.metrics)
        for summary in found
        if summary.name not in unfinished
    ]
    lines += [run_line(run, runs) for run in unfinished.values()]
    lines += [f"broken: {error}" for error in broken]
    text = "\n".join(lines) or "No checkpoint yet: python -m vae_core train --data digits --output checkpoints/mine"
    values = {
        "checkpoints": rows,
        "runs": [run_values(run, runs) for run in unfinished.values()],
        "broken": [str(error) for error in broken],
    }
    return Result(values, text)


def _row(name: str, data: str, model: ModelConfig, metrics: dict[str, Any] | None) -> str:
    elbo = f"ELBO {metrics['elbo']:.2f}" if metrics else "not evaluated"
    return f"{name:24} {data:16} {model.network:7} {model.latent_dim:4}-D  {elbo}"
