"""What a lesson that trains is asked for, and what it tells: records without torch, for the page and the process.

σ is a variance everywhere, as in N(μ(z), σI), and nats are per image.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from vae_core.checked_settings import Settings
from vae_core.checkpoint.layout import CONFIG_FILE, DECODER_FILE, PRIOR_FILE, WEIGHTS_FILE
from vae_core.files import stamp

Shape = Literal["two moons", "spiral", "ring", "eight Gaussians"]
PriorTitle = Literal["N(0, I)", "mixture", "flow"]
StageName = Literal["early", "late"]
Cost = Literal[32, 128, 512]
Dimensions = Literal[2, 8, 16]
LEARNED = "learned"


class NoiseOrder(Settings):
    """Lesson 4: how much the gradient spreads, for `cost` = K samples × B images and every way to divide it."""

    lesson: Literal["noise"] = "noise"
    cost: Cost = 128
    seed: int = Field(default=0, ge=0, lt=2**31)


class VarianceOrder(Settings):
    """Lesson 5: small models of digits, one for each σ in turn, then one that learns it."""

    lesson: Literal["variance"] = "variance"
    variances: tuple[Annotated[float, Field(gt=0, le=10)], ...] = (0.03, 0.3, 0.003, 0.1, 1.0, 0.01)
    latent_dim: Dimensions = 8
    seed: int = Field(default=0, ge=0, lt=2**31)


class FlowOrder(Settings):
    """Lesson 7: a flow from N(0, I) to points in the plane."""

    lesson: Literal["flow"] = "flow"
    shape: Shape = "two moons"
    layers: int = Field(default=8, ge=2, le=16)
    seed: int = Field(default=0, ge=0, lt=2**31)


class PriorsOrder(Settings):
    """Lesson 7: what a model, by its checkpoint's folder, draws under three priors.

    Trained or fitted anew it has another `version`: what was found of its forerunner is not found of it.
    """

    lesson: Literal["priors"] = "priors"
    folder: str
    version: tuple[int, ...]
    seed: int = Field(default=0, ge=0, lt=2**31)

    @classmethod
    def of(cls, folder: Path) -> "PriorsOrder":
        """Of the model that lies in a folder now."""
        folder = folder.resolve()
        files = (CONFIG_FILE, WEIGHTS_FILE, DECODER_FILE, PRIOR_FILE)
        return cls(folder=str(folder), version=tuple(part for name in files for part in stamp(folder / name)))


Asked = NoiseOrder | VarianceOrder | FlowOrder | PriorsOrder
ORDER: TypeAdapter[Asked] = TypeAdapter(Annotated[Asked, Field(discriminator="lesson")])


class Spread(Settings):
    """How a gradient of K samples × B images spreads about its mean: the trace of its covariance, and its shares.

    `noise` is the share of the draws of z, what is left is that of which images were drawn; standard errors beside.
    """

    samples: int
    images: int
    spread: float
    spread_error: float
    noise: float
    noise_error: float

    @property
    def between(self) -> float:
        """The share of which images were drawn."""
        return self.spread - self.noise


class Stage(Settings):
    """A model after so many steps of training: its gradient's spread, all ways of one cost first."""

    part: Literal["stage"] = "stage"
    name: StageName
    steps: int
    single: Spread  # of one sample of one image: V_images + V_noise
    equal_cost: tuple[Spread, ...]
    more_samples: tuple[Spread, ...]  # of the same number of images
    more_images: tuple[Spread, ...]  # one sample each

    def predicted(self, samples: int, images: int) -> float:
        """(V_images + V_noise / K) / B."""
        return (self.single.between + self.single.noise / samples) / images


class Bounds(Settings):
    """The bound of K samples against K, averaged over images, in nats, and the errors of its own draws.

    `log_likelihood` is exact, and None where nobody knows it.
    """

    part: Literal["bounds"] = "bounds"
    model: Literal["linear", "digits"]
    images: int
    samples: tuple[int, ...]
    bounds: tuple[float, ...]
    errors: tuple[float, ...]
    log_likelihood: float | None


class Signals(Settings):
    """How large the encoder's gradient is beside its own noise, by samples, when each bound is trained."""

    part: Literal["signals"] = "signals"
    samples: tuple[int, ...]
    elbo: tuple[float, ...]
    iwae: tuple[float, ...]


class Trained(Settings):
    """What became of a model trained with one σ; figures are of held-out images where nothing else is said.

    `variance` is the σ it ended with, `fitting_variance` the best one for the means it draws: their mean square error
    on the images it was trained with, in closed form. `sheet` is a PNG in base64: eight images, eight reconstructions
    of them and eight samples, a row each.
    """

    part: Literal["trained"] = "trained"
    learned: bool
    variance: float
    fitting_variance: float
    image_error: float  # mean square error a pixel
    kl: float
    elbo: float
    active_units: int
    latent_dim: int
    sheet: str


class BetaCheck(Settings):
    """Two gradients of one model, of ‖x − μ‖² + β·KL with β = 2σ and of 2σ·(−ELBO): how far apart in 64 bits."""

    part: Literal["beta"] = "beta"
    variance: float
    beta: float
    weights: int
    largest_difference: float  # over the largest entry of either


class Memorised(Settings):
    """A model of a handful of images that learns its σ: how far σ has fallen by which step, and what that is worth."""

    part: Literal["memorised"] = "memorised"
    images: int
    steps: tuple[int, ...]
    variances: tuple[float, ...]
    elbos: tuple[float, ...]  # of those images
    held_out_elbos: tuple[float, ...]


class FlowStep(Settings):
    """How far a flow is: its mean negative log density of held-out points in nats, and what the data's own is.

    Their difference is KL(data ‖ flow), whose standard error is beside.
    """

    part: Literal["step"] = "step"
    step: int
    steps: int
    negative_log_likelihood: float
    data_negative_log_likelihood: float
    divergence: float
    divergence_error: float


class FlowPart(Settings):
    """A flow as its picture takes it: `FlowRecord` of explorer/src/learn/flow/record.ts."""

    part: Literal["flow"] = "flow"
    record: dict[str, Any]


class PriorPart(Settings):
    """What a prior says of encodings that it has not seen, in nats, and a PNG in base64 of what is decoded from it."""

    part: Literal["prior"] = "prior"
    name: PriorTitle
    log_density: float
    log_density_error: float
    difference: float  # from N(0, I), image by image
    difference_error: float
    images: int
    sheet: str
