"""pythae's own trainer, told as little as its users tell it: on the processor, with its progress bars kept quiet."""

import contextlib
import io
import logging
import tempfile
from typing import Any

BATCH, LEARNING_RATE = 100, 1e-3  # its default rate of 1e-4 is slower: the rival gets the better one


def train_pythae(model: Any, dataset: Any, epochs: int) -> None:
    """Trains a model of pythae on a data set of pythae."""
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        BaseTrainer(
            model=model,
            train_dataset=dataset,
            training_config=BaseTrainerConfig(
                output_dir=folder,
                num_epochs=epochs,
                learning_rate=LEARNING_RATE,
                per_device_train_batch_size=BATCH,
                no_cuda=True,
            ),
        ).train()
    logging.disable(logging.NOTSET)
