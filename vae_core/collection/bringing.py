"""A model that somebody brings to the Models page: what is asked of the process that opens it. Free of torch."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from vae_core.imports.description import Description, Question

PICTURES = "pictures"
GRAPHS = "graphs"


class Wish(BaseModel):
    """A look at a model, or the model itself once it has a title.

    `source` is a path of this machine or a repository `owner/name`; what is made of it meanwhile lies in `work`.
    `called` is what the source is known as, where its path is none that lasts. `data` are images to map.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    work: str
    said: Description
    data: str | None = None
    called: str | None = None
    title: str | None = None


def picture_of(work: str | Path, question: Question | None = None, answer: str = "") -> Path:
    """Where the picture of a model lies as a look into `work` has found it; or as an answer to a question would."""
    return Path(work) / PICTURES / (f"{question.field} {answer}.png" if question else "as found.png")
