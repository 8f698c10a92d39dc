"""From words to a command, and what a mistake looks like: exit code 2 and one line."""

import argparse
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from vae_core.cli import arguments
from vae_core.cli.reporting import STOPPED
from vae_core.errors import UserError

MISTAKE, FAILURE = 2, 1  # exit codes
DATA, MODEL, TRAINING, RUN, COLLECTION = (
    f"vae_core.cli.{name}_commands" for name in ("data", "model", "training", "run", "collection")
)
COMMANDS = {
    "look": (
        arguments.look_options,
        "say what will be made of images before anything is trained",
        f"{DATA}:look",
    ),
    "train": (arguments.train_options, "train a model into a checkpoint folder", f"{TRAINING}:train"),
    "evaluate": (
        arguments.evaluate_options,
        "measure a checkpoint and keep the figures with it",
        f"{MODEL}:evaluate_checkpoint",
    ),
    "project": (
        arguments.project_options,
        "draw a checkpoint's map and write what the browser needs",
        f"{MODEL}:project",
    ),
    "fit-prior": (
        arguments.fit_prior_options,
        "fit the prior that draws like the data; mapping does it as well",
        f"{MODEL}:fit_prior",
    ),
    "find-factors": (
        arguments.find_factors_options,
        "say on a map that is there which factor each latent dimension holds; mapping does it as well",
        f"{MODEL}:find_factors",
    ),
    "export": (
        arguments.export_options,
        "copy checkpoints out: as a ZIP, as ONNX graphs, for the Hugging Face hub, as a static site",
        "vae_core.cli.export_command:export",
    ),
    "push": (
        arguments.push_options,
        "push a checkpoint to the Hugging Face hub, with your token (HF_TOKEN, or hf auth login)",
        "vae_core.cli.export_command:push_model",
    ),
    "import": (
        arguments.import_options,
        "make a checkpoint of a VAE that was trained elsewhere",
        "vae_core.cli.import_command:import_vae",
    ),
    "interpolate": (
        arguments.interpolate_options,
        "write the way between latents as a film",
        "vae_core.cli.interpolate_command:interpolate",
    ),
    "run": (arguments.run_options, "train in a process of its own, in the queue that the page shows", f"{RUN}:tell"),
    "list": (arguments.list_options, "list checkpoints with their figures, and runs", f"{RUN}:list_all"),
    "models": (
        arguments.models_options,
        "list models as cards show them, and what was deleted",
        f"{COLLECTION}:models",
    ),
    "compare": (
        arguments.compare_options,
        "say in what two to four models differ, with their figures",
        f"{COLLECTION}:compare",
    ),
    "rename": (
        arguments.rename_options,
        "give a model another title; its folder and links stay",
        f"{COLLECTION}:rename",
    ),
    "delete": (arguments.delete_options, "move a model to the trash beside it", f"{COLLECTION}:delete"),
    "restore": (arguments.restore_options, "bring a deleted model back", f"{COLLECTION}:restore"),
    "samples": (arguments.samples_options, "draw the samples that stand on a model's card", f"{MODEL}:samples"),
}


class _Parser(argparse.ArgumentParser):
    """One line for a mistake, not the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(MISTAKE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def build_parser() -> argparse.ArgumentParser:
    """The whole command line as a parser; `handler` of what it parses names the function, as "module:function"."""
    parser = _Parser(prog="python -m vae_core", description="Train, measure and map variational autoencoders.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="|".join(COMMANDS))
    for name, (add_options, description, handler) in COMMANDS.items():
        command = commands.add_parser(name, help=description, description=f"{description.capitalize()}.")
        command.set_defaults(handler=handler)
        add_options(command)
        command.add_argument("--json", action="store_true", help="print the result as one JSON object")
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 2 a mistake in what was asked, 1 a failure of the machine, 130 stopped by hand."""
    options = build_parser().parse_args(words)
    module, _, function = options.handler.partition(":")
    try:
        # Only now, so that listing runs or asking for help waits for no torch.
        result = getattr(import_module(module), function)(options)
    except UserError as error:
        return _complain(options.command, str(error), MISTAKE)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _complain(options.command, f"{place}{error.strerror or error}; nothing was left half-written.", FAILURE)
    except KeyboardInterrupt:
        return _complain(options.command, "stopped; nothing was left half-written.", STOPPED)
    if result.show:
        _print(result.values, result.text, options.json)
    return int(result.exit_code)


def _complain(command: str, message: str, exit_code: int) -> int:
    print(f"vae_core {command}: {message}", file=sys.stderr)
    return exit_code


def _print(values: Any, text: str, as_json: bool) -> None:
    print(json.dumps(values, ensure_ascii=False) if as_json else text)
