"""What a model is and how it is trained: two validated records. Free of torch."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from vae_core.checked_settings import ConflictError, Settings
from vae_core.errors import ConfigError

Network = Literal["linear", "mlp", "conv", "imported"]
Posterior = Literal["diagonal", "full"]
PriorKind = Literal["standard", "mixture", "flow"]
LikelihoodName = Literal["bernoulli", "continuous-bernoulli", "gaussian", "laplace", "unknown"]
WITH_VARIANCE = ("gaussian", "laplace")
Crop = Literal["middle", "padded"]
Activation = Literal["relu", "tanh", "gated"]
Binarise = Literal["off", "dynamic", "fixed"]
Objective = Literal["elbo", "beta-tcvae"]
Variance = Annotated[float, Field(gt=0, le=100)] | Literal["learned", "optimal"]


class ModelConfig(Settings):
    """A VAE's shape: one record builds one model."""

    network: Network = Field(
        default="conv",
        title="Network",
        description="linear: probabilistic PCA; mlp: fully connected; conv: convolutional, best for pictures",
        json_schema_extra={"not_offered": ["imported"]},
    )
    latent_dim: int = Field(
        default=16, ge=1, le=512, title="Latent dimensions", description="how many numbers an image becomes"
    )
    image_size: int = Field(default=28, ge=2, le=128, title="Size", description="height and width, in pixels")
    channels: Literal[1, 3] = Field(default=1, title="Colour", description="1 for grey, 3 for colour")
    posterior: Posterior = Field(
        default="diagonal",
        title="Posterior covariance",
        description="Σ(x) of q(z|x); full takes D(D+1)/2 numbers an image in place of D",
    )
    likelihood: LikelihoodName = Field(
        default="gaussian",
        title="Likelihood p(x|z)",
        description="laplace: sharper edges, but of mostly black images it may learn the black alone; bernoulli on "
        "grey images is no density: its ELBO can't be compared with the others'",
        json_schema_extra={"not_offered": ["unknown"]},
    )
    variance: Variance | None = Field(
        default=None,
        title="Decoder variance σ",
        description="a number: how much detail counts against the KL; learned and optimal remove the knob",
        json_schema_extra={"only_for": {"likelihood": list(WITH_VARIANCE)}},
    )
    prior: PriorKind = Field(
        default="standard",
        title="Prior p(z)",
        description="standard: N(0, I), so that the KL is exact; mixture and flow are learned along with the model, "
        "their KL estimated by one sample",
    )
    components: int = Field(
        default=50,
        ge=1,
        le=1000,
        title="Components",
        description="Gaussians in a mixture prior",
        json_schema_extra={"only_for": {"prior": ["mixture"]}},
    )
    couplings: int = Field(
        default=8,
        ge=2,
        le=64,
        title="Coupling layers",
        description="of a flow prior; each moves every other latent dimension",
        json_schema_extra={"only_for": {"prior": ["flow"]}},
    )
    coupling_units: int = Field(
        default=64,
        ge=1,
        le=1024,
        title="Coupling units",
        description="width of the small networks in a flow's layers",
        json_schema_extra={"only_for": {"prior": ["flow"]}},
    )
    hidden_units: int = Field(
        default=512,
        ge=1,
        le=8192,
        title="Hidden units",
        description="width of an mlp's hidden layers",
        json_schema_extra={"only_for": {"network": ["mlp"]}},
    )
    hidden_layers: int = Field(
        default=2,
        ge=1,
        le=8,
        title="Hidden layers",
        description="of an mlp, on each side",
        json_schema_extra={"only_for": {"network": ["mlp"]}},
    )
    activation: Activation = Field(
        default="relu",
        title="Activation",
        description="of an mlp's hidden units; gated: as many more learn how much of each comes through",
        json_schema_extra={"only_for": {"network": ["mlp"]}},
    )
    width: int = Field(
        default=16,
        ge=4,
        le=256,
        title="Network width",
        description="channels of a conv network at full resolution",
        json_schema_extra={"only_for": {"network": ["conv"]}},
    )

    @model_validator(mode="before")
    @classmethod
    def _default_variance(cls, values: Any) -> Any:
        has_variance = isinstance(values, dict) and values.get("likelihood", "gaussian") in WITH_VARIANCE
        if has_variance and values.get("variance") is None:
            return {**values, "variance": "learned"}
        return values

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.network == "conv" and (self.image_size % 4 or self.image_size < 8):
            raise ConflictError(
                "network",
                f"image_size {self.image_size} does not fit a conv network: "
                "it must be a multiple of 4 from 8 to 128, or take network mlp",
            )
        if self.likelihood == "unknown" and self.network != "imported":
            raise ConflictError("likelihood", "the likelihood of a model that is trained here is never unknown")
        if self.network == "imported" and self.prior != "standard":
            raise ConflictError("prior", "the prior of a model that was imported is standard")
        if self.prior == "flow" and self.latent_dim < 2:
            raise ConflictError("prior", "a flow needs at least 2 latent dimensions: take more of them, or mixture")
        if self.likelihood not in WITH_VARIANCE and self.variance is not None:
            raise ConflictError(
                "variance",
                f"variance belongs to the gaussian and laplace likelihoods, not to {self.likelihood}: leave it out",
            )
        if self.likelihood == "laplace" and self.variance == "optimal":
            raise ConflictError("variance", "optimal is the gaussian likelihood's: take learned, or a number")
        return self

    @property
    def pixels(self) -> int:
        """Numbers in one image: channels × height × width."""
        return self.channels * self.image_size**2


class TrainConfig(Settings):
    """How a model is trained: everything that decides the resulting weights, bit for bit."""

    data: str = Field(min_length=1, title="Data set", description="catalogue name or path of the data set")
    crop: Crop = Field(
        default="middle",
        title="Crop",
        description="a picture's middle square, or the whole of it, padded to a square",
    )
    binarise: Binarise = Field(
        default="off",
        title="Binarise",
        description="grey values become chances to be white, so that the bernoulli likelihood is exact; dynamic: drawn "
        "anew at each step, fixed: once",
    )
    epochs: int = Field(default=20, ge=1, le=100_000, title="Epochs", description="passes over all images")
    batch_size: int = Field(default=128, ge=1, le=65_536, title="Batch size", description="images in one step")
    learning_rate: float = Field(
        default=2e-3,
        gt=0,
        le=10,
        title="Learning rate",
        description="the schedule's peak; too high, and the loss runs away",
    )
    schedule: Literal["one-cycle", "constant"] = Field(
        default="one-cycle",
        title="Schedule",
        description="one-cycle: the learning rate rises to its peak and falls to nothing; constant: it stays",
    )
    objective: Objective = Field(
        default="elbo",
        title="Objective",
        description="elbo: β weighs the whole KL; beta-tcvae: only the part of it by which latent dimensions depend on "
        "each other, their total correlation",
    )
    beta: float = Field(
        default=1.0, ge=0, le=10_000, title="β", description="weight of the KL term, or of a part of it; 1 is the ELBO"
    )
    warm_up: float = Field(
        default=0.0,
        ge=0,
        title="KL warm-up, epochs",
        description="epochs over which β rises linearly from 0; of beta-tcvae, whose other terms count from the start",
    )
    free_bits: float = Field(
        default=0.0,
        ge=0,
        le=100,
        title="Free nats a dimension",
        description="KL that costs nothing, so that a latent dimension is not given up early",
    )
    samples: int = Field(
        default=1,
        ge=1,
        le=1000,
        title="Samples K",
        description="latents drawn for each image; above 1 the IWAE bound is maximised",
    )
    gradient_clip: float = Field(
        default=0.0, ge=0, title="Gradient clip", description="largest global gradient norm; 0 for none"
    )
    ema_decay: float = Field(
        default=0.0, ge=0, lt=1, title="Weight averaging", description="decay of the averaged weights; 0 for none"
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", title="Precision", description="of the network's arithmetic; auto: bfloat16 where it is quicker"
    )
    patience: int = Field(
        default=0,
        ge=0,
        title="Patience, epochs",
        description="epochs without a better validation ELBO before training ends; 0 for all",
    )
    validation_fraction: float = Field(
        default=0.05, ge=0, le=0.5, title="Validation fraction", description="share of the images held out to validate"
    )
    seed: int = Field(default=0, ge=0, lt=2**63, title="Seed", description="the same seed gives the same model")
    shift: float = Field(
        default=0.0, ge=0, le=0.5, title="Shift", description="training images are moved by up to this share of a side"
    )
    rotation: float = Field(
        default=0.0, ge=0, le=180, title="Rotation", description="training images are turned by up to so many degrees"
    )
    scale: float = Field(
        default=0.0, ge=0, le=1, title="Scaling", description="training images grow or shrink by up to this share"
    )
    mirror: Literal["off", "on"] = Field(
        default="off", title="Mirror", description="half of the training images are mirrored left to right"
    )
    brightness: float = Field(
        default=0.0,
        ge=0,
        le=1,
        title="Brightness",
        description="training images get brighter or darker by up to this share",
    )
    contrast: float = Field(
        default=0.0,
        ge=0,
        le=1,
        title="Contrast",
        description="training images gain or lose contrast by up to this share",
    )

    @field_validator("data")
    @classmethod
    def _printable(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("the data set's name holds unprintable characters")
        return value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.warm_up > self.epochs:
            raise ConflictError(
                "warm_up", f"warm_up ({self.warm_up:g} epochs) is longer than the training ({self.epochs})"
            )
        if self.objective == "beta-tcvae" and (self.samples > 1 or self.free_bits):
            raise ConflictError(
                "objective", "beta-tcvae is for one sample, without free_bits: set samples to 1 and free_bits to 0"
            )
        if self.samples > 1 and (self.beta != 1 or self.free_bits or self.warm_up):
            raise ConflictError(
                "samples", "samples above 1 trains the IWAE bound, which has no beta, warm_up or free_bits"
            )
        if self.patience and not self.validation_fraction:
            raise ConflictError("patience", "patience needs a validation_fraction above 0 to watch")
        return self

    @property
    def kl_weight(self) -> float:
        """What the whole KL term counts."""
        return self.beta if self.objective == "elbo" else 1.0


def check_together(model: ModelConfig, training: TrainConfig) -> None:
    """Raises ConfigError where a model cannot be trained in the way that is asked for."""
    if training.objective == "beta-tcvae" and model.prior != "standard":
        raise ConfigError(
            f"beta-tcvae needs a prior whose dimensions are independent, as those of {model.prior} are not: take prior "
            "standard, or objective elbo.",
            "objective",
        )
    if training.binarise != "off" and model.likelihood != "bernoulli":
        raise ConfigError(
            f"images that are binarised have chances, not densities: take the bernoulli likelihood, not "
            f"{model.likelihood}, or binarise off.",
            "binarise",
        )


def title_of(field: str) -> str:
    """A setting's name as a person reads it."""
    fields = ModelConfig.model_fields | TrainConfig.model_fields
    return fields[field].title or field
