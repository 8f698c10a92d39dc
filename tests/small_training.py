"""Settings and data of runs that take a moment, and what such a run has left."""

import dataclasses
from pathlib import Path
from typing import Any

import torch

from vae_core import ModelConfig, TrainConfig
from vae_core.data.dataset import Dataset
from vae_core.training.state import RunState


def model(**settings: Any) -> ModelConfig:
    return ModelConfig.parse({"network": "mlp", "latent_dim": 3, "image_size": 8, "hidden_units": 32} | settings)


def training(**settings: Any) -> TrainConfig:
    return TrainConfig.parse({"data": "digits", "epochs": 2} | settings)


def few(digits: Dataset, count: int) -> Dataset:
    return dataclasses.replace(digits, images=digits.images[:count], labels=digits.labels[:count])


def files(folder: Path) -> dict[str, bytes]:
    names = ["model.safetensors", "config.json", "training/metrics.jsonl"]
    return {name: (folder / name).read_bytes() for name in names}


def saved_state(folder: Path, config: ModelConfig, settings: TrainConfig) -> RunState:
    state = RunState(config, settings, torch.device("cpu"))
    state.load(folder)
    return state
