"""Everything a run needs to go on as if it had never stopped, in one file that is replaced in one step.

Random numbers are addressed by step and epoch (`vae_core.randomness`), so the position holds all of their state.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vae_core.checkpoint.layout import STATE_FILE
from vae_core.checkpoint.weights import build_model, check_weights, read_tensors, write_tensors
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import CheckpointError, DivergedError
from vae_core.model.vae import VAE
from vae_core.training.events import EpochMetrics

STATE_VERSION = "1"
ADAM_TENSORS = ("exp_avg", "exp_avg_sq", "step")


@dataclass
class Position:
    """How far a run is: epochs done, steps done in the running epoch and in all, and its sums so far."""

    epoch: int = 0
    step_in_epoch: int = 0
    step: int = 0
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    best_elbo: float | None = None
    best_epoch: int = 0
    ended: bool = False
    history: list[EpochMetrics] = field(default_factory=list)

    def to_json(self) -> str:
        """JSON keeps every finite float to the last bit."""
        return json.dumps(asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Position":
        """The inverse of `to_json`."""
        values: dict[str, Any] = json.loads(text)
        history = [EpochMetrics.from_json(metrics) for metrics in values.pop("history")]
        return cls(**values, history=history)


class RunState:
    """The model that moves, its running average, the optimiser, the best weights so far, and the position."""

    def __init__(self, model: ModelConfig, training: TrainConfig, device: torch.device) -> None:
        self.training = training
        self.model = build_model(model, training.seed).to(device)
        if model.network == "conv":
            self.model.to(memory_format=torch.channels_last)
        self.averaged: VAE | None = None
        if training.ema_decay:
            self.averaged = copy.deepcopy(self.model).requires_grad_(False).eval()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=training.learning_rate, fused=True)
        self.best: dict[str, Tensor] | None = None
        self.position = Position()

    @property
    def evaluated(self) -> VAE:
        """The weights that are evaluated and kept: the running average where there is one."""
        return self.averaged or self.model

    def average(self) -> None:
        """Move the running average towards the model's weights."""
        if self.averaged is not None:
            averaged: list[Tensor] = list(self.averaged.parameters())
            current: list[Tensor] = list(self.model.parameters())
            torch._foreach_lerp_(averaged, current, 1 - self.training.ema_decay)

    def remember_best(self) -> None:
        """Keep a copy of the evaluated weights as the best so far."""
        self.best = {name: tensor.detach().clone() for name, tensor in self.evaluated.state_dict().items()}

    @property
    def kept_weights(self) -> Mapping[str, Tensor]:
        """What model.safetensors gets: the best weights where patience watches, else the evaluated ones."""
        return self.best if self.best is not None else self.evaluated.state_dict()

    def _tensors(self) -> dict[str, Tensor]:
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        if self.averaged is not None:
            tensors |= {f"averaged.{name}": tensor for name, tensor in self.averaged.state_dict().items()}
        if self.best is not None:
            tensors |= {f"best.{name}": tensor for name, tensor in self.best.items()}
        for name, parameter in self.model.named_parameters():
            for key, value in self.optimizer.state.get(parameter, {}).items():
                tensors[f"adam.{key}.{name}"] = value
        return tensors

    def save(self, folder: Path) -> None:
        """Replace the state file.

        Raises:
            DivergedError: the weights are not finite, so the last good state is left in place.
            OSError: the disk is full, so the last state is left in place; or the folder has been removed.
        """
        tensors = self._tensors()
        if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
            raise DivergedError(
                f"The weights became infinite or NaN by step {self.position.step}; the last good state is kept in "
                f"{folder}. Lower the learning rate or set a gradient clip, and train again."
            )
        metadata = {"version": STATE_VERSION, "position": self.position.to_json()}
        write_tensors(folder / STATE_FILE, tensors, metadata, make_folder=False)

    def load(self, folder: Path) -> None:
        """Take up the saved state.

        Raises:
            CheckpointError: the state file is missing, damaged, or of another model.
        """
        path = folder / STATE_FILE
        tensors, metadata = read_tensors(path)
        if metadata.get("version") != STATE_VERSION:
            raise CheckpointError(f"{path}: state version {metadata.get('version')!r} is unknown.")
        self.position = Position.from_json(metadata["position"])
        groups = self._grouped(tensors)
        check_weights(path, groups["model"], self.model.state_dict())
        self.model.load_state_dict(groups["model"])
        if self.averaged is not None:
            check_weights(path, groups["averaged"], self.model.state_dict())
            self.averaged.load_state_dict(groups["averaged"])
        self.best = groups["best"] or None
        self._load_adam(path, tensors)

    def _grouped(self, tensors: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
        prefixes = ("model", "averaged", "best")
        return {
            prefix: {n.removeprefix(f"{prefix}."): t for n, t in tensors.items() if n.startswith(f"{prefix}.")}
            for prefix in prefixes
        }

    def _load_adam(self, path: Path, tensors: Mapping[str, Tensor]) -> None:
        if self.position.step == 0:
            return
        states = {}
        for index, (name, parameter) in enumerate(self.model.named_parameters()):
            own = {key: tensors.get(f"adam.{key}.{name}") for key in ADAM_TENSORS}
            moments = [own["exp_avg"], own["exp_avg_sq"]]
            if own["step"] is None or any(m is None or m.shape != parameter.shape for m in moments):
                raise CheckpointError(f"{path}: the optimiser's state of {name} is missing or misshapen.")
            states[index] = own
        group = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": states, "param_groups": group})
