"""Which weights of a run are shown and kept: the better of raw and averaged, with the variance fitted to them."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.small_training import few, model, saved_state, training
from vae_core import ModelConfig, TrainConfig, load_checkpoint, load_dataset, train
from vae_core.data.dataset import Dataset
from vae_core.evaluation import evaluate_bound
from vae_core.model.vae import VAE
from vae_core.training.epoch import Images, fit_variance, keep_saved_state
from vae_core.training.events import EpochEnded, Event
from vae_core.training.state import RunState, averaging_decay


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


def validation_elbo(dataset: Dataset, settings: TrainConfig, vae: VAE) -> float:
    return evaluate_bound(vae.eval(), dataset, Images(dataset, settings).validation, settings.seed).elbo


@pytest.mark.parametrize("variance", [0.02, "optimal"])
def test_averaged_weights_never_validate_worse_than_those_that_move(
    digits: Dataset, tmp_path: Path, variance: Any
) -> None:
    """Three steps an epoch with a decay of 0.98: an average that begins at the random weights lags for 40 epochs."""
    data, config = few(digits, 200), model(variance=variance)
    settings = training(epochs=6, batch_size=64, ema_decay=0.98, validation_fraction=0.1, learning_rate=0.01)
    shown: list[float] = []
    raw: list[float] = []

    def look(vae: VAE) -> None:
        shown.append(validation_elbo(data, settings, vae))
        state = saved_state(tmp_path / "run", config, settings)
        raw.append(validation_elbo(data, settings, state.model))

    result = train(data, config, settings, tmp_path / "run", watch=look)
    assert len(shown) == 6
    assert all(one >= other for one, other in zip(shown, raw, strict=True))
    assert [metrics.watched_elbo for metrics in result.history] == pytest.approx(shown)
    kept = load_checkpoint(tmp_path / "run").model
    assert validation_elbo(data, settings, kept) == pytest.approx(shown[-1], rel=1e-3)
    state = saved_state(tmp_path / "run", config, settings)
    for metrics in result.history:
        assert metrics.weights in ("raw", "averaged")
    name = result.history[-1].weights
    assert name is not None
    expected = state.candidates[name].state_dict()
    assert all(torch.equal(t, expected[n]) for n, t in kept.state_dict().items() if n != "head.log_variance")


def test_the_average_wins_once_the_weights_only_jitter(digits: Dataset, tmp_path: Path) -> None:
    settings = training(
        epochs=5, batch_size=16, ema_decay=0.98, validation_fraction=0.2, learning_rate=0.03, schedule="constant"
    )
    result = train(digits, model(variance=0.02), settings, tmp_path / "run")
    assert [metrics.weights for metrics in result.history] == ["averaged"] * 5


def test_without_validation_a_fixed_sample_of_the_training_images_decides(digits: Dataset, tmp_path: Path) -> None:
    data, settings = few(digits, 200), training(epochs=2, batch_size=64, ema_decay=0.98, validation_fraction=0)
    result = train(data, model(variance=0.02), settings, tmp_path / "run")
    watched = Images(data, settings).watched
    state = saved_state(tmp_path / "run", model(variance=0.02), settings)
    elbos = {name: evaluate_bound(vae, data, watched, settings.seed).elbo for name, vae in state.candidates.items()}
    assert result.history[-1].watched_elbo == max(elbos.values())
    assert elbos[result.history[-1].weights or "raw"] == max(elbos.values())


def test_the_average_begins_at_the_first_weights_it_sees() -> None:
    settings = training(ema_decay=0.999)
    state = RunState(model(), settings, torch.device("cpu"))
    seen = []
    for step in range(30):
        with torch.no_grad():
            for parameter in state.model.parameters():
                parameter.fill_(float(step + 1))
        state.average()
        state.position.step += 1
        assert state.averaged is not None
        seen.append(next(state.averaged.parameters()).flatten()[0].item())
    assert seen[0] == 1.0
    expected = 1.0
    for step in range(1, 30):  # the textbook average with its warmed-up decay
        decay = min(0.999, step / (step + 9))
        expected = decay * expected + (1 - decay) * (step + 1)
    assert seen[-1] == pytest.approx(expected, rel=1e-5)
    assert averaging_decay(0.98, 10_000) == 0.98


def stop_at_once(digits: Dataset, config: ModelConfig, settings: TrainConfig, folder: Path, steps: int) -> None:
    left = iter(range(steps - 1))
    result = train(digits, config, settings, folder, should_stop=lambda: next(left, None) is None)
    assert result.outcome == "stopped"


@pytest.mark.parametrize("ema_decay", [0.0, 0.9])
def test_sigma_is_fitted_when_a_run_is_kept_within_an_epoch(digits: Dataset, tmp_path: Path, ema_decay: float) -> None:
    config, settings = model(variance="optimal"), training(ema_decay=ema_decay)
    stop_at_once(digits, config, settings, tmp_path / "run", steps=3)
    assert keep_saved_state(tmp_path / "run", digits, config, settings) == 3
    kept = load_checkpoint(tmp_path / "run").model
    images = Images(digits, settings)
    error = evaluate_bound(kept, digits, images.training, seed=1).mean_square_error
    assert kept.head.variance == pytest.approx(error, rel=0.02)
    assert kept.head.variance != pytest.approx(0.1, rel=0.05)
    state = saved_state(tmp_path / "run", config, settings)
    for vae in state.candidates.values():
        fit_variance(vae, digits, images.training, settings.seed)
        assert validation_elbo(digits, settings, kept) >= validation_elbo(digits, settings, vae) - 1e-3


@pytest.mark.parametrize("patience", [0, 1])
def test_sigma_is_fitted_to_all_training_images_when_a_run_ends(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: int
) -> None:
    """Early stopped or not, the best epoch restored or not."""
    monkeypatch.setattr("vae_core.training.epoch.SAMPLED_IMAGES", 60)
    config = model(variance="optimal")
    settings = training(epochs=8, patience=patience, validation_fraction=0.2, learning_rate=0.05, schedule="constant")
    result = train(digits, config, settings, tmp_path / "run")
    assert result.outcome == ("early-stopped" if patience else "finished")
    kept = load_checkpoint(tmp_path / "run").model
    images = Images(digits, settings)
    assert (len(images.sampled), len(images.training)) == (60, int(len(digits) * 0.8))
    fitted = kept.head.variance
    fit_variance(kept, digits, images.training, settings.seed)
    assert kept.head.variance == fitted
    fit_variance(kept, digits, images.sampled, settings.seed)
    assert kept.head.variance != fitted


def test_a_better_epoch_before_is_kept_rather_than_a_worse_state_after_it(digits: Dataset, tmp_path: Path) -> None:
    data, config = few(digits, 200), model(variance=0.01)
    settings = training(epochs=50, patience=50, validation_fraction=0.2, learning_rate=0.03, schedule="constant")
    ended: list[Event] = []
    train(
        data,
        config,
        settings,
        tmp_path / "run",
        listener=lambda event: ended.append(event) if isinstance(event, EpochEnded) else None,
        should_stop=lambda: len(ended) >= 40,
    )
    best = max(event.metrics.watched_elbo for event in ended if isinstance(event, EpochEnded))
    keep_saved_state(tmp_path / "run", data, config, settings)
    kept = validation_elbo(data, settings, load_checkpoint(tmp_path / "run").model)
    assert kept >= best - 1e-6 * abs(best)


def test_images_that_lie_class_by_class_are_sampled_from_every_class(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vae_core.training.epoch.SAMPLED_IMAGES", 100)
    order = digits.labels.argsort(stable=True)
    sorted_digits = dataclasses.replace(digits, images=digits.images[order], labels=digits.labels[order])
    images = Images(sorted_digits, training())
    counts = torch.bincount(sorted_digits.labels[images.sampled], minlength=10)
    assert counts.sum() == 100
    assert counts.min() >= 8
    assert not set(images.sampled.tolist()) & set(images.validation.tolist())
    assert torch.equal(images.sampled, Images(sorted_digits, training()).sampled)


def test_patience_ends_early_and_keeps_the_best_epoch(digits: Dataset, tmp_path: Path) -> None:
    sparse = dataclasses.replace(digits, images=digits.images[::16], labels=digits.labels[::16])
    settings = training(epochs=400, patience=2, learning_rate=0.02, schedule="constant", validation_fraction=0.2)
    result = train(sparse, model(variance=0.01), settings, tmp_path / "run")
    assert result.outcome == "early-stopped"
    elbos = [metrics.validation.bound for metrics in result.history if metrics.validation]
    best = max(elbos)
    assert len(elbos) == elbos.index(best) + 1 + 2
    kept = load_checkpoint(tmp_path / "run").model
    assert validation_elbo(sparse, settings, kept) == pytest.approx(best, rel=1e-6)
