"""Training in a process that can be killed: started from a warm fork server, so that a start costs no import."""

import multiprocessing
import os
import random
import signal
import threading
from pathlib import Path

MODEL = {"network": "mlp", "latent_dim": 3, "image_size": 8, "hidden_units": 32}
TRAINING = {
    "data": "digits",
    "epochs": 4,
    "batch_size": 16,
    "ema_decay": 0.9,
    "gradient_clip": 5.0,
    "warm_up": 1.0,
    "patience": 3,
    "validation_fraction": 0.1,
}
MOST_STEPS = 40  # between two deaths: six of them come long before the run's end
LONGEST_DELAY = 0.02  # seconds: a death comes within a step or a save, and not only between two


def train_digits(output: str, save_interval: float, steps: int | None, delay: float) -> None:
    """Start or resume the run in `output`; runs in the child process.

    With `steps` it dies `delay` seconds after so many steps more.
    """
    import torch

    from vae_core import ModelConfig, TrainConfig, load_dataset, train
    from vae_core.training.events import Event, Stepped

    torch.set_num_threads(1)
    taken = 0

    def count(event: Event) -> None:
        nonlocal taken
        taken += isinstance(event, Stepped)
        if taken == steps:
            threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()

    train(
        load_dataset("digits"),
        ModelConfig.parse(MODEL),
        TrainConfig.parse(TRAINING),
        output,
        resume=True,
        device="cpu",
        listener=count,
        save_interval=save_interval,
    )


def run_with_kills(output: Path, kills: int, seed: int) -> int:
    """Run to the end, after `kills` deaths by SIGKILL at random moments; how many runs really died of it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.killed_runs", "torch", "sklearn.datasets", "vae_core.training"])
    moments = random.Random(seed)
    died = 0
    for attempt in range(kills + 1):
        steps = moments.randint(1, MOST_STEPS) if attempt < kills else None
        arguments = (str(output), 0.0 if attempt % 2 else 0.02, steps, moments.uniform(0, LONGEST_DELAY))
        process = context.Process(target=train_digits, args=arguments)
        process.start()
        process.join()
        died += process.exitcode == -signal.SIGKILL
    assert process.exitcode == 0, "the last run, which nobody killed, failed"
    return died
