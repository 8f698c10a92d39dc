"""`python -m vae_core.collection.unseen`: some test images of a model's data, for whoever asks from another process.

What to do is one line of JSON on the standard input: `{"folder": …}`. Steps go out as lines of JSON, then
`{"problem": …}` or `{"numbers": […], "labels": […], "pixels": …}`: the images' places in the test split, their classes,
and their bytes (n, C, H, W) in base64. Nothing is downloaded for it.
"""

import base64
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from vae_core.asked import end_with_input, say, tell
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.data.dataset import load_dataset
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.locations import present
from vae_core.errors import DatasetError, TrainingError, UserError
from vae_core.randomness import stratified_sample
from vae_core.runs.report import diagnose
from vae_core.runs.run import Run

IMAGES = 8
NICENESS = 5  # the server's pages go first


def unseen_images(folder: Path) -> dict[str, Any]:
    """Eight test images of what a model was trained on, of as many classes as can be; for the same data the same ones.

    Raises:
        UserError: the checkpoint is damaged, or its images are not on this machine.
    """
    summary = read_checkpoint(folder)
    model, training = summary.model, summary.training
    data_dir = _data_dir(folder)
    named = training.data in CATALOGUE
    if not (present(training.data, data_dir) if named else Path(training.data).exists()):
        raise DatasetError(f"{summary.data.name}: these images are not on this machine.")
    dataset = load_dataset(
        training.data,
        "test",
        data_dir=data_dir,
        image_size=model.image_size,
        channels=model.channels,
        crop=training.crop,
        progress=tell,
    )
    chosen = stratified_sample(dataset.labels, IMAGES, seed=0)
    chosen = chosen[dataset.labels[chosen].argsort(stable=True)]
    return {
        "numbers": chosen.tolist(),
        "labels": [dataset.class_names[label] for label in dataset.labels[chosen].tolist()],
        "pixels": base64.b64encode(dataset.images[chosen].numpy().tobytes()).decode(),
    }


def _data_dir(folder: Path) -> str | None:
    """Where the run that trained it looked for data sets, where it was a run."""
    try:
        return Run.read(folder).request.data_dir
    except TrainingError:
        return None


def main() -> None:
    """Do what the first line of the input asks for."""
    os.nice(NICENESS)
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_input, daemon=True).start()
    try:
        say(unseen_images(Path(order["folder"])))
    except UserError as error:
        say({"problem": str(error)})
    except (OSError, MemoryError) as error:
        say({"problem": diagnose(error).words})


if __name__ == "__main__":
    main()
