"""The settings that mend what the doctor finds, as two whole records and as words. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vae_core.augmentation import FEW, is_varied, suggested
from vae_core.config import ModelConfig, TrainConfig, check_together, title_of
from vae_core.errors import ConfigError

Kind = Literal[
    "alike",
    "stopped",
    "learning rate",
    "collapsed",
    "too short",
    "crop",
    "polarity",
    "too few images",
    "learned by heart",
    "blurred",
    "averages",
]
Changes = dict[str, Any]

ENOUGH_STEPS = 1_000  # for a model of few images to tell them apart
USUAL_RATE = 2e-3  # that of `TrainConfig`
LEAST_PATIENCE = 5  # epochs
HELD_OUT = 0.2  # of very few images: one of twenty in a hundred tells nothing


@dataclass(frozen=True)
class Mended:
    """The settings of the next run, and what is different: "“Learning rate” from 0.1 to 0.002"."""

    model: ModelConfig
    training: TrainConfig
    words: str


def mend(
    kind: Kind, model: ModelConfig, training: TrainConfig, images: int, class_names: Sequence[str]
) -> Mended | None:
    """What to train with instead; None where no setting would help, as of images that do not belong together.

    `images` is how many there are to train with, those held out included.
    """
    of_model: Changes = {}
    of_training: Changes = {}
    if kind == "learning rate":
        of_training = _slower(training)
    elif kind == "collapsed":
        of_model, of_training = _speaking(model, training)
    elif kind == "too short":
        of_training = _longer(training, images)
    elif kind == "crop":
        of_training = {"crop": "padded"}
    elif kind == "too few images":
        of_model = _smaller(model)
        of_training = _varied(model, training, images, class_names) | _held_out(training, images)
        if all(getattr(training, name) == value for name, value in of_training.items()):
            return None  # what can be done has been: a still smaller network is no more images
    elif kind == "learned by heart":
        variants = _varied(model, training, images, class_names)
        of_model, of_training = {} if variants else _smaller(model), variants | _patient(training)
    elif kind == "blurred":
        of_model, of_training = _sharper(model, training)
    elif kind == "averages":
        of_training = {"ema_decay": 0.0}
    return _mended(model, training, of_model, of_training)


def _mended(model: ModelConfig, training: TrainConfig, of_model: Changes, of_training: Changes) -> Mended | None:
    try:
        asked = ModelConfig.parse(model.model_dump() | of_model), TrainConfig.parse(training.model_dump() | of_training)
        check_together(*asked)
    except ConfigError:
        return None  # what can't be trained is no advice
    changed = [*_differences(model, asked[0]), *_differences(training, asked[1])]
    return Mended(*asked, ", ".join(changed)) if changed else None


def _differences(before: ModelConfig | TrainConfig, after: ModelConfig | TrainConfig) -> list[str]:
    old, new = before.model_dump(), after.model_dump()
    return [
        f"“{title_of(name)}” from {_shown(old[name])} to {_shown(new[name])}" for name in old if old[name] != new[name]
    ]


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _slower(training: TrainConfig) -> Changes:
    """Steps that are a tenth as long, at most as usual, none of them out of proportion."""
    rate = min(float(f"{training.learning_rate / 10:.2g}"), USUAL_RATE)
    return {"learning_rate": rate, "schedule": "one-cycle", "gradient_clip": training.gradient_clip or 1.0}


def _longer(training: TrainConfig, images: int) -> Changes:
    """At least twice as many epochs, and as many as make enough steps."""
    trained = images - math.ceil(images * training.validation_fraction)
    steps = math.ceil(trained / training.batch_size)  # an epoch
    return {"epochs": max(2 * training.epochs, math.ceil(ENOUGH_STEPS / steps))}


def _speaking(model: ModelConfig, training: TrainConfig) -> tuple[Changes, Changes]:
    """What silences the encoder is taken away: β, else σ; it also gets time to find its words."""
    if training.beta > 1:
        return {}, {"beta": 1.0}
    of_model: Changes = {"variance": "learned"} if isinstance(model.variance, float) else {}
    if training.samples > 1:  # the bound of several samples has no KL term to warm up
        return of_model, {}
    # That of β-TCVAE warms the total correlation up alone; with a β of 1 it is the ELBO anyway.
    warm_up = max(training.warm_up, min(training.epochs, math.ceil(training.epochs / 5)))
    return of_model, {"objective": "elbo", "warm_up": warm_up}


def _sharper(model: ModelConfig, training: TrainConfig) -> tuple[Changes, Changes]:
    of_model: Changes = {"variance": "learned"} if isinstance(model.variance, float) else {}
    return of_model, {"beta": 1.0} if training.kl_weight > 1 else {}


def _smaller(model: ModelConfig) -> Changes:
    """Half of the network."""
    if model.network == "conv":
        return {"width": max(4, model.width // 2)}
    if model.network == "mlp":
        return {"hidden_units": max(16, model.hidden_units // 2)}
    fewest = 2 if model.prior == "flow" else 1
    return {"latent_dim": max(fewest, model.latent_dim // 2)}


def _varied(model: ModelConfig, training: TrainConfig, images: int, class_names: Sequence[str]) -> Changes:
    """Variants, unless the images are varied already or too small for it."""
    if is_varied(training):
        return {}
    return suggested(min(images, FEW - 1), model.image_size, model.channels, class_names)


def _held_out(training: TrainConfig, images: int) -> Changes:
    """A share that tells something, and the weights that are best by it, where it leaves any to train on."""
    share = max(HELD_OUT, training.validation_fraction)
    if math.ceil(share * images) >= images:
        return {}
    return _patient(training) | {"validation_fraction": share}


def _patient(training: TrainConfig) -> Changes:
    """The best weights are kept, and training ends soon after."""
    return {"patience": training.patience or max(LEAST_PATIENCE, math.ceil(training.epochs / 10))}
