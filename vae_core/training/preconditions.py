"""What must hold before a run begins, or goes on."""

from pathlib import Path

from vae_core.checkpoint.layout import STATE_FILE, read_checkpoint
from vae_core.checkpoint.provenance import DataDescription
from vae_core.config import ModelConfig, TrainConfig
from vae_core.data.dataset import Dataset
from vae_core.errors import TrainingError


def check_fit(dataset: Dataset, model: ModelConfig) -> None:
    """Raises TrainingError where images are of another shape than a model is built for."""
    found, asked = (dataset.channels, dataset.image_size), (model.channels, model.image_size)
    if found != asked:
        raise TrainingError(
            f"Data set {dataset.name} has {found[0]} channel(s) of {found[1]} px, "
            f"but the model is built for {asked[0]} of {asked[1]} px."
        )


def check_same_run(folder: Path, model: ModelConfig, training: TrainConfig, data: DataDescription) -> None:
    """Raises TrainingError where a folder's run cannot go on, or began with other settings than these."""
    summary = read_checkpoint(folder)
    if not (folder / STATE_FILE).exists():
        raise TrainingError(f"{folder} holds a finished model without its training state: nothing to resume.")
    for saved, asked in ((summary.model, model), (summary.training, training), (summary.data, data)):
        for name, value in saved.model_dump().items():
            if getattr(asked, name) != value:
                raise TrainingError(
                    f"{folder} was trained with {name} {value!r}, not {getattr(asked, name)!r}: "
                    "a run resumes with its own settings only."
                )
