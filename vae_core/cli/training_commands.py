"""The commands that train, here or as a run in the queue: options in, a call of the package, a result out."""

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from typing import Any

from vae_core.augmentation import in_words, suggested
from vae_core.checkpoint.about import as_title
from vae_core.checkpoint.card import training_command
from vae_core.checkpoint.layout import CONFIG_FILE, read_checkpoint
from vae_core.cli.arguments import given_options
from vae_core.cli.data_commands import tell_of_namesake
from vae_core.cli.reporting import STOPPED, ProgressLine, Result, TrainingLines
from vae_core.config import WITH_VARIANCE, ModelConfig, TrainConfig, check_together
from vae_core.data.dataset import load_dataset
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.locations import lasting
from vae_core.errors import ConfigError, UserError
from vae_core.json_files import read_json
from vae_core.machine import memory_left
from vae_core.runs import control
from vae_core.runs.by_hand import refuse_folder_of_a_run, training_by_hand
from vae_core.runs.doctor import evidence_of, examine
from vae_core.runs.planning import estimate, shortage
from vae_core.runs.presets import preset_named, settings
from vae_core.runs.report import duration, run_values, state_words
from vae_core.runs.run import list_runs
from vae_core.speed import keep_speed, known_speed
from vae_core.training.events import nobody
from vae_core.training.loop import train as run_training
from vae_core.training.preconditions import check_room
from vae_core.training.trial import measure_speed


def train(options: argparse.Namespace) -> Result:
    """Train, or go on with a run; the first Ctrl+C saves and ends it."""
    refuse_folder_of_a_run(Path(options.output))
    if not (Path(options.output) / CONFIG_FILE).exists():
        check_room(Path(options.output))  # before images are read
    model_settings, training_settings = _settings(options)
    training = TrainConfig.parse(training_settings)
    check_together(ModelConfig.parse({"image_size": 28, **model_settings}), training)
    asked = options.data or training.data  # in the words of whoever asks
    tell_of_namesake(asked)

    line = ProgressLine()
    dataset = load_dataset(
        asked,
        data_dir=options.data_dir,
        image_size=options.image_size or model_settings.get("image_size"),
        channels=options.channels or model_settings.get("channels"),
        crop=training.crop,
        progress=line,
    )
    line.finish()
    shape = {"image_size": dataset.image_size, "channels": dataset.channels}
    model = ModelConfig.parse(model_settings | shape)
    few = suggested(len(dataset), dataset.image_size, dataset.channels, dataset.class_names)
    training = TrainConfig.parse(few | training_settings)
    is_first = os.environ.get("RANK", "0") == "0"
    if is_first and (words := in_words(training)):
        print(f"Training images are {words} …", file=sys.stderr)
    with _stop_requests() as caught, training_by_hand(Path(options.output)) if is_first else nullcontext():
        result = run_training(
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
    values["finding"] = None
    if is_first and (said := _findings(result.path, asked, options.data_dir, over=not stopped)):
        values["finding"], text = said[0], "\n".join([text, *said])
    return Result(values, text, STOPPED if stopped else 0, show=is_first)


def _findings(folder: Path, data: str, data_dir: str | None, *, over: bool) -> list[str]:
    """What is wrong with a run, and the command of one that is mended, which takes no other's folder."""
    evidence = evidence_of(folder, over=over)
    found = examine(evidence) if evidence else None
    if found is None or found.mended is None:
        return [found.sentence] if found else []
    endings = chain([""], (f"-{number}" for number in count(2)))
    folder = folder if folder.name not in ("", "..") else folder.resolve()
    names = (folder.with_name(f"{folder.name}-mended{ending}") for ending in endings)
    output = next(name for name in names if not name.exists())
    summary = replace(read_checkpoint(folder), model=found.mended.model, training=found.mended.training)
    command = training_command(summary, data=data, output=str(output))
    if data_dir:
        command += f" --data-dir {shlex.quote(data_dir)}"
    return [found.sentence, f"Mended: {command}"]


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
    begun_with = None  # a run goes on with what its settings call its images
    if options.resume and (Path(options.output) / CONFIG_FILE).exists():
        summary = read_checkpoint(options.output)
        content = {
            "model": summary.model.model_dump(),
            "training": summary.training.model_dump(),
        }
        begun_with = summary.training.data
    if options.config:
        given = read_json(Path(options.config).resolve())
        parts = given.values() if isinstance(given, dict) and set(given) <= content.keys() else [None]
        if not all(isinstance(part, dict) for part in parts):
            raise ConfigError(f'{options.config}: expected an object with the objects "model" and "training".')
        content = {part: content[part] | given.get(part, {}) for part in content}
    model, training = content["model"], content["training"]
    asked = options.data or training.get("data")
    if not asked:
        raise UserError("which data set? Give --data, a catalogue name or a path.")
    training["data"] = begun_with if begun_with and lasting(begun_with) == lasting(asked) else lasting(asked)
    of_model = given_options(options, "model")
    if "likelihood" in of_model and of_model["likelihood"] not in WITH_VARIANCE:
        model.pop("variance", None)
    return model | of_model, training | given_options(options, "training")


def start(options: argparse.Namespace) -> Result:
    """Read the images, since their number and size fill the preset, and ask for the run."""
    given_model, given_training = given_options(options, "model"), given_options(options, "training")
    crop = TrainConfig.parse({"data": options.data, **given_training}).crop

    # The run's process, and whoever resumes it, may work in another folder.
    in_catalogue, data = options.data in CATALOGUE, lasting(options.data)
    data_dir = str(Path(options.data_dir).resolve()) if options.data_dir else None
    line = ProgressLine()
    dataset = load_dataset(
        options.data,
        data_dir=data_dir,
        image_size=options.image_size,
        channels=options.channels,
        crop=crop,
        progress=line,
    )
    line.finish()
    preset = preset_named(options.preset)
    shape = (len(dataset), dataset.image_size, dataset.channels)
    chosen = settings(preset, data, *shape, given_model, given_training, dataset.class_names)
    runs = list_runs()
    if known_speed() is None and not any(run.alive for run in runs) and (measured := measure_speed()) is not None:
        keep_speed(measured)
    cost = estimate(chosen, len(dataset), runs)
    asked = control.ask(
        options.name or (data if in_catalogue else as_title(Path(data).stem)),
        chosen.preset,
        chosen.model,
        chosen.training,
        data_dir=data_dir,
    )
    runs = list_runs()
    values = run_values(asked, runs) | {"estimated_seconds": cost.seconds, "estimated_memory": cost.memory}
    words = (
        f"{asked.name}: {state_words(asked, runs)}. It takes about {duration(cost.seconds)}, and "
        f"{cost.memory / 1e9:.1f} GB of memory. See python -m vae_core list."
    )
    if short := shortage(chosen, len(dataset), memory_left()):
        words += f"\n{short}"
    return Result(values, words)
