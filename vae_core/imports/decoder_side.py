"""A decoder that was handed in, made ours: `latent` (batch, D) → `image` (batch, C, H, W) in [0, 1]."""

from dataclasses import dataclass
from math import isqrt, prod
from typing import Literal

import numpy as np
from onnx import ModelProto

from vae_core.errors import GraphError
from vae_core.imports.description import RANGES, Description, Layout, Option, Pixels, Question
from vae_core.imports.first_run import SEVERAL, Floats, float_inputs, float_outputs, run_alone_and_together
from vae_core.onnx_graphs.writing import GraphWriter

LARGEST_IMAGE, SMALLEST_IMAGE = 128, 2
MOST_LATENT_NUMBERS = 1 << 16
FIRST_SIDES = (8, 4, 16, 2, 1, 32)  # of latents whose height and width are free
NEAR = 0.02  # beyond 0 and 1 that an image may go without being taken for something else
LARGEST_LOGIT = 30  # beyond which a sigmoid is 1 in every bit
Order = Literal["NCHW", "NHWC", "flat"]

PIXELS_QUESTION = Question(
    field="pixels",
    words="What do the decoder's numbers mean?",
    options=(
        Option(value="unit", words="grey values from 0 (black) to 1 (white)"),
        Option(value="signed", words="grey values from -1 (black) to 1 (white)"),
        Option(value="bytes", words="grey values from 0 (black) to 255 (white)"),
        Option(value="logits", words="logits, which a sigmoid makes grey values of"),
    ),
    guess="unit",
)


@dataclass(frozen=True)
class Frame:
    """How one image lies in a network's numbers: `order` of its axes, and whether of a flat one colours come first."""

    channels: int
    size: int
    order: Order
    flat_layout: Layout = "NCHW"

    @property
    def shape(self) -> tuple[int, int, int]:
        """As ours has it: (C, H, W)."""
        return self.channels, self.size, self.size

    def write_from(self, writer: GraphWriter, image: str) -> str:
        """Ours, (batch, C, H, W), as the network has it."""
        if self.order == "NHWC" or (self.order == "flat" and self.flat_layout == "NHWC"):
            image = writer.node("Transpose", image, perm=[0, 2, 3, 1])
        return writer.reshape(image, [prod(self.shape)]) if self.order == "flat" else image

    def write_to(self, writer: GraphWriter, image: str) -> str:
        """The network's as ours, (batch, C, H, W)."""
        if self.order == "NHWC" or (self.order == "flat" and self.flat_layout == "NHWC"):
            whole = writer.reshape(image, [self.size, self.size, self.channels])
            return writer.node("Transpose", whole, perm=[0, 3, 1, 2])
        return writer.reshape(image, list(self.shape))


@dataclass(frozen=True)
class DecoderSide:
    """Our decoder, with what was found out; `pixels` is what its numbers were taken for."""

    content: bytes
    latent_shape: tuple[int, ...]
    frame: Frame
    pixels: Pixels
    questions: tuple[Question, ...]


def settle_decoder(model: ModelProto, said: Description) -> DecoderSide:
    """Find out what a decoder takes and gives, and write it anew.

    Raises:
        GraphError: it is no decoder of images that can be shown here; the message says why.
    """
    inputs = float_inputs(model)
    if len(inputs) != 1:
        names = ", ".join(map(repr, list(inputs)[:4])) or "nothing"
        raise GraphError(f"it takes {names}, where a decoder takes a latent alone; export it with all else fixed.")
    (source, sizes), *_ = inputs.items()
    latent_shape, output, raw = _first_run(model, source, sizes, said)
    frame, questions = _frame(raw.shape[1:], said)
    if latent_shape in (frame.shape, raw.shape[1:]) and len(latent_shape) > 1:
        raise GraphError("it takes images and gives images: a whole autoencoder; export its decoder and encoder apart.")
    last = _last_operator(model, output)
    pixels, asked = _pixels(last, raw, said)
    writer = GraphWriter()
    latent = writer.input("latent", [prod(latent_shape)])
    image = _grafted(writer, model, source, latent, latent_shape, output)
    image = frame.write_to(writer, image)
    image = _in_unit(writer, image, pixels, said, frame.channels)
    content = writer.finish({"image": (image, frame.shape)})
    return DecoderSide(content, latent_shape, frame, pixels, questions + asked)


def _first_run(
    model: ModelProto, source: str, sizes: list[int | None], said: Description
) -> tuple[tuple[int, ...], str, Floats]:
    """The latents' shape, the output that is an image, and what it gives for draws of N(0, I)."""
    problem: GraphError | None = None
    for latent_shape in _possible_shapes(sizes, said):
        try:
            output, raw = _run(model, source, latent_shape)
        except GraphError as error:
            problem = problem or error
            continue
        if said.image_size is not None and None in sizes[2:] and max(raw.shape[1:]) != said.image_size:
            continue
        if max(raw.shape[1:]) <= LARGEST_IMAGE or None not in sizes[2:]:
            return latent_shape, output, raw
    raise problem or GraphError(f"it gives no images of at most {LARGEST_IMAGE} × {LARGEST_IMAGE} px.")


def _possible_shapes(sizes: list[int | None], said: Description) -> list[tuple[int, ...]]:
    if len(sizes) < 2:
        raise GraphError("it takes one latent at a time; export it with a first axis for a batch of them.")
    own = sizes[1:]
    if said.latent_shape is not None:
        if len(said.latent_shape) != len(own) or any(
            size not in (None, told) for size, told in zip(own, said.latent_shape, strict=True)
        ):
            raise GraphError(f"it takes latents of shape {_shown(own)}, not {_shown(list(said.latent_shape))}.")
        return [_checked(said.latent_shape)]
    if own[0] is None or (len(own) != 3 and None in own):
        raise GraphError("it does not say how many numbers its latents have; say it as latent_shape.")
    if None not in own:
        return [_checked(tuple(size or 0 for size in own))]
    return [_checked((own[0], *(size or side for size in own[1:]))) for side in FIRST_SIDES]


def _checked(shape: tuple[int, ...]) -> tuple[int, ...]:
    if prod(shape) > MOST_LATENT_NUMBERS:
        raise GraphError(f"its latents have {prod(shape):,} numbers, more than the limit of {MOST_LATENT_NUMBERS:,}.")
    return shape


def _shown(sizes: list[int] | list[int | None]) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in sizes)})"


def _grafted(
    writer: GraphWriter, model: ModelProto, source: str, latent: str, shape: tuple[int, ...], output: str
) -> str:
    given = latent if len(shape) == 1 else writer.reshape(latent, shape)
    return writer.graft(model, {source: given}, [output])[0]


def _run(model: ModelProto, source: str, latent_shape: tuple[int, ...]) -> tuple[str, Floats]:
    draws = np.random.default_rng(0).standard_normal((SEVERAL, prod(latent_shape))).astype(np.float32)
    results: dict[str, Floats] = {}
    for output in float_outputs(model):
        writer = GraphWriter()
        latent = writer.input("latent", [prod(latent_shape)])
        image = _grafted(writer, model, source, latent, latent_shape, output)
        results[output] = run_alone_and_together(writer.sketch(image), draws)["found"]
    if not results:
        raise GraphError("it gives no decimal numbers.")
    fitting = [name for name, values in results.items() if _frames(values.shape[1:])] or list(results)
    return fitting[0], results[fitting[0]]


def _frames(shape: tuple[int, ...]) -> list[Frame]:
    """How an image of this shape, without the batch, can be one of ours."""
    found = []
    if len(shape) == 3:
        if shape[0] in (1, 3) and shape[1] == shape[2]:
            found.append(Frame(shape[0], shape[1], "NCHW"))
        if shape[2] in (1, 3) and shape[0] == shape[1]:
            found.append(Frame(shape[2], shape[0], "NHWC"))
    if len(shape) == 2 and shape[0] == shape[1]:
        found.append(Frame(1, shape[0], "flat"))
    if len(shape) == 1:
        for channels in (1, 3):
            side = isqrt(shape[0] // channels)
            if side * side * channels == shape[0]:
                found.append(Frame(channels, side, "flat"))
    return [frame for frame in found if SMALLEST_IMAGE <= frame.size <= LARGEST_IMAGE]


def _frame(shape: tuple[int, ...], said: Description) -> tuple[Frame, tuple[Question, ...]]:
    """The one that fits what is said, and whether a flat image's colours are known to come first."""
    frames = [
        frame
        for frame in _frames(shape)
        if said.channels in (None, frame.channels)
        and said.image_size in (None, frame.size)
        and (frame.order == "flat" or said.layout in (None, frame.order) or frame.channels == 1)
    ]
    if not frames:
        raise GraphError(_no_image(shape, said))
    frame = frames[0]
    if frame.order != "flat" or frame.channels == 1:
        return frame, ()
    asked = () if said.layout is not None else (_layout_question(),)
    return Frame(frame.channels, frame.size, "flat", said.layout or "NCHW"), asked


def _no_image(shape: tuple[int, ...], said: Description) -> str:
    told = [
        f"{name} {value}" for name in ("image_size", "channels", "layout") if (value := getattr(said, name)) is not None
    ]
    text = (
        f"it gives {' × '.join(map(str, shape)) or 'one number'} for a latent, which is no square grey or colour image"
    )
    text += f" of {SMALLEST_IMAGE} to {LARGEST_IMAGE} px"
    return f"{text} with {', '.join(told)}." if told else f"{text}."


def _layout_question() -> Question:
    return Question(
        field="layout",
        words="In which order does a flat image have its colours?",
        options=(
            Option(value="NCHW", words="first all of the red, then the green, then the blue"),
            Option(value="NHWC", words="pixel by pixel, each with its red, green and blue"),
        ),
        guess="NCHW",
    )


def _last_operator(model: ModelProto, output: str) -> str:
    """What makes the output, behind what only moves numbers."""
    makers = {name: node for node in model.graph.node for name in node.output}
    for _ in range(len(makers)):
        node = makers.get(output)
        if node is None or node.op_type not in ("Identity", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze"):
            return "" if node is None else node.op_type
        output = node.input[0]
    return ""


def _pixels(last: str, raw: Floats, said: Description) -> tuple[Pixels, tuple[Question, ...]]:
    """What the numbers mean, by what is said or by the last operator; else what they look like, and a question."""
    if said.answers("pixels"):
        return said.pixels or "unit", ()
    if last in ("Sigmoid", "HardSigmoid"):
        return "unit", ()
    if last == "Tanh":
        return "signed", ()
    guess = _likely_pixels(float(raw.min()), float(raw.max()))
    return guess, (PIXELS_QUESTION.model_copy(update={"guess": guess}),)


def _likely_pixels(low: float, high: float) -> Pixels:
    """By the least and the greatest number: logits are as often negative, and seldom above `LARGEST_LOGIT`."""
    if low >= -NEAR and high <= 1 + NEAR:
        return "unit"
    if max(-low, high) <= 1 + NEAR:
        return "signed"
    return "bytes" if low >= -255 * NEAR and LARGEST_LOGIT < high <= 255 * (1 + NEAR) else "logits"


def _in_unit(writer: GraphWriter, image: str, pixels: Pixels, said: Description, channels: int) -> str:
    """Grey values from 0 to 1 of what the network gives."""
    if pixels == "logits":
        return writer.node("Sigmoid", image)
    scale, shift = scale_and_shift(pixels, said, channels)
    if (scale != 1).any() or (shift != 0).any():
        factor, offset = (1 / scale).reshape(-1, 1, 1), (-shift / scale).reshape(-1, 1, 1)
        image = writer.node("Add", writer.node("Mul", image, writer.constant(factor)), writer.constant(offset))
    return writer.node("Clip", image, writer.constant(0.0), writer.constant(1.0))


def scale_and_shift(pixels: Pixels, said: Description, channels: int) -> tuple[Floats, Floats]:
    """What the networks see of an image in [0, 1] is image · scale + shift; one number, or one for each channel.

    Raises:
        GraphError: what is said has as many numbers as no image has colours.
    """
    if said.scale is None and said.shift is None:
        usual = RANGES.get(pixels, RANGES["unit"])
        return np.array([usual[0]], np.float32), np.array([usual[1]], np.float32)
    both = np.array(said.scale or (1.0,), np.float32), np.array(said.shift or (0.0,), np.float32)
    if any(len(numbers) not in (1, channels) for numbers in both) or (both[0] == 0).any():
        raise GraphError(f"its scale and shift are one number or {channels}, and no scale is 0.")
    return both
