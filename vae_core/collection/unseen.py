"""`python -m vae_core.collection.unseen`: some test images of a model's data, for whoever asks from another process.

What to do is one line of JSON on the standard input: `{"folder": …}`. Steps go out as lines of JSON, then
`{"problem": …}` or `{"numbers": […], "labels": […], "pixels": …}`: the images' places in the test split, their classes,
and their bytes (n, C, H, W) in base64. Nothing is downloaded for it.
"""

import base64
import json
from pathlib import Path
from typing import Any

import torch

from vae_core.asked import tell
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.data.dataset import model_images
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.locations import is_at_hand, present
from vae_core.errors import DatasetError
from vae_core.randomness import stratified_sample
from vae_core.runs.errand import do_errand
from vae_core.runs.run import data_dir_of

IMAGES = 8
NICENESS = 5  # the server's pages go first


def unseen_images(folder: Path) -> dict[str, Any]:
    """Eight test images of what a model was trained on, of as many classes as can be; for the same data the same ones.

    As the model sees them: binarised for one of binarised images.

    Raises:
        UserError: the checkpoint is damaged, or its images are not on this machine.
    """
    summary = read_checkpoint(folder)
    training = summary.training
    data_dir = data_dir_of(folder)
    named = training.data in CATALOGUE
    if not (present(training.data, data_dir) if named else is_at_hand(training.data)):
        raise DatasetError(f"{summary.data.name}: these images are not on this machine.")
    dataset = model_images(summary.model, training, "test", data_dir=data_dir, progress=tell)
    chosen = stratified_sample(dataset.labels, IMAGES, seed=0)
    chosen = chosen[dataset.labels[chosen].argsort(stable=True)]
    pixels = dataset.batch(chosen).mul(255).round().to(torch.uint8)
    return {
        "numbers": chosen.tolist(),
        "labels": [dataset.class_names[label] for label in dataset.labels[chosen].tolist()],
        "pixels": base64.b64encode(pixels.numpy().tobytes()).decode(),
    }


def _errand(line: str) -> dict[str, Any]:
    return unseen_images(Path(json.loads(line)["folder"]))


if __name__ == "__main__":
    do_errand(_errand, niceness=NICENESS)
