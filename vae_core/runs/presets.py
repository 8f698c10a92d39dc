"""Presets: named settings, filled in for the data that a run is to be trained on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from vae_core.augmentation import suggested
from vae_core.checkpoint.layout import CheckpointSummary
from vae_core.config import ModelConfig, TrainConfig, check_together


@dataclass(frozen=True)
class Preset:
    """A named set of settings with a line that says when to take it."""

    name: str
    words: str
    model: dict[str, Any]
    training: dict[str, Any]
    passes: int  # over the images, for a data set of TYPICAL images
    fewest_steps: int
    mapped: int = 20_000  # images on the map at most
    model_name: str = ""  # of the model whose settings these are: nothing is filled in by the number of images


@dataclass(frozen=True)
class Chosen:
    """What a run is asked for: the preset it was made from, and the two records."""

    preset: str
    model: ModelConfig
    training: TrainConfig


TYPICAL = 7_000

PRESETS = (
    Preset(
        "quick look",
        "A small fully connected network: a first map soon, with blurred images.",
        {"network": "mlp", "latent_dim": 8, "hidden_layers": 1, "hidden_units": 256, "variance": 0.05},
        {"batch_size": 100, "learning_rate": 4e-3},
        passes=40,
        fewest_steps=900,
        mapped=3_000,
    ),
    Preset(
        "balanced",
        "A convolutional network, trained long enough for good images.",
        {"network": "conv", "latent_dim": 16, "width": 16, "variance": 0.05},
        {"batch_size": 64, "learning_rate": 4e-3, "ema_decay": 0.98},
        passes=12,
        fewest_steps=1500,
    ),
    Preset(
        "best",
        "A larger network with averaged weights: the best images, in several times the time.",
        {"network": "conv", "latent_dim": 16, "width": 24, "variance": 0.05},
        {"batch_size": 128, "learning_rate": 2e-3, "ema_decay": 0.99},
        passes=34,
        fewest_steps=1800,
    ),
)
# Of pictures a fully connected network shows but blots; a narrow convolutional one tells in as long what is on them.
QUICK_PICTURES = Preset(
    PRESETS[0].name,
    "A narrow convolutional network: a first map soon, with blurred images.",
    {"network": "conv", "width": 8},
    {"batch_size": 16, "learning_rate": 6e-3, "ema_decay": 0.98},
    passes=4,
    fewest_steps=1500,
    mapped=PRESETS[0].mapped,
)
OF_PICTURES = {"latent_dim": 32, "variance": 0.02}  # there is more to tell of them, and their detail counts for more

FEW = 1_000  # images
LARGE = 32  # pixels a side above which grey images are pictures too
MANY = 100_000  # images of which even a single pass through a convolutional network is no quick look


def are_pictures(image_size: int, channels: int) -> bool:
    """Whether images are to be taken for pictures, in which neighbouring pixels and detail matter."""
    return channels == 3 or image_size > LARGE


def suggested_preset(images: int, image_size: int, channels: int) -> tuple[Preset, str]:
    """The preset to begin with for so many training images, and why where it is not the first."""
    balanced = PRESETS[1]
    if channels == 3:
        return balanced, "Chosen because these images have colours: a quick look shows them blurred."
    if image_size > LARGE:
        return balanced, "Chosen because these images are large: a quick look shows them blurred."
    if images < FEW:
        return balanced, "Chosen because there are few images: a convolutional network learns more from each."
    return PRESETS[0], ""


def preset_named(name: str) -> Preset:
    """The preset of this name; the largest where there is none, as for a run of another version."""
    return next((preset for preset in PRESETS if preset.name == name), PRESETS[-1])


SAME = "same again"


def preset_of(summary: CheckpointSummary) -> Preset:
    """The settings that a model was trained with, but for its images."""
    return Preset(
        SAME,
        f"Every setting is as {summary.title} was trained with.",
        summary.model.model_dump(exclude={"image_size", "channels"}),
        summary.training.model_dump(exclude={"data", "crop"}),
        passes=0,
        fewest_steps=0,
        model_name=summary.name,
    )


def fitted(preset: Preset, images: int, image_size: int, channels: int) -> Preset:
    """A preset as so many images of this shape need it.

    Where they are pictures every preset has a convolutional network, narrower for large ones, whose every channel has
    more pixels. Sizes that such a network does not fit get a fully connected one, and so does a quick look at many.
    A model's own settings stay as they are.
    """
    if preset.model_name:
        return preset
    fits = image_size % 4 == 0 and image_size >= 8
    if are_pictures(image_size, channels):
        if preset is not PRESETS[0]:
            preset = _in_smaller_batches(preset)
        elif fits and images <= MANY:
            preset = QUICK_PICTURES
        preset = replace(preset, model={**preset.model, **OF_PICTURES})
    if preset.model["network"] != "conv":
        return preset
    if not fits:
        return replace(preset, model={**preset.model, "network": "mlp"})
    return replace(preset, model={**preset.model, "width": fitted_width(preset.model["width"], image_size)})


def _in_smaller_batches(preset: Preset) -> Preset:
    """As many images, in twice as many steps: with pictures the number of steps counts for more than their size."""
    batch = preset.training["batch_size"] // 2
    return replace(preset, training={**preset.training, "batch_size": batch}, fewest_steps=2 * preset.fewest_steps)


def fitted_width(width: int, image_size: int) -> int:
    """A network's width for images of this size, a multiple of 4: halved where they are four times as large.

    A step's time, which grows with the square of either, then grows by four rather than by sixteen. Four channels are
    for the largest images alone: they take more than half of the time of eight.
    """
    least = 8 if image_size <= 2 * LARGE else 4
    return max(least, round(width * min(1.0, LARGE / image_size) ** 0.5 / 4) * 4)


def filled(
    preset: Preset, data: str, images: int, image_size: int, channels: int, class_names: Sequence[str] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A preset's values for a data set, of the model and of the training.

    Fewer images are passed over more often, and varied; not so with the settings of a model.
    """
    if preset.model_name:
        size = {"image_size": image_size, "channels": channels}
        return preset.model | size, preset.training | {"data": data}
    preset = fitted(preset, images, image_size, channels)
    batch = preset.training["batch_size"]
    steps_an_epoch = max(1, -(-images // batch))
    epochs = max(preset.passes * TYPICAL // max(images, TYPICAL), -(-preset.fewest_steps // steps_an_epoch), 1)
    return (
        {**preset.model, "image_size": image_size, "channels": channels},
        {**preset.training, **suggested(images, image_size, channels, class_names), "data": data, "epochs": epochs},
    )


def settings(
    preset: Preset,
    data: str,
    images: int,
    image_size: int,
    channels: int,
    model: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    class_names: Sequence[str] = (),
) -> Chosen:
    """A preset's settings for a data set, with what was chosen otherwise in `model` and `training`.

    Raises:
        ConfigError: they contradict each other.
    """
    of_model, of_training = filled(preset, data, images, image_size, channels, class_names)
    of_model |= model or {}
    if of_model.get("likelihood", "gaussian") != "gaussian" and "variance" not in (model or {}):
        of_model.pop("variance", None)  # the preset's, which belongs to the Gaussian likelihood alone
    chosen = Chosen(preset.name, ModelConfig.parse(of_model), TrainConfig.parse(of_training | (training or {})))
    check_together(chosen.model, chosen.training)
    return chosen
