"""From a draft to what is kept: both graphs written anew, and held against each other where two ways run them."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import ModelProto

from vae_core.checkpoint.layout import DECODER_FILE, ENCODER_FILE
from vae_core.config import WITH_VARIANCE
from vae_core.data.files.intake import MIB
from vae_core.errors import GraphError, ImportingError, shortened
from vae_core.files import write_bytes
from vae_core.imports.decoder_side import DecoderSide, settle_decoder
from vae_core.imports.description import Description, Found, answered
from vae_core.imports.draft import Draft, GraphFile
from vae_core.imports.encoder_side import EncoderSide, settle_encoder
from vae_core.imports.first_run import Floats
from vae_core.onnx_graphs.module import TorchGraph, unsupported
from vae_core.onnx_graphs.opening import open_graph
from vae_core.onnx_graphs.runtime import open_session

LARGEST_SHOWN = 64 * MIB  # of a decoder that is written for every possible answer
TRIED = 3  # latents or images on which torch and onnxruntime are compared
AGREEMENT = 2e-3  # of the largest number: by how much torch and onnxruntime may differ


def settle(draft: Draft, said: Description, work: Path) -> Found:
    """What a draft is, by what a person says before what its own files say; its graphs are written into `work`.

    They are written once more for each answer to each open question, see `answered`, so that people see what it means.

    Raises:
        ImportingError: a graph cannot be taken; the message names its file.
    """
    found = _settle(draft, said, work)
    if len(draft.decoder.content) <= LARGEST_SHOWN:
        for question in found.questions:
            for option in question.options:
                answer = Description.model_validate({question.field: option.value})
                _settle(draft, answer.over(said), answered(work, question.field, option.value))
    return found


def _settle(draft: Draft, said: Description, work: Path) -> Found:
    description = said.over(draft.description)
    decoder, model = _decoder(draft.decoder, description)
    encoder = None if draft.encoder is None else _encoder(draft.encoder, decoder, description)
    write_bytes(work / DECODER_FILE, decoder.content)
    if encoder is not None:
        write_bytes(work / ENCODER_FILE, encoder.content)
    source = np.random.default_rng(1)
    reason = _not_in_torch(decoder.content, source.standard_normal((TRIED, len_of(decoder))).astype(np.float32))
    encoder_reason = None
    if encoder is not None:
        images = source.uniform(size=(TRIED, *decoder.frame.shape)).astype(np.float32)
        encoder_reason = _not_in_torch(encoder.content, images)
    notes = [*draft.notes, *_notes(model, decoder, encoder, reason, encoder_reason)]
    likelihood, variance = description.likelihood or "unknown", description.variance
    if encoder is None or encoder.tells == "mean":
        likelihood, variance = "unknown", None  # which no figure could be told with
    if likelihood in WITH_VARIANCE and variance is None:
        notes.append(
            f"The variance of its {likelihood.capitalize()} likelihood is not known, so that there are no figures in "
            "nats."
        )
        likelihood = "unknown"
    return Found(
        way=draft.way,
        title=draft.title,
        latent_shape=decoder.latent_shape,
        image_size=decoder.frame.size,
        channels=decoder.frame.channels,
        encoder="none" if encoder is None else encoder.tells,
        likelihood=likelihood,
        variance=variance if likelihood in WITH_VARIANCE else None,
        differentiable=reason is None,
        encoder_in_torch=encoder_reason is None,
        class_names=description.class_names or (),
        questions=(
            *(question for question in draft.questions if not said.answers(question.field)),
            *decoder.questions,
            *(() if encoder is None else encoder.questions),
        ),
        notes=tuple(notes),
    )


def len_of(decoder: DecoderSide) -> int:
    """How many numbers its latents have."""
    return int(np.prod(decoder.latent_shape))


def _decoder(file: GraphFile, said: Description) -> tuple[DecoderSide, ModelProto]:
    try:
        model = open_graph(file.content)
        return settle_decoder(model, said), model
    except GraphError as error:
        raise ImportingError(f"{shortened(file.name)}: {error}") from None


def _encoder(file: GraphFile, decoder: DecoderSide, said: Description) -> EncoderSide:
    try:
        return settle_encoder(open_graph(file.content), decoder, said)
    except GraphError as error:
        raise ImportingError(f"{shortened(file.name)}: {error}") from None


def _notes(
    model: ModelProto,
    decoder: DecoderSide,
    encoder: EncoderSide | None,
    reason: str | None,
    encoder_reason: str | None,
) -> list[str]:
    notes = []
    if encoder is None:
        notes.append("It has no encoder: own images cannot be placed.")
    elif encoder.tells == "mean":
        notes.append(
            "Its encoder tells no variance: 0.0001 is taken for every dimension, so that its KL is of no meaning."
        )
    if reason is not None:
        notes.append(f"It is run by onnxruntime, without gradients ({reason}): no shortest ways can be found.")
    if encoder_reason is not None:
        notes.append(f"Its encoder is run by onnxruntime ({encoder_reason}).")
    if model.producer_name:
        notes.append(f"Its graph was written by {shortened(model.producer_name)}.")
    if len(decoder.latent_shape) > 1:
        notes.append(f"Its latents have the shape {' × '.join(map(str, decoder.latent_shape))}.")
    return notes


@torch.inference_mode()
def _not_in_torch(content: bytes, inputs: Floats) -> str | None:
    """Why torch cannot run a graph of ours as onnxruntime does; None where it can."""
    model = onnx.load_from_string(content)
    operator = unsupported(model)
    if operator is not None:
        return f"operator {operator}"
    session = open_session(content)
    names = [output.name for output in session.get_outputs()]
    expected = dict(zip(names, session.run(names, {session.get_inputs()[0].name: inputs}), strict=True))
    try:
        found = {name: value.numpy() for name, value in TorchGraph(model)(torch.from_numpy(inputs)).items()}
    except Exception as error:  # an operator in a way that is not written here: onnxruntime is the judge
        return shortened(str(error) or type(error).__name__)
    for name, values in expected.items():
        within = AGREEMENT * max(1.0, float(np.abs(values).max()))
        if found[name].shape != values.shape or float(np.abs(found[name] - values).max()) > within:
            return "torch and onnxruntime differ"
    return None
