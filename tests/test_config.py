"""Settings: every field wrong in turn is an error that names it."""

from typing import Any

import pytest

from vae_core.config import ModelConfig, PriorKind, TrainConfig, check_together
from vae_core.errors import ConfigError

WRONG_MODEL: dict[str, list[Any]] = {
    "network": ["unet", 3, None],
    "latent_dim": [0, 513, 2.5, "many", None],
    "image_size": [1, 129, "large"],
    "channels": [2, 4, "grey"],
    "posterior": ["banded", 1],
    "likelihood": ["poisson", 0],
    "variance": [0, -1, float("nan"), float("inf"), "free"],
    "prior": ["vamp", 1],
    "components": [0, 1001],
    "couplings": [1, 65],
    "coupling_units": [0, 1025],
    "hidden_units": [0, 8193],
    "hidden_layers": [0, 9],
    "activation": ["silu", None],
    "width": [3, 257],
}
WRONG_TRAINING: dict[str, list[Any]] = {
    "crop": ["left", 1],
    "binarise": ["always", True],
    "data": ["", "di\x00gits", None],
    "epochs": [0, 1.5, 100_001],
    "batch_size": [0, 65_537],
    "learning_rate": [0, -1e-3, 11, float("nan")],
    "schedule": ["cosine"],
    "objective": ["iwae", 1],
    "beta": [-1, 10_001, float("inf")],
    "warm_up": [-0.5, float("nan")],
    "free_bits": [-0.1, 101],
    "samples": [0, 1001],
    "gradient_clip": [-1],
    "ema_decay": [-0.1, 1.0],
    "precision": ["float16"],
    "patience": [-1],
    "validation_fraction": [-0.1, 0.6],
    "seed": [-1, 2**63],
    "shift": [-0.1, 0.6, float("nan")],
    "rotation": [-1, 181],
    "scale": [-0.1, 1.1],
    "mirror": ["up", True, None],
    "brightness": [-0.1, 1.1],
    "contrast": [-0.1, 1.1, "much"],
}


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, vs in WRONG_MODEL.items() for v in vs])
def test_a_wrong_model_setting_is_named(field: str, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        ModelConfig.parse({field: value})
    if not (field == "variance" and value is None):
        assert str(caught.value).startswith(f"{field}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, vs in WRONG_TRAINING.items() for v in vs])
def test_a_wrong_training_setting_is_named(field: str, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        TrainConfig.parse({"data": "digits", field: value})
    assert str(caught.value).startswith(f"{field}: ")
    assert "\n" not in str(caught.value)


def test_every_field_is_tried() -> None:
    assert set(WRONG_MODEL) == set(ModelConfig.model_fields)
    assert set(WRONG_TRAINING) == set(TrainConfig.model_fields)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"network": "conv", "image_size": 30}, "image_size 30 does not fit a conv network"),
        ({"network": "conv", "image_size": 4}, "image_size 4 does not fit"),
        ({"likelihood": "bernoulli", "variance": 0.1}, "variance belongs to the gaussian and laplace likelihoods"),
        ({"likelihood": "laplace", "variance": "optimal"}, "optimal is the gaussian likelihood's"),
        ({"depth": 3}, "depth: there is no such setting"),
    ],
)
def test_settings_that_contradict_each_other(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        ModelConfig.parse(settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"warm_up": 6, "epochs": 5}, "warm_up .* longer than the training"),
        ({"samples": 5, "beta": 2}, "IWAE bound, which has no beta"),
        ({"objective": "beta-tcvae", "samples": 5}, "set samples to 1 and free_bits to 0"),
        ({"objective": "beta-tcvae", "free_bits": 0.1}, "set samples to 1 and free_bits to 0"),
        ({"patience": 3, "validation_fraction": 0}, "patience needs a validation_fraction"),
        ({}, "data: this setting is missing"),
    ],
)
def test_training_settings_that_contradict_each_other(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        TrainConfig.parse(settings if not settings else {"data": "digits"} | settings)


@pytest.mark.parametrize("prior", ["mixture", "flow"])
def test_a_prior_with_ties_between_dimensions_has_no_total_correlation_of_its_own(prior: PriorKind) -> None:
    asked = TrainConfig(data="digits", objective="beta-tcvae")
    check_together(ModelConfig(), asked)
    check_together(ModelConfig(prior=prior), TrainConfig(data="digits"))
    with pytest.raises(ConfigError, match="take prior standard, or objective elbo") as caught:
        check_together(ModelConfig(prior=prior), asked)
    assert caught.value.field == "objective"


def test_the_whole_kl_counts_once_where_beta_stands_on_a_part_of_it() -> None:
    assert TrainConfig(data="digits", beta=6).kl_weight == 6
    assert TrainConfig(data="digits", beta=6, objective="beta-tcvae").kl_weight == 1


def test_settings_survive_json() -> None:
    model = ModelConfig(variance="optimal", posterior="full")
    training = TrainConfig(data="digits", learning_rate=0.1 + 0.2, seed=2**62 + 1)
    assert ModelConfig.model_validate_json(model.model_dump_json()) == model
    assert TrainConfig.model_validate_json(training.model_dump_json()) == training


def test_words_from_a_command_line_are_understood() -> None:
    parsed = ModelConfig.parse({"latent_dim": "4", "variance": "0.5"})
    assert (parsed.latent_dim, parsed.variance) == (4, 0.5)
