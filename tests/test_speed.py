"""What work costs on a machine, as a trial finds it and a file keeps it."""

import json
import time
from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path

import pytest
import torch

from vae_core import speed
from vae_core.model.vae import VAE, Loss, training_loss
from vae_core.sizes import Work, step_work
from vae_core.speed import (
    LATER,
    is_measuring,
    keep_speed,
    known_speed,
    measure_in_background,
    speed_path,
    typical_speed,
)
from vae_core.training import trial
from vae_core.training.trial import Slice

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


def wait_for_the_trial() -> None:
    deadline = time.monotonic() + LIMIT
    while is_measuring():
        assert time.monotonic() < deadline, "the trial did not end in time"
        time.sleep(0.05)


@pytest.mark.usefixtures("checkpoints")
def test_a_machine_is_measured_in_the_background_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the machine that tests run on was busy, which the trial says then."""
    speed_path().unlink()
    monkeypatch.setattr(speed, "_trial", None)
    measure_in_background()
    assert is_measuring()
    started = speed._trial
    assert started is not None
    wait_for_the_trial()
    assert started.returncode == (LATER if known_speed() is None else 0)
    measure_in_background()
    assert speed._trial is started


@pytest.mark.usefixtures("checkpoints")
@pytest.mark.parametrize(("exit_code", "again"), [(LATER, True), (0, False), (1, False)])
def test_a_trial_that_was_disturbed_is_repeated_after_a_while(
    exit_code: int, again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, begun = [1000.0], []

    class Trial:
        def __init__(self, *_: object, **__: object) -> None:
            begun.append(now[0])

        def poll(self) -> int:
            return exit_code

    monkeypatch.setattr("subprocess.Popen", Trial)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(speed, "_trial", None)
    for later in (0.0, speed.PAUSE / 2, speed.PAUSE, speed.PAUSE + 1):
        now[0] = 1000.0 + later
        measure_in_background()
    assert begun == [1000.0, 1000.0 + speed.PAUSE + 1][: 1 + again]


@pytest.mark.usefixtures("checkpoints")
def test_a_trial_takes_real_steps_and_keeps_what_they_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine that tests run on is: every slice counts as calm here."""
    speed_path().unlink()
    monkeypatch.setattr(trial, "CALM", 0.0)
    monkeypatch.setattr(trial, "ALIKE", float("inf"))
    assert trial.main() == 0
    measured = known_speed()
    assert measured is not None
    assert all(cost > 0 for cost in measured.training)
    assert measured.file > 0


@pytest.mark.usefixtures("checkpoints")
def test_nothing_is_kept_of_a_trial_whose_every_step_waits_for_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its clocks say so: its thread has worked for a tenth of the time that went by."""
    speed_path().unlink()
    monkeypatch.setattr(time, "thread_time", lambda: time.perf_counter() / 10)
    assert trial.main() == LATER
    assert known_speed() is None


def slices(*seconds: float, shares: Sequence[float] = ()) -> Callable[[], Slice]:
    """A trial whose slices are these; those that `shares` tells nothing of had a processor all the time."""
    told = iter([Slice(one, share) for one, share in zip_longest(seconds, shares, fillvalue=1.0)])
    return lambda: next(told)


def test_the_fastest_of_several_slices_counts_whatever_disturbs_the_others() -> None:
    starting = slices(9.0, 4.0, 0.011, 0.010, 0.5)  # another run is just starting, and later reads its images
    calm = slices(0.2, 0.2, 0.21, 0.2, 0.2)
    assert trial.undisturbed([starting, calm]) == [0.010, 0.2]


def test_a_slice_that_waited_for_a_processor_has_no_say() -> None:
    waited = slices(0.001, 0.02, 0.02, 0.02, 0.02, shares=[0.3])
    assert trial.undisturbed([waited]) == [0.02]


def test_a_trial_is_disturbed_where_no_second_slice_says_the_same() -> None:
    calm = (0.2, 0.2, 0.2, 0.2, 0.2)
    assert trial.undisturbed([slices(*calm), slices(0.01, 0.05, 0.09, 0.2, 0.02)]) is None
    assert trial.undisturbed([slices(*calm), slices(*calm, shares=[0.5, 0.5, 0.5, 0.5])]) is None


def test_a_trial_on_a_machine_that_is_never_calm_ends_soon() -> None:
    """Where steps wait for a processor, all its slices would take minutes."""
    now = [0.0]

    def waits() -> Slice:
        now[0] += 2.0
        return Slice(0.5, 0.1)

    assert trial.undisturbed([waits, waits], lambda: now[0]) is None
    assert now[0] < trial.HOPELESS + 2.5


def test_a_slice_tells_what_a_step_of_so_many_images_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that goes on by a millisecond for each image whose loss is computed, and at no other time."""
    now = [0.0]

    def loss(model: VAE, x: torch.Tensor, noise: torch.Tensor, *, images: int) -> Loss:
        now[0] += 1e-3 * len(x)
        return training_loss(model, x, noise, images=images)

    monkeypatch.setattr(trial, "training_loss", loss)
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    model, _ = trial._trials()[0]
    seconds = [trial.steps_of(model, images, torch.device("cpu"))().seconds for images in (1, 64)]
    assert seconds == pytest.approx([0.001, 0.064])


@pytest.mark.parametrize("takes", [torch.bfloat16, None])
def test_a_trial_trains_in_the_precision_that_runs_take_and_maps_in_float32(
    monkeypatch: pytest.MonkeyPatch, takes: torch.dtype | None
) -> None:
    """A processor with a matrix unit trains a convolutional network twice as fast in bfloat16."""

    def steps_of(
        _model: object, images: int, _device: torch.device, autocast: torch.dtype | None
    ) -> Callable[[], Slice]:
        return lambda: Slice(1e-3 * images * (1 if autocast else 2), 1.0)

    monkeypatch.setattr(trial, "autocast_dtype", lambda *_: takes)
    monkeypatch.setattr(trial, "steps_of", steps_of)
    measured = trial.measure_speed()
    assert measured is not None
    ratios = [finishing / training for finishing, training in zip(measured.finishing, measured.training, strict=True)]
    assert ratios == pytest.approx([2 if takes else 1] * len(ratios))


def test_the_first_trial_finds_no_folder_to_keep_its_speed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(tmp_path / "not yet made"))
    monkeypatch.setattr(trial, "measure_speed", typical_speed)
    assert trial.main() == 0
    assert known_speed() == typical_speed()
