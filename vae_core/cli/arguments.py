"""The options of every command. Those of the settings are made from the records, so that both say the same."""

import argparse
import types
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from vae_core.augmentation import AUGMENTATION, FEW
from vae_core.checked_settings import offered
from vae_core.collection.records import Order
from vae_core.config import Crop, ModelConfig, TrainConfig
from vae_core.films.pictures import FilmFormat, FilmSettings, Loop
from vae_core.imports.description import Description
from vae_core.interpolation.paths import FRAMES, STOPS, Mode, Spacing
from vae_core.projection.umap_settings import UmapSettings
from vae_core.runs.presets import PRESETS

FILMS = get_args(FilmFormat)
EXPORTS = ("zip", "onnx", "huggingface", "site", "explorer")
PICTURE_FORMATS = (*FILMS, "png", "csv")
START = "vae_core.cli.training_commands:start"
VERBS = {
    "pause": "stop it after the step it is in; it can go on later",
    "resume": "let it go on from where it was",
    "keep": "stop it and make a model of what it has learned",
    "discard": "stop it and remove it with all it made",
}


def _seed(text: str) -> int:
    seed = int(text)
    if not 0 <= seed < 2**63:
        raise argparse.ArgumentTypeError(f"{seed} is not between 0 and 2**63 − 1")
    return seed


def train_options(parser: argparse.ArgumentParser) -> None:
    _data_options(parser, required=False)
    parser.add_argument("--output", required=True, help="the checkpoint folder to write")
    parser.add_argument("--resume", action="store_true", help="go on with the run in --output")
    parser.add_argument("--config", help='JSON file {"model": {…}, "training": {…}}; options override it')
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")
    _settings_options(parser)


def evaluate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")
    _data_options(parser, required=True)
    parser.add_argument("--split", choices=("train", "test"), default="test")
    parser.add_argument("--samples", type=int, default=500, help="importance samples an image for the NLL")
    parser.add_argument("--likelihood-images", type=int, help="images drawn for the NLL (default: all)")
    parser.add_argument(
        "--factors", action="store_true", help="also how far each factor that the images' table tells has its dimension"
    )
    parser.add_argument("--seed", type=_seed, default=0)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")


def look_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="catalogue name, image folder, .zip, arrays or table")
    parser.add_argument("--data-dir", help="where data sets lie or are downloaded to (LATENT_EXPLORER_DATA)")
    parser.add_argument("--image-size", type=int, help="scale images to this many pixels a side")
    parser.add_argument("--channels", type=int, choices=(1, 3), help="1 for grey, 3 for colour")
    parser.add_argument("--crop", choices=get_args(Crop), default="middle", help="the middle square, or all of it")


def project_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")
    _data_options(parser, required=True)
    parser.add_argument("--method", choices=("umap", "pca", "axes"), help="umap; for two dimensions, axes")
    parser.add_argument(
        "--axes", type=int, nargs=2, metavar=("I", "J"), help="of method axes: 3 5 for z3 across and z5 up"
    )
    parser.add_argument("--points", type=int, default=20_000, help="largest number of points on the map")
    parser.add_argument("--seed", type=_seed, default=0)
    _config_options(parser, UmapSettings, "umap", {}, skip={"densmap"})
    densmap = UmapSettings.model_fields["densmap"].description
    parser.add_argument("--densmap", dest="umap.densmap", action="store_const", const=True, help=densmap)


def fit_prior_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")
    _data_options(parser, required=True)
    parser.add_argument("--seed", type=_seed, default=0)


def find_factors_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")
    _data_options(parser, required=True)


def export_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoints", metavar="DIR", nargs="+", help="one, or for a site several")
    parser.add_argument("--format", choices=EXPORTS, required=True)
    parser.add_argument("--output", required=True, help="the folder to write, or the .zip")
    parser.add_argument("--with-training", action="store_true", help="in a ZIP, also what its run needs to go on")


def push_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")
    parser.add_argument("repository", metavar="OWNER/NAME", help="made where there is none, else renewed")
    parser.add_argument("--license", help="of the model, as the hub writes it: mit, cc-by-4.0, …")
    parser.add_argument("--dataset", metavar="OWNER/NAME", help="that it was trained on, where the hub has it")
    parser.add_argument("--public", action="store_true", help="for everybody; otherwise you alone")


def interpolate_options(parser: argparse.ArgumentParser) -> None:
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


def run_options(parser: argparse.ArgumentParser) -> None:
    """The verbs of `run`, each with its own options."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="|".join(("start", *VERBS)))
    start = verbs.add_parser("start", help="ask for a run; it waits for its turn", description="Ask for a run.")
    start.set_defaults(handler=START)
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


def import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="SOURCE", nargs="?", help="folder, .zip, .onnx, .pt, .pth, .ckpt, .safetensors, or owner/name"
    )
    parser.add_argument("--output", help="the checkpoint folder to write; without it, only a look is taken")
    parser.add_argument("--bridge", choices=("pytorch", "keras"), help="print lines that write other models as ONNX")
    _data_options(parser, required=False)
    parser.add_argument("--crop", choices=get_args(Crop), default="middle", help="the middle square, or all of it")
    _config_options(parser, Description, "said", {}, set(), title="what the model's own files may leave open")


def list_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("root", nargs="?", help="the folder of checkpoints (LATENT_EXPLORER_CHECKPOINTS)")


def models_options(parser: argparse.ArgumentParser) -> None:
    list_options(parser)
    parser.add_argument("--search", help="words, each in a title, name, data set, note or origin")
    parser.add_argument("--sort", choices=get_args(Order), default="newest", help="default: newest")


def compare_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoints", metavar="DIR", nargs="+", help="two to four checkpoint folders")


def rename_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")
    parser.add_argument("title", metavar="TITLE", help="what pages show; empty for the folder's name")
    parser.add_argument("--notes", help="a few words to keep with it (default: as they are)")


def delete_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="DIR")


def restore_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of a deleted model, or the folder that it was")


def samples_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoints", metavar="DIR", nargs="+")


def _data_options(parser: argparse.ArgumentParser, required: bool) -> None:
    parser.add_argument("--data", required=required, help="catalogue name, image folder, .zip, arrays or table")
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
