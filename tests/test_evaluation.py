"""Figures of a model: against scikit-learn and numpy, for all images alike, on devices without float64."""

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from vae_core.checkpoint.weights import build_model
from vae_core.config import ModelConfig
from vae_core.data.dataset import Dataset
from vae_core.errors import DivergedError
from vae_core.evaluation import (
    active_units,
    evaluate,
    image_terms,
    label_agreement,
    mean_log_likelihood,
    standard_error,
)
from vae_core.explorer_files.latent_map import encode_images
from vae_core.model.vae import VAE
from vae_core.progress import Progress
from vae_core.training.epoch import fit_variance

MODEL = ModelConfig(network="mlp", latent_dim=3, image_size=8, hidden_units=16, likelihood="bernoulli")


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def class_after_class(count: int) -> Dataset:
    """Black images first, noise after them: their likelihoods differ by hundreds of nats."""
    images = torch.zeros(count, 1, 8, 8, dtype=torch.uint8)
    half = count // 2
    images[half:] = torch.randint(0, 256, (count - half, 1, 8, 8), generator=torch.Generator().manual_seed(0))
    labels = (torch.arange(count) >= half).long()
    return Dataset("halves", "test", images, labels, ("black", "noise"), "0" * 64)


def sure_of_black(**settings: Any) -> VAE:
    model = build_model(ModelConfig.parse(MODEL.model_dump() | settings), seed=0)
    with torch.no_grad():
        model.decoder[0][-1].bias.fill_(-3)  # type: ignore[index]
        model.encoder[1][-1].weight.mul_(4)  # type: ignore[index]
    return model.eval()


@pytest.mark.parametrize(("points", "neighbours"), [(2500, 10), (6, 10), (40, 3)])
def test_label_agreement_is_that_of_scikit_learns_neighbours(points: int, neighbours: int) -> None:
    latents = random(points, 4).float()
    labels = torch.randint(0, 3, (points,), generator=torch.Generator().manual_seed(1))
    latents[labels == 2] += 1.5
    index = NearestNeighbors(n_neighbors=min(neighbours, points - 1)).fit(latents.numpy())
    found = index.kneighbors(return_distance=False)
    expected = (labels.numpy()[found] == labels.numpy()[:, None]).mean()
    assert label_agreement(latents, labels, neighbours) == pytest.approx(expected, abs=1e-9)


def test_one_point_agrees_with_nobody() -> None:
    assert np.isnan(label_agreement(torch.zeros(1, 2), torch.zeros(1, dtype=torch.long)))


def test_active_units_are_those_whose_means_vary_over_the_data() -> None:
    means = random(5000, 4) * torch.tensor([1.0, 0.11, 0.09, 0.0], dtype=torch.float64) + 3
    assert active_units(means).tolist() == (np.var(means.numpy(), axis=0) > 0.01).tolist()
    assert active_units(means).tolist() == [True, True, False, False]


def test_the_standard_error_is_numpys_and_unknown_of_one() -> None:
    values = random(37)
    expected = np.std(values.numpy(), ddof=1) / np.sqrt(37)
    assert standard_error(values) == pytest.approx(expected, rel=1e-12)
    assert standard_error(values[:1]) is None


def population(count: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Each image's ELBO by one sample, its ELBO by many, and log p(x): the gap is small and goes with the ELBO."""
    own = 30 * random(count, seed=seed)
    many = own + 0.3 * random(count, seed=seed + 1)
    return own + 3 * random(count, seed=seed + 2), many, many + 4 - 0.05 * own + random(count, seed=seed + 3)


def test_the_mean_log_likelihood_is_unbiased_and_its_error_is_that_of_repeated_measurements() -> None:
    means, errors = [], []
    for trial in range(400):
        elbo, many, log_likelihood = population(1000, 10 * trial)
        chosen = torch.randperm(1000, generator=torch.Generator().manual_seed(trial))[:100]
        mean, error = mean_log_likelihood(elbo, chosen, log_likelihood[chosen], many[chosen])
        assert error is not None
        means.append(mean)
        errors.append(error)
    assert np.mean(means) == pytest.approx(4, abs=4 * float(np.std(means)) / 20)
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.12)
    assert np.mean(errors) < 0.5 * 30 / np.sqrt(100)  # that of the hundred alone


def test_where_every_image_is_measured_the_mean_is_theirs() -> None:
    elbo, many, log_likelihood = population(50, 0)
    mean, error = mean_log_likelihood(elbo, torch.arange(50), log_likelihood, many)
    assert mean == pytest.approx(log_likelihood.mean().item())
    assert error == pytest.approx(np.std(log_likelihood.numpy(), ddof=1) / np.sqrt(50))
    assert mean_log_likelihood(elbo, torch.tensor([3]), log_likelihood[3:4], many[3:4])[1] is None


def test_a_few_images_speak_for_a_data_set_that_lies_class_by_class() -> None:
    model, halves = sure_of_black(), class_after_class(1200)
    few = evaluate(model, halves, samples=20, likelihood_images=100)
    every = evaluate(model, halves, samples=20)
    assert (few.likelihood_images, every.likelihood_images) == (100, 1200)
    assert (few.elbo, few.elbo_standard_error) == (every.elbo, every.elbo_standard_error)
    terms = image_terms(model, halves, torch.arange(1200), seed=0)
    assert every.elbo_standard_error == pytest.approx(np.std(terms.elbo.numpy(), ddof=1) / np.sqrt(1200))
    assert few.negative_log_likelihood_standard_error is not None
    difference = abs(few.negative_log_likelihood - every.negative_log_likelihood)
    assert difference < 0.5  # the first hundred alone are off by some 80 nats
    assert few.negative_log_likelihood < -few.elbo


def test_every_image_is_encoded_once_and_progress_stays_within_its_total(monkeypatch: pytest.MonkeyPatch) -> None:
    model = sure_of_black()
    told: list[Progress] = []
    encoded: list[int] = []
    posterior = model.posterior

    def count(x: Tensor) -> Any:
        encoded.append(len(x))
        return posterior(x)

    monkeypatch.setattr(model, "posterior", count)
    evaluate(model, class_after_class(1037), samples=70, likelihood_images=37, progress=told.append)
    assert sum(encoded) == 1037 + 37
    assert max(encoded[-10:]) * 70 <= 210
    for stage, total in (("Measuring images", 1037), ("Estimating likelihoods", 37)):
        steps = [entry for entry in told if entry.stage == stage]
        assert [entry.total for entry in steps] == [total] * len(steps)
        assert [entry.done for entry in steps] == sorted({entry.done for entry in steps})
        assert steps[-1] == Progress(stage, total, total)


def test_a_model_without_finite_figures_is_told_as_diverged() -> None:
    model = sure_of_black()
    with torch.no_grad():
        model.decoder[0][-1].bias[0] = torch.nan  # type: ignore[index]
    with pytest.raises(DivergedError, match=r"ELBO on halves is nan. Lower the learning rate"):
        evaluate(model, class_after_class(10), samples=2)


STAND_IN = "meta"  # the one device beside the CPU that every build of PyTorch knows


class Elsewhere(torch.Tensor):
    """A tensor that says it is on an accelerator, and holds its numbers on the CPU."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> "Elsewhere":
        if held.dtype == torch.float64:
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64")
        made = torch.Tensor._make_wrapper_subclass(
            cls, held.shape, strides=held.stride(), dtype=held.dtype, device=torch.device(STAND_IN)
        )
        made.held = held
        return made

    @classmethod
    def __torch_dispatch__(cls, function: Any, _types: Any, _arguments: Any = (), _options: Any = None) -> Any:
        raise AssertionError(f"{function} on a device that is not there")


class WithoutFloat64(TorchDispatchMode):
    """An accelerator like Apple's: everything runs there but float64."""

    def __torch_dispatch__(self, function: Any, _types: Any, arguments: Any = (), options: Any = None) -> Any:
        options = options or {}
        device = options.get("device")
        there = any(isinstance(value, Elsewhere) for value in torch.utils._pytree.tree_leaves((arguments, options)))
        if device is not None:
            there = torch.device(device).type == STAND_IN
            options = options | {"device": "cpu"}
        arguments, options = tree_map(lambda v: v.held if isinstance(v, Elsewhere) else v, (arguments, options))
        result = function(*arguments, **options)
        return tree_map(lambda v: Elsewhere(v) if there and isinstance(v, Tensor) else v, result)


@pytest.mark.parametrize(
    "settings", [{}, {"likelihood": "gaussian", "variance": "optimal"}, {"likelihood": "continuous-bernoulli"}]
)
def test_float64_is_needed_on_the_cpu_alone(settings: dict[str, Any]) -> None:
    model, halves = sure_of_black(**settings), class_after_class(60)
    fit_variance(model, halves, torch.arange(60), seed=0)
    expected = evaluate(model, halves, samples=20, likelihood_images=30)
    encoding = encode_images(model, halves, torch.arange(60))
    with WithoutFloat64(), torch.no_grad():
        for module in model.modules():
            for held in (module._parameters, module._buffers):
                held.update({name: Elsewhere(tensor.detach()) for name, tensor in held.items()})  # type: ignore[misc,union-attr]
        with pytest.raises(TypeError, match="float64"):
            next(model.parameters()).double()
        fit_variance(model, halves, torch.arange(60), seed=0)
        assert evaluate(model, halves, samples=20, likelihood_images=30) == expected
        there = encode_images(model, halves, torch.arange(60))
    torch.testing.assert_close(there.kl_per_dimension, encoding.kl_per_dimension)
