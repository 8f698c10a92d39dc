"""Models that have learned their prior: settings, figures, files, the card, and what goes to the browser."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vae_core import ModelConfig, TrainConfig, load_checkpoint, load_dataset
from vae_core.checkpoint.card import card_text, training_command
from vae_core.checkpoint.layout import CONFIG_FILE, EXPLORER_FOLDER, MANIFEST_FILE, PRIOR_FILE
from vae_core.checkpoint.weights import Checkpoint
from vae_core.cli.command_line import main
from vae_core.data.dataset import Dataset
from vae_core.errors import CheckpointError, ConfigError, UserError
from vae_core.evaluation import evaluate, importance_sampled
from vae_core.explorer_files.explorer_folder import read_manifest
from vae_core.explorer_files.pair_description import left_behind
from vae_core.explorer_files.writer import project_checkpoint
from vae_core.fitting import keep_fitted_prior
from vae_core.interpolation.packed_priors import log_flow, log_mixture
from vae_core.model.priors import StandardNormal
from vae_core.training.loop import train

SMALL: dict[str, Any] = {"network": "mlp", "latent_dim": 3, "image_size": 8, "hidden_units": 16, "hidden_layers": 1}
LEARNED = [{"prior": "mixture", "components": 5}, {"prior": "flow", "couplings": 4, "coupling_units": 8}]


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


@pytest.fixture(scope="module", params=LEARNED, ids=["mixture", "flow"])
def trained(request: pytest.FixtureRequest, digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    path = tmp_path_factory.mktemp("checkpoints") / "digits"
    training = TrainConfig(data="digits", epochs=4, batch_size=64, learning_rate=3e-3, ema_decay=0.9)
    train(digits, ModelConfig.parse(SMALL | request.param), training, path, device="cpu")
    return load_checkpoint(path)


def test_figures_and_files_are_under_the_learned_prior(trained: Checkpoint, digits: Dataset) -> None:
    model = trained.model
    found = evaluate(model, digits, samples=50, likelihood_images=100)
    assert found.fitted_prior_elbo is None
    assert found.elbo == pytest.approx(found.log_likelihood - found.kl)
    chosen = torch.arange(20)
    by_default, _ = importance_sampled(model, digits, chosen, 30, seed=0)
    assert model.learned_prior is not None
    named, _ = importance_sampled(model, digits, chosen, 30, 0, log_priors=[model.learned_prior.log_prob])
    assert torch.equal(by_default, named)
    assert found.negative_log_likelihood <= -found.elbo


def test_who_takes_its_graphs_is_told_that_the_prior_stays(
    trained: Checkpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", str(trained.summary.path), "--format", "onnx", "--output", str(tmp_path / "pair")]
    assert main(words) == 0
    kind = trained.model.config.prior
    assert f"Its learned prior, a {kind}, stays behind: others will take N(0, I) for it." in capsys.readouterr().out
    assert left_behind(ModelConfig(posterior="full")) == [
        "Of the posterior's full covariance others will take the variances alone: all of it is in the encoder's third "
        "output, cholesky, where the map is not older than that."
    ]
    assert left_behind(ModelConfig()) == []


def test_it_comes_back_from_its_folder_and_draws(trained: Checkpoint, digits: Dataset) -> None:
    path = trained.summary.path
    assert keep_fitted_prior(path, digits) is None
    assert not (path / PRIOR_FILE).exists()
    again = load_checkpoint(path)
    drawn = [each.sample(8, torch.Generator().manual_seed(0)) for each in (trained, again)]
    assert torch.equal(*drawn)
    assert torch.equal(drawn[0], again.sample(8, torch.Generator().manual_seed(0), "learned"))
    assert not torch.equal(drawn[0], again.sample(8, torch.Generator().manual_seed(0), "standard"))
    assert again.data_prior is again.model.learned_prior
    assert isinstance(again.prior("standard"), StandardNormal)
    with pytest.raises(UserError, match="a prior of its own"):
        again.sample(1, torch.Generator(), "fitted")


def test_its_prior_goes_to_the_browser(trained: Checkpoint, digits: Dataset) -> None:
    prior = trained.model.learned_prior
    manifest = project_checkpoint(trained.summary.path, digits, method="pca")
    folder, file, limits = trained.summary.path / EXPLORER_FOLDER, manifest.files.prior, manifest.ground
    assert manifest.prior is not None
    assert manifest.prior.kind == trained.summary.model.prior
    assert file is not None
    assert limits is not None
    assert prior is not None
    assert read_manifest(folder) == manifest
    packed = np.fromfile(folder / file.path, "<f4").reshape(file.shape)
    z = np.random.default_rng(0).normal(size=(20, 3))
    if manifest.prior.couplings and manifest.prior.units:
        found = log_flow(z, packed, manifest.prior.couplings, manifest.prior.units)
    else:
        found = log_mixture(z, packed)
    with torch.no_grad():
        np.testing.assert_allclose(found, prior.log_prob(torch.from_numpy(z)).numpy(), atol=1e-4)
        posterior = trained.model.posterior(digits.batch(torch.arange(len(digits))))
        beyond = (prior.log_prob(posterior.mean) < limits.log_density).sum() / len(digits)
        estimated = trained.model.kl_divergence(posterior, posterior.sample(torch.Generator().manual_seed(1), 16))
    assert beyond == pytest.approx(0.01, abs=0.002)
    assert manifest.files.kl is not None
    told = np.fromfile(folder / manifest.files.kl.path, "<f2").astype("f4")
    assert told.mean() == pytest.approx(estimated.mean().item(), abs=0.1)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"kind": "flow", "couplings": 3, "units": 8}, "expected float32"),
        ({"kind": "flow"}, "couplings and units"),
        ({"kind": "mixture", "units": 8}, "couplings and units"),
        ({"kind": "vamp"}, "kind"),
    ],
)
def test_a_manifest_that_contradicts_its_prior_is_refused(
    edit: dict[str, Any], message: str, trained: Checkpoint, digits: Dataset
) -> None:
    folder = trained.summary.path / EXPLORER_FOLDER
    content = project_checkpoint(trained.summary.path, digits, method="pca").model_dump(mode="json")
    (folder / MANIFEST_FILE).write_text(json.dumps(content | {"prior": edit}))
    with pytest.raises(CheckpointError, match=message):
        read_manifest(folder)


def test_its_card_says_so_and_how_to_train_it_again(trained: Checkpoint) -> None:
    config, text = trained.summary.model, card_text(trained.summary)
    assert ("mixture of 5 Gaussians" if config.prior == "mixture" else "4 affine coupling layers") in text
    assert f"--prior {config.prior}" in training_command(trained.summary)
    assert json.loads((trained.summary.path / CONFIG_FILE).read_text())["model"]["prior"] == config.prior


def test_a_standard_priors_settings_are_written_as_they_always_were(digits: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "standard"
    train(digits, ModelConfig.parse(SMALL), TrainConfig(data="digits", epochs=1), path, device="cpu")
    written = json.loads((path / CONFIG_FILE).read_text())["model"]
    assert not {"prior", "components", "couplings", "coupling_units"} & written.keys()
    checkpoint = load_checkpoint(path)
    assert checkpoint.summary.model == ModelConfig.parse(SMALL)
    with pytest.raises(UserError, match="standard prior"):
        checkpoint.prior("learned")


def test_the_command_line_takes_a_prior_and_fits_none_afterwards(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(tmp_path / "flow")
    words = ["train", "--data", "digits", "--model", "mlp", "--latent-dim", "2", "--hidden-units", "8", "--epochs", "1"]
    assert main([*words, "--prior", "flow", "--couplings", "2", "--output", output]) == 0
    assert main(["evaluate", output, "--data", "digits", "--samples", "2", "--likelihood-images", "5"]) == 0
    assert "fitted prior" not in capsys.readouterr().out
    assert main(["fit-prior", output, "--data", "digits"]) == 2
    assert "learned its prior" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"prior": "flow", "latent_dim": 1}, "prior"),
        ({"prior": "vamp"}, "prior"),
        ({"prior": "mixture", "components": 0}, "components"),
        ({"prior": "flow", "couplings": 1}, "couplings"),
        ({"network": "imported", "prior": "flow"}, "prior"),
    ],
)
def test_what_does_not_fit_is_named(values: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ModelConfig.parse(values)
    assert caught.value.field == field


def test_weights_of_another_prior_are_refused(trained: Checkpoint) -> None:
    path = trained.summary.path / CONFIG_FILE
    before = path.read_text()
    content = json.loads(before)
    content["model"] |= {"prior": "standard"}
    path.write_text(json.dumps(content))
    try:
        with pytest.raises(CheckpointError, match="learned_prior"):
            load_checkpoint(trained.summary.path)
    finally:
        path.write_text(before)
