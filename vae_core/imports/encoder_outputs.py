"""Which of an encoder's outputs are the mean and the other, and what the other is: by shapes, names and numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import prod

import numpy as np
from onnx import ModelProto

from vae_core.errors import GraphError, shortened
from vae_core.imports.description import Description, Option, Question, Second
from vae_core.imports.first_run import Floats
from vae_core.onnx_graphs.writing import nodes_in_use

MOST_ASKED = 4  # outputs of which any may be the mean: twelve answers
SECOND_QUESTION = Question(
    field="second",
    words="What does the encoder give beside the mean?",
    options=(
        Option(value="log-variance", words="the logarithm of the variance"),
        Option(value="variance", words="the variance"),
        Option(value="standard-deviation", words="the standard deviation"),
        Option(value="log-standard-deviation", words="the logarithm of the standard deviation"),
        Option(value="none", words="nothing of the spread"),
    ),
    guess="log-variance",
)


@dataclass(frozen=True)
class Outputs:
    """Which are the mean and the other. Where both lie in one, each is a half of it along `axis`, the batch's apart."""

    mean: str
    second: str | None
    axis: int | None = None
    questions: tuple[Question, ...] = ()


def roles(model: ModelProto, found: dict[str, Floats], latent_shape: tuple[int, ...], said: Description) -> Outputs:
    """By their shapes, and by their names which of several is which; `found` is what each gives for some images.

    Raises:
        GraphError: none is of the latents' size, or nobody could tell which are meant.
    """
    numbers = prod(latent_shape)
    single = {name: values for name, values in found.items() if prod(values.shape[1:]) == numbers}
    if said.outputs is not None:
        return _told(list(found), single, said.outputs)
    double = [name for name, values in found.items() if prod(values.shape[1:]) == 2 * numbers]
    several = _without_draws(model, single)
    if double and len(several) < 2 and not any(_is_mean(name) for name in several):
        return Outputs(double[0], double[0], _double_axis(found[double[0]].shape[1:], latent_shape))
    if not several:
        shapes = "; ".join(" × ".join(map(str, values.shape[1:])) for values in found.values()) or "nothing"
        shown = " × ".join(map(str, latent_shape))
        raise GraphError(f"it gives {shapes} for an image, and the decoder takes {shown}: they don't belong together.")
    spreads = [name for name in several if _is_spread(name)]
    means = [name for name in several if _is_mean(name) and name not in spreads]
    unsampled = [name for name in several if not _is_sample(name)] or several
    if len(unsampled) > 2 and not (means and spreads):
        return _asked(list(found), unsampled, means, spreads)
    others = [name for name in unsampled if name not in spreads]
    mean = (means or others or several)[0]
    rest = spreads or [name for name in others if name != mean]
    return Outputs(mean, next((name for name in rest if name != mean), None))


def meaning(outputs: Outputs, seconds: Floats, said: Description) -> tuple[Second, tuple[Question, ...]]:
    """What the other is, and the question where neither its name nor its numbers `seconds` tell it for sure."""
    if said.second is not None:
        return said.second, ()
    known = _by_name(outputs.second) if outputs.second is not None and outputs.axis is None else None
    guess: Second = known or "log-variance"
    is_negative = bool((seconds < 0).any())
    contradicted = is_negative and known in ("variance", "standard-deviation")
    if contradicted:
        guess = "log-variance" if known == "variance" else "log-standard-deviation"
    certain = (known is not None or is_negative) and not contradicted
    # What is another output than the guess may be something else as well: both are asked at once.
    if certain and not outputs.questions:
        return guess, ()
    return guess, (SECOND_QUESTION.model_copy(update={"guess": guess}),)


def _told(names: list[str], single: dict[str, Floats], places: tuple[int, ...]) -> Outputs:
    mean, second = (names[place - 1] if place <= len(names) else None for place in places)
    if mean not in single or second not in single or mean == second:
        fitting = ", ".join(f"{number} ({_quoted(name)})" for number, name in _numbered(names, list(single)))
        raise GraphError(
            f"outputs {', '.join(map(str, places))}: two that are as large as a latent are needed, of "
            f"{fitting or 'which it has none'}."
        )
    return Outputs(mean, second)


def _quoted(name: str) -> str:
    return repr(shortened(name))


def _numbered(names: list[str], of: Sequence[str]) -> list[tuple[int, str]]:
    """Names among all, counted from 1."""
    return [(number, name) for number, name in enumerate(names, 1) if name in of]


def _asked(names: list[str], several: list[str], means: list[str], spreads: list[str]) -> Outputs:
    """Any two in order, by what little the names say; the first is the guess."""
    if len(several) > MOST_ASKED:
        shown = ", ".join(map(_quoted, several[: MOST_ASKED + 1]))
        raise GraphError(
            f"it gives {len(several)} outputs as large as a latent ({shown}); name two of them mean and log_variance."
        )
    pairs = [
        (first, second)
        for first, second in permutations(_numbered(names, several), 2)
        if (not means or first[1] in means) and (not spreads or second[1] in spreads)
    ]
    options = tuple(
        Option(value=f"{first},{second}", words=f"{_quoted(mean)} is the mean, {_quoted(other)} the other")
        for (first, mean), (second, other) in pairs
    )
    question = Question(
        field="outputs",
        words="Which of the encoder's outputs are the mean, and the variance or what is told in its place?",
        options=options,
        guess=options[0].value,
    )
    (_, mean), (_, second) = pairs[0]
    return Outputs(mean, second, questions=(question,))


def _without_draws(model: ModelProto, single: dict[str, Floats]) -> list[str]:
    """Those that draw no noise, each once: in evaluation mode the draw that many give as well is the mean itself."""
    kept = [name for name in single if not _draws(model, name)] or list(single)
    alone: list[str] = []
    for name in sorted(kept, key=lambda name: (_is_sample(name), not _is_mean(name))):
        if not any(np.allclose(single[name].ravel(), single[other].ravel(), 1e-5, 1e-6) for other in alone):
            alone.append(name)
    return [name for name in kept if name in alone]


def _draws(model: ModelProto, output: str) -> bool:
    return any(node.op_type.startswith("Random") for node in nodes_in_use(list(model.graph.node), [output], set()))


def _double_axis(shape: tuple[int, ...], latent_shape: tuple[int, ...]) -> int:
    """The axis that is twice as long as a latent's, or a last one of two; else the first that has halves."""
    if len(shape) == len(latent_shape):
        longer = [axis for axis, (both, one) in enumerate(zip(shape, latent_shape, strict=True)) if both != one]
        if len(longer) == 1:
            return longer[0]
    if shape == (*latent_shape, 2) and shape[0] != 2:
        return len(latent_shape)
    return next(axis for axis, size in enumerate(shape) if size % 2 == 0)


def _is_mean(name: str) -> bool:
    return re.search(r"(^|[^a-z])(mu|mean|loc)([^a-z]|$)|embedding", name.lower()) is not None


def _is_spread(name: str) -> bool:
    return re.search(r"var|sigma|std|scale", name.lower()) is not None


def _is_sample(name: str) -> bool:
    return re.search(r"^z$|sample", name.lower()) is not None


def _by_name(name: str) -> Second | None:
    name = name.lower()
    squared = re.search(r"var|(sigma|std)(2|_?sq)", name) is not None
    deviation = re.search(r"std|sigma|scale", name) is not None and not squared
    if "log" in name:
        return "log-standard-deviation" if deviation else "log-variance"
    if deviation:
        return "standard-deviation"
    return "variance" if squared and "var" not in name else None
