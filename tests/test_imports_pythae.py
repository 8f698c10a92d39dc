"""Folders that pythae's own code saved: the same images as its own decode."""

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.test_imports_weights import model_of
from vae_core.errors import ImportingError
from vae_core.imports.description import Description
from vae_core.imports.recognition import examine

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pythae import models as pythae
    from pythae.models.nn.benchmarks import celeba, cifar, mnist

# Encoder, decoder, and where they are; the convolutional encoders are the same everywhere, and very wide.
SHIPPED = {
    "Conv_MNIST": ("Conv", "Conv", mnist, (1, 28, 28)),
    "ResNet_MNIST": ("ResNet", "ResNet", mnist, (1, 28, 28)),
    "Conv_CIFAR": ("ResNet", "Conv", cifar, (3, 32, 32)),
    "ResNet_CIFAR": ("ResNet", "ResNet", cifar, (3, 32, 32)),
    "Conv_CELEBA": ("ResNet", "Conv", celeba, (3, 64, 64)),
    "ResNet_CELEBA": ("ResNet", "ResNet", celeba, (3, 64, 64)),
}


@torch.no_grad()
def check(original: Any, folder: Path, work: Path, image: tuple[int, int, int]) -> str:
    found = examine(folder, Description(), work)
    assert found.way == "pythae"
    model = model_of(found, work)
    z = torch.randn(3, found.latent_numbers, generator=torch.Generator().manual_seed(3))
    x = torch.rand(3, *image, generator=torch.Generator().manual_seed(4))
    assert (model.decode(z) - original.decoder(z)["reconstruction"].reshape(3, *image)).abs().max() <= 2 / 255
    encoded = original.encoder(x)
    torch.testing.assert_close(model.posterior(x).mean, encoded["embedding"], atol=1e-3, rtol=1e-3)
    if "log_covariance" in encoded:
        torch.testing.assert_close(model.posterior(x).log_variance, encoded["log_covariance"], atol=1e-3, rtol=1e-3)
    return " ".join([found.likelihood, found.encoder, *found.notes])


@pytest.mark.parametrize(("loss", "likelihood"), [("mse", "gaussian"), ("bce", "bernoulli")])
def test_the_default_networks(tmp_path: Path, loss: str, likelihood: str) -> None:
    config = pythae.VAEConfig(input_dim=(1, 28, 28), latent_dim=6, reconstruction_loss=loss)
    original = pythae.VAE(config).eval()
    original.save(str(tmp_path / "saved"))
    assert check(original, tmp_path / "saved", tmp_path / "work", (1, 28, 28)).startswith(f"{likelihood} mean and")


def test_an_autoencoder_tells_no_variance(tmp_path: Path) -> None:
    original = pythae.AE(pythae.AEConfig(input_dim=(3, 16, 16), latent_dim=4)).eval()
    original.save(str(tmp_path / "saved"))
    assert check(original, tmp_path / "saved", tmp_path / "work", (3, 16, 16)).startswith("unknown mean A ")


@pytest.mark.parametrize("name", SHIPPED)
def test_the_networks_that_it_ships(tmp_path: Path, name: str) -> None:
    encodes, decodes, module, image = SHIPPED[name]
    family = name.split("_")[1]
    config = pythae.BetaVAEConfig(input_dim=image, latent_dim=5)
    encoder = getattr(module, f"Encoder_{encodes}_VAE_{family}")(config)
    decoder = getattr(module, f"Decoder_{decodes}_AE_{family}")(config)
    original = pythae.BetaVAE(config, encoder=encoder, decoder=decoder).eval()
    original.save(str(tmp_path / "saved"))
    assert (tmp_path / "saved" / "decoder.pkl").exists()
    check(original, tmp_path / "saved", tmp_path / "work", image)


def test_networks_of_ones_own_are_in_a_pickle_which_stays_closed(tmp_path: Path) -> None:
    config = pythae.VAEConfig(input_dim=(1, 28, 28), latent_dim=6)
    pythae.VAE(config).save(str(tmp_path / "saved"))
    weights = torch.load(tmp_path / "saved" / "model.pt", weights_only=True)
    state = weights["model_state_dict"]
    state["decoder.layers.2.0.weight"] = torch.zeros(3, 3)
    torch.save(weights, tmp_path / "saved" / "model.pt")
    with pytest.raises(ImportingError, match=r"decoder is no network that pythae ships, .* decoder\.pkl .* --bridge"):
        examine(tmp_path / "saved", Description(), tmp_path / "work")


def test_latents_that_lie_elsewhere(tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    pythae.VAE(pythae.VAEConfig(input_dim=(1, 28, 28), latent_dim=6)).save(str(saved))
    config = json.loads((saved / "model_config.json").read_text())
    (saved / "model_config.json").write_text(json.dumps(config | {"name": "SVAEConfig"}))
    with pytest.raises(ImportingError, match="latents of a SVAE lie on a sphere"):
        examine(saved, Description(), tmp_path / "work")


def a_training(folder: Path, *names: str) -> dict[str, Any]:
    """What a training leaves: models of equal shapes and other weights."""
    models = {name: pythae.VAE(pythae.VAEConfig(input_dim=(1, 28, 28), latent_dim=6)).eval() for name in names}
    for name, model in models.items():
        model.save(str(folder / name))
    return models


def test_of_a_training_the_final_model_is_taken(tmp_path: Path) -> None:
    run = tmp_path / "VAE_training_2026-11-30_16-46-58"
    models = a_training(run, "checkpoint_epoch_10", "checkpoint_epoch_5", "final_model")
    check(models["final_model"], tmp_path, tmp_path / "work", (1, 28, 28))


def test_checkpoints_of_which_none_is_final_are_named(tmp_path: Path) -> None:
    a_training(tmp_path / "run", "checkpoint_epoch_10", "checkpoint_epoch_5")
    sentence = (
        r"run: it holds 2 models of pythae \(checkpoint_epoch_10, checkpoint_epoch_5\); hand in one of them alone"
    )
    with pytest.raises(ImportingError, match=sentence):
        examine(tmp_path / "run", Description(), tmp_path / "work")


def test_one_further_up_is_meant(tmp_path: Path) -> None:
    above = a_training(tmp_path, "run")["run"]
    a_training(tmp_path / "run", "checkpoint_epoch_10", "checkpoint_epoch_5")
    check(above, tmp_path / "run", tmp_path / "work", (1, 28, 28))


@pytest.mark.parametrize("kind", ["VAE_IAF", "VAE_LinNF"])
def test_a_flow_between_encoder_and_decoder_is_not_left_out(kind: str, tmp_path: Path) -> None:
    config = getattr(pythae, f"{kind}_Config")(input_dim=(1, 28, 28), latent_dim=2)
    getattr(pythae, kind)(config).save(str(tmp_path / "saved"))
    with pytest.raises(
        ImportingError, match=rf"a {kind} leads its latents through a flow .* the decoder alone as ONNX"
    ):
        examine(tmp_path / "saved", Description(), tmp_path / "work")


@pytest.mark.parametrize("kind", ["VAMP", "FactorVAE", "HVAE", "RHVAE"])
def test_what_only_trains_is_left_out(kind: str, tmp_path: Path) -> None:
    original = getattr(pythae, kind)(getattr(pythae, f"{kind}Config")(input_dim=(1, 28, 28), latent_dim=3)).eval()
    original.save(str(tmp_path / "saved"))
    check(original, tmp_path / "saved", tmp_path / "work", (1, 28, 28))


def test_a_part_that_is_not_known_is_named(tmp_path: Path) -> None:
    a_training(tmp_path, "saved")
    weights = torch.load(tmp_path / "saved" / "model.pt", weights_only=True)
    weights["model_state_dict"]["turn.weight"] = torch.zeros(3, 3)
    torch.save(weights, tmp_path / "saved" / "model.pt")
    with pytest.raises(ImportingError, match=r"model\.pt: beside its encoder and decoder it has turn\.weight, a part"):
        examine(tmp_path / "saved", Description(), tmp_path / "work")
