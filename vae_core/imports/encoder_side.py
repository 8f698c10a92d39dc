"""An encoder that was handed in, made ours: `image` (batch, C, H, W) in [0, 1] → `mean`, `log_variance` (batch, D)."""

import re
from dataclasses import dataclass
from math import prod
from typing import Literal

import numpy as np
from onnx import ModelProto

from vae_core.errors import GraphError
from vae_core.imports.decoder_side import DecoderSide, Frame, scale_and_shift
from vae_core.imports.description import Description, Option, Question, Second
from vae_core.imports.first_run import SEVERAL, Floats, float_inputs, float_outputs, run_alone_and_together
from vae_core.model.posteriors import UNKNOWN_LOG_VARIANCE
from vae_core.onnx_graphs.writing import GraphWriter

LOG_VARIANCES = (-30.0, 20.0)

SECOND_QUESTION = Question(
    field="second",
    words="What does the encoder give beside the mean?",
    options=(
        Option(value="log-variance", words="the logarithm of the variance"),
        Option(value="variance", words="the variance"),
        Option(value="standard-deviation", words="the standard deviation"),
    ),
    guess="log-variance",
)


@dataclass(frozen=True)
class EncoderSide:
    """Our encoder, and what it tells."""

    content: bytes
    tells: Literal["mean", "mean and variance"]
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class _Outputs:
    """Which outputs are the mean and the other; `stacked` where both lie in one, along its first axis."""

    mean: str
    second: str | None
    stacked: bool = False


def settle_encoder(model: ModelProto, decoder: DecoderSide, said: Description) -> EncoderSide:
    """Find out what an encoder takes and gives, and write it anew.

    Raises:
        GraphError: it is no encoder that fits the decoder; the message says why.
    """
    inputs = float_inputs(model)
    if len(inputs) != 1:
        names = ", ".join(map(repr, list(inputs)[:4])) or "nothing"
        raise GraphError(f"it takes {names}, where an encoder takes an image alone; export it with all else fixed.")
    (source, sizes), *_ = inputs.items()
    frame = _frame(sizes, decoder, said)

    def begun() -> tuple[GraphWriter, str]:
        writer = GraphWriter()
        image = writer.input("image", frame.shape)
        scale, shift = scale_and_shift(decoder.pixels, said, frame.channels)
        if (scale != 1).any() or (shift != 0).any():
            image = writer.node("Mul", image, writer.constant(scale.reshape(-1, 1, 1)))
            image = writer.node("Add", image, writer.constant(shift.reshape(-1, 1, 1)))
        image = frame.write_from(writer, image)
        return writer, _in_rank(writer, image, sizes, frame)

    found = _run(model, source, begun, frame)
    outputs = _roles(found, decoder.latent_shape)
    writer, given = begun()
    numbers = prod(decoder.latent_shape)
    mean, second = _grafted(writer, model, {source: given}, outputs, decoder.latent_shape)
    if second is None:
        return EncoderSide(_finished(writer, mean, _no_variance(writer, mean), numbers), "mean")
    meaning, asked = _meaning(outputs, found, numbers, said)
    return EncoderSide(
        _finished(writer, mean, _log_variance(writer, second, meaning), numbers), "mean and variance", asked
    )


def _frame(sizes: list[int | None], decoder: DecoderSide, said: Description) -> Frame:
    """How the encoder takes an image of the decoder's size."""
    own, ours = sizes[1:], decoder.frame
    channels, side = ours.channels, ours.size

    def fits(shape: tuple[int, ...]) -> bool:
        return len(own) == len(shape) and all(size in (None, told) for size, told in zip(own, shape, strict=True))

    ways: list[tuple[tuple[int, ...], Frame]] = [
        ((channels, side, side), Frame(channels, side, "NCHW")),
        ((side, side, channels), Frame(channels, side, "NHWC")),
        ((channels * side * side,), Frame(channels, side, "flat", ours.flat_layout)),
        *([((side, side), Frame(1, side, "flat"))] if channels == 1 else []),
    ]
    fitting = [frame for shape, frame in ways if fits(shape)]
    preferred = [frame for frame in fitting if frame.order == (said.layout or ours.order)]
    if not fitting:
        shown = " × ".join("any" if size is None else str(size) for size in own) or "one number"
        raise GraphError(
            f"it takes {shown}, and the decoder gives images of {side} × {side} px with "
            f"{channels} {'channel' if channels == 1 else 'channels'}: they don't belong together."
        )
    return (preferred or fitting)[0]


def _in_rank(writer: GraphWriter, image: str, sizes: list[int | None], frame: Frame) -> str:
    """A grey image without an axis for its one channel, where the encoder has none."""
    return writer.reshape(image, [frame.size, frame.size]) if frame.order == "flat" and len(sizes) == 3 else image


def _run(model: ModelProto, source: str, begun: object, frame: Frame) -> dict[str, Floats]:
    images = np.random.default_rng(0).uniform(size=(SEVERAL, *frame.shape)).astype(np.float32)
    found: dict[str, Floats] = {}
    for output in float_outputs(model):
        writer, given = begun()  # type: ignore[operator]
        (value,) = writer.graft(model, {source: given}, [output])
        found[output] = run_alone_and_together(writer.sketch(value), images)["found"]
    return found


def _roles(found: dict[str, Floats], latent_shape: tuple[int, ...]) -> _Outputs:
    """By their shapes; by their names only which of several is which."""
    numbers = prod(latent_shape)
    single = [name for name, values in found.items() if prod(values.shape[1:]) == numbers]
    double = [name for name, values in found.items() if prod(values.shape[1:]) == 2 * numbers]
    if double and not any(_is_mean(name) for name in single):
        return _Outputs(double[0], double[0], stacked=True)
    if not single:
        shapes = "; ".join(" × ".join(map(str, values.shape[1:])) for values in found.values()) or "nothing"
        shown = " × ".join(map(str, latent_shape))
        raise GraphError(f"it gives {shapes} for an image, and the decoder takes {shown}: they don't belong together.")
    spreads = [name for name in single if _is_spread(name)]
    means = [name for name in single if _is_mean(name) and name not in spreads]
    others = [name for name in single if name not in spreads and not _is_sample(name)]
    mean = (means or others or single)[0]
    rest = spreads or [name for name in others if name != mean]
    return _Outputs(mean, next((name for name in rest if name != mean), None))


def _is_mean(name: str) -> bool:
    return re.search(r"(^|[^a-z])(mu|mean|loc)([^a-z]|$)|embedding", name.lower()) is not None


def _is_spread(name: str) -> bool:
    return re.search(r"var|sigma|std|scale", name.lower()) is not None


def _is_sample(name: str) -> bool:
    return re.search(r"^z$|sample", name.lower()) is not None


def _grafted(
    writer: GraphWriter, model: ModelProto, given: dict[str, str], outputs: _Outputs, latent_shape: tuple[int, ...]
) -> tuple[str, str | None]:
    """The mean and the other, (batch, D)."""
    numbers = prod(latent_shape)
    if outputs.stacked:
        (both,) = writer.graft(model, given, [outputs.mean])
        whole = writer.reshape(
            both, [2 * numbers]
        )  # the first axis is the outermost: its halves lie one after the other
        mean, second = writer.node("Split", whole, writer.constant([numbers, numbers], np.int64), outputs=2, axis=1)
        return mean, second
    wanted = [outputs.mean, *([outputs.second] if outputs.second else [])]
    flat = [writer.reshape(value, [numbers]) for value in writer.graft(model, given, wanted)]
    return flat[0], flat[1] if len(flat) > 1 else None


def _meaning(
    outputs: _Outputs, found: dict[str, Floats], numbers: int, said: Description
) -> tuple[Second, tuple[Question, ...]]:
    if said.second is not None:
        return said.second, ()
    name, values = (outputs.second or "").lower(), found[outputs.second or outputs.mean]
    if outputs.stacked:
        values = values.reshape(len(values), -1)[:, numbers:]
    elif "log" in name:
        return "log-variance", ()
    elif re.search(r"std|sigma|stddev", name):
        return "standard-deviation", ()
    if (values < 0).any():
        return "log-variance", ()
    return "log-variance", (SECOND_QUESTION,)


def _no_variance(writer: GraphWriter, mean: str) -> str:
    nothing = writer.node("Mul", mean, writer.constant(0.0))
    return writer.node("Add", nothing, writer.constant(UNKNOWN_LOG_VARIANCE))


def _log_variance(writer: GraphWriter, second: str, meaning: Second) -> str:
    if meaning != "log-variance":
        second = writer.node("Log", writer.node("Max", second, writer.constant(1e-12)))
    if meaning == "standard-deviation":
        second = writer.node("Mul", second, writer.constant(2.0))
    low, high = LOG_VARIANCES
    return writer.node("Clip", second, writer.constant(low), writer.constant(high))


def _finished(writer: GraphWriter, mean: str, log_variance: str, numbers: int) -> bytes:
    return writer.finish({"mean": (mean, [numbers]), "log_variance": (log_variance, [numbers])})
