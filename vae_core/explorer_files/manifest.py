"""The explorer files' manifest: what a folder must hold to be explored in a browser. Free of torch."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from vae_core.config import WITH_VARIANCE
from vae_core.data.files.treatment import Ground
from vae_core.explorer_files.manifest_files import FilesPart, Part
from vae_core.projection.umap_settings import UmapSettings
from vae_core.sizes import flow_side

FORMAT_VERSION = 1

Name = Annotated[str, Field(min_length=1)]
Index = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Levels = Annotated[list[float], Field(min_length=2, max_length=2)]  # black and white
# A picture of one's own becomes like the data's images when its bright part is scaled and then put in the middle by its
# centre of mass, as in MNIST, or by its bounding box, filling the frame; when its middle square is kept; or all of it,
# on a square ground of its outline's colour.
Framing = Literal["mass", "box", "crop", "padded"]
Decoded = Literal["draws", "latents"]  # of the prior, or somebody's, by whom the images were decoded


class ModelPart(Part):
    """The model's shape, as far as a browser needs it."""

    network: Name
    posterior: Name
    likelihood: Name
    variance: PositiveFloat | None  # of the Gaussian and the Laplace likelihood, a pixel
    latent_dim: PositiveInt
    image_size: PositiveInt
    channels: Literal[1, 3]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.variance is not None) != (self.likelihood in WITH_VARIANCE):
            raise ValueError("a variance belongs to the likelihoods gaussian and laplace, and to no other")
        return self


class DataPart(Part):
    """The data set on the map, and how its images lie in their frame: `background` is their border's brightness.

    Of framing "crop" and "padded": what was transparent in the pictures' files lies on `ground`, and bytes of `levels`,
    or numbers of more bits of `whole_levels`, are black and white. `binarised` images are 0 and 1 alone. The first maps
    name none of them. `decoded` says what of, only where nobody has handed in images.
    """

    name: Name
    split: Name
    class_names: list[str]
    fingerprint: Name
    framing: Framing
    background: Share
    ground: Ground = "white"
    levels: Levels = Field(default_factory=lambda: list[float]((0, 255)))
    whole_levels: Levels = Field(default_factory=lambda: list[float]((0, 65535)))
    binarised: bool = False
    decoded: Decoded | None = None

    @model_serializer(mode="wrap")
    def _without_decoded(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        described: dict[str, Any] = serialise(self)
        return described if self.decoded else {name: part for name, part in described.items() if name != "decoded"}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if any(low >= high for low, high in (self.levels, self.whole_levels)):
            raise ValueError("levels must be [low, high] with low < high")
        return self


class MapPart(Part):
    """The map: `count` of the data set's `total` images, how it was made and how far it can be trusted.

    `start` is the point to begin with, `start_latent` and `start_position` are its latent and its place, with which the
    first image waits for no array. The first maps name neither these two nor UMAP's settings nor the seed.
    """

    method: Literal["umap", "pca", "axes"]
    axes: list[Index] | None
    settings: UmapSettings | None = None
    seed: Index | None = None
    count: PositiveInt
    total: PositiveInt
    sampled: bool
    bounds: Annotated[list[float], Field(min_length=4, max_length=4)]
    trustworthiness: Share
    round_trip_error: NonNegativeFloat
    start: Index
    start_latent: list[float] | None = None
    start_position: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    class_counts: list[Index]

    @model_validator(mode="after")
    def _check(self) -> Self:
        left, bottom, right, top = self.bounds
        if not (left < right and bottom < top):
            raise ValueError("bounds must be [left, bottom, right, top] with left < right and bottom < top")
        if (self.axes is not None) != (self.method == "axes"):
            raise ValueError("axes belong to the method axes, and to no other")
        if self.settings is not None and self.method != "umap":
            raise ValueError("settings belong to the method umap, and to no other")
        if self.count > self.total or self.sampled != (self.count < self.total):
            raise ValueError("count, total and sampled contradict each other")
        if self.start >= self.count:
            raise ValueError(f"start {self.start} is not one of the {self.count} points")
        if sum(self.class_counts) != self.count:
            raise ValueError("class_counts do not add up to count")
        return self


class FactorPart(Part):
    """A factor of the data by its name, and which share of it a latent dimension tells. See `held_factors`."""

    name: Name
    share: Share


class LatentPart(Part):
    """The posterior means' distribution over the map, dimension by dimension.

    `factors` are those that dimensions hold, only where the data's table has some and a dimension holds one. Where
    nobody tells the posteriors there is no KL.
    """

    mean: list[float]
    standard_deviation: list[NonNegativeFloat]
    kl_per_dimension: list[float] | None
    order: list[Index]
    active: list[bool]
    factors: list[FactorPart | None] | None = None

    @model_serializer(mode="wrap")
    def _without_factors(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        described: dict[str, Any] = serialise(self)
        return described if self.factors else {name: part for name, part in described.items() if name != "factors"}


class GroundPart(Part):
    """What the data's encodings keep to: beyond both limits a latent is far from any data. See `known_ground`."""

    log_density: float  # under the prior that knows the data, nats
    distance: NonNegativeFloat  # to the nearest encoding


class PriorPart(Part):
    """A prior that was learned along with the model: of a flow, its coupling layers and the width of their networks."""

    kind: Literal["mixture", "flow"]
    couplings: PositiveInt | None = None
    units: PositiveInt | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.couplings is not None, self.units is not None) != ((self.kind == "flow"),) * 2:
            raise ValueError("couplings and units belong to a flow, and to nothing else")
        return self

    def shape(self, dimensions: int, given: list[int]) -> list[int]:
        """What the prior's file must have for a shape, `given` the one that it has."""
        if self.couplings is None or self.units is None:
            return packed_shape(dimensions, given)
        return [flow_side(dimensions, self.couplings, self.units).weights]


def packed_shape(dimensions: int, given: list[int]) -> list[int]:
    """A mixture's, of as many components as there are."""
    return [*given[:1], 1 + dimensions + dimensions * (dimensions + 1) // 2]


class Manifest(Part):
    """All that a browser needs to know of one model's explorer files; `prior` only where the model has learned it."""

    format: Literal[1]
    name: Name
    model: ModelPart
    data: DataPart
    map: MapPart
    latent: LatentPart
    ground: GroundPart | None = None
    prior: PriorPart | None = None
    files: FilesPart

    @model_validator(mode="after")
    def _check(self) -> Self:
        count, dimensions, classes = self.map.count, self.model.latent_dim, len(self.data.class_names)
        for name, values in self.latent:
            if values is not None and len(values) != dimensions:
                raise ValueError(f"latent.{name} has {len(values)} entries for {dimensions} dimensions")
        if sorted(self.latent.order) != list(range(dimensions)):
            raise ValueError("latent.order does not name every dimension once")
        if len(self.map.class_counts) != classes:
            raise ValueError(f"map.class_counts has {len(self.map.class_counts)} entries for {classes} classes")
        if any(axis >= dimensions for axis in self.map.axes or []):
            raise ValueError(f"map.axes {self.map.axes} go beyond the {dimensions} latent dimensions")
        shapes = {
            "points": ("float32", [count, 2]),
            "indices": ("uint32", [count]),
            "latents": ("float16", [count, dimensions]),
            "plane_latents": ("float16", [count, dimensions]),
            "log_variances": ("float16", [count, dimensions]),
            "labels": ("uint8" if classes <= 256 else "uint16", [count]),
            "kl": ("float16", [count]),
            "reconstruction_error": ("float16", [count]),
        }
        for role, (dtype, shape) in shapes.items():
            file = getattr(self.files, role)
            if file is not None and (file.dtype, file.shape) != (dtype, shape):
                raise ValueError(f"files.{role} is {file.dtype} {file.shape}, expected {dtype} {shape}")
        prior = self.files.prior
        if prior is not None:
            shape = packed_shape(dimensions, prior.shape)
            if self.prior is not None:
                shape = self.prior.shape(dimensions, prior.shape)
            if (prior.dtype, prior.shape) != ("float32", shape):
                raise ValueError(f"files.prior is {prior.dtype} {prior.shape}, expected float32 {shape}")
        elif self.prior is not None:
            raise ValueError("the prior's numbers are missing: files name none")
        if self.ground is not None and prior is None:
            raise ValueError("ground belongs to a prior that knows the data, and files name none")
        if self.map.start_latent is not None and len(self.map.start_latent) != dimensions:
            raise ValueError(f"map.start_latent has {len(self.map.start_latent)} entries for {dimensions} dimensions")
        if sum(sheet.columns * sheet.rows for sheet in self.files.thumbnails) < count:
            raise ValueError(f"files.thumbnails has no room for {count} images")
        return self

    @model_serializer(mode="wrap")
    def _without_a_prior(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        described: dict[str, Any] = serialise(self)
        return described if self.prior else {name: part for name, part in described.items() if name != "prior"}
