"""Binarised images: white as often as their grey says, the same for whoever asks, drawn anew where that is wanted."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.small_training import few, files, model, training
from vae_core import load_checkpoint, load_dataset, train
from vae_core.binarisation import binarised, thresholds_of_images, thresholds_of_step
from vae_core.checkpoint.card import card_text
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.data.dataset import Dataset
from vae_core.errors import ConfigError
from vae_core.evaluation import evaluate
from vae_core.model.vae import VAE, training_loss
from vae_core.training import loop

IMAGE = (1, 8, 8)
EXACT = model(likelihood="bernoulli")


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


def test_a_number_is_white_as_often_as_its_grey_says() -> None:
    grey = torch.linspace(0, 1, 64).reshape(IMAGE).expand(4000, *IMAGE)
    for thresholds in (thresholds_of_images(torch.arange(4000), IMAGE, "test"), thresholds_of_step(4000, IMAGE, 0, 0)):
        drawn = binarised(grey, thresholds)
        assert set(drawn.unique().tolist()) == {0.0, 1.0}
        deviation = (grey[0] * (1 - grey[0]) / 4000).sqrt()
        assert ((drawn.mean(0) - grey[0]).abs() <= 4.5 * deviation).all()  # and black and white stay what they are


def test_an_image_that_is_drawn_once_is_the_same_whoever_asks(digits: Dataset) -> None:
    seen, order = digits.as_seen(training(binarise="fixed")), torch.tensor([7, 300, 2])
    assert torch.equal(seen.batch(order), seen.batch(torch.arange(301))[order])
    assert torch.equal(seen.batch(order), digits.as_seen(training(binarise="dynamic", seed=5)).batch(order))
    assert torch.equal(seen.grey(order), digits.batch(order))
    assert seen.batch(torch.tensor([], dtype=torch.int64)).shape == (0, *IMAGE)
    drawn = [
        thresholds_of_images(torch.tensor([place]), IMAGE, split) for place in (0, 1) for split in ("train", "test")
    ]
    assert len({one.numpy().tobytes() for one in drawn}) == 4


def test_each_step_draws_its_own_unless_they_are_fixed(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whites: list[float] = []

    def heard(model: VAE, x: Tensor, *others: Any, **settings: Any) -> Any:
        assert set(x.unique().tolist()) == {0.0, 1.0}
        whites.append(x.sum().item())
        return training_loss(model, x, *others, **settings)

    monkeypatch.setattr(loop, "training_loss", heard)
    for way, different in (("fixed", 1), ("dynamic", 4)):
        settings = training(binarise=way, epochs=4, batch_size=100, validation_fraction=0.0)
        train(few(digits, 100), EXACT, settings, tmp_path / way)
        assert len(set(whites)) == different  # each step sees all images
        whites.clear()


@pytest.mark.parametrize("way", ["dynamic", "fixed"])
def test_a_run_on_binarised_images_resumes_to_the_same_bits(digits: Dataset, tmp_path: Path, way: str) -> None:
    data, settings = few(digits, 600), training(batch_size=64, binarise=way, rotation=20.0)
    train(data, EXACT, settings, tmp_path / "whole")
    steps = iter(range(13))
    stopped = train(data, EXACT, settings, tmp_path / "stopped", should_stop=lambda: next(steps, None) is None)
    assert stopped.outcome == "stopped"
    assert train(data, EXACT, settings, tmp_path / "stopped", resume=True).outcome == "finished"
    assert files(tmp_path / "stopped") == files(tmp_path / "whole")


def test_a_model_is_measured_on_what_it_was_trained_on(digits: Dataset, tmp_path: Path) -> None:
    settings = training(binarise="dynamic")
    result = train(digits, EXACT, settings, tmp_path / "run")
    trained, last = load_checkpoint(result.path).model, result.history[-1]
    binary, grey = (evaluate(trained, seen, samples=10) for seen in (digits.as_seen(settings), digits))
    assert binary.mean_square_error == pytest.approx(last.mean_square_error, rel=0.1)
    assert grey.mean_square_error < 0.7 * last.mean_square_error
    card = card_text(read_checkpoint(result.path))
    assert "binarised, each pixel white with the chance that its grey tells" in card
    assert "no density" not in card.replace("not a density", "no density")


def test_densities_have_no_binarised_images(digits: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="take the bernoulli likelihood, not gaussian") as caught:
        train(few(digits, 50), model(), training(binarise="fixed"), tmp_path / "run")
    assert caught.value.field == "binarise"
    assert not (tmp_path / "run").exists()
