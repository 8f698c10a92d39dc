"""From words to a command: parsing, and what a mistake looks like (exit code 2 and one line)."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from vae_core.cli import commands, interpolate, runs
from vae_core.cli.options import add_config_options
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import UserError

MISTAKE, FAILURE = 2, 1


class _Parser(argparse.ArgumentParser):
    """One line for a mistake, not the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(MISTAKE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _data_options(parser: argparse.ArgumentParser, required: bool) -> None:
    parser.add_argument("--data", required=required, help="catalogue name, image folder, .zip or .npz")
    parser.add_argument("--data-dir", help="where data sets lie or are downloaded to (LATENT_EXPLORER_DATA)")


def _train_options(parser: argparse.ArgumentParser) -> None:
    _data_options(parser, required=False)
    parser.add_argument("--output", required=True, help="the checkpoint folder to write")
    parser.add_argument("--resume", action="store_true", help="go on with the run in --output")
    parser.add_argument("--config", help='JSON file {"model": {…}, "training": {…}}; options override it')
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")
    parser.add_argument("--image-size", type=int, help="scale images to this many pixels a side")
    parser.add_argument("--channels", type=int, choices=(1, 3), help="1 for grey, 3 for colour")
    renamed = {"network": "--model"}
    add_config_options(parser, ModelConfig, "model", renamed, skip={"image_size", "channels"})
    add_config_options(parser, TrainConfig, "training", {}, skip={"data"})


def _evaluate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")
    _data_options(parser, required=True)
    parser.add_argument("--split", choices=("train", "test"), default="test")
    parser.add_argument("--samples", type=int, default=500, help="importance samples an image for the NLL")
    parser.add_argument("--likelihood-images", type=int, help="images the NLL is averaged over (default: all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")


def _project_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")
    _data_options(parser, required=True)
    parser.add_argument("--method", choices=("umap", "pca", "axes"), help="umap; for two dimensions, axes")
    parser.add_argument("--axes", type=int, nargs=2, metavar=("I", "J"), help="latent dimensions of method axes")
    parser.add_argument("--points", type=int, default=20_000, help="largest number of points on the map")
    parser.add_argument("--seed", type=int, default=0)


def _export_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")
    parser.add_argument("--format", choices=("onnx", "explorer"), required=True)
    parser.add_argument("--output", required=True, help="the folder to write")


def _list_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("root", nargs="?", help="the folder of checkpoints (LATENT_EXPLORER_CHECKPOINTS)")


COMMANDS = {
    "train": (_train_options, commands.train, "train a model into a checkpoint folder"),
    "evaluate": (_evaluate_options, commands.evaluate, "measure a checkpoint and keep the figures with it"),
    "project": (
        _project_options,
        commands.project,
        "draw a checkpoint's map and write what the browser needs",
    ),
    "export": (_export_options, commands.export, "copy a checkpoint out as ONNX or as explorer files"),
    "interpolate": (interpolate.add_options, interpolate.interpolate, "write the way between latents as a film"),
    "run": (runs.add_options, runs.run, runs.DESCRIPTION),
    "list": (_list_options, commands.list_checkpoints, "list checkpoints with their figures, and runs"),
}


def build_parser() -> argparse.ArgumentParser:
    """The whole command line as a parser."""
    parser = _Parser(prog="python -m vae_core", description="Train, measure and map variational autoencoders.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="|".join(COMMANDS))
    for name, (add_options, _, description) in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=description, description=description.capitalize() + ".")
        add_options(subparser)
        subparser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 2 a mistake in what was asked, 1 a failure of the machine, 130 stopped by hand."""
    options = build_parser().parse_args(arguments)
    try:
        result = COMMANDS[options.command][1](options)
    except UserError as error:
        return _complain(options.command, str(error), MISTAKE)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _complain(options.command, f"{place}{error.strerror or error}; nothing was left half-written.", FAILURE)
    except KeyboardInterrupt:
        return _complain(options.command, "stopped; nothing was left half-written.", commands.STOPPED)
    if result.show:
        _print(result.values, result.text, options.json)
    return result.exit_code


def _complain(command: str, message: str, exit_code: int) -> int:
    print(f"vae_core {command}: {message}", file=sys.stderr)
    return exit_code


def _print(values: Any, text: str, as_json: bool) -> None:
    print(json.dumps(values, ensure_ascii=False) if as_json else text)
