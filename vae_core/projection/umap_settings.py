"""How UMAP draws a map: one validated record, kept with the map. Free of torch."""

from typing import Literal, Self

from pydantic import Field, model_validator

from vae_core.checked_settings import Settings

Metric = Literal["euclidean", "cosine", "manhattan", "chebyshev", "correlation"]
Target = Literal["class"]

FEWEST_IMAGES = 4  # with fewer, every image is every other's neighbour
SMALL_MAP = 10_000  # images up to which umap-learn takes the larger number of epochs
EPOCHS, LARGE_MAP_EPOCHS, DENSMAP_EPOCHS = 500, 200, 200  # the last on top of either


class UmapSettings(Settings):
    """The knobs of UMAP, by umap-learn's defaults."""

    neighbours: int = Field(
        default=15,
        ge=2,
        le=200,
        description="images in a neighbourhood, itself included: few for detail, many for form",
    )
    min_dist: float = Field(default=0.1, ge=0, description="how close points may lie on the map, at most the spread")
    spread: float = Field(default=1.0, ge=0.1, le=10, description="how far apart groups lie")
    metric: Metric = Field(default="euclidean", description="what is near in latent space")
    densmap: bool = Field(default=False, description="keep dense places dense and thin places thin (densMAP)")
    target: Target | None = Field(default=None, description="draw images of the same class together")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.min_dist > self.spread:
            raise ValueError(
                f"min_dist {self.min_dist:g} is larger than spread {self.spread:g}: take a smaller min_dist or a "
                "larger spread"
            )
        return self

    @property
    def needs_reference(self) -> bool:
        """Whether umap-learn itself has to draw the map; the fast engine knows distances in a straight line only."""
        return self.metric != "euclidean" or self.densmap or self.target is not None

    def epochs(self, count: int) -> int:
        """Epochs of the layout of `count` images, as umap-learn chooses them."""
        return (EPOCHS if count <= SMALL_MAP else LARGE_MAP_EPOCHS) + DENSMAP_EPOCHS * self.densmap

    def fitted_to(self, count: int) -> Self:
        """The same settings for `count` images, of which a neighbourhood holds all but one at most."""
        return self.model_copy(update={"neighbours": min(self.neighbours, count - 1)})
