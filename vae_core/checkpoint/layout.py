"""The checkpoint folder without its weights: every name in it, its settings and its figures."""

import math
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vae_core.checked_settings import Settings
from vae_core.checkpoint.about import About, read_about
from vae_core.checkpoint.provenance import DataDescription, Origin
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import CheckpointError, ConfigError, shortened
from vae_core.files import read_small, write_json
from vae_core.json_files import LARGEST_JSON, parse_json

FORMAT_VERSION = 1
IMPORTED_VERSION = 2  # of a model that was trained elsewhere: graphs in place of weights, and where they come from

# Settings that came after the format, with those that mean nothing alone. An earlier version reads what has none.
LATER: dict[str, dict[str, tuple[str, ...]]] = {
    "model": {"prior": ("components", "couplings", "coupling_units"), "activation": ()},
    "training": {"objective": (), "binarise": ()},
    "origin": {"encoder_in_torch": ()},
}

# Every name inside a checkpoint folder.
CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
DECODER_FILE, ENCODER_FILE = "decoder.onnx", "encoder.onnx"  # in its place, of an imported model
PRIOR_FILE = "prior.safetensors"
METRICS_FILE = "metrics.json"
CARD_FILE = "README.md"
SAMPLES_FILE = "samples.webp"  # a few draws of its prior, for its card
EXPLORER_FOLDER = "explorer"
MANIFEST_FILE = "manifest.json"
EXPLORER_MANIFEST = Path(EXPLORER_FOLDER) / MANIFEST_FILE
RUN_FOLDER = Path("training")  # of what was trained here: what was asked for, how far it is, what it needs to go on
REQUEST_FILE = RUN_FOLDER / "request.json"
STATUS_FILE = RUN_FOLDER / "status.json"
ORDER_FILE = RUN_FOLDER / "order.json"
LOCK_FILE = RUN_FOLDER / "process.lock"
LOG_FILE = RUN_FOLDER / "log.txt"
RESERVE_FILE = RUN_FOLDER / "reserve"
STATE_FILE = RUN_FOLDER / "state.safetensors"
METRICS_LINES = RUN_FOLDER / "metrics.jsonl"
FACTS_FILE = RUN_FOLDER / "images.json"
PICTURE_FILE = RUN_FOLDER / "previews" / "images.png"
MAP_FILE = RUN_FOLDER / "previews" / "map.json"
RUN_FILES = (
    REQUEST_FILE,
    STATUS_FILE,
    ORDER_FILE,
    LOCK_FILE,
    LOG_FILE,
    RESERVE_FILE,
    STATE_FILE,
    METRICS_LINES,
    FACTS_FILE,
    PICTURE_FILE,
    MAP_FILE,
)

# Beside the checkpoints.
QUEUE_FOLDER = ".runs"
SPEED_FILE = "speed.json"  # in the queue's folder: what training costs on this machine
UPLOADS_FOLDER = ".uploads"
TRASH_FOLDER = ".trash"

# One visible file or folder: no separator, no leading dot, nothing unprintable.
_PLAIN_NAME = re.compile(r"[^\x00-\x1f\x7f/\\.][^\x00-\x1f\x7f/\\]*")
LONGEST_NAME = 255  # bytes, on every common file system


def written_folders(path: Path) -> tuple[Path, ...]:
    """The folders of a checkpoint in which files are written one by one."""
    return path, path / RUN_FOLDER, (path / PICTURE_FILE).parent, path / EXPLORER_FOLDER


@dataclass(frozen=True)
class CheckpointSummary:
    """Everything about a checkpoint but its weights.

    `metrics` is None until an evaluation was made, `origin` of a model that was trained here. `about_problem` says what
    is wrong with the file of its title and notes, which hinders nothing.
    """

    name: str
    path: Path
    model: ModelConfig
    training: TrainConfig
    data: DataDescription
    metrics: dict[str, Any] | None
    explorer_manifest: Path | None
    origin: Origin | None = None
    about: About = field(default_factory=About)
    about_problem: str | None = None

    @property
    def title(self) -> str:
        """What people call it."""
        return self.about.title or self.name

    @property
    def measured_on(self) -> str:
        """The name of the data set that its figures are of: its own, unless it was evaluated on another."""
        named = (self.metrics or {}).get("data")
        return named if isinstance(named, str) else self.data.name

    def figure(self, name: str) -> float | None:
        """A figure of the last evaluation; None where it was not measured."""
        return _number((self.metrics or {}).get(name))

    def with_error(self, name: str) -> tuple[float, float | None] | None:
        """A figure and its standard error, where they were measured."""
        value = self.figure(name)
        return None if value is None else (value, self.figure(f"{name}_standard_error"))

    def disentanglement(self, name: str) -> float | None:
        """A score of it, 0 to 1, of the last evaluation; None where it was not measured."""
        scores = (self.metrics or {}).get("disentanglement")
        return _number(scores.get(name)) if isinstance(scores, dict) else None


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _leave_out(content: dict[str, Any], record: Settings, later: dict[str, tuple[str, ...]]) -> None:
    """Takes away what says nothing but that something is as it was before there were others."""
    for name, belonging in later.items():
        if getattr(record, name) == type(record).model_fields[name].default:
            for each in (name, *belonging):
                del content[each]


def checkpoints_root() -> Path:
    """Where checkpoints live: LATENT_EXPLORER_CHECKPOINTS, or `checkpoints` beside the package."""
    configured = os.environ.get("LATENT_EXPLORER_CHECKPOINTS")
    return Path(configured) if configured else Path(__file__).resolve().parents[2] / "checkpoints"


def write_config(
    path: Path, model: ModelConfig, training: TrainConfig, data: DataDescription, origin: Origin | None = None
) -> None:
    """Write a checkpoint folder's config.json."""
    write_json(path / CONFIG_FILE, config_content(model, training, data, origin))


def config_content(
    model: ModelConfig, training: TrainConfig, data: DataDescription, origin: Origin | None = None
) -> dict[str, Any]:
    """What a checkpoint folder's config.json says."""
    records: dict[str, Settings] = {"model": model, "training": training, "data": data}
    if origin is not None:
        records["origin"] = origin
    content = {key: record.model_dump(mode="json") for key, record in records.items()}
    for key, record in records.items():
        _leave_out(content[key], record, LATER.get(key, {}))
    if origin is not None:  # nothing is known of how it was trained but what its images are
        content["training"] = training.model_dump(mode="json", include={"data", "crop"})
    version = FORMAT_VERSION if origin is None else IMPORTED_VERSION
    return {"format": version, **content}


def is_plain_name(name: str) -> bool:
    """Whether `name` is a single visible file or folder name, with no way up, down or out."""
    try:
        return len(name.encode("utf-8")) <= LONGEST_NAME and _PLAIN_NAME.fullmatch(name) is not None
    except UnicodeEncodeError:  # bytes of a file name that are no text
        return False


def read_checkpoint(path: str | Path) -> CheckpointSummary:
    """Read and check a checkpoint folder's settings, without its weights.

    Raises:
        CheckpointError: the folder is missing, closed to us, of an unknown version, or a file of it is bad.
    """
    folder = Path(path)
    config_path = folder / CONFIG_FILE
    content = _read_object(config_path, "settings")
    if content is None and not os.path.isdir(folder):
        raise CheckpointError(f"{folder}: there is no such checkpoint folder.")
    if content is None:
        raise CheckpointError(f"{folder}: not a checkpoint, since it holds no {CONFIG_FILE}.")
    version = content.get("format")
    if version not in (FORMAT_VERSION, IMPORTED_VERSION):
        shown = shortened(repr(version))
        raise CheckpointError(
            f"{config_path}: format version {shown} is unknown; this software reads versions {FORMAT_VERSION} and "
            f"{IMPORTED_VERSION}."
        )
    imported = version == IMPORTED_VERSION
    for key in ("model", "training", "data", *(["origin"] if imported else [])):
        if not isinstance(content.get(key), dict):
            raise CheckpointError(f"{config_path}: {key}: this setting is missing.")
    manifest = folder / EXPLORER_MANIFEST
    about, about_problem = read_about(folder)
    try:
        model = ModelConfig.parse(content["model"])
        if imported != (model.network == "imported"):
            raise ConfigError(f"format version {version} does not go with network {model.network}.", "network")
        return CheckpointSummary(
            name=os.path.basename(os.path.abspath(folder)),
            path=folder,
            model=model,
            training=TrainConfig.parse(content["training"]),
            data=DataDescription.parse(content["data"]),
            metrics=_read_metrics(folder),
            explorer_manifest=manifest if os.path.isfile(manifest) else None,
            origin=Origin.parse(content["origin"]) if imported else None,
            about=about,
            about_problem=about_problem,
        )
    except ConfigError as error:
        raise CheckpointError(f"{config_path}: {error}") from None


def _read_metrics(folder: Path) -> dict[str, Any] | None:
    path = folder / METRICS_FILE
    metrics = _read_object(path, "figures")
    for name, value in (metrics or {}).items():
        if isinstance(value, float) and not math.isfinite(value):
            raise CheckpointError(
                f"{path}: {shortened(name)} is not finite (NaN or infinity); evaluate the model again."
            )
    return metrics


def _read_object(path: Path, what: str) -> dict[str, Any] | None:
    """The JSON object in a file; None where there is no such file."""
    try:
        content = parse_json(read_small(path, LARGEST_JSON))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror}).") from None
    except ConfigError as error:
        raise CheckpointError(f"{path}: {error}") from None
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: expected an object of {what}.")
    return content
