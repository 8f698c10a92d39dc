"""Where a model comes from: the data it was trained on, and where it was trained if not here. Free of torch."""

from typing import Literal

from pydantic import Field

from vae_core.checked_settings import Settings


class DataDescription(Settings):
    """Which data a model was trained on, kept with it so that it can be found and compared again."""

    name: str
    fingerprint: str
    images: int = Field(ge=1, description="images of the training split, those held out to validate included")
    class_names: tuple[str, ...] = ()


class Origin(Settings):
    """Where a model comes from that was trained elsewhere, and what is not known of it."""

    way: str = Field(description="how it was recognised")
    source: str = Field(description="what it was called where it lay")
    fingerprint: str = Field(description="sha256 of its decoder as it is kept")
    encoder: Literal["none", "mean", "mean and variance"] = "none"
    latent_shape: tuple[int, ...] = Field(description="of its own latents")
    variance_kept: float | None = Field(
        default=None, ge=0, le=1, description="by the principal components that stand for latents with a shape"
    )
    mapped: str = Field(default="", description="what its map shows")
    differentiable: bool = Field(default=True, description="whether torch runs its decoder")
    encoder_in_torch: bool | None = Field(
        default=None, description="whether torch runs its encoder, where that is otherwise than its decoder"
    )
    notes: tuple[str, ...] = ()
