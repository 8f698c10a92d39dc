"""Models beside each other: what differs, what each measured, and what must not be compared; and the command for it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.test_cli import run
from vae_core.checkpoint.layout import CheckpointSummary, read_checkpoint, write_config
from vae_core.checkpoint.provenance import DataDescription, Origin
from vae_core.collection.comparison import differing_settings, figures
from vae_core.config import ModelConfig, TrainConfig

Add = Callable[..., CheckpointSummary]
SAME, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def add(checkpoints: Path) -> Add:
    """A model by its settings; `epochs` are its training's, `metrics` its figures."""

    def add(
        name: str,
        *,
        data: str = SAME,
        epochs: int = 3,
        metrics: dict[str, Any] | None = None,
        origin: Origin | None = None,
        **model: Any,
    ) -> CheckpointSummary:
        folder = checkpoints / name
        description = DataDescription(name="mnist", fingerprint=data, images=3)
        write_config(folder, ModelConfig(**model), TrainConfig(data="mnist", epochs=epochs), description, origin)
        if metrics is not None:
            (folder / "metrics.json").write_text(json.dumps({"split": "test", "images": 10, **metrics}))
        return read_checkpoint(folder)

    return add


def test_only_what_differs_is_told_in_each_models_words(add: Add) -> None:
    rows = differing_settings([add("one", latent_dim=2), add("two", latent_dim=16, epochs=9), add("three")])
    assert {row.field: row.values for row in rows} == {"latent_dim": (2, 16, 16), "epochs": (3, 9, 3)}
    assert [row.title for row in rows] == ["Latent dimensions", "Epochs"]


def test_what_means_nothing_to_a_model_is_left_empty(add: Add) -> None:
    rows = differing_settings([add("conv"), add("mlp", network="mlp", likelihood="bernoulli")])
    told = {row.field: row.values for row in rows}
    assert told["width"] == (16, None)
    assert told["hidden_units"] == (None, 512)
    assert told["variance"] == ("learned", None)


def test_of_a_model_trained_elsewhere_no_training_is_known(add: Add) -> None:
    origin = Origin(way="ONNX", source="x", fingerprint="0", latent_shape=(16,))
    brought = add("brought", network="imported", likelihood="unknown", origin=origin)
    told = {row.field: row.values for row in differing_settings([add("own"), brought])}
    assert told["epochs"] == (3, None)
    assert told["network"] == ("conv", "imported")


def test_data_of_one_name_and_other_images_differ(add: Add) -> None:
    (row,) = differing_settings([add("one"), add("two", data=OTHER)])
    assert (row.field, row.values) == ("data", ("mnist, aaaaaaaa", "mnist, bbbbbbbb"))


def test_figures_come_with_their_errors(add: Add) -> None:
    measured = {"elbo": 5.0, "elbo_standard_error": 0.5, "active_units": 9}
    (elbo, active) = figures([add("one", metrics=measured), add("two"), add("three", metrics={"elbo": 4.0})])
    assert (elbo.title, elbo.values, elbo.apart) == ("ELBO", ((5.0, 0.5), None, (4.0, None)), None)
    assert active.values == ((9, None), None, None)


@pytest.mark.parametrize(
    ("second", "elbo", "error"),
    [
        ({}, None, None),
        ({"likelihood": "laplace"}, None, None),
        ({"likelihood": "bernoulli"}, "of likelihoods that do not compare (bernoulli, gaussian)", None),
        ({"data": OTHER}, "of different images", "of different images"),
        ({"split": "train"}, "measured on different images", "measured on different images"),
        ({"measured": "noise"}, "measured on different images", "measured on different images"),
    ],
)
def test_what_cannot_be_compared_is_said(add: Add, second: dict[str, Any], elbo: str | None, error: str | None) -> None:
    """Gaussian and Laplace are densities of the same pixels; a Bernoulli's nats are those of another measure."""
    measured = {"elbo": 5.0, "mean_square_error": 0.1, "active_units": 9}
    other = {"split": second.pop("split")} if "split" in second else {}
    other |= {"data": second.pop("measured")} if "measured" in second else {}
    rows = figures([add("one", metrics=measured), add("two", metrics=measured | other, **second)])
    for row, expected in zip(rows, (elbo, error, None), strict=True):
        assert (row.apart is None) == (expected is None), row.name
        assert row.apart is None or row.apart.startswith(str(expected))


def test_images_are_known_by_their_fingerprints_where_these_were_recorded(add: Add) -> None:
    first, same, other = (
        add(name, metrics={"elbo": 5.0, "data": data, "fingerprint": fingerprint})
        for name, data, fingerprint in (("one", "mnist", SAME), ("two", "a copy", SAME), ("three", "mnist", OTHER))
    )
    assert [row.apart for row in figures([first, same])] == [None]
    assert [row.apart for row in figures([first, other])] == ["measured on different images"]


def test_likelihoods_compare_where_as_many_samples_were_drawn(add: Add) -> None:
    few, many, again = (
        add(name, metrics={"elbo": 5.0, "negative_log_likelihood": -6.0, "importance_samples": samples})
        for name, samples in (("one", 1), ("two", 5000), ("three", 5000))
    )
    assert [row.apart for row in figures([many, again])] == [None, None]
    elbo, likelihood = figures([few, many, again])
    assert elbo.apart is None
    assert likelihood.alike == ((0,), (1, 2))
    assert likelihood.apart == "estimated with different numbers of samples"


def test_of_several_models_some_may_compare(add: Add) -> None:
    measured = {"elbo": 5.0, "active_units": 9}
    models = [add("one", metrics=measured), add("two", metrics=measured, data=OTHER), add("three", metrics=measured)]
    (elbo, active) = figures([*models, add("four")])
    assert (elbo.alike, elbo.apart) == (((0, 2), (1,)), "of different images")
    assert (active.alike, active.apart) == (((0, 1, 2),), None)


def test_the_command_tells_the_same(add: Add, capsys: pytest.CaptureFixture[str]) -> None:
    add("one", latent_dim=2, metrics={"elbo": 5.0, "elbo_standard_error": 0.5})
    add("two", likelihood="bernoulli", metrics={"elbo": -80.0})
    code, told, _ = run(capsys, "compare", "one", "two", "--json")
    assert code == 0
    assert told["settings"]["latent_dim"] == [2, 16]
    assert told["figures"]["elbo"]["values"] == [
        {"value": 5.0, "standard_error": 0.5},
        {"value": -80.0, "standard_error": None},
    ]
    assert "do not compare" in told["figures"]["elbo"]["apart"]


@pytest.mark.parametrize("names", [["one"], ["one"] * 5])
def test_two_to_four_are_compared(names: list[str], add: Add, capsys: pytest.CaptureFixture[str]) -> None:
    add("one")
    code, _, error = run(capsys, "compare", *names)
    assert code == 2
    assert "2 to 4 models are compared at once" in error
