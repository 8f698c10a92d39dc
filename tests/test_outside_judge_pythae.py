"""Figures of an imported model against pythae's own of the model that it saved: log p(x) and the ELBO.

`VAE.get_nll` of pythae does other things than its words say. It gives the mean of log p(x), not of −log p(x), and draws
whole batches: fewer samples than `batch_size` become as many, more of them the greatest multiple of it. What it gives
has every constant. The training loss has not: the ½ Σ Δ² of "mse" is −log N(x; x̂, I) less ½ P log 2π of P pixels.
"""

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.test_imports_weights import model_of
from tests.test_outside_judge import black_and_white, first, relative_variance
from vae_core import load_dataset
from vae_core.data.dataset import Dataset
from vae_core.evaluation import evaluate_bound, importance_sampled
from vae_core.imports.description import Description
from vae_core.imports.recognition import examine
from vae_core.model.imported import ImportedVAE

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pythae import models as pythae

PIXELS = 64
JUDGED = 8  # images
SAMPLES, AT_ONCE = 1000, 100  # the first a multiple of the second
BOUNDS = 40  # repetitions of the bound by one draw


def images(loss: str, count: int) -> Dataset:
    digits = first(load_dataset("digits"), count)
    return black_and_white(digits) if loss == "bce" else digits


def batch(dataset: Dataset) -> Tensor:
    return dataset.batch(torch.arange(len(dataset)))


@pytest.fixture(params=["bce", "mse"])
def loss(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def original(loss: str) -> Any:
    """Trained a little by its own loss. Its draws are the global generator's."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = pythae.VAEConfig(input_dim=(1, 8, 8), latent_dim=2, reconstruction_loss=loss)
        model, x = pythae.VAE(config), batch(images(loss, 100))
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        for _ in range(60):
            optimizer.zero_grad()
            model({"data": x}).loss.backward()
            optimizer.step()
    return model.eval()


@pytest.fixture
def imported(original: Any, tmp_path: Path) -> ImportedVAE:
    """As a person has it who brings the folder."""
    original.save(str(tmp_path / "saved"))
    return model_of(examine(tmp_path / "saved", Description(), tmp_path / "work"), tmp_path / "work")


@torch.no_grad()
def test_the_log_likelihood_is_pythaes(original: Any, imported: ImportedVAE, loss: str) -> None:
    few = images(loss, JUDGED)
    ours = importance_sampled(imported, few, torch.arange(JUDGED), SAMPLES, seed=0)[0][0].mean().item()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        theirs = float(original.get_nll(batch(few), n_samples=SAMPLES, batch_size=AT_ONCE))
    weights = imported.log_weights(batch(few), SAMPLES, torch.Generator().manual_seed(2))[0].double()
    error = math.sqrt(relative_variance(weights).sum()) / JUDGED  # of either
    assert 0 < error < 0.05
    assert ours == pytest.approx(theirs, abs=4 * math.sqrt(2) * error)


@torch.no_grad()
def test_the_bound_is_pythaes_loss_and_its_missing_constant(original: Any, imported: ImportedVAE, loss: str) -> None:
    few = images(loss, JUDGED)
    constant = PIXELS / 2 * math.log(2 * math.pi) if loss == "mse" else 0.0
    assert imported.head.variance == (pytest.approx(1.0) if loss == "mse" else None)
    ours = [evaluate_bound(imported, few, torch.arange(JUDGED), seed).elbo for seed in range(BOUNDS)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        theirs = [-original({"data": batch(few)}).loss.item() - constant for _ in range(BOUNDS)]
    error = math.sqrt((np.var(ours, ddof=1) + np.var(theirs, ddof=1)) / BOUNDS)
    assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=4 * error)


@pytest.mark.parametrize(("asked", "drawn"), [(30, 100), (100, 100), (250, 200)])
@torch.no_grad()
def test_pythae_draws_whole_batches(asked: int, drawn: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = pythae.VAE(pythae.VAEConfig(input_dim=(1, 8, 8), latent_dim=2, reconstruction_loss="bce")).eval()
    counts: list[int] = []
    decode = model.decoder.forward

    def count(z: Tensor) -> Any:
        counts.append(len(z))
        return decode(z)

    monkeypatch.setattr(model.decoder, "forward", count)
    assert model.get_nll(batch(images("bce", 1)), n_samples=asked) < 0
    assert sum(counts) == drawn
