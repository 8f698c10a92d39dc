"""A model that somebody brings to the Models page: what is asked of the process that opens it. Free of torch."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from vae_core.config import Crop
from vae_core.imports.description import Description, Question

PICTURES = "pictures"
GRAPHS = "graphs"


class MapImages(BaseModel):
    """The images that a model is shown and mapped with: a data set's name or path, and how pictures are made square.

    Without `data`, those that came with the model, or draws of its prior.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: str | None = None
    crop: Crop = "middle"


class Wish(BaseModel):
    """A look at a model, or the model itself once it has a title.

    `source` is a path of this machine or a repository `owner/name`; what is made of it meanwhile lies in `work`.
    `called` is what the source is known as, where its path is none that lasts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    work: str
    said: Description
    images: MapImages = MapImages()
    called: str | None = None
    title: str | None = None


def picture_of(work: str | Path, question: Question | None = None, answer: str = "") -> Path:
    """Where the picture of a model lies as a look into `work` has found it; or as an answer to a question would."""
    return Path(work) / PICTURES / (f"{question.field} {answer}.png" if question else "as found.png")
