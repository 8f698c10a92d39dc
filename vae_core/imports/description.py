"""What is said of a model that comes from elsewhere, and what has to be asked. Free of torch.

The same record is `model.json` beside a model's files, the options of the command, and a person's answers on a page.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from vae_core.checked_settings import Settings
from vae_core.config import LikelihoodName

Pixels = Literal["unit", "signed", "bytes", "logits"]
Second = Literal["log-variance", "variance", "standard-deviation", "log-standard-deviation", "none"]
Layout = Literal["NCHW", "NHWC"]
RANGES = {"unit": (1.0, 0.0), "signed": (2.0, -1.0), "bytes": (255.0, 0.0)}  # the scale and shift of each


def _parts(value: Any) -> Any:
    """On a command line a list is written with commas, and a single number stands for a list of one."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else value


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


Channels = Annotated[Literal[1, 3], BeforeValidator(_number)]
Sizes = Annotated[tuple[Annotated[int, Field(ge=1, le=1 << 20)], ...], BeforeValidator(_parts), Field(max_length=4)]
Places = Annotated[
    tuple[Annotated[int, Field(ge=1, le=1000)], ...], BeforeValidator(_parts), Field(min_length=2, max_length=2)
]
Numbers = Annotated[tuple[float, ...], BeforeValidator(_parts), Field(min_length=1, max_length=3)]
Names = Annotated[tuple[str, ...], BeforeValidator(_parts), Field(max_length=10_000)]


class Description(Settings):
    """What a model's own files may leave open; None is what nobody has said."""

    latent_shape: Sizes | None = Field(default=None, description="of one latent, without the batch: 16, or 4,8,8")
    image_size: int | None = Field(default=None, ge=2, le=128, description="height and width, in pixels")
    channels: Channels | None = Field(default=None, description="1 for grey, 3 for colour")
    layout: Layout | None = Field(default=None, description="whether an image's channels come before its pixels")
    pixels: Pixels | None = Field(
        default=None,
        description="what the decoder gives: unit, a grey value from 0 to 1; signed, from -1 to 1; bytes, from 0 to "
        "255; logits, to be squashed by a sigmoid",
    )
    scale: Numbers | None = Field(
        default=None, description="the networks see image · scale + shift, of images 0 to 1, whatever pixels says"
    )
    shift: Numbers | None = Field(default=None, description="one number, or one for each colour")
    second: Second | None = Field(
        default=None, description="what the encoder gives beside the mean; none: nothing of the spread"
    )
    outputs: Places | None = Field(
        default=None, description="of the encoder, counted from 1, that are the mean and the other: 2,3"
    )
    likelihood: LikelihoodName | None = Field(default=None, description="that it was trained with")
    variance: float | None = Field(
        default=None, gt=0, le=100, description="of a Gaussian or Laplace likelihood, a pixel"
    )
    class_names: Names | None = Field(default=None, description="of the labels 0, 1, 2, …")

    def over(self, other: "Description") -> Self:
        """This, completed by what only the other says; a range of pixels said here is not overruled by its numbers."""
        said = {name: value for name, value in self if value is not None}
        rest = {name: value for name, value in other if value is not None}
        if self.pixels in RANGES:
            rest = {name: value for name, value in rest.items() if name not in ("scale", "shift")}
        return type(self).model_validate({**rest, **said})

    def answers(self, field: str) -> bool:
        """Whether a question is settled by what is said: that of the pixels by their scale and shift as well."""
        alike = ("pixels", "scale", "shift") if field == "pixels" else (field,)
        return any(getattr(self, name) is not None for name in alike)


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Option(_Record):
    """One answer: the value of the question's field, and in words."""

    value: str
    words: str


class Question(_Record):
    """What a model's files leave open: a field of the description; `guess` is taken until it is answered."""

    field: Literal["pixels", "second", "outputs", "layout"]
    words: str
    options: tuple[Option, ...]
    guess: str


class Found(_Record):
    """What somebody's files are, as far as it can be told without images of theirs.

    `images`, `labels` and `latents` are paths of what else was handed in; `folder` is set for a checkpoint of ours.
    """

    way: str
    title: str
    latent_shape: tuple[int, ...]
    image_size: int
    channels: int
    encoder: Literal["none", "mean", "mean and variance"]
    likelihood: LikelihoodName = "unknown"
    variance: float | None = None
    differentiable: bool = True
    encoder_in_torch: bool = True
    class_names: tuple[str, ...] = ()
    images: str | None = None
    latents: str | None = None
    folder: str | None = None
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def latent_numbers(self) -> int:
        """How many numbers one latent is."""
        total = 1
        for size in self.latent_shape:
            total *= size
        return total

    @property
    def has_shaped_latents(self) -> bool:
        """Whether one latent is more than a list of numbers."""
        return max(self.latent_shape) < self.latent_numbers

    @property
    def words(self) -> str:
        """What it was recognised as, after its title."""
        shape = " × ".join(map(str, self.latent_shape))
        colour = "grey" if self.channels == 1 else "colour"
        encoder = "no encoder" if self.encoder == "none" else f"an encoder that tells {self.encoder}"
        size = f"{self.image_size} × {self.image_size} px, {colour}"
        return f"{self.way}; latents of {shape}, images of {size}; {encoder}; likelihood {self.likelihood}."


def answered(work: Path, field: str, value: str) -> Path:
    """Where the graphs are written as they are if this is the answer to an open question."""
    return work / "answers" / f"{field} {value}"
