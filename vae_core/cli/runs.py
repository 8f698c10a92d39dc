"""`python -m vae_core run …`: what the Train page does with runs, from the command line."""

import argparse
from collections.abc import Callable
from pathlib import Path

from vae_core.cli.commands import Result
from vae_core.cli.options import add_config_options, given_options
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import UserError
from vae_core.runs import launch
from vae_core.runs.presets import PRESETS, preset_named, settings
from vae_core.runs.record import Run, list_runs
from vae_core.runs.words import run_values

DESCRIPTION = "train in a process of its own, in the queue that the page shows"
ACTIONS: dict[str, tuple[Callable[[Run], None], str, str]] = {
    "pause": (launch.pause, "stop it after the step it is in; it can go on later", "pauses after the step it is in"),
    "resume": (launch.resume, "let it go on from where it was", "goes on from where it was"),
    "keep": (launch.keep, "stop it and make a model of what it has learned", "becomes a model of what it has learned"),
    "discard": (launch.discard, "stop it and remove it with all it made", "is removed with all it made"),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The verbs of `run`, each with its own options."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="|".join(("start", *ACTIONS)))
    start = verbs.add_parser("start", help="ask for a run; it waits for its turn", description="Ask for a run.")
    _start_options(start)
    for verb, (_, description, _) in ACTIONS.items():
        other = verbs.add_parser(verb, help=description, description=f"{description.capitalize()}.")
        other.add_argument("name", metavar="NAME", help="as python -m vae_core list shows it")
        _json_option(other)


def _start_options(parser: argparse.ArgumentParser) -> None:
    names = [preset.name for preset in PRESETS]
    parser.add_argument("--data", required=True, help="catalogue name, image folder, .zip or .npz")
    parser.add_argument("--data-dir", help="where data sets lie or are downloaded to (LATENT_EXPLORER_DATA)")
    parser.add_argument("--preset", choices=names, default=names[0], help="fills every setting that is not given")
    parser.add_argument("--name", help="of the model (default: the data's)")
    parser.add_argument("--image-size", type=int, help="scale images to this many pixels a side")
    parser.add_argument("--channels", type=int, choices=(1, 3), help="1 for grey, 3 for colour")
    _json_option(parser)
    add_config_options(parser, ModelConfig, "model", {"network": "--model"}, skip={"image_size", "channels"})
    add_config_options(parser, TrainConfig, "training", {}, skip={"data"})


def _json_option(parser: argparse.ArgumentParser) -> None:
    # Suppressed: `run` has the same option, which a default here would overwrite.
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object")


def run(options: argparse.Namespace) -> Result:
    """Start a run, or tell one what to do; returns at once."""
    if options.verb == "start":
        return _start(options)
    act, _, told = ACTIONS[options.verb]
    found = _find(options.name)
    if options.verb == "discard" and found.status.stage == "finished":
        raise UserError(f"{found.name} is a finished model, not a run: remove its folder {found.folder} by hand.")
    act(found)
    if not found.folder.exists():
        return Result({"name": found.name, "stage": "discarded"}, f"{found.name} is removed.")
    runs = list_runs()
    return Result(run_values(_find(options.name), runs), f"{found.name} {told}: see python -m vae_core list.")


def _find(name: str) -> Run:
    runs = list_runs()
    for found in runs:
        if found.name == name:
            return found
    known = ", ".join(other.name for other in runs) or "none"
    raise UserError(f"there is no run called {name} (there are: {known}).")


def _start(options: argparse.Namespace) -> Result:
    """Read the images, since their number and size fill the preset, and ask for the run."""
    given_model, given_training = given_options(options, "model"), given_options(options, "training")
    crop = TrainConfig.parse({"data": options.data, **given_training}).crop

    from vae_core.cli.reporting import ProgressLine
    from vae_core.datasets import load_dataset
    from vae_core.datasets.catalogue import CATALOGUE

    # The run's process, and whoever resumes it, may work in another folder.
    in_catalogue = options.data in CATALOGUE
    data = options.data if in_catalogue else str(Path(options.data).resolve())
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
    model, training = settings(preset, data, len(dataset), dataset.image_size, dataset.channels)
    model_settings = model.model_dump()
    if given_model.get("likelihood", "gaussian") != "gaussian":
        del model_settings["variance"]
    asked = launch.ask(
        options.name or (data if in_catalogue else Path(data).stem),
        preset.name,
        ModelConfig.parse(model_settings | given_model),
        TrainConfig.parse(training.model_dump() | given_training),
        data_dir=data_dir,
    )
    return Result(run_values(asked, list_runs()), f"{asked.name} waits for its turn: see python -m vae_core list.")
