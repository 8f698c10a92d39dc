"""State dictionaries of known repositories: recognised, and the same images and posteriors as the original's own."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tests.made_models import BurgessVAE, ExampleVAE, VanillaVAE, settled
from vae_core.checkpoint.graph_files import imported_model
from vae_core.config import ModelConfig
from vae_core.imports.description import Description, Found
from vae_core.imports.recognition import examine
from vae_core.model.imported import ImportedVAE


def model_of(found: Found, work: Path) -> ImportedVAE:
    config = ModelConfig.parse(
        {
            "network": "imported",
            "latent_dim": found.latent_numbers,
            "image_size": found.image_size,
            "channels": found.channels,
            "likelihood": found.likelihood,
            "variance": found.variance,
        }
    )
    encoder = None if found.encoder == "none" else (work / "encoder.onnx").read_bytes()
    decoder = (work / "decoder.onnx").read_bytes()
    return imported_model(Path("made"), config, decoder, encoder, found.differentiable, found.encoder_in_torch)


@torch.no_grad()
def assert_same(model: ImportedVAE, original: Any, image: tuple[int, int, int], signed: bool = False) -> None:
    """Decoded images within 2/255, posteriors within 1e-3."""
    z = torch.randn(5, model.config.latent_dim, generator=torch.Generator().manual_seed(3))
    x = torch.rand(5, *image, generator=torch.Generator().manual_seed(4))
    expected = original.decode(z).reshape(5, *image)
    expected = (expected + 1) / 2 if signed else expected.clamp(0, 1)
    assert (model.decode(z) - expected).abs().max() <= 2 / 255
    mean, log_variance = original.encode(2 * x - 1 if signed else x)
    posterior = model.posterior(x)
    torch.testing.assert_close(posterior.mean, mean, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(posterior.log_variance, log_variance, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt", ".safetensors"])
def test_the_example_of_pytorch(tmp_path: Path, suffix: str) -> None:
    original = settled(ExampleVAE())
    path = tmp_path / f"vae{suffix}"
    if suffix == ".safetensors":
        save_file(original.state_dict(), path)
    elif suffix == ".ckpt":
        torch.save({"epoch": 3, "state_dict": {f"model.{k}": v for k, v in original.state_dict().items()}}, path)
    else:
        torch.save(original.state_dict(), path)
    found = examine(path, Description(), tmp_path / "work")
    assert found.way == "pytorch/examples' VAE"
    assert (found.latent_shape, found.image_size, found.channels) == ((20,), 28, 1)
    assert found.questions == ()
    assert found.likelihood == "unknown"
    assert_same(model_of(found, tmp_path / "work"), original, (1, 28, 28))


@pytest.mark.parametrize("signed", [False, True])
def test_pytorch_vae(tmp_path: Path, signed: bool) -> None:
    original = settled(VanillaVAE())
    torch.save({"state_dict": {f"model.{k}": v for k, v in original.state_dict().items()}}, tmp_path / "last.ckpt")
    asked = examine(tmp_path / "last.ckpt", Description(), tmp_path / "first")
    assert [question.field for question in asked.questions] == ["pixels"]
    said = Description(pixels="signed" if signed else "unit")
    found = examine(tmp_path / "last.ckpt", said, tmp_path / "work")
    assert found.way == "PyTorch-VAE"
    assert (found.latent_shape, found.image_size, found.channels) == ((8,), 64, 3)
    assert found.questions == ()
    assert_same(model_of(found, tmp_path / "work"), original, (3, 64, 64), signed)


@pytest.mark.parametrize(("side", "channels"), [(64, 3), (32, 1)])
def test_disentangling_vae(tmp_path: Path, side: int, channels: int) -> None:
    original = settled(BurgessVAE(channels, side))
    torch.save(original.state_dict(), tmp_path / "model.pt")
    specs = {"img_size": [channels, side, side], "latent_dim": 10, "model_type": "Burgess", "rec_dist": "gaussian"}
    (tmp_path / "specs.json").write_text(json.dumps(specs))
    found = examine(tmp_path, Description(), tmp_path / "work")
    assert found.way == "disentangling-vae"
    assert (found.latent_shape, found.image_size, found.channels) == ((10,), side, channels)
    assert found.likelihood == "gaussian"
    assert found.variance == pytest.approx(1 / 510)
    assert_same(model_of(found, tmp_path / "work"), original, (channels, side, side))


def test_decoded_images_have_gradients(tmp_path: Path) -> None:
    original: nn.Module = settled(BurgessVAE(1, 32))
    torch.save(original.state_dict(), tmp_path / "model.pt")
    model = model_of(examine(tmp_path / "model.pt", Description(), tmp_path / "work"), tmp_path / "work")
    z = torch.randn(2, 10, requires_grad=True)
    (slope,) = torch.autograd.grad(model.decode(z).sum(), z)
    (expected,) = torch.autograd.grad(original.decode(z).sum(), z)  # type: ignore[operator]
    torch.testing.assert_close(slope, expected, atol=1e-4, rtol=1e-3)
