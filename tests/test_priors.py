"""The prior that is fitted to a model's encodings, against scikit-learn, torch.distributions and closed forms."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture as ScikitMixture
from torch import Tensor, nn
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal, kl_divergence

from vae_core import ModelConfig, TrainConfig, load_checkpoint, load_dataset
from vae_core.checkpoint.card import write_card
from vae_core.checkpoint.layout import CARD_FILE, EXPLORER_MANIFEST, METRICS_FILE, PRIOR_FILE, WEIGHTS_FILE
from vae_core.checkpoint.prior_file import read_prior, write_prior
from vae_core.checkpoint.provenance import DataDescription
from vae_core.checkpoint.tensor_files import read_tensors, write_tensors
from vae_core.checkpoint.weights import PriorName, build_model, save_checkpoint
from vae_core.cli.command_line import main
from vae_core.data.dataset import Dataset
from vae_core.errors import CheckpointError, DivergedError, UserError
from vae_core.evaluation import evaluate, image_terms
from vae_core.fitting import fit_prior
from vae_core.model.priors import GaussianMixture, StandardNormal
from vae_core.model.vae import VAE
from vae_core.training.loop import train

DIMENSIONS = 3


def mixture(components: int = 4, dimensions: int = DIMENSIONS, seed: int = 0) -> GaussianMixture:
    source = torch.Generator().manual_seed(seed)
    weights = torch.rand(components, generator=source) + 0.2
    below = torch.randn(components, dimensions, dimensions, generator=source).tril(-1) * 0.3
    diagonal = 0.3 + torch.rand(components, dimensions, generator=source)
    means = 3 * torch.randn(components, dimensions, generator=source)
    return GaussianMixture((weights / weights.sum()).log(), means, below + torch.diag_embed(diagonal))


def of_torch(prior: GaussianMixture) -> MixtureSameFamily:
    parts = MultivariateNormal(prior.means, scale_tril=prior.cholesky)
    return MixtureSameFamily(Categorical(logits=prior.log_weights), parts)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


@pytest.fixture(scope="module")
def folder(digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of digits that was trained for a moment."""
    path = tmp_path_factory.mktemp("checkpoints") / "digits"
    model = ModelConfig(network="mlp", latent_dim=DIMENSIONS, image_size=8, likelihood="gaussian", hidden_units=32)
    train(digits, model, TrainConfig(data="digits", epochs=15, batch_size=64, learning_rate=3e-3), path, device="cpu")
    return path


@pytest.mark.parametrize("shape", [(5,), (2, 5), (3, 2, 5)])
def test_a_mixtures_density_is_that_of_torch_distributions(shape: tuple[int, ...]) -> None:
    prior = mixture()
    z = 3 * torch.randn(*shape, DIMENSIONS, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(prior.log_prob(z), of_torch(prior).log_prob(z))


def test_a_mixtures_draws_have_its_moments_and_come_again_with_the_same_seed() -> None:
    prior = mixture()
    draws = prior.sample(40_000, torch.Generator().manual_seed(0))
    expected = of_torch(prior)
    error = expected.stddev / math.sqrt(len(draws))
    assert ((draws.mean(0) - expected.mean).abs() < 4 * error).all()
    torch.testing.assert_close(draws.var(0), expected.variance, rtol=0.05, atol=0)
    assert torch.equal(draws, prior.sample(40_000, torch.Generator().manual_seed(0)))


def test_the_standard_prior_is_the_standard_normal() -> None:
    prior = StandardNormal(DIMENSIONS)
    draws = prior.sample(40_000, torch.Generator().manual_seed(0))
    assert draws.mean(0).abs().max() < 0.03
    torch.testing.assert_close(draws.T.cov(), torch.eye(DIMENSIONS), rtol=0, atol=0.03)
    unit = MultivariateNormal(torch.zeros(DIMENSIONS), torch.eye(DIMENSIONS))
    torch.testing.assert_close(prior.log_prob(draws), unit.log_prob(draws))


def test_a_fitted_prior_makes_held_out_images_more_likely(digits: Dataset, folder: Path) -> None:
    model = load_checkpoint(folder).model
    prior = fit_prior(model, digits)
    assert len(prior.log_weights) > 1
    found = evaluate(model, load_dataset("digits", "test"), samples=200, likelihood_images=100, prior=prior)
    assert found.fitted_prior_elbo is not None
    assert found.fitted_prior_elbo > found.elbo
    assert found.fitted_prior_negative_log_likelihood is not None
    assert found.fitted_prior_negative_log_likelihood < found.negative_log_likelihood
    assert found.fitted_prior_negative_log_likelihood < -found.fitted_prior_elbo
    without = evaluate(model, load_dataset("digits", "test"), samples=200, likelihood_images=100)
    assert (without.elbo, without.negative_log_likelihood) == (found.elbo, found.negative_log_likelihood)
    assert without.fitted_prior_elbo is without.fitted_prior_negative_log_likelihood is None


def test_the_same_seed_fits_the_same_prior(digits: Dataset, folder: Path) -> None:
    model = load_checkpoint(folder).model
    one, other = fit_prior(model, digits, seed=3), fit_prior(model, digits, seed=3)
    assert torch.equal(one.means, other.means)
    assert torch.equal(one.cholesky, other.cholesky)


def test_a_mixture_is_the_one_that_scikit_learn_has_fitted(digits: Dataset, folder: Path) -> None:
    """By its density of draws that it has not seen: as likely as scikit-learn says of its own of equal size."""
    model = load_checkpoint(folder).model
    prior = fit_prior(model, digits)
    posterior = model.posterior(digits.batch(torch.arange(len(digits))))
    learned, judged = (posterior.sample(torch.Generator().manual_seed(seed)).detach().numpy() for seed in (1, 2))
    rival = ScikitMixture(len(prior.log_weights), random_state=0, max_iter=300).fit(learned)
    ours = prior.log_prob(torch.from_numpy(judged)).mean().item()
    assert ours == pytest.approx(rival.score(judged), abs=0.1)


def widened(model: VAE, dimensions: int, used: list[int]) -> VAE:
    """A model that says of images what another does, in the dimensions `used`, and in the others N(0, 1) of each."""
    wide = build_model(model.config.model_copy(update={"latent_dim": dimensions}), seed=0)
    layers = [[layer for layer in one.encoder.modules() if isinstance(layer, nn.Linear)] for one in (model, wide)]
    with torch.no_grad():
        for given, own in zip(*layers, strict=True):
            outputs = [*used, *(dimensions + place for place in used)] if own is layers[1][-1] else slice(None)
            own.weight.zero_()[outputs] = given.weight
            own.bias.zero_()[outputs] = given.bias
    return wide


def test_dimensions_that_have_collapsed_take_nothing_from_the_fit_of_the_others(digits: Dataset, folder: Path) -> None:
    narrow = load_checkpoint(folder).model
    used = [3, 17, 30]
    unused = [dimension for dimension in range(40) if dimension not in used]
    wide = widened(narrow, 40, used)
    alone, prior = fit_prior(narrow, digits), fit_prior(wide, digits)
    assert not prior.means[:, unused].any()
    assert (prior.cholesky[:, unused] == torch.eye(40)[unused]).all()
    every = digits.batch(torch.arange(len(digits)))
    judged = wide.posterior(every).sample(torch.Generator().manual_seed(1)).detach()
    expected = alone.log_prob(judged[:, used]) + StandardNormal(len(unused)).log_prob(judged[:, unused])
    assert prior.log_prob(judged).mean().item() == pytest.approx(expected.mean().item(), abs=0.03)


def test_where_all_dimensions_have_collapsed_the_prior_is_about_standard(digits: Dataset) -> None:
    model = build_model(ModelConfig(network="mlp", latent_dim=4, image_size=8, hidden_units=8), seed=0)
    with torch.no_grad():
        for parameter in model.encoder.parameters():
            parameter.zero_()
    prior, standard = fit_prior(model, digits), StandardNormal(4)
    z = standard.sample(2000, torch.Generator().manual_seed(0))
    assert prior.log_prob(z).mean().item() == pytest.approx(standard.log_prob(z).mean().item(), abs=0.01)


@pytest.mark.parametrize("images", [1, 2, 3, 9])
def test_few_images_have_a_prior_as_well(digits: Dataset, folder: Path, images: int) -> None:
    few = Dataset("few", "train", digits.images[:images], digits.labels[:images], digits.class_names, "0" * 64)
    prior = fit_prior(load_checkpoint(folder).model, few)
    assert prior.log_prob(prior.sample(10, torch.Generator().manual_seed(0))).isfinite().all()


def test_encodings_that_are_no_numbers_are_told(digits: Dataset, folder: Path) -> None:
    model = load_checkpoint(folder).model
    with torch.no_grad():
        next(model.encoder.parameters()).fill_(torch.nan)
    with pytest.raises(DivergedError, match="encodings of digits"):
        fit_prior(model, digits)


@pytest.mark.parametrize("posterior", ["diagonal", "full"])
def test_the_log_ratio_is_the_kl_to_a_single_gaussian(digits: Dataset, posterior: str) -> None:
    config = ModelConfig.parse(
        {"network": "mlp", "latent_dim": 2, "image_size": 8, "posterior": posterior, "hidden_units": 8}
    )
    model, prior = build_model(config, seed=1), mixture(components=1, dimensions=2)
    every = torch.arange(len(digits))
    ratio = torch.stack([image_terms(model, digits, every, seed, prior=prior).prior_log_ratio for seed in range(8)])
    found = model.posterior(digits.batch(every))
    factors: Tensor = getattr(found, "cholesky", torch.diag_embed((found.log_variance / 2).exp()))
    single = MultivariateNormal(prior.means[0], scale_tril=prior.cholesky[0])
    exact = kl_divergence(MultivariateNormal(found.mean, scale_tril=factors), single).mean().item()
    error = (ratio.std() / math.sqrt(ratio.numel())).item()
    assert ratio.mean().item() == pytest.approx(exact, abs=4 * error)


def test_a_prior_is_kept_and_read_again(tmp_path: Path) -> None:
    prior = mixture()
    write_prior(tmp_path, prior)
    found = read_prior(tmp_path, DIMENSIONS)
    assert found is not None
    assert all(torch.equal(getattr(found, name), getattr(prior, name)) for name in ("log_weights", "means", "cholesky"))
    assert read_prior(tmp_path / "elsewhere", DIMENSIONS) is None


def change(name: str, value: Tensor) -> dict[str, Tensor]:
    prior = mixture()
    return {"log_weights": prior.log_weights, "means": prior.means, "cholesky": prior.cholesky} | {name: value}


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        (change("more", torch.zeros(1)), "expected log_weights, means, cholesky"),
        (change("means", torch.zeros(4, 2)), "no mixture over 3 latent dimensions"),
        (change("cholesky", torch.zeros(4, 3, 3)), "no density"),
        (change("means", torch.full((4, 3), torch.nan)), "no density"),
        (change("log_weights", torch.zeros(0)), "no mixture"),
        (change("log_weights", torch.zeros(4, 1)), "no mixture"),
        (change("means", torch.zeros(4, 3, dtype=torch.float64)), "no density"),
    ],
)
def test_what_is_no_prior_is_refused_by_its_name(tensors: dict[str, Tensor], words: str, tmp_path: Path) -> None:
    write_tensors(tmp_path / PRIOR_FILE, tensors)
    with pytest.raises(CheckpointError, match=words) as caught:
        read_prior(tmp_path, DIMENSIONS)
    assert PRIOR_FILE in str(caught.value)


def test_a_checkpoint_draws_images_from_either_prior(tmp_path: Path) -> None:
    config = ModelConfig(network="mlp", latent_dim=DIMENSIONS, image_size=8, hidden_units=8)
    data = DataDescription(name="digits", fingerprint="0" * 64, images=1)
    save_checkpoint(tmp_path / "mine", build_model(config, seed=0), TrainConfig(data="digits"), data)
    bare = load_checkpoint(tmp_path / "mine")
    with pytest.raises(UserError, match=r"mine has no fitted prior.*fit-prior"):
        bare.sample(1, torch.Generator())
    write_prior(tmp_path / "mine", mixture())
    checkpoint = load_checkpoint(tmp_path / "mine")
    names: tuple[PriorName, ...] = ("fitted", "standard")
    for prior in names:
        images = checkpoint.sample(450, torch.Generator().manual_seed(0), prior=prior)
        assert images.shape == (450, 1, 8, 8)
        latents = checkpoint.prior(prior).sample(450, torch.Generator().manual_seed(0))
        torch.testing.assert_close(images[-1:], VAE.decode(checkpoint.model, latents[-1:]))


def test_new_weights_forget_the_prior_of_the_old(digits: Dataset, folder: Path, tmp_path: Path) -> None:
    summary = load_checkpoint(folder).summary
    asked = iter([False, False, True])
    first = train(
        digits, summary.model, summary.training, tmp_path / "run", device="cpu", should_stop=lambda: next(asked, True)
    )
    assert first.outcome == "stopped"
    write_prior(tmp_path / "run", mixture())
    for name in (METRICS_FILE, CARD_FILE):
        (tmp_path / "run" / name).write_text("{}")
    train(digits, summary.model, summary.training, tmp_path / "run", device="cpu", resume=True)
    assert load_checkpoint(tmp_path / "run").fitted_prior is None
    assert load_checkpoint(tmp_path / "run").summary.metrics is None
    assert not (tmp_path / "run" / CARD_FILE).exists()


def test_a_map_of_earlier_weights_keeps_its_prior(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["project", str(folder), "--data", "digits", "--method", "pca"]) == 0
    manifest = folder / EXPLORER_MANIFEST
    before = manifest.read_bytes()
    assert main(["fit-prior", str(folder), "--data", "digits", "--seed", "1"]) == 0
    assert "earlier weights" not in capsys.readouterr().out
    assert manifest.read_bytes() != before
    before = manifest.read_bytes()
    tensors, _ = read_tensors(folder / WEIGHTS_FILE)
    write_tensors(folder / WEIGHTS_FILE, {name: 1.1 * values for name, values in tensors.items()})
    assert main(["fit-prior", str(folder), "--data", "digits"]) == 0
    assert "Its map is of earlier weights and stays as it is" in capsys.readouterr().out
    assert manifest.read_bytes() == before


def test_the_command_fits_it_and_the_figures_have_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit-prior", str(folder), "--data", "digits", "--json"]) == 0
    components = json.loads(capsys.readouterr().out)["components"]
    assert len(read_tensors(folder / PRIOR_FILE)[0]["log_weights"]) == components
    measured = ["evaluate", str(folder), "--data", "digits", "--samples", "50", "--likelihood-images", "20"]
    assert main(measured) == 0
    assert "Under the fitted prior: ELBO" in capsys.readouterr().out
    figures = json.loads((folder / "metrics.json").read_text())
    assert np.isfinite([figures["fitted_prior_elbo"], figures["fitted_prior_negative_log_likelihood"]]).all()
    assert "ELBO under the fitted prior" in (folder / "README.md").read_text()


def test_figures_under_a_prior_go_with_it(folder: Path) -> None:
    measured = ["evaluate", str(folder), "--data", "digits", "--samples", "2", "--likelihood-images", "2"]
    fitted = ["fit-prior", str(folder), "--data", "digits", "--seed"]
    assert [main([*fitted, "0"]), main(measured)] == [0, 0]
    before = {name: (folder / name).read_bytes() for name in (METRICS_FILE, CARD_FILE)}
    assert main([*fitted, "0"]) == 0
    assert {name: (folder / name).read_bytes() for name in before} == before, "it is the same prior"
    write_card(folder, to_know="Images blur.")
    assert main([*fitted, "1"]) == 0
    figures = json.loads((folder / METRICS_FILE).read_text())
    under_it = {name: None for name in figures if name.startswith("fitted_prior_")}
    assert len(under_it) == 4
    assert figures == json.loads(before[METRICS_FILE]) | under_it
    card = (folder / CARD_FILE).read_text()
    assert "fitted prior" not in card
    assert "| ELBO |" in card
    assert "Images blur." in card
