"""What work costs on a machine, as a trial finds it and a file keeps it."""

import json
import time
from pathlib import Path

import pytest
import torch

from vae_core import speed
from vae_core.sizes import Work, step_work
from vae_core.speed import is_measuring, keep_speed, known_speed, measure_in_background, speed_path, typical_speed
from vae_core.training import trial

LIMIT = 180.0  # seconds; a busy machine takes many times what a quiet one does


def test_costs_are_found_again_from_the_times_they_make() -> None:
    """Also those of a machine of quite other proportions, such as an accelerator with slow calls."""
    for factors in ((1, 1, 1, 1, 1, 1), (3, 2, 0.5, 0.7, 1.5, 2)):
        costs = Work(*(cost * factor for cost, factor in zip(typical_speed().training, factors, strict=True)))
        seconds = [step_work(*one).seconds(costs) for one in trial._trials()]
        again = [step_work(*one).seconds(trial.solve_costs(seconds)) for one in trial._trials()]
        assert again == pytest.approx(seconds, rel=0.15)


def test_one_disturbed_trial_makes_no_cost_negative_or_nothing() -> None:
    honest = [step_work(*one).seconds(typical_speed().training) for one in trial._trials()]
    for disturbed in range(len(honest)):
        seconds = [time * (10 if number == disturbed else 1) for number, time in enumerate(honest)]
        assert all(cost > 0 for cost in trial.solve_costs(seconds))


@pytest.mark.usefixtures("checkpoints")
def test_a_speed_is_kept_for_the_machine_and_the_pytorch_it_was_measured_with(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_speed(typical_speed(3))
    assert known_speed() == typical_speed(3)
    other = speed._identity() | {"cores": 99}
    monkeypatch.setattr(speed, "_identity", lambda: other)
    assert known_speed() is None


@pytest.mark.usefixtures("checkpoints")
@pytest.mark.parametrize("content", ["", "[]", "{}", '{"machine": null}', "{", '{"machine": 1, "training": 2}'])
def test_a_damaged_speed_is_measured_anew(content: str) -> None:
    speed_path().write_text(content)
    assert known_speed() is None


@pytest.mark.usefixtures("checkpoints")
def test_a_speed_that_is_no_number_is_measured_anew() -> None:
    keep_speed(typical_speed(3))
    content = json.loads(speed_path().read_text())
    content["training"]["dense"] = float("nan")
    speed_path().write_text(json.dumps(content))
    assert known_speed() is None


@pytest.mark.usefixtures("checkpoints")
def test_a_machine_is_measured_in_the_background_by_real_steps_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    speed_path().unlink()
    monkeypatch.setattr(speed, "_trial", None)
    measure_in_background()
    assert is_measuring()
    started = speed._trial
    deadline = time.monotonic() + LIMIT
    while is_measuring():
        assert time.monotonic() < deadline, "the trial did not end in time"
        time.sleep(0.05)
    measured = known_speed()
    assert measured is not None
    assert all(cost > 0 for cost in measured.training)
    assert measured.file > 0
    measure_in_background()
    assert speed._trial is started


def test_a_trial_takes_real_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """More work takes longer: 64 times the images of a network that is not all calls."""
    monkeypatch.setattr(trial, "SECONDS", 0.1)
    (model, _), *_ = trial._trials()
    large = model.model_copy(update={"hidden_units": 512})
    few, many = (trial.seconds_a_step(large, images, torch.device("cpu")) for images in (16, 4096))
    assert many > 2 * few


@pytest.mark.parametrize("takes", [torch.bfloat16, None])
def test_a_trial_trains_in_the_precision_that_runs_take_and_maps_in_float32(
    monkeypatch: pytest.MonkeyPatch, takes: torch.dtype | None
) -> None:
    """A processor with a matrix unit trains a convolutional network twice as fast in bfloat16."""

    def seconds(_model: object, images: int, _device: torch.device, autocast: torch.dtype | None) -> float:
        return 1e-3 * images * (1 if autocast else 2)

    monkeypatch.setattr(trial, "autocast_dtype", lambda *_: takes)
    monkeypatch.setattr(trial, "seconds_a_step", seconds)
    measured = trial.measure_speed()
    ratios = [finishing / training for finishing, training in zip(measured.finishing, measured.training, strict=True)]
    assert ratios == pytest.approx([2 if takes else 1] * len(ratios))


def test_the_first_trial_finds_no_folder_to_keep_its_speed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(tmp_path / "not yet made"))
    monkeypatch.setattr(trial, "measure_speed", typical_speed)
    assert trial.main() == 0
    assert known_speed() == typical_speed()
