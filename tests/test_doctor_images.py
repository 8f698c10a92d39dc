"""What is wrong with the images of a run, and what is measured of them before its first step."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.run_histories import FACTS, MODEL, changed, evidence, found, history, training
from vae_core import load_dataset, train
from vae_core.checkpoint.layout import FACTS_FILE
from vae_core.config import ModelConfig, TrainConfig
from vae_core.runs.doctor import evidence_of, examine
from vae_core.training.image_facts import measure_images, read_facts, write_facts


def test_images_that_are_all_alike_are_said_to_be_so() -> None:
    alike = measure_images(np.full((300, 1, 16, 16), 137, np.uint8))
    assert alike.spread == 0.0
    broken = [dataclasses.replace(metrics, kl_per_dimension=[0.0] * 10) for metrics in history()]
    result = found(broken, facts=alike)
    assert result.sentence.startswith("The images are all alike: there is nothing to learn from them.")
    assert result.mended is None


def test_one_image_is_too_little_and_not_alike() -> None:
    one = measure_images(np.full((1, 1, 16, 16), 137, np.uint8))
    result = found(images=1, facts=one, training=training(validation_fraction=0.0), epochs=history(300))
    assert result.kind == "too few images"
    assert result.sentence.startswith("There is too little to learn from the one image")


@pytest.mark.parametrize(("across", "down", "is_named"), [(0.4, 0.1, True), (0.4, 0.3, False), (0.1, 0.4, True)])
def test_a_crop_that_cuts_is_named_where_pictures_are_no_squares(across: float, down: float, is_named: bool) -> None:
    facts = dataclasses.replace(FACTS, across=across, down=down)
    result = examine(evidence(facts=facts, cropped=True))
    assert (result is not None) is is_named
    if result:
        edges = "the left and the right" if across > down else "the upper and the lower"
        assert f"in 40 % of them the drawing reaches both {edges} edge" in result.sentence
        assert changed(result, evidence()) == {"crop": "padded"}
    assert examine(evidence(facts=facts)) is None, "squares lose nothing"


@pytest.mark.parametrize(
    ("dark", "light", "is_named"),
    [(0.6, 0.4, True), (0.9, 0.1, False), (0.0, 1.0, False), (0.3, 0.3, False)],
)
def test_grounds_that_differ_are_named(dark: float, light: float, is_named: bool) -> None:
    facts = dataclasses.replace(FACTS, dark_ground=dark, light_ground=light)
    result = examine(evidence([], facts=facts, over=False))
    assert (result is not None) is is_named
    if result:
        assert "60 % of the images are light on dark and 40 % dark on light" in result.sentence
        assert result.mended is None, "no setting inverts images"
        in_colour = MODEL.model_copy(update={"channels": 3})
        assert examine(evidence([], facts=facts, model=in_colour)) is None


def test_images_are_measured_as_they_are() -> None:
    """Four images: two dark, two light; one bar across, one down, one dot, and one of noise that has no ground."""
    images = np.zeros((4, 1, 16, 16), dtype=np.uint8)
    images[0, 0, 7] = 255
    images[1] = 255
    images[1, 0, :, 7] = 0
    images[2, 0, 5:8, 5:8] = 255
    images[3] = np.random.default_rng(0).integers(0, 256, (1, 16, 16))
    facts = measure_images(images)
    assert (facts.dark_ground, facts.light_ground, facts.across, facts.down) == (0.5, 0.25, 0.25, 0.25)
    floats = images / 255
    assert facts.spread == pytest.approx(((floats - floats.mean(0)) ** 2).mean(), rel=1e-5)


def test_what_was_measured_is_read_again_and_damage_is_nothing(tmp_path: Path) -> None:
    (tmp_path / FACTS_FILE).parent.mkdir()
    assert read_facts(tmp_path) is None
    write_facts(tmp_path, FACTS)
    assert read_facts(tmp_path) == FACTS
    for damaged in ("[]", '{"spread": 1}', "{", '{"spread": "a"}'):
        (tmp_path / FACTS_FILE).write_text(damaged)
        assert read_facts(tmp_path) is None


def test_a_collapsed_run_on_binarised_images_is_told_of_its_collapse(tmp_path: Path) -> None:
    """What a decode misses is compared with how far the binarised images differ, which is more than grey ones do."""
    small = ModelConfig(network="mlp", latent_dim=2, image_size=8, hidden_units=32, likelihood="bernoulli")
    settings = TrainConfig(data="digits", epochs=25, beta=100.0, binarise="dynamic")
    train(load_dataset("digits"), small, settings, tmp_path / "run", device="cpu")
    known = evidence_of(tmp_path / "run", over=True)
    assert known is not None
    assert known.facts is not None
    assert known.history[-1].mean_square_error == pytest.approx(known.facts.spread, rel=0.2)
    result = examine(known)
    assert result is not None
    assert result.kind == "collapsed"
