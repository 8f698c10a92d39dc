"""Training in a process that can be killed: started from a warm fork server, so that a start costs no import."""

import multiprocessing
import os
import random
import signal
import time
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


def train_digits(output: str, save_interval: float) -> None:
    """Start or resume the run in `output`; runs in the child process."""
    import torch

    from vae_core import ModelConfig, TrainConfig, load_dataset, train

    torch.set_num_threads(1)
    train(
        load_dataset("digits"),
        ModelConfig.parse(MODEL),
        TrainConfig.parse(TRAINING),
        output,
        resume=True,
        device="cpu",
        save_interval=save_interval,
    )


def run_with_kills(output: Path, kills: int, longest: float, seed: int) -> int:
    """Run to the end, sending SIGKILL at random moments; returns how many runs really died of it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.killed_runs", "torch", "sklearn.datasets", "vae_core.training"])
    moments = random.Random(seed)
    died = 0
    for attempt in range(kills + 1):
        process = context.Process(target=train_digits, args=(str(output), 0.0 if attempt % 2 else 0.02))
        process.start()
        assert process.pid is not None
        if attempt < kills:
            time.sleep(moments.uniform(0.02, longest))
            if process.is_alive():
                os.kill(process.pid, signal.SIGKILL)
        process.join()
        died += process.exitcode == -signal.SIGKILL
    assert process.exitcode == 0, "the last run, which nobody killed, failed"
    return died
