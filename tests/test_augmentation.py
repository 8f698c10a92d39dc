"""Variants of training images: the right pixels, drawn by address, seen by training alone, on where images are few."""

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as vision

from tests.small_training import few, files, model, training
from vae_core import load_dataset, train
from vae_core.augmentation import FEW, Drawn, _inverse, draw, in_words, is_varied, suggested, varied
from vae_core.config import TrainConfig
from vae_core.data.dataset import Dataset
from vae_core.training import loop
from vae_core.training.events import Event, Stepped
from vae_core.training.variants import Variants

CPU = torch.device("cpu")
EVERYTHING: dict[str, Any] = {
    "shift": 0.1,
    "rotation": 20.0,
    "scale": 0.2,
    "mirror": "on",
    "brightness": 0.3,
    "contrast": 0.4,
}


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


def pictures(count: int, channels: int = 3, side: int = 16, margin: int = 0) -> Tensor:
    """Soft noise, within a black margin."""
    small = torch.rand(count, channels, 5, 5, generator=torch.Generator().manual_seed(0))
    soft = torch.nn.functional.interpolate(small, size=side - 2 * margin, mode="bilinear")
    return torch.nn.functional.pad(soft, (margin,) * 4)


def one(angle: float = 0.0, scale: float = 1.0, across: float = 0.0, down: float = 0.0, flip: float = 1.0) -> Drawn:
    numbers = (np.array([number]) for number in (angle, scale, across, down, flip))
    return Drawn(_inverse(*numbers), None, None)


@pytest.mark.parametrize(
    ("degrees", "scale", "pixels"), [(0, 1.0, (2, -1)), (25, 1.0, (0, 0)), (0, 0.8, (0, 0)), (-17, 1.15, (1, 2))]
)
def test_a_moved_turned_and_scaled_image_is_torchvisions(degrees: float, scale: float, pixels: tuple[int, int]) -> None:
    x = pictures(1, side=32, margin=11)
    drawn = one(math.radians(degrees), scale, *(2 * shift / 32 for shift in pixels))
    expected = vision.affine(x, degrees, list(pixels), scale, [0.0], InterpolationMode.BILINEAR)
    torch.testing.assert_close(Variants(drawn, CPU).of(x, torch.tensor([0])), expected, atol=2e-5, rtol=0)


def test_a_mirrored_image_is_torchvisions() -> None:
    x = pictures(1)
    torch.testing.assert_close(
        Variants(one(flip=-1.0), CPU).of(x, torch.tensor([0])), vision.horizontal_flip(x), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_another_light_is_torchvisions(channels: int) -> None:
    x = 0.6 * pictures(1, channels)
    for factor in (0.7, 1.25):
        number = np.array([factor], np.float32)
        brighter = Variants(Drawn(None, number, None), CPU).of(x, torch.tensor([0]))
        torch.testing.assert_close(brighter, vision.adjust_brightness(x, factor), atol=1e-5, rtol=0)
        stronger = Variants(Drawn(None, None, number), CPU).of(x, torch.tensor([0]))
        # torchvision's weights of red, green and blue add up to 0.9999.
        torch.testing.assert_close(stronger, vision.adjust_contrast(x, factor), atol=1e-4, rtol=0)


@pytest.mark.parametrize("channels", [1, 3])
def test_what_the_page_shows_is_what_training_sees(channels: int) -> None:
    x = pictures(40, channels)
    drawn = draw(training(**EVERYTHING), 3, 40)
    seen = Variants(drawn, CPU).of(x, torch.arange(40))
    np.testing.assert_allclose(varied(x.numpy(), drawn), seen.numpy(), atol=1e-4)
    assert not torch.allclose(x, seen, atol=0.05)


def test_an_image_alone_decides_what_it_becomes() -> None:
    """Whatever else is in its batch, and however large the data set, to the last bit."""
    x, settings = pictures(30), training(**EVERYTHING)
    whole = Variants(draw(settings, 0, 30), CPU).of(x, torch.arange(30))
    order = torch.randperm(30, generator=torch.Generator().manual_seed(1))
    more = Variants(draw(settings, 0, 50), CPU)
    for part in order.split(7):
        assert torch.equal(more.of(x[part], part), whole[part])


def test_seed_epoch_and_place_each_draw_another_variant() -> None:
    settings = training(**EVERYTHING)
    drawn = {
        (seed, epoch, place): row.tobytes()
        for seed, epoch in itertools.product((0, 1), (0, 1))
        for place, row in enumerate(_places(settings.model_copy(update={"seed": seed}), epoch))
    }
    assert len(set(drawn.values())) == len(drawn) == 2 * 2 * 10


def _places(settings: TrainConfig, epoch: int) -> Any:
    places = draw(settings, epoch, 10).places
    assert places is not None
    return places


def test_a_range_is_kept_and_filled_and_changes_nothing_else() -> None:
    count = 4000
    turned = draw(training(rotation=20.0), 0, count).places
    assert turned is not None
    angles = np.degrees(np.arctan2(turned[:, 0, 1], turned[:, 0, 0]))
    assert -20 <= angles.min() < -19.5
    assert 19.5 < angles.max() <= 20
    assert abs(angles.mean()) < 1
    np.testing.assert_allclose(np.linalg.det(turned[:, :, :2]), 1, atol=1e-6)
    both = draw(training(rotation=20.0, shift=0.1, mirror="on", brightness=0.2), 0, count)
    assert both.places is not None
    assert both.brightness is not None
    np.testing.assert_allclose(-both.places[:, 1, 0], -turned[:, 1, 0], atol=1e-6)
    assert 0.45 < (np.linalg.det(both.places[:, :, :2]) < 0).mean() < 0.55
    assert 0.8 <= both.brightness.min() < 0.81
    assert 1.19 < both.brightness.max() <= 1.2
    scales = 1 / np.sqrt(np.linalg.det(_scaled(count)))
    assert 1 / 1.5 <= scales.min() < 0.68
    assert 1.48 < scales.max() <= 1.5 + 1e-6
    assert abs(np.log(scales).mean()) < 0.02


def _scaled(count: int) -> Any:
    places = draw(training(scale=0.5), 0, count).places
    assert places is not None
    return places[:, :, :2]


def test_nothing_comes_in_from_outside_but_the_image_itself() -> None:
    x = 0.5 + 0.5 * pictures(20)
    settings = training(shift=0.4, rotation=90.0, scale=0.5)
    seen = Variants(draw(settings, 0, 20), CPU).of(x, torch.arange(20))
    assert seen.min() >= x.min() - 1e-5
    assert seen.max() <= x.max() + 1e-5


@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize("stop_after", [1, 13])
def test_a_run_with_variants_resumes_to_the_same_bits(
    digits: Dataset, tmp_path: Path, network: str, stop_after: int
) -> None:
    config, settings = model(network=network, width=4), training(batch_size=64, **EVERYTHING)
    data = few(digits, 600)
    train(data, config, settings, tmp_path / "whole")
    steps = iter(range(stop_after))
    stopped = train(data, config, settings, tmp_path / "stopped", should_stop=lambda: next(steps, None) is None)
    assert stopped.outcome == "stopped"
    assert train(data, config, settings, tmp_path / "stopped", resume=True).outcome == "finished"
    assert files(tmp_path / "stopped") == files(tmp_path / "whole")


def test_without_ranges_training_draws_nothing(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(loop, "draw")
    monkeypatch.delattr(loop, "Variants")
    assert not is_varied(training())
    train(few(digits, 100), model(), training(), tmp_path / "run")


def test_only_training_sees_variants(digits: Dataset, tmp_path: Path) -> None:
    """With no learning to speak of, what is measured at an epoch's end is that of a run without variants."""
    data = few(digits, 300)
    still = {"epochs": 1, "learning_rate": 1e-12, "schedule": "constant", "precision": "float32"}
    plain, other = (
        train(data, model(variance="optimal"), training(**still, **ranges), tmp_path / name).history[-1]
        for name, ranges in (("plain", {}), ("varied", EVERYTHING))
    )
    assert other.training.bound != pytest.approx(plain.training.bound, rel=1e-3)
    assert other.watched_elbo == pytest.approx(plain.watched_elbo, rel=1e-6)
    assert other.variance == pytest.approx(plain.variance, rel=1e-6)


def test_each_epoch_sees_other_variants(digits: Dataset, tmp_path: Path) -> None:
    losses: list[float] = []

    def listen(event: Event) -> None:
        if isinstance(event, Stepped):
            losses.append(event.loss)

    settings = training(epochs=4, learning_rate=1e-12, schedule="constant", shift=0.3, beta=0.0, batch_size=100)
    train(few(digits, 100), model(variance=0.01), settings, tmp_path / "run", listener=listen)
    assert len(set(losses)) == len(losses) > 3


@pytest.mark.parametrize(
    ("images", "size", "channels", "class_names", "on"),
    [
        (100, 28, 1, ("a shoe", "a bag"), {"shift", "rotation", "scale"}),
        (FEW - 1, 28, 1, (), {"shift", "rotation", "scale"}),
        (FEW, 28, 1, (), set()),
        (60_000, 32, 3, (), set()),
        (210, 64, 3, (), {"shift", "rotation", "scale", "mirror"}),
        (210, 64, 3, ("cats", "dogs"), {"shift", "rotation", "scale", "mirror"}),
        (210, 64, 3, tuple("0123456789"), {"shift", "rotation", "scale"}),
        (210, 64, 3, tuple("ÄBZ"), {"shift", "rotation", "scale"}),
        (1438, 8, 1, tuple("0123456789"), set()),
        (100, 8, 1, (), set()),
    ],
)
def test_few_images_are_varied_unless_it_would_lie(
    images: int, size: int, channels: int, class_names: tuple[str, ...], on: set[str]
) -> None:
    found = {name for name, value in suggested(images, size, channels, class_names).items() if value not in (0, "off")}
    assert found == on


def test_the_fewer_the_images_the_more_they_are_varied() -> None:
    fewest, fewer, some = (suggested(count, 28, 1, ()) for count in (100, 300, FEW - 1))
    for name in ("shift", "rotation", "scale"):
        assert fewest[name] > fewer[name] > some[name] > 0


def test_what_is_done_is_said_in_words() -> None:
    assert in_words(training()) == ""
    assert in_words(training(shift=0.07, rotation=10)) == "moved by up to 7 %, turned by up to 10°"
    assert in_words(training(mirror="on")) == "mirrored half the time"
