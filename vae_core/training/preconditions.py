"""What must hold before a run begins, or goes on."""

from pathlib import Path

from vae_core.checkpoint.about import ABOUT_FILE
from vae_core.checkpoint.layout import REQUEST_FILE, RUN_FILES, RUN_FOLDER, STATE_FILE, WEIGHTS_FILE, read_checkpoint
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


def check_room(folder: Path) -> None:
    """Raises TrainingError where a folder without settings holds more than the beginning of a run.

    A run writes names of its own there, and whoever discards it removes them all. Hidden files don't count.
    """
    own = {RUN_FOLDER.name} | ({WEIGHTS_FILE} if (folder / STATE_FILE).exists() else set())
    own |= {ABOUT_FILE} if (folder / REQUEST_FILE).exists() else set()  # as it was called when it was asked for
    of_runs = {path.relative_to(RUN_FOLDER).parts[0] for path in RUN_FILES}
    foreign = [*_visible(folder, own), *(f"{RUN_FOLDER}/{name}" for name in _visible(folder / RUN_FOLDER, of_runs))]
    if foreign:
        rest = f" and {len(foreign) - 1:,} more" if len(foreign) > 1 else ""
        raise TrainingError(
            f"{folder} holds {foreign[0]}{rest}: a model gets a folder of its own. Name one that is new or empty."
        )


def _visible(folder: Path, known: set[str]) -> list[str]:
    """Names in a folder beside those that are known."""
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.name not in known and not path.name.startswith("."))


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
