"""A model as one of the ways of recognising it leaves it: two ONNX graphs, and what is said of them."""

from dataclasses import dataclass, field

from vae_core.imports.description import Description, Question


@dataclass(frozen=True)
class GraphFile:
    """A graph under the name of the file that it comes from."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Draft:
    """`questions` are those that no look at the graphs can answer, unless somebody says it."""

    way: str
    title: str
    decoder: GraphFile
    encoder: GraphFile | None
    description: Description = field(default_factory=Description)
    notes: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
