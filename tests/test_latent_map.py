"""A model's map of a data set: which images, laid out how, where it begins, and their thumbnails."""

import io
from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image

from tests.block_images import blocks
from vae_core.config import ModelConfig
from vae_core.errors import UserError
from vae_core.explorer_files.latent_map import choose_start, make_thumbnails, map_dataset, order_on_sheets
from vae_core.model.vae import VAE, mean_square_error
from vae_core.projection.neighbours import nearest_neighbours
from vae_core.projection.umap_settings import UmapSettings
from vae_core.randomness import stratified_sample


@pytest.fixture(scope="module")
def model() -> VAE:
    torch.manual_seed(0)
    return VAE(ModelConfig(network="mlp", latent_dim=3, image_size=8, likelihood="bernoulli", hidden_units=16)).eval()


def test_many_thumbnails_lie_on_sheets_by_their_places_on_the_map() -> None:
    data = blocks(2500)
    positions = torch.randn(2500, 2, generator=torch.Generator().manual_seed(0)).numpy()
    indices = torch.randperm(2500, generator=torch.Generator().manual_seed(1))
    sheets = make_thumbnails(data, indices, positions)
    order = order_on_sheets(positions, 1024)
    assert [(sheet.columns, sheet.rows) for sheet in sheets] == [(32, 32), (32, 32), (32, 15)]
    assert sorted(order) == list(range(2500))
    for place in (0, 33, 1024, 2499):
        sheet, within = sheets[place // 1024], place % 1024
        row, column = divmod(within, 32)
        drawn = np.asarray(Image.open(io.BytesIO(sheet.content)).convert("L"))
        tile = drawn[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8]
        np.testing.assert_array_equal(tile, data.images[indices[order[place]], 0])
    left, right = order[:1024], order[1024:]
    assert positions[left, 0].max() <= positions[right, 0].min()
    assert positions[order[1024:2048], 1].max() <= positions[order[2048:], 1].min()


@pytest.mark.parametrize("channels", [1, 3])
def test_large_images_become_small_tiles(channels: int) -> None:
    data = blocks(12, size=64, channels=channels)
    (sheet,) = make_thumbnails(data, torch.arange(12), np.zeros((12, 2), np.float32))
    picture = Image.open(io.BytesIO(sheet.content))
    assert (sheet.tile, picture.size) == (32, (32 * sheet.columns, 32 * sheet.rows))
    assert sheet.columns * sheet.rows >= 12
    tile = np.asarray(picture.convert("RGB")).astype(int)[:32, :32]
    if channels == 1:
        assert np.ptp(tile, axis=2).max() <= 2


def test_without_settings_few_images_are_shown_by_their_principal_components(model: VAE) -> None:
    assert map_dataset(model, blocks(4)).projection.settings == UmapSettings(neighbours=3)
    few = map_dataset(model, blocks(3))
    assert (few.projection.method, few.projection.settings) == ("pca", None)
    with pytest.raises(UserError, match="at least 4 images, not 3"):
        map_dataset(model, blocks(3), settings=UmapSettings())


def test_a_linear_networks_reconstructions_are_judged_as_its_figures_are() -> None:
    """By its mean, which leaves [0, 1], and not by the image that is shown of it."""
    torch.manual_seed(0)
    linear = VAE(ModelConfig(network="linear", latent_dim=3, image_size=8, likelihood="gaussian")).eval()
    dataset = blocks()
    encoding = map_dataset(linear, dataset, method="pca").encoding
    x = dataset.batch(torch.arange(len(dataset)))
    with torch.inference_mode():
        means = linear.posterior(x).mean
        expected = mean_square_error(x, linear.likelihood(means)).mean().item()
        shown = (linear.decode(means) - x).square().mean().item()
    assert shown < 0.95 * expected
    assert encoding.reconstruction_error.mean().item() == pytest.approx(expected, rel=1e-5)


def test_settings_choose_umap_for_two_dimensions_as_well() -> None:
    torch.manual_seed(0)
    model = VAE(ModelConfig(network="mlp", latent_dim=2, image_size=8, likelihood="bernoulli", hidden_units=16)).eval()
    assert map_dataset(model, blocks()).projection.method == "axes"
    assert map_dataset(model, blocks(), settings=UmapSettings()).projection.method == "umap"


def test_by_class_goes_by_the_images_labels(model: VAE) -> None:
    by_class = map_dataset(model, blocks(), settings=UmapSettings(target="class"))
    indices, _ = nearest_neighbours(by_class.projection.positions, 10)
    assert (by_class.labels[indices] == by_class.labels[:, None]).float().mean() > 0.95


def test_a_sample_keeps_every_class_in_its_share_and_shuffles() -> None:
    labels = torch.tensor([0] * 700 + [1] * 200 + [2] * 97 + [3] * 3)
    chosen = stratified_sample(labels, 100, seed=2)
    assert len(set(chosen.tolist())) == 100
    assert Counter(labels[chosen].tolist()) in ({0: 70, 1: 20, 2: 10}, {0: 70, 1: 20, 2: 9, 3: 1})
    assert not torch.equal(chosen, chosen.sort().values)
    assert torch.equal(chosen, stratified_sample(labels, 100, seed=2))
    assert not torch.equal(chosen, stratified_sample(labels, 100, seed=3))
    everything = stratified_sample(labels, 5000)
    assert torch.equal(everything.sort().values, torch.arange(1000))
    assert not torch.equal(everything, everything.sort().values)


def test_the_start_is_among_its_own_and_well_reconstructed() -> None:
    source = torch.Generator().manual_seed(0)
    positions = torch.cat([torch.randn(60, 2, generator=source), torch.randn(60, 2, generator=source) + 20])
    labels = torch.cat([torch.arange(60) % 2, torch.full((60,), 2)])  # two classes mixed, one by itself
    errors = torch.rand(120, generator=source)
    start = choose_start(positions, labels, errors)
    assert labels[start] == 2
    assert errors[start] < errors[labels == 2].median()
