"""What a browser is told of how far the data reach in latent space, and that it tells near from far."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from tests.shipped_models import MODELS, SHIPPED
from tests.test_priors import mixture, of_torch
from vae_core import load_checkpoint
from vae_core.checkpoint.layout import EXPLORER_FOLDER
from vae_core.checkpoint.weights import Checkpoint
from vae_core.data.dataset import load_dataset
from vae_core.explorer_files.explorer_folder import check_contents
from vae_core.explorer_files.known_ground import measure_ground
from vae_core.explorer_files.manifest import Manifest
from vae_core.explorer_files.prior_record import pack_prior
from vae_core.explorer_files.publishing import copy_explorer, renew_prior
from vae_core.model.priors import GaussianMixture, StandardNormal

DRAWS = 1000


def test_a_packed_prior_holds_each_component_in_a_row() -> None:
    prior = mixture(3, 4)
    packed = torch.from_numpy(pack_prior(prior).astype("f4"))
    assert packed.shape == (3, 1 + 4 + 10)
    cholesky = torch.zeros(3, 4, 4)
    at = 5
    for row in range(4):
        cholesky[:, row, : row + 1] = packed[:, at : at + row + 1]
        at += row + 1
    unpacked = GaussianMixture(packed[:, 0], packed[:, 1:5], cholesky)
    z = 3 * torch.randn(50, 4, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(unpacked.log_prob(z), of_torch(prior).log_prob(z))


def test_the_limits_take_in_99_in_a_hundred() -> None:
    prior = mixture(3, 5)
    means = prior.sample(700, torch.Generator().manual_seed(2))
    ground = measure_ground(prior, means)
    assert ground is not None
    distances, _ = NearestNeighbors(n_neighbors=2).fit(means.numpy()).kneighbors(means.numpy())
    assert int((distances[:, 1] > ground["distance"]).sum()) == 7
    assert int((of_torch(prior).log_prob(means) < ground["log_density"]).sum()) == 7


def test_a_single_encoding_says_nothing() -> None:
    assert measure_ground(mixture(1, 2), torch.zeros(1, 2)) is None


def far(manifest: Manifest, checkpoint: Checkpoint, z: Tensor) -> float:
    """The share of latents (N, D) that a page calls far from any data."""
    assert manifest.ground is not None
    folder = checkpoint.summary.path / EXPLORER_FOLDER
    file = manifest.files.latents
    latents = np.fromfile(folder / file.path, "<f2").reshape(file.shape).astype("f4")
    z = torch.where(torch.tensor(manifest.latent.active), z, torch.tensor(manifest.latent.mean))  # the rest is not seen
    distances, _ = NearestNeighbors(n_neighbors=1).fit(latents).kneighbors(z.numpy())
    unlikely = checkpoint.prior("fitted").log_prob(z) < manifest.ground.log_density
    return float((unlikely.numpy() & (distances[:, 0] > manifest.ground.distance)).mean())


@pytest.mark.parametrize("name", SHIPPED)
def test_the_share_that_is_far_grows_from_the_data_to_the_wildest_draws(name: str) -> None:
    checkpoint = load_checkpoint(MODELS / name)
    manifest = check_contents(MODELS / name / EXPLORER_FOLDER)
    source = torch.Generator().manual_seed(3)
    like_the_data = checkpoint.prior("fitted").sample(DRAWS, source)
    standard = StandardNormal(checkpoint.model.config.latent_dim).sample(DRAWS, source)
    shares = [far(manifest, checkpoint, z) for z in (like_the_data, standard, 2 * standard)]
    assert shares == sorted(shares), shares
    assert shares[0] < 0.05
    assert shares[2] > 0.2


@torch.inference_mode()
def test_held_out_digits_are_hardly_ever_far() -> None:
    checkpoint = load_checkpoint(MODELS / "digits-2d")
    manifest = check_contents(MODELS / "digits-2d" / EXPLORER_FOLDER)
    held_out = load_dataset("digits", "test")
    means = checkpoint.model.posterior(held_out.batch(torch.arange(len(held_out)))).mean
    assert far(manifest, checkpoint, means) < 0.02


def test_another_prior_is_taken_to_a_map_that_stays_as_it_is(tmp_path: Path) -> None:
    folder = copy_explorer(MODELS / "digits-2d" / EXPLORER_FOLDER, tmp_path / "explorer")
    before = check_contents(folder)
    other = mixture(3, 2)
    renew_prior(folder, other)
    after = check_contents(folder)
    assert after.files.prior is not None
    assert before.files.prior is not None
    assert after.files.prior.path != before.files.prior.path
    assert not (folder / before.files.prior.path).exists()
    np.testing.assert_array_equal(np.fromfile(folder / after.files.prior.path, "<f4"), pack_prior(other).ravel())
    changed = {"ground": after.ground, "files": before.files.model_copy(update={"prior": after.files.prior})}
    assert after == before.model_copy(update=changed)
