"""Settings that work, in three sizes, and what they cost. Free of torch."""

from dataclasses import dataclass
from typing import Any

from vae_core.config import ModelConfig, TrainConfig


@dataclass(frozen=True)
class Preset:
    """A named set of settings with a line that says when to take it."""

    name: str
    words: str
    model: dict[str, Any]
    training: dict[str, Any]
    passes: int  # over the images, for a data set of TYPICAL images
    fewest_steps: int


TYPICAL = 7_000

PRESETS = (
    Preset(
        "quick look",
        "A small fully connected network: a first map within a minute.",
        {"network": "mlp", "latent_dim": 8, "hidden_layers": 1, "hidden_units": 256, "variance": 0.05},
        {"batch_size": 100, "learning_rate": 4e-3},
        passes=40,
        fewest_steps=600,
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
        "A larger network with averaged weights: the best images, at some four times the time.",
        {"network": "conv", "latent_dim": 16, "width": 24, "variance": 0.05},
        {"batch_size": 128, "learning_rate": 2e-3, "ema_decay": 0.99},
        passes=34,
        fewest_steps=1800,
    ),
)


def preset_named(name: str) -> Preset:
    """The preset of this name."""
    return next(preset for preset in PRESETS if preset.name == name)


def settings(preset: Preset, data: str, images: int, image_size: int, channels: int) -> tuple[ModelConfig, TrainConfig]:
    """A preset's settings for a data set: fewer images are passed over more often."""
    batch = preset.training["batch_size"]
    steps_an_epoch = max(1, -(-images // batch))
    epochs = max(preset.passes * TYPICAL // max(images, TYPICAL), -(-preset.fewest_steps // steps_an_epoch), 1)
    model = dict(preset.model)
    if model["network"] == "conv" and (image_size % 4 or image_size < 8):
        model["network"] = "mlp"
    return (
        ModelConfig.parse({**model, "image_size": image_size, "channels": channels}),
        TrainConfig.parse({**preset.training, "data": data, "epochs": epochs}),
    )
