"""What a model is and how it is trained: two validated records, JSON in and out, free of torch."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from vae_core.errors import ConfigError, shortened
from vae_core.files import read_small

LARGEST_JSON = 4 << 20  # bytes

Network = Literal["linear", "mlp", "conv"]
Posterior = Literal["diagonal", "full"]
LikelihoodName = Literal["bernoulli", "continuous-bernoulli", "gaussian"]
Crop = Literal["middle", "padded"]
Variance = Annotated[float, Field(gt=0, le=100)] | Literal["learned", "optimal"]


def _sentence(error: ValidationError) -> str:
    """The first thing wrong, with the field's own name and the value that was given."""
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"] if not str(part).startswith(("constrained", "literal", "float"))]
    field = shortened(".".join(path) or "configuration")
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        return f"{field}: this setting is missing."
    if first["type"] == "extra_forbidden":
        return f"{field}: there is no such setting."
    if isinstance(first.get("input"), dict):
        return f"{field}: {message}."
    return f"{field}: {message} (got {shortened(repr(first.get('input')))})."


class Settings(BaseModel):
    """A record whose every value is checked, and named by its field where it is wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Self:
        """Build the record from plain values.

        Raises:
            ConfigError: naming the first field that is missing, unknown or out of range.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigError(_sentence(error)) from None


class ModelConfig(Settings):
    """A VAE's shape: one record builds one model."""

    network: Network = "conv"
    latent_dim: int = Field(default=16, ge=1, le=512)
    image_size: int = Field(default=28, ge=2, le=128, description="height and width, in pixels")
    channels: Literal[1, 3] = 1
    posterior: Posterior = "diagonal"
    likelihood: LikelihoodName = "gaussian"
    variance: Variance | None = Field(
        default=None, description="the Gaussian likelihood's σ, a variance; None for the other likelihoods"
    )
    hidden_units: int = Field(default=512, ge=1, le=8192, description="width of an mlp's hidden layers")
    hidden_layers: int = Field(default=2, ge=1, le=8, description="hidden layers of an mlp, on each side")
    width: int = Field(default=16, ge=4, le=256, description="channels of a conv network at full resolution")

    @model_validator(mode="before")
    @classmethod
    def _default_variance(cls, values: Any) -> Any:
        is_gaussian = isinstance(values, dict) and values.get("likelihood", "gaussian") == "gaussian"
        if is_gaussian and values.get("variance") is None:
            return {**values, "variance": "learned"}
        return values

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.network == "conv" and (self.image_size % 4 or self.image_size < 8):
            raise ValueError(
                f"image_size {self.image_size} does not fit a conv network: "
                "it must be a multiple of 4 from 8 to 128, or take network mlp"
            )
        if self.likelihood != "gaussian" and self.variance is not None:
            raise ValueError(f"variance belongs to the gaussian likelihood, not to {self.likelihood}: leave it out")
        return self

    @property
    def pixels(self) -> int:
        """Numbers in one image: channels × height × width."""
        return self.channels * self.image_size**2


class TrainConfig(Settings):
    """How a model is trained: everything that decides the resulting weights, bit for bit."""

    data: str = Field(min_length=1, description="catalogue name or path of the data set")
    crop: Crop = Field(
        default="middle", description="a picture's middle square, or the whole of it, padded to a square"
    )
    epochs: int = Field(default=20, ge=1, le=100_000)
    batch_size: int = Field(default=128, ge=1, le=65_536)
    learning_rate: float = Field(default=2e-3, gt=0, le=10, description="the schedule's peak")
    schedule: Literal["one-cycle", "constant"] = "one-cycle"
    beta: float = Field(default=1.0, ge=0, le=10_000, description="weight of the KL term")
    warm_up: float = Field(default=0.0, ge=0, description="epochs over which β rises linearly from 0")
    free_bits: float = Field(default=0.0, ge=0, le=100, description="nats a latent dimension may hold free")
    samples: int = Field(default=1, ge=1, le=1000, description="K; above 1 the IWAE bound is maximised")
    gradient_clip: float = Field(default=0.0, ge=0, description="largest global gradient norm; 0 for none")
    ema_decay: float = Field(default=0.0, ge=0, lt=1, description="decay of the averaged weights; 0 for none")
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    patience: int = Field(default=0, ge=0, description="epochs without a better validation ELBO; 0 for all")
    validation_fraction: float = Field(default=0.05, ge=0, le=0.5)
    seed: int = Field(default=0, ge=0, lt=2**63)

    @field_validator("data")
    @classmethod
    def _printable(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("the data set's name holds unprintable characters")
        return value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.warm_up > self.epochs:
            raise ValueError(f"warm_up ({self.warm_up:g} epochs) is longer than the training ({self.epochs})")
        if self.samples > 1 and (self.beta != 1 or self.free_bits or self.warm_up):
            raise ValueError("samples above 1 trains the IWAE bound, which has no beta, warm_up or free_bits")
        if self.patience and not self.validation_fraction:
            raise ValueError("patience needs a validation_fraction above 0 to watch")
        return self


class DataDescription(Settings):
    """Which data a model was trained on, kept with it so that it can be found and compared again."""

    name: str
    fingerprint: str
    images: int = Field(ge=1, description="images of the training split, those held out to validate included")
    class_names: tuple[str, ...] = ()


def read_json(path: Path, limit: int = LARGEST_JSON) -> Any:
    """Read a JSON file of at most `limit` bytes, naming it if it can't be read.

    Raises:
        ConfigError: the file is missing, unreadable, a link, no regular file, too large or not JSON.
    """
    try:
        return parse_json(read_small(path, limit))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}).") from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def parse_json(content: bytes) -> Any:
    """The value that UTF-8 JSON says.

    Raises:
        ConfigError: it is not JSON, or nested deeper than anything of ours, or holds what no text can.
    """
    try:
        value = json.loads(content.decode("utf-8"))
        if b"\\u" in content:  # may be half of a character, which nobody could be shown
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ConfigError("not valid JSON (it is nested too deeply).") from None
    except UnicodeEncodeError:
        raise ConfigError("not valid JSON (it holds half of a character).") from None
    except ValueError as error:
        raise ConfigError(f"not valid JSON ({error}).") from None
    return value
