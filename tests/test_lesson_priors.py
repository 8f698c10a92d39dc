"""Lesson 7's second part: what three priors say of encodings, against scipy, scikit-learn and what is known exactly."""

import base64
import dataclasses
import io
import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import multivariate_normal

from tests.run_folders import add_run
from tests.shipped_models import MODELS
from vae_core.checked_settings import Settings
from vae_core.checkpoint.layout import REQUEST_FILE
from vae_core.checkpoint.weights import Checkpoint, load_checkpoint
from vae_core.data.dataset import Dataset, load_dataset
from vae_core.errors import DatasetError
from vae_core.lessons import priors_compared
from vae_core.lessons.orders import PriorPart, PriorsOrder
from vae_core.lessons.priors_compared import Judge, drawn, encoded, fitted_flow, priors_lesson
from vae_core.model.posteriors import DiagonalGaussian, FullGaussian
from vae_core.model.priors import GaussianMixture
from vae_core.progress import Progress, ProgressListener, silent
from vae_core.randomness import generator

WITHIN = 4  # standard errors
STEPS = 150  # of a flow; the lesson takes more
SHIPPED = ["digits-2d", "sprites-8d"]  # those whose images every machine has


@cache
def model(name: str) -> Checkpoint:
    return load_checkpoint(MODELS / name)


@cache
def told(name: str) -> tuple[list[PriorPart], list[Progress]]:
    """All that the lesson tells of a model, of fewer images and with a flow that is fitted for less long."""
    parts: list[PriorPart] = []
    heard: list[Progress] = []

    def tell(part: Settings) -> None:
        assert isinstance(part, PriorPart)
        parts.append(part)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(priors_compared, "STEPS", STEPS)
        patch.setattr(priors_compared, "LEARNED", 1200)
        patch.setattr(priors_compared, "HELD_OUT", 300)
        priors_lesson(PriorsOrder.of(MODELS / name), heard.append, tell)
    return parts, heard


@pytest.mark.parametrize("name", SHIPPED)
def test_each_prior_is_told_of_in_turn_with_what_is_decoded_from_it(name: str) -> None:
    parts, heard = told(name)
    assert [part.name for part in parts] == ["N(0, I)", "mixture", "flow"]
    config = model(name).summary.model
    for part in parts:
        assert part.images == 300
        sheet = Image.open(io.BytesIO(base64.b64decode(part.sheet)))
        assert sheet.width >= priors_compared.COLUMNS * config.image_size
        assert sheet.width / sheet.height == pytest.approx(priors_compared.COLUMNS**2 / priors_compared.SHOWN, rel=0.05)
        assert len(np.unique(np.asarray(sheet))) > 10
    assert len({part.sheet for part in parts}) == 3
    assert any("Fitting a flow" in progress.stage for progress in heard)
    assert heard[-1].done == heard[-1].total == STEPS


@pytest.mark.parametrize("name", SHIPPED)
def test_a_prior_that_knows_the_encodings_makes_them_likelier(name: str) -> None:
    """The gains are differences of the densities told, image by image; a flow of so few steps has gained something."""
    normal, mixture, flow = told(name)[0]
    assert (normal.difference, normal.difference_error) == (0, 0)
    for part in (mixture, flow):
        assert part.difference == pytest.approx(part.log_density - normal.log_density, abs=1e-6)
        assert part.difference > 0
        assert 0 < part.difference_error < part.log_density_error + normal.log_density_error
    assert mixture.difference > WITHIN * mixture.difference_error


@pytest.mark.parametrize("name", SHIPPED)
def test_the_densities_are_scipys(name: str) -> None:
    checkpoint = model(name)
    size = checkpoint.summary.model.latent_dim
    source = torch.Generator().manual_seed(1)
    encodings = torch.randn(400, size, generator=source) * 0.7 + 0.3
    factors = torch.tril(torch.randn(2, size, size, generator=source)) * 0.1 + torch.eye(size)
    mixture = GaussianMixture(torch.tensor([0.25, 0.75]).log(), torch.randn(2, size, generator=source), factors)
    part = Judge(checkpoint, encodings, 0).of("mixture", mixture)
    x = encodings.double().numpy()
    normal = multivariate_normal(np.zeros(size), np.eye(size)).logpdf(x)
    parts = zip((0.25, 0.75), mixture.means.double().numpy(), factors.double().numpy(), strict=True)
    density = np.log(sum(w * multivariate_normal(mean, factor @ factor.T).pdf(x) for w, mean, factor in parts))
    assert part.log_density == pytest.approx(density.mean(), abs=1e-4)
    assert part.log_density_error == pytest.approx(density.std(ddof=1) / 20, rel=1e-4)
    assert part.difference == pytest.approx((density - normal).mean(), abs=1e-4)
    assert part.difference_error == pytest.approx((density - normal).std(ddof=1) / 20, rel=1e-4)


def test_of_one_image_held_out_nothing_is_said_and_this_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def one(_: Checkpoint, split: str, __: ProgressListener) -> Dataset:
        whole = load_dataset("digits", split)
        return dataclasses.replace(whole, images=whole.images[:1], labels=whole.labels[:1])

    monkeypatch.setattr(priors_compared, "_images", one)
    with pytest.raises(DatasetError, match="digits: with 1 image held out"):
        priors_lesson(PriorsOrder.of(MODELS / "digits-2d"), silent, lambda _: None)


def test_the_images_are_looked_for_where_the_models_own_run_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the Models page does, which offers such a model a new map."""
    folder = add_run(tmp_path, "mine", "finished")
    request = json.loads((folder / REQUEST_FILE).read_text()) | {"data_dir": str(tmp_path / "theirs")}
    (folder / REQUEST_FILE).write_text(json.dumps(request))
    shutil.copytree(MODELS / "digits-2d", folder, dirs_exist_ok=True)
    asked: list[object] = []

    def look(*_: object, data_dir: object, **__: object) -> Dataset:
        asked.append(data_dir)
        raise DatasetError("no further.")

    monkeypatch.setattr(priors_compared, "model_images", look)
    with pytest.raises(DatasetError, match="no further"):
        priors_lesson(PriorsOrder.of(folder), silent, lambda _: None)
    assert asked == [str(tmp_path / "theirs")]


def test_draws_of_a_posterior_have_its_mean_and_its_covariance() -> None:
    mean = torch.tensor([[1.0, -2.0], [0.0, 0.0]])
    factor = torch.tensor([[[0.5, 0.0], [0.4, 0.3]], [[1.0, 0.0], [0.0, 1.0]]])
    variance = torch.tensor([[0.25, 0.04], [1.0, 1.0]])
    chosen = torch.zeros(40_000, dtype=torch.long)
    source = torch.Generator().manual_seed(2)
    for posterior, covariance in (
        (FullGaussian(mean, factor), factor[0] @ factor[0].T),
        (DiagonalGaussian(mean, variance.log()), variance[0].diag()),
    ):
        draws = drawn(posterior, chosen, source)
        torch.testing.assert_close(draws.mean(0), mean[0], atol=0.015, rtol=0)
        torch.testing.assert_close(draws.T.cov(), covariance, atol=0.01, rtol=0)


def test_a_flow_that_is_fitted_to_draws_of_one_bell_comes_to_its_entropy_and_never_below() -> None:
    """Nothing has a smaller mean negative log density than the bell itself: its entropy, in closed form."""
    factor = torch.tensor([[0.5, 0.0], [0.6, 0.2]])
    posterior = FullGaussian(torch.tensor([[1.0, -1.0]]).expand(50, 2), factor.expand(50, 2, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(priors_compared, "STEPS", 250)
        flow = fitted_flow(posterior, 0, silent)
    draws = torch.tensor([1.0, -1.0]) + torch.randn(20_000, 2, generator=torch.Generator().manual_seed(3)) @ factor.T
    with torch.no_grad():
        own = -flow.log_prob(draws).double()
    entropy = float(multivariate_normal([0, 0], (factor @ factor.T).numpy()).entropy())
    excess, error = own.mean().item() - entropy, own.std().item() / len(own) ** 0.5
    assert -WITHIN * error < excess < 0.05


def test_what_is_encoded_are_the_models_own_posteriors_of_some_of_the_images() -> None:
    checkpoint = model("digits-2d")
    dataset = load_dataset("digits", "test")
    heard: list[Progress] = []
    found = encoded(checkpoint, dataset, 40, 5, heard.append)
    chosen = torch.randperm(len(dataset), generator=generator(5, "images to encode"))[:40]
    with torch.no_grad():
        expected = checkpoint.model.posterior(dataset.batch(chosen))
    torch.testing.assert_close(found.mean, expected.mean)
    torch.testing.assert_close(found.log_variance, expected.log_variance)
    assert heard[-1].done == 40
