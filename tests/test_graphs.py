"""ONNX graphs against the torch modules they come from."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto
from torch import Tensor, nn

from vae_core.config import ModelConfig
from vae_core.errors import UserError
from vae_core.explorer_files.graphs import (
    HALVED_FROM,
    UNSEEN,
    compact_decoder_graph,
    decoder_graph,
    export_onnx,
    to_onnx,
    with_half_weights,
)
from vae_core.imports.description import Description
from vae_core.model.posteriors import FullGaussian
from vae_core.model.vae import VAE


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def run(graph: bytes, values: Tensor) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(graph)
    (taken,) = session.get_inputs()
    assert taken.shape[0] == "batch"
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {taken.name: values.numpy()}), strict=True))


def build(config: ModelConfig) -> VAE:
    torch.manual_seed(0)
    model = VAE(config)
    with torch.no_grad():
        for parameter in model.parameters():  # so that no gain or bias is left at its neutral start
            parameter.add_(0.05 * random(*parameter.shape, seed=1))
    return model.eval()


def check_outputs(graph: Path, values: Tensor, expected: dict[str, Tensor]) -> None:
    """It gives these and no others, in this order."""
    found = run(graph.read_bytes(), values)
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        np.testing.assert_allclose(found[name], tensor, atol=1e-4)


def check_description(described: dict[str, Any], model: VAE) -> None:
    """Imports understand it, and what it says is so."""
    said, config = Description.parse(described), model.config
    assert said.latent_shape == (config.latent_dim,)
    assert (said.image_size, said.channels, said.pixels) == (config.image_size, config.channels, "unit")
    tells = config.network != "linear" and config.likelihood != "continuous-bernoulli"
    assert (said.likelihood, said.variance) == (config.likelihood if tells else "unknown", model.head.variance)


@pytest.mark.parametrize(
    "config",
    [
        ModelConfig(network="linear", latent_dim=3, image_size=8, likelihood="gaussian"),
        ModelConfig(network="mlp", latent_dim=3, image_size=8, posterior="full", hidden_units=32),
        ModelConfig(network="conv", latent_dim=3, image_size=28, likelihood="bernoulli", width=4),
        ModelConfig(network="conv", latent_dim=3, image_size=8, channels=3, likelihood="continuous-bernoulli"),
    ],
    ids=lambda config: f"{config.network}-{config.posterior}-{config.likelihood}",
)
def test_decoder_and_encoder_agree_with_torch(
    config: ModelConfig, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = build(config)
    decoder, encoder, described = export_onnx(model, tmp_path)
    assert capfd.readouterr() == ("", "")
    check_description(json.loads(described.read_text()), model)
    for batch in (1, 5):
        latent, image = (
            random(batch, 3),
            random(batch, config.channels, config.image_size, config.image_size).sigmoid(),
        )
        with torch.inference_mode():
            shown, mean, posterior = model.decode(latent), model.mean_image(latent), model.posterior(image)
        linear = {"mean": mean} if config.network == "linear" else {}
        full = {"cholesky": posterior.cholesky} if isinstance(posterior, FullGaussian) else {}
        check_outputs(decoder, latent, {"image": shown} | linear)
        check_outputs(encoder, image, {"mean": posterior.mean, "log_variance": posterior.log_variance} | full)


def test_a_compact_decoder_is_half_as_large_and_makes_the_same_images(tmp_path: Path) -> None:
    model = build(ModelConfig(network="conv", latent_dim=8, image_size=28, width=16))
    latents = random(200, 8)
    whole, compact = decoder_graph(model), compact_decoder_graph(model, latents[:100])
    assert len(compact) < 0.6 * len(whole)
    with torch.inference_mode():
        expected = model.decode(latents)
    np.testing.assert_allclose(run(compact, latents)["image"], expected, atol=2 * UNSEEN)
    assert export_onnx(model, tmp_path)[0].read_bytes() == whole  # what people are given stays as it is


@pytest.mark.parametrize("value", [1e5, torch.nan])
def test_a_decoder_whose_images_would_change_keeps_its_weights(value: float) -> None:
    model = build(ModelConfig(network="mlp", latent_dim=8, image_size=8, hidden_units=64))
    with torch.no_grad():
        next(weights for weights in model.decoder.parameters() if weights.numel() >= HALVED_FROM)[0, 0] = value
    assert compact_decoder_graph(model, random(20, 8)) == decoder_graph(model)


def test_small_weights_and_whole_numbers_stay_as_they_are() -> None:
    model = build(ModelConfig(network="conv", latent_dim=3, image_size=28, width=4))
    graph = decoder_graph(model)
    before, changed = (onnx.load_from_string(each).graph.initializer for each in (graph, with_half_weights(graph)))
    after = {tensor.name: tensor for tensor in changed}
    kept = [tensor for tensor in before if tensor.name in after]
    assert {tensor.data_type for tensor in kept} == {TensorProto.FLOAT, TensorProto.INT64}
    assert all(after[tensor.name] == tensor for tensor in kept)
    assert {tensor.data_type for name, tensor in after.items() if name.endswith(".half")} == {TensorProto.FLOAT16}


@pytest.fixture(scope="module")
def decoder() -> bytes:
    return decoder_graph(build(ModelConfig(network="linear", latent_dim=2, image_size=4)))


def test_graphs_are_single_files_of_a_recent_opset(decoder: bytes) -> None:
    graph = onnx.load_from_string(decoder)
    assert next(entry.version for entry in graph.opset_import if not entry.domain) >= 17
    assert not any(initializer.external_data for initializer in graph.graph.initializer)


def test_graphs_tell_nothing_of_the_machine_they_were_made_on(decoder: bytes) -> None:
    assert b"vae_core" not in decoder


def test_a_graph_whose_batch_size_became_fixed_is_refused() -> None:
    class Fixed(nn.Module):
        def forward(self, latent: Tensor) -> Tensor:
            return latent + torch.zeros(len(latent), 1)

    with pytest.raises(RuntimeError, match="fixed the batch size of Fixed"):
        to_onnx(Fixed(), {"latent": torch.zeros(2, 3)}, ["image"])


def test_an_unwritable_directory_is_a_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    model = build(ModelConfig(network="linear", latent_dim=2, image_size=4))
    with pytest.raises(UserError, match="cannot be written"):
        export_onnx(model, tmp_path / "file")
