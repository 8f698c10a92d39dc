"""ONNX graphs against the torch modules they come from."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from vae_core.config import ModelConfig
from vae_core.errors import UserError
from vae_core.explorer_files.graphs import export_onnx, plane_graph, position_graph, to_onnx
from vae_core.model.vae import VAE
from vae_core.projection.projection import Projection, project


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
    decoder, encoder = export_onnx(model, tmp_path)
    assert capfd.readouterr() == ("", "")
    for batch in (1, 5):
        latent, image = (
            random(batch, 3),
            random(batch, config.channels, config.image_size, config.image_size).sigmoid(),
        )
        with torch.inference_mode():
            expected, posterior = model.decode(latent), model.posterior(image)
        decoded = run(decoder.read_bytes(), latent)
        assert list(decoded) == ["image"]
        np.testing.assert_allclose(decoded["image"], expected, atol=1e-4)
        encoded = run(encoder.read_bytes(), image)
        assert list(encoded) == ["mean", "log_variance"]
        np.testing.assert_allclose(encoded["mean"], posterior.mean, atol=1e-4)
        np.testing.assert_allclose(encoded["log_variance"], posterior.log_variance, atol=1e-4)


@pytest.fixture(scope="module")
def interpolated() -> Projection:
    return Projection("umap", random(2000, 8), random(2000, 2, seed=1), None, None)


@pytest.fixture(scope="module")
def plane(interpolated: Projection) -> bytes:
    return plane_graph(interpolated)


@pytest.fixture(scope="module")
def position(interpolated: Projection) -> bytes:
    return position_graph(interpolated)


@pytest.mark.parametrize("batch", [1, 9, 225])
def test_the_interpolated_way_back_agrees_with_torch(interpolated: Projection, plane: bytes, batch: int) -> None:
    query = 2 * random(batch, 2, seed=5)
    found = run(plane, query)
    latent, distance = interpolated.plane_to_latent()(query)
    assert list(found) == ["latent", "distance"]
    np.testing.assert_allclose(found["latent"], latent, atol=1e-5)
    np.testing.assert_allclose(found["distance"], distance, atol=1e-5)
    assert found["distance"].shape == (batch,)


@pytest.mark.parametrize("count", [1, 5, 300])
def test_duplicates_have_a_way_there_and_back(count: int) -> None:
    """The exporter leaves out the addition of a tiny number, which torch itself would do."""
    projection = Projection("umap", torch.full((count, 3), 0.25), torch.full((count, 2), 0.5), None, None)
    found = run(plane_graph(projection), torch.tensor([[0.5, 0.5], [3.0, 4.0]]))
    np.testing.assert_allclose(found["latent"], 0.25, atol=1e-6)
    np.testing.assert_allclose(found["distance"], [0, np.hypot(2.5, 3.5)], rtol=1e-6)
    positions = run(position_graph(projection), torch.full((1, 3), 0.25))["position"]
    np.testing.assert_allclose(positions, 0.5, atol=1e-6)


def test_the_interpolated_way_to_the_map_agrees_with_torch(interpolated: Projection, position: bytes) -> None:
    query = random(9, 8, seed=5)
    found = run(position, query)
    assert list(found) == ["position"]
    np.testing.assert_allclose(found["position"], interpolated.latent_to_plane()(query), atol=1e-5)


def test_latents_stay_half_precision_in_the_graphs(plane: bytes, position: bytes) -> None:
    points_and_latents = 2000 * (2 * 4 + 8 * 2)
    assert len(plane) < points_and_latents + 8_000
    assert len(position) < points_and_latents + 8_000


@pytest.mark.parametrize(("method", "dimensions"), [("pca", 5), ("axes", 1)])
def test_linear_ways_agree_with_torch(method: str, dimensions: int) -> None:
    projection = project(random(100, dimensions), method)  # type: ignore[arg-type]
    query = random(4, 2, seed=2)
    found = run(plane_graph(projection), query)
    np.testing.assert_allclose(found["latent"], projection.plane_to_latent()(query)[0], atol=1e-5)
    assert found["distance"].shape == (4,)
    assert not found["distance"].any()
    latents = random(4, dimensions, seed=3)
    positions = run(position_graph(projection), latents)["position"]
    np.testing.assert_allclose(positions, projection.latent_to_plane()(latents), atol=1e-5)


def test_graphs_are_single_files_of_a_recent_opset(plane: bytes) -> None:
    graph = onnx.load_from_string(plane)
    assert next(entry.version for entry in graph.opset_import if not entry.domain) >= 17
    assert not any(initializer.external_data for initializer in graph.graph.initializer)


def test_graphs_tell_nothing_of_the_machine_they_were_made_on(plane: bytes, position: bytes) -> None:
    assert b"vae_core" not in plane + position


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
