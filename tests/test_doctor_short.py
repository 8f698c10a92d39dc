"""What the doctor says of runs that ended before they had learned anything, of themselves or because somebody did."""

import dataclasses

import pytest

from tests.run_histories import FACTS, SILENT, changed, epoch, evidence, found, training
from vae_core.runs.doctor import examine


@pytest.mark.parametrize(("step", "left", "over", "is_named"), [
    (48, 0.95, True, True), (48, 0.85, True, False), (600, 0.95, True, False), (48, 0.95, False, False),
])  # fmt: skip
def test_an_end_before_anything_is_learned_is_named_and_mended(
    step: int, left: float, over: bool, is_named: bool
) -> None:
    """Its posterior has not collapsed: it says the same of every image."""
    last = epoch(12, -900.0, -1500.0, step=step, mean_square_error=left * FACTS.spread)
    short = training(epochs=12, batch_size=16)
    result = examine(evidence([last], training=short, images=54, over=over))
    assert (result is not None and result.kind == "too short") is is_named
    if is_named:
        assert result is not None
        assert result.sentence.startswith(f"It was trained for {step} steps only and has learned next to nothing")
        assert changed(result, evidence([last], training=short, images=54)) == {"epochs": 250}, "of four steps each"


@pytest.mark.parametrize("images", [25, 200])
@pytest.mark.parametrize("patience", [0, 20])
def test_what_was_stopped_before_it_learned_anything_is_told_so_and_blamed_for_nothing_else(
    images: int, patience: int
) -> None:
    """Neither few images nor a posterior that says nothing yet are at fault, and no other settings are needed."""
    asked = training(epochs=300, batch_size=1000, patience=patience)
    flat = {"kl_per_dimension": [SILENT] * 10, "mean_square_error": 0.98 * FACTS.spread}
    begun = [epoch(number, -900.0 + number, -901.0 + number, step=number, **flat) for number in range(1, 10)]
    result = found(begun, training=asked, images=images)
    assert result.sentence.startswith("It was stopped after 9 of 300 epochs and has learned next to nothing")
    assert (result.kind, result.mended) == ("stopped", None)
    whole = [epoch(number, -900.0 + number, -901.0 + number, step=number, **flat) for number in range(1, 301)]
    assert found(whole, training=asked, images=images).kind != "stopped"


def test_a_run_of_an_epoch_too_few_for_its_patience_was_stopped_and_a_patient_one_was_not() -> None:
    """By the images set aside; where there are none, patience waits for nothing."""
    asked = training(epochs=300, patience=5)
    best_first = [epoch(number, -900.0, -900.0 - number, step=number) for number in range(1, 7)]
    assert not evidence(best_first, training=asked).was_stopped
    assert evidence(best_first[:5], training=asked).was_stopped
    alone = [dataclasses.replace(metrics, validation=None) for metrics in best_first]
    assert evidence(alone, training=asked).was_stopped
