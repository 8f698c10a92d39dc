"""Everything a run needs to go on as if it had never stopped, in one file that is replaced in one step.

Random numbers are addressed by step and epoch (`vae_core.randomness`), so the position holds all of their state.
The metrics of the epochs before the last stand in metrics.jsonl alone.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

from vae_core.checkpoint.layout import STATE_FILE
from vae_core.checkpoint.tensor_files import read_tensors, write_tensors
from vae_core.checkpoint.weights import build_model, check_weights
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import CheckpointError
from vae_core.model.vae import VAE
from vae_core.training.events import EpochMetrics, Weights

STATE_VERSION = "2"
WHOLE_HISTORY_VERSION = "1"  # its position held the metrics of every epoch; a running average was always what is kept
AVERAGING_RISE = 9  # steps after which a running average keeps half of itself
ADAM_MOMENTS = ("exp_avg", "exp_avg_sq")
ADAM_STEPS = "step"


@dataclass
class Position:
    """How far a run is: epochs done, steps done in the running epoch and in all, and its sums so far.

    `weights` are the better ones at the last epoch's end, `last` what was measured there. `loss` is that of the last
    whole batch, `largest_rise` how far it rose at most from one to the next in the running epoch.
    """

    epoch: int = 0
    step_in_epoch: int = 0
    step: int = 0
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    best_elbo: float | None = None
    best_epoch: int = 0
    ended: bool = False
    weights: Weights = "raw"
    last: EpochMetrics | None = None
    loss: float | None = None
    largest_rise: float = 0.0

    def heard(self, loss: float) -> None:
        """Another whole batch's loss, in nats an image."""
        if self.loss is not None:
            self.largest_rise = max(self.largest_rise, loss - self.loss)
        self.loss = loss

    def to_json(self) -> str:
        """JSON keeps every finite float to the last bit."""
        return json.dumps(asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Position":
        """The inverse of `to_json`, for every version of it."""
        values: dict[str, Any] = json.loads(text)
        if "history" in values:
            history = values.pop("history")
            values |= {"last": history[-1] if history else None, "weights": "averaged"}
        last = values.pop("last")
        return cls(**values, last=EpochMetrics.from_json(last) if last else None)


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
    def candidates(self) -> dict[Weights, VAE]:
        """The weights that could be shown and kept: those that move, and their running average where there is one."""
        found: dict[Weights, VAE] = {"raw": self.model}
        if self.averaged is not None:
            found["averaged"] = self.averaged
        return found

    @property
    def evaluated(self) -> VAE:
        """The weights that are shown and kept: the better ones at the last epoch's end."""
        return self.candidates.get(self.position.weights, self.model)

    def average(self) -> None:
        """Move the running average towards the model's weights, which have just taken a step."""
        if self.averaged is not None:
            averaged: list[Tensor] = list(self.averaged.parameters())
            current: list[Tensor] = list(self.model.parameters())
            decay = averaging_decay(self.training.ema_decay, self.position.step)
            get_ema_multi_avg_fn(decay)(averaged, current, None)

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

    def save(self, folder: Path) -> bool:
        """Replace the state file; False where a weight is not finite, and the last good state is left in place.

        Raises:
            OSError: the disk is full, so the last state is left in place; or the folder has been removed.
        """
        tensors = self._tensors()
        if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
            return False
        metadata = {"version": STATE_VERSION, "position": self.position.to_json()}
        write_tensors(folder / STATE_FILE, tensors, metadata, make_folder=False)
        return True

    def load(self, folder: Path) -> None:
        """Take up the saved state.

        Raises:
            CheckpointError: the state file is missing, damaged, or of another model.
        """
        path = folder / STATE_FILE
        tensors, metadata = read_tensors(path)
        if metadata.get("version") not in (STATE_VERSION, WHOLE_HISTORY_VERSION):
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
            steps = tensors.get(f"adam.{ADAM_STEPS}.{name}")
            moments = {key: tensors.get(f"adam.{key}.{name}") for key in ADAM_MOMENTS}
            found = {key: moment for key, moment in moments.items() if moment is not None}
            if steps is None or len(found) < len(moments) or any(m.shape != parameter.shape for m in found.values()):
                raise CheckpointError(f"{path}: the optimiser's state of {name} is missing or misshapen.")
            # The fused optimiser goes through memory in one order: moments must lie as their parameter does.
            laid_out = {key: torch.empty_like(parameter).copy_(moment) for key, moment in found.items()}
            states[index] = {ADAM_STEPS: steps, **laid_out}
        group = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": states, "param_groups": group})


def averaging_decay(decay: float, averaged: int) -> float:
    """What a running average of weights keeps of itself, `averaged` being the weights that it has seen so far.

    Nothing at first, so that it begins at the first weights it sees instead of the random ones before them; then
    a / (a + 9), which looks back over about a tenth of them, until that reaches `decay`: (1 + n) / (10 + n) with
    n = a − 1, as in TensorFlow's ExponentialMovingAverage.
    """
    return min(decay, averaged / (averaged + AVERAGING_RISE))
