"""What is known of a run by which it is judged. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vae_core.config import ModelConfig, TrainConfig
from vae_core.training.events import EpochMetrics
from vae_core.training.image_facts import ImageFacts

FEWEST_STEPS = 200  # before, nothing is said of what a run learns; nor in the first tenth of it


@dataclass(frozen=True)
class Evidence:
    """What is known of a run. `images` is how many there are to train with, those held out included.

    `cropped` says that some of its pictures were no squares and lost what was outside their middle. `facts` is None
    of runs from before it was recorded; `over`, that no epoch will follow.
    """

    model: ModelConfig
    training: TrainConfig
    images: int
    class_names: Sequence[str]
    history: Sequence[EpochMetrics]
    facts: ImageFacts | None
    cropped: bool
    over: bool

    @property
    def trained(self) -> int:
        """Images that are trained on."""
        return self.images - math.ceil(self.images * self.training.validation_fraction)

    @property
    def asked_steps(self) -> int:
        """That the whole training takes, to its last epoch."""
        return math.ceil(self.trained / self.training.batch_size) * self.training.epochs

    @property
    def steps(self) -> int:
        """Those that are asked for; 0 of a run that is over, which is judged by what it has become."""
        return 0 if self.over else self.asked_steps

    @property
    def was_stopped(self) -> bool:
        """Whether it is over because somebody ended it, and not by its last epoch or its patience."""
        if not self.over or not self.history or self.history[-1].step >= self.asked_steps:
            return False
        held_out = [metrics.validation.bound for metrics in self.history if metrics.validation]
        if not self.training.patience or not held_out:  # without images set aside patience waits for nothing
            return True
        return len(held_out) - 1 - held_out.index(max(held_out)) < self.training.patience

    @property
    def learned(self) -> float:
        """How far the ELBO of the training images has come since the first epoch, in nats an image."""
        bounds = [metrics.training.bound for metrics in self.history]
        return max(bounds) - bounds[0]


def is_early(history: Sequence[EpochMetrics], steps: int) -> bool:
    """Whether a run of `steps` steps is too young to judge: counted in steps, not in epochs."""
    return not history or history[-1].step < min(steps, max(FEWEST_STEPS, steps / 10))
