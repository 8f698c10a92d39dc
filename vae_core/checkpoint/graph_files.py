"""An imported model's graphs in its checkpoint: kept beside the settings, and checked whenever they are read."""

from pathlib import Path

import onnx

from vae_core.checkpoint.layout import DECODER_FILE, ENCODER_FILE, CheckpointSummary
from vae_core.config import ModelConfig
from vae_core.errors import CheckpointError, GraphError
from vae_core.files import read_small, write_bytes
from vae_core.model.imported import ImportedVAE
from vae_core.onnx_graphs.opening import LARGEST_GRAPH, open_graph

Ends = list[tuple[str, list[int]]]


def write_graphs(folder: Path, decoder: bytes, encoder: bytes | None) -> None:
    """Keep graphs in a checkpoint folder, each whole or not at all."""
    write_bytes(folder / DECODER_FILE, decoder)
    if encoder is not None:
        write_bytes(folder / ENCODER_FILE, encoder)


def read_graphs(summary: CheckpointSummary) -> ImportedVAE:
    """The model of a checkpoint that was imported.

    Raises:
        CheckpointError: a graph is missing, dangerous, damaged, or not of the shape that the settings say.
    """
    config = summary.model
    latent, image = [config.latent_dim], [config.channels, config.image_size, config.image_size]
    decoder = _read(summary.path / DECODER_FILE, [("latent", latent)], [("image", image)])
    encoder = None
    if summary.origin is not None and summary.origin.encoder != "none":
        encoder = _read(summary.path / ENCODER_FILE, [("image", image)], [("mean", latent), ("log_variance", latent)])
    differentiable = summary.origin is None or summary.origin.differentiable
    in_torch = None if summary.origin is None else summary.origin.encoder_in_torch
    encoder_in_torch = differentiable if in_torch is None else in_torch
    encodes_variance = summary.origin is None or summary.origin.encoder == "mean and variance"
    return imported_model(summary.path, config, decoder, encoder, differentiable, encoder_in_torch, encodes_variance)


def imported_model(
    name: Path,
    config: ModelConfig,
    decoder: bytes,
    encoder: bytes | None,
    differentiable: bool = True,
    encoder_in_torch: bool = True,
    encodes_variance: bool = True,
) -> ImportedVAE:
    """Raises CheckpointError, under this name, where nothing here runs a graph."""
    try:
        return ImportedVAE(config, decoder, encoder, differentiable, encoder_in_torch, encodes_variance)
    except GraphError as error:
        raise CheckpointError(f"{name}: {error}") from None


def _read(path: Path, inputs: Ends, outputs: Ends) -> bytes:
    try:
        content = read_small(path, LARGEST_GRAPH)
        model = open_graph(content)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror}); import the model again.") from None
    except GraphError as error:
        raise CheckpointError(f"{path}: {error}") from None
    for found, expected in ((model.graph.input, inputs), (model.graph.output, outputs)):
        shapes = [(value.name, _sizes(value)) for value in found]
        if shapes != expected:
            raise CheckpointError(f"{path}: takes or gives {shapes}, but the config asks for {expected}.")
    return content


def _sizes(value: onnx.ValueInfoProto) -> list[int]:
    """All but the first, that of the batch."""
    return [dim.dim_value for dim in value.type.tensor_type.shape.dim[1:]]
