"""A model's decoder and encoder as ONNX graphs.

Every graph takes, computes and gives float32 and is one file, with a dynamic first axis named "batch".
"""

import copy
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from vae_core.errors import UserError
from vae_core.explorer_files.pair_description import PAIR_DECODER, PAIR_ENCODER, PAIR_FILE, describe_pair
from vae_core.files import write_bytes, write_json
from vae_core.model.imported import ImportedVAE, has_encoder, has_gradients, tells_variance
from vae_core.model.posteriors import FullGaussian
from vae_core.model.vae import VAE

OPSET = 18
HALVED_FROM = 512  # numbers in a tensor: smaller ones weigh little, and their rounding is seen first
UNSEEN = 0.5 / 255  # half a grey level


class _Decoder(nn.Module):
    """latent (B, D) → image (B, C, H, W) in [0, 1], and of a linear network the mean that this shows."""

    def __init__(self, model: VAE) -> None:
        super().__init__()
        self.model = model

    def forward(self, latent: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        if self.model.config.network != "linear":
            return self.model.decode(latent)
        mean = self.model.mean_image(latent)
        return mean.clamp(0, 1), mean


class _Encoder(nn.Module):
    """image (B, C, H, W) → mean (B, D), the marginals' log variance (B, D) and of a full covariance its Cholesky factor
    (B, D, D).
    """

    def __init__(self, model: VAE) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        posterior = self.model.posterior(image)
        marginals = posterior.mean, posterior.log_variance
        return (*marginals, posterior.cholesky) if isinstance(posterior, FullGaussian) else marginals


def decoder_graph(model: VAE) -> bytes:
    """`latent` (batch, D) → `image` (batch, C, H, W) in [0, 1].

    Of a linear network there is also `mean` (batch, C, H, W), by which images are judged, and which may leave [0, 1].
    """
    if isinstance(model, ImportedVAE):
        return model.decoder_file
    outputs = ["image", *(["mean"] if model.config.network == "linear" else [])]
    return to_onnx(_Decoder(model), {"latent": torch.zeros(2, model.config.latent_dim)}, outputs)


def compact_decoder_graph(model: VAE, latents: Tensor) -> bytes:
    """`decoder_graph` with weights in half precision where that changes no image of `latents` visibly."""
    graph = decoder_graph(model)
    if not has_gradients(model):
        return graph  # whose weights cannot be rounded for a look
    return with_half_weights(graph) if _keeps_its_images(model, latents) else graph


def with_half_weights(graph: bytes) -> bytes:
    """A graph whose large float32 weights are stored as float16 and cast back before they are used.

    Whatever runs ONNX takes it; a runtime that folds constants computes as before.
    """
    model = onnx.load_from_string(graph)
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < HALVED_FROM:
            continue
        name = tensor.name
        half = f"{name}.half"
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), half))
        casts.append(helper.make_node("Cast", [half], [name], name=f"{name}.cast", to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


@torch.inference_mode()
def _keeps_its_images(model: VAE, latents: Tensor) -> bool:
    rounded = copy.deepcopy(model)
    for weights in rounded.parameters():
        if weights.numel() >= HALVED_FROM:
            weights.copy_(weights.half().float())
    latents = latents.to(next(model.parameters()).device)
    return bool((rounded.decode(latents) - model.decode(latents)).abs().max() <= UNSEEN)  # false where one is NaN


def encoder_graph(model: VAE) -> bytes:
    """`image` (batch, C, H, W) in [0, 1] → `mean` (batch, D), `log_variance` (batch, D), that of the marginals.

    Of a full covariance there is also `cholesky` (batch, D, D), its lower-triangular factor.

    Raises:
        UserError: the model was imported without an encoder.
    """
    if isinstance(model, ImportedVAE):
        if model.encoder_file is None:
            raise UserError("This model was imported without an encoder.")
        return model.encoder_file
    size = model.config.image_size
    example = torch.full((2, model.config.channels, size, size), 0.5)
    outputs = ["mean", "log_variance", *(["cholesky"] if model.config.posterior == "full" else [])]
    return to_onnx(_Encoder(model), {"image": example}, outputs)


def export_onnx(model: VAE, directory: str | Path, class_names: tuple[str, ...] = ()) -> list[Path]:
    """Write `decoder.onnx`, `encoder.onnx` where there is one, and `model.json`, which says what they leave open.

    Each is written whole or not at all.

    Raises:
        UserError: the directory can't be written.
    """
    folder = Path(directory)
    graphs = {PAIR_DECODER: decoder_graph(model)}
    if has_encoder(model):
        graphs[PAIR_ENCODER] = encoder_graph(model)
    try:
        for name, content in graphs.items():
            write_bytes(folder / name, content)
        described = describe_pair(model.config, model.head.variance, class_names, tells_variance=tells_variance(model))
        write_json(folder / PAIR_FILE, described)
    except OSError as error:
        raise UserError(f"{folder}: the ONNX files cannot be written ({error.strerror}).") from None
    return [folder / name for name in (*graphs, PAIR_FILE)]


def to_onnx(module: nn.Module, inputs: dict[str, Tensor], outputs: list[str]) -> bytes:
    """Export a module called with named inputs, all of which share their first axis, and check the graph."""
    device = next((tensor.device for tensor in module.parameters()), torch.device("cpu"))
    was_training = module.training
    try:
        with _quiet_exporter(), torch.no_grad():
            program = torch.onnx.export(
                module.eval(),
                kwargs={name: tensor.to(device) for name, tensor in inputs.items()},
                input_names=list(inputs),
                output_names=outputs,
                opset_version=OPSET,
                dynamic_shapes={name: {0: torch.export.Dim("batch")} for name in inputs},
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    finally:
        module.train(was_training)
    assert program is not None  # the dynamo exporter returns its program; only the old one returns None
    graph = program.model_proto
    axes = [value.type.tensor_type.shape.dim[0].dim_param for value in [*graph.graph.input, *graph.graph.output]]
    if set(axes) != {"batch"}:
        raise RuntimeError(f"the exporter fixed the batch size of {type(module).__name__}: first axes {axes}")
    _strip(graph)
    onnx.checker.check_model(graph, full_check=True)
    return bytes(graph.SerializeToString(deterministic=True))


def _strip(graph: onnx.ModelProto) -> None:
    """Drop what the exporter notes for debugging: as much as a small graph, and with this machine's paths."""
    main = graph.graph
    for entry in (graph, main, *main.node, *main.input, *main.output, *main.initializer):
        entry.ClearField("doc_string")
        entry.ClearField("metadata_props")
    main.ClearField("value_info")


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Keep the exporter's remarks about itself off the screen; its errors are exceptions and stay."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
