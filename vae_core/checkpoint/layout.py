"""The checkpoint folder without its weights: every name in it, its settings and its figures."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vae_core.config import DataDescription, ModelConfig, TrainConfig, read_json
from vae_core.errors import CheckpointError, ConfigError
from vae_core.files import write_json

FORMAT_VERSION = 1

# Every name inside a checkpoint folder.
CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
METRICS_FILE = "metrics.json"
CARD_FILE = "README.md"
EXPLORER_FOLDER = "explorer"
EXPLORER_MANIFEST = Path(EXPLORER_FOLDER) / "manifest.json"
RUN_FOLDER = Path("training")  # of what was trained here: what was asked for, how far it is, what it needs to go on
REQUEST_FILE = RUN_FOLDER / "request.json"
STATUS_FILE = RUN_FOLDER / "status.json"
ORDER_FILE = RUN_FOLDER / "order.json"
LOCK_FILE = RUN_FOLDER / "process.lock"
LOG_FILE = RUN_FOLDER / "log.txt"
RESERVE_FILE = RUN_FOLDER / "reserve"
STATE_FILE = RUN_FOLDER / "state.safetensors"
METRICS_LINES = RUN_FOLDER / "metrics.jsonl"
PICTURE_FILE = RUN_FOLDER / "previews" / "images.png"
MAP_FILE = RUN_FOLDER / "previews" / "map.json"

# Beside the checkpoints.
QUEUE_FOLDER = ".runs"
UPLOADS_FOLDER = ".uploads"


@dataclass(frozen=True)
class CheckpointSummary:
    """Everything about a checkpoint but its weights. `metrics` is None until an evaluation was made."""

    name: str
    path: Path
    model: ModelConfig
    training: TrainConfig
    data: DataDescription
    metrics: dict[str, Any] | None
    explorer_manifest: Path | None


def checkpoints_root() -> Path:
    """Where checkpoints live: LATENT_EXPLORER_CHECKPOINTS, or `checkpoints` beside the package."""
    configured = os.environ.get("LATENT_EXPLORER_CHECKPOINTS")
    return Path(configured) if configured else Path(__file__).resolve().parents[2] / "checkpoints"


def write_config(path: Path, model: ModelConfig, training: TrainConfig, data: DataDescription) -> None:
    """Write a checkpoint folder's config.json."""
    records = {"model": model, "training": training, "data": data}
    content = {key: record.model_dump(mode="json") for key, record in records.items()}
    write_json(path / CONFIG_FILE, {"format": FORMAT_VERSION, **content})


def read_checkpoint(path: str | Path) -> CheckpointSummary:
    """Read and check a checkpoint folder's settings, without its weights.

    Raises:
        CheckpointError: the folder is missing, a link, of an unknown version, or its config.json is bad.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: there is no such checkpoint folder.")
    config_path = folder / CONFIG_FILE
    if not config_path.exists():
        raise CheckpointError(f"{folder}: not a checkpoint, since it holds no {CONFIG_FILE}.")
    try:
        content = read_json(_own_file(folder, CONFIG_FILE))
        if not isinstance(content, dict):
            raise ConfigError(f"{config_path}: expected an object of settings.")
        version = content.get("format")
        if version != FORMAT_VERSION:
            raise CheckpointError(
                f"{config_path}: format version {version!r} is unknown; this software reads version {FORMAT_VERSION}."
            )
        records = {key: content.get(key) for key in ("model", "training", "data")}
        for key, record in records.items():
            if not isinstance(record, dict):
                raise ConfigError(f"{key}: this setting is missing.")
        return CheckpointSummary(
            name=folder.resolve().name,
            path=folder,
            model=ModelConfig.parse(content["model"]),
            training=TrainConfig.parse(content["training"]),
            data=DataDescription.parse(content["data"]),
            metrics=_read_metrics(folder),
            explorer_manifest=folder / EXPLORER_MANIFEST if (folder / EXPLORER_MANIFEST).is_file() else None,
        )
    except ConfigError as error:
        message = str(error)
        raise CheckpointError(message if str(folder) in message else f"{config_path}: {message}") from None


def _own_file(folder: Path, name: str) -> Path:
    """The path of a checkpoint's file, refusing a link that leads out of the folder."""
    path = folder / name
    if path.is_symlink():
        raise CheckpointError(f"{path}: is a link; a checkpoint holds its files itself.")
    return path


def _read_metrics(folder: Path) -> dict[str, Any] | None:
    path = _own_file(folder, METRICS_FILE)
    if not path.exists():
        return None
    metrics = read_json(path)
    if not isinstance(metrics, dict):
        raise CheckpointError(f"{path}: expected an object of figures.")
    return metrics


def list_checkpoints(root: Path | None = None) -> list[CheckpointSummary]:
    """Every readable checkpoint below `root`, by name; see `broken_checkpoints` for the others."""
    return [entry for entry in _scan(root) if isinstance(entry, CheckpointSummary)]


def broken_checkpoints(root: Path | None = None) -> list[CheckpointError]:
    """What is wrong with each folder below `root` that has a config.json but can't be read."""
    return [entry for entry in _scan(root) if isinstance(entry, CheckpointError)]


def _scan(root: Path | None) -> list[CheckpointSummary | CheckpointError]:
    root = root or checkpoints_root()
    if not root.is_dir():
        return []
    found: list[CheckpointSummary | CheckpointError] = []
    for folder in sorted(root.iterdir()):
        if folder.name.startswith(".") or not (folder / CONFIG_FILE).exists():
            continue
        try:
            found.append(read_checkpoint(folder))
        except CheckpointError as error:
            found.append(error)
    return found
