"""From words to a command: every one with its options, and what a mistake looks like (exit code 2 and one line).

The options of the settings are made from the records, so that both say the same.
"""

import argparse
import json
import sys
import types
from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, Literal, NoReturn, Union, get_args, get_origin

from pydantic import BaseModel

from vae_core.augmentation import AUGMENTATION, FEW
from vae_core.cli.reporting import STOPPED
from vae_core.collection.records import Order
from vae_core.config import Crop, ModelConfig, TrainConfig, offered
from vae_core.errors import UserError
from vae_core.films.pictures import FilmFormat, FilmSettings, Loop
from vae_core.imports.description import Description
from vae_core.interpolation.paths import FRAMES, STOPS, Mode, Spacing
from vae_core.projection.umap_settings import UmapSettings
from vae_core.runs.presets import PRESETS

MISTAKE, FAILURE = 2, 1  # exit codes
FILMS = get_args(FilmFormat)
EXPORTS = ("zip", "onnx", "huggingface", "site", "explorer")
PICTURE_FORMATS = (*FILMS, "png", "csv")


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


def _train_options(parser: argparse.ArgumentParser) -> None:
    _data_options(parser, required=False)
    parser.add_argument("--output", required=True, help="the checkpoint folder to write")
    parser.add_argument("--resume", action="store_true", help="go on with the run in --output")
    parser.add_argument("--config", help='JSON file {"model": {…}, "training": {…}}; options override it')
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")
    _settings_options(parser)


def _evaluate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")
    _data_options(parser, required=True)
    parser.add_argument("--split", choices=("train", "test"), default="test")
    parser.add_argument("--samples", type=int, default=500, help="importance samples an image for the NLL")
    parser.add_argument("--likelihood-images", type=int, help="images drawn for the NLL (default: all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")


def _look_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="catalogue name, image folder, .zip, .npz or .npy")
    parser.add_argument("--data-dir", help="where data sets lie or are downloaded to (LATENT_EXPLORER_DATA)")
    parser.add_argument("--image-size", type=int, help="scale images to this many pixels a side")
    parser.add_argument("--channels", type=int, choices=(1, 3), help="1 for grey, 3 for colour")
    parser.add_argument("--crop", choices=get_args(Crop), default="middle", help="the middle square, or all of it")


def _project_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")
    _data_options(parser, required=True)
    parser.add_argument("--method", choices=("umap", "pca", "axes"), help="umap; for two dimensions, axes")
    parser.add_argument("--axes", type=int, nargs=2, metavar=("I", "J"), help="latent dimensions of method axes")
    parser.add_argument("--points", type=int, default=20_000, help="largest number of points on the map")
    parser.add_argument("--seed", type=int, default=0)
    _config_options(parser, UmapSettings, "umap", {}, skip={"densmap"})
    densmap = UmapSettings.model_fields["densmap"].description
    parser.add_argument("--densmap", dest="umap.densmap", action="store_const", const=True, help=densmap)


def _fit_prior_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")
    _data_options(parser, required=True)
    parser.add_argument("--seed", type=int, default=0)


def _export_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoints", metavar="DIR", nargs="+", help="one, or for a site several")
    parser.add_argument("--format", choices=EXPORTS, required=True)
    parser.add_argument("--output", required=True, help="the folder to write, or the .zip")
    parser.add_argument("--with-training", action="store_true", help="in a ZIP, also what its run needs to go on")


def _push_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")
    parser.add_argument("repository", metavar="OWNER/NAME", help="made where there is none, else renewed")
    parser.add_argument("--license", help="of the model, as the hub writes it: mit, cc-by-4.0, …")
    parser.add_argument("--dataset", metavar="OWNER/NAME", help="that it was trained on, where the hub has it")
    parser.add_argument("--public", action="store_true", help="for everybody; otherwise you alone")


def _interpolate_options(parser: argparse.ArgumentParser) -> None:
    default = FilmSettings("mp4")
    parser.add_argument("checkpoint", metavar="DIR")
    parser.add_argument(
        "--from",
        dest="stops",
        required=True,
        metavar="CSV",
        help=f"the {STOPS[0]} to {STOPS[1]} latents to pass through: columns z1, z2, …, as the tray saves them",
    )
    parser.add_argument(
        "--output", required=True, help=f"the file to write; its suffix says as what: .{', .'.join(PICTURE_FORMATS)}"
    )
    ways = "straight, spherical, along the data, shortest in pixels, or straight in the space of a prior that is a flow"
    parser.add_argument("--mode", choices=get_args(Mode), default="line", help=ways)
    parser.add_argument("--frames", type=int, default=60, help=f"{FRAMES[0]} to {FRAMES[1]} (default: 60)")
    parser.add_argument("--spacing", choices=get_args(Spacing), default="latent", help="what is equal between frames")
    parser.add_argument("--extrapolate", type=float, default=0.0, help="go on beyond both ends, in shares of a segment")
    parser.add_argument("--size", type=int, default=default.side, help=f"pixels a side (default: {default.side})")
    parser.add_argument(
        "--fps", type=int, default=default.frames_per_second, help=f"default: {default.frames_per_second}"
    )
    parser.add_argument("--loop", choices=get_args(Loop), default=default.loop, help=f"default: {default.loop}")
    parser.add_argument("--columns", type=int, help="pictures a row of a .png (default: all in one)")


def _run_options(parser: argparse.ArgumentParser) -> None:
    """The verbs of `run`, each with its own options."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="|".join(("start", *VERBS)))
    start = verbs.add_parser("start", help="ask for a run; it waits for its turn", description="Ask for a run.")
    start.set_defaults(handler=f"{TRAINING}:start")
    _start_options(start)
    for verb, description in VERBS.items():
        other = verbs.add_parser(verb, help=description, description=f"{description.capitalize()}.")
        other.add_argument("name", metavar="NAME", help="as python -m vae_core list shows it")
        _json_option(other)


def _start_options(parser: argparse.ArgumentParser) -> None:
    names = [preset.name for preset in PRESETS]
    _data_options(parser, required=True)
    parser.add_argument("--preset", choices=names, default=names[0], help="fills every setting that is not given")
    parser.add_argument("--name", help="of the model (default: the data's)")
    _json_option(parser)
    _settings_options(parser)


def _json_option(parser: argparse.ArgumentParser) -> None:
    # Suppressed: `run` has the same option, which a default here would overwrite.
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object")


def _import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="SOURCE", nargs="?", help="folder, .zip, .onnx, .pt, .pth, .ckpt, .safetensors, or owner/name"
    )
    parser.add_argument("--output", help="the checkpoint folder to write; without it, only a look is taken")
    parser.add_argument("--bridge", choices=("pytorch", "keras"), help="print lines that write other models as ONNX")
    _data_options(parser, required=False)
    parser.add_argument("--crop", choices=get_args(Crop), default="middle", help="the middle square, or all of it")
    _config_options(parser, Description, "said", {}, set(), title="what the model's own files may leave open")


def _list_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("root", nargs="?", help="the folder of checkpoints (LATENT_EXPLORER_CHECKPOINTS)")


def _models_options(parser: argparse.ArgumentParser) -> None:
    _list_options(parser)
    parser.add_argument("--search", help="words, each in a title, name, data set, note or origin")
    parser.add_argument("--sort", choices=get_args(Order), default="newest", help="default: newest")


def _compare_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoints", metavar="DIR", nargs="+", help="two to four checkpoint folders")


def _rename_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")
    parser.add_argument("title", metavar="TITLE", help="what pages show; empty for the folder's name")
    parser.add_argument("--notes", help="a few words to keep with it (default: as they are)")


def _delete_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")


def _restore_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of a deleted model, or the folder that it was")


def _samples_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoints", metavar="DIR", nargs="+")


def _data_options(parser: argparse.ArgumentParser, required: bool) -> None:
    parser.add_argument("--data", required=required, help="catalogue name, image folder, .zip, .npz or .npy")
    parser.add_argument("--data-dir", help="where data sets lie or are downloaded to (LATENT_EXPLORER_DATA)")


def _settings_options(parser: argparse.ArgumentParser) -> None:
    """Every setting of a model and of its training."""
    parser.add_argument("--image-size", type=int, help="scale images to this many pixels a side")
    parser.add_argument("--channels", type=int, choices=(1, 3), help="1 for grey, 3 for colour")
    _config_options(parser, ModelConfig, "model", {"network": "--model"}, skip={"image_size", "channels"})
    _config_options(parser, TrainConfig, "training", {}, skip={"data", *AUGMENTATION})
    _config_options(
        parser,
        TrainConfig,
        "training",
        {},
        skip=set(TrainConfig.model_fields) - set(AUGMENTATION),
        title="augmentation",
        description=f"What is not given is filled in where images are few, as below {FEW:,}; 0 or off leaves it out.",
    )


def _config_options(
    parser: argparse.ArgumentParser,
    record: type[BaseModel],
    group: str,
    renamed: Mapping[str, str],
    skip: Collection[str],
    **heading: str,
) -> None:
    """Add an option for each field of a record; values stay words, which the record itself checks."""
    section = parser.add_argument_group(**{"title": f"{group} settings", **heading})
    for name, field in record.model_fields.items():
        if name in skip:
            continue
        words = _choices(field.annotation)
        choices = words and offered(field, words)
        default = "" if field.default is None else f"(default: {field.default})"
        section.add_argument(
            renamed.get(name, "--" + name.replace("_", "-")),
            dest=f"{group}.{name}",
            metavar="|".join(choices) if choices else name.upper(),
            help=" ".join(part for part in (field.description, default) if part).replace("%", "%%"),
        )


def _choices(annotation: Any) -> list[str] | None:
    """The words of a Literal, also where None or a number may stand beside them."""
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation)]
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        words: list[str] = []
        for part in parts:
            base = get_args(part)[0] if get_origin(part) is Annotated else part
            words += ["FLOAT"] if base is float else _choices(part) or []
        return words
    return None


def given_options(options: argparse.Namespace, group: str) -> dict[str, Any]:
    """The settings of a group that were given on the command line."""
    prefix = f"{group}."
    pairs = vars(options).items()
    return {name.removeprefix(prefix): value for name, value in pairs if name.startswith(prefix) and value is not None}


DATA, MODEL, TRAINING, RUN, COLLECTION = (
    f"vae_core.cli.{name}_commands" for name in ("data", "model", "training", "run", "collection")
)
COMMANDS = {
    "look": (
        _look_options,
        "say what will be made of images before anything is trained",
        f"{DATA}:look",
    ),
    "train": (_train_options, "train a model into a checkpoint folder", f"{TRAINING}:train"),
    "evaluate": (
        _evaluate_options,
        "measure a checkpoint and keep the figures with it",
        f"{MODEL}:evaluate_checkpoint",
    ),
    "project": (_project_options, "draw a checkpoint's map and write what the browser needs", f"{MODEL}:project"),
    "fit-prior": (
        _fit_prior_options,
        "fit the prior that draws like the data; mapping does it as well",
        f"{MODEL}:fit_prior",
    ),
    "export": (
        _export_options,
        "copy checkpoints out: as a ZIP, as ONNX graphs, for the Hugging Face hub, as a static site",
        "vae_core.cli.export_command:export",
    ),
    "push": (
        _push_options,
        "push a checkpoint to the Hugging Face hub, with your token (HF_TOKEN, or hf auth login)",
        "vae_core.cli.export_command:push_model",
    ),
    "import": (
        _import_options,
        "make a checkpoint of a VAE that was trained elsewhere",
        "vae_core.cli.import_command:import_vae",
    ),
    "interpolate": (
        _interpolate_options,
        "write the way between latents as a film",
        "vae_core.cli.interpolate_command:interpolate",
    ),
    "run": (_run_options, "train in a process of its own, in the queue that the page shows", f"{RUN}:tell"),
    "list": (_list_options, "list checkpoints with their figures, and runs", f"{RUN}:list_all"),
    "models": (
        _models_options,
        "list models as cards show them, and what was deleted",
        f"{COLLECTION}:models",
    ),
    "compare": (_compare_options, "say in what two to four models differ, with their figures", f"{COLLECTION}:compare"),
    "rename": (_rename_options, "give a model another title; its folder and links stay", f"{COLLECTION}:rename"),
    "delete": (_delete_options, "move a model to the trash beside it", f"{COLLECTION}:delete"),
    "restore": (_restore_options, "bring a deleted model back", f"{COLLECTION}:restore"),
    "samples": (_samples_options, "draw the samples that stand on a model's card", f"{MODEL}:samples"),
}
VERBS = {
    "pause": "stop it after the step it is in; it can go on later",
    "resume": "let it go on from where it was",
    "keep": "stop it and make a model of what it has learned",
    "discard": "stop it and remove it with all it made",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 2 a mistake in what was asked, 1 a failure of the machine, 130 stopped by hand."""
    options = build_parser().parse_args(arguments)
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
