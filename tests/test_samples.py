"""The samples on a model's card: what the model draws, small, and of the weights and prior that are there."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from vae_core.checkpoint.provenance import DataDescription
from vae_core.checkpoint.replaced_weights import replace_weights
from vae_core.checkpoint.weights import Checkpoint, build_model, load_checkpoint, save_checkpoint
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import CheckpointError
from vae_core.films.samples import GAP, MOST_BYTES, keep_samples, samples_picture
from vae_core.model.priors import GaussianMixture
from vae_core.randomness import generator

DATA = DataDescription(name="digits", fingerprint="0", images=3)


def made(folder: Path, **settings: object) -> Checkpoint:
    config = ModelConfig.parse({"network": "linear", "latent_dim": 3, "image_size": 8, **settings})
    save_checkpoint(folder, build_model(config, seed=0), TrainConfig(data="digits"), DATA)
    return load_checkpoint(folder)


def tiles(content: bytes, side: int) -> np.ndarray:
    """The images (12, H, W, 3) of a picture, from left to right and downwards."""
    sheet = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    rows = [slice(row * (side + GAP), row * (side + GAP) + side) for row in range(2)]
    columns = [slice(column * (side + GAP), column * (side + GAP) + side) for column in range(6)]
    return np.stack([sheet[row, column] for row in rows for column in columns])


def test_samples_are_draws_of_n01_where_no_prior_was_fitted(tmp_path: Path) -> None:
    checkpoint = made(tmp_path / "one")
    expected = checkpoint.sample(12, generator(0, "samples"), "standard")[:, 0].numpy()
    seen = tiles(samples_picture(checkpoint), 64)
    assert np.array_equal(seen[:, ::8, ::8, 0], np.rint(expected * 255))
    assert np.array_equal(seen[:, 7::8, 7::8, 2], np.rint(expected * 255))


def test_samples_are_draws_of_the_fitted_prior_where_there_is_one(tmp_path: Path) -> None:
    plain = made(tmp_path / "one")
    narrow = GaussianMixture(torch.zeros(1), torch.full((1, 3), 2.0), 1e-4 * torch.eye(3)[None])
    checkpoint = Checkpoint(plain.summary, plain.model, narrow)
    seen = tiles(samples_picture(checkpoint), 64).astype(int)
    assert np.abs(seen - seen[0]).max() <= 1, "draws of one point are one image"
    with torch.inference_mode():
        expected = plain.model.decode(torch.full((1, 3), 2.0))[0, 0].numpy()
    assert np.abs(seen[0, ::8, ::8, 0] - expected * 255).max() <= 1


@pytest.mark.parametrize(("side", "channels"), [(8, 1), (28, 1), (64, 3), (128, 3)])
def test_the_picture_is_small_whatever_the_model_draws(side: int, channels: int, tmp_path: Path) -> None:
    """An untrained linear decoder draws noise, of which nothing can be left out without loss."""
    checkpoint = made(tmp_path / "one", image_size=side, channels=channels)
    keep_samples(checkpoint)
    assert 0 < (tmp_path / "one" / "samples.webp").stat().st_size <= MOST_BYTES


def test_samples_of_other_weights_are_forgotten(tmp_path: Path) -> None:
    checkpoint = made(tmp_path / "one")
    keep_samples(checkpoint)
    replace_weights(tmp_path / "one", checkpoint.model.state_dict())
    assert (tmp_path / "one" / "samples.webp").exists(), "the same weights"
    replace_weights(tmp_path / "one", build_model(checkpoint.model.config, seed=1).state_dict())
    assert not (tmp_path / "one" / "samples.webp").exists()


def test_what_is_not_finite_is_no_picture(tmp_path: Path) -> None:
    checkpoint = made(tmp_path / "one")
    with torch.no_grad():
        next(checkpoint.model.decoder.parameters()).fill_(torch.nan)
    with pytest.raises(CheckpointError, match="not finite"):
        keep_samples(checkpoint)
    assert not (tmp_path / "one" / "samples.webp").exists()


def test_a_model_that_was_deleted_meanwhile_is_not_made_again(tmp_path: Path) -> None:
    checkpoint = made(tmp_path / "one")
    (tmp_path / "one").rename(tmp_path / "gone")
    with pytest.raises(FileNotFoundError):
        keep_samples(checkpoint)
    assert not (tmp_path / "one").exists()
