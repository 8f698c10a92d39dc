"""`python -m vae_core.collection.mapper`: draws a model's map anew, for whoever asks from another process.

What to do is one line of JSON on the standard input: `{"folder": …, "method": …}`. Steps go out as lines of JSON,
then `{"problem": …}` or `{"ready": true}`. It ends with its input; until its last step the model keeps its old map.
"""

import json
from pathlib import Path
from typing import Any

from vae_core.asked import tell
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.data.dataset import model_images
from vae_core.explorer_files.writer import project_checkpoint
from vae_core.fitting import keep_fitted_prior
from vae_core.projection.projection import Method
from vae_core.runs.by_hand import training_by_hand
from vae_core.runs.errand import do_errand
from vae_core.runs.run import data_dir_of

NICENESS = 10  # the server's pages go first


def draw_map(folder: Path, method: Method | None = None) -> None:
    """Fit the prior and draw the map of a model on the images that it was trained on, as mapping after training does.

    Raises:
        UserError: the images or the checkpoint cannot be read, or something else is at work on the model.
    """
    summary = read_checkpoint(folder)
    training = summary.training
    with training_by_hand(folder):
        dataset = model_images(summary.model, training, data_dir=data_dir_of(folder), progress=tell)
        keep_fitted_prior(folder, dataset, seed=training.seed, progress=tell)
        project_checkpoint(folder, dataset, method=method, seed=training.seed, progress=tell)


def _errand(line: str) -> dict[str, Any]:
    order = json.loads(line)
    draw_map(Path(order["folder"]), order["method"])
    return {"ready": True}


if __name__ == "__main__":
    do_errand(_errand, niceness=NICENESS)
