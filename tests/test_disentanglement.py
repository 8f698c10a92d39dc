"""Disentanglement scores: equal to disent's on the same codes, and what they must be of codes that are known."""

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from disent.metrics import _dci, _factor_vae, _mig
from numpy.typing import NDArray

from tests.shipped_models import MODELS
from vae_core import disentanglement as ours
from vae_core import load_checkpoint, load_dataset
from vae_core.checkpoint.card import card_text
from vae_core.checkpoint.layout import METRICS_FILE, read_checkpoint
from vae_core.cli.command_line import main
from vae_core.data.named.sprites import sprite_factors
from vae_core.evaluation import evaluate
from vae_core.files import write_json

Floats = NDArray[np.float64]


def drawn(count: int, seed: int, mixing: float) -> tuple[Floats, NDArray[np.int64]]:
    """Factors of 3, 4 and 6 values, and five codes: each factor noisily in one, mixed with all of them by `mixing`."""
    random = np.random.default_rng(seed)
    factors = np.stack([random.integers(values, size=count) for values in (3, 4, 6)], axis=1)
    directions = np.eye(3, 5) + mixing * random.normal(size=(3, 5))
    return factors @ directions + 0.2 * random.normal(size=(count, 5)), factors


@pytest.mark.parametrize("mixing", [0.0, 0.3, 2.0])
def test_the_gap_is_disents(mixing: float) -> None:
    codes, factors = drawn(1500, 1, mixing)
    theirs = _mig._compute_mig(codes.T, factors.T)["mig.discrete_score"]
    assert ours.mutual_information_gap(codes, factors) == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize("mixing", [0.0, 0.5])
def test_dci_is_disents(mixing: float) -> None:
    codes, factors = drawn(400, 2, mixing)
    split = codes[:300], factors[:300], codes[300:], factors[300:]
    np.random.seed(7)
    theirs = _dci._compute_dci(*(part.T for part in split))
    scores = ours.dci(*split, np.random.RandomState(7))
    assert scores.disentanglement == pytest.approx(theirs["dci.disentanglement"], abs=1e-6)
    assert scores.completeness == pytest.approx(theirs["dci.completeness"], abs=1e-6)
    assert scores.informativeness == pytest.approx(theirs["dci.informativeness_test"], abs=1e-6)


class Told:
    """A data set as disent asks for one, whose images are codes; it remembers the groups that it was asked for."""

    num_factors = 3

    def __init__(self, mixing: float) -> None:
        self.gt_data = self
        self.random = np.random.default_rng(3)
        self.directions = np.eye(3, 5) + mixing * self.random.normal(size=(3, 5))
        self.groups: list[Floats] = []
        self.everything = np.zeros((0, 5))

    def sample_factors(self, count: int) -> NDArray[np.int64]:
        return np.stack([self.random.integers(values, size=count) for values in (3, 4, 6)], axis=1)

    def _codes(self, factors: NDArray[np.int64]) -> Floats:
        return factors @ self.directions + 0.5 * self.random.normal(size=(len(factors), 5))

    def dataset_sample_batch(self, count: int, mode: str) -> Floats:
        assert mode == "input"
        self.everything = self._codes(self.sample_factors(count))
        return self.everything

    def dataset_batch_from_factors(self, factors: NDArray[np.int64], mode: str) -> Floats:
        assert mode == "input"
        self.groups.append(self._codes(factors))
        return self.groups[-1]


@pytest.mark.parametrize("mixing", [0.0, 0.6])
def test_the_factor_vae_score_is_disents(mixing: float, monkeypatch: pytest.MonkeyPatch) -> None:
    told, fixed = Told(mixing), []
    draw = np.random.randint

    def remembered(*arguments: Any, **named: Any) -> Any:
        fixed.append(draw(*arguments, **named))
        return fixed[-1]

    monkeypatch.setattr(np.random, "randint", remembered)
    theirs = _factor_vae.metric_factor_vae.unwrap(
        told, lambda images: images, batch_size=16, num_train=300, num_eval=200, num_variance_estimate=500
    )
    steady = ours.steadiest(np.stack(told.groups), told.everything.var(axis=0, ddof=1))
    held = np.asarray(fixed)
    score = ours.factor_vae_score(held[:300], steady[:300], held[300:], steady[300:])
    assert score == pytest.approx(theirs["factor_vae.eval_accuracy"], abs=1e-6)


def test_each_factor_in_a_dimension_of_its_own_is_disentangled_and_a_mixture_is_not() -> None:
    factors = sprite_factors("test")[:600]
    columns = factors.columns()
    names, numbers = ours.factor_numbers(columns)
    assert names == ["shape", "scale", "orientation", "x", "y"]
    assert [len(np.unique(column)) for column in numbers.T] == [3, 10, 10, 10, 10]
    apart = np.stack([factors.shape, *(np.asarray(columns[name], float) for name in names[1:])], axis=1)
    turned = apart / apart.std(0) @ np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0]
    clean, mixed = (ours.measure(codes, columns) for codes in (apart, turned))
    assert clean is not None
    assert mixed is not None
    assert clean.mutual_information_gap > 0.8
    assert clean.dci_disentanglement > 0.95
    assert clean.factor_vae_score == 1
    assert mixed.mutual_information_gap < 0.5 * clean.mutual_information_gap
    assert mixed.dci_disentanglement < 0.6 * clean.dci_disentanglement
    assert mixed.factor_vae_score < clean.factor_vae_score


def test_a_dimension_that_says_nothing_never_counts_as_steady() -> None:
    groups = np.random.default_rng(0).normal(size=(20, 8, 3)) * [1.0, 2.0, 0.0]
    assert set(ours.steadiest(groups, np.array([1.0, 4.0, 0.0]))) <= {0, 1}


def test_columns_that_are_no_factors_are_left_out() -> None:
    names = [f"image {number}" for number in range(100)]
    sides = ["left" if number % 2 else "right" for number in range(100)]
    found, numbers = ours.factor_numbers({"name": names, "one": ["same"] * 100, "side": sides})
    assert found == ["side"]
    assert numbers.shape == (100, 1)
    assert ours.measure(np.zeros((100, 2)), {"name": names, "side": sides}) is None


def parts_of(numbers: Any) -> NDArray[np.integer[Any]]:
    names, factors = ours.factor_numbers({"number": [repr(float(number)) for number in numbers]})
    assert names == ["number"]
    return factors[:, 0]


def test_numbers_are_cut_into_equally_many_and_a_frequent_one_stands_alone() -> None:
    random = np.random.default_rng(4)
    distinct = random.normal(size=1000)
    assert (np.bincount(parts_of(distinct)) == 100).all()
    assert (np.diff(parts_of(np.sort(distinct))) >= 0).all()
    for zeros in (0.4, 0.75, 0.92):
        numbers = np.where(random.uniform(size=1000) < zeros, 0.0, distinct)
        parts = parts_of(numbers)
        assert len(set(parts[numbers == 0])) == 1
        assert set(parts[numbers == 0]).isdisjoint(parts[numbers != 0])
        assert len(set(parts)) >= 3
        assert (np.diff(parts[np.argsort(numbers)]) >= 0).all()


def test_images_without_a_word_are_left_out_of_what_it_would_be_about() -> None:
    random = np.random.default_rng(5)
    codes = random.normal(size=(600, 3))
    words = np.where(codes[:, 1] > 0, "up", "down")
    columns = {"x": [repr(float(value)) for value in codes[:, 0]], "way": list(words), "rare": ["a"] * 100 + [""] * 500}
    names, whole = ours.factor_numbers(columns)
    assert names == ["x", "way"]
    columns["x"][7] = columns["way"][11] = ""
    names, factors = ours.factor_numbers(columns)
    assert names == ["x", "way"]
    assert (factors[7, 0], factors[11, 1]) == (ours.NO_WORD, ours.NO_WORD)
    assert (np.delete(factors, [7, 11], 0)[:, 1] == np.delete(whole, [7, 11], 0)[:, 1]).all()
    scores = ours.measure(codes, columns)
    assert scores is not None
    assert scores.images == 598
    assert scores.mutual_information_gap > 0.8


def test_a_factor_of_which_the_gaps_of_another_leave_one_value_is_none() -> None:
    random = np.random.default_rng(7)
    codes = random.normal(size=(400, 3))
    columns = {
        "side": ["left"] * 300 + ["right"] * 100,
        "way": [*np.where(codes[:300, 1] > 0, "up", "down"), *[""] * 100],
        "hue": list(np.where(codes[:, 2] > 0, "red", "blue")),
    }
    scores = ours.measure(codes, columns)
    assert scores is not None
    assert (scores.factors, scores.images) == (["way", "hue"], 300)
    assert scores.mutual_information_gap > 0.8
    del columns["hue"]
    assert ours.measure(codes, columns) is None


def test_a_value_that_is_met_too_seldom_to_be_learned_is_told_wrongly() -> None:
    random = np.random.default_rng(6)
    codes, factors = random.normal(size=(90, 2)), np.stack([np.arange(90) % 2, np.zeros(90, int)], 1)
    codes[:, 0] += 9 * factors[:, 0]
    held_out = factors[60:].copy()
    held_out[:15, 1] = 1
    scores = ours.dci(codes[:60], factors[:60], codes[60:], held_out, np.random.RandomState(0))
    assert scores.informativeness == pytest.approx((1 + 0.5) / 2)
    assert np.isfinite([scores.disentanglement, scores.completeness]).all()


def test_one_dimension_holds_all_that_is_held() -> None:
    codes, factors = drawn(300, 8, 0.0)
    scores = ours.dci(codes[:200, :1], factors[:200], codes[200:, :1], factors[200:], np.random.RandomState(0))
    assert scores.completeness == pytest.approx(1)
    assert 0 <= scores.disentanglement <= 1


def test_hardly_any_images_have_no_scores_and_any_seed_will_do() -> None:
    two = {"a": ["x", "y"], "b": ["u", "v"]}
    assert ours.measure(np.eye(2), two) is None
    many = {name: texts * 30 for name, texts in two.items()}
    assert ours.measure(np.random.default_rng(0).normal(size=(60, 2)), many, seed=2**62) is not None


def test_they_are_among_a_models_figures_and_on_its_card(tmp_path: Path) -> None:
    folder = shutil.copytree(MODELS / "sprites-8d", tmp_path / "mine")
    sprites = load_dataset("sprites", "test")
    few = {name: texts[:300] for name, texts in sprites.columns.items()}
    part = dataclasses.replace(sprites, images=sprites.images[:300], labels=sprites.labels[:300], columns=few)
    model = load_checkpoint(folder).model
    without = evaluate(model, part, samples=1, likelihood_images=2)
    assert without.disentanglement is None
    found = evaluate(model, part, samples=1, likelihood_images=2, factors=True)
    assert found.disentanglement is not None
    assert found.disentanglement.factors == ["shape", "scale", "orientation", "x", "y"]
    assert found.disentanglement.images == 300
    write_json(folder / METRICS_FILE, found.to_json())
    card = card_text(read_checkpoint(folder))
    assert f"| FactorVAE score | {found.disentanglement.factor_vae_score:.3f} |" in card
    assert "of the factors shape, scale, orientation, x, y." in card


def test_factors_are_asked_for_in_vain_where_there_is_no_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(MODELS / "digits-2d", tmp_path / "mine")
    before = (folder / METRICS_FILE).read_bytes()
    asked = ["evaluate", str(folder), "--data", "digits", "--samples", "1", "--likelihood-images", "1", "--factors"]
    assert main(asked) == 2
    assert "digits has no table of two factors or more" in capsys.readouterr().err
    assert (folder / METRICS_FILE).read_bytes() == before
