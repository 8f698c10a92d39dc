"""What makes trained weights a model to explore: figures, model card, map and the browser's files."""

from pathlib import Path

from vae_core.checkpoint import load_checkpoint
from vae_core.checkpoint.card import write_card
from vae_core.checkpoint.folder import METRICS_FILE, WEIGHTS_FILE
from vae_core.checkpoint.weights import write_tensors
from vae_core.datasets import Dataset, load_dataset
from vae_core.errors import DatasetError
from vae_core.evaluation import evaluate
from vae_core.export import project_checkpoint
from vae_core.files import write_json
from vae_core.progress import ProgressListener
from vae_core.runs.record import RunRequest
from vae_core.training.state import RunState
from vae_core.training.workers import choose_device

SAMPLES = 100
LIKELIHOOD_IMAGES = 100
MAPPED = {"quick look": 3000}
ALL_MAPPED = 20_000


def finish(folder: Path, dataset: Dataset, request: RunRequest, progress: ProgressListener) -> None:
    """Evaluate a run's model on its test split (its training split where there is no other) and map it."""
    model = load_checkpoint(folder).model
    evaluation = evaluate(
        model,
        _unseen(dataset, request),
        samples=SAMPLES,
        likelihood_images=LIKELIHOOD_IMAGES,
        seed=request.training.seed,
        progress=progress,
    )
    write_json(folder / METRICS_FILE, evaluation.to_json())
    write_card(folder)
    points = MAPPED.get(request.preset, ALL_MAPPED)
    project_checkpoint(folder, dataset, points=points, seed=request.training.seed, progress=progress)


def take_saved_state(folder: Path, request: RunRequest) -> int:
    """Make the weights that a run stopped with those of its model; returns the steps they have taken.

    A checkpoint's weights are written at the end of an epoch, the saved state also in the middle of one.
    """
    state = RunState(request.model, request.training, choose_device("cpu"))
    state.load(folder)
    write_tensors(folder / WEIGHTS_FILE, state.kept_weights)
    return state.position.step


def _unseen(dataset: Dataset, request: RunRequest) -> Dataset:
    try:
        return load_dataset(
            request.training.data,
            "test",
            data_dir=request.data_dir,
            image_size=dataset.image_size,
            channels=dataset.channels,
            crop=request.training.crop,
        )
    except DatasetError:
        return dataset
