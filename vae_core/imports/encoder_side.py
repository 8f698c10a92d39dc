"""An encoder that was handed in, made ours: `image` (batch, C, H, W) in [0, 1] → `mean`, `log_variance` (batch, D)."""

from dataclasses import dataclass
from math import prod
from typing import Literal

import numpy as np
from onnx import ModelProto

from vae_core.errors import GraphError
from vae_core.imports.decoder_side import DecoderSide, Frame, scale_and_shift
from vae_core.imports.description import Description, Question, Second
from vae_core.imports.encoder_outputs import Outputs, meaning, roles
from vae_core.imports.first_run import SEVERAL, Floats, float_inputs, float_outputs, run_alone_and_together
from vae_core.model.posteriors import UNKNOWN_LOG_VARIANCE
from vae_core.onnx_graphs.runtime import open_session
from vae_core.onnx_graphs.writing import GraphWriter

LOOKED_AT = 32  # images, by whose encodings it is seen whether a spread may be negative
LOG_VARIANCES = (-30.0, 20.0)


@dataclass(frozen=True)
class EncoderSide:
    """Our encoder, and what it tells."""

    content: bytes
    tells: Literal["mean", "mean and variance"]
    questions: tuple[Question, ...] = ()


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
    outputs = roles(model, found, decoder.latent_shape, said)
    writer, given = begun()
    numbers = prod(decoder.latent_shape)
    mean, second = _grafted(writer, model, {source: given}, outputs, found)
    if second is None or said.second == "none":
        return EncoderSide(_finished(writer, mean, _no_variance(writer, mean), numbers), "mean", outputs.questions)
    what, asked = meaning(outputs, _seconds(model, source, begun, frame, outputs), said)
    content = _finished(writer, mean, _log_variance(writer, second, what), numbers)
    return EncoderSide(content, "mean and variance", (*outputs.questions, *asked))


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


def _seconds(model: ModelProto, source: str, begun: object, frame: Frame, outputs: Outputs) -> Floats:
    """What the encoder gives beside the mean for images that are darker or brighter, and of more or less contrast."""
    random = np.random.default_rng(1)
    low, high = np.sort(random.uniform(size=(2, LOOKED_AT, 1, 1, 1)), axis=0)
    images = low + (high - low) * random.uniform(size=(LOOKED_AT, *frame.shape))
    writer, given = begun()  # type: ignore[operator]
    (value,) = writer.graft(model, {source: given}, [outputs.second or outputs.mean])
    (values,) = open_session(writer.sketch(value)).run(None, {"image": images.astype(np.float32)})
    return values if outputs.axis is None else np.split(values, 2, outputs.axis + 1)[1]


def _grafted(
    writer: GraphWriter, model: ModelProto, given: dict[str, str], outputs: Outputs, found: dict[str, Floats]
) -> tuple[str, str | None]:
    """The mean and the other, (batch, D)."""
    shape = found[outputs.mean].shape[1:]
    wanted = [outputs.mean]
    if outputs.axis is None and outputs.second is not None:
        wanted.append(outputs.second)
    made = writer.graft(model, given, wanted)
    numbers = prod(shape)
    if outputs.axis is not None:
        half = shape[outputs.axis] // 2
        whole, numbers = writer.reshape(made[0], shape), numbers // 2
        made = writer.node("Split", whole, writer.constant([half, half], np.int64), outputs=2, axis=outputs.axis + 1)
    flat = [writer.reshape(value, [numbers]) for value in made]
    return flat[0], flat[1] if len(flat) > 1 else None


def _no_variance(writer: GraphWriter, mean: str) -> str:
    nothing = writer.node("Mul", mean, writer.constant(0.0))
    return writer.node("Add", nothing, writer.constant(UNKNOWN_LOG_VARIANCE))


def _log_variance(writer: GraphWriter, second: str, what: Second) -> str:
    if what in ("variance", "standard-deviation"):
        second = writer.node("Log", writer.node("Max", second, writer.constant(1e-12)))
    if what in ("standard-deviation", "log-standard-deviation"):
        second = writer.node("Mul", second, writer.constant(2.0))
    low, high = LOG_VARIANCES
    return writer.node("Clip", second, writer.constant(low), writer.constant(high))


def _finished(writer: GraphWriter, mean: str, log_variance: str, numbers: int) -> bytes:
    return writer.finish({"mean": (mean, [numbers]), "log_variance": (log_variance, [numbers])})
